// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line for each event:
 *
 *   18:39:39.123456 syn_ack        10.9.0.2:80 > 10.9.0.1:51514  SYN ACK seq 0 ack 1  SYN_SENT/SYN_RECEIVED
 */
#include "view.h"

#include <string.h>

#include "flood_words.h"
#include "color.h"
#include "format.h"
#include "icmp_words.h"
#include "identity.h"
#include "json_counters.h"
#include "json_event.h"
#include "scan_words.h"
#include "verdict.h"

/*
 * A scan is one line, which grows: in its place on a terminal, else a new one each time it has doubled. The
 * events of its connections are left out.
 */

/* So that the flags of most events stand below each other. Longer addresses push them to the right. */
enum { PARTIES_WIDTH = 32, DETAIL_WIDTH = 28 };

static void print_head(FILE *out, const struct interface *i, const struct event *e, enum event_kind kind)
{
	enum endpoint from = e->from & 1;
	struct party source = party_of(&e->key, e->state, from);
	struct party destination = party_of(&e->key, e->state, other_endpoint(from));
	int used;

	fprintf(out, "%s ", text_clock((s64)e->time + i->wall_offset).text);
	if (i->name && !i->replay)
		fprintf(out, "%s ", i->name);
	used = fprintf(out, "%-14s %s > %s", event_name(kind), text_party(&source).text,
		       text_party(&destination).text);
	fprintf(out, "%*s", PARTIES_WIDTH + 15 > used ? PARTIES_WIDTH + 15 - used : 0, "");
}

static int print_numbers(FILE *out, const struct event *e)
{
	enum endpoint from = e->from & 1, to = other_endpoint(from);
	int used = fprintf(out, "  %s seq %lld", text_flags(e->flags, ' ').text,
			   (long long)relative_number(e->seq, e->isn[from]));

	if (e->flags & TCP_ACK && e->state & SAW_SEGMENT << to)
		used += fprintf(out, " ack %lld", (long long)relative_number(e->ack, e->isn[to]));
	else if (e->flags & TCP_ACK)
		used += fprintf(out, " ack =%u", e->ack);
	if (e->payload)
		used += fprintf(out, " length %u", e->payload);
	return used;
}

static const char *state_or_dash(u64 state, enum endpoint who)
{
	const char *name = state_name(endpoint_state(state, who));

	return name ? name : "-";
}

static void print_unreachable(FILE *out, const struct event *e)
{
	union address reporter;

	memcpy(reporter.bytes, e->reporter, sizeof(reporter.bytes));
	fprintf(out, "  %s says: %s (ICMP type %u, code %u)", text_address(&reporter).text,
		unreachable_words(e->icmp_type, e->icmp_code), e->icmp_type, e->icmp_code);
}

static void print_line(FILE *out, const struct view_options *o, const struct interface *i,
		       const struct event *e, enum event_kind kind)
{
	bool not_accepted = !(e->verdict & VERDICT_ACCEPTED) && kind != EVENT_RETRANSMISSION &&
			    kind != EVENT_EXPIRED && !(e->state & PROBE);
	bool bad = not_accepted || kind == EVENT_RST || kind == EVENT_UNREACHABLE;
	int used;

	if (o->color && bad)
		fputs(COLOR_RED, out);
	print_head(out, i, e, kind);
	if (kind == EVENT_UNREACHABLE) {
		print_unreachable(out, e);
		fputs(o->color ? COLOR_PLAIN "\n" : "\n", out);
		return;
	}
	used = kind == EVENT_EXPIRED ? fprintf(out, "  silent for too long") : print_numbers(out, e);
	fprintf(out, "%*s  %s/%s%s", DETAIL_WIDTH > used ? DETAIL_WIDTH - used : 0, "",
		state_or_dash(e->state, ORIGINATOR), state_or_dash(e->state, RESPONDER),
		not_accepted ? "  not accepted" : "");
	fputs(o->color && bad ? COLOR_PLAIN "\n" : "\n", out);
}

/* Takes the line that is rewritten away, so that others can be written; it comes back below them. */
static void hide_live(FILE *out, const struct view_options *o)
{
	if (o->live && o->live->scanner)
		fputs("\r\033[K", out);
}

static void show_live(FILE *out, const struct view_options *o)
{
	if (o->live && o->live->scanner)
		fprintf(out, "%s%.*s%s", o->color ? COLOR_YELLOW : "", (int)o->width - 1, o->live->text,
			o->color ? COLOR_PLAIN : "");
}

/* A line that is rewritten in place is cut at the terminal's width: its numbers are put before that. */
static void scan_line(struct paragraph *p, const struct interface *i, const struct scanner *s,
		      enum scan_news news, bool in_place)
{
	int kind_width = in_place ? 0 : 14;
	size_t parties, parties_width = in_place ? 0 : PARTIES_WIDTH;

	paragraph_add(p, "%s ", text_clock((s64)s->last + i->wall_offset).text);
	if (i->name && !i->replay)
		paragraph_add(p, "%s ", i->name);
	paragraph_add(p, "%-*s ", kind_width, event_name(EVENT_SCAN));
	parties = p->length;
	scan_parties(p, s);
	parties = p->length - parties;
	paragraph_add(p, "%*s", parties < parties_width ? (int)(parties_width - parties) : 0, "");
	paragraph_add(p, "  %s%s", scan_title(s->kind),
		      news == SCAN_BEGINS    ? " begins: "
		      : news == SCAN_IS_OVER ? " is over: "
					     : ": ");
	scan_numbers(p, s);
}

static unsigned print_scan(FILE *out, const struct view_options *o, const struct interface *i,
			   const struct scanner *s, enum scan_news news)
{
	bool in_place = o->live && news != SCAN_IS_OVER;
	struct paragraph p = {0};

	if (!o->live && news == SCAN_CHANGES)
		return 0;
	scan_line(&p, i, s, news, in_place);
	hide_live(out, o);
	if (in_place) {
		o->live->scanner = s;
		snprintf(o->live->text, sizeof(o->live->text), "%s", p.text);
	} else {
		fprintf(out, "%s%s%s\n", o->color ? COLOR_YELLOW : "", p.text, o->color ? COLOR_PLAIN : "");
		if (o->live && o->live->scanner == s)
			o->live->scanner = NULL;
	}
	show_live(out, o);
	return !o->live || news == SCAN_IS_OVER;
}

static unsigned show_scan(FILE *out, const struct view_options *o, const struct interface *i,
			  const struct scanner *s, enum scan_news news)
{
	struct json j;

	if (!o->json)
		return print_scan(out, o, i, s, news);
	if (news == SCAN_CHANGES)
		return 0;
	json_to(&j, out);
	json_scan(&j, i, s, news);
	json_end_line(&j);
	return 1;
}

static unsigned show_event(FILE *out, const struct view_options *o, const struct interface *i,
			   const struct event *e)
{
	enum event_kind kind = (enum event_kind)__builtin_ctz(e->kinds);
	struct json j;

	if (!event_name(kind))
		return 0;
	hide_live(out, o);
	if (o->json) {
		json_to(&j, out);
		json_event(&j, i, e, kind, e->number);
		json_end_line(&j);
	} else {
		print_line(out, o, i, e, kind);
	}
	show_live(out, o);
	return 1;
}

static void print_lost_json(FILE *out, const struct interface *i, const struct losses *l)
{
	struct json j;

	json_to(&j, out);
	json_object(&j, NULL);
	json_time(&j, "ts", (s64)l->to + i->wall_offset);
	json_word(&j, "event", "lost");
	json_string(&j, "interface", i->name);
	json_time(&j, "from", (s64)l->from + i->wall_offset);
	json_time(&j, "to", (s64)l->to + i->wall_offset);
	json_u64(&j, "count", events_lost(l->events));
	json_object(&j, "events");
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		if (l->events[kind] && event_name(kind))
			json_u64(&j, event_name(kind), l->events[kind]);
	json_end_object(&j);
	json_u64(&j, "records", l->records);
	json_end_object(&j);
	json_end_line(&j);
}

static void print_lost(FILE *out, const struct interface *i, const struct losses *l)
{
	fprintf(out, "%s ", text_clock((s64)l->to + i->wall_offset).text);
	if (i->name && !i->replay)
		fprintf(out, "%s ", i->name);
	fprintf(out, "%-14s %llu events since %s:", "lost", (unsigned long long)events_lost(l->events),
		text_clock((s64)l->from + i->wall_offset).text);
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		if (l->events[kind] && event_name(kind))
			fprintf(out, " %s %llu", event_name(kind), (unsigned long long)l->events[kind]);
	if (l->records)
		fprintf(out, " records %llu", (unsigned long long)l->records);
	putc('\n', out);
}

static unsigned show_lost(FILE *out, const struct view_options *o, const struct interface *i,
			  const struct losses *l)
{
	hide_live(out, o);
	if (o->json)
		print_lost_json(out, i, l);
	else
		print_lost(out, i, l);
	show_live(out, o);
	return 1;
}

static unsigned show_flood_between(FILE *out, const struct view_options *o, const struct interface *i,
				   const struct flood *f)
{
	unsigned units;

	hide_live(out, o);
	units = show_flood(out, o, i, f);
	show_live(out, o);
	return units;
}

const struct view view_events = {
	.name = "events",
	.event = show_event,
	.scan = show_scan,
	.lost = show_lost,
	.flood = show_flood_between,
};
