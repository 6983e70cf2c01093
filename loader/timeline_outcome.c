// SPDX-License-Identifier: GPL-2.0-or-later
/* The first words below a ladder: how the connection opened, what it carried, how it ended. */
#include "timeline_words.h"

#include <string.h>

#include "arithmetic.h"
#include "bucket.h"
#include "counters.h"
#include "format.h"
#include "icmp_words.h"
#include "identity.h"
#include "verdict.h"

/* "originator", "responder", or the both of them, from teardown.by. */
static const char *by_whom(const char *by)
{
	return strcmp(by, "orig") == 0	 ? endpoint_names[ORIGINATOR]
	       : strcmp(by, "resp") == 0 ? endpoint_names[RESPONDER]
					 : "both at once";
}

static void say_opening(struct paragraph *p, const struct connection *c)
{
	u64 responder, originator;

	if (!(c->state & ESTABLISHED_ONCE))
		return;
	if (handshake_halves(c, &responder, &originator)) {
		paragraph_item(p, "opened in %s (responder's side %s, originator's %s)",
			       text_span(responder + originator).text, text_span(responder).text,
			       text_span(originator).text);
		return;
	}
	if (!(c->state & SAW_SYN << ORIGINATOR) || !endpoint_seen(c, RESPONDER)) {
		paragraph_item(p, endpoint_seen(c, ORIGINATOR) && endpoint_seen(c, RESPONDER) &&
						  !(c->state & PORT_REUSED)
					  ? "opened (its SYN was not seen)"
					  : "opened");
		return;
	}
	paragraph_item(p, "opened after %s",
		       text_span(saturating_subtract(c->at.established, c->start)).text);
	if (c->syn_retransmits)
		paragraph_add(p, ", SYN sent %s", text_times(c->syn_retransmits + 1U).text);
	if (c->syn_ack_retransmits)
		paragraph_add(p, ", SYN-ACK sent %s", text_times(c->syn_ack_retransmits + 1U).text);
}

static bool begins_with_reset(const struct connection *c)
{
	char first = c->history[c->history[0] == '^'];

	return first == 'R' || first == 'r';
}

static void say_reset(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	bool originator = c->state & RESET_BY << ORIGINATOR;
	enum endpoint peer = originator ? RESPONDER : ORIGINATOR;

	if (begins_with_reset(c))
		paragraph_item(p, "reset by the %s: its RST is the first segment that was seen",
			       by_whom(teardown_by(r)));
	else
		paragraph_item(p, "reset by the %s after %s", by_whom(teardown_by(r)),
			       text_span(saturating_subtract(c->at.reset, c->start)).text);
	if (!(c->state & (ESTABLISHED_ONCE | MIDSTREAM)))
		paragraph_add(p, ", before the handshake was complete");
	else if (c->state & SAW_FIN << peer) /* an answer to one that was acknowledged it is not */
		paragraph_add(p, ", %s the %s's FIN", c->state & FIN_ACKED << peer ? "after" : "in answer to",
			      endpoint_names[peer]);
	else if (c->state & SAW_FIN << other_endpoint(peer))
		paragraph_add(p, ", after its own FIN");
}

static void say_close(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	bool disorder = c->quality[ORIGINATOR].out_of_order || c->quality[RESPONDER].out_of_order ||
			later_retransmits(c, ORIGINATOR) || later_retransmits(c, RESPONDER) ||
			missed_bytes(c);
	const char *by = teardown_by(r);

	paragraph_item(p, "closed by %s%s after %s", strcmp(by, "both") != 0 ? "the " : "", by_whom(by),
		       text_span(saturating_subtract(c->at.closed, c->start)).text);
	if (!disorder)
		paragraph_add(p, ", in order");
}

static void say_refused(struct paragraph *p, const struct connection *c)
{
	struct party resp = party_of(&c->key, c->state, RESPONDER);

	paragraph_item(p, "refused: port %u of %s answered ", resp.port, text_address(&resp.address).text);
	if (endpoint_seen(c, ORIGINATOR))
		paragraph_add(p, c->syn_retransmits ? "with RST, %s after the first SYN" : "with RST in %s",
			      text_span(saturating_subtract(c->at.reset, c->start)).text);
	else
		paragraph_add(p, "a SYN that was not seen with RST");
	paragraph_add(p, " (nothing listens there, or a filter says no)");
}

/* Whether the SYN came to this host, which did not answer; a replay can't know. */
static bool syn_came_in(const struct record *r)
{
	return !r->interface->replay && r->step_count && r->steps[0].kinds & 1 << EVENT_SYN &&
	       r->steps[0].hook == HOOK_IN;
}

/* The record ends so soon behind the last segment that an answer may have come after all. */
static bool ends_early(const struct record *r)
{
	return r->ending == ENDING_EVICTED ||
	       (r->ending == ENDING_OPEN &&
		saturating_subtract(r->now, last_seen(r->connection)) < NS_PER_SECOND);
}

static void say_unanswered(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	u64 last = DIRECTION(c, ORIGINATOR)->last;

	paragraph_item(p, "%s: SYN sent %s",
		       c->state & UNREACHABLE	    ? "rejected by ICMP"
		       : r->interface->ingress_only ? "no answer was seen"
		       : r->live		    ? "nobody has answered yet"
		       : ends_early(r)		    ? "nobody had answered yet"
						    : "nobody answered",
		       text_times(c->syn_retransmits + 1U).text);
	if (c->syn_retransmits && last > c->start)
		paragraph_add(p, " in %s", text_span(last - c->start).text);
	if (r->live || (!(c->state & UNREACHABLE) && (ends_early(r) || r->interface->ingress_only)))
		return; /* too early to say why, or nobody looked */
	paragraph_add(p, " (%s)",
		      c->state & UNREACHABLE ? unreachable_words(c->icmp_type, c->icmp_code)
		      : syn_came_in(r)	     ? "filtered here, or the listener's queue is full"
					     : "filtered, or the host is gone");
}

static void say_unfinished(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;

	if ((r->live || ends_early(r)) &&
	    (c->state & (SAW_SYN_ACK | SYN_ACK_WRONG | ACK_WRONG)) == SAW_SYN_ACK)
		paragraph_item(p, "not open yet: the responder has answered, the originator has not "
				  "acknowledged it");
	else if (c->state & ACK_WRONG)
		paragraph_item(p, "never opened: the originator acknowledged a number that was not the "
				  "responder's");
	else if (c->state & SYN_ACK_WRONG)
		paragraph_item(p, "never opened: the responder acknowledged another number than the SYN's");
	else if (c->state & SAW_SYN_ACK && c->syn_retransmits)
		paragraph_item(p,
			       "never opened: the responder's answers do not reach the originator, which "
			       "sent its SYN %s",
			       text_times(c->syn_retransmits + 1U).text);
	else if (c->state & SAW_SYN_ACK)
		paragraph_item(p, "never opened: the responder answered, and the originator fell silent (a "
				  "half-open scan, a forged address, or the answer was lost)");
	else
		paragraph_item(p, "never opened: the responder answered, but not with SYN-ACK");
}

/* What kind of segment it was that belongs to nothing. */
static const char *probe_name(const struct connection *c)
{
	if (either(c->state, HISTORY_F))
		return c->state & MIDSTREAM ? "a FIN with ACK" : "a FIN without ACK";
	if (either(c->state, HISTORY_Q))
		return "a SYN with FIN or RST";
	return c->state & MIDSTREAM ? "an ACK" : "a segment without SYN, ACK, FIN and RST";
}

static void say_probe(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	bool lone_ack = c->state & MIDSTREAM && !either(c->state, HISTORY_F);

	paragraph_item(p, "%s that belongs to no connection", probe_name(c));
	if (endpoint_seen(c, ORIGINATOR) && endpoint_seen(c, RESPONDER))
		paragraph_add(p, ", answered with RST: the host is there, %s",
			      lone_ack ? "nothing filters the port" : "the port is closed");
	else if (is_half_watched(r))
		paragraph_add(p, "; what answered it was not looked at");
	else
		paragraph_add(p, ", and no answer: filtered, or the port is open");
}

/* What the other side did meanwhile is not known. */
static void say_one_side(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	const char *who = endpoint_names[endpoint_seen(c, ORIGINATOR) ? ORIGINATOR : RESPONDER];

	if (is_half_open(c->state))
		paragraph_item(p, "the %s sent a SYN%s, and nothing behind it", who,
			       c->state & SAW_SYN_ACK ? "-ACK" : "");
	else if (either(c->state, SAW_FIN))
		paragraph_item(p, "the %s sent a FIN", who);
	else
		paragraph_item(p, "the %s sent no FIN within %s", who,
			       text_span(saturating_subtract(r->now, c->start)).text);
	paragraph_add(p, "; what the other side sent was not %s", is_half_watched(r) ? "looked at" : "seen");
}

static void say_open(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	bool by_originator = c->state & SAW_FIN << ORIGINATOR, by_responder = c->state & SAW_FIN << RESPONDER;
	bool one_side = !endpoint_seen(c, ORIGINATOR) || !endpoint_seen(c, RESPONDER);

	if (one_side)
		say_one_side(p, r);
	else if (by_originator && by_responder)
		paragraph_item(p, "both sent a FIN, and the last ACK was not seen");
	else if (by_originator || by_responder)
		paragraph_item(p, "half-closed by the %s's FIN",
			       endpoint_names[by_originator ? ORIGINATOR : RESPONDER]);
	switch (r->ending) {
	case ENDING_IDLE:
		paragraph_item(p, "then silent for %s: given up",
			       text_span(saturating_subtract(r->now, c->start + duration(c))).text);
		break;
	case ENDING_EVICTED:
		paragraph_item(p, "its place in the table was needed: what came after is not known");
		break;
	case ENDING_REUSED:
		paragraph_item(p, "then a new SYN took its ports");
		break;
	default:
		if (!one_side && (!by_originator || !by_responder))
			paragraph_item(p, "still open after %s",
				       text_span(saturating_subtract(r->now, c->start)).text);
	}
}

void timeline_outcome(struct outcome *o, const struct record *r)
{
	const struct connection *c = r->connection;
	u32 found = diagnose(r);

	memset(o, 0, sizeof(*o));
	o->mark = r->live ? "…" : "✘";
	o->bad = !r->live;
	if (is_probe(c)) {
		o->mark = "?";
		o->bad = false;
		say_probe(&o->words, r);
	} else if (found & 1U << DIAGNOSIS_REFUSED && !(c->state & SAW_SYN_ACK)) {
		say_refused(&o->words, c);
	} else if (found & 1U << DIAGNOSIS_UNANSWERED) {
		say_unanswered(&o->words, r);
	} else if (found & 1U << DIAGNOSIS_HANDSHAKE_UNFINISHED) {
		say_unfinished(&o->words, r);
	} else if (either(c->state, RESET_BY)) {
		say_opening(&o->words, c);
		say_reset(&o->words, r);
	} else if (is_closed(c)) {
		o->mark = "✔";
		o->good = true;
		o->bad = false;
		say_opening(&o->words, c);
		say_close(&o->words, r);
	} else {
		o->mark = "…";
		o->bad = false;
		say_opening(&o->words, c);
		if (c->state & SAW_SYN_ACK && !(c->state & ESTABLISHED_ONCE))
			paragraph_item(&o->words, "a SYN-ACK whose SYN was not seen");
		say_open(&o->words, r);
	}
}
