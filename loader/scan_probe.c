// SPDX-License-Identifier: GPL-2.0-or-later
#include "scan_probe.h"

#include "hash.h"
#include "identity.h"

static enum scan_kind kind_of_flags(u16 flags)
{
	flags &= TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG;
	switch (flags) {
	case 0:
		return SCAN_NULL;
	case TCP_FIN:
		return SCAN_FIN;
	case TCP_FIN | TCP_PSH | TCP_URG:
		return SCAN_XMAS;
	default:
		return SCAN_OTHER;
	}
}

static enum scan_kind kind_of_first(const struct event *e)
{
	enum { BARE_HEADER = 20 };
	u16 flags = e->flags & (TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG);

	if ((e->from & 1) != ORIGINATOR)
		return SCAN_NONE;
	if (e->state & PROBE)
		return kind_of_flags(e->flags);
	if (e->state & MIDSTREAM) {
		if (e->header != BARE_HEADER || e->payload)
			return SCAN_NONE;
		return flags == TCP_ACK ? SCAN_ACK : flags == (TCP_FIN | TCP_ACK) ? SCAN_MAIMON : SCAN_NONE;
	}
	if (!(e->state & SAW_SYN))
		return SCAN_NONE;
	if (e->state & ESTABLISHED_ONCE) /* the SYN had no event; only a stack goes on */
		return SCAN_CONNECT;
	return e->options.offered & OFFER_SACK ? SCAN_CONNECT : SCAN_SYN;
}

enum scan_kind probe_of_event(const struct event *e, enum scan_kind before)
{
	return e->number == 1 ? kind_of_first(e) : before;
}

/* An ACK of the originator alone, with the least header there is. */
static bool is_bare_stray(const struct connection *c)
{
	enum { BARE_IPV4 = 40, BARE_IPV6 = 60 };
	u64 bare = is_ipv4_mapped(&c->key.low) ? BARE_IPV4 : BARE_IPV6;

	return DIRECTION(c, ORIGINATOR)->segments == 1 && DIRECTION(c, ORIGINATOR)->bytes == bare &&
	       !(c->state & (SAW_DATA | SAW_DATA << RESPONDER | RESET_BY)) &&
	       (!(c->state & SAW_SEGMENT << RESPONDER) || c->state & RESET_BY << RESPONDER);
}

enum scan_kind probe_of_record(const struct connection *c)
{
	if (c->state & PROBE)
		return kind_of_flags((u16)c->probe_flags);
	if (c->state & MIDSTREAM) {
		if (!(c->state & SAW_SEGMENT) || c->state & FLIPPED || !is_bare_stray(c))
			return SCAN_NONE;
		return c->state & SAW_FIN ? SCAN_MAIMON : SCAN_ACK;
	}
	if (!(c->state & SAW_SYN) || c->state & (FLIPPED | SAW_DATA))
		return SCAN_NONE;
	return c->options[ORIGINATOR].offered & OFFER_SACK ? SCAN_CONNECT : SCAN_SYN;
}

struct target target_of(const struct connection_key *key, u64 state, u64 seed)
{
	struct party to = party_of(key, state, RESPONDER);

	return (struct target){.host = hash_address(&to.address, seed), .port = to.port};
}
