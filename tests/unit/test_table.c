// SPDX-License-Identifier: GPL-2.0-or-later
/* The connection table: who is found, when a record is over, and what is counted of it. */
#include "one_bucket.h"

static void test_both_directions_find_it(void **state)
{
	struct segment s = test_segment(1, false, TCP_ACK, 0, 0);
	struct place p = place_of(&s.key);

	(void)state;
	assert_null(test_find(1));
	syn(1);
	assert_non_null(test_find(1));
	assert_null(test_find(2));
	assert_int_not_equal(bucket_find(&test_table[0], &p, &s.key), WAYS);
	assert_int_equal(test_counters.opened, 1);
}

/* The VLANs are part of the key, and so is each bit of address and port. */
static void test_key_is_compared_whole(void **state)
{
	struct segment s = test_segment(1, true, TCP_SYN, 1, 0);

	(void)state;
	for (u32 i = 0; i < sizeof(s.key); i++) {
		struct connection_key other = s.key;

		((u8 *)&other)[i] ^= 1;
		assert_false(key_equal(&s.key, &other));
	}
	assert_true(key_equal(&s.key, &s.key));
}

static void test_busy_bucket_is_counted(void **state)
{
	(void)state;
	test_table[0].lock = 1;
	syn(1);
	assert_null(test_find(1));
	assert_int_equal(test_counters.busy, 1);
	assert_int_equal(test_counters.untracked, 1);
	assert_int_equal(test_counters.opened, 0);
	test_table[0].lock = 0;
	syn(1);
	assert_non_null(test_find(1));
}

static void test_idle_expires(void **state)
{
	(void)state;
	establish(1);
	wait_for(300 * TEST_SECOND);
	assert_false(is_expired(test_find(1), &test_config, test_now));
	wait_for(1);
	assert_true(is_expired(test_find(1), &test_config, test_now));
}

/* TIME_WAIT keeps a record for longer than a reset does. */
static void test_closed_expires(void **state)
{
	(void)state;
	establish(1);
	close_by_fin(1);
	establish(2);
	reset(2);
	assert_int_equal(test_counters.closed, 2);
	wait_for(5 * TEST_SECOND + 1);
	assert_false(is_expired(test_find(1), &test_config, test_now));
	assert_true(is_expired(test_find(2), &test_config, test_now));
	wait_for(55 * TEST_SECOND);
	assert_true(is_expired(test_find(1), &test_config, test_now));
	assert_false(is_expired(test_find(1), &test_config, test_now - 2 * TEST_SECOND));
}

/* Another CPU has set the flag of the close, and not yet written its moment. */
static void test_a_close_without_its_moment_is_not_over(void **state)
{
	(void)state;
	establish(1);
	wait_for(20 * TEST_SECOND);
	reset(1);
	test_find(1)->at.closed = 0;
	assert_false(is_expired(test_find(1), &test_config, test_now));
	wait_for(5 * TEST_SECOND + 1);
	assert_true(is_expired(test_find(1), &test_config, test_now));
}

/* A clock that lags behind the record by a tick ends nothing. */
static void test_lagging_clock(void **state)
{
	(void)state;
	establish(1);
	assert_false(is_expired(test_find(1), &test_config, test_now - 4000000));
}

static void test_unanswered_is_counted_when_it_expires(void **state)
{
	(void)state;
	syn(1);
	wait_for(301 * TEST_SECOND);
	syn(1); /* the same number again, much too late */
	assert_int_equal(test_counters.started, 2);
	assert_int_equal(test_counters.unanswered, 1);
	assert_int_equal(test_counters.expired, 1);
	assert_int_equal(test_find(1)->generation, 2);
	assert_balanced();
}

static void test_reuse_of_a_slot(void **state)
{
	const struct connection *c;
	u32 first;

	(void)state;
	establish(1);
	close_by_fin(1);
	c = test_find(1);
	first = c->generation;
	wait_for(TEST_SECOND);
	test_track(test_segment(1, true, TCP_SYN, 900000, 0));
	assert_ptr_equal(test_find(1), c);
	assert_int_equal(c->generation, first + 1);
	assert_int_equal(DIRECTION(c, ORIGINATOR)->segments, 1);
	assert_int_equal(c->events, 1);
	assert_true(c->state & PORT_REUSED);
	assert_int_equal(latest_final()->reason, FINAL_REUSED);
	assert_int_equal(latest_final()->connection.generation, first);
	assert_balanced();
}

/* 0 means that a slot was never in use. */
static void test_generation_is_never_0(void **state)
{
	(void)state;
	for (u32 i = 0; i < WAYS; i++)
		test_table[0].ways[i].generation = 0xffffffff;
	syn(1);
	assert_int_equal(test_find(1)->generation, 1);
}

/* A full ring loses events and final records, never facts. */
static void test_full_ring(void **state)
{
	(void)state;
	test_ring_full = true;
	establish(1);
	close_by_fin(1);
	wait_for(TEST_SECOND);
	test_track(test_segment(1, true, TCP_SYN, 900000, 0));
	assert_int_equal(test_item_count, 0);
	assert_int_equal(test_counters.emitted, 0);
	assert_int_equal(test_counters.lost_records, 1);
	assert_int_equal(test_counters.lost[EVENT_SYN], 2);
	assert_int_equal(test_counters.lost[EVENT_SYN_ACK], 1);
	assert_int_equal(test_counters.lost[EVENT_ESTABLISHED], 1);
	assert_int_equal(test_counters.lost[EVENT_CLOSED], 1);
	assert_int_equal(test_counters.completed, 1);
	assert_balanced();
}

static void test_histogram_buckets(void **state)
{
	u32 before = 0;

	(void)state;
	for (u64 ns = 0; ns < 100000; ns++) {
		u32 bucket = histogram_bucket(ns);

		assert_true(bucket >= before);
		assert_true(histogram_upper(bucket) >= ns);
		assert_true(histogram_upper(bucket) <= ns + ns / 8);
		before = bucket;
	}
	assert_true(histogram_bucket(~0ULL) < HISTOGRAM_BUCKETS);
	assert_true(histogram_upper(histogram_bucket(~0ULL)) == ~0ULL);
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_both_directions_find_it),
		unit(test_key_is_compared_whole),
		unit(test_busy_bucket_is_counted),
		unit(test_idle_expires),
		unit(test_closed_expires),
		unit(test_a_close_without_its_moment_is_not_over),
		unit(test_lagging_clock),
		unit(test_unanswered_is_counted_when_it_expires),
		unit(test_reuse_of_a_slot),
		unit(test_generation_is_never_0),
		unit(test_full_ring),
		unit(test_histogram_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
