/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gives way to a new connection where a bucket is full. The line of tags has a hint of each record: its
 * class, and when its time is over. So a victim is found in one cache line instead of three in each of eight
 * records. A hint may be behind its record, since segments that change nothing do not renew it: whoever takes
 * a way looks at the record before.
 */
#ifndef SYNSCOPE_VICTIM_H
#define SYNSCOPE_VICTIM_H

#include "bucket.h"

/*
 * The order in which ways are given up; within a class, the one whose time is over first. What is closed and
 * never was open (refused, a probe, a stray and its answer) goes early: all of it is told. So is what a
 * closed one has to say, while a handshake that loses its record makes three of one connection: it goes
 * later, unless there are many. What looks open, but was never answered, may be forged from end to end: it
 * goes before a connection is left untracked.
 */
enum victim {
	VICTIM_FREE,
	VICTIM_EXPIRED,
	VICTIM_NEVER_OPEN,
	VICTIM_ONE_OF_MANY, /* a half-open one, where a bucket has HALF_OPEN_MANY */
	VICTIM_CLOSED,
	VICTIM_HALF_OPEN,
	VICTIM_ONE_SIDED,
	VICTIM_NONE,
};

/*
 * A handshake takes a moment: in ordinary traffic hardly ever so many meet in a bucket that is full. A
 * flood's do, and then displace one another; so many ways it takes from closed ones.
 */
enum { HALF_OPEN_MANY = WAYS / 2 };

/* Whether each endpoint sent what only one with a connection sends: a lone RST answers what is stray. */
ALWAYS_INLINE bool both_took_part(u64 state)
{
	return both(state, SAW_SEGMENT) && !only_reset(state, ORIGINATOR) && !only_reset(state, RESPONDER);
}

ALWAYS_INLINE bool was_never_open(u64 state)
{
	return state & CLOSED_ONCE && !(state & ESTABLISHED_ONCE) &&
	       !(either(state, SAW_DATA) && both_took_part(state));
}

/* One segment that belongs to no connection in the table may be forged: a second one proves it. */
ALWAYS_INLINE bool is_unproven(const struct connection *c)
{
	return c->state & MIDSTREAM && c->half[0].segments + c->half[1].segments <= 1;
}

/* The class of a record whose time is not over. */
ALWAYS_INLINE enum victim victim_class(const struct connection *c)
{
	if (c->state & CLOSED_ONCE)
		return was_never_open(c->state) ? VICTIM_NEVER_OPEN : VICTIM_CLOSED;
	if (!(c->state & (ESTABLISHED_ONCE | MIDSTREAM)) || is_unproven(c))
		return VICTIM_HALF_OPEN;
	if (config_current()->one_way) {
		if (either(c->state, SAW_FIN)) /* it is over, as far as it can be seen */
			return VICTIM_CLOSED;
		return c->state & MIDSTREAM ? VICTIM_ONE_SIDED : VICTIM_NONE;
	}
	return both_took_part(c->state) ? VICTIM_NONE : VICTIM_ONE_SIDED;
}

/*
 * A hint: the class in its upper bits, and below the moment when the record's time is over, in units of about
 * a millisecond. 0: the way is free. The units wrap after three days, so a deadline further ahead than any
 * can be is one that has passed; none is put further ahead than half of that.
 */
enum { HINT_CLASS_SHIFT = 28, HINT_TIME_SHIFT = 20 };
enum { HINT_TIME_MASK = (1 << HINT_CLASS_SHIFT) - 1, HINT_TIME_MAX = HINT_TIME_MASK / 2 };

ALWAYS_INLINE u32 hint_time(u64 ns)
{
	return (u32)(ns >> HINT_TIME_SHIFT) & HINT_TIME_MASK;
}

/* How far ahead a deadline is put. */
ALWAYS_INLINE u32 hint_span(u64 kept)
{
	return kept >> HINT_TIME_SHIFT < HINT_TIME_MAX ? (u32)(kept >> HINT_TIME_SHIFT) + 1 : HINT_TIME_MAX;
}

ALWAYS_INLINE u32 hint_longest_span(void)
{
	return hint_span(max_u64(config_current()->idle_timeout,
				 max_u64(config_current()->time_wait, config_current()->linger)));
}

/* The hint of a record of which something was seen just now. */
ALWAYS_INLINE u32 hint_of(const struct connection *c, u64 now)
{
	u32 span = hint_span(c->state & CLOSED_ONCE ? kept_after_close(c->state, config_current())
						    : config_current()->idle_timeout);

	return (u32)victim_class(c) << HINT_CLASS_SHIFT | ((hint_time(now) + span) & HINT_TIME_MASK);
}

/*
 * Lower is given up first; from VICTIM_NONE on, not at all. `longest` is how far ahead a deadline can be;
 * another CPU's clock may be a unit ahead. Without branches: they would be mispredicted.
 */
ALWAYS_INLINE u32 hint_rank(u32 hint, u32 now, u32 longest)
{
	u32 left = (hint - now) & HINT_TIME_MASK, class = hint >> HINT_CLASS_SHIFT;
	u32 over = -((longest + 1 - left) >> 31), used = -((hint | -hint) >> 31);

	hide_value(over); /* else both are seen to be comparisons, and made into branches */
	hide_value(used);
	class ^= (class ^ VICTIM_EXPIRED) & over;
	return (class << HINT_CLASS_SHIFT | left) & used;
}

/* Whether the record in a way may go, and is no more worth than its hint says. */
ALWAYS_INLINE bool may_go(const struct bucket *b, u32 way, u64 now)
{
	const struct connection *c = &b->ways[way & (WAYS - 1)];
	u32 class = victim_class(c);

	if (!b->tags[way & (WAYS - 1)] || is_expired(c, config_current(), now))
		return true;
	return class != VICTIM_NONE && class <= b->hints[way & (WAYS - 1)] >> HINT_CLASS_SHIFT;
}

/* A rank and its way in one number: so the lower of two is found by arithmetic, and brings its way along. */
enum { RANKED_WAY_BITS = 4 };

ALWAYS_INLINE u64 ranked_way(u32 rank, u32 way)
{
	return (u64)rank << RANKED_WAY_BITS | way;
}

/* Neither of them has its highest bit set. */
ALWAYS_INLINE u64 lower_ranked(u64 a, u64 b)
{
	u64 b_is_lower = -((b - a) >> 63);

	hide_value(b_is_lower); /* else it is seen to be a comparison, and made into a branch */
	return a ^ ((a ^ b) & b_is_lower);
}

/* 1 if a rank or hint is of that class, without a branch. */
ALWAYS_INLINE u32 has_class(u32 hint, enum victim class)
{
	u32 differ = hint >> HINT_CLASS_SHIFT ^ class;

	hide_value(differ); /* else it is seen to be a comparison, and made into a branch */
	return (differ - 1) >> 31;
}

/* The lowest rank that the hints name, with its way: WAYS where all are of live ones. */
ALWAYS_INLINE u64 lowest_of_hints(const struct bucket *b, u64 now, bool many_half_open)
{
	u64 best = ranked_way((VICTIM_NONE << HINT_CLASS_SHIFT) - 1, WAYS);
	u32 units = hint_time(now), longest = hint_longest_span();
	const u32 earlier = (u32)(VICTIM_HALF_OPEN - VICTIM_ONE_OF_MANY) << HINT_CLASS_SHIFT;

	for (u32 i = 0; i < WAYS; i++) {
		u32 rank = hint_rank(b->hints[i], units, longest);

		if (many_half_open)
			rank -= has_class(rank, VICTIM_HALF_OPEN) * earlier;
		best = lower_ranked(best, ranked_way(rank, i));
	}
	return best;
}

/* The best of a bucket with closed ones, and none that would go before them. */
VERIFIED_ALONE u64 spare_closed(const struct bucket *b, u64 now, u64 best)
{
	u32 half_open = 0;

	if (!b)
		return best;
	for (u32 i = 0; i < WAYS; i++)
		half_open += has_class(b->hints[i], VICTIM_HALF_OPEN);
	return half_open < HALF_OPEN_MANY ? best : lowest_of_hints(b, now, true);
}

/* The way that the hints name: WAYS where all are of live ones. */
VERIFIED_ALONE u32 choose_by_hints(const struct bucket *b, u64 now)
{
	u64 best;

	if (!b)
		return WAYS;
	best = lowest_of_hints(b, now, false);
	if (best >> (RANKED_WAY_BITS + HINT_CLASS_SHIFT) == VICTIM_CLOSED)
		best = spare_closed(b, now, best);
	return best & ((1 << RANKED_WAY_BITS) - 1);
}

/* Of records that are worth more than their hints say, or were seen since: class and time anew. */
VERIFIED_ALONE int renew_hints(struct bucket *b, u64 now)
{
	bool told = hint_span(config_current()->idle_timeout) < HINT_TIME_MAX;

	if (!b)
		return 0;
	for (u32 i = 0; i < WAYS; i++)
		if (!may_go(b, i, now)) /* else a hint can't tell so long a silence */
			b->hints[i] = hint_of(&b->ways[i], told ? last_seen(&b->ways[i]) : now);
	return 0;
}

/*
 * The way that a new connection takes: the preferred one where it is free; WAYS where all are of live ones.
 */
ALWAYS_INLINE u32 choose_way(struct bucket *b, u32 preferred, u64 now)
{
	u32 way;

	hide_value(preferred); /* else the mask is dropped, and the verifier forgot the range */
	if (!b->tags[preferred & (WAYS - 1)])
		return preferred;
	way = choose_by_hints(b, now);
	if (way >= WAYS || may_go(b, way, now))
		return way;
	renew_hints(b, now);
	way = choose_by_hints(b, now);
	return way < WAYS && may_go(b, way, now) ? way : WAYS;
}

#endif
