// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many bytes of payload there were, from sequence numbers as Zeek counts them. Distances are of 64
 * bits: a 32-bit number and how often it wrapped.
 */
#include "verdict.h"

#include "hole.h"

/* From the initial number to one past the last that was sent. */
static s64 sent(const struct connection *c, enum endpoint who)
{
	const struct direction *d = DIRECTION(c, who);

	return (s64)((u64)d->next_wraps << 32) + d->next - d->isn;
}

/* From the initial number to what the peer acknowledged; never less than `sent`. */
static s64 sent_or_acknowledged(const struct connection *c, enum endpoint who)
{
	const struct direction *d = DIRECTION(c, who);
	const struct direction *peer = DIRECTION(c, other_endpoint(who));
	s64 furthest = sent(c, who), acknowledged;

	if (!(c->state & SAW_ACK << other_endpoint(who)))
		return furthest;
	if (c->state & SAW_SYN << who)
		acknowledged = (s64)((u64)peer->acked_wraps << 32) + peer->acknowledged - d->isn;
	else /* the wraps were not counted from a number that is known */
		acknowledged = furthest + sequence_difference(peer->acknowledged, d->next);
	return acknowledged > furthest ? acknowledged : furthest;
}

/* Whether one of the numbers was a FIN's: also of one that came after a RST, or in a probe. */
static bool took_fin(const struct connection *c, enum endpoint who)
{
	if (c->state & SAW_FIN << who)
		return true;
	if (c->state & PROBE)
		return c->state & (HISTORY_F | HISTORY_Q) << who;
	return c->state & HISTORY_F << who && is_closed(c);
}

u64 payload_bytes(const struct connection *c, enum endpoint who)
{
	s64 bytes;

	if (!endpoint_seen(c, who) || only_reset(c->state, who))
		return 0;
	/* less the SYN; where none was seen, isn is one below the first number */
	bytes = sent_or_acknowledged(c, who) - 1;
	if (took_fin(c, who))
		bytes--;
	return bytes > 0 ? (u64)bytes : 0;
}

static u64 missed(const struct connection *c, enum endpoint who)
{
	enum endpoint peer = other_endpoint(who);

	if (!endpoint_seen(c, who) || only_reset(c->state, who) || !(c->state & SAW_ACK << peer))
		return 0;
	return missing_below(&c->quality[who], DIRECTION(c, who)->next, DIRECTION(c, peer)->acknowledged) +
	       (u64)(sent_or_acknowledged(c, who) - sent(c, who));
}

u64 unseen_bytes(const struct connection *c)
{
	return missed(c, ORIGINATOR) + missed(c, RESPONDER);
}

/* Zeek looks for gaps only where it saw the handshake; the SYN may have been missed. */
u64 missed_bytes(const struct connection *c)
{
	bool opened = c->state & SAW_SYN << RESPONDER && endpoint_seen(c, ORIGINATOR);

	return opened && !(c->state & MIDSTREAM) ? unseen_bytes(c) : 0;
}
