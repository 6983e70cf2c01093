// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told of a flood: whether the host answered with SYN cookies, totals, and the words for it. */
#include "flood_runs.h"
#include "flood_words.h"
#include "syn_cookies.h"

/* ---- SYN cookies -------------------------------------------------------------------------------- */

static struct syn_cookies cookies_of(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct syn_cookies c;

	assert_non_null(file);
	c = syn_cookies_read(file);
	fclose(file);
	return c;
}

static void cookies_are_read(void **state)
{
	struct syn_cookies c = cookies_of("IpExt: InNoRoutes SyncookiesSent\nIpExt: 1 2\n"
					  "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed Embryonic\n"
					  "TcpExt: 12 34 18446744073709551615 5\n");

	(void)state;
	assert_true(c.known);
	assert_int_equal(c.sent, 12);
	assert_int_equal(c.received, 34);
	assert_true(c.failed == UINT64_MAX);
	assert_true(syn_cookies_now().known);
}

static void cookies_that_are_not_there(void **state)
{
	(void)state;
	assert_false(cookies_of("\n").known);
	assert_false(cookies_of("TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed\n").known);
	assert_false(
		cookies_of("TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed\nTcpExt: 1 2\n").known);
	assert_false(cookies_of("TcpExt: SyncookiesSent\nTcpExt: 1\n").known);
}

static void a_flood_says_whether_cookies_were_sent(void **state)
{
	struct run *r = *state;

	r->floods.cookies = (struct syn_cookies){.known = true, .sent = 7};
	for (int s = 0; s < 3; s++) {
		syn_flood(r, 2000);
		if (s == 2)
			r->floods.cookies.sent += 1500;
		look(r);
	}
	expect_only(r, FLOOD_SYN, false);
	assert_true(r->told[0].cookies.known);
	assert_int_equal(r->told[0].cookies.sent, 1500);
}

static void totals_of_two_interfaces(void **state)
{
	struct flood_totals sum = {.watched = false}, one = {.watched = true, .measured = true};

	(void)state;
	one.begun[FLOOD_RST] = 2;
	one.peak[FLOOD_RST] = 5000;
	one.half_open_rate = 40;
	one.cookies = (struct syn_cookies){.known = true, .sent = 9};
	flood_totals_add(&sum, &one);
	one.peak[FLOOD_RST] = 3000;
	flood_totals_add(&sum, &one);
	assert_true(sum.watched);
	assert_int_equal(sum.begun[FLOOD_RST], 4);
	assert_int_equal(sum.peak[FLOOD_RST], 5000);
	assert_int_equal(sum.half_open_rate, 80);
	assert_int_equal(sum.cookies.sent, 9); /* of the namespace that both are in */
}

/* ---- words -------------------------------------------------------------------------------------- */

static void expect_words(const struct flood *f, bool json, const char *expected)
{
	const struct interface i = {.name = "eth0"};
	const struct view_options o = {.json = json};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(show_flood(out, &o, &i, f), 1);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void words_of_a_syn_flood(void **state)
{
	struct flood f = {.kind = FLOOD_SYN,
			  .time = 63 * SECOND,
			  .since = 60 * SECOND,
			  .rate = 312000,
			  .peak = 1312000,
			  .total = 936000,
			  .nothing = 99989,
			  .judged = 100000,
			  .half_open = 65536,
			  .cookies = {.known = true, .sent = 1}};

	(void)state;
	expect_words(&f, false,
		     "00:01:03.000000 eth0 flood          SYN flood begins: 312,000 SYN/s, 99.9% never "
		     "completed, 65,536 half-open, the host answers with SYN cookies\n");
	f.cookies.sent = 0;
	f.over = true;
	f.time = 70 * SECOND;
	f.until = 65 * SECOND;
	expect_words(&f, false,
		     "00:01:10.000000 eth0 flood          SYN flood ends after 5 s: 936,000 SYN in all, "
		     "312,000/s, at most 1,312,000/s, 99.9% never completed, 65,536 half-open\n");
	expect_words(&f, true,
		     "{\"ts\": \"1970-01-01T00:01:10.000000000Z\", \"event\": \"flood\", \"interface\": "
		     "\"eth0\", \"kind\": \"syn\", \"phase\": \"end\", \"since\": "
		     "\"1970-01-01T00:01:00.000000000Z\", \"until\": \"1970-01-01T00:01:05.000000000Z\", "
		     "\"rate_per_s\": 312000, \"peak_per_s\": 1312000, \"total\": 936000, "
		     "\"share_failed\": 0.999890, \"half_open\": 65536, \"syn_cookies\": false}\n");
}

static void words_of_a_flood_that_is_cut(void **state)
{
	struct flood f = {.kind = FLOOD_ACK,
			  .over = true,
			  .cut = true,
			  .time = 70 * SECOND,
			  .since = 60 * SECOND,
			  .until = 69 * SECOND,
			  .rate = 1000,
			  .peak = 999,
			  .total = 12};

	(void)state;
	expect_words(
		&f, false,
		"00:01:10.000000 eth0 flood          ACK flood goes on as the watching ends, after 10 s: "
		"12 ACK in all, 1,000/s, at most 999/s, 0.0% of no connection\n");
	expect_words(&f, true,
		     "{\"ts\": \"1970-01-01T00:01:10.000000000Z\", \"event\": \"flood\", \"interface\": "
		     "\"eth0\", \"kind\": \"ack\", \"phase\": \"end\", \"since\": "
		     "\"1970-01-01T00:01:00.000000000Z\", \"until\": null, \"rate_per_s\": 1000, "
		     "\"peak_per_s\": 999, \"total\": 12, \"share_failed\": null, \"half_open\": 0, "
		     "\"syn_cookies\": null}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cookies_are_read),
		TEST(cookies_that_are_not_there),
		TEST(a_flood_says_whether_cookies_were_sent),
		TEST(totals_of_two_interfaces),
		TEST(words_of_a_syn_flood),
		TEST(words_of_a_flood_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
