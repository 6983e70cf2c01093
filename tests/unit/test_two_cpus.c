// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One direction, two CPUs: what is received through veth, loopback or RPS comes by the CPU that handed it
 * on, so two segments in a row may be worked on at once, in any order. Whatever they do, each counts once.
 */
#include "analyzer_host.h"

#include <pthread.h>
#include <sched.h>

enum { CPUS = 2, ROUNDS = 6, SEGMENTS = 8000, LENGTH = 1000, APART = 8 };

/* The numbers pass 2^32 on half of the way. */
static const u32 ISN = 0U - SEGMENTS / 2 * LENGTH;

static u32 played[CPUS]; /* the segment that each CPU is at */

static struct segment data(u32 n)
{
	struct segment s = test_segment(1, true, TCP_ACK, ISN + 1 + n * LENGTH, 5001);

	s.payload = LENGTH;
	s.ip_length += LENGTH;
	return s;
}

/* Every second segment. No CPU gets far behind the other. */
static void *play(void *argument)
{
	u32 cpu = (u32)(uintptr_t)argument;

	for (u32 n = cpu; n < SEGMENTS; n += CPUS) {
		__atomic_store_n(&played[cpu], n, __ATOMIC_RELEASE);
		while (n > __atomic_load_n(&played[!cpu], __ATOMIC_ACQUIRE) + APART)
			sched_yield();
		test_take(data(n));
	}
	__atomic_store_n(&played[cpu], SEGMENTS, __ATOMIC_RELEASE);
	return NULL;
}

static void establish(void)
{
	test_track(test_segment(1, true, TCP_SYN, ISN, 0));
	test_track(test_segment(1, false, TCP_SYN | TCP_ACK, 5000, ISN + 1));
	test_track(test_segment(1, true, TCP_ACK, ISN + 1, 5001));
}

/* A thread that has the direction may be stopped for long: who waits for it reads the clock. */
static void let_others_run(void)
{
	sched_yield();
}

static void play_round(void)
{
	const struct direction *d;
	pthread_t threads[CPUS];

	analyzer_reset(NULL);
	memset(played, 0, sizeof(played));
	test_clock_read = let_others_run;
	establish();
	for (uintptr_t cpu = 0; cpu < CPUS; cpu++)
		assert_int_equal(pthread_create(&threads[cpu], NULL, play, (void *)cpu), 0);
	for (u32 cpu = 0; cpu < CPUS; cpu++)
		pthread_join(threads[cpu], NULL);
	d = DIRECTION(test_find(1), ORIGINATOR);
	assert_int_equal(d->version % 2, 0); /* else no reader gets the record */
	assert_int_equal(d->segments, 2 + SEGMENTS);
	assert_int_equal(d->bytes, 80 + (40 + LENGTH) * SEGMENTS);
	assert_int_equal(d->next, ISN + 1 + SEGMENTS * LENGTH);
	assert_int_equal(d->next_wraps, 1);
	assert_int_equal(test_find(1)->quality[ORIGINATOR].missing, 0);
}

static void test_each_segment_counts_once(void **state)
{
	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		play_round();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_segment_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
