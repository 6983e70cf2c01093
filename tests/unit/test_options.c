// SPDX-License-Identifier: GPL-2.0-or-later
/* The options of a TCP header: each kind, each way to lie about a length. */
#include "analyzer_host.h"

#include <stdlib.h>

/* Through the fast path and the parser alike, from a header of exactly the options' size. */
static struct options read(const u8 *bytes, u32 length)
{
	struct options o;
	u8 *tcp = calloc(1, TCP_HEADER + length + 1);
	struct frame f = {.data = tcp, .end = tcp + TCP_HEADER + length};
	struct segment s = {.options_length = (u8)length};

	assert_non_null(tcp);
	if (length)
		memcpy(tcp + TCP_HEADER, bytes, length);
	read_options(&f, tcp, &s, &o);
	free(tcp);
	return o;
}

#define READ(...) read((const u8[]){__VA_ARGS__}, sizeof((const u8[]){__VA_ARGS__}))

static void test_none(void **state)
{
	struct options o = read(NULL, 0);

	(void)state;
	assert_int_equal(o.mss, 0);
	assert_int_equal(o.window_scale, NO_WINDOW_SCALE);
	assert_int_equal(o.offered, 0);
}

static void test_linux_syn(void **state)
{
	struct options o = READ(2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 9, 1, 3, 3, 7);

	(void)state;
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.window_scale, 7);
	assert_int_equal(o.offered, OFFER_SACK | OFFER_TIMESTAMPS);
	assert_int_equal(o.tsval, 0x01020304);
	assert_int_equal(o.tsecr, 9);
}

static void test_timestamps_alone(void **state)
{
	struct options o = READ(1, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 6);

	(void)state;
	assert_int_equal(o.offered, OFFER_TIMESTAMPS);
	assert_int_equal(o.tsval, 5);
	assert_int_equal(o.tsecr, 6);
}

static void test_each_kind(void **state)
{
	(void)state;
	assert_int_equal(READ(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2).offered, OFFER_SACK_BLOCKS);
	assert_int_equal(READ(30, 4, 0, 0x81).offered, OFFER_MPTCP);
	assert_int_equal(READ(34, 2, 1, 1).offered, OFFER_FAST_OPEN);
	assert_int_equal(READ(34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1).offered, OFFER_FAST_OPEN);
	assert_int_equal(READ(254, 4, 0xf9, 0x89).offered, OFFER_FAST_OPEN);
	assert_int_equal(READ(254, 4, 0xf9, 0x8a).offered, 0);
	assert_int_equal(READ(254, 2, 1, 1).offered, 0);
	assert_int_equal(READ(19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 1, 1).offered,
			 OFFER_MD5);
	assert_int_equal(READ(29, 4, 1, 2).offered, OFFER_AO);
	assert_int_equal(READ(77, 4, 1, 2).offered, 0); /* nobody knows it */
}

/* The value is as it was sent: what is made of more than 14 is the reader's business. */
static void test_window_scale_as_sent(void **state)
{
	(void)state;
	assert_int_equal(READ(3, 3, 0, 1).window_scale, 0);
	assert_int_equal(READ(3, 3, 200, 1).window_scale, 200);
}

static void test_forty_nops(void **state)
{
	u8 nops[TCP_OPTIONS_MAX];

	(void)state;
	memset(nops, TCP_OPTION_NOP, sizeof(nops));
	assert_int_equal(read(nops, sizeof(nops)).offered, 0);
	memcpy(nops + 36, (const u8[]){2, 4, 5, 180}, 4);
	assert_int_equal(read(nops, sizeof(nops)).mss, 1460);
}

static void test_end_ends(void **state)
{
	struct options o = READ(2, 4, 5, 180, 0, 3, 3, 7);

	(void)state;
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.window_scale, NO_WINDOW_SCALE);
	assert_int_equal(o.offered, 0);
}

static void test_impossible_lengths(void **state)
{
	(void)state;
	assert_int_equal(READ(2, 0, 5, 180).offered, OFFER_MALFORMED);
	assert_int_equal(READ(2, 1, 5, 180).offered, OFFER_MALFORMED);
	assert_int_equal(READ(77, 0, 1, 1).offered, OFFER_MALFORMED);
	assert_int_equal(READ(2, 5, 5, 180, 1, 1, 1, 1).offered, OFFER_MALFORMED);
	assert_int_equal(READ(3, 4, 5, 1).offered, OFFER_MALFORMED);
	assert_int_equal(READ(4, 3, 5, 1).offered, OFFER_MALFORMED);
	assert_int_equal(READ(8, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1).offered, OFFER_MALFORMED);
}

/* An option that reaches behind the header. */
static void test_behind_the_header(void **state)
{
	(void)state;
	assert_int_equal(READ(1, 1, 2, 4).offered, OFFER_MALFORMED);
	assert_int_equal(READ(77, 255, 1, 1).offered, OFFER_MALFORMED);
	assert_int_equal(READ(1, 1, 1, 3).offered, OFFER_MALFORMED); /* no room for its length */
	assert_int_equal(READ(1, 1, 1, 0).offered, 0);
}

/* The parser alone. */
static struct options parsed(const u8 *bytes, u32 length)
{
	struct option_bytes copy = {{0}};
	struct options o;

	memcpy(copy.bytes, bytes, length);
	options_parse(&copy, length, &o);
	return o;
}

static void assert_read_as_parsed(const u8 *bytes, u32 length)
{
	struct options a = read(bytes, length), b = parsed(bytes, length);

	assert_int_equal(a.mss, b.mss);
	assert_int_equal(a.window_scale, b.window_scale);
	assert_int_equal(a.offered, b.offered);
	assert_int_equal(a.tsval, b.tsval);
	assert_int_equal(a.tsecr, b.tsecr);
}

static void change_each_octet(u8 *bytes, u32 length)
{
	for (u32 i = 0; i < length; i++) {
		u8 kept = bytes[i];

		for (u32 value = 0; value < 256; value++) {
			bytes[i] = (u8)value;
			assert_read_as_parsed(bytes, length);
		}
		bytes[i] = kept;
	}
}

/* The usual layouts, each octet with each value: what is read without the parser is what it would read. */
static void test_usual_layouts_as_parsed(void **state)
{
	u8 syn[] = {2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7};
	u8 later[] = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8};

	(void)state;
	change_each_octet(syn, sizeof(syn));
	change_each_octet(later, sizeof(later));
}

/* What was read before the lie stays. */
static void test_overlapping(void **state)
{
	struct options o = READ(2, 4, 5, 180, 3, 3, 7, 8, 10, 0, 0, 0);

	(void)state;
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.window_scale, 7);
	assert_int_equal(o.offered, OFFER_MALFORMED);
}

static void test_twice(void **state)
{
	(void)state;
	assert_int_equal(READ(2, 4, 5, 180, 2, 4, 2, 0).mss, 512);
}

/* A short capture that ends inside the options. */
static void test_not_captured(void **state)
{
	u8 tcp[TCP_HEADER + 8] = {0};
	struct frame f = {.data = tcp, .end = tcp + sizeof(tcp)};
	struct segment s = {.options_length = 12};
	struct options o;

	(void)state;
	read_options(&f, tcp, &s, &o);
	assert_int_equal(o.offered, OFFER_MALFORMED);
	assert_int_equal(o.mss, 0);
}

/* Every pair of kind and length at every place of a full header: nothing is read behind it. */
static void test_all_kinds_and_lengths(void **state)
{
	u8 bytes[TCP_OPTIONS_MAX];

	(void)state;
	for (u32 kind = 0; kind < 256; kind++)
		for (u32 length = 0; length < 256; length += 3)
			for (u32 at = 0; at + 1 < TCP_OPTIONS_MAX; at += 7) {
				memset(bytes, TCP_OPTION_NOP, sizeof(bytes));
				bytes[at] = (u8)kind;
				bytes[at + 1] = (u8)length;
				read(bytes, sizeof(bytes));
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_linux_syn),
		cmocka_unit_test(test_timestamps_alone),
		cmocka_unit_test(test_each_kind),
		cmocka_unit_test(test_window_scale_as_sent),
		cmocka_unit_test(test_forty_nops),
		cmocka_unit_test(test_end_ends),
		cmocka_unit_test(test_impossible_lengths),
		cmocka_unit_test(test_behind_the_header),
		cmocka_unit_test(test_usual_layouts_as_parsed),
		cmocka_unit_test(test_overlapping),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_not_captured),
		cmocka_unit_test(test_all_kinds_and_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
