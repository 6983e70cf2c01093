/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a segment changed, written down in the record: milestones, Zeek's letters, and the counters of
 * outcomes. Each flag of the state is set once, so each is written down once.
 */
#ifndef SYNSCOPE_NOTES_H
#define SYNSCOPE_NOTES_H

#include "connection.h"
#include "counters.h"
#include "history.h"
#include "sighting.h"
#include "states.h"
#include "victim.h"

ALWAYS_INLINE void count_handshake_time(u64 ns, struct counters *n)
{
	n->handshakes[histogram_bucket(ns)]++;
	if (ns > n->handshake_max)
		n->handshake_max = ns;
}

/* What a segment that closed the connection made of its handshake, and how it was torn down. */
ALWAYS_INLINE void count_close(u64 set, u64 old, enum endpoint from, u32 facts, struct counters *n)
{
	bool reset = set & RESET_BY << from;

	n->closed++;
	if (is_half_open(old) && reset && from == RESPONDER)
		n->refused++;
	else if (is_half_open(old) && (reset || !(set & ESTABLISHED_ONCE)))
		n->aborted++;
	if (old & PROBE || answers_a_stray(old, from, facts))
		return;
	if (reset)
		n->closed_by_rst++;
	else
		n->closed_by_fin++;
}

/* Milestones, and the counters of outcomes: each from one flag that this segment was the first to set. */
ALWAYS_INLINE void note_milestones(struct connection *c, u64 set, u64 old, enum endpoint from, u32 facts,
				   u64 now, struct counters *n)
{
	/* where the first one acknowledged something else, the one that acknowledges the SYN */
	if (set & SAW_SYN_ACK || (set & SYN_ACKED << ORIGINATOR && old & SAW_SYN_ACK))
		c->at.syn_ack = now;
	if (set & SAW_DATA << from)
		c->at.data[from & 1] = now;
	if (set & SAW_FIN << from)
		c->at.fin[from & 1] = now;
	if (set & (RESET_BY << from | RESET_NOT_ACCEPTED))
		c->at.reset = now;
	if (set & ESTABLISHED_ONCE) {
		c->at.established = now;
		n->completed++;
		count_handshake_time(saturating_subtract(now, c->start),
				     n); /* a capture's time may step back */
	}
	if (set & CLOSED_ONCE) {
		c->at.closed = now;
		count_close(set, old, from, facts, n);
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

/*
 * Bytes that were acknowledged and not seen, where Zeek looks for them: both ends open, or closing in order.
 */
ALWAYS_INLINE void note_gap(struct connection *c, const struct sighting *g, enum endpoint of)
{
	u16 *gaps = &c->options[of & 1].gaps;

	if (!(g->facts & (FACT_GAP | FACT_HOLE_ACKED)))
		return;
	if (*gaps != 0xffff)
		(*gaps)++;
	if (g->after & MIDSTREAM || !(g->after & SAW_SYN << RESPONDER) || either(g->after, HISTORY_R))
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

/* The number that a SYN-ACK has to acknowledge, if the connection is over in truth: see answers_new_syn(). */
ALWAYS_INLINE void note_challenge(struct connection *c, const struct segment *s, const struct sighting *g)
{
	if (g->facts & FACT_SYN_OTHER && g->after & CHALLENGED && !(s->flags & TCP_ACK))
		c->other_isn = s->seq;
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
	note_challenge(c, s, g);
	renew_hint(c, g);
	return 0;
}

#endif
