/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which numbers may be taken: the windows that can have been announced, and whether a FIN, a RST, a SYN or a
 * SYN-ACK fits what was seen of both endpoints. Nothing is changed here: that is sequence.h's.
 */
#ifndef SYNSCOPE_ACCEPTABLE_H
#define SYNSCOPE_ACCEPTABLE_H

#include "connection.h"
#include "hole.h"
#include "parse.h"
#include "sighting.h"
#include "states.h"

/* A window that a peer may have announced before the first one seen; bytes. */
enum { UNSCALED_WINDOW_MAX = 65535 };

/* RFC 7323 section 2.2: scaling is on only where both SYNs carry the option. */
ALWAYS_INLINE u8 agreed_window_scale(const struct connection *c, enum endpoint who)
{
	u8 mine = c->options[who & 1].window_scale;

	if (mine == NO_WINDOW_SCALE || c->options[other_endpoint(who) & 1].window_scale == NO_WINDOW_SCALE)
		return 0;
	return mine;
}

/* How many sequence numbers a segment takes. */
ALWAYS_INLINE u32 sequence_length(const struct segment *s)
{
	return s->payload + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN);
}

/* What was acknowledged of an endpoint's numbers; its first one where nothing was. */
ALWAYS_INLINE u32 acknowledged_of(const struct connection *c, enum endpoint who)
{
	enum endpoint peer = other_endpoint(who);

	return c->state & SAW_ACK << peer ? DIRECTION(c, peer)->acknowledged : DIRECTION(c, who)->isn;
}

/* Whether all that both SYNs say of the window's scale was read. */
ALWAYS_INLINE bool window_scale_is_known(const struct connection *c, u64 state)
{
	return both(state, SAW_SYN) &&
	       !((c->options[ORIGINATOR].offered | c->options[RESPONDER].offered) & OFFER_MALFORMED);
}

/* The largest window that an endpoint can have announced (RFC 7323 section 2.3); bytes. */
ALWAYS_INLINE u32 largest_window(const struct connection *c, enum endpoint who, u64 state)
{
	return (u32)UNSCALED_WINDOW_MAX
	       << (window_scale_is_known(c, state) ? agreed_window_scale(c, who) : TCP_WINDOW_SCALE_MAX);
}

/*
 * RFC 9293 section 3.4: whether the peer may have let so much be sent, by what it acknowledged. A capture
 * that missed more than a window before may have missed as much again.
 */
ALWAYS_INLINE bool in_window(const struct connection *c, enum endpoint from, u32 seq, u64 state)
{
	u32 window = largest_window(c, other_endpoint(from), state), acknowledged = acknowledged_of(c, from);

	return sequence_difference(seq, acknowledged) <= (s32)window ||
	       missing_below(&c->quality[from & 1], DIRECTION(c, from)->next, acknowledged) > window;
}

/*
 * Whether a FIN's number may be taken: the next one, or, where bytes were missed, one in the window. Where
 * they are missing still, what came behind them may have been none of the sender's.
 */
VERIFIED_ALONE int fin_fits(const struct connection *c, const struct segment *s, const struct sighting *g,
			    u64 state, s32 ahead)
{
	enum endpoint to;

	if (!c || !s || !g)
		return 0;
	to = other_endpoint(g->from & 1);
	if (g->facts & FACT_FIRST)
		return true;
	if (ahead < 0)
		return sequence_difference(s->seq + sequence_length(s), DIRECTION(c, g->from)->next) >= 0;
	if (ahead == 0 && !(state & HOLE_OPEN))
		return true;
	if (!has_begun(state, to)) /* nobody answered its SYN: then it skips nothing */
		return ahead == 0 || endpoint_state(state, g->from) != STATE_SYN_SENT;
	return in_window(c, g->from, s->seq, state);
}

/*
 * Whether what a segment acknowledges may have been sent, although it was never seen: the sender's own
 * number is exactly right, or it sends a FIN, which comes once, and both numbers lie in the windows. Before
 * the connection is open only its responder can say so, who has answered the SYN: the third segment was
 * missed, too. Of these two nothing else speaks, so the acknowledgment must lie in the window that its
 * sender announced last, or in one without scaling: several may have been missed.
 */
VERIFIED_ALONE int may_acknowledge_unseen(const struct connection *c, const struct segment *s,
					  const struct sighting *g, u64 state)
{
	enum endpoint from, to;
	u32 announced;

	if (!c || !s || !g || s->flags & (TCP_SYN | TCP_RST))
		return false;
	from = g->from & 1;
	to = other_endpoint(from);
	if (state & (ESTABLISHED_ONCE | MIDSTREAM) && g->facts & FACT_SEQ_OK)
		return true;
	announced = (u32)DIRECTION(c, from)->window << agreed_window_scale(c, from);
	if (sequence_difference(s->ack, acknowledged_of(c, to)) >
	    (s32)max_u64(announced, UNSCALED_WINDOW_MAX))
		return false;
	if (state & (ESTABLISHED_ONCE | MIDSTREAM))
		return s->flags & TCP_FIN && in_window(c, from, s->seq, state) &&
		       sequence_difference(s->seq, DIRECTION(c, from)->next) > 0;
	if (!(g->facts & FACT_SEQ_OK) || !(state & SAW_SYN_ACK) || !both(state, SAW_SYN))
		return false;
	return from == RESPONDER || s->payload; /* without any it is a third segment with a wrong number */
}

/*
 * Whether a RST closes. RFC 9293 section 3.10.7.3: in SYN_SENT it must acknowledge the SYN. RFC 5961
 * section 3: elsewhere it must have exactly the number that the receiver expects, which is what it
 * last acknowledged, or (its acknowledgment still under way) what the sender sent last; unless that lies
 * beyond any window, since then it was somebody else's.
 */
VERIFIED_ALONE int rst_fits(const struct connection *c, const struct segment *s, const struct sighting *g,
			    u64 state)
{
	const struct direction *me, *peer;
	enum endpoint from, to;

	if (!c || !s || !g)
		return 0;
	from = g->from & 1;
	to = other_endpoint(from);
	me = DIRECTION(c, from);
	peer = DIRECTION(c, to);
	if (endpoint_state(state, to) == STATE_SYN_SENT && !(state & SAW_SYN << from))
		return s->flags & TCP_ACK && g->facts & FACT_ACKS_SYN;
	if (!(state & SAW_ACK << to))
		return g->facts & FACT_FIRST || s->seq == me->next;
	if (s->seq == peer->acknowledged)
		return true;
	return !(g->facts & FACT_FIRST) && s->seq == me->next && in_window(c, from, s->seq, state);
}

/*
 * Whether a SYN is the one that opened the connection, of which only later segments were seen until now:
 * the SYN-ACK may come first in a capture. A responder's SYN makes an open simultaneous, or splits it.
 */
ALWAYS_INLINE bool is_missing_syn(const struct connection *c, const struct segment *s, enum endpoint from,
				  u64 state)
{
	const struct direction *me = DIRECTION(c, from);
	const struct direction *peer = DIRECTION(c, other_endpoint(from));

	if (from == RESPONDER)
		return !(state & ESTABLISHED_ONCE);
	if (state & SAW_SEGMENT << from)
		return me->isn == s->seq;
	return !(state & SAW_SEGMENT << RESPONDER) || peer->acknowledged - s->seq - 1 <= s->payload;
}

/* Whether a SYN-ACK may be the answer to the peer's SYN (RFC 9293 section 3.10.7.3, first check). */
ALWAYS_INLINE bool answers_syn(const struct connection *c, const struct segment *s, enum endpoint from,
			       u64 state)
{
	const struct direction *peer = DIRECTION(c, other_endpoint(from));

	if (opens_nothing(s->flags))
		return false;
	return !(state & SAW_SYN << other_endpoint(from)) ||
	       s->ack - peer->isn - 1 <= peer->next - peer->isn - 1;
}

/*
 * Whether something that was taken for sent was none of the sender's: it lay beyond any window, so its
 * receiver dropped it (RFC 9293 section 3.10.7.4, first check), and the sender goes on where that one's
 * acknowledgment is.
 */
ALWAYS_INLINE bool goes_on_before_hole(const struct connection *c, const struct segment *s,
				       enum endpoint from, u64 state)
{
	enum endpoint to = other_endpoint(from);
	const struct direction_quality *q = &c->quality[from & 1];

	return state & HOLE_OPEN && q->missing && s->seq == q->hole_low && !(s->flags & TCP_SYN) &&
	       sequence_difference(s->seq, acknowledged_of(c, from)) >= 0 &&
	       DIRECTION(c, from)->next - s->seq > largest_window(c, to, state);
}

#endif
