// SPDX-License-Identifier: GPL-2.0-or-later
#include "view.h"

#include "arithmetic.h"
#include "verdict.h"

static bool has_failed(const struct record *r)
{
	u32 failures = 1U << DIAGNOSIS_REFUSED | 1U << DIAGNOSIS_UNANSWERED |
		       1U << DIAGNOSIS_HANDSHAKE_UNFINISHED | 1U << DIAGNOSIS_RESET_BY_ORIG |
		       1U << DIAGNOSIS_RESET_BY_RESP;

	return diagnose(r) & failures;
}

/* Retransmissions are part of it: who asks for slow handshakes means what a user had to wait. */
static bool was_slow(const struct record *r, u64 limit)
{
	const struct connection *c = r->connection;

	if (c->state & ESTABLISHED_ONCE)
		return saturating_subtract(c->at.established, c->start) > limit;
	return c->state & SAW_SYN_ACK && saturating_subtract(c->at.syn_ack, c->start) > limit;
}

bool record_is_wanted(const struct view_options *o, const struct record *r)
{
	if (!o->failed && !o->slow)
		return true;
	return (o->failed && has_failed(r)) || (o->slow && was_slow(r, o->slow));
}
