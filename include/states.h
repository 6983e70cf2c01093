/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of both endpoints (RFC 9293 section 3.3.2), from segments alone: a pure function
 * of the state before, the segment's flags and the facts about it.
 *
 * Segments are seen, not states. An acceptable segment moves its sender when it is seen, and its
 * receiver as if it were delivered; where a retransmission proves that it was not, the endpoint that
 * was moved too early moves back.
 */
#ifndef SYNSCOPE_STATES_H
#define SYNSCOPE_STATES_H

#include "connection.h"
#include "sighting.h"
#include "wire.h"

/* What transition() looks at, in one word each, so that it can be tested without a packet. */
struct step {
	u16 flags;  /* enum tcp_flag */
	u8 from;    /* enum endpoint */
	u8 payload; /* 1: the segment carries some */
	u32 facts;  /* enum fact */
};

ALWAYS_INLINE u64 move(u64 state, enum endpoint who, enum tcp_state from, enum tcp_state to)
{
	return endpoint_state(state, who) == from ? with_endpoint_state(state, who, to) : state;
}

/* NULL, FIN, Xmas, SYN+FIN, SYN+RST and the like: what no stack sends to open anything. */
ALWAYS_INLINE bool opens_nothing(u16 flags)
{
	if (flags & TCP_SYN)
		return flags & (TCP_FIN | TCP_RST);
	return !(flags & (TCP_ACK | TCP_RST));
}

/*
 * A RST with which an endpoint answers the first thing it got, and that was no data: it knew of no
 * connection, so it was an ACK or Maimon probe, or a stray. Nothing was torn down.
 */
ALWAYS_INLINE bool answers_a_stray(u64 state, enum endpoint from, u32 facts)
{
	return state & MIDSTREAM && facts & FACT_FIRST && !(state & SAW_DATA << other_endpoint(from));
}

/* RFC 9293 section 3.10.7.4, first and second check: only a number that fits resets. */
ALWAYS_INLINE u64 on_rst(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);

	if (state & CLOSED_ONCE)
		return state; /* nothing is left to reset: RFC 1337 for TIME_WAIT */
	if (!(s->facts & FACT_RST_FITS))
		return state | RESET_NOT_ACCEPTED;
	state = with_endpoint_state(state, from, STATE_CLOSED);
	if (state & SAW_SEGMENT << to)
		state = with_endpoint_state(state, to, STATE_CLOSED);
	return state | RESET_BY << from | CLOSED_ONCE;
}

/* A SYN alone: an active open, or the other half of a simultaneous one (RFC 9293 section 3.5, figure 7). */
ALWAYS_INLINE u64 on_syn(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);

	if (state & (SAW_SYN << from | MIDSTREAM) || s->facts & FACT_SYN_OTHER)
		return s->facts & FACT_SYN_OTHER && state & (ESTABLISHED_ONCE | MIDSTREAM)
			       ? state | CHALLENGED
			       : state;
	state |= SAW_SYN << from;
	if (endpoint_state(state, to) == STATE_SYN_SENT) {
		state = with_endpoint_state(state, from, STATE_SYN_RECEIVED);
		return with_endpoint_state(state, to, STATE_SYN_RECEIVED) | SIMULTANEOUS_OPEN;
	}
	if (endpoint_state(state, from) == STATE_UNKNOWN)
		state = with_endpoint_state(state, from, STATE_SYN_SENT);
	return state;
}

ALWAYS_INLINE u64 on_syn_ack(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);

	if (state & MIDSTREAM)
		return state;
	state |= SAW_SYN_ACK;
	if (state & SAW_SYN << to && !(s->facts & FACT_ACKS_SYN) && !(state & SYN_ACKED << to))
		return state | SYN_ACK_WRONG;
	if (s->facts & FACT_SYN_OTHER) {
		if (state & ESTABLISHED_ONCE || (state & SAW_SYN << to && !(s->facts & FACT_ACKS_SYN)))
			return state; /* what answers no SYN says nothing */
		return state | SYN_ACK_DIFFERS;
	}
	if (s->facts & FACT_SYN_DATA_TAKEN)
		state |= FAST_OPEN_ACCEPTED;
	if (s->facts & FACT_SYN_DATA_LEFT)
		state |= FAST_OPEN_IGNORED;
	state |= SAW_SYN << from;
	if (s->facts & FACT_ACKS_SYN)
		state |= SYN_ACKED << to;
	if (state & CLOSED_ONCE) /* the originator has taken its SYN back */
		return move(state, from, STATE_UNKNOWN, STATE_CLOSED);
	if (state & SIMULTANEOUS_OPEN)
		return s->facts & FACT_ACKS_SYN ? move(state, to, STATE_SYN_RECEIVED, STATE_ESTABLISHED)
						: state;
	/* sent again after the last ACK was seen: that ACK was lost, or the accept queue is full */
	if (s->facts & FACT_SYN_OLD && from == RESPONDER && !(s->facts & FACT_DUPLICATE))
		return move(state, from, STATE_ESTABLISHED, STATE_SYN_RECEIVED);
	state = move(state, from, STATE_UNKNOWN, STATE_SYN_RECEIVED);
	return move(state, from, STATE_SYN_SENT, STATE_SYN_RECEIVED);
}

/* An endpoint whose peer was never seen can only be believed: it goes on as if it had been answered. */
ALWAYS_INLINE u64 on_ack_of_unseen_peer(u64 state, enum endpoint from, u32 facts)
{
	if (!(facts & FACT_SEQ_OK))
		return state;
	state = move(state, from, STATE_SYN_SENT, STATE_ESTABLISHED);
	return move(state, from, STATE_SYN_RECEIVED, STATE_ESTABLISHED);
}

/* The responder's SYN-ACK was missed, and what is sent now shows that there was one. */
ALWAYS_INLINE u64 on_missed_syn_ack(u64 state, const struct step *s)
{
	if (!(state & SYN_ACKED << ORIGINATOR) || endpoint_state(state, RESPONDER) != STATE_UNKNOWN)
		return state;
	/* an ACK alone may be the first part of a split handshake */
	if (s->from == RESPONDER && !s->payload && !(s->flags & TCP_FIN) &&
	    endpoint_state(state, ORIGINATOR) == STATE_SYN_SENT)
		return state;
	if (!(s->facts & FACT_ACK_OK))
		return state;
	state = with_endpoint_state(state, RESPONDER, STATE_ESTABLISHED);
	return move(state, ORIGINATOR, STATE_SYN_SENT, STATE_ESTABLISHED);
}

/* The ACK that ends the handshake: an ACK that fits nothing opens nothing. */
ALWAYS_INLINE u64 on_ack_of_syn(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);

	if (!(s->facts & FACT_ACKS_SYN))
		return endpoint_state(state, to) == STATE_SYN_RECEIVED && !(state & SYN_ACKED << to)
			       ? state | ACK_WRONG
			       : state;
	state |= SYN_ACKED << to;
	if (s->facts & FACT_GAP && endpoint_state(state, from) == STATE_SYN_RECEIVED &&
	    endpoint_state(state, to) == STATE_SYN_SENT) { /* the ACK of its SYN was missed with the rest */
		state = with_endpoint_state(state | SYN_ACKED << from, from, STATE_ESTABLISHED);
		return with_endpoint_state(state, to, STATE_ESTABLISHED);
	}
	if (state & SAW_SYN << to && state & SAW_FIN << to) { /* it closed before it was acknowledged */
		state = move(state, from, STATE_UNKNOWN, STATE_CLOSE_WAIT);
		return move(state, from, STATE_SYN_SENT, STATE_CLOSE_WAIT);
	}
	if (endpoint_state(state, to) < STATE_SYN_RECEIVED)
		return state;
	state = move(state, to, STATE_SYN_RECEIVED, STATE_ESTABLISHED);
	state = move(state, from, STATE_SYN_SENT, STATE_ESTABLISHED);
	if (state & SYN_ACKED << from)
		state = move(state, from, STATE_SYN_RECEIVED, STATE_ESTABLISHED);
	return move(state, from, STATE_UNKNOWN, STATE_ESTABLISHED);
}

ALWAYS_INLINE u64 on_ack_of_fin(u64 state, enum endpoint from, enum endpoint to)
{
	state |= FIN_ACKED << to;
	state = move(state, to, STATE_FIN_WAIT_1, STATE_FIN_WAIT_2);
	state = move(state, to, STATE_CLOSING, STATE_TIME_WAIT);
	if (endpoint_state(state, to) != STATE_LAST_ACK)
		return state;
	/* the FIN that is acknowledged here acknowledged the sender's, which may have come again since */
	state = move(state, from, STATE_FIN_WAIT_1, STATE_TIME_WAIT);
	state = move(state, from, STATE_FIN_WAIT_2, STATE_TIME_WAIT);
	return with_endpoint_state(state, to, STATE_CLOSED) | FIN_ACKED << from;
}

ALWAYS_INLINE u64 on_ack(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);

	if (s->facts & (FACT_ACK_OK | FACT_GAP))
		state |= SAW_ACK << from;
	if (state & PROBE)
		return state;
	if (state & CLOSED_ONCE) /* by a RST of its peer, most likely: that was delivered */
		state = move(state, from, STATE_UNKNOWN, STATE_CLOSED);
	if (!(state & SAW_SEGMENT << to))
		state = on_ack_of_unseen_peer(state, from, s->facts);
	else if (!(state & ESTABLISHED_ONCE && state & SYN_ACKED << to) ||
		 endpoint_state(state, to) == STATE_SYN_RECEIVED)
		state = on_missed_syn_ack(on_ack_of_syn(state, s), s);
	if (state & MIDSTREAM) /* what came before was delivered to it */
		state = move(state, from, STATE_UNKNOWN,
			     state & SAW_FIN << to ? STATE_CLOSE_WAIT : STATE_ESTABLISHED);
	if (s->facts & FACT_ACKS_FIN)
		state = on_ack_of_fin(state, from, to);
	hide_value(state); /* else the verifier goes on with a state for each way here */
	return state;
}

/*
 * The sender's FIN again: the acknowledgment that moved it was not delivered; nor was a FIN that came with
 * it, unless the sender acknowledged that one. The peer's FIN may now be there for the first time.
 */
ALWAYS_INLINE u64 on_old_fin(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);
	u64 before = state;

	if (s->facts & FACT_DUPLICATE)
		return state;
	state = move(state, from, STATE_FIN_WAIT_2, STATE_FIN_WAIT_1);
	if (!(state & (RESET_BY | RESET_BY << 1)))
		state = move(state, from, STATE_CLOSED, STATE_LAST_ACK);
	if (state & SIMULTANEOUS_CLOSE)
		state = move(state, from, STATE_TIME_WAIT, STATE_CLOSING);
	else if (!(state & CLOSED_ONCE))
		state = move(state, from, STATE_TIME_WAIT, STATE_FIN_WAIT_1);
	if (state != before)
		state &= ~(FIN_ACKED << from);
	return move(state, to, STATE_FIN_WAIT_2, STATE_TIME_WAIT);
}

/* RFC 9293 section 3.6 and figures 12 and 13. */
ALWAYS_INLINE u64 on_fin(u64 state, const struct step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);

	if (s->facts & FACT_FIN_OLD)
		return on_old_fin(state, s);
	if (!(s->facts & FACT_FIN_FITS) || !(s->facts & (FACT_ACK_OK | FACT_GAP)))
		return state;
	if (state & (SAW_FIN << from | CLOSED_ONCE | PROBE))
		return state;
	if (!(state & SAW_FIN << to) && from == RESPONDER)
		state |= FIN_FIRST_BY_RESPONDER;
	state |= SAW_FIN << from;
	if (endpoint_state(state, from) == STATE_CLOSE_WAIT && !(s->facts & FACT_ACKS_FIN)) {
		/* sent before the peer's FIN came in, so the peer's receiver was moved too early */
		state = with_endpoint_state(state, from, STATE_CLOSING);
		/* whose own FIN was acknowledged by a segment that overtook this one */
		state = move(state, to, STATE_FIN_WAIT_2, STATE_TIME_WAIT);
		return move(state, to, STATE_FIN_WAIT_1, STATE_CLOSING) | SIMULTANEOUS_CLOSE;
	}
	state = with_endpoint_state(state, from,
				    endpoint_state(state, from) == STATE_CLOSE_WAIT ? STATE_LAST_ACK
										    : STATE_FIN_WAIT_1);
	state = move(state, to, STATE_FIN_WAIT_2, STATE_TIME_WAIT);
	return move(state, to, STATE_ESTABLISHED, STATE_CLOSE_WAIT);
}

/* Both endpoints are past the handshake, or one is and the other was never seen. */
ALWAYS_INLINE bool has_opened(u64 state)
{
	bool originator = endpoint_state(state, ORIGINATOR) >= STATE_ESTABLISHED;
	bool responder = endpoint_state(state, RESPONDER) >= STATE_ESTABLISHED;

	return (originator && responder) || (originator && !(state & SAW_SEGMENT << RESPONDER)) ||
	       (responder && !(state & SAW_SEGMENT << ORIGINATOR));
}

/*
 * Wireshark's tcp.completeness: from flags and lengths alone. A SYN counts, and payload on it, only where it
 * opens the conversation; payload elsewhere only with ACK and without SYN.
 */
ALWAYS_INLINE u64 completeness_of(u64 state, const struct step *s)
{
	bool opens = !(state & (SAW_SEGMENT | SAW_SEGMENT << 1));
	u16 handshake = s->flags & (TCP_SYN | TCP_ACK);
	u32 bits = 0;

	if (handshake == TCP_SYN && opens)
		bits |= COMPLETE_SYN;
	if (handshake == (TCP_SYN | TCP_ACK))
		bits |= COMPLETE_SYN_ACK;
	if (s->payload && (handshake == TCP_ACK || (handshake == TCP_SYN && opens)))
		bits |= COMPLETE_DATA;
	if (!s->payload && handshake == TCP_ACK)
		bits |= COMPLETE_ACK;
	if ((s->flags & (TCP_FIN | TCP_ACK)) == (TCP_FIN | TCP_ACK))
		bits |= COMPLETE_FIN;
	if (s->flags & TCP_RST)
		bits |= COMPLETE_RST;
	return state | COMPLETENESS(bits);
}

/* Zeek's letters that come once for each direction; the others are appended by the tracker. */
ALWAYS_INLINE u64 history_flags(const struct step *s)
{
	u32 syn = !!(s->flags & TCP_SYN), fin = !!(s->flags & TCP_FIN), rst = !!(s->flags & TCP_RST);

	if (syn + fin + rst > 1)
		return (fin && rst ? HISTORY_I : HISTORY_Q) << s->from;
	if (fin)
		return HISTORY_F << s->from;
	if (rst)
		return HISTORY_R << s->from;
	if (syn)
		return 0;
	if (s->payload)
		return HISTORY_D << s->from;
	return s->flags & TCP_ACK ? HISTORY_A << s->from : 0;
}

/* The state after a segment. Pure: the same arguments give the same answer. */
ALWAYS_INLINE u64 transition(u64 state, const struct step *s)
{
	enum endpoint from = s->from;

	state = completeness_of(state, s) | history_flags(s);
	if (s->flags & TCP_RST && !(s->flags & TCP_SYN))
		state = on_rst(state, s);
	else if (!opens_nothing(s->flags)) {
		if (s->flags & TCP_SYN)
			state = s->flags & TCP_ACK ? on_syn_ack(state, s) : on_syn(state, s);
		else if (s->flags & TCP_ACK)
			state = on_ack(state, s);
		if (s->flags & TCP_FIN)
			state = on_fin(state, s);
	}
	if (s->facts & FACT_HOLE_OVER)
		state &= ~HOLE_OPEN;
	if (s->facts & FACT_HOLE)
		state |= HOLE_OPEN;
	if (s->payload || s->flags & (TCP_SYN | TCP_FIN)) /* its latest byte is another one */
		state &= ~(WINDOW_PROBED << from);
	if (s->facts & FACT_PROBE_TAKEN)
		state &= ~(WINDOW_PROBED << other_endpoint(from));
	if (s->facts & FACT_WINDOW_PROBE)
		state |= WINDOW_PROBED << from;
	else if (s->payload && !(s->flags & TCP_RST) && !(s->facts & FACT_KEEPALIVE) &&
		 (s->facts & (FACT_ACK_OK | FACT_GAP) ||
		  state & (ESTABLISHED_ONCE | MIDSTREAM))) /* what comes before may be stray */
		state |= SAW_DATA << from;
	if (s->flags & TCP_SYN && s->flags & TCP_ACK && s->facts & (FACT_ACK_OK | FACT_GAP))
		state |= SAW_ACK << from;
	if (has_opened(state) && !(state & (MIDSTREAM | PROBE)))
		state |= ESTABLISHED_ONCE;
	if (both(state, FIN_ACKED))
		state |= CLOSED_ONCE;
	return state | SAW_SEGMENT << from;
}

#endif
