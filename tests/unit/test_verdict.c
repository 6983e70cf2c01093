// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts are pure functions of the record, so each case is a record made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "verdict.h"
#include "view.h"

enum { MS = 1000000, ORIGINATOR_ISN = 1000, RESPONDER_ISN = 5000 };

static const u64 BOTH_SEEN = SAW_SEGMENT | SAW_SEGMENT << 1;
static const u64 BOTH_SYN = SAW_SYN | SAW_SYN << 1;
static const u64 OPENED = SAW_SEGMENT | SAW_SEGMENT << 1 | SAW_SYN | SAW_SYN << 1 | SYN_ACKED |
			  SYN_ACKED << 1 | SAW_SYN_ACK | ESTABLISHED_ONCE | SAW_ACK | SAW_ACK << 1;

static struct interface replay = {.replay = true, .time_wait = 60000000000ULL};

static struct connection with_history(const char *history)
{
	struct connection c = {.state = BOTH_SEEN, .generation = 1};

	c.history_length = (u32)strlen(history);
	memcpy(c.history, history, strlen(history));
	return c;
}

/* A handshake at 0, 10 and 30 ms, and nothing else. */
static struct connection opened(void)
{
	struct connection c = {.state = OPENED, .generation = 1};

	*DIRECTION(&c, ORIGINATOR) = (struct direction){.isn = ORIGINATOR_ISN, .next = ORIGINATOR_ISN + 1};
	*DIRECTION(&c, RESPONDER) = (struct direction){.isn = RESPONDER_ISN, .next = RESPONDER_ISN + 1};
	DIRECTION(&c, ORIGINATOR)->acknowledged = RESPONDER_ISN + 1;
	DIRECTION(&c, RESPONDER)->acknowledged = ORIGINATOR_ISN + 1;
	c.at.syn_ack = 10 * MS;
	c.at.established = 30 * MS;
	return c;
}

static struct record record_of(const struct connection *c, enum ending ending)
{
	return (struct record){.interface = &replay, .connection = c, .ending = ending, .scan = SCAN_NONE};
}

static void test_conn_state(void **unused)
{
	static const struct {
		const char *history;
		const char *conn_state;
	} cases[] = {
		{"S", "S0"},	    {"Sr", "REJ"},	{"ShA", "S1"},	    {"Sh", "S1"},
		{"ShADadFf", "SF"}, {"ShADadfF", "SF"}, {"ShAdfFa", "SF"},  {"ShADF", "S2"},
		{"ShADf", "S3"},    {"ShADdR", "RSTO"}, {"ShR", "RSTO"},    {"ShADdFar", "RSTR"},
		{"ShAr", "RSTR"},   {"SaR", "RSTOS0"},	{"SR", "RSTOS0"},   {"^SR", "RSTOS0"},
		{"SaFR", "OTH"},    {"SADF", "SH"},	{"^hADdFaf", "SF"}, {"^hA", "S1"},
		{"^hSA", "S1"}, /* SYN and SYN-ACK captured in the wrong order */
		{"^hr", "RSTRH"},   {"^hf", "SHR"},	{"Dr", "RSTRH"},    {"Dd", "OTH"},
		{"DdFf", "SF"},	    {"DdAaR", "OTH"},	{"Ssa", "S1"}, /* simultaneous open */
		{"SsHhDFf", "SF"},  {"Sahm", "S1"},   /* an ACK before the SYN-ACK, as some do */
		{"ShAFfR", "SF"},		      /* a RST after both FINs */
		{"ShAFfr", "SF"},   {"ShAFRf", "SF"}, /* FIN, RST and the peer's FIN */
		{"ShAFRRf", "SF"},		      /* two RSTs with different numbers */
		{"F", "SH"},	    {"Fr", "RSTR"},	{"", "OTH"},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct connection c = with_history(cases[i].history);

		if (strcmp(conn_state(&c), cases[i].conn_state))
			fail_msg("%s: %s, not %s", cases[i].history, conn_state(&c), cases[i].conn_state);
	}
}

static void test_history_is_cut_at_its_end(void **unused)
{
	struct connection c = with_history("ShADadFf");
	char text[HISTORY_MAX + 1];

	(void)unused;
	history_text(&c, text);
	assert_string_equal(text, "ShADadFf");
	memset(c.history, 'A', sizeof(c.history));
	c.history_length = 1000;
	history_text(&c, text);
	assert_int_equal(strlen(text), HISTORY_MAX);
}

static void test_payload_leaves_syn_and_fin_out(void **unused)
{
	struct connection c = opened();

	(void)unused;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 0);
	DIRECTION(&c, ORIGINATOR)->next += 100;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 100);
	DIRECTION(&c, ORIGINATOR)->next++;
	c.state |= SAW_FIN << ORIGINATOR;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 100);
	DIRECTION(&c, RESPONDER)->acknowledged = DIRECTION(&c, ORIGINATOR)->next; /* of the FIN: no byte */
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 100);
	assert_int_equal(missed_bytes(&c), 0);
}

static void test_payload_wraps(void **unused)
{
	struct connection c = opened();
	struct direction *d = DIRECTION(&c, ORIGINATOR);

	(void)unused;
	d->isn = 0xfffffff0;
	d->next = 84; /* 15 numbers up to the wrap, 84 after it, the SYN among them */
	d->next_wraps = 1;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 99);
	d->next_wraps = 2;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 99 + (1ULL << 32));
}

static void test_payload_counts_what_was_only_acknowledged(void **unused)
{
	struct connection c = opened();

	(void)unused;
	DIRECTION(&c, ORIGINATOR)->acknowledged += 500;
	assert_int_equal(payload_bytes(&c, RESPONDER), 500);
	assert_int_equal(missed_bytes(&c), 500);
	c.state &= ~(SAW_ACK << ORIGINATOR);
	assert_int_equal(payload_bytes(&c, RESPONDER), 0);
	assert_int_equal(missed_bytes(&c), 0);
}

static void test_missed_bytes_are_those_acknowledged(void **unused)
{
	struct connection c = opened();
	struct direction_quality *q = &c.quality[RESPONDER];

	(void)unused;
	DIRECTION(&c, RESPONDER)->next += 300;
	q->hole_low = RESPONDER_ISN + 101;
	q->hole_high = RESPONDER_ISN + 201;
	q->missing = 100;
	assert_int_equal(missed_bytes(&c), 0);
	DIRECTION(&c, ORIGINATOR)->acknowledged = RESPONDER_ISN + 131;
	assert_int_equal(missed_bytes(&c), 30);
	DIRECTION(&c, ORIGINATOR)->acknowledged = RESPONDER_ISN + 301;
	assert_int_equal(missed_bytes(&c), 100);
}

/*
 * Zeek looks for gaps where the responder's SYN was seen; that something was not seen is a fact everywhere.
 */
static void test_no_bytes_are_missed_without_a_handshake(void **unused)
{
	struct connection c = opened();

	(void)unused;
	DIRECTION(&c, ORIGINATOR)->acknowledged += 500;
	c.state |= MIDSTREAM;
	assert_int_equal(missed_bytes(&c), 0);
	assert_int_equal(unseen_bytes(&c), 500);
	c.state &= ~(MIDSTREAM | SAW_SYN << RESPONDER);
	assert_int_equal(missed_bytes(&c), 0);
	assert_int_equal(unseen_bytes(&c), 500);
}

static void test_payload_without_a_syn(void **unused)
{
	struct connection c = {.state = BOTH_SEEN | MIDSTREAM | SAW_DATA | SAW_ACK << 1};

	(void)unused;
	*DIRECTION(&c, ORIGINATOR) = (struct direction){.isn = 99, .next = 110};
	DIRECTION(&c, RESPONDER)->acknowledged = 110;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 10);
	/* the first number was 0 */
	*DIRECTION(&c, ORIGINATOR) = (struct direction){.isn = 0xffffffff, .next = 10, .next_wraps = 1};
	DIRECTION(&c, RESPONDER)->acknowledged = 10;
	assert_int_equal(payload_bytes(&c, ORIGINATOR), 10);
}

static void test_no_payload_of_who_was_not_seen_or_sent_a_reset_only(void **unused)
{
	struct connection c = {.state = SAW_SEGMENT | SAW_SYN | SAW_ACK};

	(void)unused;
	DIRECTION(&c, ORIGINATOR)->acknowledged = 777;
	assert_int_equal(payload_bytes(&c, RESPONDER), 0);
	assert_int_equal(missed_bytes(&c), 0);
	c.state |= SAW_SEGMENT << RESPONDER | HISTORY_R << RESPONDER;
	assert_int_equal(payload_bytes(&c, RESPONDER), 0);
}

static u32 bit(enum diagnosis d)
{
	return 1U << d;
}

static void test_diagnosis_by_flags(void **unused)
{
	static const struct {
		const char *what;
		u64 state;
		u32 expected;
	} cases[] = {
		{"clean", OPENED, 0},
		{"SYN alone", SAW_SEGMENT | SAW_SYN, 1U << DIAGNOSIS_UNANSWERED},
		{"refused", BOTH_SEEN | SAW_SYN | RESET_BY << 1 | CLOSED_ONCE, 1U << DIAGNOSIS_REFUSED},
		{"withdrawn", SAW_SEGMENT | SAW_SYN | RESET_BY | CLOSED_ONCE, 1U << DIAGNOSIS_RESET_BY_ORIG},
		{"SYN-ACK, then silence", BOTH_SEEN | BOTH_SYN | SAW_SYN_ACK | SYN_ACKED,
		 1U << DIAGNOSIS_HANDSHAKE_UNFINISHED},
		{"half-open scan", BOTH_SEEN | BOTH_SYN | SAW_SYN_ACK | SYN_ACKED | RESET_BY | CLOSED_ONCE,
		 1U << DIAGNOSIS_RESET_BY_ORIG},
		{"reset by the responder", OPENED | RESET_BY << 1 | CLOSED_ONCE,
		 1U << DIAGNOSIS_RESET_BY_RESP},
		{"a RST that does not fit", OPENED | RESET_NOT_ACCEPTED, 1U << DIAGNOSIS_RESET_NOT_ACCEPTED},
		{"one FIN", OPENED | SAW_FIN, 1U << DIAGNOSIS_HALF_CLOSED},
		{"two FINs", OPENED | SAW_FIN | SAW_FIN << 1, 0},
		{"wrong ACK", BOTH_SEEN | BOTH_SYN | SAW_SYN_ACK | SYN_ACKED | ACK_WRONG,
		 1U << DIAGNOSIS_HANDSHAKE_UNFINISHED | 1U << DIAGNOSIS_HANDSHAKE_INVALID},
		{"midstream", BOTH_SEEN | MIDSTREAM | SAW_DATA | SAW_DATA << 1, 1U << DIAGNOSIS_MIDSTREAM},
		{"midstream, one side", SAW_SEGMENT | MIDSTREAM | SAW_DATA,
		 1U << DIAGNOSIS_MIDSTREAM | 1U << DIAGNOSIS_ONE_SIDED},
		{"one side of a handshake", SAW_SEGMENT | SAW_SYN | ESTABLISHED_ONCE,
		 1U << DIAGNOSIS_ONE_SIDED},
		{"SYN-ACK alone", SAW_SEGMENT << 1 | SAW_SYN << 1 | SAW_SYN_ACK | FLIPPED,
		 1U << DIAGNOSIS_ONE_SIDED},
		{"FIN probe", BOTH_SEEN | PROBE | HISTORY_F | HISTORY_R << 1 | RESET_BY << 1 | CLOSED_ONCE,
		 0},
		{"simultaneous", OPENED | SIMULTANEOUS_OPEN | SIMULTANEOUS_CLOSE,
		 1U << DIAGNOSIS_SIMULTANEOUS_OPEN | 1U << DIAGNOSIS_SIMULTANEOUS_CLOSE},
		{"reused", OPENED | PORT_REUSED, 1U << DIAGNOSIS_PORT_REUSED},
		{"unreachable", SAW_SEGMENT | SAW_SYN | UNREACHABLE,
		 1U << DIAGNOSIS_UNANSWERED | 1U << DIAGNOSIS_UNREACHABLE},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct connection c = opened();
		struct record r = record_of(&c, ENDING_OPEN);

		c.state = cases[i].state;
		if (diagnose(&r) != cases[i].expected)
			fail_msg("%s: %#x, not %#x", cases[i].what, diagnose(&r), cases[i].expected);
	}
}

static void test_diagnosis_where_one_half_was_not_looked_at(void **unused)
{
	struct interface half = {.ingress_only = true};
	struct connection c = {.state = SAW_SEGMENT | SAW_SYN};
	struct record r = record_of(&c, ENDING_OPEN);

	(void)unused;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_UNANSWERED));
	assert_true(endpoint_watched(&r, RESPONDER));
	r.interface = &half;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_ONE_SIDED));
	c.syn_retransmits = 1; /* which says that no answer came */
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_UNANSWERED) | bit(DIAGNOSIS_SYN_RETRANSMITTED) |
					       bit(DIAGNOSIS_ONE_SIDED));
	c.syn_retransmits = 0;
	assert_true(endpoint_watched(&r, ORIGINATOR));
	assert_false(endpoint_watched(&r, RESPONDER));
	c.state |= SAW_SEGMENT << RESPONDER; /* it came in all the same */
	assert_true(endpoint_watched(&r, RESPONDER));
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_HANDSHAKE_UNFINISHED));
}

static void test_diagnosis_of_a_refusal_whose_syn_was_not_seen(void **unused)
{
	struct connection c = {.state = SAW_SEGMENT << RESPONDER | MIDSTREAM | FLIPPED | CLOSED_ONCE |
					RESET_BY << RESPONDER | HISTORY_R << RESPONDER |
					COMPLETENESS(COMPLETE_ACK | COMPLETE_RST)};
	struct record r = record_of(&c, ENDING_CLOSED);

	(void)unused;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_REFUSED) | bit(DIAGNOSIS_ONE_SIDED));
	DIRECTION(&c, RESPONDER)->isn = 1; /* a number of an open connection */
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_RESET_BY_RESP) | bit(DIAGNOSIS_MIDSTREAM));
	DIRECTION(&c, RESPONDER)->isn = 0;
	c.state |= COMPLETENESS(COMPLETE_DATA);
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_RESET_BY_RESP) | bit(DIAGNOSIS_MIDSTREAM));
}

static void test_diagnosis_by_counts_and_times(void **unused)
{
	struct connection c = opened();
	struct record r = record_of(&c, ENDING_OPEN);

	(void)unused;
	c.at.syn_ack = 1500 * (u64)MS;
	c.at.established = 1510 * (u64)MS;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_SLOW_RESPONDER));
	c.syn_retransmits = 1; /* then it is not known which SYN was answered */
	DIRECTION(&c, ORIGINATOR)->retransmits = 1;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_SYN_RETRANSMITTED));
	DIRECTION(&c, ORIGINATOR)->retransmits = 2;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_SYN_RETRANSMITTED) | bit(DIAGNOSIS_RETRANSMISSIONS));
	c = opened();
	c.at.established = 1200 * (u64)MS;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_SLOW_ORIGINATOR));
	c.syn_ack_retransmits = 1;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_SYN_ACK_RETRANSMITTED));
	c = opened();
	c.options[RESPONDER].zero_windows = 1;
	assert_int_equal(diagnose(&r), bit(DIAGNOSIS_ZERO_WINDOW));
}

static void test_every_diagnosis_has_a_name(void **unused)
{
	(void)unused;
	for (enum diagnosis d = 0; d < DIAGNOSES; d++)
		assert_non_null(diagnosis_name(d));
	for (enum tcp_state s = STATE_CLOSED; s < TCP_STATES; s++)
		assert_non_null(state_name(s));
	assert_null(state_name(STATE_UNKNOWN));
}

static void assert_same(const char *a, const char *b)
{
	if (a && b)
		assert_string_equal(a, b);
	else
		assert_ptr_equal(a, b);
}

static void test_teardown(void **unused)
{
	static const u64 fins = SAW_FIN | SAW_FIN << 1 | FIN_ACKED | FIN_ACKED << 1 | CLOSED_ONCE;
	static const struct {
		u64 state;
		enum ending ending;
		const char *by;
		const char *how;
	} cases[] = {
		{OPENED | fins, ENDING_CLOSED, "orig", "fin"},
		{OPENED | fins | FIN_FIRST_BY_RESPONDER, ENDING_CLOSED, "resp", "fin"},
		{OPENED | fins | SIMULTANEOUS_CLOSE, ENDING_REUSED, "both", "fin"},
		{OPENED | RESET_BY | CLOSED_ONCE, ENDING_CLOSED, "orig", "rst"},
		{OPENED | SAW_FIN | RESET_BY << 1 | CLOSED_ONCE, ENDING_CLOSED, "resp", "rst"},
		{OPENED | SAW_FIN, ENDING_IDLE, NULL, "idle"},
		{OPENED, ENDING_EVICTED, NULL, "evicted"},
		{OPENED, ENDING_REUSED, NULL, "open"},
		{OPENED, ENDING_OPEN, NULL, "open"},
		{BOTH_SEEN | PROBE | HISTORY_F | RESET_BY << 1 | CLOSED_ONCE, ENDING_CLOSED, NULL, NULL},
		{BOTH_SEEN | MIDSTREAM | HISTORY_A | HISTORY_R << 1 | RESET_BY << 1 | CLOSED_ONCE,
		 ENDING_CLOSED, NULL, NULL},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct connection c = opened();
		struct record r = record_of(&c, cases[i].ending);

		c.state = cases[i].state;
		assert_same(teardown_by(&r), cases[i].by);
		assert_same(teardown_how(&r), cases[i].how);
	}
}

static void test_handshake_halves(void **unused)
{
	struct connection c = opened();
	u64 responder, originator;

	(void)unused;
	assert_true(handshake_halves(&c, &responder, &originator));
	assert_int_equal(responder, 10 * MS);
	assert_int_equal(originator, 20 * MS);
	c.syn_retransmits = 1;
	assert_false(responder_half(&c, &responder));
	assert_true(originator_half(&c, &originator));
	c.syn_ack_retransmits = 1;
	assert_false(originator_half(&c, &originator));
}

static void test_duration_ends_with_the_second_fin(void **unused)
{
	struct connection c = opened();

	(void)unused;
	DIRECTION(&c, ORIGINATOR)->last = 130 * MS;
	assert_int_equal(duration(&c), 130 * MS);
	c.state |= SAW_FIN | SAW_FIN << 1;
	c.at.fin[ORIGINATOR] = 100 * MS;
	c.at.fin[RESPONDER] = 120 * MS;
	assert_int_equal(duration(&c), 120 * MS);
}

/* Whatever comes after one endpoint's FIN and the other's RST: both have closed. */
static void test_duration_ends_with_a_fin_and_a_reset(void **unused)
{
	struct connection c = opened();

	(void)unused;
	DIRECTION(&c, ORIGINATOR)->last = 130 * MS;
	c.at.fin[ORIGINATOR] = 100 * MS;
	c.at.reset = 110 * MS;
	c.state |= SAW_FIN | RESET_BY << RESPONDER | HISTORY_R << RESPONDER;
	assert_int_equal(duration(&c), 110 * MS);
	c.state &= ~(SAW_FIN | HISTORY_R << RESPONDER); /* who sent it is not known */
	assert_int_equal(duration(&c), 130 * MS);
	c.state |= SAW_FIN << RESPONDER | HISTORY_R;
	c.at.fin[RESPONDER] = 120 * MS;
	c.state |= RESET_BY;
	assert_int_equal(duration(&c), 120 * MS);
	c.state |=
		HISTORY_R << RESPONDER; /* both reset it: the first one's time is known, not the last one's */
	assert_int_equal(duration(&c), 130 * MS);
}

static void test_fast_open(void **unused)
{
	struct connection c = opened();

	(void)unused;
	assert_null(fast_open(&c));
	c.options[ORIGINATOR].offered = OFFER_FAST_OPEN;
	assert_string_equal(fast_open(&c), "requested");
	c.state |= FAST_OPEN_IGNORED;
	assert_string_equal(fast_open(&c), "ignored");
	c.state = OPENED | FAST_OPEN_ACCEPTED;
	assert_string_equal(fast_open(&c), "accepted");
}

static void test_which_records_are_wanted(void **unused)
{
	struct view_options all = {0}, failed = {.failed = true}, slow = {.slow = 25 * MS};
	struct connection c = opened();
	struct record r = record_of(&c, ENDING_OPEN);

	(void)unused;
	assert_true(record_is_wanted(&all, &r));
	assert_false(record_is_wanted(&failed, &r));
	assert_true(record_is_wanted(&slow, &r));
	c.at.established = 20 * MS;
	assert_false(record_is_wanted(&slow, &r));
	c.state = SAW_SEGMENT | SAW_SYN;
	assert_true(record_is_wanted(&failed, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conn_state),
		cmocka_unit_test(test_history_is_cut_at_its_end),
		cmocka_unit_test(test_payload_leaves_syn_and_fin_out),
		cmocka_unit_test(test_payload_wraps),
		cmocka_unit_test(test_payload_counts_what_was_only_acknowledged),
		cmocka_unit_test(test_missed_bytes_are_those_acknowledged),
		cmocka_unit_test(test_no_bytes_are_missed_without_a_handshake),
		cmocka_unit_test(test_payload_without_a_syn),
		cmocka_unit_test(test_no_payload_of_who_was_not_seen_or_sent_a_reset_only),
		cmocka_unit_test(test_diagnosis_by_flags),
		cmocka_unit_test(test_diagnosis_where_one_half_was_not_looked_at),
		cmocka_unit_test(test_diagnosis_of_a_refusal_whose_syn_was_not_seen),
		cmocka_unit_test(test_diagnosis_by_counts_and_times),
		cmocka_unit_test(test_every_diagnosis_has_a_name),
		cmocka_unit_test(test_teardown),
		cmocka_unit_test(test_handshake_halves),
		cmocka_unit_test(test_duration_ends_with_the_second_fin),
		cmocka_unit_test(test_duration_ends_with_a_fin_and_a_reset),
		cmocka_unit_test(test_fast_open),
		cmocka_unit_test(test_which_records_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
