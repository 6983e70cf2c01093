/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes for tables in memory, where a 64-bit one is enough. */
#ifndef SYNSCOPE_HASH_H
#define SYNSCOPE_HASH_H

#include "connection.h"

/*
 * The finalizer of MurmurHash3 (Austin Appleby, public domain): each bit of `v` moves each bit of the result.
 */
ALWAYS_INLINE u64 hash_mix(u64 v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ULL;
	return v ^ v >> 33;
}

/* `seed`: what whoever chooses the address does not know. */
ALWAYS_INLINE u64 hash_address(const union address *a, u64 seed)
{
	return hash_mix(a->halves[0] ^ hash_mix(a->halves[1] ^ seed));
}

#endif
