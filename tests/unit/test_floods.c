// SPDX-License-Identifier: GPL-2.0-or-later
/* What is called a flood: both sides of the rule for each kind, and when one begins and ends. */
#include "flood_runs.h"

/* Host and flooder have exchanged these segments before: no record is new, and they still close nothing. */
static void known_ack_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_ACK, n);
	send(r, HOOK_OUT, TCP_RST, n);
}

static void known_syn_ack_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, SYN_ACK, n);
	send(r, HOOK_OUT, TCP_RST, n);
}

static void known_rst_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_RST, n);
}

static void known_fin_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_FIN, n);
	send(r, HOOK_OUT, TCP_RST | TCP_ACK, n);
}

static const struct {
	void (*flood)(struct run *r, u64 n);
	enum flood_kind kind;
	u64 least; /* a second */
} floods[] = {
	{syn_flood, FLOOD_SYN, FLOOD_LEAST},	  {syn_ack_flood, FLOOD_SYN_ACK, FLOOD_LEAST},
	{ack_flood, FLOOD_ACK, FLOOD_LEAST},	  {ack_flood_unanswered, FLOOD_ACK, FLOOD_LEAST},
	{rst_flood, FLOOD_RST, FLOOD_LEAST},	  {fin_flood, FLOOD_FIN, FLOOD_LEAST},
	{refuse, FLOOD_SYN, FLOOD_MANY},	  {known_syn_ack_flood, FLOOD_SYN_ACK, FLOOD_MANY},
	{known_ack_flood, FLOOD_ACK, FLOOD_MANY}, {known_rst_flood, FLOOD_RST, FLOOD_MANY},
	{known_fin_flood, FLOOD_FIN, FLOOD_MANY},
};

/* At the least rate it begins after three seconds or, of many, after two; and is the only one of them. */
static void each_kind_at_its_least_rate(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		u32 needed = floods[i].least == FLOOD_MANY ? FLOOD_OF_MANY_BEGINS_AFTER : FLOOD_BEGINS_AFTER;

		restart(r);
		for (u32 s = 0; s < needed; s++) {
			assert_int_equal(r->count, 0);
			floods[i].flood(r, floods[i].least);
			look(r);
		}
		expect_only(r, floods[i].kind, false);
		assert_int_equal(r->told[0].since, 5 * SECOND);
		assert_int_equal(r->told[0].rate, floods[i].least);
		assert_int_equal(r->told[0].total, needed * floods[i].least);
		assert_int_equal(r->told[0].nothing, r->told[0].judged);
	}
}

static void each_kind_a_little_below(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		restart(r);
		for (u32 s = 0; s < 20; s++) {
			floods[i].flood(r, floods[i].least - 1);
			look(r);
		}
		assert_int_equal(r->count, 0);
	}
}

/* Beside a server that opens 2000 connections a second, which hide no flood and become none. */
static void each_kind_beside_ordinary_traffic(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		restart(r);
		for (u32 s = 0; s < 10; s++) {
			serve(r, 2000);
			look(r);
		}
		assert_int_equal(r->count, 0);
		for (u32 s = 0; s < 3; s++) {
			serve(r, 2000);
			floods[i].flood(r, 8 * (u64)FLOOD_MANY);
			look(r);
		}
		expect_only(r, floods[i].kind, false);
	}
}

/* In a capture all segments come in by one hook. */
static void each_kind_in_a_capture(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		restart(r);
		for (u32 s = 0; s < 3; s++) {
			floods[i].flood(r, 2 * (u64)FLOOD_MANY);
			for (u32 flags = 0; flags <= TCP_FLAGS; flags++) {
				r->now.segments[HOOK_IN][0][flags] += r->now.segments[HOOK_OUT][0][flags];
				r->now.segments[HOOK_OUT][0][flags] = 0;
			}
			look(r);
		}
		expect_only(r, floods[i].kind, false);
	}
}

static void a_flood_of_many_begins_after_two_seconds(void **state)
{
	struct run *r = *state;

	syn_flood(r, FLOOD_MANY);
	look(r);
	assert_int_equal(r->count, 0);
	syn_flood(r, FLOOD_MANY);
	look(r);
	expect_only(r, FLOOD_SYN, false);
	assert_int_equal(r->told[0].half_open, 2 * FLOOD_MANY);
}

static void two_bad_seconds_are_none(void **state)
{
	struct run *r = *state;

	for (int again = 0; again < 3; again++) {
		syn_flood(r, FLOOD_MANY - 1);
		look(r);
		syn_flood(r, FLOOD_MANY - 1);
		look(r);
		look(r);
	}
	assert_int_equal(r->count, 0);
}

static void it_ends_after_five_good_seconds(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 3; s++) {
		syn_flood(r, 5000);
		look(r);
	}
	syn_flood(r, 8000);
	look(r);
	for (u32 s = 1; s < FLOOD_ENDS_AFTER; s++)
		look(r);
	expect_only(r, FLOOD_SYN, false);
	look(r);
	assert_int_equal(r->count, 2);
	assert_true(r->told[1].over);
	assert_int_equal(r->told[1].since, 5 * SECOND);
	assert_int_equal(r->told[1].until, 9 * SECOND);
	assert_int_equal(r->told[1].time, 14 * SECOND);
	assert_int_equal(r->told[1].peak, 8000);
	assert_int_equal(r->told[1].total, 23000);
	assert_int_equal(r->told[1].rate, 5750);
	assert_int_equal(floods_total(&r->floods).begun[FLOOD_SYN], 1);
	assert_int_equal(floods_total(&r->floods).segments[FLOOD_SYN], 23000);
	assert_int_equal(floods_total(&r->floods).going_on[FLOOD_SYN], 0);
}

static void a_pause_does_not_end_it(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 40; s++) {
		if (s < 3 || s % FLOOD_ENDS_AFTER == 0)
			syn_flood(r, 5000);
		look(r);
	}
	expect_only(r, FLOOD_SYN, false);
}

static void the_run_ends_before_it(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 3; s++) {
		rst_flood(r, 5000);
		look(r);
	}
	assert_int_equal(floods_finish(&r->floods, &r->now, r->time, r->told), 1);
	assert_int_equal(r->told[0].kind, FLOOD_RST);
	assert_true(r->told[0].over);
	assert_true(r->told[0].cut);
	assert_int_equal(floods_total(&r->floods).going_on[FLOOD_RST], 1);
}

static void all_kinds_at_once(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 3; s++) {
		serve(r, 500);
		syn_flood(r, 4000);
		syn_ack_flood(r, 4000);
		ack_flood(r, 4000);
		rst_flood(r, 4000);
		fin_flood(r, 4000);
		look(r);
	}
	assert_int_equal(r->count, FLOOD_KINDS);
	for (u32 kind = 0; kind < FLOOD_KINDS; kind++)
		assert_int_equal(r->told[kind].kind, kind);
}

/* A look that comes late sees more, and no higher rate. */
static void a_late_look(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 10; s++) {
		syn_flood(r, FLOOD_LEAST + 500);
		look_after(r, 2 * SECOND);
	}
	assert_int_equal(r->count, 0);
	for (int s = 0; s < 3; s++) {
		syn_flood(r, 8000);
		look_after(r, 2 * SECOND);
	}
	expect_only(r, FLOOD_SYN, false);
	assert_int_equal(r->told[0].rate, 4000);
	assert_int_equal(r->told[0].total, 24000);
}

/* And one that comes early no higher rate either: a few segments in a moment are no thousand a second. */
static void an_early_look(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 10; s++) {
		syn_flood(r, FLOOD_LEAST / 2);
		look_after(r, SECOND / 10);
	}
	assert_int_equal(r->count, 0);
}

/* ---- the flood that outgrows the table ------------------------------------------------------ */

static void it_goes_on_when_it_has_filled_the_table(void **state)
{
	struct run *r = *state;

	ack_flood_unanswered(r, 130000);
	look(r);
	for (int s = 0; s < 10; s++) {
		send(r, HOOK_IN, TCP_ACK, 100000);
		r->now.strays[STRAY_ACK] += 100000;
		r->now.untracked += 100000;
		look(r);
	}
	expect_only(r, FLOOD_ACK, false);
	for (u32 s = 0; s < FLOOD_ENDS_AFTER; s++)
		look(r);
	assert_int_equal(r->count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_at_its_least_rate),
		TEST(each_kind_a_little_below),
		TEST(each_kind_beside_ordinary_traffic),
		TEST(each_kind_in_a_capture),
		TEST(a_flood_of_many_begins_after_two_seconds),
		TEST(two_bad_seconds_are_none),
		TEST(it_ends_after_five_good_seconds),
		TEST(a_pause_does_not_end_it),
		TEST(the_run_ends_before_it),
		TEST(all_kinds_at_once),
		TEST(a_late_look),
		TEST(an_early_look),
		TEST(it_goes_on_when_it_has_filled_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
