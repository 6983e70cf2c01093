/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The book of connections of one interface: takes what comes out of the ring, knows which record is
 * final when, and hands both to the view. It holds one small entry for each slot of the table; the
 * facts stay in the table, so that what an event lost to a full ring would have said is read there.
 */
#ifndef SYNSCOPE_BOOK_H
#define SYNSCOPE_BOOK_H

#include "bucket.h"
#include "deadlines.h"
#include "output.h"
#include "scans.h"
#include "service.h"
#include "summary.h"
#include "told.h"

struct entry {
	u32 generation;	 /* of the connection that the entry is about; 0: none yet */
	bool final : 1;	 /* its record was printed, by this reader or one before */
	bool judged : 1; /* it is in the summary */
	bool announced;	 /* its handshake was shown while it was still open */
	u8 probe;	 /* enum scan_kind: what its first segment may be a probe of */
	u8 step_count;	 /* STEPS_MAX at most */
	u32 steps_omitted;
	u32 place;	     /* in the queue of deadlines */
	struct event *steps; /* of handshake and teardown; NULL where the view wants none */
	struct service service;
} __attribute__((aligned(64))); /* a cache line: of a connection nothing else is looked up */

_Static_assert(sizeof(struct entry) == 64, "an entry is one cache line");

struct book {
	const struct interface *interface;
	const struct config *config;
	const struct bucket *table;
	struct output *output;
	struct summary *summary;
	struct entry *entries; /* one for each slot */
	struct deadlines deadlines;
	struct scans *scans;
	struct told *told; /* where other readers go on behind this one; else NULL */
	struct told_notes told_notes;
	bool last_reader;  /* none will */
	u64 steps_room;	   /* of all entries together, in steps */
	u32 open_entries;  /* known connections whose record is not final yet: only these hold memory */
	u64 finished;	   /* ns; book_finish() was called; 0: it was not */
	u32 finishing;	   /* how many of those that were open then are final, the oldest first */
	struct book *next; /* of those whose records come in one order; NULL: this is the last */
	u32 unread; /* records that had left the table by then, and whose final ones have not come yet */
};

/* 0, or -1, said. The pointers stay the caller's and must outlive the book. */
int book_open(struct book *b, const struct interface *interface, const struct config *config,
	      const struct bucket *table, struct output *output, struct summary *summary);

/* Goes on where the reader before ended, if there are several. Call it before anything is taken. */
void book_resume(struct book *b, struct told *told);

/*
 * Behind each flush of the output: what was shown is told, unless that failed; then whoever reads next shows
 * it.
 */
void book_settle_told(struct book *b);

/* Nobody goes on behind this reader: what is open at its end is told, too. */
void book_read_last(struct book *b);

/* The record of a known connection becomes final: it is judged, counted, shown, and its entry given up. */
void book_make_final(struct book *b, u32 slot, const struct connection *c, enum ending ending, u64 now);

/* Keeps an event for its connection's timeline, if it is a step of one and there is room. */
void book_add_step(struct book *b, struct entry *entry, const struct event *e);

/* Forgets the steps of a connection, and gives back what they took of steps_room. */
void book_drop_steps(struct book *b, struct entry *entry);

/* Asks for what is known of an item's connection, before the item is taken. It may be none yet: any bytes. */
void book_expect(const struct book *b, const struct ring_item *item);

/* Takes one item of the ring, in order. */
void book_item(struct book *b, const struct ring_item *item);

/*
 * Makes final, in the order of their time, all records of a book and of those behind it (`next`) that are due
 * before `now` (ns, the table's clock).
 */
void book_advance(struct book *first, u64 now);

/*
 * Takes up the connections of the table whose events were lost, or that were there before the reader, and the
 * ends of those it knows. What is in the ring is older: it must have been taken before.
 */
void book_read_table(struct book *b);

/*
 * The run ends: every record of a book and of those behind it (`next`) that is not final yet becomes so, in
 * the order of their start. Those that left the table just before, and are in the ring, come by book_item()
 * still. Where other readers go on, open connections are left to them.
 */
void book_finish(struct book *first, u64 now);

/* Behind the last record: the scans that go on are over. */
void book_finish_scans(struct book *b);

/* Safe on a zeroed book, and on one that could not be opened. */
void book_close(struct book *b);

#endif
