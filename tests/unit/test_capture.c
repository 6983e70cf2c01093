// SPDX-License-Identifier: GPL-2.0-or-later
/* The capture reader: link types, byte orders, time resolutions, interfaces, and files that break off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "message.h"
#include "wire.h"

/* A file under construction. */
struct file {
	u8 bytes[4096];
	u32 length;
	bool swapped;
	int fd;
	char path[64];
};

static void put16(struct file *f, u16 v)
{
	v = f->swapped ? __builtin_bswap16(v) : v;
	memcpy(f->bytes + f->length, &v, 2);
	f->length += 2;
}

static void put32(struct file *f, u32 v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	memcpy(f->bytes + f->length, &v, 4);
	f->length += 4;
}

static void put(struct file *f, const void *bytes, u32 n)
{
	memcpy(f->bytes + f->length, bytes, n);
	f->length += n;
}

/* In memory: nothing of it stays behind, whatever ends the test. */
static const char *save(struct file *f)
{
	f->fd = memfd_create("capture", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	assert_int_equal(write(f->fd, f->bytes, f->length), f->length);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	return f->path;
}

static void drop(const struct file *f)
{
	close(f->fd);
}

static void pcap_header(struct file *f, u32 magic, u32 link_type)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, link_type);
}

static void pcap_packet(struct file *f, u32 seconds, u32 fraction, const void *bytes, u32 n)
{
	put32(f, seconds);
	put32(f, fraction);
	put32(f, n);
	put32(f, n);
	put(f, bytes, n);
}

static void section(struct file *f)
{
	put32(f, PCAPNG_MAGIC);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xffffffff);
	put32(f, 0xffffffff);
	put32(f, 28);
}

/* An interface with a time resolution of 10^-resolution and a name of three letters. */
static void interface(struct file *f, u16 link_type, u8 resolution, const char *name)
{
	const u8 value[4] = {resolution};
	u8 letters[4] = {0};

	memcpy(letters, name, 3);
	put32(f, 1);
	put32(f, 40);
	put16(f, link_type);
	put16(f, 0);
	put32(f, 0);
	put16(f, 2);
	put16(f, 3);
	put(f, letters, 4);
	put16(f, 9);
	put16(f, 1);
	put(f, value, 4);
	put32(f, 0); /* end of options */
	put32(f, 40);
}

static void packet(struct file *f, u32 number, u64 stamp, const void *bytes, u32 n)
{
	u32 padded = (n + 3) & ~3U;

	put32(f, 6);
	put32(f, 32 + padded);
	put32(f, number);
	put32(f, (u32)(stamp >> 32));
	put32(f, (u32)stamp);
	put32(f, n);
	put32(f, n);
	memset(f->bytes + f->length, 0, padded);
	memcpy(f->bytes + f->length, bytes, n);
	f->length += padded;
	put32(f, 32 + padded);
}

static const u8 ipv4_packet[20] = {0x45, 0, 0, 20};

static void expect_ipv4_at(struct capture *c, u64 time, u32 number)
{
	struct captured_frame f = {0};

	assert_int_equal(capture_next(c, &f), 1);
	assert_int_equal(f.time, time);
	assert_int_equal(f.interface, number);
	assert_int_equal(load_be16(f.data + ETHERNET_TYPE_AT), ETHERTYPE_IPV4);
	assert_int_equal(f.length, ETHERNET_HEADER + sizeof(ipv4_packet));
	assert_memory_equal(f.data + ETHERNET_HEADER, ipv4_packet, sizeof(ipv4_packet));
}

static void expect_end(struct capture *c, struct file *f, int how)
{
	struct captured_frame frame = {0};

	assert_int_equal(capture_next(c, &frame), how);
	capture_close(c);
	drop(f);
}

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

static void pcapng_interfaces_have_types_and_resolutions_of_their_own(void **state)
{
	u8 ethernet[34] = {[12] = 8};

	(void)state;
	memcpy(ethernet + 14, ipv4_packet, sizeof(ipv4_packet));
	for (int swapped = 0; swapped < 2; swapped++) {
		struct file f = {.swapped = swapped};
		struct capture c;

		section(&f);
		interface(&f, 1, 6, "lan");
		interface(&f, 101, 9, "tun");
		packet(&f, 0, 1700000000000001, ethernet, sizeof(ethernet));
		packet(&f, 1, 1700000000000000002, ipv4_packet, sizeof(ipv4_packet));
		assert_int_equal(capture_open(&c, save(&f)), 0);
		expect_ipv4_at(&c, 1700000000000001000, 0);
		expect_ipv4_at(&c, 1700000000000000002, 1);
		assert_string_equal(capture_interface_name(&c, 0), "lan");
		assert_string_equal(capture_interface_name(&c, 1), "tun");
		expect_end(&c, &f, 0);
	}
}

static void a_second_section_counts_its_interfaces_anew(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	section(&f);
	interface(&f, 101, 6, "one");
	section(&f);
	f.swapped = true;
	f.length -= 28;
	section(&f);
	interface(&f, 101, 6, "two");
	packet(&f, 0, 5, ipv4_packet, sizeof(ipv4_packet));
	assert_int_equal(capture_open(&c, save(&f)), 0);
	expect_ipv4_at(&c, 5000, 1);
	expect_end(&c, &f, 0);
}

/* As `cat` joins captures: the same two interfaces in each section, one of them described twice. */
static void interfaces_that_are_alike_in_two_sections_are_the_same(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	for (int n = 0; n < 3; n++) {
		section(&f);
		interface(&f, 101, 6, "one");
		interface(&f, 101, n ? 9 : 6, "two");
		interface(&f, 101, 6, "one");
		packet(&f, 2, 5, ipv4_packet, sizeof(ipv4_packet));
		packet(&f, 0, 6, ipv4_packet, sizeof(ipv4_packet));
		packet(&f, 1, 7000, ipv4_packet, sizeof(ipv4_packet));
	}
	assert_int_equal(capture_open(&c, save(&f)), 0);
	for (u32 n = 0; n < 3; n++) {
		expect_ipv4_at(&c, 5000, 2);
		expect_ipv4_at(&c, 6000, 0);
		expect_ipv4_at(&c, n ? 7000 : 7000000, n ? 3 : 1); /* its resolution is another one */
	}
	expect_end(&c, &f, 0);
}

static void a_hundred_captures_are_joined(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	save(&f);
	for (u32 n = 0; n < 100; n++) {
		f.length = 0;
		section(&f);
		interface(&f, 101, 6, "one");
		packet(&f, 0, n, ipv4_packet, sizeof(ipv4_packet));
		assert_int_equal(write(f.fd, f.bytes, f.length), f.length);
	}
	assert_int_equal(capture_open(&c, f.path), 0);
	for (u32 n = 0; n < 100; n++)
		expect_ipv4_at(&c, n * 1000, 0);
	expect_end(&c, &f, 0);
}

static void more_interfaces_than_are_kept_apart_are_an_error(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	section(&f);
	for (int n = 0; n <= PCAPNG_INTERFACES_MAX; n++)
		interface(&f, 101, 6, "one");
	assert_int_equal(capture_open(&c, save(&f)), 0);
	expect_end(&c, &f, -1);
}

/* A block of a type that says nothing of the packets, written to the file itself: it is longer than struct
 * file. */
static void long_block(struct file *f, u32 type, u32 n)
{
	static const u8 zeros[4096];
	struct file ends = {.swapped = f->swapped};

	save(f);
	put32(&ends, type);
	put32(&ends, n + 12);
	assert_int_equal(write(f->fd, ends.bytes, 8), 8);
	for (u32 left = n, size; left; left -= size) {
		size = left < sizeof(zeros) ? left : sizeof(zeros);
		assert_int_equal(write(f->fd, zeros, size), size);
	}
	assert_int_equal(write(f->fd, ends.bytes + 4, 4), 4);
	f->length = 0;
}

static void blocks_that_are_skipped_may_be_of_any_length(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct file f = {.swapped = swapped};
		struct capture c;

		section(&f);
		interface(&f, 101, 6, "one");
		long_block(&f, 0xa, 9000004); /* secrets of TLS */
		packet(&f, 0, 5, ipv4_packet, sizeof(ipv4_packet));
		assert_int_equal(write(f.fd, f.bytes, f.length), f.length);
		assert_int_equal(capture_open(&c, f.path), 0);
		expect_ipv4_at(&c, 5000, 0);
		expect_end(&c, &f, 0);
	}
}

static void a_long_block_that_breaks_off_is_broken(void **state)
{
	struct file f = {0};
	struct capture c;

	(void)state;
	section(&f);
	long_block(&f, 0xa, 3000000);
	assert_int_equal(ftruncate(f.fd, 2000000), 0);
	assert_int_equal(capture_open(&c, f.path), 0);
	expect_end(&c, &f, -1);
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

static void files_that_break_off_give_what_could_be_read(void **state)
{
	struct file whole = {0};

	(void)state;
	section(&whole);
	interface(&whole, 101, 6, "one");
	packet(&whole, 0, 5, ipv4_packet, sizeof(ipv4_packet));
	packet(&whole, 0, 6, ipv4_packet, sizeof(ipv4_packet));
	for (u32 cut = 1; cut < 52; cut++) {
		struct file f = whole;
		struct capture c;

		f.length -= cut;
		assert_int_equal(capture_open(&c, save(&f)), 0);
		expect_ipv4_at(&c, 5000, 0);
		expect_end(&c, &f, -1);
	}
}

/* Sums of such a time with a timeout could not be counted. */
static void times_before_1970_and_after_2115_are_refused(void **state)
{
	const struct {
		u64 stamp;
		int read;
	} cases[] = {{1ULL << 62, 1}, {(1ULL << 62) + 1, -1}, {0ULL - 1000000000, -1}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct file f = {0};
		struct captured_frame frame = {0};
		struct capture c;

		section(&f);
		interface(&f, 101, 9, "abc");
		packet(&f, 0, cases[i].stamp, ipv4_packet, sizeof(ipv4_packet));
		assert_int_equal(capture_open(&c, save(&f)), 0);
		assert_int_equal(capture_next(&c, &frame), cases[i].read);
		capture_close(&c);
		drop(&f);
	}
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
		cmocka_unit_test(pcapng_interfaces_have_types_and_resolutions_of_their_own),
		cmocka_unit_test(a_second_section_counts_its_interfaces_anew),
		cmocka_unit_test(interfaces_that_are_alike_in_two_sections_are_the_same),
		cmocka_unit_test(a_hundred_captures_are_joined),
		cmocka_unit_test(more_interfaces_than_are_kept_apart_are_an_error),
		cmocka_unit_test(blocks_that_are_skipped_may_be_of_any_length),
		cmocka_unit_test(a_long_block_that_breaks_off_is_broken),
		cmocka_unit_test(short_frames_are_padded_and_keep_their_length),
		cmocka_unit_test(a_length_that_was_cut_with_the_frame_is_that_of_the_ip_header),
		cmocka_unit_test(a_length_that_was_cut_is_found_behind_tags_and_in_ipv6),
		cmocka_unit_test(a_length_that_was_not_cut_stays),
		cmocka_unit_test(files_that_break_off_give_what_could_be_read),
		cmocka_unit_test(times_before_1970_and_after_2115_are_refused),
		cmocka_unit_test(what_is_no_capture_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
