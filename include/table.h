/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection table: a set-associative cache of records. A bucket is eight ways behind one line of
 * tags; the hash of the key names the bucket and, in it, the preferred way, so that a hit costs the
 * record's own cache misses and few others.
 *
 * Invariant: a way whose tag is 0 is free; any other way holds the record of one connection, and no
 * two ways of the table hold the same key. Tags change only under the bucket's lock, and a record is
 * filled before its tag is set.
 *
 * Races, and why they are accepted: a CPU that found a record just before another CPU gave its way to
 * a new connection takes one segment into the wrong record. That takes a bucket without a free way, a
 * victim (victim.h), and a segment of that victim within the same microsecond; it can falsify what is
 * said of these two connections, the new one's state too, never memory, nor how many began and ended
 * (opening.h).
 */
#ifndef SYNSCOPE_TABLE_H
#define SYNSCOPE_TABLE_H

#include "place.h"

enum { LOCK_TRIES = 64 };

/*
 * Asks for the lines that a segment's connection has most likely, so that they come while other work is done:
 * that of the tags and, where there may be a record, those in the preferred way.
 */
ALWAYS_INLINE void place_approach(const struct place *p, bool opens, u32 from_high)
{
	const struct bucket *b = table_bucket(p->bucket);
	const struct connection *c;

	if (!b)
		return;
	(void)*(const volatile u32 *)&b->lock;
	if (opens)
		return;
	c = &b->ways[p->way & (WAYS - 1)];
	(void)*(const volatile u64 *)&c->state;
	(void)*(const volatile u32 *)&c->half[from_high & 1].version;
}

ALWAYS_INLINE bool key_equal(const struct connection_key *a, const struct connection_key *b)
{
	const u64 *x = (const u64 *)(const void *)a;
	const u64 *y = (const u64 *)(const void *)b;

	return x[4] == y[4] && x[3] == y[3] && x[1] == y[1] && x[0] == y[0] && x[2] == y[2];
}

/* The way that holds a key, found by its tag; WAYS where there is none. */
VERIFIED_ALONE u32 bucket_search(struct bucket *b, const struct connection_key *key, u32 tag)
{
	u32 way = WAYS;

	if (!b || !key)
		return WAYS;
	for (u32 i = 0; i < WAYS; i++)
		if (b->tags[i] == tag && key_equal(&b->ways[i].key, key)) {
			way = i;
			break;
		}
	return way;
}

/*
 * The way that holds a key; WAYS where there is none. The preferred way's record is looked at first:
 * its address is known from the hash alone, so that its cache miss overlaps with the one for the tags.
 */
ALWAYS_INLINE u32 bucket_find(struct bucket *b, const struct place *p, const struct connection_key *key)
{
	u32 way = p->way & (WAYS - 1);

	if (key_equal(&b->ways[way].key, key) && b->ways[way].generation)
		return way;
	return bucket_search(b, key, p->tag);
}

/*
 * Takes a record of that state out: counts its end and hands the record to the reader, before the slot is
 * used anew.
 */
VERIFIED_ALONE int retire(struct connection *c, u64 state, u32 slot, u32 reason, u64 now)
{
	struct counters *n = counters_current();
	struct final_record *f;

	if (!c || !n)
		return 0;
	count_retired(c, state, reason, config_current(), n);
	if (!c->events && reason == FINAL_EVICTED) { /* nobody was told of it: see is_aggregated() */
		n->aggregated_records++;
		return 0;
	}
	f = ring_reserve(sizeof(*f));
	if (!f) {
		n->lost_records++;
		return 0;
	}
	f->item.type = ITEM_FINAL;
	f->item.slot = slot;
	f->time = now;
	f->reason = reason;
	__builtin_memcpy(&f->connection, c, sizeof(*c));
	f->connection.state = state;
	ring_submit(f);
	return 0;
}

ALWAYS_INLINE bool bucket_lock(struct bucket *b)
{
	for (int i = 0; i < LOCK_TRIES; i++)
		if (!exchange(&b->lock, 1))
			return true;
	return false;
}

ALWAYS_INLINE void bucket_unlock(struct bucket *b)
{
	store_release(&b->lock, 0);
}

#endif
