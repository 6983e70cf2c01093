// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a run: what is open becomes final, of several books in the order of their start. */
#include "book.h"

#include "scan_probe.h"
#include "snapshot.h"

/* How many records ahead of the one that is copied the table is asked for. */
enum { RECORDS_AHEAD = 8 };

/* False where it opened as stacks do, and the originator's data came: the scan rule ignores those. */
static bool may_be_probe(const struct book *b, u32 slot)
{
	const struct entry *e = &b->entries[slot];

	return !is_opening(e->probe) || !(e->service.heard & 1 << ORIGINATOR);
}

/* The record of a known connection as the table has it. False: the slot is another one's. */
static bool copy_record(const struct book *b, u32 slot, struct connection *c)
{
	return snapshot(b->table, slot, c) && c->generation == b->entries[slot].generation;
}

/* Silence is judged before the first of them is final. */
static void settle_all(struct book *b, const struct deadline *open, u32 count, u64 now)
{
	struct connection c;

	for (u32 i = 0; i < count; i++) {
		if (i + RECORDS_AHEAD < count && may_be_probe(b, open[i + RECORDS_AHEAD].slot))
			table_expect(b->table, open[i + RECORDS_AHEAD].slot);
		if (may_be_probe(b, open[i].slot) && copy_record(b, open[i].slot, &c))
			scans_settle(b->scans, &c, now);
	}
}

/* The deadlines are those of all records that are not final. */
static void begin_to_finish(struct book *b, u64 now)
{
	const struct deadline *open = deadlines_by_start(&b->deadlines);

	b->finished = now;
	b->finishing = 0;
	settle_all(b, open, b->deadlines.count, now);
}

/*
 * The oldest that is not final yet; NULL: there is none. Those that --count has no room for are in the
 * summary, unless a later tail shows them.
 */
static const struct deadline *oldest_open(const struct book *b)
{
	if (b->finishing == b->deadlines.count || (b->told && output_is_full(b->output)))
		return NULL;
	return &b->deadlines.heap[b->finishing];
}

static void finish_oldest(struct book *b, u64 now)
{
	const struct deadline *open = &b->deadlines.heap[b->finishing++];
	struct connection c;

	if (b->finishing + RECORDS_AHEAD <= b->deadlines.count)
		table_expect(b->table, open[RECORDS_AHEAD].slot);
	if (copy_record(b, open->slot, &c))
		book_make_final(b, open->slot, &c, c.state & CLOSED_ONCE ? ENDING_CLOSED : ENDING_OPEN, now);
	else
		b->unread++;
}

static void end_finishing(struct book *b, u64 now)
{
	if (b->told && b->output->view->event && !output_is_full(b->output))
		b->told->silence_until = now;
	deadlines_clear(&b->deadlines);
}

/* Whose turn it is: the book with the oldest record. NULL: all are through. */
static struct book *next_to_finish(struct book *first)
{
	struct book *found = NULL;
	u64 start = 0;

	for (struct book *b = first; b; b = b->next) {
		const struct deadline *oldest = oldest_open(b);

		if (!oldest || (found && oldest->start >= start))
			continue;
		found = b;
		start = oldest->start;
	}
	return found;
}

void book_finish(struct book *first, u64 now)
{
	struct book *b;

	for (b = first; b; b = b->next)
		begin_to_finish(b, now);
	while ((b = next_to_finish(first)))
		finish_oldest(b, now);
	for (b = first; b; b = b->next)
		end_finishing(b, now);
}

void book_finish_scans(struct book *b)
{
	scans_finish(b->scans);
}
