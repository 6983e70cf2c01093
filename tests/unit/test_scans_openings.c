// SPDX-License-Identifier: GPL-2.0-or-later
/* Who scans by SYNs: both sides of the rule, and what ordinary traffic looks like that is no scan. */
#include "scan_trials.h"

/* ---- SYN and connect -------------------------------------------------------- */

static void ten_targets_refused_are_a_scan(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		assert_int_equal(s->seen, 0);
		t = done(s, syn(HOST, PORT + i, BEGIN + i * MS), REFUSES);
	}
	assert_int_equal(s->seen, 1);
	assert_string_equal(told, "B");
	assert_int_equal(judge(s, &t, BEGIN + SECOND), SCAN_SYN);
	assert_int_equal(s->counts[SCAN_SYN], 1);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_CLOSED), 10);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_OPEN), 0);
}

static void nine_targets_are_not(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST - 1; i++)
		t = done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_int_equal(judge(s, &t, BEGIN + 30 * SECOND), SCAN_NONE);
	assert_int_equal(s->seen, 0);
}

static void one_port_of_ten_hosts_is_a_scan(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN), REFUSES);
	assert_int_equal(scan_of(s, SCAN_CONNECT)->hosts.count, 10);
	assert_int_equal(scan_of(s, SCAN_CONNECT)->ports.count, 1);
}

static void half_of_ten_opened_is_no_scan(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), i < 5 ? OPENS : REFUSES);
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_int_equal(s->seen, 0);
}

/* While the ring fills nothing tells of a connection before the ACK that opens it, and that one offers no
 * SACK. */
static void what_was_open_at_its_first_event_is_no_scan(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 2 * SCAN_SAMPLE; i++) {
		struct trial t = stack_syn(SCANNER, HOST, PORT + i, BEGIN + i * MS);

		t.c.state |= OPENS;
		t.c.options[ORIGINATOR].offered = OFFER_TIMESTAMPS;
		t.flags = TCP_ACK;
		sent(s, &t);
		assert_int_equal(t.kind, SCAN_CONNECT);
	}
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_int_equal(s->seen, 0);
}

/* With --ingress-only no SYN-ACK is seen, and no event tells of the ACK: whoever goes on was answered. */
static void who_goes_on_was_answered_where_nobody_looks(void **state)
{
	struct scans *s = *state;
	struct trial t[2 * SCAN_SAMPLE];

	s->ingress_only = true;
	for (u16 i = 0; i < COUNT_OF(t); i++) {
		t[i] = done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN + i * MS), 0);
		t[i].c.state |= SAW_ACK;
		if (i % 2)
			becomes(s, &t[i], SAW_FIN);
	}
	scans_advance(s, BEGIN + 30 * SECOND);
	for (u16 i = 0; i < COUNT_OF(t); i++)
		assert_int_equal(judge(s, &t[i], BEGIN + 40 * SECOND), SCAN_NONE);
	assert_int_equal(s->seen, 0);
}

static void who_does_not_go_on_is_found_there_too(void **state)
{
	struct scans *s = *state;
	struct trial t[SCAN_TARGETS_LEAST];

	s->ingress_only = true;
	for (u16 i = 0; i < COUNT_OF(t); i++)
		done(s, syn(HOST, PORT + i, BEGIN + i * MS), 0);
	scans_advance(s, BEGIN + 10 * SECOND);
	assert_int_equal(scan_of(s, SCAN_SYN)->hosts.count, 1);
	for (u16 i = 0; i < COUNT_OF(t); i++)
		t[i] = done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN + i * MS), 0);
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_null(scan_of(s, SCAN_CONNECT)); /* they may be open by now */
	for (u16 i = 0; i < COUNT_OF(t); i++)
		judge(s, &t[i], BEGIN + 40 * SECOND);
	assert_non_null(scan_of(s, SCAN_CONNECT));
}

static void less_than_half_of_ten_opened_is_one(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), i < 4 ? OPENS : REFUSES);
	assert_int_equal(s->seen, 1);
	assert_int_equal(counted(scan_of(s, SCAN_CONNECT), PORT_OPEN), 4);
}

static void silence_counts_after_three_seconds(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		t = done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), 0);
	scans_advance(s, BEGIN + 2900 * MS);
	assert_int_equal(s->seen, 0);
	scans_advance(s, BEGIN + 3250 * MS);
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &t, BEGIN + 4 * SECOND), SCAN_CONNECT);
	assert_int_equal(counted(scan_of(s, SCAN_CONNECT), PORT_FILTERED), 10);
}

/* Slow answers, before and after silence began to count. */
static void who_answers_late_does_not_fail(void **state)
{
	struct trial trials[2 * SCAN_TARGETS_LEAST];
	struct scans *s = *state;

	for (u16 i = 0; i < COUNT_OF(trials); i++)
		trials[i] = done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), 0);
	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		becomes(s, &trials[i], OPENS);
	scans_advance(s, BEGIN + 4 * SECOND);
	for (u16 i = SCAN_TARGETS_LEAST; i < COUNT_OF(trials); i++)
		becomes(s, &trials[i], OPENS);
	scans_advance(s, BEGIN + 20 * SECOND);
	assert_int_equal(s->seen, 0);
}

static void a_bare_syn_that_is_asked_again_has_failed(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, syn(HOST, PORT + i, BEGIN), 0);
	for (u16 i = 0; i < 5; i++)
		done(s, syn(HOST, PORT + i, BEGIN + 200 * MS), 0);
	assert_int_equal(s->seen, 0);
	done(s, syn(HOST, PORT + 5, BEGIN + 200 * MS), 0);
	assert_int_equal(s->seen, 1);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 10);
	assert_int_equal(scan_of(s, SCAN_SYN)->probes, 16);
}

static void half_open_probes_of_open_ports_are_a_scan(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		t = done(s, syn(HOST, PORT + i, BEGIN), SYN_ACK);
		becomes(s, &t, WITHDRAWS);
	}
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_OPEN), 10);
	assert_int_equal(judge(s, &t, BEGIN + SECOND), SCAN_SYN);
}

static void unreachable_is_filtered(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, syn(HOST, PORT + i, BEGIN), UNREACHABLE);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_FILTERED), 10);
}

static void targets_of_two_minutes_do_not_add_up(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST - 1; i++)
		done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	t = done(s, syn(HOST, PORT + 20, BEGIN + 61 * SECOND), REFUSES);
	assert_int_equal(judge(s, &t, BEGIN + 62 * SECOND), SCAN_NONE);
}

static void targets_within_a_minute_do(void **state)
{
	struct scans *s = *state;
	struct trial first = done(s, syn(HOST, PORT, BEGIN), REFUSES);

	for (u16 i = 1; i < SCAN_TARGETS_LEAST; i++)
		done(s, syn(HOST, PORT + i, BEGIN + 59 * SECOND), REFUSES);
	assert_int_equal(judge(s, &first, BEGIN + 60 * SECOND), SCAN_SYN);
}

/* A flag holds for what began in its minute, even if it is judged later, and for nothing else. */
static void a_flag_is_of_its_minute(void **state)
{
	struct scans *s = *state;
	struct trial early = {0}, late;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		early = done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	late = done(s, syn(HOST, PORT + 99, BEGIN + 100 * SECOND), 0);
	assert_int_equal(judge(s, &early, BEGIN + 400 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &late, BEGIN + 400 * SECOND), SCAN_NONE);
}

/* A slow scan is flagged when its minute ends, by a SYN of the next one. */
static void a_scan_flagged_when_its_minute_ends_is_told_once(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		t = done(s, syn(HOST, PORT + i, BEGIN), 0);
	done(s, syn(HOST, PORT, BEGIN + 100 * SECOND), 0);
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &t, BEGIN + 200 * SECOND), SCAN_SYN);
	assert_string_equal(told, "B");
}

static void connect_is_told_from_syn(void **state)
{
	struct scans *s = *state;
	struct trial open, closed = {0}, talks;

	open = done(s, syn(HOST, PORT, BEGIN), OPENS);
	talks = done(s, syn(HOST, PORT + 1, BEGIN), OPENS | SAW_DATA);
	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		closed = done(s, syn(HOST, PORT + 10 + i, BEGIN), REFUSES);
	assert_int_equal(judge(s, &closed, BEGIN + SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &open, BEGIN + SECOND), SCAN_CONNECT);
	assert_int_equal(judge(s, &talks, BEGIN + SECOND), SCAN_NONE);
}

static void each_source_counts_for_itself(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), REFUSES);
		done(s, stack_syn(100U + i, HOST, PORT + i, BEGIN), REFUSES);
	}
	assert_int_equal(s->seen, 1);
}

/* The scanner has the higher address; who answers it is no scanner. */
static void the_originator_is_the_source(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		struct trial t = syn(HOST, 40000, BEGIN);

		t.c.state |= ORIGINATOR_IS_HIGH;
		t.c.key.low_port = (u16)(PORT + i);
		done(s, t, REFUSES);
	}
	assert_non_null(scan_of(s, SCAN_SYN));
	assert_int_equal(scan_of(s, SCAN_SYN)->source.bytes[15], HOST);
}

/* ---- ordinary traffic ------------------------------------------------------- */

static void retries_against_a_dead_server_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 1000; i++)
		done(s, stack_syn(SCANNER, HOST, PORT, BEGIN + i * 10 * MS), i % 2 ? REFUSES : 0);
	scans_advance(s, BEGIN + 20 * SECOND);
	assert_int_equal(s->seen, 0);
}

/* Many clients behind one address, many connections each: few targets, and most of them open. */
static void a_nat_is_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 5000; i++)
		done(s, stack_syn(SCANNER, HOST + i * 7 % 40, 443, BEGIN + i * 5 * MS),
		     i * 7 % 40 < 15 ? REFUSES : OPENS);
	scans_advance(s, BEGIN + 60 * SECOND);
	assert_int_equal(s->seen, 0);
}

/* A check may reset the connection as soon as the SYN-ACK is there. */
static void health_checks_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 round = 0; round < 100; round++)
		for (u32 i = 0; i < 20; i++) {
			struct trial t =
				done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN + round * 2 * SECOND),
				     i < 5 ? REFUSES : SYN_ACK);

			if (i >= 5)
				becomes(s, &t, WITHDRAWS);
			scans_advance(s, BEGIN + round * 2 * SECOND + i * MS);
		}
	assert_int_equal(s->seen, 0);
}

/* They answered before; now the whole site is gone. */
static void targets_that_die_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 30; i++)
		done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN), OPENS);
	for (u32 round = 1; round < 20; round++)
		for (u32 i = 0; i < 30; i++) {
			done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN + round * 15 * SECOND), 0);
			scans_advance(s, BEGIN + round * 15 * SECOND + 5 * SECOND);
		}
	assert_int_equal(s->seen, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ten_targets_refused_are_a_scan),
		TEST(nine_targets_are_not),
		TEST(one_port_of_ten_hosts_is_a_scan),
		TEST(half_of_ten_opened_is_no_scan),
		TEST(what_was_open_at_its_first_event_is_no_scan),
		TEST(who_goes_on_was_answered_where_nobody_looks),
		TEST(who_does_not_go_on_is_found_there_too),
		TEST(less_than_half_of_ten_opened_is_one),
		TEST(silence_counts_after_three_seconds),
		TEST(who_answers_late_does_not_fail),
		TEST(a_bare_syn_that_is_asked_again_has_failed),
		TEST(half_open_probes_of_open_ports_are_a_scan),
		TEST(unreachable_is_filtered),
		TEST(targets_of_two_minutes_do_not_add_up),
		TEST(targets_within_a_minute_do),
		TEST(a_flag_is_of_its_minute),
		TEST(a_scan_flagged_when_its_minute_ends_is_told_once),
		TEST(connect_is_told_from_syn),
		TEST(each_source_counts_for_itself),
		TEST(the_originator_is_the_source),
		TEST(retries_against_a_dead_server_are_not),
		TEST(a_nat_is_not),
		TEST(health_checks_are_not),
		TEST(targets_that_die_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
