/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue of times: which slot has something due first. A heap; each slot is in it once at most. */
#ifndef SYNSCOPE_DEADLINES_H
#define SYNSCOPE_DEADLINES_H

#include "platform.h"

struct deadline {
	u64 at;	   /* ns */
	u64 start; /* ns; among equals the connection that began first comes first */
	u32 slot;  /* below deadlines.slots */
};

/*
 * Of the heap: what is first comes, once it is gone, from the places 1 to that. Four, since each step down
 * the heap is a line of memory that is not in the cache: half as many as with two.
 */
enum { DEADLINE_CHILDREN = 4 };

/*
 * Of each slot its place in the heap, plus one; 0: not in it. They lie where the owner of the queue looks
 * anyway: the first at `first`, each `apart` bytes behind the one before; all 0 in the beginning.
 */
struct places {
	u32 *first;
	size_t apart;
};

struct deadlines {
	struct deadline *heap; /* of `count`; there is room for `slots` */
	struct places places;
	u32 count;
	u32 slots;
};

/* Room for `slots` slots. 0, or -ENOMEM. */
int deadlines_open(struct deadlines *d, u32 slots, struct places places);

/* Safe on a zeroed queue. */
void deadlines_close(struct deadlines *d);

/* Sets or moves a slot's deadline. */
void deadlines_set(struct deadlines *d, u32 slot, u64 at, u64 start);

/* The same, unless the slot's deadline is earlier already. */
void deadlines_set_at_latest(struct deadlines *d, u32 slot, u64 at, u64 start);

/* Does nothing where the slot has none. */
void deadlines_remove(struct deadlines *d, u32 slot);

/* The earliest, or NULL. */
const struct deadline *deadlines_first(const struct deadlines *d);

/*
 * All of them, `count`, in the order of their start. It is a queue no longer: only to be cleared or closed.
 */
const struct deadline *deadlines_by_start(struct deadlines *d);

/* Empties it. */
void deadlines_clear(struct deadlines *d);

#endif
