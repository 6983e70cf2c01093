/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the connection of a segment, and opens one where there is none: in its own old slot where its tuple
 * is used anew, else in the way that the table gives up first (victim.h).
 */
#ifndef SYNSCOPE_OPENING_H
#define SYNSCOPE_OPENING_H

#include "config.h"
#include "connection.h"
#include "counters.h"
#include "history.h"
#include "sequence.h"
#include "sighting.h"
#include "states.h"
#include "table.h"
#include "victim.h"

ALWAYS_INLINE u16 sender_port(const struct segment *s)
{
	return s->from_high ? s->key.high_port : s->key.low_port;
}

ALWAYS_INLINE u16 receiver_port(const struct segment *s)
{
	return s->from_high ? s->key.low_port : s->key.high_port;
}

/* RFC 9293 section 3.10.7.1: a RST of this number answers what had no ACK, so a SYN. */
ALWAYS_INLINE bool refuses_syn(const struct segment *s)
{
	return (s->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == (TCP_RST | TCP_ACK) && !s->seq;
}

/* Whether the first segment seen of a connection came from its responder. */
ALWAYS_INLINE bool is_from_responder(const struct segment *s)
{
	if (opens_nothing(s->flags))
		return false;
	if (refuses_syn(s))
		return true;
	if (s->flags & TCP_SYN)
		return s->flags & TCP_ACK;
	return port_class(sender_port(s)) < port_class(receiver_port(s));
}

/* The state of a connection of which nothing was seen but that this segment is on its way. */
ALWAYS_INLINE u64 initial_state(const struct segment *s)
{
	bool flipped = is_from_responder(s);
	u64 state = flipped ? FLIPPED : 0;

	if (s->from_high ? !flipped : flipped)
		state |= ORIGINATOR_IS_HIGH;
	if (opens_nothing(s->flags)) /* its sender has no connection */
		return with_endpoint_state(state | PROBE, flipped ? RESPONDER : ORIGINATOR, STATE_CLOSED);
	return s->flags & TCP_SYN ? state : state | MIDSTREAM;
}

/* Which endpoint sent a segment. */
ALWAYS_INLINE enum endpoint sender(const struct segment *s, u64 state)
{
	bool originator_is_high = state & ORIGINATOR_IS_HIGH;

	return s->from_high == originator_is_high ? ORIGINATOR : RESPONDER;
}

ALWAYS_INLINE void count_opened(u64 state, struct counters *n)
{
	n->opened++;
	if (state & MIDSTREAM)
		n->midstream++;
	if (!(state & (MIDSTREAM | PROBE)))
		n->started++;
}

/* A SYN and nothing else: what almost every connection begins with. */
ALWAYS_INLINE bool is_opening_syn(const struct segment *s)
{
	return s->flags == TCP_SYN && !s->payload;
}

/*
 * Writes such a SYN into the record that it opens, whose state was `state`, and gives the state after it. It
 * is what observe(), transition() and note() would come to (tracker.h); here the compiler has worked it out.
 */
ALWAYS_INLINE u64 begin_with_syn(struct connection *c, const struct segment *s, struct sighting *g, u64 state)
{
	const struct step syn = {
		.flags = TCP_SYN, .from = ORIGINATOR, .facts = FACT_FIRST | FACT_SEQ_OK | FACT_ACK_OK};
	struct direction *me = &c->half[s->from_high & 1];

	g->opened = 1;
	g->from = syn.from;
	g->facts = syn.facts;
	direction_begin(me, s);
	direction_advance(me, s->seq + 1, true, g);
	observe_packet(me, s, g);
	me->version = 2;
	observe_offer(&c->options[ORIGINATOR], &g->options);
	c->history[0] = 'S';
	c->history_length = 1;
	g->before = state;
	g->after = state | transition(0, &syn);
	return g->after;
}

/*
 * The state comes last but one, by one store: until then it is that of a record that is over (make_room()),
 * and another CPU that has still the old connection in hand moves and counts nothing.
 */
ALWAYS_INLINE void connection_begin(struct connection *c, const struct segment *s, struct sighting *g,
				    u64 state)
{
	enum { WORDS_BEFORE = __builtin_offsetof(struct connection, start) / sizeof(u64) };
	u32 generation = c->generation + 1;

	__builtin_memset((u64 *)(void *)c + WORDS_BEFORE, 0, sizeof(*c) - WORDS_BEFORE * sizeof(u64));
	c->key = s->key;
	c->start = sighted_at(g);
	c->options[ORIGINATOR].window_scale = NO_WINDOW_SCALE;
	c->options[RESPONDER].window_scale = NO_WINDOW_SCALE;
	if (state & PROBE)
		c->probe_flags = s->flags;
	if (state & FLIPPED)
		history_append(c, '^', RESPONDER);
	if (is_opening_syn(s))
		state = begin_with_syn(c, s, g, state);
	store_release(&c->state, state);
	store_release(&c->generation, generation ? generation : 1); /* last: with it a record is there */
}

/*
 * A SYN-ACK of a SYN of the other side's that came inside the connection: whoever sends it took that SYN, so
 * the old connection was gone, and its end was not seen. Whoever forges segments of one side alone can't
 * bring it about: it must be the other one that sent the SYN, nothing new since. What is acknowledged beyond
 * the SYN are data in that (RFC 7413). Roles may be turned round: of one seen in its middle they were a
 * guess.
 */
ALWAYS_INLINE bool answers_new_syn(const struct connection *c, const struct segment *s, enum endpoint from)
{
	const struct direction *peer = DIRECTION(c, other_endpoint(from));

	return c->state & CHALLENGED && DIRECTION(c, from)->isn != s->seq &&
	       peer->sample_seq == c->other_isn && s->ack - c->other_isn - 1 <= UNSCALED_WINDOW_MAX;
}

/*
 * A SYN-ACK with another number, of the only one who is seen: behind its own FIN or RST it is the next
 * connection's, and where its peer is never looked at, behind numbers that no SYN-ACK began.
 */
ALWAYS_INLINE bool answers_unseen_syn(const struct connection *c, const struct segment *s, enum endpoint from)
{
	if (c->state & SAW_SEGMENT << other_endpoint(from) || DIRECTION(c, from)->isn == s->seq)
		return false;
	if (c->state & MIDSTREAM)
		return config_current()->one_way;
	return c->state & SAW_SYN << from && c->state & (CLOSED_ONCE | SAW_FIN << from);
}

/*
 * Whether a SYN opens a new connection although its tuple is in the table: where there is nothing left to
 * open, or not yet anything (RFC 9293 section 3.6.1 for TIME_WAIT; Zeek for the half-open), or where a
 * close is under way. With the number of the first SYN it is a retransmission, unless that one was
 * answered by a reset: then somebody tries again.
 */
VERIFIED_ALONE int syn_begins_anew(const struct connection *c, const struct segment *s, u64 now)
{
	const struct direction *me;
	enum endpoint from;

	if (!c || !s)
		return 0;
	from = sender(s, c->state);
	me = DIRECTION(c, from);
	if (s->flags & TCP_ACK)
		return answers_new_syn(c, s, from) || answers_unseen_syn(c, s, from);
	if (c->state & SAW_SYN << from && me->isn == s->seq)
		return either(c->state, RESET_BY) && !is_same_frame(me, s, now);
	if (c->state & (CLOSED_ONCE | PROBE | SAW_FIN | SAW_FIN << 1))
		return 1;
	/* an open one is defended by its peer's challenge, if that is looked at (RFC 5961 section 4) */
	if (c->state & MIDSTREAM || (c->state & ESTABLISHED_ONCE && config_current()->one_way))
		return !both(c->state, SAW_SEGMENT);
	return is_half_open(c->state) &&
	       (c->state & SAW_SYN << from || !is_missing_syn(c, s, from, c->state));
}

/* Whether a segment belongs to a new connection: the record's time is over, or it is a SYN that opens one. */
ALWAYS_INLINE bool begins_anew(const struct connection *c, const struct segment *s, u64 now)
{
	if (is_expired(c, config_current(), now))
		return true;
	return (s->flags & (TCP_SYN | TCP_RST | TCP_FIN)) == TCP_SYN && syn_begins_anew(c, s, now);
}

ALWAYS_INLINE bool is_in_time_wait(u64 state)
{
	return endpoint_state(state, ORIGINATOR) == STATE_TIME_WAIT ||
	       endpoint_state(state, RESPONDER) == STATE_TIME_WAIT;
}

/*
 * Ends the record in a way that a connection of the state `next` takes; what that one inherits. Of a tuple
 * that the responder uses anew that is said only where it answers a SYN which came inside the connection
 * before.
 */
ALWAYS_INLINE u64 make_room(struct bucket *b, u32 way, bool known, u64 next, u32 slot, u64 now)
{
	struct connection *c = bucket_way(b, way);
	bool expired;
	u64 state;

	if (!b->tags[way & (WAYS - 1)])
		return 0;
	b->tags[way & (WAYS - 1)] = 0;
	expired = is_expired(c, config_current(), now);
	/* whose segment another CPU has in hand ends no second time: it finds one that is over */
	state = exchange(&c->state, CLOSED_ONCE | PROBE);
	retire(c, state, slot, expired ? FINAL_EXPIRED : known ? FINAL_REUSED : FINAL_EVICTED, now);
	return known && !expired && (is_in_time_wait(state) || (next & FLIPPED && state & CHALLENGED))
		       ? PORT_REUSED
		       : 0;
}

/* The way of the locked bucket that a segment's connection has, or takes; WAYS: there is none. */
ALWAYS_INLINE u32 take_way(struct bucket *b, const struct segment *s, struct sighting *g, struct counters *n)
{
	const struct place *p = &g->place;
	u64 now = sighted_at(g), state = initial_state(s);
	u32 way = bucket_search(b, &s->key, p->tag);
	bool known = way < WAYS;
	struct connection *c;

	if (known && !begins_anew(bucket_way(b, way), s, now))
		return way; /* another CPU was first, or it is an old SYN again */
	if (!known) {
		n->strays[stray_kind(s->flags)]++;
		way = choose_way(b, p->way, now);
	}
	if (way >= WAYS) {
		n->untracked++;
		return WAYS;
	}
	hide_value(way); /* else the mask is dropped, and the verifier forgot the comparison */
	state |= make_room(b, way, known, state, g->slot + way, now);
	store_barrier();
	c = bucket_way(b, way);
	connection_begin(c, s, g, state);
	b->hints[way & (WAYS - 1)] = hint_of(c, now);
	store_release(&b->tags[way & (WAYS - 1)], p->tag);
	count_opened(state, n);
	return way;
}

/*
 * Opens a connection in the bucket of its key: in its own old way where its tuple is used anew, else in the
 * one that the table gives up first. g->slot is the bucket's first. The way, or WAYS: counted as untracked.
 */
VERIFIED_ALONE u32 open_connection(struct bucket *b, const struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	u32 way;

	if (!b || !s || !g || !n)
		return WAYS;
	sighted_at(g); /* not while others wait for the lock */
	if (!bucket_lock(b)) {
		n->strays[stray_kind(s->flags)]++;
		n->untracked++;
		n->busy++;
		return WAYS;
	}
	way = take_way(b, s, g, n);
	bucket_unlock(b);
	return way;
}

/* The connection of a segment, opened where there is none; NULL: counted as untracked. */
ALWAYS_INLINE struct connection *connection_of(const struct segment *s, struct sighting *g)
{
	const struct place *p = &g->place;
	struct bucket *b = table_bucket(p->bucket);
	u32 way = WAYS;

	if (!b)
		return NULL;
	g->slot = slot_of(p->bucket, 0);
	if (!is_opening_syn(s)) /* which is known so seldom that it is looked for under the lock alone */
		way = bucket_find(b, p, &s->key);
	if (way >= WAYS || begins_anew(bucket_way(b, way), s, g->tick))
		way = open_connection(b, s, g);
	if (way >= WAYS)
		return NULL;
	g->slot += way;
	return bucket_way(b, way);
}

#endif
