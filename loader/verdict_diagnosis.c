// SPDX-License-Identifier: GPL-2.0-or-later
/* The tags of "diagnosis": each a question to the record. */
#include "verdict.h"

#include "arithmetic.h"
#include "bucket.h"

/* Half of a handshake that takes longer than this is slow; ns. */
enum { SLOW_HALF = NS_PER_SECOND };

const char *diagnosis_name(enum diagnosis d)
{
	static const char *const names[DIAGNOSES] = {
		[DIAGNOSIS_REFUSED] = "refused",
		[DIAGNOSIS_UNANSWERED] = "unanswered",
		[DIAGNOSIS_SYN_RETRANSMITTED] = "syn_retransmitted",
		[DIAGNOSIS_SYN_ACK_RETRANSMITTED] = "syn_ack_retransmitted",
		[DIAGNOSIS_HANDSHAKE_UNFINISHED] = "handshake_unfinished",
		[DIAGNOSIS_HANDSHAKE_INVALID] = "handshake_invalid",
		[DIAGNOSIS_SLOW_RESPONDER] = "slow_responder",
		[DIAGNOSIS_SLOW_ORIGINATOR] = "slow_originator",
		[DIAGNOSIS_RESET_BY_ORIG] = "reset_by_orig",
		[DIAGNOSIS_RESET_BY_RESP] = "reset_by_resp",
		[DIAGNOSIS_RESET_NOT_ACCEPTED] = "reset_not_accepted",
		[DIAGNOSIS_HALF_CLOSED] = "half_closed",
		[DIAGNOSIS_SIMULTANEOUS_OPEN] = "simultaneous_open",
		[DIAGNOSIS_SIMULTANEOUS_CLOSE] = "simultaneous_close",
		[DIAGNOSIS_PORT_REUSED] = "port_reused",
		[DIAGNOSIS_ZERO_WINDOW] = "zero_window",
		[DIAGNOSIS_RETRANSMISSIONS] = "retransmissions",
		[DIAGNOSIS_MIDSTREAM] = "midstream",
		[DIAGNOSIS_ONE_SIDED] = "one_sided",
		[DIAGNOSIS_UNREACHABLE] = "unreachable",
		[DIAGNOSIS_SCAN + SCAN_SYN] = "syn_scan",
		[DIAGNOSIS_SCAN + SCAN_CONNECT] = "connect_scan",
		[DIAGNOSIS_SCAN + SCAN_FIN] = "fin_scan",
		[DIAGNOSIS_SCAN + SCAN_NULL] = "null_scan",
		[DIAGNOSIS_SCAN + SCAN_XMAS] = "xmas_scan",
		[DIAGNOSIS_SCAN + SCAN_ACK] = "ack_scan",
		[DIAGNOSIS_SCAN + SCAN_MAIMON] = "maimon_scan",
		[DIAGNOSIS_SCAN + SCAN_OTHER] = "other_scan",
	};

	return (u32)d < DIAGNOSES ? names[d] : NULL;
}

/* Only one endpoint was seen, and the other one was there by what it sent, or would have been overlooked. */
static bool is_one_sided(const struct record *r)
{
	const struct connection *c = r->connection;
	bool originator = endpoint_seen(c, ORIGINATOR);
	enum endpoint who = originator ? ORIGINATOR : RESPONDER;

	if (endpoint_seen(c, ORIGINATOR) == endpoint_seen(c, RESPONDER) || is_probe(c))
		return false;
	if (r->interface->ingress_only || c->state & (ESTABLISHED_ONCE | SAW_SYN_ACK) || refused_unseen(c))
		return true;
	return c->state & MIDSTREAM && c->state & (SAW_DATA | HISTORY_A) << who;
}

static bool is_unanswered(const struct record *r)
{
	const struct connection *c = r->connection;

	if (!is_half_open(c->state) || !(c->state & SAW_SYN << ORIGINATOR) || endpoint_seen(c, RESPONDER))
		return false;
	return silence_is_known(c, c->state, r->interface->ingress_only);
}

static bool is_unfinished(const struct connection *c)
{
	return is_half_open(c->state) && endpoint_seen(c, RESPONDER) && endpoint_seen(c, ORIGINATOR);
}

/* Nothing was open yet, and the responder said no. */
static bool is_refused(const struct connection *c)
{
	if (refused_unseen(c))
		return true;
	return c->state & RESET_BY << RESPONDER && !(c->state & (ESTABLISHED_ONCE | MIDSTREAM | PROBE));
}

static bool is_reset_by(const struct connection *c, enum endpoint who)
{
	if (!(c->state & RESET_BY << who) || is_probe(c))
		return false;
	return !is_refused(c) || c->state & SAW_SYN_ACK;
}

static bool is_half_closed(const struct connection *c)
{
	bool originator = c->state & SAW_FIN << ORIGINATOR, responder = c->state & SAW_FIN << RESPONDER;

	return originator != responder && !is_closed(c) && endpoint_seen(c, ORIGINATOR) &&
	       endpoint_seen(c, RESPONDER);
}

static bool is_slow(const struct connection *c, enum endpoint side)
{
	u64 ns = 0;
	bool known = side == ORIGINATOR ? originator_half(c, &ns) : responder_half(c, &ns);

	return known && ns > SLOW_HALF;
}

static bool is_retransmitting(const struct connection *c)
{
	return later_retransmits(c, ORIGINATOR) || later_retransmits(c, RESPONDER);
}

static bool had_zero_window(const struct connection *c)
{
	return c->options[ORIGINATOR].zero_windows || c->options[RESPONDER].zero_windows;
}

ALWAYS_INLINE u32 found_if(bool holds, enum diagnosis d)
{
	return (u32)holds << d;
}

static u32 found_in_handshake(const struct record *r)
{
	const struct connection *c = r->connection;

	return found_if(is_refused(c), DIAGNOSIS_REFUSED) | found_if(is_unanswered(r), DIAGNOSIS_UNANSWERED) |
	       found_if(c->syn_retransmits, DIAGNOSIS_SYN_RETRANSMITTED) |
	       found_if(c->syn_ack_retransmits, DIAGNOSIS_SYN_ACK_RETRANSMITTED) |
	       found_if(is_unfinished(c), DIAGNOSIS_HANDSHAKE_UNFINISHED) |
	       found_if(c->state & (SYN_ACK_WRONG | ACK_WRONG), DIAGNOSIS_HANDSHAKE_INVALID) |
	       found_if(is_slow(c, RESPONDER), DIAGNOSIS_SLOW_RESPONDER) |
	       found_if(is_slow(c, ORIGINATOR), DIAGNOSIS_SLOW_ORIGINATOR);
}

static u32 found_in_end(const struct connection *c)
{
	return found_if(is_reset_by(c, ORIGINATOR), DIAGNOSIS_RESET_BY_ORIG) |
	       found_if(is_reset_by(c, RESPONDER), DIAGNOSIS_RESET_BY_RESP) |
	       found_if(c->state & RESET_NOT_ACCEPTED && !(c->state & PROBE), DIAGNOSIS_RESET_NOT_ACCEPTED) |
	       found_if(is_half_closed(c), DIAGNOSIS_HALF_CLOSED) |
	       found_if(c->state & SIMULTANEOUS_OPEN, DIAGNOSIS_SIMULTANEOUS_OPEN) |
	       found_if(c->state & SIMULTANEOUS_CLOSE, DIAGNOSIS_SIMULTANEOUS_CLOSE) |
	       found_if(c->state & PORT_REUSED, DIAGNOSIS_PORT_REUSED);
}

static u32 found_on_the_way(const struct record *r)
{
	const struct connection *c = r->connection;

	return found_if(had_zero_window(c), DIAGNOSIS_ZERO_WINDOW) |
	       found_if(is_retransmitting(c), DIAGNOSIS_RETRANSMISSIONS) |
	       found_if(c->state & MIDSTREAM && !refused_unseen(c), DIAGNOSIS_MIDSTREAM) |
	       found_if(is_one_sided(r), DIAGNOSIS_ONE_SIDED) |
	       found_if(c->state & UNREACHABLE, DIAGNOSIS_UNREACHABLE);
}

u32 diagnose(const struct record *r)
{
	const struct connection *c = r->connection;
	u32 found = found_in_handshake(r) | found_in_end(c) | found_on_the_way(r);

	if (r->scan != SCAN_NONE)
		found |= 1U << (DIAGNOSIS_SCAN + r->scan);
	return found;
}
