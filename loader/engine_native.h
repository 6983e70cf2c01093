/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The native engine: the analyzer of include/ compiled for this machine, on plain memory. One engine
 * stands for one interface, as one set of maps does in the kernel.
 */
#ifndef SYNSCOPE_ENGINE_NATIVE_H
#define SYNSCOPE_ENGINE_NATIVE_H

#include <stddef.h>

#include "bucket.h"

/*
 * As much of a frame as an engine is given, in bytes: longer than the headers that are sent. A BPF test run
 * takes no more than a page, with its metadata.
 */
enum { FRAME_PREFIX_MAX = 2048 };

/* Receives each item the analyzer puts into its ring, in order. `size` is that of the item in bytes. */
typedef void (*ring_reader)(void *context, const struct ring_item *item, size_t size);

struct engine {
	struct config config;
	struct counters counters;
	struct bucket *table; /* config.buckets of them, zeroed */
	ring_reader reader;
	void *reader_context;
	u64 now; /* ns; the time of the frame under analysis */
	union {
		struct event event;
		struct final_record final;
		struct first_payload payload;
		u8 room[sizeof(struct first_payload) + PAYLOAD_LARGE];
	} item; /* the one that is being filled */
};

/* Makes an engine with config->buckets buckets. 0, or -ENOMEM. */
int engine_open(struct engine *e, const struct config *config, ring_reader reader, void *context);

void engine_close(struct engine *e);

/*
 * Analyzes one Ethernet frame (or IP packet, with config.layer3) seen at `time` (ns): `captured` bytes
 * of it are at `data`, `length` it had on the wire. Never fails: what can't be parsed is counted.
 */
void engine_frame(struct engine *e, u64 time, const u8 *data, u32 captured, u32 length);

#endif
