/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a segment to what it changed: finds or opens the connection, lets sequence.h judge the numbers
 * and states.h move the state, and then writes down the difference between the state before and the
 * state after, as milestones, letters, counters and events. Each flag of the state is set once, by one
 * compare-and-swap, so each difference is written down once, however many CPUs see segments.
 */
#ifndef SYNSCOPE_TRACKER_H
#define SYNSCOPE_TRACKER_H

#include "config.h"
#include "connection.h"
#include "counters.h"
#include "event.h"
#include "history.h"
#include "sequence.h"
#include "sighting.h"
#include "states.h"
#include "table.h"

/* Ports below this one belong to services (RFC 6335 section 6, system ports). */
enum { SYSTEM_PORTS = 1024 };

/* Events of a kind that changes nothing, for one connection, within a little over a second. */
enum { REPEATS_PER_PERIOD = 4, REPEAT_PERIOD_SHIFT = 30, REPEAT_COUNT_BITS = 4 };

ALWAYS_INLINE u16 sender_port(const struct segment *s)
{
	return s->from_high ? s->key.high_port : s->key.low_port;
}

ALWAYS_INLINE u16 receiver_port(const struct segment *s)
{
	return s->from_high ? s->key.low_port : s->key.high_port;
}

/* Whether the first segment seen of a connection came from its responder. */
ALWAYS_INLINE bool is_from_responder(const struct segment *s)
{
	if (opens_nothing(s->flags))
		return false;
	if (s->flags & TCP_SYN)
		return s->flags & TCP_ACK;
	return sender_port(s) < SYSTEM_PORTS && receiver_port(s) >= SYSTEM_PORTS;
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

ALWAYS_INLINE enum stray stray_kind(u16 flags)
{
	if (flags & TCP_SYN && flags & (TCP_FIN | TCP_RST))
		return STRAY_OTHER;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? STRAY_SYN_ACK : STRAY_SYN;
	if (flags & TCP_RST)
		return STRAY_RST;
	if (flags & TCP_FIN)
		return STRAY_FIN;
	return flags & TCP_ACK ? STRAY_ACK : STRAY_OTHER;
}

ALWAYS_INLINE void connection_begin(struct connection *c, const struct segment *s, u64 now, u64 state)
{
	u32 generation = c->generation + 1;

	__builtin_memset(c, 0, sizeof(*c));
	c->key = s->key;
	c->start = now;
	c->state = state;
	c->options[ORIGINATOR].window_scale = NO_WINDOW_SCALE;
	c->options[RESPONDER].window_scale = NO_WINDOW_SCALE;
	if (state & PROBE)
		c->probe_flags = s->flags;
	if (state & FLIPPED)
		history_append(c, '^', RESPONDER);
	compiler_barrier();
	c->generation = generation ? generation : 1; /* last: with a generation a record is there */
}

/*
 * A SYN-ACK with new numbers after a SYN that came inside the connection: the responder took that SYN, so
 * the old connection was gone, and its end was not seen.
 */
ALWAYS_INLINE bool answers_new_syn(const struct connection *c, const struct segment *s, enum endpoint from)
{
	const struct direction *peer = DIRECTION(c, other_endpoint(from));

	return c->state & CHALLENGED && DIRECTION(c, from)->isn != s->seq && peer->isn + 1 != s->ack;
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
		return answers_new_syn(c, s, from);
	if (c->state & SAW_SYN << from && me->isn == s->seq)
		return c->state & (RESET_BY | RESET_BY << 1) && !is_same_frame(me, s, now);
	if (c->state & (CLOSED_ONCE | PROBE | SAW_FIN | SAW_FIN << 1))
		return 1;
	if (c->state & MIDSTREAM)
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
 * Opens a connection: in its own old slot where its tuple is used anew, else in the way that the table
 * gives up first. The slot, or NO_SLOT where there is none: counted as untracked.
 */
enum { NO_SLOT = -1 };

VERIFIED_ALONE int open_connection(struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	struct connection *c;
	struct place p;
	struct bucket *b;
	u64 now, state;
	bool known;
	u32 way;

	if (!s || !g || !n)
		return NO_SLOT;
	p = place_of(&s->key);
	b = table_bucket(p.bucket);
	if (!b)
		return NO_SLOT;
	now = sighted_at(g);
	state = initial_state(s);
	if (!bucket_lock(b)) {
		n->strays[stray_kind(s->flags)]++;
		n->untracked++;
		n->busy++;
		return NO_SLOT;
	}
	way = bucket_find(b, &p, &s->key);
	known = way < WAYS;
	if (known && !begins_anew(&b->ways[way & (WAYS - 1)], s, now)) {
		bucket_unlock(b); /* another CPU was first */
		return (int)slot_of(p.bucket, way);
	}
	if (!known) {
		n->strays[stray_kind(s->flags)]++;
		way = choose_way(b, p.way, now);
	}
	if (way >= WAYS) {
		bucket_unlock(b);
		n->untracked++;
		return NO_SLOT;
	}
	c = &b->ways[way & (WAYS - 1)];
	if (b->tags[way & (WAYS - 1)]) {
		bool expired = is_expired(c, config_current(), now);

		if (known && is_in_time_wait(c->state) && !expired)
			state |= PORT_REUSED;
		retire(c, slot_of(p.bucket, way),
		       expired ? FINAL_EXPIRED
		       : known ? FINAL_REUSED
			       : FINAL_EVICTED,
		       now);
	}
	b->tags[way & (WAYS - 1)] = 0;
	compiler_barrier();
	connection_begin(c, s, now, state);
	b->hints[way & (WAYS - 1)] = hint_of(c, now);
	compiler_barrier();
	b->tags[way & (WAYS - 1)] = p.tag;
	bucket_unlock(b);
	count_opened(state, n);
	return (int)slot_of(p.bucket, way);
}

ALWAYS_INLINE void count_handshake_time(u64 ns, struct counters *n)
{
	n->handshakes[histogram_bucket(ns)]++;
	if (ns > n->handshake_max)
		n->handshake_max = ns;
}

/* Milestones, and the counters of outcomes: each from one flag that this segment was the first to set. */
ALWAYS_INLINE void note_milestones(struct connection *c, u64 set, u64 old, enum endpoint from, u32 facts,
				   u64 now, struct counters *n)
{
	if (set & SAW_SYN_ACK)
		c->at.syn_ack = now;
	if (set & SAW_DATA << from)
		c->at.data[from & 1] = now;
	if (set & SAW_FIN << from)
		c->at.fin[from & 1] = now;
	if (set & (RESET_BY << from | RESET_REFUSED))
		c->at.reset = now;
	if (set & ESTABLISHED_ONCE) {
		c->at.established = now;
		n->completed++;
		count_handshake_time(now - c->start, n);
	}
	if (set & CLOSED_ONCE) {
		c->at.closed = now;
		n->closed++;
		if (set & RESET_BY << from && is_half_open(old)) {
			if (from == RESPONDER)
				n->refused++;
			else
				n->aborted++;
		} else if (is_half_open(old) && !(set & ESTABLISHED_ONCE)) {
			n->aborted++;
		}
		if (!(old & PROBE) && !answers_a_stray(old, from, facts))
			*(set & RESET_BY << from ? &n->closed_by_rst : &n->closed_by_fin) += 1;
	}
}

ALWAYS_INLINE void count_saturating(u8 *counter)
{
	if (*counter != 255)
		(*counter)++;
}

ALWAYS_INLINE void note_repeats(struct connection *c, const struct segment *s, const struct sighting *g,
				enum endpoint from)
{
	if (!(g->facts & FACT_RETRANSMITTED))
		return;
	if (s->flags & TCP_SYN)
		count_saturating(s->flags & TCP_ACK ? &c->syn_ack_retransmits : &c->syn_retransmits);
	else if (s->flags & TCP_FIN)
		count_saturating(&c->fin_retransmits[from & 1]);
}

/* Zeek's letters of what a segment is by its flags. */
ALWAYS_INLINE void note_shape(struct connection *c, const struct segment *s, const struct sighting *g,
			      u64 set, enum endpoint from)
{
	u16 shape = s->flags & (TCP_SYN | TCP_FIN | TCP_RST);

	if (set & HISTORY_Q << from)
		history_append(c, 'q', from);
	if (set & HISTORY_I << from)
		history_append(c, 'i', from);
	if (shape == TCP_SYN && !(g->facts & FACT_SYN_OLD))
		history_repeat(c, s->flags & TCP_ACK ? 'h' : 's', from);
	if (set & HISTORY_F << from)
		history_append(c, 'f', from);
	else if (shape == TCP_FIN && !(g->facts & (FACT_FIN_OLD | FACT_NOTHING_NEW)))
		history_repeat(c, 'f', from);
	if (shape == TCP_RST && set & HISTORY_R << from)
		history_append(c, 'r', from);
	else if (shape == TCP_RST && g->facts & FACT_RST_OTHER)
		history_repeat(c, 'r', from);
	if (set & HISTORY_D << from)
		history_append(c, 'd', from);
	if (set & HISTORY_A << from)
		history_append(c, 'a', from);
}

/* A window of zero: Zeek stops looking once the peer has closed, since nothing is to come. */
ALWAYS_INLINE void note_zero_window(struct connection *c, const struct sighting *g, enum endpoint from)
{
	if (g->facts & FACT_ZERO_WINDOW && !(g->before & HISTORY_F << other_endpoint(from)) &&
	    history_worth(c->options[from & 1].zero_windows))
		history_repeat(c, 'w', from);
}

/*
 * Payload of which nothing is new, whatever the reason: Zeek calls also a straggler, a frame seen twice and
 * a keep-alive with a byte retransmitted. Only what was sent again is counted for the tenth and hundredth.
 */
ALWAYS_INLINE void note_payload_again(struct connection *c, const struct segment *s, const struct sighting *g,
				      enum endpoint from)
{
	u32 payload_again;

	if (!(g->facts & FACT_NOTHING_NEW) || !s->payload || g->before & HISTORY_R << from)
		return;
	payload_again = DIRECTION(c, from)->retransmits - c->fin_retransmits[from & 1] -
			(from == ORIGINATOR ? c->syn_retransmits : c->syn_ack_retransmits);
	if (!history_count(c, 't', from) ||
	    (g->facts & FACT_RETRANSMITTED && payload_again > 1 && history_worth(payload_again)))
		history_repeat(c, 't', from);
}

/* Bytes that were acknowledged and not seen, where Zeek looks for them: both ends open, or closing in order.
 */
ALWAYS_INLINE void note_gap(struct connection *c, const struct sighting *g, enum endpoint of)
{
	u16 *gaps = &c->options[of & 1].gaps;

	if (!(g->facts & (FACT_GAP | FACT_HOLE_ACKED)))
		return;
	if (*gaps != 0xffff)
		(*gaps)++;
	if (g->after & MIDSTREAM || !(g->after & SAW_SYN << RESPONDER) ||
	    g->after & (HISTORY_R | HISTORY_R << 1))
		return;
	if (history_worth(*gaps))
		history_repeat(c, 'g', of);
}

/* The letters of a segment, in Zeek's order for one packet. */
ALWAYS_INLINE void note_history(struct connection *c, const struct segment *s, const struct sighting *g,
				u64 set, enum endpoint from)
{
	note_shape(c, s, g, set, from);
	note_zero_window(c, g, from);
	note_payload_again(c, s, g, from);
	note_gap(c, g, other_endpoint(from));
}

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
		if (g->facts & FACT_SYN_OTHER)
			return !(state & ESTABLISHED_ONCE);
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
 * beginning was not seen, and whether one without SACK was completed. A close is news once the reader has
 * looked at the connection, --linger after its start.
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

VERIFIED_ALONE int emit(struct connection *c, const struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	enum endpoint from;
	struct event *e;
	u32 many, number;

	if (!c || !s || !g || !n)
		return 0;
	from = g->from & 1;
	g->generation = c->generation;
	g->isn = DIRECTION(c, from)->isn;
	many = count_bits(g->kinds);
	number = atomic_add_fetch_old(&c->events, many) + 1;
	if (!is_told(c, g, number))
		return 0;
	e = ring_reserve(sizeof(*e));
	if (!e) {
		count_lost(g->kinds, n);
		return 0;
	}
	e->item.type = ITEM_EVENT;
	e->item.slot = g->slot;
	e->time = sighted_at(g);
	e->start = c->start;
	e->state = g->after;
	e->key = s->key;
	e->generation = c->generation;
	e->kinds = g->kinds;
	e->number = number;
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
	e->from = from;
	e->hook = g->hook;
	e->verdict = (g->facts & FACT_SEQ_OK ? VERDICT_SEQ_OK : 0) |
		     (g->facts & FACT_ACK_OK ? VERDICT_ACK_OK : 0) |
		     (was_accepted(s, g, g->after & ~g->before, g->after, from) ? VERDICT_ACCEPTED : 0);
	e->window_scale = s->flags & TCP_SYN ? 0 : agreed_window_scale(c, from);
	e->scan = 0;
	__builtin_memset(e->reserved, 0, sizeof(e->reserved));
	n->emitted += many;
	ring_submit(e);
	return 0;
}

ALWAYS_INLINE void count_facts(const struct sighting *g, struct counters *n)
{
	if (g->facts & FACT_RETRANSMITTED)
		n->retransmitted += g->count;
	if (g->facts & FACT_OUT_OF_ORDER)
		n->out_of_order += g->count;
	if (g->facts & FACT_ZERO_WINDOW)
		n->zero_window++;
	if (g->facts & FACT_KEEPALIVE)
		n->keepalive++;
}

VERIFIED_ALONE u64 next_state(u64 state, const struct step *s)
{
	return s ? transition(state, s) : state;
}

/* One try to move the state; true where nothing is left to do. */
ALWAYS_INLINE bool swap_state_once(struct connection *c, const struct step *s, u64 *old, u64 *new)
{
	u64 seen;

	*new = next_state(*old, s);
	if (*new == *old)
		return true;
	seen = atomic_swap_if(&c->state, *old, *new);
	if (seen == *old)
		return true;
	*old = seen;
	return false;
}

/*
 * Moves the state by compare-and-swap, from what is returned to *new. Three tries, written out because
 * some verifiers refuse the loop: of a connection there are two directions, so at most two CPUs meet.
 */
ALWAYS_INLINE u64 swap_state(struct connection *c, const struct step *s, u64 *new)
{
	u64 old = c->state;

	if (!swap_state_once(c, s, &old, new) && !swap_state_once(c, s, &old, new) &&
	    !swap_state_once(c, s, &old, new))
		*new = old;
	return old;
}

/* Tells the line of tags what became of the record. */
ALWAYS_INLINE void renew_hint(const struct connection *c, const struct sighting *g)
{
	struct bucket *b = table_bucket(g->slot / WAYS);

	if (b)
		b->hints[g->slot & (WAYS - 1)] = hint_of(c, g->tick);
}

/* Writes down what the segment changed, and what it was where that is worth a letter. */
VERIFIED_ALONE int note(struct connection *c, const struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	u64 set;

	if (!c || !s || !g || !n)
		return 0;
	set = g->after & ~g->before;
	if (g->after != g->before || g->kinds) {
		note_milestones(c, set, g->before, g->from & 1, g->facts, sighted_at(g), n);
		note_repeats(c, s, g, g->from & 1);
	}
	note_history(c, s, g, set, g->from & 1);
	renew_hint(c, g);
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

/* Everything that follows once the segment's connection is known. */
VERIFIED_ALONE int follow(struct connection *c, const struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	struct step step;

	if (!c || !s || !g || !n)
		return 0;
	g->from = sender(s, c->state);
	if (s->flags & (TCP_SYN | TCP_FIN | TCP_RST))
		sighted_at(g);
	observe(c, s, g);
	step.flags = s->flags;
	step.from = g->from;
	step.payload = s->payload != 0;
	step.facts = g->facts;
	g->before = swap_state(c, &step, &g->after);
	count_facts(g, n);
	g->kinds = kinds_of_segment(s, g->facts);
	if (g->after != g->before || s->flags & (TCP_SYN | TCP_FIN | TCP_RST) || g->kinds ||
	    g->facts & (FACT_GAP | FACT_HOLE_ACKED | FACT_NOTHING_NEW))
		note(c, s, g);
	g->kinds = kinds_to_tell(c, g);
	if (is_aggregated(c, g)) {
		g->kinds = 0;
		n->aggregated++;
	}
	if (g->kinds)
		emit(c, s, g);
	return 0;
}

/* The slot of a segment's connection, opened where there is none; NO_SLOT: counted as untracked. */
ALWAYS_INLINE struct connection *connection_of(struct segment *s, struct sighting *g)
{
	struct place p = place_of(&s->key);
	struct bucket *b = table_bucket(p.bucket);
	struct connection *c;
	u32 way;
	int slot;

	if (!b)
		return NULL;
	way = bucket_find(b, &p, &s->key);
	if (way < WAYS) {
		hide_value(way); /* else the mask is dropped, and the verifier forgot the comparison */
		c = &b->ways[way & (WAYS - 1)];
		if (!begins_anew(c, s, g->tick)) {
			g->slot = slot_of(p.bucket, way);
			return c;
		}
	}
	slot = open_connection(s, g);
	if (slot < 0)
		return NULL;
	g->slot = (u32)slot;
	return &b->ways[slot & (WAYS - 1)];
}

/* Takes a TCP segment into its connection. */
ALWAYS_INLINE void track(struct segment *s, struct sighting *g)
{
	struct connection *c = connection_of(s, g);

	if (c)
		follow(c, s, g);
}

#endif
