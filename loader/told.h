/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the tails of an attachment have come, so that the next one goes on where the last one ended: the
 * table keeps a record long after it was told. A map beside the other pins, which each tail maps: what it
 * writes stays, however it ends.
 */
#ifndef SYNSCOPE_TOLD_H
#define SYNSCOPE_TOLD_H

#include "event.h"

struct told {
	struct event rest; /* what --count left of the last event that was read; without kinds: nothing */
	u64 silence_until; /* ns; what had been silent for too long before then was told as an event */
	u64 losses_until;  /* ns; what was lost until then was told; 0: nothing was */
	u64 lost[EVENT_KINDS];
	u64 lost_records;
	u32 generation[]; /* of each slot: of the last connection whose record was told; 0: none was */
};

ALWAYS_INLINE size_t told_size(u32 slots)
{
	return sizeof(struct told) + slots * sizeof(u32);
}

/* Of two connections of one slot. */
ALWAYS_INLINE bool is_newer_generation(u32 generation, u32 than)
{
	return (s32)(generation - than) > 0;
}

struct pin;

/*
 * Maps it; the first tail makes it. So it takes memory only where somebody tails, and what was attached
 * before there was any has it, too. For the one who has the reader's place. NULL: said.
 */
struct told *told_open(const struct pin *p, u32 slots);

/* Safe on NULL. */
void told_close(struct told *t, u32 slots);

/* What was noted since it is known that all of it was written. Zeroed in the beginning. */
struct told_notes {
	struct told_note {
		u32 slot;
		u32 before; /* what stood there */
	} * notes;
	u32 count;
	u32 room;
};

/*
 * The record of a slot's connection is told, unless a newer one was: one from the ring may be older than one
 * that was told from the table.
 */
void told_note(struct told *t, struct told_notes *n, u32 slot, u32 generation);

/* All of it was written. */
void told_confirm(struct told_notes *n);

/* It was not: the next tail tells them anew, the latest first taken back. */
void told_take_back(struct told *t, struct told_notes *n);

#endif
