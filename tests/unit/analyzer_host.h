/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The analyzer inside a test program: what platform.h asks of a build, on plain memory, so that a test
 * can call its inner functions. One interface, one table, the items of its ring in a row.
 */
#ifndef SYNSCOPE_TEST_ANALYZER_HOST_H
#define SYNSCOPE_TEST_ANALYZER_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "bucket.h"

enum { TEST_BUCKETS = 4, TEST_ITEMS = 64 };

union test_item {
	struct ring_item item;
	struct event event;
	struct final_record final;
	u8 room[sizeof(struct first_payload) + PAYLOAD_LARGE];
};

static struct config test_config;
static struct counters test_counters;
static struct bucket test_table[TEST_BUCKETS];
static union test_item test_items[TEST_ITEMS];
static u32 test_item_count;
static bool test_ring_full, test_ring_filling;
static u64 test_now;
static void (*test_clock_read)(void); /* called whenever the clock is */

static inline const volatile struct config *config_current(void)
{
	return &test_config;
}

static inline struct counters *counters_current(void)
{
	return &test_counters;
}

static inline struct bucket *table_bucket(u32 index)
{
	return index < TEST_BUCKETS ? &test_table[index] : NULL;
}

static inline void *ring_reserve(size_t size)
{
	(void)size;
	return test_ring_full ? NULL : &test_items[test_item_count % TEST_ITEMS];
}

static inline void ring_submit(void *item)
{
	(void)item;
	test_item_count++;
}

static inline bool ring_is_filling(void)
{
	return test_ring_filling;
}

static inline u64 clock_now(void)
{
	if (test_clock_read)
		test_clock_read();
	return test_now;
}

#include "analyzer.h"

static const u64 TEST_SECOND = 1000000000;

/* An empty table of one bucket, nothing counted, the usual times. */
static inline int analyzer_reset(void **state)
{
	(void)state;
	memset(&test_counters, 0, sizeof(test_counters));
	memset(test_table, 0, sizeof(test_table));
	memset(&test_config, 0, sizeof(test_config));
	test_config.buckets = 1;
	test_config.idle_timeout = 300 * TEST_SECOND;
	test_config.time_wait = 60 * TEST_SECOND;
	test_config.linger = 5 * TEST_SECOND;
	test_item_count = 0;
	test_ring_full = test_ring_filling = false;
	test_now = 1000 * TEST_SECOND;
	return 0;
}

/* A segment of the n-th connection (by its originator's port), without options and payload. */
static inline struct segment test_segment(u16 n, bool from_originator, u16 flags, u32 seq, u32 ack)
{
	return (struct segment){.key = {.low_port = (u16)(40000 + n), .high_port = 80},
				.seq = seq,
				.ack = ack,
				.ip_length = 40,
				.flags = flags,
				.window = 1000,
				.header = TCP_HEADER,
				.version = 4,
				.from_high = !from_originator,
				.network = NETWORK_IPV4};
}

/* Takes it through the tracker at test_now; its facts. */
static inline struct sighting test_track(struct segment s)
{
	struct sighting g = {.tick = test_now, .precise = 1, .count = 1, .headers = 40};

	g.options.window_scale = NO_WINDOW_SCALE;
	g.place = place_of(&s.key);
	track(&s, &g, &test_counters);
	return g;
}

/* The record of the n-th connection, or NULL. */
static inline struct connection *test_find(u16 n)
{
	struct segment s = test_segment(n, true, 0, 0, 0);
	struct place p = place_of(&s.key);
	u32 way = bucket_find(table_bucket(p.bucket), &p, &s.key);

	return way < WAYS ? &test_table[p.bucket].ways[way] : NULL;
}

static inline void test_write16(u8 *at, u16 v)
{
	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

static inline void test_write32(u8 *at, u32 v)
{
	test_write16(at, (u16)(v >> 16));
	test_write16(at + 2, (u16)v);
}

/* As a frame goes: the short way where it is as predicted, else the long one. */
static inline void test_take(struct segment s)
{
	struct sighting g = {.tick = test_now, .precise = 1, .count = 1, .headers = 40};
	u8 ip[IPV4_HEADER] = {0}, tcp[TCP_HEADER] = {0};
	struct plain p = {.ip = ip,
			  .tcp = tcp,
			  .ports = s.key.ports_and_vlans,
			  .from_high = s.from_high,
			  .payload = s.payload,
			  .ip_length = s.ip_length};
	struct connection *c = find_plain(&p, 6);

	test_write16(ip + IPV4_ID_AT, s.ip_id);
	test_write32(tcp + TCP_SEQ_AT, s.seq);
	test_write32(tcp + TCP_ACK_AT, s.ack);
	test_write16(tcp + TCP_FLAGS_AT, s.flags);
	test_write16(tcp + TCP_WINDOW_AT, s.window);
	g.options.window_scale = NO_WINDOW_SCALE;
	g.place = place_of(&s.key);
	if (!c || (s.flags & ~TCP_PSH) != TCP_ACK || !follow_plain(c, &p, 4, &g))
		track(&s, &g, &test_counters);
}

#endif
