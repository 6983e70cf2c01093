/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The suspects, of which there are SCAN_SUSPECTS at most, however many sources are forged. A suspect has one
 * of SCAN_WAYS places, neighbours, which the hash of its source and kind names; it stays in it until another
 * needs it. Where a new one needs a place and none is free, that goes which has the least to say: whose
 * minute is over, then who tried the fewest targets, then who was quiet for longest; those who scan go last.
 *
 * Who gives up a suspect may have a scan to end first: the table says which place is next, and the caller
 * puts the new one there.
 *
 * Always: no two suspects have the same source and kind; tags[i] is 0 exactly where places[i].kind is
 * SCAN_NONE; a place that was taken once is never free again.
 */
#ifndef SYNSCOPE_SUSPECT_TABLE_H
#define SYNSCOPE_SUSPECT_TABLE_H

#include "suspect.h"

enum {
	SCAN_SUSPECTS = 2048,
	SCAN_WAYS = 8, /* places in which one suspect may be kept */
};

_Static_assert(SCAN_SUSPECTS % SCAN_WAYS == 0 && SCAN_SUSPECTS % 64 == 0, "whole groups, and whole words");

/* Zeroed before use. */
struct suspect_table {
	u32 tags[SCAN_SUSPECTS]; /* of the hash, so that few places are looked at; 0: the place is free */
	struct suspect places[SCAN_SUSPECTS];
	u64 undecided[SCAN_SUSPECTS /
		      64]; /* bits: enough targets, whose silence may come to prove something */
};

/* In what order suspects are given up. */
enum worth {
	WORTH_NOTHING,	/* its minute is over */
	WORTH_A_MINUTE, /* which goes on */
	WORTH_FLAGS,	/* it scanned, and records of that may still become final */
	WORTH_A_SCAN,	/* which goes on */
};

/* `now`: ns. */
enum worth suspect_worth(const struct suspect *p, u64 now);

/* NULL: it is none. `hash`, here and below: of source and kind, such as no attacker can foresee. */
struct suspect *suspect_table_find(struct suspect_table *t, const union address *source, enum scan_kind kind,
				   u64 hash);

/*
 * The place for a suspect that is none yet: a free one (its kind is SCAN_NONE), or that of the one with the
 * least to say at `now` (ns).
 */
struct suspect *suspect_table_place(struct suspect_table *t, u64 hash, u64 now);

/*
 * Puts a suspect, whose minute begins at `now` (ns), into the place that suspect_table_place() gave for it.
 */
void suspect_table_put(struct suspect_table *t, struct suspect *place, const union address *source,
		       enum scan_kind kind, u64 hash, u64 now);

/* `p`: a place of the table. */
ALWAYS_INLINE void suspect_table_set_undecided(struct suspect_table *t, const struct suspect *p,
					       bool undecided)
{
	size_t i = (size_t)(p - t->places);

	t->undecided[i / 64] &= ~(1ULL << i % 64);
	t->undecided[i / 64] |= (u64)undecided << i % 64;
}

#endif
