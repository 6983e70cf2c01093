/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole reads of records that other CPUs may be writing. */
#ifndef SYNSCOPE_SNAPSHOT_H
#define SYNSCOPE_SNAPSHOT_H

#include "bucket.h"

/* Whether a slot of the table holds a record. */
ALWAYS_INLINE bool table_slot_taken(const struct bucket *table, u32 slot)
{
	return __atomic_load_n(&table[slot / WAYS].tags[slot % WAYS], __ATOMIC_ACQUIRE) != 0;
}

/*
 * For whoever walks through the table: asks for the tags of a bucket that comes later. The next one is 3,136
 * bytes away, in most cases in another page, where no prefetcher of the hardware goes.
 */
ALWAYS_INLINE void table_look_ahead(const struct bucket *table, const struct config *config, u32 bucket)
{
	enum { AHEAD = 16 };

	__builtin_prefetch(&table[(bucket + AHEAD) & (config->buckets - 1)]);
}

/* Asks for the record of a slot that is copied soon: what is waited for then is memory. */
ALWAYS_INLINE void table_expect(const struct bucket *table, u32 slot)
{
	enum { CACHE_LINE = 64 };
	const u8 *record = (const u8 *)&table[slot / WAYS].ways[slot % WAYS];

	__builtin_prefetch(&table[slot / WAYS]);
	for (u32 at = 0; at < sizeof(struct connection); at += CACHE_LINE)
		__builtin_prefetch(record + at);
}

/*
 * Copies the record of a slot. Each direction's block is whole (its version word is even and the same
 * before and after); the parts of a record may be a segment apart. Where a block is being written all the
 * while, as by a CPU that its hypervisor stopped, some of its numbers may be a segment apart, too. False: the
 * slot is free.
 */
bool snapshot(const struct bucket *table, u32 slot, struct connection *c);

#endif
