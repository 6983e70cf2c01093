// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told and counted of a scan once it is found, and what where events were lost or memory is short. */
#include "scan_trials.h"

/* ---- one line that grows ---------------------------------------------------- */

static void a_scan_is_told_of_as_it_doubles_and_when_it_is_over(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 1000; i++)
		done(s, syn(HOST, PORT + i, BEGIN + i * MS), REFUSES);
	/* at 10, 20, 40, 80, 160, 320 and 640 targets */
	assert_string_equal(told, "BGGGGGG");
	scans_advance(s, BEGIN + 2 * SECOND);
	scans_advance(s, BEGIN + 3 * SECOND);
	assert_string_equal(told, "BGGGGGGc");
	scans_advance(s, BEGIN + 50 * SECOND);
	assert_string_equal(told, "BGGGGGGc");
	scans_advance(s, BEGIN + 62 * SECOND);
	assert_string_equal(told, "BGGGGGGcO");
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 1000);
	scans_finish(s);
	assert_string_equal(told, "BGGGGGGcOX");
	assert_null(scan_of(s, SCAN_SYN));
}

/* A capture whose time steps back: a scan that begins then is found, and told of, like any other. */
static void time_steps_back_and_a_scan_begins(void **state)
{
	const u64 later = BEGIN + 1000000 * SECOND;
	struct trial first = {0}, second = {0};
	struct scans *s = *state;

	for (u16 i = 0; i < 20; i++)
		first = done(s, syn(HOST, PORT + i, later + i * MS), REFUSES);
	scans_advance(s, later + SECOND);
	assert_string_equal(told, "BGc");
	scans_advance(s, BEGIN);
	assert_string_equal(told, "BGcO");
	for (u16 i = 0; i < 20; i++)
		second = done(s, syn(HOST, PORT + i, BEGIN + i * MS), REFUSES);
	assert_string_equal(told, "BGcOXBG");
	scans_advance(s, BEGIN + SECOND);
	/* in whatever order their records are final */
	assert_int_equal(judge(s, &first, BEGIN + 10 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &second, BEGIN + 10 * SECOND), SCAN_SYN);
	scans_advance(s, BEGIN + 62 * SECOND);
	assert_string_equal(told, "BGcOXBGcO");
}

/* Only one probe is known of the time before, and those after it are silent. */
static void time_steps_back_and_silence_means_something(void **state)
{
	const u64 later = BEGIN + 1000000 * SECOND;
	struct scans *s = *state;
	struct trial early = done(s, syn(HOST, 1, later), 0);

	scans_advance(s, later);
	scans_advance(s, BEGIN);
	for (u16 i = 0; i < 20; i++)
		done(s, syn(HOST, PORT + i, BEGIN + i * MS), 0);
	/* a record of the future moves no minute there */
	assert_int_equal(judge(s, &early, BEGIN + SECOND), SCAN_NONE);
	scans_advance(s, BEGIN + 5 * SECOND);
	assert_string_equal(told, "B");
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 20);
}

static void a_probed_port_is_one_port_however_often(void **state)
{
	struct scans *s = *state;

	for (u32 round = 0; round < 5; round++)
		for (u16 i = 0; i < 100; i++)
			done(s, syn(i % 2 ? HOST : OTHER_HOST, PORT + i / 2, BEGIN + round * MS + i),
			     round == 2 ? REFUSES : 0);
	assert_int_equal(scan_of(s, SCAN_SYN)->ports.count, 50);
	assert_int_equal(scan_of(s, SCAN_SYN)->hosts.count, 2);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 100);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_CLOSED), 100);
	assert_false(scan_of(s, SCAN_SYN)->capped);
}

/* A scan of five minutes is one, and its later minutes belong to it as well. */
static void a_scan_goes_on_over_minutes(void **state)
{
	struct scans *s = *state;
	struct trial early = {0}, late = {0};

	for (u32 i = 0; i < 300; i++) {
		late = done(s, syn(HOST, (u16)(PORT + i), BEGIN + i * SECOND), REFUSES);
		if (!i)
			early = late;
		scans_advance(s, BEGIN + i * SECOND);
	}
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &early, BEGIN + 600 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &late, BEGIN + 600 * SECOND), SCAN_SYN);
	/* all but the few with which each new minute began were counted; the records make them good */
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 300);
}

static void a_scan_an_hour_later_is_another(void **state)
{
	struct scans *s = *state;

	for (u64 hour = 0; hour < 3; hour++)
		for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
			u64 time = BEGIN + hour * 3600 * SECOND;

			scans_advance(s, time);
			done(s, syn(HOST, PORT + i, time), REFUSES);
		}
	assert_int_equal(s->seen, 3);
	assert_string_equal(told, "BOXBOXB");
}

static bool folds(struct scans *s, const struct trial *t)
{
	struct event e = event(t, 2, t->c.start);

	return scans_folds(s, &e, t->kind);
}

static void events_of_a_scan_are_folded_and_no_others(void **state)
{
	struct scans *s = *state;
	struct trial before, probe, used;

	before = done(s, syn(HOST, PORT, BEGIN - 10 * SECOND), 0);
	for (u16 i = 1; i < SCAN_TARGETS_LEAST + 5; i++)
		assert_false(folds(s, &before));
	for (u16 i = 0; i < 20; i++)
		probe = done(s, syn(HOST, PORT + i, BEGIN + 70 * SECOND), REFUSES);
	assert_true(folds(s, &probe));
	assert_int_equal(scan_of(s, SCAN_SYN)->folded, 1);
	assert_false(folds(s, &before));
	used = done(s, syn(HOST, PORT, BEGIN + 70 * SECOND), OPENS);
	assert_true(folds(s, &used));
	used.c.state |= SAW_DATA;
	assert_false(folds(s, &used));
	used = done(s, stack_syn(OTHER_HOST, HOST, PORT, BEGIN + 70 * SECOND), 0);
	assert_false(folds(s, &used));
	scans_advance(s, BEGIN + 200 * SECOND);
	assert_false(folds(s, &probe));
}

/* ---- records whose events were lost ----------------------------------------- */

static void records_count_like_events(void **state)
{
	struct scans *s = *state;
	struct trial t[SCAN_TARGETS_LEAST];

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		t[i] = syn(HOST, PORT + i, BEGIN + i);
		t[i].c.state |= i < 4 ? OPENS : REFUSES;
		scans_record(s, &t[i].c);
	}
	assert_int_equal(judge(s, &t[9], BEGIN + SECOND), SCAN_SYN);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_CLOSED), 6);
}

static void final_records_make_lost_events_good(void **state)
{
	struct scans *s = *state;
	struct trial lost;

	for (u16 i = 0; i < 20; i++)
		done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	lost = syn(HOST, PORT + 50, BEGIN + SECOND);
	lost.c.state |= SYN_ACK;
	assert_int_equal(judge(s, &lost, BEGIN + 2 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &lost, BEGIN + 2 * SECOND), SCAN_SYN);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 21);
	assert_int_equal(scan_of(s, SCAN_SYN)->probes, 21);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_OPEN), 1);
}

/* ---- bounds ----------------------------------------------------------------- */

/*
 * A flood of forged sources, each with one SYN: the one that goes on is seen, and what was given up counted.
 */
static void forged_sources_do_not_hide_one_that_goes_on(void **state)
{
	struct scans *s = *state;
	u64 time = BEGIN;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		done(s, syn(HOST, PORT + i, time), REFUSES);
		done(s, syn(HOST, PORT + i, time), REFUSES);
		for (u32 other = 0; i && other < 50000; other++)
			done(s, stack_syn(1000 + i * 50000U + other, HOST, 80, time += 10000), 0);
	}
	assert_non_null(scan_of(s, SCAN_SYN));
	assert_in_range(s->forgotten, 450000 - SCAN_SUSPECTS, 450000);
}

/* Forged sources that all scan: their number is bounded, and the large one among them stays. */
static void forged_scanners_do_not_displace_the_large_one(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 100; i++)
		done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	for (u32 other = 0; other < 2000; other++)
		for (u16 i = 0; i < 3; i++)
			done(s, trial(1000 + other, HOST, PORT + i, 0, PROBE, BEGIN + SECOND), 0);
	assert_int_equal(s->seen, 2001);
	assert_int_equal(s->displaced, 2001 - SCANNERS);
	assert_int_equal(s->active, SCANNERS);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 100);
}

/* All ports of a host are counted exactly; of two hosts it is said that there were at least so many. */
static void a_set_is_bounded_and_says_so(void **state)
{
	struct scans *s = *state;

	for (u32 port = 0; port < 65536; port++)
		done(s, trial(SCANNER, HOST, (u16)port, TCP_FIN, PROBE, BEGIN + port * 1000), REFUSES);
	assert_int_equal(scan_of(s, SCAN_FIN)->targets.count, 65536);
	assert_int_equal(scan_of(s, SCAN_FIN)->ports.count, 65536);
	assert_int_equal(counted(scan_of(s, SCAN_FIN), PORT_CLOSED), 65536);
	assert_false(scan_of(s, SCAN_FIN)->capped);
	done(s, trial(SCANNER, OTHER_HOST, 7, TCP_FIN, PROBE, BEGIN + SECOND), REFUSES);
	assert_true(scan_of(s, SCAN_FIN)->capped);
	assert_int_equal(scan_of(s, SCAN_FIN)->targets.count, 65536);
	assert_int_equal(scan_of(s, SCAN_FIN)->hosts.count, 2);
}

static void the_purse_is_what_all_scans_share(void **state)
{
	struct scans *s = *state;

	for (u32 source = 0; source < 40; source++)
		for (u32 port = 0; port < 40000; port++)
			done(s, trial(1000 + source, HOST, (u16)port, 0, PROBE, BEGIN), 0);
	assert_in_range(s->purse, 0, SCAN_PURSE / 8);
	assert_int_equal(s->seen, 40);
	scans_finish(s);
	assert_int_equal(s->purse, SCAN_PURSE);
	assert_int_equal(s->active, 0);
}

static void each_kind_has_a_name(void **state)
{
	(void)state;
	assert_null(scan_name(SCAN_NONE));
	for (int kind = SCAN_NONE + 1; kind < SCAN_KINDS; kind++)
		assert_non_null(scan_name((enum scan_kind)kind));
	assert_null(scan_name(SCAN_KINDS));
	assert_string_equal(scan_name(SCAN_SYN), "syn");
	assert_string_equal(scan_name(SCAN_OTHER), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_scan_is_told_of_as_it_doubles_and_when_it_is_over),
		TEST(time_steps_back_and_a_scan_begins),
		TEST(time_steps_back_and_silence_means_something),
		TEST(a_probed_port_is_one_port_however_often),
		TEST(a_scan_goes_on_over_minutes),
		TEST(a_scan_an_hour_later_is_another),
		TEST(events_of_a_scan_are_folded_and_no_others),
		TEST(records_count_like_events),
		TEST(final_records_make_lost_events_good),
		TEST(forged_sources_do_not_hide_one_that_goes_on),
		TEST(forged_scanners_do_not_displace_the_large_one),
		TEST(a_set_is_bounded_and_says_so),
		TEST(the_purse_is_what_all_scans_share),
		TEST(each_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
