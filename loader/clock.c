// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include <stdint.h>
#include <time.h>

#include "arithmetic.h"

static u64 read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (u64)t.tv_sec * NS_PER_SECOND + (u64)t.tv_nsec;
}

u64 clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/* The wall clock is read between two readings of the other one; the closest pair of several counts. */
s64 clock_wall_offset(void)
{
	enum { TRIES = 8 };
	u64 closest = UINT64_MAX;
	s64 offset = 0;

	for (int i = 0; i < TRIES; i++) {
		u64 before = read_clock(CLOCK_MONOTONIC), wall = read_clock(CLOCK_REALTIME);
		u64 window = read_clock(CLOCK_MONOTONIC) - before;

		if (window >= closest)
			continue;
		closest = window;
		offset = (s64)(wall - before - window / 2);
	}
	return offset;
}
