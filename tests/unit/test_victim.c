// SPDX-License-Identifier: GPL-2.0-or-later
/* Who gives way in a full bucket, and who does not. */
#include "one_bucket.h"

/* Its originator goes on, and nobody is seen to answer. */
static void open_one_sided(u16 n)
{
	syn(n);
	test_track(test_segment(n, true, TCP_ACK, 1001, 2001));
}

static void test_oldest_half_open_gives_way(void **state)
{
	(void)state;
	establish(0);
	for (u16 n = 1; n < WAYS; n++) {
		wait_for(1000);
		syn(n);
	}
	syn(100);
	assert_null(test_find(1));
	assert_non_null(test_find(0));
	assert_non_null(test_find(2));
	assert_non_null(test_find(100));
	assert_int_equal(test_counters.evicted, 1);
	assert_int_equal(test_counters.aborted, 1);
	assert_int_equal(latest_final()->reason, FINAL_EVICTED);
	assert_int_equal(latest_final()->connection.key.low_port, 40001);
	assert_balanced();
}

/*
 * A closed one has told all, and goes before a handshake that is under way; but no more of them than half of
 * the bucket: a flood's SYNs displace one another then.
 */
static void test_closed_before_half_open(void **state)
{
	(void)state;
	for (u16 n = 0; n < WAYS; n++) {
		wait_for(TEST_SECOND / 100);
		establish(n);
		if (n < WAYS - 1)
			reset(n);
	}
	assert_int_equal(test_counters.closed, WAYS - 1);
	for (u16 n = 0; n < HALF_OPEN_MANY; n++) {
		wait_for(TEST_SECOND / 100);
		syn(100 + n);
		assert_null(test_find(n)); /* the oldest closed one */
		assert_non_null(test_find(100));
	}
	assert_int_equal(test_counters.evicted, 0);
	assert_balanced();
	for (u16 n = HALF_OPEN_MANY; n < 50; n++) {
		wait_for(TEST_SECOND / 100);
		syn(100 + n);
		assert_null(test_find(100 + n - HALF_OPEN_MANY)); /* the oldest half-open one */
	}
	for (u16 n = HALF_OPEN_MANY; n < WAYS; n++)
		assert_non_null(test_find(n));
	assert_int_equal(test_counters.displaced, HALF_OPEN_MANY);
	assert_int_equal(test_counters.evicted, 50 - HALF_OPEN_MANY);
	assert_balanced();
}

static void test_expired_before_half_open(void **state)
{
	(void)state;
	establish(0);
	wait_for(301 * TEST_SECOND);
	for (u16 n = 1; n < WAYS; n++)
		syn(n);
	syn(100);
	assert_null(test_find(0));
	assert_int_equal(test_counters.expired, 1);
	assert_int_equal(test_counters.evicted, 0);
	assert_int_equal(test_counters.closed_by_idle, 1);
	assert_int_equal(latest_final()->reason, FINAL_EXPIRED);
	assert_balanced();
}

/* What was refused is told and closed: it goes before an attempt that may still succeed. */
static void test_refused_before_half_open(void **state)
{
	(void)state;
	syn(0);
	wait_for(TEST_SECOND);
	syn(1);
	test_track(test_segment(1, false, TCP_RST | TCP_ACK, 0, 1001));
	for (u16 n = 2; n < WAYS; n++)
		establish(n);
	syn(100);
	assert_null(test_find(1));
	assert_non_null(test_find(0));
	assert_int_equal(test_counters.displaced, 1);
	assert_balanced();
}

/* ACKs of no connection may be forged: they push out one another, until a second segment proves one. */
static void test_strays_displace_strays_only(void **state)
{
	(void)state;
	establish(0);
	for (u16 n = 1; n < WAYS; n++)
		test_track(test_segment(n, true, TCP_ACK, 1000, 2000));
	test_track(test_segment(1, true, TCP_ACK, 1000, 2000));
	for (u16 n = 100; n < 150; n++)
		test_track(test_segment(n, true, TCP_ACK, 1000, 2000));
	assert_non_null(test_find(0));
	assert_non_null(test_find(1));
	assert_null(test_find(2));
	assert_non_null(test_find(149));
	assert_balanced();
}

/* A SYN and an ACK that nobody answered may be forged, both of them: they leave no connection untracked. */
static void test_what_was_never_answered_gives_way_last(void **state)
{
	(void)state;
	establish(0);
	for (u16 n = 1; n < WAYS; n++) {
		wait_for(1000);
		open_one_sided(n);
	}
	syn(100);
	assert_non_null(test_find(0));
	assert_null(test_find(1));
	assert_non_null(test_find(100));
	syn(101); /* the half-open one goes before them */
	assert_null(test_find(100));
	assert_non_null(test_find(2));
	assert_int_equal(test_counters.untracked, 0);
	assert_balanced();
}

/* Where one side alone is looked at, nothing but acknowledgments comes behind its FIN. */
static void test_one_way_ends_with_a_fin(void **state)
{
	(void)state;
	test_config.one_way = 1;
	for (u16 n = 0; n < WAYS; n++) {
		wait_for(TEST_SECOND / 100);
		open_one_sided(n);
		if (n)
			test_track(test_segment(n, true, TCP_FIN | TCP_ACK, 1001, 2001));
	}
	syn(100);
	assert_non_null(test_find(0));
	assert_null(test_find(1));
	assert_non_null(test_find(100));
	assert_int_equal(test_counters.untracked, 0);
	assert_balanced();
}

/* Where one side alone is looked at, every connection looks like that. */
static void test_one_way_is_no_reason_to_give_way(void **state)
{
	(void)state;
	test_config.one_way = 1;
	for (u16 n = 0; n < WAYS; n++)
		open_one_sided(n);
	syn(100);
	assert_null(test_find(100));
	assert_int_equal(test_counters.untracked, 1);
	assert_balanced();
}

/* Longer than a hint can tell: the records are asked, and none goes before its time. */
static void test_silence_of_days(void **state)
{
	static const u64 hour = 3600 * 1000000000ULL;

	(void)state;
	test_config.idle_timeout = 200 * hour;
	for (u16 n = 0; n < WAYS; n++)
		establish(n);
	for (u32 i = 0; i < 4; i++) {
		wait_for(49 * hour);
		syn(100);
	}
	assert_int_equal(test_counters.untracked, 4);
	for (u16 n = 0; n < WAYS; n++)
		assert_non_null(test_find(n));
	wait_for(60 * hour);
	syn(100);
	assert_non_null(test_find(100));
	assert_int_equal(test_counters.expired, 1);
	assert_balanced();
}

/* However long nobody came by: a hint that wrapped holds no place for a dead connection. */
static void test_after_a_weekend(void **state)
{
	for (u64 hours = 1; hours < 300; hours += 7) {
		analyzer_reset(state);
		for (u16 n = 0; n < WAYS; n++)
			establish(n);
		wait_for(hours * 3600 * TEST_SECOND);
		syn(100);
		assert_non_null(test_find(100));
		assert_int_equal(test_counters.untracked, 0);
	}
}

/* Live records whose hints are long over do not hide a half-open one behind them. */
static void test_stale_hints_hide_nobody(void **state)
{
	(void)state;
	for (u16 n = 0; n < WAYS - 1; n++)
		establish(n);
	for (u32 i = 0; i < 4; i++) {
		wait_for(100 * TEST_SECOND);
		for (u16 n = 0; n < WAYS - 1; n++)
			test_track(test_segment(n, true, TCP_ACK, 1001, 2001));
	}
	syn(50);
	syn(100);
	assert_null(test_find(50));
	assert_non_null(test_find(100));
	for (u16 n = 0; n < WAYS - 1; n++)
		assert_non_null(test_find(n));
	assert_balanced();
}

/* A SYN flood pushes out no open connection. */
static void test_full_of_live_ones(void **state)
{
	(void)state;
	for (u16 n = 0; n < WAYS; n++)
		establish(n);
	for (u16 n = 100; n < 150; n++)
		syn(n);
	for (u16 n = 0; n < WAYS; n++)
		assert_non_null(test_find(n));
	assert_int_equal(test_counters.untracked, 50);
	assert_int_equal(test_counters.opened, WAYS);
	assert_int_equal(test_counters.evicted, 0);
	assert_balanced();
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_oldest_half_open_gives_way),
		unit(test_closed_before_half_open),
		unit(test_expired_before_half_open),
		unit(test_refused_before_half_open),
		unit(test_strays_displace_strays_only),
		unit(test_what_was_never_answered_gives_way_last),
		unit(test_one_way_ends_with_a_fin),
		unit(test_one_way_is_no_reason_to_give_way),
		unit(test_silence_of_days),
		unit(test_after_a_weekend),
		unit(test_stale_hints_hide_nobody),
		unit(test_full_of_live_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
