// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_event.h"

#include <string.h>

#include "arithmetic.h"
#include "counters.h"
#include "format.h"
#include "icmp_words.h"
#include "identity.h"
#include "scanner.h"
#include "verdict.h"

const char *event_name(enum event_kind kind)
{
	static const char *const names[EVENT_KINDS] = {
		[EVENT_SYN] = "syn",
		[EVENT_SYN_ACK] = "syn_ack",
		[EVENT_ESTABLISHED] = "established",
		[EVENT_DATA] = "data",
		[EVENT_FIN_ACKED] = "fin_acked",
		[EVENT_FIN] = "fin",
		[EVENT_RST] = "rst",
		[EVENT_CLOSED] = "closed",
		[EVENT_RETRANSMISSION] = "retransmission",
		[EVENT_OUT_OF_ORDER] = "out_of_order",
		[EVENT_ZERO_WINDOW] = "zero_window",
		[EVENT_KEEPALIVE] = "keepalive",
		[EVENT_SEGMENT] = "segment",
		[EVENT_SCAN] = "scan",
		[EVENT_UNREACHABLE] = "unreachable",
		[EVENT_EXPIRED] = "expired",
	};

	return (u32)kind < EVENT_KINDS ? names[kind] : NULL;
}

/* Of what nobody sent, the originator comes first. */
static char *ends(char *at, const struct event *e, bool sent)
{
	enum endpoint from = e->from & 1;
	struct party source = party_of(&e->key, e->state, from);
	struct party destination = party_of(&e->key, e->state, other_endpoint(from));

	at = put_address(at, "src", &source.address);
	at = put_u64(at, "sport", source.port);
	at = put_address(at, "dst", &destination.address);
	at = put_u64(at, "dport", destination.port);
	return put_word(at, "from", !sent ? NULL : from == ORIGINATOR ? "orig" : "resp");
}

static char *numbers(char *at, const struct event *e)
{
	enum endpoint from = e->from & 1, to = other_endpoint(from);
	bool ack = e->flags & TCP_ACK;

	at = put_unquote(write_flags(put_quote(at, "flags"), e->flags, ','));
	at = put_u64(at, "seq", e->seq);
	at = put_known_u64(at, "ack", ack, e->ack);
	at = put_s64(at, "relative_seq", relative_number(e->seq, e->isn[from]));
	if (ack && e->state & SAW_SEGMENT << to)
		at = put_s64(at, "relative_ack", relative_number(e->ack, e->isn[to]));
	else
		at = put_null(at, "relative_ack");
	at = put_u64(at, "window", e->window);
	at = put_u64(at, "window_scaled", (u64)e->window << e->window_scale);
	at = put_u64(at, "urgent", e->urgent);
	at = put_u64(at, "header", e->header);
	return put_u64(at, "payload", e->payload);
}

static char *offers(char *at, u8 offered)
{
	static const struct {
		enum offer bit;
		const char *name;
	} names[] = {
		{OFFER_SACK_BLOCKS, "sack"}, {OFFER_MPTCP, "mptcp"}, {OFFER_FAST_OPEN, "fast_open"},
		{OFFER_MD5, "md5"},	     {OFFER_AO, "ao"},	     {OFFER_MALFORMED, "malformed"},
	};

	for (u32 i = 0; i < COUNT_OF(names); i++)
		if (offered & names[i].bit)
			at = put_bool(at, names[i].name, true);
	return at;
}

static char *options(char *at, const struct options *o)
{
	at = put_object(at, "options");
	if (o->mss)
		at = put_u64(at, "mss", o->mss);
	if (o->window_scale != NO_WINDOW_SCALE)
		at = put_u64(at, "wscale", o->window_scale);
	if (o->offered & OFFER_SACK)
		at = put_bool(at, "sack_permitted", true);
	if (o->offered & OFFER_TIMESTAMPS) {
		at = put_u64(at, "tsval", o->tsval);
		at = put_u64(at, "tsecr", o->tsecr);
	}
	return put_end(offers(at, o->offered));
}

/* An ICMP error is no segment, nor is silence: they have none of a segment's numbers. */
static char *no_numbers(char *at)
{
	static const char *const names[] = {"flags",	    "seq",    "ack",	       "relative_seq",
					    "relative_ack", "window", "window_scaled", "urgent",
					    "header",	    "payload"};

	for (u32 i = 0; i < COUNT_OF(names); i++)
		at = put_null(at, names[i]);
	return at;
}

static char *verdicts(char *at, const struct event *e, bool known)
{
	at = put_known_bool(at, "seq_ok", known, e->verdict & VERDICT_SEQ_OK);
	at = put_known_bool(at, "ack_ok", known, e->verdict & VERDICT_ACK_OK);
	return put_known_bool(at, "accepted", known, e->verdict & VERDICT_ACCEPTED);
}

static void icmp(struct json *j, const struct event *e)
{
	union address reporter;

	memcpy(reporter.bytes, e->reporter, sizeof(reporter.bytes));
	json_object(j, "icmp");
	json_address(j, "from", &reporter);
	json_u64(j, "type", e->icmp_type);
	json_u64(j, "code", e->icmp_code);
	json_string(j, "reason", unreachable_words(e->icmp_type, e->icmp_code));
	json_end_object(j);
}

static const char *direction_name(const struct interface *i, const struct event *e, enum event_kind kind)
{
	if (i->replay || kind == EVENT_EXPIRED || !e->kinds)
		return NULL;
	return e->hook == HOOK_IN ? "in" : "out";
}

/* Before and behind the interface's name, which others chose. */
static char *up_to_interface(char *at, const struct interface *i, const struct event *e, enum event_kind kind,
			     u32 n)
{
	at = put_time(at, "ts", (s64)e->time + i->wall_offset);
	at = put_word(at, "event", event_name(kind));
	at = put_text(at, "uid", uid_of(i, &e->key, e->start, e->generation).text, UID_LENGTH);
	return put_u64(at, "n", n);
}

static char *from_interface(char *at, const struct interface *i, const struct event *e, enum event_kind kind)
{
	bool segment = kind != EVENT_UNREACHABLE && kind != EVENT_EXPIRED && e->kinds;

	at = put_word(at, "direction", direction_name(i, e, kind));
	at = ends(at, e, kind != EVENT_EXPIRED);
	at = segment ? numbers(at, e) : no_numbers(at);
	at = options(at, &e->options);
	at = put_word(at, "orig_state", state_name(endpoint_state(e->state, ORIGINATOR)));
	at = put_word(at, "resp_state", state_name(endpoint_state(e->state, RESPONDER)));
	at = put_ms(at, "since_ms", saturating_subtract(e->time, e->start));
	return verdicts(at, e, segment);
}

static void event_fields(struct json *j, const struct interface *i, const struct event *e,
			 enum event_kind kind, u32 n)
{
	json_used(j, up_to_interface(json_room(j), i, e, kind, n));
	json_string(j, "interface", i->name);
	json_used(j, from_interface(json_room(j), i, e, kind));
	if (kind == EVENT_UNREACHABLE)
		icmp(j, e);
}

void json_event(struct json *j, const struct interface *i, const struct event *e, enum event_kind kind, u32 n)
{
	json_object(j, NULL);
	event_fields(j, i, e, kind, n);
	json_end_object(j);
}

static void port_states(struct json *j, const struct scanner *s)
{
	static const char *const names[PORT_STATES] = {
		[PORT_OPEN] = "open",
		[PORT_CLOSED] = "closed",
		[PORT_UNFILTERED] = "unfiltered",
		[PORT_OPEN_FILTERED] = "open_filtered",
		[PORT_FILTERED] = "filtered",
	};

	for (enum port_state state = PORT_OPEN; state < PORT_STATES; state++) {
		u32 n;

		if (scanner_counts(s, state, &n))
			json_u64(j, names[state], n);
		else
			json_null(j, names[state]);
	}
}

static void scanner(struct json *j, const struct interface *i, const struct scanner *s, enum scan_news news)
{
	u64 rate = scanner_rate(s);

	json_object(j, "scanner");
	json_word(j, "kind", scan_name(s->kind));
	json_address(j, "source", &s->source);
	json_word(j, "news", news == SCAN_BEGINS ? "begins" : news == SCAN_IS_OVER ? "over" : "grows");
	json_u64(j, "hosts", s->hosts.count);
	json_u64(j, "ports", s->ports.count);
	json_u64(j, "targets", s->targets.count);
	json_bool(j, "exact", !s->capped);
	json_u64(j, "probes", s->probes);
	port_states(j, s);
	json_time(j, "since", (s64)s->since + i->wall_offset);
	json_time(j, "last", (s64)s->last + i->wall_offset);
	if (rate)
		json_u64(j, "probes_per_s", rate);
	else
		json_null(j, "probes_per_s");
	json_end_object(j);
}

void json_scan(struct json *j, const struct interface *i, const struct scanner *s, enum scan_news news)
{
	json_object(j, NULL);
	event_fields(j, i, &s->latest, EVENT_SCAN, s->latest.number);
	json_word(j, "scan", scan_name(s->kind));
	scanner(j, i, s, news);
	json_end_object(j);
}

/* One step may be several events, so their number is limited anew. */
static u32 each_step(struct json *j, const struct record *r)
{
	u32 count = 0;

	for (u32 i = 0; i < r->step_count; i++) {
		const struct event *e = &r->steps[i];
		u32 n = e->number;

		for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++) {
			if (!(e->kinds >> kind & 1) || !event_name(kind))
				continue;
			if (j && count < STEPS_MAX)
				json_event(j, r->interface, e, kind, n);
			count++;
			n++;
		}
	}
	return count;
}

void json_steps(struct json *j, const struct record *r)
{
	each_step(j, r);
}

u32 steps_omitted(const struct record *r)
{
	u32 count = each_step(NULL, r);

	return r->steps_omitted + (count > STEPS_MAX ? count - STEPS_MAX : 0);
}
