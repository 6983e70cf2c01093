/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which events a segment makes, and how they are told: into the ring, or into the counters of what was lost.
 */
#ifndef SYNSCOPE_TELLING_H
#define SYNSCOPE_TELLING_H

#include "config.h"
#include "connection.h"
#include "counters.h"
#include "event.h"
#include "sighting.h"
#include "states.h"

/*
 * Events of kinds that change nothing, for one connection, within a period of 2^30 ns, a little over a
 * second, on the records' clock. Around the end of one, those of two may pass.
 */
enum { REPEATS_PER_PERIOD = 4, REPEAT_PERIOD_SHIFT = 30, REPEAT_COUNT_BITS = 4 };

ALWAYS_INLINE bool endpoints_moved(u64 old, u64 state)
{
	return (old ^ state) & ((1ULL << STATE_FLAGS_SHIFT) - 1);
}

ALWAYS_INLINE u32 kinds_of_change(u64 set, enum endpoint from)
{
	u32 kinds = 0;

	if (set & ESTABLISHED_ONCE)
		kinds |= 1 << EVENT_ESTABLISHED;
	if (set & SAW_DATA << from)
		kinds |= 1 << EVENT_DATA;
	if (set & FIN_ACKED << other_endpoint(from))
		kinds |= 1 << EVENT_FIN_ACKED;
	if (set & SAW_FIN << from)
		kinds |= 1 << EVENT_FIN;
	if (set & CLOSED_ONCE)
		kinds |= 1 << EVENT_CLOSED;
	if (set & ACK_WRONG)
		kinds |= 1 << EVENT_SEGMENT;
	return kinds;
}

/* What a segment is, whether it changed something or not. */
ALWAYS_INLINE u32 kinds_of_segment(const struct segment *s, u32 facts)
{
	u32 kinds = 0;

	if (s->flags & TCP_RST)
		kinds |= 1 << EVENT_RST;
	else if (s->flags & TCP_SYN && !(facts & (FACT_RETRANSMITTED | FACT_DUPLICATE)))
		kinds |= s->flags & TCP_ACK ? 1 << EVENT_SYN_ACK : 1 << EVENT_SYN;
	else if (s->flags & TCP_FIN && !(facts & (FACT_FIN_FITS | FACT_RETRANSMITTED | FACT_DUPLICATE)))
		kinds |= 1 << EVENT_FIN;
	if (facts & FACT_RETRANSMITTED)
		kinds |= 1 << EVENT_RETRANSMISSION;
	if (facts & FACT_OUT_OF_ORDER)
		kinds |= 1 << EVENT_OUT_OF_ORDER;
	if (facts & FACT_ZERO_WINDOW)
		kinds |= 1 << EVENT_ZERO_WINDOW;
	if (facts & FACT_KEEPALIVE)
		kinds |= 1 << EVENT_KEEPALIVE;
	return kinds;
}

/* Whether an event that tells of no change may still be sent in this period. A race lets one more pass. */
ALWAYS_INLINE bool may_repeat(struct connection *c, u64 now)
{
	u32 period = (u32)(now >> REPEAT_PERIOD_SHIFT) << REPEAT_COUNT_BITS;
	u32 count = 0;

	if ((c->repeats & ~((1U << REPEAT_COUNT_BITS) - 1)) == period)
		count = c->repeats & ((1U << REPEAT_COUNT_BITS) - 1);
	if (count >= REPEATS_PER_PERIOD)
		return false;
	c->repeats = period | (count + 1);
	return true;
}

/* Whether a segment did what its flags say. */
ALWAYS_INLINE bool was_accepted(const struct segment *s, const struct sighting *g, u64 set, u64 state,
				enum endpoint from)
{
	if (s->flags & TCP_RST)
		return set & RESET_BY << from;
	if (opens_nothing(s->flags))
		return false;
	if (s->flags & TCP_SYN) {
		if (g->facts & FACT_SYN_OTHER && state & ESTABLISHED_ONCE)
			return false;
		return !(s->flags & TCP_ACK && state & SAW_SYN << other_endpoint(from)) ||
		       g->facts & (FACT_ACKS_SYN | FACT_SYN_OLD);
	}
	if (set & ACK_WRONG)
		return false;
	if (s->flags & TCP_FIN && !(g->facts & (FACT_FIN_FITS | FACT_FIN_OLD)))
		return false;
	return g->facts & (FACT_ACK_OK | FACT_GAP);
}

/* How many of the lower sixteen bits are set: pairs, nibbles, bytes (a loop costs ten times as much). */
ALWAYS_INLINE u32 count_bits(u32 v)
{
	v = v - (v >> 1 & 0x5555);
	v = (v & 0x3333) + (v >> 2 & 0x3333);
	v = (v + (v >> 4)) & 0x0f0f;
	return (v + (v >> 8)) & 0x1f;
}

_Static_assert(EVENT_KINDS <= 16, "their bits are counted in sixteen");

ALWAYS_INLINE void count_lost(u32 kinds, struct counters *n)
{
	for (u32 i = 0; i < EVENT_KINDS; i++)
		if (kinds >> i & 1)
			n->lost[i]++;
}

/*
 * Whether somebody reads an event; the others are numbered only. Told whatever the view is: the first of a
 * connection, which announces it, and what the scan rule judges by (scans.h): all of a connection whose
 * beginning was not seen, and whether one without SACK was completed. Of a connection that closes early the
 * reader needs no word: it looks at each one --linger after its start. `tick` may lag behind, so that half of
 * that time is taken for early.
 */
ALWAYS_INLINE bool is_told(const struct connection *c, const struct sighting *g, u32 number)
{
	u32 untold = config_current()->untold;

	if (number == 1 || !untold || g->after & (MIDSTREAM | PROBE))
		return true;
	if (!(c->options[ORIGINATOR].offered & OFFER_SACK))
		untold &= ~(1U << EVENT_ESTABLISHED);
	if (g->tick - c->start > config_current()->linger / 2)
		untold &= ~(1U << EVENT_CLOSED);
	return g->kinds & ~untold;
}

/* Whose event it is, and where it was seen. */
ALWAYS_INLINE void event_begin(struct event *e, const struct connection *c, const struct connection_key *key,
			       const struct sighting *g, u32 number)
{
	e->item.type = ITEM_EVENT;
	e->item.slot = g->slot;
	e->start = c->start;
	e->key = *key;
	e->generation = c->generation;
	e->number = number;
	e->from = g->from & 1;
	e->hook = g->hook;
}

ALWAYS_INLINE void event_segment(struct event *e, const struct connection *c, const struct segment *s,
				 const struct sighting *g)
{
	enum endpoint from = g->from & 1;

	e->seq = s->seq;
	e->ack = s->ack;
	e->payload = s->payload;
	e->isn[ORIGINATOR] = DIRECTION(c, ORIGINATOR)->isn;
	e->isn[RESPONDER] = DIRECTION(c, RESPONDER)->isn;
	e->options = g->options;
	e->flags = s->flags;
	e->window = s->window;
	e->urgent = s->urgent;
	e->header = s->header;
	e->verdict = (g->facts & FACT_SEQ_OK ? VERDICT_SEQ_OK : 0) |
		     (g->facts & FACT_ACK_OK ? VERDICT_ACK_OK : 0) |
		     (was_accepted(s, g, g->after & ~g->before, g->after, from) ? VERDICT_ACCEPTED : 0);
	e->window_scale = s->flags & TCP_SYN ? 0 : agreed_window_scale(c, from);
}

VERIFIED_ALONE int emit(struct connection *c, const struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	struct event *e;
	u32 many, number;

	if (!c || !s || !g || !n)
		return 0;
	g->generation = c->generation;
	g->isn = DIRECTION(c, g->from & 1)->isn;
	many = count_bits(g->kinds);
	number = fetch_and_add(&c->events, many) + 1;
	if (!is_told(c, g, number))
		return 0;
	e = ring_reserve(sizeof(*e));
	if (!e) {
		count_lost(g->kinds, n);
		return 0;
	}
	event_begin(e, c, &s->key, g, number);
	event_segment(e, c, s, g);
	e->time = sighted_at(g);
	e->state = g->after;
	e->kinds = g->kinds;
	e->icmp_type = 0;
	e->icmp_code = 0;
	__builtin_memset(e->reserved, 0, sizeof(e->reserved));
	n->emitted += many;
	ring_submit(e);
	return 0;
}

/* The events of a segment: what it changed, always; what it was, as often as may_repeat() lets it. */
ALWAYS_INLINE u32 kinds_to_tell(struct connection *c, struct sighting *g)
{
	u32 kinds = g->kinds;

	if (kinds && g->after == g->before && !may_repeat(c, sighted_at(g)))
		kinds = 0;
	kinds |= kinds_of_change(g->after & ~g->before, g->from & 1);
	/* whatever moves an endpoint is told, and each connection is announced by its first segment */
	if (!kinds && (config_current()->segments || !c->events || endpoints_moved(g->before, g->after)))
		kinds = 1 << EVENT_SEGMENT;
	return kinds;
}

/*
 * While the ring is filling, what is left of it is kept for connections that something comes of: of one
 * that begins now the next event tells. So a flood is counted, and pushes no other connection's events out.
 */
ALWAYS_INLINE bool is_aggregated(const struct connection *c, const struct sighting *g)
{
	return !c->events && g->kinds && !(g->after & ESTABLISHED_ONCE) && ring_is_filling();
}

#endif
