// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of a connection, numbers as text, and the JSON that is made of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "format.h"
#include "identity.h"
#include "json.h"
#include "json_event.h"
#include "json_record.h"

static union address address(const char *text)
{
	union address a = {.bytes = {[10] = 0xff, [11] = 0xff}};

	if (strchr(text, ':'))
		inet_pton(AF_INET6, text, a.bytes);
	else
		inet_pton(AF_INET, text, a.bytes + 12);
	return a;
}

static struct connection_key key(const char *low, u16 low_port, const char *high, u16 high_port)
{
	return (struct connection_key){
		.low = address(low), .low_port = low_port, .high = address(high), .high_port = high_port};
}

/* The vectors of the Community ID specification's own tests. */
static void test_community_id(void **unused)
{
	static const struct {
		const char *a;
		u16 a_port;
		const char *b;
		u16 b_port;
		const char *id;
	} cases[] = {
		{"128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"66.35.250.204", 80, "128.232.110.120", 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct connection_key k = key(cases[i].a, cases[i].a_port, cases[i].b, cases[i].b_port);

		assert_string_equal(community_id_of(&k).text, cases[i].id);
	}
}

static void test_uid_is_stable_and_tells_apart(void **unused)
{
	struct interface replay = {.replay = true}, live = {.ifindex = 2, .wall_offset = 5};
	struct connection_key k = key("10.9.0.1", 40000, "10.9.0.2", 80);
	struct uid uid = uid_of(&replay, &k, 123, 1);

	(void)unused;
	assert_int_equal(strlen(uid.text), UID_LENGTH);
	assert_int_equal(uid.text[0], 'C');
	assert_int_equal(
		strspn(uid.text + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
		UID_LENGTH - 1);
	/* whoever has noted a uid down must find it again with the next version */
	assert_string_equal(uid.text, "C5DHJl4YW5eK0ztEbw");
	assert_string_not_equal(uid.text, uid_of(&replay, &k, 124, 1).text);
	assert_string_not_equal(uid.text, uid_of(&replay, &k, 123, 2).text);
	assert_string_not_equal(uid.text, uid_of(&live, &k, 123, 1).text);
	k.vlan = 7;
	assert_string_not_equal(uid.text, uid_of(&replay, &k, 123, 1).text);
}

/* The clock of a live connection has no epoch, so its offset, which drifts, is no part of the uid. */
static void test_uid_does_not_drift(void **unused)
{
	struct interface before = {.ifindex = 2, .wall_offset = 5}, after = {.ifindex = 2, .wall_offset = 6};
	struct connection_key k = key("10.9.0.1", 40000, "10.9.0.2", 80);

	(void)unused;
	assert_string_equal(uid_of(&before, &k, 123, 1).text, uid_of(&after, &k, 123, 1).text);
}

static void test_parties(void **unused)
{
	struct connection_key k = key("10.9.0.1", 40000, "fd00::2", 80);
	struct party low = party_of(&k, 0, ORIGINATOR), high = party_of(&k, 0, RESPONDER);

	(void)unused;
	assert_string_equal(text_party(&low).text, "10.9.0.1:40000");
	assert_string_equal(text_party(&high).text, "[fd00::2]:80");
	high = party_of(&k, ORIGINATOR_IS_HIGH, ORIGINATOR);
	assert_string_equal(text_address(&high.address).text, "fd00::2");
}

static void assert_written(char *(*write)(char *at, s64 ns), s64 ns, const char *expected)
{
	char text[64];

	*write(text, ns) = 0;
	assert_string_equal(text, expected);
}

static void test_times_stay_integers(void **unused)
{
	s64 moment = 1700000000123456789LL;

	(void)unused;
	assert_string_equal(text_rfc3339(moment).text, "2023-11-14T22:13:20.123456789Z");
	assert_string_equal(text_moment(moment).text, "2023-11-14 22:13:20.123456 UTC");
	assert_string_equal(text_clock(moment).text, "22:13:20.123456");
	assert_written(write_seconds, moment, "1700000000.123456");
	assert_written(write_ms, 410000, "0.410000");
	assert_written(write_ms, -1, "-0.000001");
	assert_written(write_signed, -410000, "-410000");
	assert_string_equal(text_short_ms(1203118999).text, "1203.118");
	assert_string_equal(text_rfc3339(0).text, "1970-01-01T00:00:00.000000000Z");
	assert_string_equal(text_rfc3339(-1).text, "1969-12-31T23:59:59.999999999Z");
	assert_string_equal(text_rfc3339(INT64_MAX).text, "2262-04-11T23:47:16.854775807Z");
	assert_string_equal(text_rfc3339(INT64_MIN).text, "1677-09-21T00:12:43.145224192Z");
}

static void test_spans_and_sizes(void **unused)
{
	(void)unused;
	assert_string_equal(text_span(55000).text, "0.055 ms");
	assert_string_equal(text_span(20000000).text, "20 ms");
	assert_string_equal(text_span(1204000000).text, "1.20 s");
	assert_string_equal(text_span(56999).text, "0.056 ms");
	assert_string_equal(text_span(10479000).text, "10.5 ms");
	assert_string_equal(text_span(999600000).text, "1 s");
	assert_string_equal(text_span(99960000).text, "100 ms");
	assert_string_equal(text_span(184000000000).text, "3 min 4 s");
	assert_string_equal(text_span(7500000000000).text, "2 h 5 min");
	assert_string_equal(text_bytes(142).text, "142 B");
	assert_string_equal(text_bytes(1250).text, "1.2 kB");
	assert_string_equal(text_bytes(5416666670).text, "5.4 GB");
	assert_string_equal(text_bytes(~0ULL).text, "18.4 EB");
}

static void test_relative_numbers(void **unused)
{
	(void)unused;
	assert_int_equal(relative_number(5, 0xfffffffe), 7);
	assert_int_equal(relative_number(99, 100), -1);
	assert_int_equal(relative_number(0xc0000000, 0), 0xc0000000LL);
}

static void test_flags(void **unused)
{
	(void)unused;
	assert_string_equal(text_flags(0, ',').text, "none");
	assert_string_equal(text_flags(0x012, ',').text, "SYN,ACK");
	assert_string_equal(text_flags(0x1ff, ',').text, "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR,AE");
}

static void test_json_escapes(void **unused)
{
	char *text = NULL;
	size_t size;
	struct json j = {.out = open_memstream(&text, &size)};

	(void)unused;
	json_object(&j, NULL);
	json_string(&j, "a", "q\"b\\c\n");
	json_string(&j, "n", NULL);
	json_array(&j, "l");
	json_u64(&j, NULL, ~0ULL);
	json_bool(&j, NULL, true);
	json_end_array(&j);
	json_object(&j, "o");
	json_end_object(&j);
	json_ms(&j, "t", 1500000);
	json_end_object(&j);
	json_end_line(&j);
	fclose(j.out);
	assert_string_equal(text, "{\"a\": \"q\\\"b\\\\c\\u000a\", \"n\": null, "
				  "\"l\": [18446744073709551615, true], \"o\": {}, \"t\": 1.500000}\n");
	free(text);
}

/* Longer than what the writer holds back, in one piece and in many. */
static void test_json_of_any_length(void **unused)
{
	char *text = NULL, name[3000];
	size_t size;
	struct json j = {.out = open_memstream(&text, &size)};

	(void)unused;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	json_array(&j, NULL);
	json_string(&j, NULL, name);
	for (int i = 0; i < 1000; i++)
		json_u64(&j, NULL, 7);
	json_end_array(&j);
	json_end_line(&j);
	fclose(j.out);
	assert_int_equal(size, 1 + 2 + sizeof(name) - 1 + 1000 * 3 + 2);
	assert_memory_equal(text + 2, name, sizeof(name) - 1);
	assert_string_equal(text + size - 5, ", 7]\n");
	free(text);
}

static void test_json_of_a_refused_connection(void **unused)
{
	struct interface replay = {.replay = true};
	struct connection c = {
		.key = key("10.9.0.1", 40000, "10.9.0.2", 80), .history = "Sr", .history_length = 2};
	struct record r = {
		.interface = &replay, .connection = &c, .ending = ENDING_CLOSED, .scan = SCAN_NONE};
	static const char *const wanted[] = {
		"\"ts\": 1700000000.000001, ",
		"\"id.resp_h\": \"10.9.0.2\", \"id.resp_p\": 80, \"proto\": \"tcp\", \"service\": null, ",
		"\"duration\": 0.001000, \"orig_bytes\": 0, \"resp_bytes\": 0, \"conn_state\": \"REJ\", ",
		"\"vlan\": null, \"inner_vlan\": null, \"interface\": null, ",
		"\"orig_state\": \"CLOSED\", \"resp_state\": \"CLOSED\", \"completeness\": 37, ",
		"\"handshake\": {\"syn_ms\": 0.000000, \"syn_ack_ms\": null, \"ack_ms\": null, ",
		"\"teardown\": {\"by\": \"resp\", \"how\": \"rst\", ",
		"\"rst_ms\": 1.000000",
		"\"options\": {\"orig_mss\": 1460, \"resp_mss\": null, ",
		"\"diagnosis\": [\"refused\"]",
	};
	char *text = NULL;
	size_t size;
	struct json j = {.out = open_memstream(&text, &size)};

	(void)unused;
	c.state = SAW_SEGMENT | SAW_SEGMENT << 1 | SAW_SYN | RESET_BY << 1 | CLOSED_ONCE | HISTORY_R << 1 |
		  COMPLETENESS(37) | STATE_CLOSED | STATE_CLOSED << STATE_BITS;
	c.start = 1700000000000001000ULL;
	c.at.reset = DIRECTION(&c, RESPONDER)->last = c.start + 1000000;
	c.options[ORIGINATOR].mss = 1460;
	json_object(&j, NULL);
	json_connection(&j, &r);
	json_end_object(&j);
	fclose(j.out);
	for (size_t i = 0; i < COUNT_OF(wanted); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no %s in %s", wanted[i], text);
	free(text);
}

static void test_every_event_has_a_name(void **unused)
{
	(void)unused;
	for (enum event_kind kind = 0; kind <= EVENT_SEGMENT; kind++)
		assert_non_null(event_name(kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_community_id),
		cmocka_unit_test(test_uid_is_stable_and_tells_apart),
		cmocka_unit_test(test_uid_does_not_drift),
		cmocka_unit_test(test_parties),
		cmocka_unit_test(test_times_stay_integers),
		cmocka_unit_test(test_spans_and_sizes),
		cmocka_unit_test(test_relative_numbers),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_json_escapes),
		cmocka_unit_test(test_json_of_any_length),
		cmocka_unit_test(test_json_of_a_refused_connection),
		cmocka_unit_test(test_every_event_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
