/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What becomes of connections, by number, in a table of one bucket; and whether its counters add up. */
#ifndef SYNSCOPE_TEST_ONE_BUCKET_H
#define SYNSCOPE_TEST_ONE_BUCKET_H

#include "analyzer_host.h"

static inline void syn(u16 n)
{
	test_track(test_segment(n, true, TCP_SYN, 1000, 0));
}

static inline void establish(u16 n)
{
	syn(n);
	test_track(test_segment(n, false, TCP_SYN | TCP_ACK, 5000, 1001));
	test_track(test_segment(n, true, TCP_ACK, 1001, 5001));
}

static inline void reset(u16 n)
{
	test_track(test_segment(n, true, TCP_RST | TCP_ACK, 1001, 5001));
}

/* The close in three segments: a TIME_WAIT record is left. */
static inline void close_by_fin(u16 n)
{
	test_track(test_segment(n, true, TCP_FIN | TCP_ACK, 1001, 5001));
	test_track(test_segment(n, false, TCP_FIN | TCP_ACK, 5001, 1002));
	test_track(test_segment(n, true, TCP_ACK, 1002, 5002));
}

static inline void wait_for(u64 ns)
{
	test_now += ns;
}

static inline void assert_balanced(void)
{
	const struct counters *n = &test_counters;
	u64 tracked = 0;

	for (u32 i = 0; i < WAYS; i++)
		tracked += test_table[0].tags[i] && !(test_table[0].ways[i].state & CLOSED_ONCE);
	assert_int_equal(n->opened, n->closed + n->expired + n->evicted + tracked);
}

static inline const struct final_record *latest_final(void)
{
	for (u32 i = test_item_count; i--;)
		if (test_items[i % TEST_ITEMS].item.type == ITEM_FINAL)
			return &test_items[i % TEST_ITEMS].final;
	return NULL;
}

#endif
