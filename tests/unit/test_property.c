// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random segments through the native engine, from a fixed seed: whatever comes, no counter goes
 * backwards, every connection is accounted for, every handshake has one outcome, and header prediction
 * leaves everything as the long way does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine_native.h"
#include "random.h"
#include "totals.h"

enum { SEED = 1, ROUNDS = 400, SEGMENTS = 2000, TUPLES = 24, HEADERS = 54, SECONDS_MAX = 3 };

static void count_item(void *context, const struct ring_item *item, size_t size)
{
	u64 *finals = context;

	(void)size;
	*finals += item->type == ITEM_FINAL;
}

/* What a peer that follows the rules would send, so that deep states are reached, and now and then not. */
static u32 number_near(u32 base)
{
	static const u32 steps[] = {0, 0, 0, 1, 1, 1, 2, 11, 101, 0xffffffff, 70000};

	return base + (random_below(40) ? steps[random_below(COUNT_OF(steps))] : seed);
}

static u16 any_flags(void)
{
	static const u16 usual[] = {TCP_SYN,	       TCP_SYN | TCP_ACK, TCP_ACK,
				    TCP_ACK,	       TCP_PSH | TCP_ACK, TCP_FIN | TCP_ACK,
				    TCP_FIN | TCP_ACK, TCP_RST,		  TCP_RST | TCP_ACK};

	return random_below(20) ? usual[random_below(COUNT_OF(usual))] : (u16)random_below(TCP_FLAGS + 1);
}

static void put32(u8 *at, u32 v)
{
	at[0] = v >> 24;
	at[1] = v >> 16 & 255;
	at[2] = v >> 8 & 255;
	at[3] = v & 255;
}

static u32 any_segment(u8 *frame)
{
	bool back = random_below(2);
	u32 isn = random_below(4) ? 0xfffffff0 : 5000,
	    payload = random_below(3) ? 0 : random_below(3) * 10 + 1;
	u16 flags = any_flags();
	u32 length = 40 + payload;

	memset(frame, 0, HEADERS);
	frame[12] = 8;
	frame[14] = 0x45;
	frame[16] = length >> 8;
	frame[17] = length & 255;
	frame[19] = (u8)random_below(4);
	frame[23] = PROTOCOL_TCP;
	frame[29] = back ? 2 : 1;
	frame[33] = back ? 1 : 2;
	frame[back ? 37 : 35] = (u8)random_below(TUPLES);
	frame[back ? 35 : 37] = 80;
	put32(frame + 38, number_near(isn));
	put32(frame + 42, number_near(isn));
	frame[46] = 0x50 | flags >> 8;
	frame[47] = flags & 255;
	frame[48] = random_below(8) ? 4 : 0;
	return 14 + length;
}

/* All counters are u64, in one row; the greatest of something is the only one that is no sum. */
static void assert_none_went_back(const struct counters *before, const struct counters *after)
{
	const u64 *a = (const void *)before, *b = (const void *)after;

	for (size_t i = 0; i < sizeof(*before) / sizeof(u64); i++)
		assert_true(a[i] <= b[i]);
}

/* Walks through the table; what is due is added to `n`. */
static u64 count_tracked(const struct engine *e, u64 now, u64 *half_open, struct counters *n)
{
	u64 tracked = 0;

	for (u32 i = 0; i < e->config.buckets * WAYS; i++) {
		const struct connection *c = &e->table[i / WAYS].ways[i % WAYS];

		if (e->table[i / WAYS].tags[i % WAYS] && is_expired(c, &e->config, now))
			count_retired(c, c->state, FINAL_EXPIRED, &e->config, n);
		if (!e->table[i / WAYS].tags[i % WAYS] || c->state & CLOSED_ONCE ||
		    is_expired(c, &e->config, now))
			continue;
		tracked++;
		*half_open += is_half_open(c->state);
	}
	return tracked;
}

static void assert_accounted_for(const struct engine *e, u64 now)
{
	struct counters n = e->counters;
	u64 half_open = 0;
	u64 tracked = count_tracked(e, now, &half_open, &n);

	assert_int_equal(n.opened, n.closed + n.expired + n.evicted + tracked);
	assert_int_equal(n.started, n.completed + n.refused + n.unanswered + n.aborted + half_open);
}

static struct config small_table(void)
{
	static const u64 second = 1000000000;

	return (struct config){.idle_timeout = 20 * second,
			       .time_wait = 6 * second,
			       .linger = 2 * second,
			       .buckets = 2,
			       .segments = random_below(2) != 0};
}

/* The same table, the same counters; the lock word and the generation numbers included. */
static void assert_same(const struct engine *a, const struct engine *b)
{
	assert_memory_equal(&a->counters, &b->counters, sizeof(a->counters));
	assert_memory_equal(a->table, b->table, a->config.buckets * sizeof(*a->table));
}

static void play_round(void)
{
	struct config config = small_table();
	u64 finals = 0, finals_long = 0, now = 1000000000;
	struct engine e, long_way;
	u8 frame[128] = {0};

	assert_int_equal(engine_open(&e, &config, count_item, &finals), 0);
	assert_int_equal(engine_open(&long_way, &config, count_item, &finals_long), 0);
	long_way.config.long_way = 1;
	for (int i = 0; i < SEGMENTS; i++) {
		struct counters before = e.counters;
		u32 length = any_segment(frame);

		now += random_below(50) ? random_below(20000000) : random_below(2000000000) * 5ULL;
		engine_frame(&e, now, frame, length, length);
		engine_frame(&long_way, now, frame, length, length);
		assert_same(&e, &long_way);
		assert_none_went_back(&before, &e.counters);
		if (i % 16 == 0)
			assert_accounted_for(&e, now);
	}
	assert_accounted_for(&e, now);
	assert_int_equal(layers_of(&e.counters).tcp, SEGMENTS);
	assert_true(finals > 0);
	assert_int_equal(finals, finals_long);
	engine_close(&e);
	engine_close(&long_way);
}

static void test_everything_is_accounted_for(void **state)
{
	time_t end = time(NULL) + SECONDS_MAX;

	(void)state;
	seed = SEED;
	for (int i = 0; i < ROUNDS && time(NULL) < end; i++)
		play_round();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_is_accounted_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
