// SPDX-License-Identifier: GPL-2.0-or-later
/* Words put together and broken into lines: what fits, where a line ends, and what is too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "paragraph.h"
#include "platform.h"

static void items_have_commas_between_them(void **state)
{
	struct paragraph p = {0};

	(void)state;
	paragraph_item(&p, "mss %d", 1460);
	paragraph_item(&p, "sack");
	paragraph_add(&p, " permitted");
	assert_string_equal(p.text, "mss 1460, sack permitted");
	assert_int_equal(p.length, strlen(p.text));
}

static void what_does_not_fit_is_left_out(void **state)
{
	struct paragraph p = {0};

	(void)state;
	for (int i = 0; i < 1000; i++)
		paragraph_add(&p, "word %d ", i);
	assert_true(p.length < sizeof(p.text));
	assert_int_equal(p.length, strlen(p.text));
	assert_int_equal(strncmp(p.text, "word 0 word 1 ", 14), 0);
}

/* The lines of a text, with | between them. */
static const char *broken(const char *text, enum line_break at, unsigned columns)
{
	static char lines[1024];
	char line[256];

	*lines = 0;
	while (next_line(&text, at, columns, line)) {
		strcat(lines, line);
		strcat(lines, "|");
	}
	return lines;
}

static void lines_end_at_blanks_or_between_items(void **state)
{
	(void)state;
	assert_string_equal(broken("one two three", BREAK_WORDS, 7), "one two|three|");
	assert_string_equal(broken("one two three", BREAK_WORDS, 80), "one two three|");
	assert_string_equal(broken("mss 1460, window scale 7, sack", BREAK_ITEMS, 18),
			    "mss 1460,|window scale 7,|sack|");
	assert_string_equal(broken("", BREAK_WORDS, 10), "");
}

/* Columns are characters, not bytes. */
static void characters_of_several_bytes_are_one_column(void **state)
{
	(void)state;
	assert_string_equal(broken("\u25b6\u25b6\u25b6 \u25b6\u25b6\u25b6", BREAK_WORDS, 7),
			    "\u25b6\u25b6\u25b6 \u25b6\u25b6\u25b6|");
}

static void further_lines_are_indented_by_the_mark(void **state)
{
	struct paragraph p = {0};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	paragraph_add(&p, "closed by the responder, in order");
	paragraph_print(out, &p, " ! ", 21);
	fclose(out);
	assert_string_equal(text, " ! closed by the\n   responder, in\n   order\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_have_commas_between_them),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(lines_end_at_blanks_or_between_items),
		cmocka_unit_test(characters_of_several_bytes_are_one_column),
		cmocka_unit_test(further_lines_are_indented_by_the_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
