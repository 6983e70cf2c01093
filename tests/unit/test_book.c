// SPDX-License-Identifier: GPL-2.0-or-later
/* Each known connection has one record, from the table or from the ring, by one reader of several. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
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
static u64 ended[4]; /* when those that were shown had closed */
static struct told *told;

static unsigned show_final(FILE *out, const struct view_options *o, const struct record *r)
{
	(void)out, (void)o;
	assert_int_equal(r->connection->generation, GENERATION);
	ended[shown++ % COUNT_OF(ended)] = r->connection->at.closed;
	return 1;
}

static const struct view view = {.name = "test", .final = show_final};

static void begin_in_table(u32 generation, u64 start)
{
	memset(table, 0, sizeof(table));
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

static const struct final_record evicted = {.item = {.type = ITEM_FINAL, .slot = SLOT},
					    .reason = FINAL_EVICTED,
					    .time = END - 1,
					    .connection = {.generation = GENERATION, .start = START}};

/* Its place was taken just before: its final record is in the ring, and is shown once. */
static void test_it_left_the_table(void **state)
{
	(void)state;
	begin_in_table(GENERATION + 1, END - 1);
	book_finish(&book, END);
	assert_int_equal(shown, 0);
	assert_int_equal(book.unread, 1);
	book_item(&book, &evicted.item);
	book_item(&book, &evicted.item);
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

static void close_in_table(void)
{
	table->ways[SLOT].state = CLOSED_ONCE;
	table->ways[SLOT].at.closed = START + 1;
}

static const struct final_record reused = {.item = {.type = ITEM_FINAL, .slot = SLOT},
					   .reason = FINAL_REUSED,
					   .time = END - 1,
					   .connection = {.generation = GENERATION, .start = START}};

/* The first of several readers, with the one connection. */
static int first_reader(void **state)
{
	told = calloc(1, told_size(WAYS));
	assert_non_null(told);
	one_connection(state);
	book_resume(&book, told);
	return 0;
}

static int last_reader(void **state)
{
	close_book(state);
	free(told);
	return 0;
}

/* Another one, which knows what is in the table. */
static void next_reader_to(struct output o)
{
	book_close(&book);
	output = o;
	assert_int_equal(book_open(&book, &interface, &config, table, &output, &summary), 0);
	book_resume(&book, told);
	book_read_table(&book);
}

static void next_reader(void)
{
	next_reader_to((struct output){.view = &view});
}

static void test_what_was_told_is_not_told_again(void **state)
{
	(void)state;
	close_in_table();
	book_advance(&book, END);
	assert_int_equal(shown, 1);
	for (int i = 0; i < 2; i++) {
		next_reader();
		book_advance(&book, END);
		book_finish(&book, END);
		assert_int_equal(shown, 1);
	}
	book_item(&book, &reused.item);
	assert_int_equal(shown, 1);
	next_reader();
	book_item(&book, &reused.item);
	assert_int_equal(shown, 1);
}

static void test_a_late_segment_tells_nothing_anew(void **state)
{
	struct event late = {.item = {.type = ITEM_EVENT, .slot = SLOT},
			     .generation = GENERATION,
			     .start = START,
			     .time = END,
			     .kinds = 1 << EVENT_RETRANSMISSION,
			     .number = 9};

	(void)state;
	close_in_table();
	book_finish(&book, END);
	next_reader();
	book_item(&book, &late.item);
	book_finish(&book, END);
	assert_int_equal(shown, 1);
}

static void test_what_is_open_is_left_to_the_next_reader(void **state)
{
	(void)state;
	book_finish(&book, END);
	assert_int_equal(shown, 0);
	assert_int_equal(summary.outcomes[OUTCOME_OPEN], 1);
	next_reader();
	close_in_table();
	book_finish(&book, END);
	assert_int_equal(shown, 1);
}

static void test_what_was_open_and_ended_at_once_is_told(void **state)
{
	(void)state;
	book_finish(&book, END);
	begin_in_table(GENERATION + 1, END);
	book_item(&book, &reused.item);
	assert_int_equal(shown, 1);
	assert_int_equal(summary.outcomes[OUTCOME_OPEN], 1); /* judged once, when the reader ended */
	assert_int_equal(summary.outcomes[OUTCOME_REUSED], 0);
}

/* --count: what was not shown was not told. */
static void test_a_full_output_tells_nothing(void **state)
{
	(void)state;
	output.limit = output.units = 1;
	close_in_table();
	book_item(&book, &reused.item);
	assert_int_equal(shown, 0);
	next_reader();
	book_finish(&book, END);
	assert_int_equal(shown, 1);
}

static void test_the_next_connection_of_the_slot_is_told(void **state)
{
	(void)state;
	told->generation[SLOT] = GENERATION - 1;
	next_reader();
	close_in_table();
	book_finish(&book, END);
	assert_int_equal(shown, 1);
}

/* A reader that is far behind may find it in the ring when the table's was told. */
static void test_an_older_one_of_the_slot_changes_nothing(void **state)
{
	(void)state;
	told->generation[SLOT] = GENERATION + 1;
	book_item(&book, &reused.item);
	assert_int_equal(shown, 1);
	assert_int_equal(told->generation[SLOT], GENERATION + 1);
}

static u32 events_shown, numbers[8];

static unsigned show_event(FILE *out, const struct view_options *o, const struct interface *i,
			   const struct event *e)
{
	(void)out, (void)o, (void)i;
	numbers[events_shown++ % COUNT_OF(numbers)] = e->number;
	return 1;
}

static const struct view events_view = {.name = "test", .event = show_event};

/* --count ends within an item: what is left of it is shown by the next reader, once. */
static void test_the_rest_of_an_item_is_left_to_the_next_reader(void **state)
{
	struct event three = {.item = {.type = ITEM_EVENT, .slot = SLOT},
			      .generation = GENERATION,
			      .start = START,
			      .time = START + 1,
			      .kinds = 1 << EVENT_FIN_ACKED | 1 << EVENT_FIN | 1 << EVENT_CLOSED,
			      .number = 7};

	(void)state;
	events_shown = 0;
	for (u32 reader = 0; reader < 4; reader++) {
		next_reader_to((struct output){.view = &events_view, .limit = 1});
		if (!reader)
			book_item(&book, &three.item);
	}
	assert_int_equal(events_shown, 3);
	assert_int_equal(numbers[0], 7);
	assert_int_equal(numbers[1], 8);
	assert_int_equal(numbers[2], 9);
}

/* A silence that one reader did not live to see is told of by the next. */
static void test_silence_at_the_end_of_a_reader(void **state)
{
	const u64 ms = 1000000, over = START + config.idle_timeout;

	(void)state;
	events_shown = 0;
	next_reader_to((struct output){.view = &events_view});
	book_finish(&book, over + 10 * ms);
	assert_int_equal(events_shown, 0);
	next_reader_to((struct output){.view = &events_view});
	book_advance(&book, over + 21 * ms);
	assert_int_equal(events_shown, 1);
}

static u32 announced;

static unsigned show_opened(FILE *out, const struct view_options *o, const struct record *r)
{
	(void)out, (void)o, (void)r;
	announced++;
	return 0;
}

static const struct view blocks_view = {.name = "test", .opened = show_opened, .final = show_final};

/* A block while it is open, and one at its end; with --count one alone, which is whole. */
static void test_with_a_count_a_connection_is_shown_once(void **state)
{
	const u64 hour = 3600000000000;

	(void)state;
	config.idle_timeout = hour;
	for (u64 limit = 0; limit < 2; limit++) {
		announced = shown = 0;
		next_reader_to((struct output){.view = &blocks_view, .limit = limit});
		book_resume(&book, NULL);
		book_advance(&book, hour / 2);
		book_finish(&book, hour / 2);
		assert_int_equal(announced, !limit);
		assert_int_equal(shown, 1);
	}
	config.idle_timeout = 1000000;
}

/* The table was read before what was in the ring: the record comes behind the next connection of its slot. */
static void test_a_record_that_is_late_leaves_the_next_one_alone(void **state)
{
	(void)state;
	begin_in_table(GENERATION + 1, END - 1);
	book_read_table(&book);
	book_item(&book, &evicted.item);
	assert_int_equal(shown, 1);
	assert_int_equal(book.entries[SLOT].generation, GENERATION + 1);
	assert_int_equal(book.deadlines.count, 1);
	assert_int_equal(book.open_entries, 1);
}

static const struct view steps_view = {.name = "test", .wants_steps = true, .final = show_final};

/* Whoever sends SYN after SYN from forged addresses has a share of what steps may take, and no more. */
static void test_the_steps_of_all_are_bounded(void **state)
{
	u32 steps = 0, omitted = 0;

	(void)state;
	output.view = &steps_view;
	for (u32 slot = 0; slot < WAYS; slot++)
		for (u32 n = 0; n < 2 * STEPS_MAX; n++) {
			struct event syn = {.item = {.type = ITEM_EVENT, .slot = slot},
					    .generation = GENERATION,
					    .start = START,
					    .kinds = 1 << EVENT_SYN,
					    .number = n + 1};

			book_item(&book, &syn.item);
		}
	for (u32 slot = 0; slot < WAYS; slot++) {
		assert_in_range(book.entries[slot].step_count, 0, STEPS_MAX);
		steps += book.entries[slot].step_count;
		omitted += book.entries[slot].steps_omitted;
	}
	assert_in_range(steps, 1, 4 * WAYS);
	assert_int_equal(steps + omitted, 2 * STEPS_MAX * WAYS);
	begin_in_table(GENERATION, START);
	book_finish(&book, END);
	assert_int_equal(book.entries[SLOT].step_count, 0);
}

/* The event of its close was lost: the table tells of it, and the record is due as if it had come. */
static void test_a_close_that_no_event_told_of(void **state)
{
	(void)state;
	book_advance(&book,
		     START + config.linger + 1); /* it is open: its deadline is the end of its silence */
	assert_int_equal(shown, 0);
	close_in_table();
	table->ways[SLOT].at.closed = END;
	book_read_table(&book);
	book_advance(&book, END + config.linger);
	assert_int_equal(shown, 0);
	book_advance(&book, END + config.linger + 1);
	assert_int_equal(shown, 1);
}

/* A live segment has the time of its jiffy: what seems too late by some ms may have been in time. */
static void test_silence_is_known_to_a_jiffy(void **state)
{
	const u64 ms = 1000000, over = START + config.idle_timeout;

	(void)state;
	book_advance(&book, over + 10 * ms);
	assert_int_equal(shown, 0);
	book_advance(&book, over + 20 * ms + 1);
	assert_int_equal(shown, 1);
}

/* Records of two interfaces come in one order: as they become final. */
static void test_two_interfaces_one_order(void **state)
{
	static struct bucket other_table[1];
	static struct book other;
	const struct event syn = {.item = {.type = ITEM_EVENT, .slot = SLOT},
				  .generation = GENERATION,
				  .start = START + 1,
				  .kinds = 1 << EVENT_SYN,
				  .number = 1};

	(void)state;
	close_in_table();
	table->ways[SLOT].at.closed = END;
	memcpy(other_table, table, sizeof(table));
	other_table->ways[SLOT].start = START + 1;
	other_table->ways[SLOT].at.closed = END - 1000;
	assert_int_equal(book_open(&other, &interface, &config, other_table, &output, &summary), 0);
	book_item(&other, &syn.item);
	book.next = &other;
	book_advance(&book, 10 * END);
	assert_int_equal(shown, 2);
	assert_int_equal(ended[0], END - 1000);
	assert_int_equal(ended[1], END);
	book_close(&other);
}

#define unit(function) cmocka_unit_test_setup_teardown(function, one_connection, close_book)

#define readers(function) cmocka_unit_test_setup_teardown(function, first_reader, last_reader)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_it_is_in_the_table),
		unit(test_it_left_the_table),
		unit(test_another_one_begins_behind_the_end),
		unit(test_with_a_count_a_connection_is_shown_once),
		unit(test_a_record_that_is_late_leaves_the_next_one_alone),
		unit(test_the_steps_of_all_are_bounded),
		unit(test_a_close_that_no_event_told_of),
		unit(test_silence_is_known_to_a_jiffy),
		unit(test_two_interfaces_one_order),
		readers(test_what_was_told_is_not_told_again),
		readers(test_a_late_segment_tells_nothing_anew),
		readers(test_what_is_open_is_left_to_the_next_reader),
		readers(test_what_was_open_and_ended_at_once_is_told),
		readers(test_a_full_output_tells_nothing),
		readers(test_the_next_connection_of_the_slot_is_told),
		readers(test_an_older_one_of_the_slot_changes_nothing),
		readers(test_the_rest_of_an_item_is_left_to_the_next_reader),
		readers(test_silence_at_the_end_of_a_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
