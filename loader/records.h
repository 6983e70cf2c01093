/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records of a live table, copied whole, for a reader that followed no events. */
#ifndef SYNSCOPE_RECORDS_H
#define SYNSCOPE_RECORDS_H

#include "instrument.h"
#include "scans.h"

struct records {
	struct connection *all; /* those that time has not ended, oldest first */
	size_t count;
	struct scans *scans; /* what the scan rule says of their originators */
};

/* Copies the records of a table as they are at `now` (ns). 0, or -1, said. */
int records_open(struct records *r, const struct instrument *i, u64 now);

void records_close(struct records *r);

#endif
