// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a run: each known connection has one record, from the table or from the ring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "book.h"
#include "view.h"

enum { SLOT = 5, GENERATION = 7, START = 1000, END = 5000 };

static struct bucket table[1];
static struct config config = {.buckets = 1, .idle_timeout = 1000000, .linger = 1000, .time_wait = 1000};
static struct interface interface = {.name = "test"};
static struct summary summary;
static struct output output;
static struct book book;
static u32 shown;

static unsigned show_final(FILE *out, const struct view_options *o, const struct record *r)
{
	(void)out, (void)o;
	assert_int_equal(r->connection->generation, GENERATION);
	shown++;
	return 1;
}

static const struct view view = {.name = "test", .final = show_final};

static void begin_in_table(u32 generation, u64 start)
{
	table->tags[SLOT] = 1;
	table->ways[SLOT].generation = generation;
	table->ways[SLOT].start = start;
}

/* One connection, in the table, and announced to the book. */
static int one_connection(void **state)
{
	struct event syn = {.item = {.type = ITEM_EVENT, .slot = SLOT},
			    .generation = GENERATION,
			    .start = START,
			    .time = START,
			    .kinds = 1 << EVENT_SYN,
			    .number = 1,
			    .flags = TCP_SYN};

	(void)state;
	memset(&summary, 0, sizeof(summary));
	output = (struct output){.view = &view};
	shown = 0;
	begin_in_table(GENERATION, START);
	assert_int_equal(book_open(&book, &interface, &config, table, &output, &summary), 0);
	book_item(&book, &syn.item);
	return 0;
}

static int close_book(void **state)
{
	(void)state;
	book_close(&book);
	return 0;
}

static void test_it_is_in_the_table(void **state)
{
	(void)state;
	book_finish(&book, END);
	assert_int_equal(shown, 1);
	assert_int_equal(book.unread, 0);
}

/* Its place was taken just before: its final record is in the ring, and is shown once. */
static void test_it_left_the_table(void **state)
{
	struct final_record final = {.item = {.type = ITEM_FINAL, .slot = SLOT},
				     .reason = FINAL_EVICTED,
				     .time = END - 1,
				     .connection = {.generation = GENERATION, .start = START}};

	(void)state;
	begin_in_table(GENERATION + 1, END - 1);
	book_finish(&book, END);
	assert_int_equal(shown, 0);
	assert_int_equal(book.unread, 1);
	book_item(&book, &final.item);
	book_item(&book, &final.item);
	assert_int_equal(shown, 1);
	assert_int_equal(book.unread, 0);
	assert_int_equal(book.open_entries, 0);
}

/* What goes on in the ring behind the end is taken: a connection that begins anew in the slot. */
static void test_another_one_begins_behind_the_end(void **state)
{
	struct event syn = {.item = {.type = ITEM_EVENT, .slot = SLOT},
			    .generation = GENERATION + 1,
			    .start = END + 1,
			    .time = END + 1,
			    .kinds = 1 << EVENT_SYN,
			    .number = 1,
			    .flags = TCP_SYN};

	(void)state;
	book_finish(&book, END);
	book_item(&book, &syn.item);
	book_advance(&book, END + 2);
	assert_int_equal(shown, 1);
	assert_int_equal(book.open_entries, 1);
	assert_int_equal(book.deadlines.count, 1);
}

#define unit(function) cmocka_unit_test_setup_teardown(function, one_connection, close_book)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_it_is_in_the_table),
		unit(test_it_left_the_table),
		unit(test_another_one_begins_behind_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
