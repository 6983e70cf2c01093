// SPDX-License-Identifier: GPL-2.0-or-later
/* What of other people's texts may reach a terminal and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "platform.h"
#include "printable.h"

static void only_printable_characters_stay(void **state)
{
	const struct {
		const char *text, *printable;
	} texts[] = {
		{"", ""},
		{"eth0 ~", "eth0 ~"},
		{"\033[31mred\033[m", "?[31mred?[m"},
		{"two\nlines\t\r\177", "two?lines???"},
		{"h\u00e9, \u20ac, \U0001f600", "h\u00e9, \u20ac, \U0001f600"},
		{"\xc2\x9b"
		 "31m",
		 "??31m"}, /* CSI, as one control character */
		{"\xc2\xa0", "\xc2\xa0"},
		{"cut \xe2\x82", "cut ??"},
		{"cut \xf0\x9f\x98", "cut ???"},
		{"\x80 \xbf \xff", "? ? ?"},
		{"\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", "?? ??? ????"}, /* longer than need be */
		{"\xed\xa0\x80 \xf4\x90\x80\x80 \xf8\x88\x80\x80\x80", "??? ???? ?????"},
		{"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
		{"\xe2\x82"
		 "A\xc3\xa9",
		 "??A\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s", texts[i].text);
		make_printable(text);
		assert_string_equal(text, texts[i].printable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_printable_characters_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
