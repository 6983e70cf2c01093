/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that a sender skipped. They may come yet: sent again because they were lost on their way here, or
 * overtaken. Once they are acknowledged they were missed: only the receiver saw them (Zeek's missed_bytes).
 *
 * A direction remembers how many bytes are missing, and one interval in which all lie that may still come.
 * Of a number within it is known how much is missing altogether, not on which side; so what is said to be
 * missed is the least that must be. Where bytes that were seen come again between two holes, they are taken
 * for missing ones: then it is less than it should be. It is never more.
 *
 * Places are distances back from the direction's `next`, since a hole that is over may lie more than half of
 * all sequence numbers behind.
 */
#ifndef SYNSCOPE_HOLE_H
#define SYNSCOPE_HOLE_H

#include "arithmetic.h"
#include "connection.h"

/* How many of the missing bytes must lie below a number, most often one that was acknowledged. */
ALWAYS_INLINE u64 missing_below(const struct direction_quality *q, u32 next, u32 number)
{
	u32 begin = next - q->hole_low, end = next - q->hole_high, place = next - number;
	u32 above;

	if ((s32)place <= 0 || place <= end)
		return q->missing;
	above = (place < begin ? place : begin) - end;
	return saturating_subtract(q->missing, above);
}

/* Whether bytes are missing that nobody acknowledged yet. */
ALWAYS_INLINE bool hole_is_open(const struct direction_quality *q, u32 next, u32 acknowledged)
{
	return missing_below(q, next, acknowledged) != q->missing;
}

/* The sender goes on at `to` instead of `next`. Of a hole that was acknowledged nothing is to come any more.
 */
ALWAYS_INLINE void open_hole(struct direction_quality *q, u32 next, u32 to, u32 acknowledged)
{
	if (!hole_is_open(q, next, acknowledged))
		q->hole_low = next;
	q->hole_high = to;
	q->missing += to - next;
}

/* What may still come of the hole will not: it was never skipped. */
ALWAYS_INLINE void drop_hole(struct direction_quality *q)
{
	q->missing = saturating_subtract(q->missing, q->hole_high - q->hole_low);
	q->hole_high = q->hole_low;
}

/* What of an old segment comes late into a hole. False: nothing of it does. */
ALWAYS_INLINE bool fill_hole(struct direction_quality *q, u32 next, u32 seq, u32 end)
{
	u32 begin = next - q->hole_low, over = next - q->hole_high;
	u32 from = next - seq < begin ? next - seq : begin, to = next - end > over ? next - end : over;

	if (!q->missing || from <= to)
		return false;
	q->missing = saturating_subtract(q->missing, from - to);
	if (from == begin)
		q->hole_low = next - to;
	else if (to == over)
		q->hole_high = next - from;
	return true;
}

#endif
