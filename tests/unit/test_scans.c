// SPDX-License-Identifier: GPL-2.0-only
/* Who scans: both sides of each rule. A source is 10.0.0.1 unless a test needs several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scans.h"
#include "wire.h"

static const u64 SECOND = 1000000000;
static const u64 BEGIN = 1000000000000;

enum { SCANNER = 1, HOST = 2, PROBED_PORT = 80, SOURCE_PORT = 40000 };

/* A record of `source` and the host; `state` says more of it. */
static struct connection record(u8 source, u16 port, u64 state, u64 start)
{
	struct connection c = {.state = state | SAW_SEGMENT, .start = start, .generation = 1};

	c.key.low.bytes[15] = source;
	c.key.high.bytes[15] = HOST;
	c.key.low_port = SOURCE_PORT;
	c.key.high_port = port;
	c.direction[ORIGINATOR].segments = 1;
	return c;
}

/* The first segment's event of that record. */
static struct event event(const struct connection *c, u16 flags)
{
	return (struct event){.time = c->start,
			      .start = c->start,
			      .state = c->state,
			      .key = c->key,
			      .generation = 1,
			      .kinds = 1 << EVENT_SYN,
			      .number = 1,
			      .flags = flags};
}

static void expect_no_flag(struct scans *s, const struct event *e)
{
	enum scan_kind kind = SCAN_NONE;

	assert_false(scans_event(s, e, &kind));
}

static void send_syn(struct scans *s, u8 source, u16 port, u64 time)
{
	struct connection c = record(source, port, SAW_SYN, time);
	struct event e = event(&c, TCP_SYN);

	expect_no_flag(s, &e);
}

static void open_connection(struct scans *s, u8 source, u16 port, u64 time)
{
	struct connection c = record(source, port, SAW_SYN | SAW_SYN << 1 | ESTABLISHED_ONCE, time);
	struct event e = event(&c, TCP_ACK);

	send_syn(s, source, port, time);
	e.kinds = 1 << EVENT_ESTABLISHED;
	e.number = 3;
	expect_no_flag(s, &e);
}

/* Ports that a set of 128 bits tells apart, so that the tests count exactly. */
static const u16 *distinct_ports(void)
{
	static u16 ports[SCAN_PAIRS_LEAST + 1];
	struct scans *s = calloc(1, sizeof(*s));
	u32 found = 0;

	assert_non_null(s);
	for (u16 port = 1; found < COUNT_OF(ports); port++) {
		u32 bits = 0;

		send_syn(s, SCANNER, port, BEGIN);
		for (u32 i = 0; i < SCAN_SOURCES; i++)
			bits += (u32)__builtin_popcountll(s->sources[i].pairs[0]) +
				(u32)__builtin_popcountll(s->sources[i].pairs[1]);
		if (bits > found)
			ports[found++] = port;
	}
	free(s);
	return ports;
}

/* Of `pairs` ports the first `established` are opened, the rest is not. */
static void try_pairs(struct scans *s, u32 pairs, u32 established, u64 time)
{
	const u16 *ports = distinct_ports();

	for (u32 i = 0; i < pairs; i++)
		if (i < established)
			open_connection(s, SCANNER, ports[i], time + i);
		else
			send_syn(s, SCANNER, ports[i], time + i);
}

static enum scan_kind judge(struct scans *s, const struct connection *c)
{
	bool first;

	return scans_judge(s, c, &first);
}

/* What becomes of a SYN of the scanner that began at `start` and was not answered. */
static enum scan_kind judge_syn(struct scans *s, u64 start)
{
	struct connection c = record(SCANNER, PROBED_PORT, SAW_SYN, start);

	return judge(s, &c);
}

static int prepared(void **state)
{
	*state = calloc(1, sizeof(struct scans));
	return *state ? 0 : -1;
}

static int released(void **state)
{
	free(*state);
	return 0;
}

static void ten_pairs_unanswered_are_a_scan(void **state)
{
	struct connection c = record(SCANNER, PROBED_PORT, SAW_SYN, BEGIN);
	struct scans *s = *state;
	bool first;

	try_pairs(s, SCAN_PAIRS_LEAST, 0, BEGIN);
	assert_int_equal(scans_judge(s, &c, &first), SCAN_SYN);
	assert_true(first);
	assert_int_equal(scans_judge(s, &c, &first), SCAN_SYN);
	assert_false(first);
	assert_int_equal(s->counts[SCAN_SYN], 2);
}

static void nine_pairs_are_not(void **state)
{
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST - 1, 0, BEGIN);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
	assert_int_equal(s->counts[SCAN_SYN], 0);
}

static void ten_pairs_of_which_more_than_half_failed_are(void **state)
{
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST, SCAN_PAIRS_LEAST / 2 - 1, BEGIN);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_SYN);
}

static void ten_pairs_of_which_half_failed_are_not(void **state)
{
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST, SCAN_PAIRS_LEAST / 2, BEGIN);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
}

static void ten_pairs_all_established_are_not(void **state)
{
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST, SCAN_PAIRS_LEAST, BEGIN);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
}

static void retries_against_one_dead_server_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 1000; i++) {
		struct connection c = record(SCANNER, PROBED_PORT, SAW_SYN, BEGIN + i);
		struct event e;

		c.key.low_port = (u16)(SOURCE_PORT + i);
		e = event(&c, TCP_SYN);
		expect_no_flag(s, &e);
	}
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
}

static void retransmissions_are_no_attempts(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST, SCAN_PAIRS_LEAST, BEGIN);
	for (u32 i = 0; i < 1000; i++) {
		struct connection c = record(SCANNER, ports[i % SCAN_PAIRS_LEAST], SAW_SYN, BEGIN);
		struct event e = event(&c, TCP_SYN);

		e.kinds = 1 << EVENT_RETRANSMISSION;
		e.number = 2;
		expect_no_flag(s, &e);
	}
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
}

static void each_source_counts_for_itself(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;

	for (u8 i = 0; i < SCAN_PAIRS_LEAST; i++) {
		send_syn(s, SCANNER, ports[i], BEGIN);
		send_syn(s, (u8)(100 + i), ports[i], BEGIN);
	}
	assert_int_equal(judge_syn(s, BEGIN), SCAN_SYN);
	for (u8 i = 0; i < SCAN_PAIRS_LEAST; i++) {
		struct connection c = record((u8)(100 + i), ports[i], SAW_SYN, BEGIN);

		assert_int_equal(judge(s, &c), SCAN_NONE);
	}
}

/* The scanner has the higher address; who answers it is no scanner. */
static void the_originator_is_the_source(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;
	struct connection c = {0};

	for (u32 i = 0; i < SCAN_PAIRS_LEAST; i++) {
		struct event e;

		c = record(SCANNER, SOURCE_PORT, SAW_SYN | ORIGINATOR_IS_HIGH, BEGIN);
		c.key.low_port = ports[i];
		e = event(&c, TCP_SYN);
		expect_no_flag(s, &e);
	}
	assert_int_equal(judge(s, &c), SCAN_SYN);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
}

static void pairs_of_two_minutes_do_not_add_up(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST - 1, 0, BEGIN);
	send_syn(s, SCANNER, ports[SCAN_PAIRS_LEAST - 1], BEGIN + 61 * SECOND);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
	assert_int_equal(judge_syn(s, BEGIN + 61 * SECOND), SCAN_NONE);
}

static void pairs_within_a_minute_do(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST - 1, 0, BEGIN);
	send_syn(s, SCANNER, ports[SCAN_PAIRS_LEAST - 1], BEGIN + 59 * SECOND);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_SYN);
}

/* A flag holds for what began in its minute, even if it is judged later, and for nothing else. */
static void a_flag_is_of_its_minute(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST, 0, BEGIN);
	send_syn(s, SCANNER, ports[0], BEGIN + 100 * SECOND);
	assert_int_equal(judge_syn(s, BEGIN), SCAN_SYN);
	assert_int_equal(judge_syn(s, BEGIN + 100 * SECOND), SCAN_NONE);
}

/* A stack's own SYN offers SACK. */
static void connect_is_told_from_syn(void **state)
{
	struct connection c = record(SCANNER, PROBED_PORT, SAW_SYN, BEGIN);
	struct scans *s = *state;

	try_pairs(s, SCAN_PAIRS_LEAST, 1, BEGIN);
	c.options[ORIGINATOR].offered = OFFER_SACK;
	assert_int_equal(judge(s, &c), SCAN_CONNECT);
	c.options[ORIGINATOR].offered = 0;
	assert_int_equal(judge(s, &c), SCAN_SYN);
	c.state |= ESTABLISHED_ONCE;
	assert_int_equal(judge(s, &c), SCAN_CONNECT);
	c.state |= SAW_DATA;
	assert_int_equal(judge(s, &c), SCAN_NONE);
}

/* Whether the n-th probe of these flags at `time` flags its source, and as what. */
static bool probe(struct scans *s, u16 flags, u64 time, enum scan_kind *kind)
{
	struct connection c = record(SCANNER, PROBED_PORT, PROBE, time);
	struct event e = event(&c, flags);

	*kind = SCAN_NONE;
	return scans_event(s, &e, kind);
}

static void three_probes_are_a_scan(void **state)
{
	static const struct {
		u16 flags;
		enum scan_kind kind;
	} kinds[] = {
		{0, SCAN_NULL},
		{TCP_FIN, SCAN_FIN},
		{TCP_FIN | TCP_PSH | TCP_URG, SCAN_XMAS},
		{TCP_SYN | TCP_FIN, SCAN_OTHER},
	};
	struct scans *s = *state;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct connection c = record(SCANNER, PROBED_PORT, PROBE, BEGIN);
		enum scan_kind kind;

		c.probe_flags = kinds[i].flags;
		assert_false(probe(s, kinds[i].flags, BEGIN, &kind));
		assert_false(probe(s, kinds[i].flags, BEGIN + SECOND, &kind));
		assert_int_equal(judge(s, &c), SCAN_NONE); /* two are none */
		assert_true(probe(s, kinds[i].flags, BEGIN + 2 * SECOND, &kind));
		assert_int_equal(kind, kinds[i].kind);
		assert_int_equal(judge(s, &c), kinds[i].kind);
		assert_false(probe(s, kinds[i].flags, BEGIN + 3 * SECOND, &kind)); /* it is flagged already */
	}
}

static void probes_of_two_minutes_do_not_add_up(void **state)
{
	struct scans *s = *state;
	enum scan_kind kind;

	assert_false(probe(s, 0, BEGIN, &kind));
	assert_false(probe(s, 0, BEGIN + SECOND, &kind));
	assert_false(probe(s, 0, BEGIN + 61 * SECOND, &kind));
	assert_false(probe(s, 0, BEGIN + 62 * SECOND, &kind));
	assert_true(probe(s, 0, BEGIN + 63 * SECOND, &kind));
}

static void a_source_is_flagged_anew_a_minute_later(void **state)
{
	struct scans *s = *state;
	enum scan_kind kind;

	for (u64 minute = 0; minute < 3; minute++) {
		u64 time = BEGIN + minute * 61 * SECOND;

		assert_false(probe(s, 0, time, &kind));
		assert_false(probe(s, 0, time + SECOND, &kind));
		assert_true(probe(s, 0, time + 2 * SECOND, &kind));
		assert_false(probe(s, 0, time + 3 * SECOND, &kind));
	}
}

static void probes_of_two_kinds_do_not_add_up(void **state)
{
	struct scans *s = *state;
	enum scan_kind kind;

	for (int i = 0; i < SCAN_PROBES_LEAST - 1; i++) {
		assert_false(probe(s, 0, BEGIN, &kind));
		assert_false(probe(s, TCP_FIN, BEGIN, &kind));
	}
}

/* A stray ACK, or with FIN Maimon's, that nothing or a RST followed; its event came before. */
static struct connection stray(struct scans *s, u64 state, u64 start)
{
	struct connection c = record(SCANNER, PROBED_PORT, MIDSTREAM | state, start);
	struct event e = event(&c, TCP_ACK);

	e.state = MIDSTREAM | SAW_SEGMENT;
	e.kinds = 1 << EVENT_SEGMENT;
	expect_no_flag(s, &e);
	return c;
}

static const u64 ANSWERED_BY_RESET = SAW_SEGMENT << 1 | RESET_BY << 1 | CLOSED_ONCE;

static void expect_the_third_to_flag(struct scans *s, u64 state, enum scan_kind kind)
{
	for (u32 i = 1; i <= SCAN_PROBES_LEAST + 1; i++) {
		struct connection c = stray(s, state, BEGIN + i);
		bool first;

		assert_int_equal(scans_judge(s, &c, &first), i < SCAN_PROBES_LEAST ? SCAN_NONE : kind);
		assert_int_equal(first, i == SCAN_PROBES_LEAST);
	}
	assert_int_equal(s->counts[kind], 2);
}

static void three_stray_acks_answered_by_resets_are_a_scan(void **state)
{
	expect_the_third_to_flag(*state, ANSWERED_BY_RESET, SCAN_ACK);
}

static void three_stray_acks_followed_by_silence_are(void **state)
{
	expect_the_third_to_flag(*state, 0, SCAN_ACK);
}

static void three_of_maimons_are(void **state)
{
	expect_the_third_to_flag(*state, SAW_FIN | ANSWERED_BY_RESET, SCAN_MAIMON);
}

static void stray_acks_of_two_minutes_do_not_add_up(void **state)
{
	static const u64 seconds[] = {0, 1, 70, 71};
	struct scans *s = *state;

	for (size_t i = 0; i < COUNT_OF(seconds); i++) {
		struct connection c = stray(s, ANSWERED_BY_RESET, BEGIN + seconds[i] * SECOND);

		assert_int_equal(judge(s, &c), SCAN_NONE);
	}
}

/* Connections that were there before the watching began. */
static void what_went_on_is_no_stray_ack(void **state)
{
	static const u64 states[] = {SAW_SEGMENT << 1, SAW_DATA, SAW_DATA << 1 | SAW_SEGMENT << 1,
				     SAW_DATA << 1 | ANSWERED_BY_RESET};
	struct scans *s = *state;

	for (size_t i = 0; i < COUNT_OF(states) * 10; i++) {
		struct connection c = stray(s, states[i % COUNT_OF(states)], BEGIN + i);

		assert_int_equal(judge(s, &c), SCAN_NONE);
	}
	for (u32 i = 0; i < 10; i++) {
		struct connection c = stray(s, ANSWERED_BY_RESET, BEGIN + i);

		c.direction[ORIGINATOR].segments = 2;
		assert_int_equal(judge(s, &c), SCAN_NONE);
	}
}

/* The records of a table, whose events nobody read. */
static void records_count_like_events(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;

	for (u32 i = 0; i < SCAN_PAIRS_LEAST; i++) {
		u64 established = i < SCAN_PAIRS_LEAST / 2 - 1 ? ESTABLISHED_ONCE : 0;
		struct connection c = record(SCANNER, ports[i], SAW_SYN | established, BEGIN + i);

		assert_int_equal(judge_syn(s, BEGIN), SCAN_NONE);
		scans_record(s, &c);
	}
	assert_int_equal(judge_syn(s, BEGIN), SCAN_SYN);
}

static void many_sources_do_not_hide_one_that_goes_on(void **state)
{
	const u16 *ports = distinct_ports();
	struct scans *s = *state;
	u64 time = BEGIN;

	for (u32 i = 0; i < SCAN_PAIRS_LEAST; i++) {
		send_syn(s, SCANNER, ports[i], time++);
		for (u32 other = 0; other < 200; other++)
			send_syn(s, (u8)(other + 3), PROBED_PORT, time++);
	}
	assert_int_equal(judge_syn(s, BEGIN), SCAN_SYN);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepared, released)

/* A slow scan is flagged when its minute ends, by a SYN of the next one: it is told all the same, once. */
static void a_scan_flagged_when_its_minute_ends_is_told_once(void **state)
{
	struct scans *s = calloc(1, sizeof(*s));
	struct connection c = record(SCANNER, PROBED_PORT, SAW_SYN, BEGIN);
	bool first;

	(void)state;
	assert_non_null(s);
	try_pairs(s, SCAN_PAIRS_LEAST, 0, BEGIN);
	send_syn(s, SCANNER, PROBED_PORT, BEGIN + 100 * SECOND);
	assert_int_equal(scans_judge(s, &c, &first), SCAN_SYN);
	assert_true(first);
	assert_int_equal(scans_judge(s, &c, &first), SCAN_SYN);
	assert_false(first);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scan_flagged_when_its_minute_ends_is_told_once),
		TEST(ten_pairs_unanswered_are_a_scan),
		TEST(nine_pairs_are_not),
		TEST(ten_pairs_of_which_more_than_half_failed_are),
		TEST(ten_pairs_of_which_half_failed_are_not),
		TEST(ten_pairs_all_established_are_not),
		TEST(retries_against_one_dead_server_are_not),
		TEST(retransmissions_are_no_attempts),
		TEST(each_source_counts_for_itself),
		TEST(the_originator_is_the_source),
		TEST(pairs_of_two_minutes_do_not_add_up),
		TEST(pairs_within_a_minute_do),
		TEST(a_flag_is_of_its_minute),
		TEST(connect_is_told_from_syn),
		TEST(three_probes_are_a_scan),
		TEST(probes_of_two_minutes_do_not_add_up),
		TEST(a_source_is_flagged_anew_a_minute_later),
		TEST(probes_of_two_kinds_do_not_add_up),
		TEST(three_stray_acks_answered_by_resets_are_a_scan),
		TEST(three_stray_acks_followed_by_silence_are),
		TEST(three_of_maimons_are),
		TEST(stray_acks_of_two_minutes_do_not_add_up),
		TEST(what_went_on_is_no_stray_ack),
		TEST(records_count_like_events),
		TEST(many_sources_do_not_hide_one_that_goes_on),
		TEST(each_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
