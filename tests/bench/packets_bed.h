/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test bed: one compiled synscope.bpf.o behind the stamping programs, and runs of frames through it. */
#ifndef SYNSCOPE_PACKETS_BED_H
#define SYNSCOPE_PACKETS_BED_H

#include "bucket.h"
#include "packets_tally.h"
#include "stamp.h"

struct bpf_object;
struct ring_buffer;

enum bed_hook { BED_XDP, BED_TC };
enum bed_protocol { BED_IPV4, BED_IPV6, BED_OTHER };

struct bed {
	struct bpf_object *stamp; /* stays loaded */
	const char *beside_object;
	struct bpf_object *beside; /* with a table of the same size as synscope's */
	struct bpf_object *synscope;
	u32 *order; /* stamp.bpf.c's, mapped */
	struct config config;
	struct bucket *table; /* mapped */
	size_t table_size;
	struct ring_buffer *ring;
	struct ring_buffer *alone; /* beside.bpf.c's */
	u32 ring_bytes;
	int counters; /* descriptor of the map */
};

struct bed_frame {
	enum bed_hook hook;
	int program; /* that stamps it */
	u64 runs;    /* so far */
	u8 bytes[FRAME_LENGTH];
};

/* Loads the stamping programs; `beside_object` is loaded with each bed_load(). 0, or -1, said. */
int bed_open(struct bed *b, const char *stamp_object, const char *beside_object);
void bed_close(struct bed *b);

/* Loads `object` anew, with an empty table for so many connections. 0, or -1, said. */
int bed_load(struct bed *b, const char *object, enum bed_hook hook, u32 connections, bool segments);
void bed_unload(struct bed *b);

/* Empties the table. Its memory has been written to then, which costs the host a page where it is new. */
void bed_clear(const struct bed *b);

/* A frame with this script, to be stamped. */
void bed_frame(const struct bed *b, struct bed_frame *f, enum bed_hook hook, enum bed_protocol protocol,
	       const struct script *script);

/* A frame of another kind, with this script behind it: UDP in the IP of `protocol`, or ARP. */
void bed_frame_other(const struct bed *b, struct bed_frame *f, enum bed_hook hook, enum bed_protocol protocol,
		     u16 ethertype, const struct script *script);

/* Nanoseconds of CPU time of this thread. */
double cpu_time(void);

/* Runs a frame: ns of CPU time a run, or below 0, said. */
double bed_run(struct bed_frame *f, u64 repeat);

/* Empties the rings: how many items were in them. */
u64 bed_drain(const struct bed *b);

/* As bed_run(), and empties the ring whenever it may be full, which is not timed. */
double bed_run_reading(const struct bed *b, struct bed_frame *f, u64 repeat);

/* As the loader waits: empties the ring every so often, at once where the program says that it fills. */
void bed_wait(const struct bed *b);

/* What was counted until now. 0, or -1, said. */
int bed_tally(const struct bed *b, struct tally *t);

/* Puts those of the connections 0 to `connections` - 1 into the order that are in the table; how many. */
u32 bed_order_tracked(struct bed *b, u32 connections);

/* Puts all of them into the order. */
void bed_order_all(struct bed *b, u32 connections);

#endif
