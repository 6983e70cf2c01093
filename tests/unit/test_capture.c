// SPDX-License-Identifier: GPL-2.0-or-later
/* The capture reader: byte orders and time resolutions of a pcap, link types, and frames that were cut. */
#include "capture_file.h"

static void pcap_in_both_orders_and_resolutions(void **state)
{
	const u32 magics[] = {0xa1b2c3d4, 0xa1b23c4d};
	const u64 units[] = {1000, 1};

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct file f = {.swapped = kind & 1};
		struct capture c;

		pcap_header(&f, magics[kind / 2], 101);
		pcap_packet(&f, 3000000000U, 7, ipv4_packet, sizeof(ipv4_packet));
		assert_int_equal(capture_open(&c, save(&f)), 0);
		expect_ipv4_at(&c, 3000000000ULL * 1000000000 + 7 * units[kind / 2], 0);
		expect_end(&c, &f, 0);
	}
}

static void each_link_type_becomes_ethernet(void **state)
{
	const struct {
		u32 number;
		u32 header;
		u8 bytes[24];
	} types[] = {
		{1, 14, {[12] = 8, [13] = 0}},
		{101, 0, {0}},
		{228, 0, {0}},
		{113, 16, {[14] = 8, [15] = 0}},
		{276, 20, {8, 0}},
		{0, 4, {2, 0, 0, 0}},
		{0, 4, {0, 0, 0, 2}},
		{108, 4, {0, 0, 0, 2}},
		{14, 0, {0}},
		{109, 12, {0, 0, 0, 2}},
		{104, 4, {0x0f, 0, 8, 0}},
		{9, 2, {0, 0x21}},
		{9, 1, {0x21}},
		{9, 4, {0xff, 3, 0, 0x21}},
		{9, 3, {0xff, 3, 0x21}},
		{50, 4, {0xff, 3, 0, 0x21}},
		{50, 4, {0x8f, 0, 8, 0}},
		{10, 21, {0x50, [13] = 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		{11, 8, {0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		{100, 8, {0xaa, 0xaa, 3, 0, 0, 0, 8, 0}},
		{138, 18, {[16] = 8, 0}},
		{239, 8, {2, 0, 0, 0, 24, 0, 9, 0}},
		{239, 8, {2, 0, 0, 0, 0, 24, 0, 9}}, /* as a machine of the other order wrote it */
		{239, 16, {2, 0, 0, 0, 0, 5, 0, 10, 'a', 0, 0, 0, 0, 24, 0, 9}},
		{239, 16, {2, 0, 0, 0, 5, 0, 10, 0, 'a', 0, 0, 0, 24, 0, 9, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct file f = {0};
		struct capture c;
		u8 frame[64];

		memcpy(frame, types[i].bytes, types[i].header);
		memcpy(frame + types[i].header, ipv4_packet, sizeof(ipv4_packet));
		pcap_header(&f, 0xa1b2c3d4, types[i].number);
		pcap_packet(&f, 1, 0, frame, types[i].header + sizeof(ipv4_packet));
		assert_int_equal(capture_open(&c, save(&f)), 0);
		expect_ipv4_at(&c, 1000000000, 0);
		expect_end(&c, &f, 0);
	}
}

/* Of each link type, a header that says of nothing known, or breaks off. */
static void unknown_headers_stand_for_nothing(void **state)
{
	const struct {
		u32 number;
		u32 n;
		u8 bytes[24];
	} frames[] = {
		{9, 3, {0xff, 3, 0}},
		{9, 6, {0xff, 3, 0xc0, 0x21, 1, 1}},
		{10, 14, {0x50}},
		{10, 24, {0x50, [13] = 0x42, 0x42, 3}},
		{100, 4, {0xaa, 0xaa, 3, 0}},
		{104, 2, {0x0f, 0}},
		{138, 17, {0}},
		{239, 6, {2, 0, 0, 0, 24, 0}},
		{239, 12, {2, 0, 0, 0, 0, 0, 1, 0, 24, 0, 9, 0}},
		{239, 12, {2, 0, 0, 0, 0xff, 0xff, 1, 0, 24, 0, 9, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(frames); i++) {
		struct file f = {0};
		struct capture c;
		struct captured_frame frame = {0};

		pcap_header(&f, 0xa1b2c3d4, frames[i].number);
		pcap_packet(&f, 1, 0, frames[i].bytes, frames[i].n);
		assert_int_equal(capture_open(&c, save(&f)), 0);
		assert_int_equal(capture_next(&c, &frame), 1);
		assert_int_equal(load_be16(frame.data + ETHERNET_TYPE_AT), 0);
		expect_end(&c, &f, 0);
	}
}

static void a_pppoe_session_keeps_its_header(void **state)
{
	const u8 session[28] = {0x11, 0, 0, 1, 0, 22, 0, 0x21, 0x45, 0, 0, 20};
	struct file f = {0};
	struct capture c;
	struct captured_frame frame = {0};

	(void)state;
	pcap_header(&f, 0xa1b2c3d4, 51);
	pcap_packet(&f, 1, 0, session, sizeof(session));
	assert_int_equal(capture_open(&c, save(&f)), 0);
	assert_int_equal(capture_next(&c, &frame), 1);
	assert_int_equal(load_be16(frame.data + ETHERNET_TYPE_AT), ETHERTYPE_PPPOE_SESSION);
	assert_memory_equal(frame.data + ETHERNET_HEADER, session, sizeof(session));
	expect_end(&c, &f, 0);
}

static void short_frames_are_padded_and_keep_their_length(void **state)
{
	struct file f = {0};
	struct capture c;
	struct captured_frame frame = {0};

	(void)state;
	pcap_header(&f, 0xa1b2c3d4, 1);
	pcap_packet(&f, 1, 0, "abc", 3);
	assert_int_equal(capture_open(&c, save(&f)), 0);
	assert_int_equal(capture_next(&c, &frame), 1);
	assert_int_equal(frame.captured, ETHERNET_HEADER);
	assert_int_equal(frame.length, 3);
	expect_end(&c, &f, 0);
}

/* What of an Ethernet frame whose IP header announces `announced` bytes a file holds, and calls the whole. */
static void cut_frame(struct file *f, u32 n, u16 announced)
{
	u8 bytes[256] = {[12] = 8, [14] = 0x45, [16] = (u8)(announced >> 8), [17] = (u8)announced};

	pcap_packet(f, 1, 0, bytes, n);
}

static void expect_length(struct capture *c, u32 captured, u32 length)
{
	struct captured_frame frame = {0};

	assert_int_equal(capture_next(c, &frame), 1);
	assert_int_equal(frame.captured, captured);
	assert_int_equal(frame.length, length);
}

static void a_length_that_was_cut_with_the_frame_is_that_of_the_ip_header(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	pcap_header(&f, 0xa1b2c3d4, 1);
	cut_frame(&f, 66, 52);
	cut_frame(&f, 96, 1500);
	cut_frame(&f, 96, 600);
	cut_frame(&f, 66, 52);
	cut_frame(&f, 66, 1500); /* shorter than others: it is broken */
	cut_frame(&f, 96, 82);
	cut_frame(&f, 96, 60); /* padded */
	assert_int_equal(capture_open(&c, save(&f)), 0);
	expect_length(&c, 66, 66);
	expect_length(&c, 96, 1514);
	expect_length(&c, 96, 614);
	expect_length(&c, 66, 66);
	expect_length(&c, 66, 66);
	expect_length(&c, 96, 96);
	expect_length(&c, 96, 96);
	expect_end(&c, &f, 0);
}

static void a_length_that_was_cut_is_found_behind_tags_and_in_ipv6(void **state)
{
	const u8 tagged[68] = {[12] = 0x81, [15] = 5, 8, [18] = 0x45, [20] = 5, 220};
	const u8 ipv6[68] = {[12] = 0x86, 0xdd, 0x60, [18] = 5, 220};
	struct file f = {0};
	struct capture c;

	(void)state;
	pcap_header(&f, 0xa1b2c3d4, 1);
	pcap_packet(&f, 1, 0, tagged, sizeof(tagged));
	pcap_packet(&f, 1, 0, ipv6, sizeof(ipv6));
	assert_int_equal(capture_open(&c, save(&f)), 0);
	expect_length(&c, 68, 18 + 1500);
	expect_length(&c, 68, 54 + 1500);
	expect_end(&c, &f, 0);
}

static void a_length_that_was_not_cut_stays(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	pcap_header(&f, 0xa1b2c3d4, 1);
	cut_frame(&f, 54, 1500); /* no frame is so short that it was cut there */
	put32(&f, 1);
	put32(&f, 0);
	put32(&f, 14);
	put32(&f, 80); /* cut, and its length on the wire is known */
	put(&f, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
	cut_frame(&f, 70, 1500); /* shorter than the one before was */
	assert_int_equal(capture_open(&c, save(&f)), 0);
	expect_length(&c, 54, 54);
	expect_length(&c, 14, 80);
	expect_length(&c, 70, 70);
	expect_end(&c, &f, 0);
}

/* Taken for a large number without a sign, it made a connection due that never expired: for ever. */
static void a_fraction_of_a_second_that_is_negative_is_refused(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	pcap_header(&f, 0xa1b2c3d4, 101);
	pcap_packet(&f, 0, 0xffffffff, ipv4_packet, sizeof(ipv4_packet));
	assert_int_equal(capture_open(&c, save(&f)), 0);
	expect_end(&c, &f, -1);
}

static void what_is_no_capture_is_refused(void **state)
{
	struct file empty = {0}, text = {0}, unknown = {0};
	struct capture c;

	(void)state;
	put(&text, "no capture at all, but some text", 32);
	pcap_header(&unknown, 0xa1b2c3d4, 147);
	assert_int_equal(capture_open(&c, "/nowhere/at/all"), -1);
	assert_int_equal(capture_open(&c, save(&empty)), -1);
	assert_int_equal(capture_open(&c, save(&text)), -1);
	assert_int_equal(capture_open(&c, save(&unknown)), -1);
	drop(&empty);
	drop(&text);
	drop(&unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_in_both_orders_and_resolutions),
		cmocka_unit_test(each_link_type_becomes_ethernet),
		cmocka_unit_test(unknown_headers_stand_for_nothing),
		cmocka_unit_test(a_pppoe_session_keeps_its_header),
		cmocka_unit_test(short_frames_are_padded_and_keep_their_length),
		cmocka_unit_test(a_length_that_was_cut_with_the_frame_is_that_of_the_ip_header),
		cmocka_unit_test(a_length_that_was_cut_is_found_behind_tags_and_in_ipv6),
		cmocka_unit_test(a_length_that_was_not_cut_stays),
		cmocka_unit_test(a_fraction_of_a_second_that_is_negative_is_refused),
		cmocka_unit_test(what_is_no_capture_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
