/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arithmetic of counts and of times in nanoseconds, which have no sign. */
#ifndef SYNSCOPE_ARITHMETIC_H
#define SYNSCOPE_ARITHMETIC_H

#include "platform.h"

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_SECOND = 1000000000 };

ALWAYS_INLINE u64 max_u64(u64 a, u64 b)
{
	return a > b ? a : b;
}

ALWAYS_INLINE u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

/*
 * What is left of a whole, 0 at least: time may step back, and of counters that are read while they grow a
 * part may be larger than its whole.
 */
ALWAYS_INLINE u64 saturating_subtract(u64 whole, u64 part)
{
	return whole > part ? whole - part : 0;
}

#endif
