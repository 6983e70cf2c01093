/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One writer at a time. Most often there is no other one, but what is received through veth, loopback or RPS
 * comes by the CPU that handed it on: then two segments of one direction are worked on at once, and the
 * kernel may even change their order.
 */
#ifndef SYNSCOPE_CLAIM_H
#define SYNSCOPE_CLAIM_H

#include "connection.h"
#include "platform.h"

/*
 * Who made `version` odd has the direction. `version` is what it was when the CPU began to look at the
 * direction: where it is not that any more, what was seen is out of date, and nothing is claimed.
 */
ALWAYS_INLINE bool direction_claim(struct direction *me, u32 version)
{
	u32 was;

	if (version & 1)
		return false;
	was = compare_and_swap(&me->version, version, version + 1);
	hide_value(was); /* else clang goes by the exchange's success, which BPF has not */
	return was == version;
}

ALWAYS_INLINE void direction_release(struct direction *me, u32 version)
{
	store_release(&me->version, version + 2);
}

/* What direction_wait() gives where the direction could not be had. */
enum { NOT_CLAIMED = 1 };

/*
 * Waits until somebody else gives the direction back, some 25 microseconds at most: by reading the clock, the
 * slowest thing at hand. It looks seldom, since each look takes the line from who works on it.
 */
VERIFIED_ALONE int wait_for_release(const struct direction *me)
{
	enum { CLOCKS = 1024, CLOCKS_BETWEEN_LOOKS = 64 };

	for (u32 i = 0; me && i < CLOCKS; i++) {
		if ((i < 4 || i % CLOCKS_BETWEEN_LOOKS == 0) && !(*(const volatile u32 *)&me->version & 1))
			break;
		(void)clock_now();
	}
	return 0;
}

/*
 * Waits until the direction is had, and gives the version that was claimed. A CPU has it for a tenth of a
 * microsecond, unless its hypervisor stops it meanwhile: so the wait may take a millisecond. Beyond that the
 * numbers are written without a claim: at worst they are wrong by the segments that met there.
 */
VERIFIED_ALONE u32 direction_wait(struct direction *me)
{
	enum { TRIES = 48 };

	for (u32 i = 0; me && i < TRIES; i++) {
		u32 version = *(volatile u32 *)&me->version;

		if (direction_claim(me, version))
			return version;
		wait_for_release(me);
	}
	return NOT_CLAIMED;
}

#endif
