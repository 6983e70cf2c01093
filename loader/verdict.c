// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict.h"

#include "bucket.h"

static bool holds(const struct connection *c, u64 flag)
{
	return c->state & flag;
}

bool endpoint_seen(const struct connection *c, enum endpoint who)
{
	return c->state & SAW_SEGMENT << who;
}

bool endpoint_watched(const struct record *r, enum endpoint who)
{
	return endpoint_seen(r->connection, who) || !r->interface->ingress_only;
}

bool is_half_watched(const struct record *r)
{
	return !endpoint_watched(r, ORIGINATOR) || !endpoint_watched(r, RESPONDER);
}

bool is_closed(const struct connection *c)
{
	return c->state & CLOSED_ONCE;
}

u32 completeness(const struct connection *c)
{
	return c->state >> COMPLETENESS_SHIFT & COMPLETENESS_MASK;
}

/* Which letters an endpoint has in the history are all of `allowed`. */
static bool sent_only(const struct connection *c, enum endpoint who, u64 allowed)
{
	u64 all = HISTORY_A | HISTORY_Q | HISTORY_I | HISTORY_R | HISTORY_F | SAW_DATA | SAW_SYN;

	return !(c->state & (all & ~allowed) << who);
}

static bool is_probe_by(const struct connection *c, enum endpoint who)
{
	enum endpoint peer = other_endpoint(who);

	if (!endpoint_seen(c, who) || !sent_only(c, peer, HISTORY_R))
		return false;
	if (sent_only(c, who, HISTORY_F)) /* a FIN that belongs to nothing */
		return c->state & HISTORY_F << who;
	return sent_only(c, who, HISTORY_A) && c->state & HISTORY_A << who && endpoint_seen(c, peer);
}

bool is_probe(const struct connection *c)
{
	if (holds(c, PROBE))
		return true;
	return holds(c, MIDSTREAM) && (is_probe_by(c, ORIGINATOR) || is_probe_by(c, RESPONDER));
}

/* All that was seen is RSTs with ACK, the first of number 0 (refuses_syn() in opening.h). */
bool refused_unseen(const struct connection *c)
{
	return !endpoint_seen(c, ORIGINATOR) && holds(c, MIDSTREAM) && holds(c, RESET_BY << RESPONDER) &&
	       completeness(c) == (COMPLETE_ACK | COMPLETE_RST) && !holds(c, HISTORY_A << RESPONDER) &&
	       !DIRECTION(c, RESPONDER)->isn;
}

const char *state_name(enum tcp_state state)
{
	static const char *const names[TCP_STATES] = {
		[STATE_CLOSED] = "CLOSED",
		[STATE_SYN_SENT] = "SYN_SENT",
		[STATE_SYN_RECEIVED] = "SYN_RECEIVED",
		[STATE_ESTABLISHED] = "ESTABLISHED",
		[STATE_FIN_WAIT_1] = "FIN_WAIT_1",
		[STATE_FIN_WAIT_2] = "FIN_WAIT_2",
		[STATE_CLOSE_WAIT] = "CLOSE_WAIT",
		[STATE_CLOSING] = "CLOSING",
		[STATE_LAST_ACK] = "LAST_ACK",
		[STATE_TIME_WAIT] = "TIME_WAIT",
	};

	return (u32)state < TCP_STATES ? names[state] : NULL;
}

const char *teardown_by(const struct record *r)
{
	const struct connection *c = r->connection;

	if (is_probe(c) || !is_closed(c))
		return NULL;
	if (either(c->state, RESET_BY))
		return holds(c, RESET_BY << ORIGINATOR) ? "orig" : "resp";
	if (holds(c, SIMULTANEOUS_CLOSE))
		return "both";
	return holds(c, FIN_FIRST_BY_RESPONDER) ? "resp" : "orig";
}

const char *teardown_how(const struct record *r)
{
	const struct connection *c = r->connection;

	if (is_probe(c))
		return NULL;
	if (is_closed(c))
		return either(c->state, RESET_BY) ? "rst" : "fin";
	switch (r->ending) {
	case ENDING_IDLE:
		return "idle";
	case ENDING_EVICTED:
		return "evicted";
	default: /* as far as was seen, also where its tuple was used anew */
		return "open";
	}
}

const char *fast_open(const struct connection *c)
{
	if (holds(c, FAST_OPEN_ACCEPTED))
		return "accepted";
	if (holds(c, FAST_OPEN_IGNORED))
		return "ignored";
	return c->options[ORIGINATOR].offered & OFFER_FAST_OPEN ? "requested" : NULL;
}

bool responder_half(const struct connection *c, u64 *ns)
{
	if (!holds(c, SAW_SYN << ORIGINATOR) || !holds(c, SAW_SYN_ACK) || c->syn_retransmits ||
	    holds(c, FLIPPED | SIMULTANEOUS_OPEN) || c->at.syn_ack < c->start)
		return false;
	*ns = c->at.syn_ack - c->start;
	return true;
}

bool originator_half(const struct connection *c, u64 *ns)
{
	if (!holds(c, SAW_SYN_ACK) || !holds(c, ESTABLISHED_ONCE) || c->syn_ack_retransmits ||
	    holds(c, SIMULTANEOUS_OPEN) || !endpoint_seen(c, ORIGINATOR) || c->at.established < c->at.syn_ack)
		return false;
	*ns = c->at.established - c->at.syn_ack;
	return true;
}

bool handshake_halves(const struct connection *c, u64 *responder, u64 *originator)
{
	return responder_half(c, responder) && originator_half(c, originator);
}

/* One endpoint's FIN and the other's RST: both have closed. */
static bool closed_by_fin_and_reset(const struct connection *c, enum endpoint fin)
{
	enum endpoint reset = other_endpoint(fin);

	return holds(c, SAW_FIN << fin) && holds(c, HISTORY_R << reset) && !holds(c, HISTORY_R << fin) &&
	       c->state & (RESET_BY << reset | RESET_NOT_ACCEPTED);
}

/* Zeek's: what comes after both endpoints have closed does not count. */
u64 duration(const struct connection *c)
{
	u64 last = last_seen(c);

	if (both(c->state, SAW_FIN))
		last = max_u64(c->at.fin[ORIGINATOR], c->at.fin[RESPONDER]);
	else if (closed_by_fin_and_reset(c, ORIGINATOR))
		last = max_u64(c->at.fin[ORIGINATOR], c->at.reset);
	else if (closed_by_fin_and_reset(c, RESPONDER))
		last = max_u64(c->at.fin[RESPONDER], c->at.reset);
	return last > c->start ? last - c->start : 0;
}

bool first_response(const struct connection *c, u64 *ns)
{
	if (!both(c->state, SAW_DATA) || c->at.data[RESPONDER] < c->at.data[ORIGINATOR])
		return false;
	*ns = c->at.data[RESPONDER] - c->at.data[ORIGINATOR];
	return true;
}

u32 later_retransmits(const struct connection *c, enum endpoint who)
{
	u32 openings = who == ORIGINATOR ? c->syn_retransmits : c->syn_ack_retransmits;
	u32 all = DIRECTION(c, who)->retransmits;

	return all > openings && openings != 255 ? all - openings : 0;
}

bool round_trip(const struct connection *c, struct round_trip *rtt)
{
	const struct direction_quality *o = &c->quality[ORIGINATOR], *r = &c->quality[RESPONDER];

	if (!o->rtt_min || !r->rtt_min)
		return false;
	rtt->min = (u64)o->rtt_min + r->rtt_min;
	rtt->smoothed = (u64)o->rtt_smoothed + r->rtt_smoothed;
	rtt->max = (u64)o->rtt_max + r->rtt_max;
	return true;
}
