// SPDX-License-Identifier: GPL-2.0-or-later
#include "distinct.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_FIRST = 32 };

/* A member is never 0, which means free. */
static u64 member_of(u64 hash)
{
	return (hash & ~(u64)DISTINCT_NOTE) | (hash >> 8 ? 0 : (u64)DISTINCT_NOTE + 1);
}

/* The member's slot, or the free one where it belongs. There is always a free one. */
static u64 *slot_of_member(u64 *slots, u32 room, u64 member)
{
	u32 at = (u32)(member >> 32) & (room - 1);

	while (slots[at] && (slots[at] & ~(u64)DISTINCT_NOTE) != member)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

u64 *distinct_find(const struct distinct *d, u64 hash)
{
	u64 *slot;

	if (!d->room)
		return NULL;
	slot = slot_of_member(d->slots, d->room, member_of(hash));
	return *slot ? slot : NULL;
}

static bool grow(struct distinct *d, size_t *purse)
{
	u32 room = d->room ? 2 * d->room : ROOM_FIRST;
	size_t more = (room - d->room) * sizeof(*d->slots);
	u64 *slots;

	if (room > 2 * DISTINCT_MOST || more > *purse)
		return false;
	slots = calloc(room, sizeof(*slots));
	if (!slots)
		return false;
	for (u32 i = 0; i < d->room; i++)
		if (d->slots[i])
			*slot_of_member(slots, room, d->slots[i] & ~(u64)DISTINCT_NOTE) = d->slots[i];
	free(d->slots);
	d->slots = slots;
	d->room = room;
	*purse -= more;
	return true;
}

u64 *distinct_add(struct distinct *d, u64 hash, size_t *purse, bool *added)
{
	u64 *slot = distinct_find(d, hash);

	*added = false;
	if (slot)
		return slot;
	if (d->count * 2 >= d->room && !grow(d, purse))
		return NULL;
	slot = slot_of_member(d->slots, d->room, member_of(hash));
	*slot = member_of(hash);
	d->count++;
	*added = true;
	return slot;
}

void distinct_release(struct distinct *d, size_t *purse)
{
	*purse += d->room * sizeof(*d->slots);
	free(d->slots);
	memset(d, 0, sizeof(*d));
}
