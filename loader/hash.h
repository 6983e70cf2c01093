/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The finalizer of MurmurHash3 (Austin Appleby, public domain): each bit of `v` moves each bit of the result.
 */
#ifndef SYNSCOPE_HASH_H
#define SYNSCOPE_HASH_H

#include "platform.h"

ALWAYS_INLINE u64 hash_mix(u64 v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ULL;
	return v ^ v >> 33;
}

#endif
