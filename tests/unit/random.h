/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers that are the same in every run: xorshift32 (Marsaglia, 2003). */
#ifndef SYNSCOPE_TESTS_RANDOM_H
#define SYNSCOPE_TESTS_RANDOM_H

#include "platform.h"

/* The latest number; a test begins its series by setting it to anything but 0. */
static u32 seed;

/* 0 to n - 1. */
static inline u32 random_below(u32 n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

#endif
