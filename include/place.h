/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where in the connection table the record of a key belongs, by its hash. */
#ifndef SYNSCOPE_PLACE_H
#define SYNSCOPE_PLACE_H

#include "bucket.h"

/*
 * A keyed multiply over pairs of 32-bit words (the NH function of UMAC, RFC 4418 section 5.2.2) with a
 * final mix: who does not know the seed can't aim at a bucket. A word of the lower address is paired with
 * the higher one's; of IPv4 addresses only the words that differ between them are looked at.
 */
ALWAYS_INLINE u64 hash_pair(u64 a, u64 b, u32 pair)
{
	const volatile u32 *seed = (const volatile u32 *)(const volatile void *)config_current()->hash_seed;

	return (u64)((u32)a + seed[2 * pair]) * ((u32)b + seed[2 * pair + 1]);
}

/* Of ports in sequence the sums are, too: without the shift many of them would meet in a few buckets. */
ALWAYS_INLINE u64 hash_finish(u64 sum)
{
	return (sum ^ sum >> 29) * (config_current()->hash_seed[5] | 1);
}

/* The last words of two mapped addresses, and key.ports_and_vlans. */
ALWAYS_INLINE u64 hash_ipv4(u64 low, u64 high, u64 ports_and_vlans)
{
	return hash_finish(hash_pair(low, high, 0) + hash_pair(ports_and_vlans, ports_and_vlans >> 32, 1));
}

ALWAYS_INLINE u64 hash_ipv6(const u64 *low, const u64 *high, u64 ports_and_vlans)
{
	return hash_finish(hash_pair(low[1] >> 32, high[1] >> 32, 0) +
			   hash_pair(ports_and_vlans, ports_and_vlans >> 32, 1) +
			   hash_pair(low[0], high[0], 2) + hash_pair(low[0] >> 32, high[0] >> 32, 3) +
			   hash_pair(low[1], high[1], 4));
}

ALWAYS_INLINE u64 hash_key(const struct connection_key *key)
{
	if (is_ipv4_mapped(&key->low) && is_ipv4_mapped(&key->high))
		return hash_ipv4(key->low.halves[1] >> 32, key->high.halves[1] >> 32, key->ports_and_vlans);
	return hash_ipv6(key->low.halves, key->high.halves, key->ports_and_vlans);
}

/* The higher a bit of the hash, the more it depends on: the bucket is taken from the upper half. */
ALWAYS_INLINE struct place place_of_hash(u64 hash)
{
	struct place p;

	hash >>= 29;
	p.way = hash & (WAYS - 1);
	p.bucket = (u32)(hash >> 3) & (config_current()->buckets - 1);
	p.tag = (u16)(hash >> 19) | 1;

	return p;
}

ALWAYS_INLINE struct place place_of(const struct connection_key *key)
{
	return place_of_hash(hash_key(key));
}

#endif
