// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two CPUs move the state of one connection: whoever loses tries again, so that what a segment did is not
 * lost. Here the other CPU is quicker so many times, and changes a flag that matters to nothing else. Or one
 * CPU gives a connection's place away while the other one has a segment of it.
 */
#include "platform.h"

static u32 test_meetings;

#undef compare_and_swap
#define compare_and_swap(p, old, new)                                                                        \
	({                                                                                                   \
		if (sizeof(*(p)) == sizeof(u64) && test_meetings) {                                          \
			test_meetings--;                                                                     \
			*(p) ^= CHALLENGED;                                                                  \
		}                                                                                            \
		__sync_val_compare_and_swap(p, old, new);                                                    \
	})

static void (*test_meanwhile)(void);

#undef exchange
#define exchange(p, v)                                                                                       \
	({                                                                                                   \
		__typeof__(*(p)) before = __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                       \
		void (*meanwhile)(void) = sizeof(before) == sizeof(u64) ? test_meanwhile : NULL;             \
                                                                                                             \
		if (meanwhile) {                                                                             \
			test_meanwhile = NULL;                                                               \
			meanwhile();                                                                         \
		}                                                                                            \
		before;                                                                                      \
	})

#include "analyzer_host.h"

static const struct connection *answer_after(u32 meetings)
{
	test_track(test_segment(1, true, TCP_SYN, 1000, 0));
	test_meetings = meetings;
	test_track(test_segment(1, false, TCP_SYN | TCP_ACK, 5000, 1001));
	return test_find(1);
}

static void test_a_segment_moves_the_state_in_the_end(void **state)
{
	const u32 meetings[] = {0, 1, 3, 4, SWAP_TRIES};

	for (u32 i = 0; i < COUNT_OF(meetings); i++) {
		const struct connection *c;

		analyzer_reset(state);
		c = answer_after(meetings[i]);
		assert_int_equal(endpoint_state(c->state, RESPONDER), STATE_SYN_RECEIVED);
		assert_true(c->state & SAW_SYN_ACK);
		assert_int_equal(!!(c->state & CHALLENGED), meetings[i] & 1); /* the other CPU's work stays */
		assert_int_equal(test_counters.busy, 0);
	}
}

static void test_one_that_never_gets_through_is_counted(void **state)
{
	const struct connection *c = answer_after(2 * SWAP_TRIES);

	(void)state;
	assert_int_equal(endpoint_state(c->state, RESPONDER), STATE_UNKNOWN);
	assert_int_equal(test_counters.untracked, 1);
	assert_int_equal(test_counters.busy, 1);
}

static void test_an_icmp_error_sets_its_flag(void **state)
{
	struct segment syn = test_segment(1, true, TCP_SYN, 1000, 0);
	struct sighting g = {.tick = test_now, .precise = 1, .count = 1};
	struct icmp_error error = {.type = 3, .code = 1};

	(void)state;
	test_track(syn);
	test_meetings = 1;
	tell_unreachable(&syn, &g, &error);
	test_meetings = 0;
	assert_true(test_find(1)->state & UNREACHABLE);
	assert_int_equal(test_find(1)->icmp_type, 3);
	assert_int_equal(test_items[1].event.kinds, 1 << EVENT_UNREACHABLE);
	assert_true(test_items[1].event.state & UNREACHABLE);
}

static void complete_the_first_handshake(void)
{
	test_track(test_segment(0, true, TCP_ACK, 1001, 5001));
}

/* It is in the way that its hash prefers, where it is found by its key alone. */
static void test_who_gives_way_ends_once(void **state)
{
	(void)state;
	test_track(test_segment(0, true, TCP_SYN, 1000, 0));
	test_track(test_segment(0, false, TCP_SYN | TCP_ACK, 5000, 1001));
	for (u16 n = 1; n < WAYS; n++) {
		test_now += 2000000;
		test_track(test_segment(n, true, TCP_SYN, 1000, 0));
	}
	test_meanwhile = complete_the_first_handshake;
	test_track(test_segment(100, true, TCP_SYN, 1000, 0));
	assert_null(test_meanwhile);
	assert_null(test_find(0));
	assert_int_equal(test_counters.aborted, 1);
	assert_int_equal(test_counters.completed, 0);
	assert_int_equal(test_counters.opened, WAYS + 1);
	assert_int_equal(test_counters.evicted, 1);
	assert_int_equal(test_counters.closed, 0);
	assert_int_equal(test_counters.untracked, 0);
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_a_segment_moves_the_state_in_the_end),
		unit(test_one_that_never_gets_through_is_counted),
		unit(test_an_icmp_error_sets_its_flag),
		unit(test_who_gives_way_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
