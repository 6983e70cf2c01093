/* SPDX-License-Identifier: GPL-2.0-only */
/* The test bed: one compiled synscope.bpf.o behind the stamping programs, and runs of frames through it. */
#ifndef SYNSCOPE_PACKETS_BED_H
#define SYNSCOPE_PACKETS_BED_H

#include "bucket.h"
#include "stamp.h"

struct bpf_object;
struct ring_buffer;

enum bed_hook { BED_XDP, BED_TC };
enum bed_protocol { BED_IPV4, BED_IPV6, BED_OTHER };

struct bed {
	struct bpf_object *stamp; /* stays loaded */
	struct bpf_object *synscope;
	u32 *order; /* stamp.bpf.c's, mapped */
	struct config config;
	const struct bucket *table; /* mapped */
	size_t table_size;
	struct ring_buffer *ring;
	int counters; /* descriptor of the map */
};

struct bed_frame {
	enum bed_hook hook;
	enum bed_protocol protocol;
	int program; /* that stamps it */
	u64 runs;    /* so far */
	u8 bytes[FRAME_LENGTH];
};

/* Loads the stamping programs. 0, or -1, said. */
int bed_open(struct bed *b, const char *stamp_object);
void bed_close(struct bed *b);

/* Loads `object` anew, with an empty table for so many connections. 0, or -1, said. */
int bed_load(struct bed *b, const char *object, enum bed_hook hook, u32 connections, bool segments);
void bed_unload(struct bed *b);

/* A frame with this script, to be stamped. */
void bed_frame(const struct bed *b, struct bed_frame *f, enum bed_hook hook, enum bed_protocol protocol,
	       const struct script *script);

/* Runs a frame: ns of CPU time a run, or below 0, said. */
double bed_run(struct bed_frame *f, u32 repeat);

/* Empties the ring. */
void bed_drain(const struct bed *b);

/* The counters of all CPUs; true: they could be read. */
bool bed_counters(const struct bed *b, struct counters *n);

/* Puts the numbers 0 to `connections` that are in the table into the order; how many. */
u32 bed_order_tracked(struct bed *b, u32 connections);
void bed_order_all(struct bed *b, u32 connections);

#endif
