// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a record that another CPU may be writing: whole where that can be had, and never nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "snapshot.h"

enum { SLOT = 5, GENERATION = 7 };

static struct bucket table[1];

static int one_record(void **state)
{
	(void)state;
	memset(table, 0, sizeof(table));
	table->tags[SLOT] = 1;
	table->ways[SLOT].generation = GENERATION;
	return 0;
}

static void test_a_record_is_read(void **state)
{
	struct connection c;

	(void)state;
	assert_true(snapshot(table, SLOT, &c));
	assert_int_equal(c.generation, GENERATION);
}

static void test_a_free_slot_has_none(void **state)
{
	struct connection c;

	(void)state;
	table->tags[SLOT] = 0;
	assert_false(snapshot(table, SLOT, &c));
}

/* The writer's CPU was taken away in the middle of a segment: what there is of the connection is told. */
static void test_a_record_that_is_being_written_is_read_all_the_same(void **state)
{
	struct connection c;

	(void)state;
	table->ways[SLOT].half[1].version = 3;
	assert_true(snapshot(table, SLOT, &c));
	assert_int_equal(c.generation, GENERATION);
}

#define unit(function) cmocka_unit_test_setup(function, one_record)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_a_record_is_read),
		unit(test_a_free_slot_has_none),
		unit(test_a_record_that_is_being_written_is_read_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
