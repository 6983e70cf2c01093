// SPDX-License-Identifier: GPL-2.0-or-later
/* What was sent in vain: both sides of each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "timeline_words.h"

static const u64 second = 1000000000;

/* Opened, 100 bytes asked, acknowledged, and nothing else yet. */
static struct connection asked(void)
{
	struct connection c = {.start = 1000 * second};

	c.state = SAW_SEGMENT | SAW_SEGMENT << 1 | SAW_SYN | SAW_SYN << 1 | SAW_SYN_ACK | ESTABLISHED_ONCE |
		  SAW_ACK | SAW_ACK << 1 | SAW_DATA << ORIGINATOR | HISTORY_D | HISTORY_A;
	c.at.data[ORIGINATOR] = c.start + second;
	DIRECTION(&c, ORIGINATOR)->next = 101;
	DIRECTION(&c, RESPONDER)->next = 1;
	DIRECTION(&c, RESPONDER)->acknowledged = 101;
	DIRECTION(&c, ORIGINATOR)->acknowledged = 1;
	DIRECTION(&c, ORIGINATOR)->last = DIRECTION(&c, RESPONDER)->last = c.start + second;
	return c;
}

static const char *said_of_answer(const struct connection *c, bool asks, u64 now)
{
	static struct paragraph p;
	struct record r = {.connection = c, .answers = asks, .now = c->start + now};

	memset(&p, 0, sizeof(p));
	return timeline_no_answer(&p, &r) ? p.text : "";
}

static void test_no_answer(void **state)
{
	struct connection c = asked();

	(void)state;
	assert_string_equal(
		said_of_answer(&c, true, 4 * second),
		"the request was acknowledged, and not answered for 3 s: the application does not "
		"answer");
	assert_string_equal(said_of_answer(&c, true, second + second / 2), "");
	assert_string_equal(said_of_answer(&c, false, 4 * second), "");
	DIRECTION(&c, ORIGINATOR)->last += 3 * second; /* it is not all there yet */
	assert_string_equal(said_of_answer(&c, true, 4 * second), "");
	DIRECTION(&c, ORIGINATOR)->last -= 3 * second;
	c.state &= ~(SAW_SEGMENT << RESPONDER); /* who acknowledged it then? */
	assert_string_equal(said_of_answer(&c, true, 4 * second), "");
	c.state |= SAW_SEGMENT << RESPONDER;
	c.state |= SAW_DATA << RESPONDER;
	assert_string_equal(said_of_answer(&c, true, 4 * second), "");
}

static void test_closed_without_an_answer(void **state)
{
	struct connection c = asked();

	(void)state;
	c.state |= SAW_FIN << RESPONDER;
	c.at.fin[RESPONDER] = c.at.data[ORIGINATOR] + second / 100;
	DIRECTION(&c, RESPONDER)->next = 2;
	assert_string_equal(said_of_answer(&c, true, 4 * second),
			    "the responder closed without an answer to the request");
}

/* Then it is not the application that does not answer. */
static void test_request_that_never_arrived(void **state)
{
	struct connection c = asked();

	(void)state;
	DIRECTION(&c, RESPONDER)->acknowledged = 1;
	assert_string_equal(said_of_answer(&c, true, 4 * second), "");
}

static const char *said_of(const struct connection *c, enum endpoint who)
{
	static struct paragraph p;

	memset(&p, 0, sizeof(p));
	return timeline_unacknowledged(&p, c, who) ? p.text : "";
}

static void test_unacknowledged(void **state)
{
	struct connection c = asked();

	(void)state;
	assert_string_equal(said_of(&c, ORIGINATOR), "");
	DIRECTION(&c, RESPONDER)->acknowledged = 1;
	assert_string_equal(said_of(&c, ORIGINATOR), "");
	DIRECTION(&c, ORIGINATOR)->retransmits = 4;
	assert_string_equal(said_of(&c, ORIGINATOR),
			    ""); /* the responder is there: it sent something just now */
	DIRECTION(&c, ORIGINATOR)->last += 5 * second;
	assert_string_equal(
		said_of(&c, ORIGINATOR),
		"100 B from the originator were never acknowledged, though it sent again 4 times: the "
		"responder is gone, or can't be reached");
	assert_string_equal(said_of(&c, RESPONDER), "");
}

/* A FIN is no byte. */
static void test_unacknowledged_fin(void **state)
{
	struct connection c = asked();

	(void)state;
	c.state |= SAW_FIN << ORIGINATOR;
	DIRECTION(&c, ORIGINATOR)->next = 102;
	DIRECTION(&c, ORIGINATOR)->retransmits = 4;
	c.fin_retransmits[ORIGINATOR] = 4;
	assert_string_equal(said_of(&c, ORIGINATOR), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_closed_without_an_answer),
		cmocka_unit_test(test_request_that_never_arrived),
		cmocka_unit_test(test_unacknowledged),
		cmocka_unit_test(test_unacknowledged_fin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
