// SPDX-License-Identifier: GPL-2.0-or-later
/* What the words below a ladder say of what was sent in vain: never acknowledged, or never answered. */
#include "timeline_words.h"

#include <string.h>

#include "arithmetic.h"
#include "format.h"
#include "verdict.h"

/* How much an endpoint sent, a FIN included, that its peer never acknowledged; 0 where that sent no ACK. */
static u32 unacknowledged(const struct connection *c, enum endpoint who)
{
	enum endpoint peer = other_endpoint(who);
	s32 ahead = sequence_difference(DIRECTION(c, who)->next, DIRECTION(c, peer)->acknowledged);

	return c->state & SAW_ACK << peer && endpoint_seen(c, who) && ahead > 0 ? (u32)ahead : 0;
}

/* Whether nothing came of it for a second while the other one went on: who answers is not gone. */
static bool is_silent(const struct connection *c, enum endpoint who)
{
	return DIRECTION(c, who)->last + NS_PER_SECOND <= DIRECTION(c, other_endpoint(who))->last;
}

/* Twice may be an acknowledgment on its way. */
bool timeline_unacknowledged(struct paragraph *p, const struct connection *c, enum endpoint who)
{
	enum { SENT_AGAIN = 2 };
	u32 again = later_retransmits(c, who), fins = c->fin_retransmits[who],
	    fin = !!(c->state & SAW_FIN << who);
	u32 bytes = (u32)saturating_subtract(unacknowledged(c, who), fin);

	if (is_probe(c) || !bytes || again < SENT_AGAIN + fins || !is_silent(c, other_endpoint(who)))
		return false;
	paragraph_add(p, "%s from the %s were never acknowledged, though it sent again %s: ",
		      text_bytes(bytes).text, endpoint_names[who], text_times(again - fins).text);
	paragraph_add(p, "the %s is gone, or can't be reached", endpoint_names[other_endpoint(who)]);
	return true;
}

/* How long the request has waited, ns: until the end, or until now. */
static u64 waited(const struct record *r)
{
	const struct connection *c = r->connection;
	u64 until = c->at.reset ? c->at.reset : c->at.closed ? c->at.closed : r->now;

	if (c->at.fin[RESPONDER])
		until = min_u64(until, c->at.fin[RESPONDER]);
	return saturating_subtract(until, c->at.data[ORIGINATOR]);
}

bool timeline_no_answer(struct paragraph *p, const struct record *r)
{
	enum { LONG = NS_PER_SECOND };
	const struct connection *c = r->connection;
	bool ended = c->state & (CLOSED_ONCE | SAW_FIN << RESPONDER) || either(c->state, RESET_BY);
	u32 fin = !!(c->state & SAW_FIN << ORIGINATOR);
	u64 ns = waited(r), latest = max_u64(DIRECTION(c, ORIGINATOR)->last, DIRECTION(c, RESPONDER)->last);

	if (!endpoint_seen(c, RESPONDER) || !r->answers ||
	    (c->state & (SAW_DATA | SAW_DATA << RESPONDER)) != SAW_DATA << ORIGINATOR ||
	    c->state & MIDSTREAM || unseen_bytes(c) || payload_bytes(c, RESPONDER))
		return false;
	if (unacknowledged(c, ORIGINATOR) > fin)
		return false;
	if (!ended && saturating_subtract(r->now, latest) < LONG) /* more of the request may be coming */
		return false;
	if (c->at.fin[RESPONDER] && ns < LONG)
		paragraph_add(p, "the responder closed without an answer to the request");
	else
		paragraph_add(p,
			      "the request was acknowledged, and not answered for %s: the application does "
			      "not answer",
			      text_span(ns).text);
	return true;
}
