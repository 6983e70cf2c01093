// SPDX-License-Identifier: GPL-2.0-or-later
/* A line for each connection, once it is final: fixed columns, below a heading. */
#include "view.h"

#include <string.h>

#include "color.h"
#include "format.h"
#include "identity.h"
#include "json_record.h"
#include "verdict.h"

static void print_heading(FILE *out)
{
	static bool printed;

	if (printed)
		return;
	printed = true;
	fprintf(out, "%-12s %-21s %-21s %-6s %-10s %9s %12s %8s %8s  %s\n", "START", "ORIGINATOR",
		"RESPONDER", "STATE", "SERVICE", "OPEN ms", "DURATION", "SENT", "RECEIVED", "DIAGNOSIS");
}

/* How long the handshake took; a dash where it was not completed. */
static struct text opening(const struct connection *c)
{
	if (c->state & ESTABLISHED_ONCE && !(c->state & FLIPPED) && c->at.established >= c->start)
		return text_short_ms((s64)(c->at.established - c->start));
	return (struct text){.text = "-"};
}

/* What an endpoint sent; a dash where nobody looked. */
static struct text sent_by(const struct record *r, enum endpoint who)
{
	if (!endpoint_watched(r, who))
		return (struct text){.text = "-"};
	return text_bytes(payload_bytes(r->connection, who));
}

static void print_diagnosis(FILE *out, const struct record *r)
{
	u32 found = diagnose(r);
	const char *before = "  ";

	for (enum diagnosis d = 0; d < DIAGNOSES; d++) {
		if (!(found >> d & 1))
			continue;
		fprintf(out, "%s%s", before, diagnosis_name(d));
		before = " ";
	}
}

static void print_line(FILE *out, const struct view_options *o, const struct record *r)
{
	const struct connection *c = r->connection;
	struct party orig = party_of(&c->key, c->state, ORIGINATOR);
	struct party resp = party_of(&c->key, c->state, RESPONDER);
	struct text start = text_clock((s64)c->start + r->interface->wall_offset);
	const char *state = conn_state(c);
	bool bad = o->color && strcmp(state, "SF") != 0 && strcmp(state, "S1") != 0;

	print_heading(out);
	fprintf(out, "%.12s %-21s %-21s %s%-6s%s %-10s %9s %12s %8s %8s", start.text, text_party(&orig).text,
		text_party(&resp).text, bad ? COLOR_RED : "", state, bad ? COLOR_PLAIN : "",
		r->service ? r->service : "-", opening(c).text, text_span(duration(c)).text,
		sent_by(r, ORIGINATOR).text, sent_by(r, RESPONDER).text);
	print_diagnosis(out, r);
	putc('\n', out);
}

static unsigned show_final(FILE *out, const struct view_options *o, const struct record *r)
{
	struct json j;

	if (!record_is_wanted(o, r))
		return 0;
	if (o->json) {
		json_to(&j, out);
		json_object(&j, NULL);
		json_connection(&j, r);
		json_end_object(&j);
		json_end_line(&j);
	} else {
		print_line(out, o, r);
	}
	return 1;
}

const struct view view_conns = {
	.name = "conns",
	/* a record needs none; the others tell the scan rule who answered whom */
	.untold = 1 << EVENT_ESTABLISHED | 1 << EVENT_DATA | 1 << EVENT_FIN_ACKED | 1 << EVENT_FIN |
		  1 << EVENT_CLOSED | 1 << EVENT_RETRANSMISSION | 1 << EVENT_OUT_OF_ORDER |
		  1 << EVENT_ZERO_WINDOW | 1 << EVENT_KEEPALIVE | 1 << EVENT_SEGMENT,
	.final = show_final,
};
