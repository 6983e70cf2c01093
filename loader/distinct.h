/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many different things there were: a set of 56-bit hashes, each with a note of eight bits. It is exact
 * up to DISTINCT_MOST members (two different things with one hash: once in 10^8 full sets), takes memory as
 * it grows, from a purse that several sets share, and refuses members where either is used up.
 */
#ifndef SYNSCOPE_DISTINCT_H
#define SYNSCOPE_DISTINCT_H

#include "platform.h"

/* All ports of one host. */
enum { DISTINCT_MOST = 65536 };

struct distinct {
	u64 *slots; /* open addressing; 0: free; the hash, with the note in its low eight bits */
	u32 room;   /* a power of two, or 0; at most half of it is taken */
	u32 count;
};

enum { DISTINCT_NOTE = 0xff };

/* The member's slot, or NULL where it is none. `hash`: any 64 bits, of which the low eight do not count. */
u64 *distinct_find(const struct distinct *d, u64 hash);

/*
 * The member's slot; a new one has note 0, and *added is set. NULL: no room. *purse: bytes that may still be
 * taken.
 */
u64 *distinct_add(struct distinct *d, u64 hash, size_t *purse, bool *added);

/* Gives the memory back. */
void distinct_release(struct distinct *d, size_t *purse);

#endif
