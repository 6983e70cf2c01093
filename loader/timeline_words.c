// SPDX-License-Identifier: GPL-2.0-or-later
/* The remarks below a ladder, and the words within it. */
#include "timeline_words.h"

#include <string.h>

#include "arithmetic.h"
#include "format.h"
#include "icmp_words.h"
#include "identity.h"
#include "verdict.h"

const char *const endpoint_names[ENDPOINTS] = {"originator", "responder"};

/* "3 by the originator, 1 by the responder"; only who has any. */
static void per_endpoint(struct paragraph *p, u64 originator, u64 responder)
{
	if (originator)
		paragraph_add(p, "%llu by the originator", (unsigned long long)originator);
	if (originator && responder)
		paragraph_add(p, ", ");
	if (responder)
		paragraph_add(p, "%llu by the responder", (unsigned long long)responder);
}

static void remark_retransmissions(struct paragraph *p, const struct connection *c)
{
	u32 originator = later_retransmits(c, ORIGINATOR), responder = later_retransmits(c, RESPONDER);
	u32 fins = c->fin_retransmits[ORIGINATOR] + c->fin_retransmits[RESPONDER];

	paragraph_add(p, "segments sent again: ");
	per_endpoint(p, originator, responder);
	if (fins)
		paragraph_add(p, " (%u of them a FIN)", fins);
}

static void remark_zero_window(struct paragraph *p, const struct connection *c)
{
	for (enum endpoint who = ORIGINATOR; who < ENDPOINTS; who++) {
		u32 n = c->options[who].zero_windows;

		if (!n)
			continue;
		paragraph_add(p, "%sthe %s's receive window was full", p->length ? "; " : "",
			      endpoint_names[who]);
		if (n > 1)
			paragraph_add(p, ", announced %s", text_times(n).text);
		paragraph_add(p, ": its program reads too slowly");
	}
}

static void remark_unseen_side(struct paragraph *p, const struct record *r)
{
	enum endpoint who = endpoint_seen(r->connection, ORIGINATOR) ? ORIGINATOR : RESPONDER;

	paragraph_add(p, "only the %s's segments were seen: ", endpoint_names[who]);
	paragraph_add(p, r->interface->ingress_only
				 ? "what goes out is not looked at (--ingress-only)"
				 : "the other side is gone, or its segments take another way");
}

/* Whether the SYN was sent again behind its answer; where its step is lost, by the time a SYN waits at least.
 */
static bool syn_came_behind_answer(const struct record *r)
{
	enum { RESENT_AFTER = 500000000 }; /* ns; a second, or so (RFC 6298) */
	const struct connection *c = r->connection;
	u64 last = 0;

	for (u32 i = 0; i < r->step_count; i++)
		if (r->steps[i].kinds & 1 << EVENT_SYN && r->steps[i].from == ORIGINATOR)
			last = r->steps[i].time;
	if (last > c->start)
		return last > c->at.syn_ack;
	return saturating_subtract(c->at.syn_ack, c->start) < RESENT_AFTER;
}

/* The outcome has said how often. */
static void remark_syns(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	u64 waited = saturating_subtract(c->at.syn_ack, c->start);

	if (!(c->state & SAW_SYN_ACK))
		paragraph_add(p, "the SYN was sent %s", text_times(c->syn_retransmits + 1U).text);
	else if (syn_came_behind_answer(r))
		paragraph_add(
			p, "the SYN was answered after %s and sent again all the same: the answer was lost",
			text_span(waited).text);
	else
		paragraph_add(p, "the SYN was sent %s, it took %s until it was answered",
			      text_times(c->syn_retransmits + 1U).text, text_span(waited).text);
}

static void remark_invalid(struct paragraph *p, const struct connection *c)
{
	if (c->state & SYN_ACK_WRONG)
		paragraph_add(
			p, "a SYN-ACK acknowledged a number that was never sent: an answer to another SYN, "
			   "or a forged one");
	if (c->state & ACK_WRONG)
		paragraph_add(p, "%san ACK of the handshake acknowledged a wrong number",
			      p->length ? "; " : "");
}

static const char *remark_port_reused(const struct connection *c)
{
	if (c->state & FLIPPED)
		return "its SYN came while the previous connection seemed open, and is in that one's record";
	return "its SYN took over the ports that TIME_WAIT still held";
}

/* A record begins anew behind a long silence, too. */
static void remark_midstream(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	bool from_the_start =
		saturating_subtract(c->start, r->interface->since) <= r->interface->idle_timeout;
	bool by_ports = port_class(party_of(&c->key, c->state, ORIGINATOR).port) !=
			port_class(party_of(&c->key, c->state, RESPONDER).port);

	paragraph_add(
		p, "%s, and who opened it is guessed by %s",
		from_the_start
			? "already open when watching began: its handshake was not seen"
			: "its handshake is not in this record: it was open before watching began, or silent "
			  "for so long that it had been given up",
		by_ports ? "the port numbers" : "who was seen first");
}

/* Only where the originator acknowledged another number can it be that its ACK came, or a full queue's. */
static void remark_syn_acks(struct paragraph *p, const struct connection *c)
{
	paragraph_add(p, "the SYN-ACK was sent %s: ", text_times(c->syn_ack_retransmits + 1U).text);
	if (c->state & SAW_ACK << ORIGINATOR)
		paragraph_add(p, "the last ACK was lost, the listener's queue is full, or it waits for data "
				 "first (TCP_DEFER_ACCEPT)");
	else
		paragraph_add(p, "no ACK came back");
}

/* A FIN that was sent again and again: nobody is there to close the other side. */
static bool fin_was_not_heard(const struct connection *c, enum endpoint closed)
{
	return c->fin_retransmits[closed] && !(c->state & FIN_ACKED << closed);
}

static void remark_half_closed(struct paragraph *p, const struct connection *c)
{
	enum endpoint closed = c->state & SAW_FIN << ORIGINATOR ? ORIGINATOR : RESPONDER;
	const char *other = endpoint_names[other_endpoint(closed)];

	if (fin_was_not_heard(c, closed))
		paragraph_add(p,
			      "the %s's FIN was sent %s and never acknowledged: the %s is gone, or "
			      "can't be reached",
			      endpoint_names[closed], text_times(c->fin_retransmits[closed] + 1U).text,
			      other);
	else
		paragraph_add(
			p,
			"the %s has sent no FIN: its program has not closed the socket, or its data are not "
			"all taken yet",
			other);
}

/* What the outcome has said in its own words. */
static bool already_said(u32 found, enum diagnosis d)
{
	switch (d) {
	case DIAGNOSIS_REFUSED:
	case DIAGNOSIS_UNANSWERED:
	case DIAGNOSIS_HANDSHAKE_UNFINISHED:
	case DIAGNOSIS_RESET_BY_ORIG:
	case DIAGNOSIS_RESET_BY_RESP:
		return true;
	case DIAGNOSIS_SYN_RETRANSMITTED:
		return found & 1U << DIAGNOSIS_UNANSWERED;
	case DIAGNOSIS_HANDSHAKE_INVALID:
		return found & 1U << DIAGNOSIS_HANDSHAKE_UNFINISHED;
	default:
		return false;
	}
}

static const char *plain_remark(enum diagnosis d)
{
	static const char *const remarks[DIAGNOSES] = {
		[DIAGNOSIS_RESET_NOT_ACCEPTED] =
			"a RST came with a number that does not fit: it closes nothing (RFC 5961)",
		[DIAGNOSIS_SIMULTANEOUS_OPEN] =
			"both sent a SYN at once: a simultaneous open (RFC 9293 section 3.5)",
		[DIAGNOSIS_SIMULTANEOUS_CLOSE] = "both sent a FIN before they had the other's",
		[DIAGNOSIS_SCAN + SCAN_SYN] = "part of a SYN scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_CONNECT] = "part of a connect scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_FIN] = "part of a FIN scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_NULL] = "part of a NULL scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_XMAS] = "part of an Xmas scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_ACK] = "part of an ACK scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_MAIMON] = "part of a Maimon scan by the originator",
		[DIAGNOSIS_SCAN + SCAN_OTHER] = "part of a scan by flags that no stack sends",
	};

	return remarks[d];
}

static const struct event *unreachable_event(const struct record *r)
{
	for (u32 i = 0; i < r->step_count; i++)
		if (r->steps[i].kinds & 1 << EVENT_UNREACHABLE)
			return &r->steps[i];
	return NULL;
}

static void remark_unreachable(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	const struct event *e = unreachable_event(r);
	union address reporter;

	if (e) {
		memcpy(reporter.bytes, e->reporter, sizeof(reporter.bytes));
		paragraph_add(p, "after %s %s said by ICMP: ",
			      text_span(saturating_subtract(e->time, c->start)).text,
			      text_address(&reporter).text);
	} else {
		paragraph_add(p, "an ICMP error said: ");
	}
	paragraph_add(p, "%s (type %u, code %u)", unreachable_words(c->icmp_type, c->icmp_code), c->icmp_type,
		      c->icmp_code);
}

bool timeline_remark(struct paragraph *p, const struct record *r, u32 found, u32 d)
{
	const struct connection *c = r->connection;
	u64 ns = 0;

	if (!(found >> d & 1) || already_said(found, d) || (is_probe(c) && d < DIAGNOSIS_SCAN))
		return false;
	switch ((enum diagnosis)d) {
	case DIAGNOSIS_SYN_RETRANSMITTED:
		remark_syns(p, r);
		break;
	case DIAGNOSIS_SYN_ACK_RETRANSMITTED:
		remark_syn_acks(p, c);
		break;
	case DIAGNOSIS_HANDSHAKE_INVALID:
		remark_invalid(p, c);
		break;
	case DIAGNOSIS_SLOW_RESPONDER:
		responder_half(c, &ns);
		paragraph_add(p, "the responder's side took %s to answer the SYN", text_span(ns).text);
		break;
	case DIAGNOSIS_SLOW_ORIGINATOR:
		originator_half(c, &ns);
		paragraph_add(p, "the originator's side took %s to complete the handshake",
			      text_span(ns).text);
		break;
	case DIAGNOSIS_HALF_CLOSED:
		remark_half_closed(p, c);
		break;
	case DIAGNOSIS_ZERO_WINDOW:
		remark_zero_window(p, c);
		break;
	case DIAGNOSIS_RETRANSMISSIONS:
		remark_retransmissions(p, c);
		break;
	case DIAGNOSIS_MIDSTREAM:
		remark_midstream(p, r);
		break;
	case DIAGNOSIS_ONE_SIDED:
		remark_unseen_side(p, r);
		break;
	case DIAGNOSIS_PORT_REUSED:
		paragraph_add(p, "%s", remark_port_reused(c));
		break;
	case DIAGNOSIS_UNREACHABLE:
		remark_unreachable(p, r);
		break;
	default:
		if (!plain_remark(d))
			return false;
		paragraph_add(p, "%s", plain_remark(d));
	}
	return true;
}

/* 2MSL can't be observed: it is counted from the close, and said to be an estimate. */
bool timeline_time_wait(struct paragraph *p, const struct record *r, enum endpoint who)
{
	const struct connection *c = r->connection;
	struct party party = party_of(&c->key, c->state, who);
	s64 until = (s64)(c->at.closed + r->interface->time_wait) + r->interface->wall_offset;

	if (!is_closed(c) || r->ending == ENDING_REUSED || !r->interface->time_wait ||
	    endpoint_state(c->state, who) != STATE_TIME_WAIT)
		return false;
	paragraph_add(p, "TIME_WAIT holds the %s's port %u until about %.8s (estimate)", endpoint_names[who],
		      party.port, text_clock(until).text);
	return true;
}

bool timeline_two_syn_acks(struct paragraph *p, const struct connection *c)
{
	if (!(c->state & SYN_ACK_DIFFERS))
		return false;
	paragraph_add(p,
		      "two SYN-ACKs with different numbers: the one that the originator acknowledged counts");
	return true;
}

/* The first error on the path's MTU is kept until one says that the destination is unreachable. */
bool timeline_too_big(struct paragraph *p, const struct connection *c)
{
	if (c->state & UNREACHABLE || !c->icmp_type)
		return false;
	paragraph_add(
		p,
		"a router let no packets as long as these through, and said so by ICMP (type %u, code %u): "
		"the path's MTU is smaller",
		c->icmp_type, c->icmp_code);
	return true;
}

bool timeline_challenge(struct paragraph *p, const struct connection *c)
{
	if (!(c->state & CHALLENGED))
		return false;
	paragraph_add(p,
		      "a SYN with another number came inside the open connection: its sender had lost it (a "
		      "reboot), or it is old or forged (RFC 5961)");
	return true;
}

bool timeline_unseen(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	u64 missed = unseen_bytes(c);
	u32 late[ENDPOINTS] = {c->quality[ORIGINATOR].out_of_order, c->quality[RESPONDER].out_of_order};

	if (missed)
		paragraph_add(p, "%s were acknowledged that were never seen here", text_bytes(missed).text);
	if (late[ORIGINATOR] || late[RESPONDER]) {
		paragraph_add(p, "%ssegments out of order: ", missed ? "; " : "");
		per_endpoint(p, late[ORIGINATOR], late[RESPONDER]);
	}
	return p->length;
}

static void add_mss(struct paragraph *p, const struct direction_options *o, const struct direction_options *r)
{
	if (o->mss && r->mss)
		paragraph_item(p, "mss %u/%u", o->mss, r->mss);
	else if (o->mss || r->mss)
		paragraph_item(p, "mss %u by the %s", o->mss ? o->mss : r->mss,
			       endpoint_names[o->mss ? ORIGINATOR : RESPONDER]);
}

void timeline_options(struct paragraph *p, const struct connection *c)
{
	const struct direction_options *o = &c->options[ORIGINATOR], *r = &c->options[RESPONDER];
	u8 both = o->offered & r->offered;

	add_mss(p, o, r);
	if (o->window_scale != NO_WINDOW_SCALE && r->window_scale != NO_WINDOW_SCALE)
		paragraph_item(p, "window scale %u/%u", o->window_scale, r->window_scale);
	if (both & OFFER_SACK)
		paragraph_item(p, "sack");
	if (both & OFFER_TIMESTAMPS)
		paragraph_item(p, "timestamps");
	if (both & OFFER_MPTCP)
		paragraph_item(p, "mptcp");
	if (both & OFFER_MD5)
		paragraph_item(p, "md5");
	if (both & OFFER_AO)
		paragraph_item(p, "ao");
	if (fast_open(c))
		paragraph_item(p, "fast open %s", fast_open(c));
}

void timeline_traffic(struct paragraph *p, const struct connection *c)
{
	u64 sent = payload_bytes(c, ORIGINATOR), received = payload_bytes(c, RESPONDER);

	if (sent)
		paragraph_add(p, "%s ▶", text_bytes(sent).text);
	if (sent && received)
		paragraph_add(p, "   ");
	if (received)
		paragraph_add(p, "◀ %s", text_bytes(received).text);
}

void timeline_timing(struct paragraph *p, const struct connection *c)
{
	struct round_trip rtt;
	struct text min, max;
	u64 response;

	if (first_response(c, &response))
		paragraph_item(p, "first answer %s", text_span(response).text);
	if (!either(c->state, SAW_DATA) || !round_trip(c, &rtt))
		return;
	min = text_span(rtt.min);
	max = text_span(rtt.max);
	if (strcmp(min.text, max.text) != 0)
		paragraph_item(p, "rtt %s to %s", min.text, max.text);
	else
		paragraph_item(p, "rtt %s", min.text);
}
