/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the numbers of a segment mean. observe() holds a segment against what was seen of both
 * endpoints, moves the sender's numbers on, and says what it found as facts (sighting.h).
 */
#ifndef SYNSCOPE_SEQUENCE_H
#define SYNSCOPE_SEQUENCE_H

#include "acceptable.h"
#include "acknowledgment.h"
#include "claim.h"
#include "connection.h"
#include "direction.h"
#include "hole.h"
#include "sighting.h"
#include "states.h"

/* A frame seen again within this time, with the same IP identification, was captured twice. ns. */
enum { DUPLICATE_WITHIN = 50000000 };

/* RFC 7323 section 2.3: a larger shift count is taken as 14. */
ALWAYS_INLINE u8 usable_window_scale(u8 sent)
{
	return sent > TCP_WINDOW_SCALE_MAX && sent != NO_WINDOW_SCALE ? TCP_WINDOW_SCALE_MAX : sent;
}

/*
 * The SYN-ACK was missed: what the originator acknowledged, its number most likely, says where the
 * responder's bytes begin, unless what is seen of them lies before it, or beyond any window.
 */
ALWAYS_INLINE bool begins_behind_what_was_missed(const struct connection *c, const struct segment *s,
						 enum endpoint from, u64 state)
{
	u32 acknowledged = DIRECTION(c, ORIGINATOR)->acknowledged;

	return from == RESPONDER && state & SAW_SYN << ORIGINATOR && state & SAW_ACK << ORIGINATOR &&
	       !(s->flags & (TCP_SYN | TCP_RST)) &&
	       s->seq - acknowledged <= largest_window(c, ORIGINATOR, state);
}

/*
 * Whether the first thing seen of an endpoint is a keepalive: one number below what its peer acknowledged
 * before (RFC 9293 section 3.8.4).
 */
ALWAYS_INLINE bool begins_with_keepalive(const struct connection *c, const struct segment *s,
					 enum endpoint from, u64 state)
{
	enum endpoint to = other_endpoint(from);

	return state & (MIDSTREAM | SAW_SYN << to) && state & SAW_ACK << to && !sequence_length(s) &&
	       !(s->flags & TCP_RST) && s->seq + 1 == DIRECTION(c, to)->acknowledged;
}

/* A segment behind a hole that nobody sent again: IP identifications still count in sending order. */
ALWAYS_INLINE bool was_overtaken(const struct direction *me, const struct segment *s,
				 const struct sighting *g)
{
	enum { REORDERING_WITHIN = 3000000 }; /* ns; Wireshark's bound where it knows no round-trip time */

	if (s->ip_id && me->ip_id)
		return (u16)(me->ip_id - s->ip_id) < 0x8000;
	return g->tick < me->last + REORDERING_WITHIN;
}

/* One number below the next, all before it acknowledged: sent to be answered (RFC 9293 section 3.8.4). */
ALWAYS_INLINE bool is_keepalive(const struct connection *c, const struct segment *s, const struct sighting *g,
				u64 state)
{
	const struct direction *me = DIRECTION(c, g->from);
	const struct direction *peer = DIRECTION(c, other_endpoint(g->from));

	return s->seq == me->next - 1 && s->payload <= 1 && !(s->flags & (TCP_SYN | TCP_FIN | TCP_RST)) &&
	       state & (ESTABLISHED_ONCE | MIDSTREAM) && !(state & SAW_FIN << g->from) &&
	       state & SAW_ACK << other_endpoint(g->from) && peer->acknowledged == me->next;
}

/*
 * One byte against a closed window, to learn whether it opened (RFC 9293 section 3.8.6.1). It counts
 * only once it is acknowledged: as a rule it is thrown away, and sent again as new.
 */
ALWAYS_INLINE bool is_window_probe(const struct connection *c, const struct segment *s,
				   const struct sighting *g, u64 state)
{
	const struct direction *me = DIRECTION(c, g->from);
	const struct direction *peer = DIRECTION(c, other_endpoint(g->from));

	return s->payload == 1 && s->seq == me->next && !(s->flags & (TCP_SYN | TCP_FIN | TCP_RST)) &&
	       state & (ESTABLISHED_ONCE | MIDSTREAM) && !(state & SAW_FIN << g->from) &&
	       state & SAW_ACK << other_endpoint(g->from) && !peer->window && peer->acknowledged == me->next;
}

/* In a simultaneous open and in a split handshake an endpoint's SYN comes again, as part of its SYN-ACK. */
ALWAYS_INLINE bool is_first_syn_ack(const struct segment *s, const struct sighting *g, u64 state)
{
	return s->flags & TCP_SYN && s->flags & TCP_ACK && g->facts & FACT_SYN_OLD &&
	       !(state & SAW_ACK << g->from);
}

/* What its sender sent next came before it in the capture. */
ALWAYS_INLINE bool is_late_syn(const struct segment *s, const struct sighting *g, u64 state, s32 ahead)
{
	return s->flags & TCP_SYN && ahead < 0 && !(state & SAW_SYN << g->from) &&
	       !(g->facts & FACT_SYN_OTHER);
}

/*
 * A frame captured twice on its way, within a short time. A retransmission is a new packet and has a new
 * identification.
 */
ALWAYS_INLINE bool is_same_frame(const struct direction *me, const struct segment *s, u64 now)
{
	return s->ip_id && me->ip_id && is_earlier_packet(me, s->ip_id) && now < me->last + DUPLICATE_WITHIN;
}

/* Nothing new in it: a straggler, the same frame again, or a retransmission. */
ALWAYS_INLINE u32 judge_old(struct connection *c, const struct segment *s, const struct sighting *g)
{
	struct direction *me = DIRECTION(c, g->from);
	struct direction_quality *q = &c->quality[g->from & 1];
	u32 end = s->seq + sequence_length(s);

	if (fill_hole(q, me->next, s->seq, end)) {
		if (was_overtaken(me, s, g)) {
			q->out_of_order += g->count;
			return FACT_OUT_OF_ORDER;
		}
	} else if (is_same_frame(me, s, g->tick)) {
		return FACT_DUPLICATE;
	}
	me->sample_at = 0;
	me->retransmits += g->count;
	return FACT_RETRANSMITTED;
}

/* Moves the sender's numbers over a segment that carries something new. */
ALWAYS_INLINE u32 take_new(struct connection *c, const struct segment *s, struct sighting *g, s32 ahead)
{
	struct direction *me = DIRECTION(c, g->from);
	u32 end = s->seq + sequence_length(s), facts = 0;

	if (ahead > 0) {
		open_hole(&c->quality[g->from & 1], me->next, s->seq, acknowledged_of(c, g->from));
		facts = FACT_HOLE;
	}
	if (ahead < 0) {
		fill_hole(&c->quality[g->from & 1], me->next, s->seq, me->next);
		me->sample_at = 0;
		me->retransmits += g->count;
		facts = FACT_RETRANSMITTED;
	}
	direction_advance(me, end, ahead == 0, g);
	return facts;
}

/* What a SYN or SYN-ACK offers. */
ALWAYS_INLINE void observe_offer(struct direction_options *mine, const struct options *offered)
{
	mine->mss = offered->mss;
	mine->window_scale = usable_window_scale(offered->window_scale);
	mine->offered = offered->offered;
}

ALWAYS_INLINE u32 observe_syn(struct connection *c, const struct segment *s, struct sighting *g, u64 state)
{
	enum endpoint from = g->from;
	struct direction *me = DIRECTION(c, from);

	if (state & MIDSTREAM)
		return FACT_SYN_OTHER;
	if (!(state & SAW_SYN << from)) {
		if (s->flags & TCP_ACK ? has_begun(state, from) && !answers_syn(c, s, from, state)
				       : !is_missing_syn(c, s, from, state))
			return FACT_SYN_OTHER;
		if (me->isn != s->seq) /* else what it sent next came first in the capture */
			direction_renumber(me, s->seq);
		observe_offer(&c->options[from & 1], &g->options);
		return FACT_SEQ_OK;
	}
	if (s->seq == me->isn)
		return FACT_SYN_OLD | FACT_SEQ_OK;
	if (from == RESPONDER && s->flags & TCP_ACK && !(state & ESTABLISHED_ONCE) &&
	    answers_syn(c, s, from, state)) {
		c->other_isn = me->isn;
		direction_renumber(me, s->seq);
		observe_offer(&c->options[from & 1], &g->options);
	}
	return FACT_SYN_OTHER;
}

/* The sender's sequence numbers: what of the segment is new, old, or missing before it. */
ALWAYS_INLINE u32 observe_sequence(struct connection *c, const struct segment *s, struct sighting *g,
				   u64 state)
{
	enum endpoint from = g->from;
	struct direction *me = DIRECTION(c, from);
	u32 length = sequence_length(s), facts = 0;
	s32 ahead = sequence_difference(s->seq, me->next);

	if (s->flags & TCP_SYN && g->facts & FACT_SYN_OTHER && s->seq != me->next)
		return 0;
	if (ahead == 0)
		facts |= FACT_SEQ_OK;
	if (s->flags & TCP_FIN && state & SAW_FIN << from && s->seq + length == me->next)
		facts |= FACT_FIN_OLD;
	else if (s->flags & TCP_FIN && (!opens_nothing(s->flags) || state & PROBE) &&
		 fin_fits(c, s, g, state, ahead))
		facts |= FACT_FIN_FITS;
	if (is_keepalive(c, s, g, state))
		return facts | FACT_KEEPALIVE | FACT_NOTHING_NEW;
	if (is_window_probe(c, s, g, state))
		return facts | FACT_WINDOW_PROBE;
	hide_value(facts); /* else the verifier goes on with a state for each of its values */
	if (!length || is_first_syn_ack(s, g, state) || is_late_syn(s, g, state, ahead))
		return facts;
	if (sequence_difference(s->seq + length, me->next) <= 0)
		return facts | judge_old(c, s, g) | FACT_NOTHING_NEW;
	if (state & SAW_FIN << from)
		return facts; /* nothing comes after a FIN */
	if (s->flags & TCP_FIN && !(facts & FACT_FIN_FITS && (g->facts & (FACT_ACK_OK | FACT_GAP) ||
							      !(state & (ESTABLISHED_ONCE | MIDSTREAM)))))
		return facts; /* it is not taken (on_fin()), nor is what comes with it */
	return facts | take_new(c, s, g, ahead);
}

ALWAYS_INLINE void observe_packet(struct direction *me, const struct segment *s, const struct sighting *g)
{
	if (!(s->flags & TCP_RST)) /* whose window means nothing */
		me->window = s->window;
	/* of a pure ACK nothing else shows that it is late */
	if (!(g->facts & (FACT_DUPLICATE | FACT_OUT_OF_ORDER)) &&
	    (s->payload || !is_earlier_packet(me, s->ip_id)))
		me->ip_id = s->ip_id;
	direction_count(me, s->ip_length, g);
}

/* Wireshark and Zeek alike: a window of zero in a SYN, FIN or RST means nothing. */
ALWAYS_INLINE u32 observe_window(struct connection *c, const struct segment *s, const struct sighting *g)
{
	u16 *zero_windows = &c->options[g->from & 1].zero_windows;

	if (s->window || s->flags & (TCP_SYN | TCP_FIN | TCP_RST) || !(s->flags & TCP_ACK))
		return 0;
	if (*zero_windows != 0xffff)
		(*zero_windows)++;
	return FACT_ZERO_WINDOW;
}

/* The first segment of its sender: where its numbers begin. */
ALWAYS_INLINE void observe_first(struct connection *c, const struct segment *s, struct sighting *g, u64 state)
{
	struct direction *me = DIRECTION(c, g->from);
	u32 acknowledged = DIRECTION(c, ORIGINATOR)->acknowledged;

	g->facts = FACT_FIRST;
	direction_begin(me, s);
	if (begins_with_keepalive(c, s, g->from, state))
		direction_restart(me, s->seq, s->seq + 1);
	else if (begins_behind_what_was_missed(c, s, g->from, state))
		direction_restart(me, acknowledged - 1, sequence_length(s) ? acknowledged : s->seq);
}

/* A RST takes no number; the sender's samples end with it. */
ALWAYS_INLINE u32 observe_reset(struct connection *c, const struct segment *s, const struct sighting *g,
				u64 state)
{
	struct direction *me = DIRECTION(c, g->from);
	u32 facts = rst_fits(c, s, g, state) ? FACT_RST_FITS : 0;

	if (!(state & HISTORY_R << (g->from & 1)) || me->sample_seq != s->seq)
		facts |= FACT_RST_OTHER;
	me->sample_at = 0;
	me->sample_seq = s->seq;
	return facts;
}

/*
 * Takes a segment into the numbers of its sender, and of its receiver what it proves of them. Leaves in
 * g->facts what was found. The sender's block is claimed, the receiver's is not: its round-trip sample is
 * taken back, and in a few rare cases (a SYN-ACK that left data out, another one with other numbers, a probe
 * whose byte was taken) its numbers are set. A segment of the receiver's on another CPU within the same
 * microsecond, which only mirrored traffic can bring, may then be counted as if bytes were missing before it.
 */
VERIFIED_ALONE int observe(struct connection *c, const struct segment *s, struct sighting *g)
{
	struct direction *me;
	u32 version;
	u64 state;

	if (!c || !s || !g)
		return 0;
	me = DIRECTION(c, g->from);
	version = me->version;
	if (!direction_claim(me, version))
		version = direction_wait(me);
	state = c->state;
	g->facts = 0;
	if (!has_begun(state, g->from & 1))
		observe_first(c, s, g, state);
	if (s->flags & TCP_SYN)
		g->facts |= observe_syn(c, s, g, state);
	if (g->facts & FACT_SYN_OTHER && !(s->flags & TCP_ACK)) { /* see answers_new_syn() */
		me->sample_at = 0;
		me->sample_seq = s->seq;
	}
	if (goes_on_before_hole(c, s, g->from, state))
		direction_return(me, &c->quality[g->from & 1]);
	if (state & WINDOW_PROBED << (g->from & 1) && s->seq == me->next + 1)
		direction_advance(me, s->seq, false, g); /* its sender goes on behind the probe's byte */
	if (s->seq == me->next)
		g->facts |= FACT_SEQ_OK;
	g->facts |= observe_ack(c, s, g, state);
	g->facts |= s->flags & TCP_RST ? observe_reset(c, s, g, state) : observe_sequence(c, s, g, state);
	g->facts |= observe_window(c, s, g);
	observe_packet(me, s, g);
	if (version != NOT_CLAIMED)
		direction_release(me, version);
	return 0;
}

#endif
