/* SPDX-License-Identifier: GPL-2.0-only */
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
 * a new connection writes one segment's numbers into the wrong record. That takes a bucket without a
 * free way, an expired or half-open victim, and a segment of that victim within the same microsecond;
 * it can falsify a count of two connections, never memory.
 */
#ifndef SYNSCOPE_TABLE_H
#define SYNSCOPE_TABLE_H

#include "bucket.h"

enum { LOCK_TRIES = 64 };

/* A key's place: the bucket, the way to try first, and the tag that stands for the key. */
struct place {
	u32 bucket;
	u32 way;
	u16 tag; /* never 0 */
};

/*
 * A keyed multiply over pairs of 32-bit halves (the NH function of UMAC, RFC 4418 section 5.2.2) with
 * a final mix: who does not know the seed can't aim at a bucket.
 */
ALWAYS_INLINE u64 hash_key(const struct connection_key *key, const volatile u64 *seed)
{
	const u64 *words = (const u64 *)(const void *)key;
	u64 sum = 0;

	for (u32 i = 0; i < sizeof(*key) / sizeof(u64); i++)
		sum += (u64)((u32)words[i] + (u32)seed[i]) * (u32)((words[i] >> 32) + (seed[i] >> 32));
	sum ^= seed[5];
	sum ^= sum >> 32;
	sum *= seed[6] | 1;
	sum ^= sum >> 29;
	return sum;
}

ALWAYS_INLINE struct place place_of(const struct connection_key *key)
{
	u64 hash = hash_key(key, config_current()->hash_seed);
	struct place p = {
		.bucket = (u32)hash & (config_current()->buckets - 1),
		.way = hash >> 32 & (WAYS - 1),
		.tag = (u16)(hash >> 40) | 1,
	};

	return p;
}

ALWAYS_INLINE bool key_equal(const struct connection_key *a, const struct connection_key *b)
{
	const u64 *x = (const u64 *)(const void *)a;
	const u64 *y = (const u64 *)(const void *)b;

	return x[4] == y[4] && x[3] == y[3] && x[1] == y[1] && x[0] == y[0] && x[2] == y[2];
}

/* The way that holds a key, other than the preferred one; WAYS where there is none. */
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

/* The order in which ways are given up; within a class the oldest goes first. */
enum victim { VICTIM_FREE, VICTIM_EXPIRED, VICTIM_HALF_OPEN, VICTIM_CLOSED, VICTIM_NONE };

ALWAYS_INLINE enum victim victim_class(const struct connection *c, u64 now)
{
	if (is_expired(c, config_current(), now))
		return VICTIM_EXPIRED;
	if (c->state & CLOSED_ONCE)
		return VICTIM_CLOSED;
	return c->state & (ESTABLISHED_ONCE | MIDSTREAM) ? VICTIM_NONE : VICTIM_HALF_OPEN;
}

/* The way that a new connection takes: WAYS where the bucket is full of live ones. */
VERIFIED_ALONE u32 choose_way(struct bucket *b, u32 preferred, u64 now)
{
	enum { CLASS_SHIFT = 61 };
	u64 best = (u64)VICTIM_NONE << CLASS_SHIFT;
	u32 chosen = WAYS;

	if (!b)
		return WAYS;
	if (!b->tags[preferred & (WAYS - 1)])
		return preferred & (WAYS - 1);
	for (u32 i = 0; i < WAYS; i++) {
		struct connection *c = &b->ways[i];
		u64 rank = 0;

		if (b->tags[i])
			rank = (u64)victim_class(c, now) << CLASS_SHIFT | (last_seen(c) >> 3) | 1;
		if (rank < best) {
			best = rank;
			chosen = i;
		}
		hide_value(chosen);
	}
	return chosen;
}

/* Takes a record out: counts its end and hands the record to the reader, before the slot is used anew. */
VERIFIED_ALONE int retire(struct connection *c, u32 slot, u32 reason, u64 now)
{
	struct counters *n = counters_current();
	struct final_record *f;

	if (!c || !n)
		return 0;
	count_retired(c->state, reason, n);
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
	ring_submit(f);
	return 0;
}

ALWAYS_INLINE bool bucket_lock(struct bucket *b)
{
	for (int i = 0; i < LOCK_TRIES; i++)
		if (!atomic_exchange_value(&b->lock, 1))
			return true;
	return false;
}

ALWAYS_INLINE void bucket_unlock(struct bucket *b)
{
	atomic_exchange_value(&b->lock, 0);
}

#endif
