// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot.h"

#include <string.h>

enum { TRIES = 64 };

static u32 version(const struct connection *c, u32 half)
{
	return __atomic_load_n(&c->half[half].version, __ATOMIC_ACQUIRE);
}

static u32 generation(const struct connection *c)
{
	return __atomic_load_n(&c->generation, __ATOMIC_ACQUIRE);
}

/* One copy; true where no direction was written meanwhile, and no other connection took the place. */
static bool copy_whole(const struct connection *from, struct connection *c)
{
	u32 whose = generation(from), before[ENDPOINTS] = {version(from, 0), version(from, 1)};

	memcpy(c, from, sizeof(*c));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return !(before[0] & 1) && !(before[1] & 1) && version(from, 0) == before[0] &&
	       version(from, 1) == before[1] && generation(from) == whose;
}

bool snapshot(const struct bucket *table, u32 slot, struct connection *c)
{
	const struct connection *from = &table[slot / WAYS].ways[slot % WAYS];

	for (int i = 0; i < TRIES; i++) {
		if (!table_slot_taken(table, slot))
			return false;
		if (copy_whole(from, c) && table_slot_taken(table, slot))
			return true;
	}
	return table_slot_taken(table, slot);
}
