/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the machine's memory takes for what a segment touches of the table, by a plain loop over as much
 * memory as the table has: below it no program can go.
 */
#ifndef SYNSCOPE_PACKETS_MEMORY_H
#define SYNSCOPE_PACKETS_MEMORY_H

#include "platform.h"

enum memory_touch {
	TOUCH_SEGMENT, /* a record's first line is read, that of a direction is changed */
	TOUCH_EVENT,   /* and for its event the other direction's line and that of the options are read, and
			  the next item of a ring is written */
	TOUCH_OPENING, /* a bucket's first line is read; which record is written, all of it, depends on what
			  it says */
};

struct walk {
	enum memory_touch touch;
	u8 *buckets;
	u8 *ring;   /* of RING_BYTES, where there are events */
	u32 *order; /* of records, or of buckets, as no prefetcher knows it */
	size_t size;
	u32 many; /* in the order */
};

/* Memory for so many connections, of which a table at half load has twice the slots. 0, or -1, said. */
int walk_open(struct walk *m, enum memory_touch touch, u32 connections);
void walk_close(struct walk *m);

/* ns for each, above the same in a cache; the mean of a pass. */
double walk_pass(const struct walk *m);

#endif
