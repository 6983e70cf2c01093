// SPDX-License-Identifier: GPL-2.0-or-later
/* The pcapng reader: sections, interfaces, blocks of any length, times, and files that break off. */
#include "capture_file.h"

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
		u8 resolution;
		int read;
	} cases[] = {
		{1ULL << 62, 9, 1},
		{(1ULL << 62) + 1, 9, -1},
		{0ULL - 1000000000, 9, -1},
		{1ULL << 55, 0, -1}, /* so many seconds are 0 ns in 64 bits */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct file f = {0};
		struct captured_frame frame = {0};
		struct capture c;

		section(&f);
		interface(&f, 101, cases[i].resolution, "abc");
		packet(&f, 0, cases[i].stamp, ipv4_packet, sizeof(ipv4_packet));
		assert_int_equal(capture_open(&c, save(&f)), 0);
		assert_int_equal(capture_next(&c, &frame), cases[i].read);
		capture_close(&c);
		drop(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcapng_interfaces_have_types_and_resolutions_of_their_own),
		cmocka_unit_test(a_second_section_counts_its_interfaces_anew),
		cmocka_unit_test(interfaces_that_are_alike_in_two_sections_are_the_same),
		cmocka_unit_test(a_hundred_captures_are_joined),
		cmocka_unit_test(more_interfaces_than_are_kept_apart_are_an_error),
		cmocka_unit_test(blocks_that_are_skipped_may_be_of_any_length),
		cmocka_unit_test(a_long_block_that_breaks_off_is_broken),
		cmocka_unit_test(files_that_break_off_give_what_could_be_read),
		cmocka_unit_test(times_before_1970_and_after_2115_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
