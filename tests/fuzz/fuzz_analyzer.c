// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames in sequence (frames.h) through the native engine, so that the state is fuzzed and not only the
 * parser; and through a second one that never predicts a header: both must end with the same table and
 * counters.
 */
#include "checked_memory.h"
#include "engine_native.h"
#include "frames.h"

enum { BUCKETS = 2 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void take_item(void *context, const struct ring_item *item, size_t size)
{
	u8 *copy = context;

	memcpy(copy, item, size); /* all of it can be read */
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
			count_retired(c, c->state, FINAL_EXPIRED, &e->config, &n);
		else if (!(c->state & CLOSED_ONCE))
			tracked++;
		half_open += !is_expired(c, &e->config, now) && is_half_open(c->state);
	}
	if (n.opened != n.closed + n.expired + n.evicted + tracked ||
	    n.started != n.completed + n.refused + n.unanswered + n.aborted + half_open)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 item[sizeof(struct first_payload) + PAYLOAD_LARGE];
	struct frames frames = {.now = 1000000000000ULL};
	struct engine e, long_way;
	struct fuzzed_frame f;
	struct config config;

	if (size < 1)
		return 0;
	frames.at = data + 1;
	frames.left = size - 1;
	config = settings(*data);
	if (engine_open(&e, &config, take_item, item) || engine_open(&long_way, &config, take_item, item))
		abort();
	long_way.config.long_way = 1;
	while (frames_next(&frames, &f)) {
		engine_frame(&e, frames.now, f.data, f.captured, f.length);
		engine_frame(&long_way, frames.now, f.data, f.captured, f.length);
		free(f.data);
	}
	check(&e, frames.now);
	if (memcmp(&e.counters, &long_way.counters, sizeof(e.counters)) != 0 ||
	    memcmp(e.table, long_way.table, BUCKETS * sizeof(*e.table)) != 0)
		abort();
	engine_close(&e);
	engine_close(&long_way);
	return 0;
}
