// SPDX-License-Identifier: GPL-2.0-or-later
#include "suspect_table.h"

#include <string.h>

/* Records of a scan become final so late at most that its source is worth keeping; ns. */
static const u64 keep_flags = 600000000000ULL;

static u32 first_way(u64 hash)
{
	return (u32)hash % (SCAN_SUSPECTS / SCAN_WAYS) * SCAN_WAYS;
}

static u32 tag_of(u64 hash)
{
	return (u32)(hash >> 32) | 1;
}

struct suspect *suspect_table_find(struct suspect_table *t, const union address *source, enum scan_kind kind,
				   u64 hash)
{
	u32 first = first_way(hash);

	for (u32 i = first; i < first + SCAN_WAYS; i++)
		if (t->tags[i] == tag_of(hash) && t->places[i].kind == kind &&
		    !memcmp(&t->places[i].source, source, sizeof(*source)))
			return &t->places[i];
	return NULL;
}

enum worth suspect_worth(const struct suspect *p, u64 now)
{
	if (p->scanner && !p->scanner->over)
		return WORTH_A_SCAN;
	if (p->flags[0].end && (now < p->last || now - p->last <= keep_flags))
		return WORTH_FLAGS;
	return now > p->begin && now - p->begin > SCAN_MINUTE ? WORTH_NOTHING : WORTH_A_MINUTE;
}

static u64 rank_of(const struct suspect *p, u64 now)
{
	return (u64)suspect_worth(p, now) << 62 | (u64)p->count << 56 | p->last >> 8;
}

struct suspect *suspect_table_place(struct suspect_table *t, u64 hash, u64 now)
{
	u32 first = first_way(hash), chosen = first;

	for (u32 i = first; i < first + SCAN_WAYS && t->tags[chosen]; i++)
		if (!t->tags[i] || rank_of(&t->places[i], now) < rank_of(&t->places[chosen], now))
			chosen = i;
	return &t->places[chosen];
}

void suspect_table_put(struct suspect_table *t, struct suspect *place, const union address *source,
		       enum scan_kind kind, u64 hash, u64 now)
{
	memset(place, 0, offsetof(struct suspect, sample));
	place->latest.generation = 0;
	place->source = *source;
	place->kind = kind;
	place->begin = place->last = now;
	t->tags[place - t->places] = tag_of(hash);
}
