// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is slow, the application or the network: both sides of each rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "timeline_words.h"

static const u64 ms = 1000000;

/* A connection that was answered after `kernel`, its request after `answer`. ns. */
static struct connection answered(u64 kernel, u64 answer)
{
	struct connection c = {.start = 1000 * ms};

	c.state = SAW_SYN << ORIGINATOR | SAW_SYN_ACK | ESTABLISHED_ONCE | SAW_ACK | SAW_ACK << 1 | SAW_DATA |
		  SAW_DATA << 1;
	c.at.syn_ack = c.start + kernel;
	c.at.established = c.at.syn_ack + ms;
	c.at.data[ORIGINATOR] = c.at.established + ms;
	c.at.data[RESPONDER] = c.at.data[ORIGINATOR] + answer;
	memcpy(c.history, "ShADad", 6);
	c.history_length = 6;
	return c;
}

static const char *said(const struct connection *c, bool whole_request)
{
	static struct paragraph p;
	struct record r = {.connection = c, .answers = true, .whole_request = whole_request};

	memset(&p, 0, sizeof(p));
	return timeline_slow_answer(&p, &r) ? p.text : "";
}

static void test_slow_application(void **state)
{
	struct connection c = answered(ms, 812 * ms);

	(void)state;
	assert_string_equal(said(&c, true),
			    "the SYN was answered in 1 ms, the request acknowledged, its answer began 812 ms "
			    "after the request: the application is slow, not the network");
	assert_non_null(strstr(said(&c, false), "after the request's first byte: an application is slow"));
}

static void test_thresholds(void **state)
{
	struct connection quick = answered(ms, 199 * ms), slow = answered(ms, 201 * ms);
	struct connection ninefold = answered(100 * ms, 900 * ms), elevenfold = answered(100 * ms, 1100 * ms);

	(void)state;
	assert_string_equal(said(&quick, true), "");
	assert_non_null(strstr(said(&slow, true), "the application is slow"));
	assert_string_equal(said(&ninefold, true), "");
	assert_non_null(strstr(said(&elevenfold, true), "the application is slow"));
}

static void test_slow_network(void **state)
{
	struct connection c = answered(300 * ms, 310 * ms), between = answered(300 * ms, 460 * ms);

	(void)state;
	assert_string_equal(said(&c, true),
			    "the SYN was answered in 300 ms, the request in 310 ms: the network "
			    "(or the responder's kernel) is slow, not the application");
	assert_string_equal(said(&between, true), "");
}

/* The answer may have been lost and sent again: then nobody waited. */
static void test_not_acknowledged_before(void **state)
{
	struct connection c = answered(ms, 812 * ms);

	(void)state;
	memcpy(c.history, "ShADda", 6);
	assert_string_equal(said(&c, true), "");
	memcpy(c.history, "ShaADd", 6);
	assert_string_equal(said(&c, true), "");
}

static void test_lost_segments(void **state)
{
	struct connection c = answered(ms, 812 * ms);

	(void)state;
	DIRECTION(&c, ORIGINATOR)->retransmits = 1;
	assert_string_equal(said(&c, true), "");
	c = answered(ms, 812 * ms);
	c.quality[RESPONDER].out_of_order = 1;
	assert_string_equal(said(&c, true), "");
}

static void test_syn_sent_again(void **state)
{
	struct connection c = answered(1000 * ms, 1010 * ms);

	(void)state;
	c.syn_retransmits = 1;
	assert_string_equal(said(&c, true), "");
}

/* Nobody asks there: a greeting that comes late means nothing. */
static void test_no_questions(void **state)
{
	struct connection c = answered(ms, 812 * ms);
	struct record r = {.connection = &c};
	struct paragraph p = {0};

	(void)state;
	assert_false(timeline_slow_answer(&p, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_application), cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_slow_network),	 cmocka_unit_test(test_not_acknowledged_before),
		cmocka_unit_test(test_lost_segments),	 cmocka_unit_test(test_syn_sent_again),
		cmocka_unit_test(test_no_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
