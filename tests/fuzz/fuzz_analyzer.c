// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames in sequence through the native engine, so that the state is fuzzed and not only the parser; and
 * through a second one that never predicts a header: both must end with the same table and counters.
 * The input: one byte of settings; then for each frame two bytes of its length, one byte of time since
 * the frame before, and the frame.
 */
#include <stdlib.h>
#include <string.h>

#include "checked_memory.h"
#include "engine_native.h"

enum { FRAME_HEADER = 3, BUCKETS = 2 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void take_item(void *context, const struct ring_item *item, size_t size)
{
	u8 *copy = context;

	memcpy(copy, item, size); /* all of it can be read */
}

/* A step of time from one byte: below a millisecond, or up to four minutes. */
static u64 time_step(u8 code)
{
	return code < 192 ? code * 5000ULL : (code - 191) * 4000000000ULL;
}

static struct config settings(u8 bits)
{
	static const u64 second = 1000000000;

	return (struct config){.idle_timeout = 100 * second,
			       .time_wait = 20 * second,
			       .linger = 5 * second,
			       .buckets = BUCKETS,
			       .segments = bits & 1,
			       .layer3 = bits >> 1 & 1,
			       .payloads = bits >> 3 & 1,
			       .filter_version = bits & 4 ? 4 : 0};
}

/* What the counters promise, however the frames were made. */
static void check(const struct engine *e, u64 now)
{
	struct counters n = e->counters;
	u64 tracked = 0, half_open = 0;

	for (u32 i = 0; i < BUCKETS * WAYS; i++) {
		const struct connection *c = &e->table[i / WAYS].ways[i % WAYS];

		if (!e->table[i / WAYS].tags[i % WAYS])
			continue;
		if (is_expired(c, &e->config, now))
			count_retired(c->state, FINAL_EXPIRED, &n);
		else if (!(c->state & CLOSED_ONCE))
			tracked++;
		half_open += !is_expired(c, &e->config, now) && is_half_open(c->state);
	}
	if (n.opened != n.closed + n.expired + n.evicted + tracked ||
	    n.started != n.completed + n.refused + n.unanswered + n.aborted + half_open)
		abort();
}

/* A copy of exactly the frame's size, so that a byte read behind it is seen. */
static void play_frame(struct engine *e, u64 now, const u8 *data, u32 captured, u32 length)
{
	u8 *copy = malloc(captured ? captured : 1);

	if (!copy)
		abort();
	memcpy(copy, data, captured);
	engine_frame(e, now, copy, captured, length);
	free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 item[sizeof(struct first_payload) + PAYLOAD_LARGE];
	u64 now = 1000000000000ULL;
	struct engine e, long_way;
	struct config config;

	if (size < 1)
		return 0;
	config = settings(*data);
	if (engine_open(&e, &config, take_item, item) || engine_open(&long_way, &config, take_item, item))
		abort();
	long_way.long_way = true;
	for (data++, size--; size >= FRAME_HEADER;) {
		u32 length = (u32)data[0] << 8 | data[1], captured;

		now += time_step(data[2]);
		data += FRAME_HEADER;
		size -= FRAME_HEADER;
		captured = length < size ? length : (u32)size;
		play_frame(&e, now, data, captured, length);
		play_frame(&long_way, now, data, captured, length);
		data += captured;
		size -= captured;
	}
	check(&e, now);
	if (memcmp(&e.counters, &long_way.counters, sizeof(e.counters)) != 0 ||
	    memcmp(e.table, long_way.table, BUCKETS * sizeof(*e.table)) != 0)
		abort();
	engine_close(&e);
	engine_close(&long_way);
	return 0;
}
