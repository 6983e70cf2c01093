// SPDX-License-Identifier: GPL-2.0-or-later
/* The queue of times, and the same against a list that is searched from end to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "deadlines.h"
#include "random.h"

enum { SLOTS = 64, ROUNDS = 200000 };

/* What a slot's owner knows of it. */
struct owned {
	u64 other;
	u32 place;
};

static struct owned owned[SLOTS];

static int opened(void **state)
{
	static struct deadlines d;

	memset(owned, 0, sizeof(owned));
	*state = &d;
	return deadlines_open(&d, SLOTS, (struct places){.first = &owned->place, .apart = sizeof(owned[0])});
}

static int closed(void **state)
{
	deadlines_close(*state);
	return 0;
}

static void expect_first(struct deadlines *d, u32 slot, u64 at)
{
	const struct deadline *first = deadlines_first(d);

	assert_non_null(first);
	assert_int_equal(first->slot, slot);
	assert_int_equal(first->at, at);
}

static void expect_and_remove(struct deadlines *d, u32 slot, u64 at)
{
	expect_first(d, slot, at);
	deadlines_remove(d, slot);
}

static void nothing_is_due_in_an_empty_one(void **state)
{
	struct deadlines *d = *state;

	assert_null(deadlines_first(d));
	deadlines_remove(d, 3);
	assert_null(deadlines_first(d));
	assert_int_equal(d->count, 0);
}

static void the_earliest_comes_first(void **state)
{
	static const u64 times[] = {50, 20, 90, 10, 70, 30, 60, 80, 40, 0};
	struct deadlines *d = *state;

	for (u32 slot = 0; slot < COUNT_OF(times); slot++)
		deadlines_set(d, slot, times[slot], 0);
	for (u64 time = 0; time < 100; time += 10)
		expect_and_remove(d, deadlines_first(d)->slot, time);
	assert_null(deadlines_first(d));
}

static void each_slot_can_be_in_it(void **state)
{
	struct deadlines *d = *state;

	for (u32 slot = 0; slot < SLOTS; slot++)
		deadlines_set(d, slot, SLOTS - slot, 0);
	assert_int_equal(d->count, SLOTS);
	for (u32 slot = SLOTS; slot-- > 0;)
		expect_and_remove(d, slot, SLOTS - slot);
	assert_null(deadlines_first(d));
}

static void times_use_all_bits(void **state)
{
	struct deadlines *d = *state;

	deadlines_set(d, 0, ~0ULL, 0);
	deadlines_set(d, 1, 1ULL << 63, 0);
	deadlines_set(d, 2, 1ULL << 32, 0);
	deadlines_set(d, 3, 1, 0);
	expect_and_remove(d, 3, 1);
	expect_and_remove(d, 2, 1ULL << 32);
	expect_and_remove(d, 1, 1ULL << 63);
	expect_and_remove(d, 0, ~0ULL);
}

static void a_slot_is_moved_both_ways(void **state)
{
	struct deadlines *d = *state;

	deadlines_set(d, 0, 10, 0);
	deadlines_set(d, 1, 20, 0);
	deadlines_set(d, 2, 30, 0);
	deadlines_set(d, 0, 40, 0);
	expect_first(d, 1, 20);
	deadlines_set(d, 2, 5, 0);
	expect_first(d, 2, 5);
	deadlines_set(d, 2, 5, 0);
	assert_int_equal(d->count, 3);
	expect_and_remove(d, 2, 5);
	expect_and_remove(d, 1, 20);
	expect_and_remove(d, 0, 40);
	assert_null(deadlines_first(d));
}

static void a_removed_slot_is_gone_until_it_is_set_again(void **state)
{
	struct deadlines *d = *state;

	for (u32 slot = 0; slot < 8; slot++)
		deadlines_set(d, slot, slot, 0);
	deadlines_remove(d, 0); /* the first, */
	deadlines_remove(d, 7); /* the last, */
	deadlines_remove(d, 4); /* one between, */
	deadlines_remove(d, 4); /* and it is gone already */
	assert_int_equal(d->count, 5);
	deadlines_set(d, 4, 9, 0);
	expect_and_remove(d, 1, 1);
	expect_and_remove(d, 2, 2);
	expect_and_remove(d, 3, 3);
	expect_and_remove(d, 5, 5);
	expect_and_remove(d, 6, 6);
	expect_and_remove(d, 4, 9);
	assert_null(deadlines_first(d));
}

/*
 * The last of the heap takes the place of the removed one, and may have to go up from there:
 *
 *            0                  heap, by place:  0 100 10 110 120 20 30
 *      100       10             removed: 110; in its place comes 30, which goes above 100
 *   110  120   20  30
 */
static void what_takes_a_removed_place_may_go_up(void **state)
{
	static const u64 times[] = {0, 100, 10, 110, 120, 20, 30};
	struct deadlines *d = *state;

	for (u32 slot = 0; slot < COUNT_OF(times); slot++)
		deadlines_set(d, slot, times[slot], 0);
	deadlines_remove(d, 3);
	expect_and_remove(d, 0, 0);
	expect_and_remove(d, 2, 10);
	expect_and_remove(d, 5, 20);
	expect_and_remove(d, 6, 30);
	expect_and_remove(d, 1, 100);
	expect_and_remove(d, 4, 120);
}

static void among_equals_the_first_to_begin_comes_first(void **state)
{
	struct deadlines *d = *state;

	deadlines_set(d, 5, 10, 3);
	deadlines_set(d, 1, 10, 4);
	deadlines_set(d, 2, 10, 1);
	deadlines_set(d, 9, 10, 2);
	deadlines_set(d, 8, 10, 2);
	deadlines_set(d, 7, 9, 9); /* its time counts before its start */
	expect_and_remove(d, 7, 9);
	expect_and_remove(d, 2, 10);
	expect_and_remove(d, 8, 10); /* in all things equal: by slot, so that the order is always the same */
	expect_and_remove(d, 9, 10);
	expect_and_remove(d, 5, 10);
	expect_and_remove(d, 1, 10);
}

static void what_is_earlier_already_stays(void **state)
{
	struct deadlines *d = *state;

	deadlines_set_at_latest(d, 0, 20, 0); /* was not there */
	deadlines_set_at_latest(d, 0, 30, 0);
	expect_first(d, 0, 20);
	deadlines_set_at_latest(d, 0, 10, 0);
	expect_first(d, 0, 10);
	assert_int_equal(d->count, 1);
}

static void a_start_can_be_changed(void **state)
{
	struct deadlines *d = *state;

	deadlines_set(d, 0, 10, 1);
	deadlines_set(d, 1, 10, 2);
	deadlines_set(d, 0, 10, 3);
	expect_first(d, 1, 10);
}

/* What the queue should hold: by slot, in no order. */
struct model {
	bool used[SLOTS];
	struct deadline slots[SLOTS];
};

static int compare(const struct deadline *a, const struct deadline *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->slot < b->slot ? -1 : 1;
}

static const struct deadline *first_of(const struct model *m)
{
	const struct deadline *first = NULL;

	for (u32 slot = 0; slot < SLOTS; slot++)
		if (m->used[slot] && (!first || compare(&m->slots[slot], first) < 0))
			first = &m->slots[slot];
	return first;
}

static void expect_same(const struct deadlines *d, const struct model *m)
{
	const struct deadline *expected = first_of(m), *first = deadlines_first(d);
	u32 count = 0;

	for (u32 slot = 0; slot < SLOTS; slot++) {
		count += m->used[slot];
		assert_int_equal(!!owned[slot].place, m->used[slot]);
	}
	assert_int_equal(d->count, count);
	assert_int_equal(!!first, !!expected);
	if (!first)
		return;
	assert_int_equal(first->slot, expected->slot);
	assert_int_equal(first->at, expected->at);
	assert_int_equal(first->start, expected->start);
}

static void in_the_end_they_come_in_the_order_of_their_start(void **state)
{
	static const u32 slots[] = {2, 7, 8, 0};
	struct deadlines *d = *state;
	const struct deadline *all;

	deadlines_set(d, 0, 1, 9);
	deadlines_set(d, 8, 2, 3);
	deadlines_set(d, 7, 4, 3);
	deadlines_set(d, 2, 3, 1);
	deadlines_set(d, 5, 5, 2);
	deadlines_remove(d, 5);
	all = deadlines_by_start(d);
	assert_int_equal(d->count, COUNT_OF(slots));
	for (u32 i = 0; i < COUNT_OF(slots); i++)
		assert_int_equal(all[i].slot, slots[i]);
}

/* Few times and starts, so that many are equal. */
static void any_sequence_agrees_with_a_search(void **state)
{
	struct deadlines *d = *state;
	struct model m = {0};

	seed = 1;
	for (u32 round = 0; round < ROUNDS; round++) {
		u32 slot = random_below(SLOTS);

		if (random_below(3)) {
			m.slots[slot] = (struct deadline){
				.at = random_below(100), .start = random_below(4), .slot = slot};
			m.used[slot] = true;
			deadlines_set(d, slot, m.slots[slot].at, m.slots[slot].start);
		} else {
			m.used[slot] = false;
			deadlines_remove(d, slot);
		}
		expect_same(d, &m);
	}
	while (first_of(&m)) {
		u32 slot = first_of(&m)->slot;

		m.used[slot] = false;
		deadlines_remove(d, slot);
		expect_same(d, &m);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, opened, closed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_due_in_an_empty_one),
		TEST(the_earliest_comes_first),
		TEST(each_slot_can_be_in_it),
		TEST(times_use_all_bits),
		TEST(a_slot_is_moved_both_ways),
		TEST(a_removed_slot_is_gone_until_it_is_set_again),
		TEST(what_takes_a_removed_place_may_go_up),
		TEST(among_equals_the_first_to_begin_comes_first),
		TEST(what_is_earlier_already_stays),
		TEST(a_start_can_be_changed),
		TEST(in_the_end_they_come_in_the_order_of_their_start),
		TEST(any_sequence_agrees_with_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
