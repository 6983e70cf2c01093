// SPDX-License-Identifier: GPL-2.0-or-later
/* What the words below a ladder claim, and what they leave open since nobody can know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "timeline_words.h"
#include "verdict.h"

static const u64 second = 1000000000, start = 1000ULL * 1000000000;

static struct interface interface;
static struct connection connection;
static struct record record;

static int begin(void **state)
{
	(void)state;
	interface = (struct interface){.name = "test", .since = start, .idle_timeout = 300 * second};
	connection = (struct connection){.start = start};
	DIRECTION(&connection, ORIGINATOR)->last = start;
	record = (struct record){.interface = &interface, .connection = &connection, .now = start};
	return 0;
}

static const char *outcome(u64 after)
{
	static struct outcome o;

	record.now = start + after;
	timeline_outcome(&o, &record);
	return o.words.text;
}

static const char *remark(enum diagnosis d)
{
	static struct paragraph p;

	p = (struct paragraph){0};
	return timeline_remark(&p, &record, 1U << d, d) ? p.text : "";
}

static void a_syn(void)
{
	connection.state = SAW_SEGMENT | SAW_SYN | (u64)STATE_SYN_SENT;
	connection.history[0] = 'S';
	connection.history_length = 1;
}

static void test_nobody_answered(void **state)
{
	(void)state;
	a_syn();
	assert_string_equal(outcome(5 * second),
			    "nobody answered: SYN sent once (filtered, or the host is gone)");
	record.ending = ENDING_IDLE;
	assert_string_equal(outcome(second / 2),
			    "nobody answered: SYN sent once (filtered, or the host is gone)");
}

/* The watching ended, or the record was evicted, while the answer may have been under way. */
static void test_nobody_had_answered_yet(void **state)
{
	(void)state;
	a_syn();
	assert_string_equal(outcome(second / 10), "nobody had answered yet: SYN sent once");
	record.ending = ENDING_EVICTED;
	assert_string_equal(outcome(5 * second), "nobody had answered yet: SYN sent once");
}

static void test_an_answer_on_its_way_back(void **state)
{
	(void)state;
	a_syn();
	connection.state |= SAW_SEGMENT << RESPONDER | SAW_SYN << RESPONDER | SAW_SYN_ACK;
	assert_string_equal(outcome(second / 10),
			    "not open yet: the responder has answered, the originator has not "
			    "acknowledged it");
	assert_string_equal(
		outcome(5 * second),
		"never opened: the responder answered, and the originator fell silent (a half-open scan, "
		"a forged address, or the answer was lost)");
}

/* A FIN that belongs to nothing. */
static void test_a_probe(void **state)
{
	(void)state;
	connection.state = PROBE | SAW_SEGMENT | SAW_FIN | HISTORY_F;
	assert_string_equal(outcome(second),
			    "a FIN without ACK that belongs to no connection, and no answer: filtered, "
			    "or the port is open");
	interface.ingress_only = true;
	assert_string_equal(
		outcome(second),
		"a FIN without ACK that belongs to no connection; what answered it was not looked at");
}

static void test_one_side_that_answered(void **state)
{
	(void)state;
	interface.ingress_only = true;
	connection.state = SAW_SEGMENT << RESPONDER | SAW_SYN << RESPONDER | SAW_SYN_ACK;
	assert_string_equal(outcome(5 * second),
			    "a SYN-ACK whose SYN was not seen, the responder sent a SYN-ACK, and "
			    "nothing behind it; what the other side sent was not looked at");
}

/* A clock that stands still says nothing of the order. */
static void test_a_reset_without_time(void **state)
{
	(void)state;
	connection.state = SAW_SEGMENT | SAW_SEGMENT << 1 | SAW_SYN | SAW_SYN << 1 | SAW_SYN_ACK |
			   ESTABLISHED_ONCE | CLOSED_ONCE | RESET_BY << RESPONDER | HISTORY_R << RESPONDER;
	connection.at.reset = connection.at.closed = start;
	strcpy(connection.history, "ShAr");
	assert_non_null(strstr(outcome(0), "reset by the responder after 0 ms"));
	connection.at.reset = start - second; /* it was set back */
	assert_non_null(strstr(outcome(0), "reset by the responder after 0 ms"));
	strcpy(connection.history, "^r");
	assert_non_null(strstr(outcome(0), "its RST is the first segment that was seen"));
}

static void test_seen_in_its_middle(void **state)
{
	(void)state;
	connection.state = MIDSTREAM | SAW_SEGMENT;
	assert_non_null(strstr(remark(DIAGNOSIS_MIDSTREAM), "already open when watching began"));
	connection.start = start + 301 * second;
	assert_non_null(strstr(remark(DIAGNOSIS_MIDSTREAM),
			       "it was open before watching began, or silent for so long"));
}

static void test_time_wait_that_is_over(void **state)
{
	struct paragraph p = {0};

	(void)state;
	interface.time_wait = 60 * second;
	connection.state = CLOSED_ONCE | (u64)STATE_TIME_WAIT;
	record.ending = ENDING_CLOSED;
	assert_true(timeline_time_wait(&p, &record, ORIGINATOR));
	record.ending = ENDING_REUSED;
	assert_false(timeline_time_wait(&p, &record, ORIGINATOR));
}

#define test(function) cmocka_unit_test_setup(function, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_nobody_answered),	      test(test_nobody_had_answered_yet),
		test(test_an_answer_on_its_way_back), test(test_a_probe),
		test(test_one_side_that_answered),    test(test_a_reset_without_time),
		test(test_seen_in_its_middle),	      test(test_time_wait_that_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
