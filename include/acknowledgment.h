/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an acknowledgment number means: whether it may be believed, and what it says of the peer. */
#ifndef SYNSCOPE_ACKNOWLEDGMENT_H
#define SYNSCOPE_ACKNOWLEDGMENT_H

#include "acceptable.h"
#include "direction.h"
#include "hole.h"
#include "sighting.h"
#include "states.h"

/*
 * Whether an acknowledgment number is one that its sender left behind long ago: before its first one the
 * peer's initial number or less, and later a window's width behind the latest (RFC 5961 section 5.2).
 */
ALWAYS_INLINE bool ack_is_too_old(const struct connection *c, const struct segment *s, enum endpoint from,
				  u64 state)
{
	enum endpoint to = other_endpoint(from);
	s32 ahead = sequence_difference(s->ack, acknowledged_of(c, to));

	if (!(state & SAW_ACK << from))
		return state & SAW_SYN << to && ahead <= 0;
	return ahead < -(s32)largest_window(c, from, state);
}

/*
 * Whether an acknowledgment number may be believed: it covers nothing that was never sent, and is not too
 * old; or it may be of bytes that were missed by us.
 */
ALWAYS_INLINE u32 judge_ack(struct connection *c, const struct segment *s, const struct sighting *g,
			    u64 state)
{
	struct direction *peer = DIRECTION(c, other_endpoint(g->from));
	s32 ahead = sequence_difference(s->ack, peer->next);

	if (ahead <= 0)
		return ack_is_too_old(c, s, g->from, state) ? 0 : FACT_ACK_OK;
	if (!may_acknowledge_unseen(c, s, g, state))
		return 0;
	if (state & SAW_SYN << other_endpoint(g->from))
		return FACT_GAP | FACT_ACKS_SYN; /* what came behind it was taken, and so was it */
	if (!(state & MIDSTREAM) || state & SAW_ACK << g->from || ahead != 1 || peer->next != peer->isn + 1)
		return FACT_GAP;
	/* the peer began with a keepalive: its number was acknowledged long before */
	direction_restart(peer, peer->isn + 1, s->ack);
	return FACT_ACK_OK;
}

/*
 * The handshake's arithmetic: a SYN takes one number, and the data in it as many as it has bytes. Where the
 * peer has sent an ACK before, the SYN-ACK is late in the capture, and what it leaves out came after.
 */
ALWAYS_INLINE u32 judge_syn_ack_number(struct direction *peer, const struct segment *s, bool peer_sent_ack)
{
	u32 facts = 0;

	if (sequence_difference(s->ack, peer->isn + 1) < 0 || sequence_difference(s->ack, peer->next) > 0)
		return 0;
	facts = FACT_ACKS_SYN;
	if (s->flags & TCP_SYN && peer->next != peer->isn + 1) {
		if (s->ack != peer->isn + 1)
			return facts | FACT_SYN_DATA_TAKEN;
		if (peer_sent_ack)
			return facts;
		/* the data was not taken and will be sent again, as new */
		direction_restart(peer, peer->isn, peer->isn + 1);
		peer->sample_seq = peer->next; /* and the SYN was answered */
		facts |= FACT_SYN_DATA_LEFT;
	}
	return facts;
}

/* Of two SYN-ACKs with different numbers, the one that the originator acknowledges counts. */
ALWAYS_INLINE void settle_isn(struct connection *c, const struct segment *s, u64 state)
{
	struct direction *responder = DIRECTION(c, RESPONDER);

	if (!(state & SYN_ACK_DIFFERS) || state & ESTABLISHED_ONCE || s->ack != c->other_isn + 1)
		return;
	direction_restart(responder, c->other_isn, s->ack);
}

/* What an acknowledgment says of missing bytes. Another CPU may be changing them: a race costs a letter. */
ALWAYS_INLINE u32 judge_hole(const struct connection *c, enum endpoint from, u32 ack)
{
	enum endpoint to = other_endpoint(from);
	const struct direction *me = DIRECTION(c, from), *peer = DIRECTION(c, to);
	const struct direction_quality *theirs = &c->quality[to & 1], *mine = &c->quality[from & 1];
	u32 facts = 0;

	if (missing_below(theirs, peer->next, ack) > missing_below(theirs, peer->next, me->acknowledged))
		facts |= FACT_HOLE_ACKED;
	if (!hole_is_open(theirs, peer->next, ack) && !hole_is_open(mine, me->next, peer->acknowledged))
		facts |= FACT_HOLE_OVER;
	return facts;
}

ALWAYS_INLINE u32 observe_ack(struct connection *c, const struct segment *s, struct sighting *g, u64 state)
{
	enum endpoint from = g->from, to = other_endpoint(from);
	struct direction *me = DIRECTION(c, from), *peer = DIRECTION(c, to);
	u32 facts = 0;

	if (!(s->flags & TCP_ACK))
		return FACT_ACK_OK;
	if (!has_begun(state, to)) {
		if (state & SAW_SYN << from && !(state & (ESTABLISHED_ONCE | SAW_ACK << from)) &&
		    !(g->facts & FACT_SEQ_OK))
			return 0; /* not its sender's, who has sent one SYN so far */
		if (!(state & SAW_ACK << from) || sequence_difference(s->ack, me->acknowledged) > 0)
			me->acknowledged = s->ack;
		return FACT_ACK_OK;
	}
	if (from == ORIGINATOR)
		settle_isn(c, s, state);
	if (state & SAW_SYN << to && !(state & ESTABLISHED_ONCE && state & SYN_ACKED << to &&
				       endpoint_state(state, to) != STATE_SYN_RECEIVED))
		facts |= judge_syn_ack_number(peer, s, state & SAW_ACK << to);
	if (state & WINDOW_PROBED << to && s->ack == peer->next + 1) {
		direction_advance(peer, s->ack, false, g);
		facts |= FACT_PROBE_TAKEN;
	}
	if (state & SAW_ACK << from && s->ack == me->acknowledged)
		facts |= FACT_ACK_OK; /* believed once: what was missed then is missed once */
	else
		facts |= judge_ack(c, s, g, state);
	facts |= g->facts;
	forget_value(facts, &g->facts); /* else the verifier goes on with a state for each of its values */
	if (state & SAW_FIN << to && s->ack == peer->next)
		facts |= FACT_ACKS_FIN;
	if (s->flags & TCP_RST || !(facts & (FACT_ACK_OK | FACT_GAP)))
		return facts;
	if (!(state & SAW_ACK << from))
		me->acknowledged = sequence_difference(s->ack, peer->isn) > 0 ? peer->isn : s->ack;
	if (sequence_difference(s->ack, me->acknowledged) > 0) {
		if (state & HOLE_OPEN)
			facts |= judge_hole(c, from, s->ack);
		direction_acknowledge(me, peer, &c->quality[to & 1], s->ack, g);
	}
	return facts;
}

#endif
