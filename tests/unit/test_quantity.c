// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers and times as people type them: what is taken, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quantity.h"

static void times_with_and_without_a_unit(void **state)
{
	const struct {
		const char *text;
		u64 ns;
	} times[] = {
		{"0", 0},
		{"10", 10000000000},
		{"500ms", 500000000},
		{"1.5s", 1500000000},
		{"0.25", 250000000},
		{"3us", 3000},
		{"7ns", 7},
		{"5m", 300000000000},
		{"2h", 7200000000000},
		{"1.0000000019s", 1000000001}, /* below a nanosecond nothing counts */
		{"2562047h", 9223369200000000000},
	};
	u64 ns;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		assert_int_equal(parse_duration(times[i].text, &ns), 0);
		assert_true(ns == times[i].ns);
	}
}

static void times_that_are_none(void **state)
{
	const char *const texts[] = {
		"",    "s",   "-1s",	"+1s", " 1s",  "1 s", "1s ",	  "5x",
		"1.s", ".5s", "1.5.5s", "1e3", "0x10", "1S",  "2562048h", "99999999999999999999",
		"inf", "nan",
	};
	u64 ns;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!parse_duration(texts[i], &ns))
			fail_msg("'%s' was taken for %llu ns", texts[i], (unsigned long long)ns);
}

static void numbers_between_two_others(void **state)
{
	const struct {
		const char *text;
		u64 least, most;
		int result;
	} numbers[] = {
		{"1", 1, 65535, 0},
		{"65535", 1, 65535, 0},
		{"0", 1, 65535, -1},
		{"65536", 1, 65535, -1},
		{"", 0, 9, -1},
		{"5x", 0, 9, -1},
		{"-1", 0, UINT64_MAX, -1},
		{" 5", 0, 9, -1},
		{"0x5", 0, 9, -1},
		{"18446744073709551615", 0, UINT64_MAX, 0},
		{"18446744073709551616", 0, UINT64_MAX, -1},
	};
	u64 value;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (parse_number(numbers[i].text, numbers[i].least, numbers[i].most, &value) !=
		    numbers[i].result)
			fail_msg("'%s' between %llu and %llu", numbers[i].text,
				 (unsigned long long)numbers[i].least, (unsigned long long)numbers[i].most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_with_and_without_a_unit),
		cmocka_unit_test(times_that_are_none),
		cmocka_unit_test(numbers_between_two_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
