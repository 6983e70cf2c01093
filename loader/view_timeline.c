// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A block for each connection: who and when, a ladder of its handshake and teardown with both endpoints'
 * states, what was agreed and carried between the two, and what it all means, in words.
 */
#include "view.h"

#include <string.h>

#include "arithmetic.h"
#include "color.h"
#include "flood_words.h"
#include "format.h"
#include "identity.h"
#include "json_event.h"
#include "json_record.h"
#include "ladder.h"
#include "timeline_label.h"
#include "timeline_steps.h"
#include "timeline_words.h"
#include "verdict.h"

/* "  ssl (example.org)  on eth0  vlan 5"; empty where there is nothing to say. */
static void place_text(char *text, size_t size, const struct record *r)
{
	enum { SERVER_COLUMNS = 48 }; /* a longer name is cut */
	const struct connection_key *key = &r->connection->key;
	int used = 0;

	*text = 0;
	if (r->service)
		used = snprintf(text, size, "  %s", r->service);
	if (r->server_name)
		used += snprintf(text + used, size - (size_t)used, " (%.*s%s)", SERVER_COLUMNS,
				 r->server_name, strlen(r->server_name) > SERVER_COLUMNS ? "…" : "");
	if (r->interface->name && !r->interface->replay)
		used += snprintf(text + used, size - (size_t)used, "  on %.20s", r->interface->name);
	if (key->vlan)
		used += snprintf(text + used, size - (size_t)used, "  vlan %u", key->vlan);
	if (key->inner_vlan)
		snprintf(text + used, size - (size_t)used, ".%u", key->inner_vlan);
}

/* The rest of the line, flush right; where it does not fit, a line of its own. */
static void print_flush_right(FILE *out, unsigned used, const char *text)
{
	unsigned width = text_columns(text);

	if (used + 2 + width > TIMELINE_COLUMNS) {
		putc('\n', out);
		used = 0;
	}
	fprintf(out, "%*s%s\n", (int)(TIMELINE_COLUMNS - used - width), "", text);
}

/* Its start; what happens now needs no date where there is no room for it. */
static void print_start(FILE *out, unsigned used, const struct record *r)
{
	s64 start = (s64)r->connection->start + r->interface->wall_offset;
	struct text text = text_moment(start);

	if (used + 2 + strlen(text.text) > TIMELINE_COLUMNS && !r->interface->replay)
		snprintf(text.text, sizeof(text.text), "%.20s UTC", text_clock(start).text);
	print_flush_right(out, used, text.text);
}

static void print_head(FILE *out, bool color, const struct record *r)
{
	const struct connection *c = r->connection;
	struct party orig = party_of(&c->key, c->state, ORIGINATOR);
	struct party resp = party_of(&c->key, c->state, RESPONDER);
	struct text from = text_party(&orig), to = text_party(&resp);
	char place[160];
	unsigned used;

	place_text(place, sizeof(place), r);
	used = (unsigned)(strlen(from.text) + 3 + strlen(to.text));
	fprintf(out, "%s%s", color ? COLOR_BOLD : "", from.text);
	if (used + text_columns(place) > TIMELINE_COLUMNS) {
		fputs("\n ", out);
		used = (unsigned)strlen(to.text) + 4;
	}
	fprintf(out, " ▶ %s%s%s", to.text, color ? COLOR_PLAIN : "", place);
	print_start(out, used + text_columns(place), r);
}

/* A probe belongs to no connection, so nobody has a state. */
static const char *shown_state(const struct record *r, enum tcp_state state)
{
	const char *name = is_probe(r->connection) ? NULL : state_name(state);

	return name ? name : "";
}

static void print_step(FILE *out, bool color, const struct record *r, const struct timeline_step *s,
		       const struct timeline_step *before)
{
	u64 start = r->connection->start, time = s->time > start ? s->time : start;
	struct paragraph label;
	struct rung rung = {
		.since_start = time - start,
		.since_before = before ? saturating_subtract(time, before->time) : 0,
		.from = s->from,
		.label = label.text,
		.states = {shown_state(r, s->states[ORIGINATOR]), shown_state(r, s->states[RESPONDER])},
		.again = s->again,
		.not_accepted = s->not_accepted,
		.rebuilt = !s->event,
	};

	timeline_label(&label, s);
	for (int who = ORIGINATOR; who < ENDPOINTS; who++)
		rung.changed[who] = !before || before->states[who] != s->states[who];
	ladder_rung(out, color, &rung);
}

static void print_notes(FILE *out, const struct paragraph *p)
{
	const char *rest = p->text, *line;
	char buffer[256];

	while ((line = next_line(&rest, BREAK_ITEMS, LADDER_INSIDE - 2, buffer)))
		ladder_note(out, line);
}

/* Between opening and closing: what was agreed, and what went each way. */
static void print_middle(FILE *out, const struct connection *c)
{
	struct paragraph options = {0}, traffic = {0}, timing = {0};

	timeline_options(&options, c);
	timeline_traffic(&traffic, c);
	timeline_timing(&timing, c);
	if (!(c->state & ESTABLISHED_ONCE) && !traffic.length)
		return;
	print_notes(out, &options);
	if (!traffic.length)
		paragraph_add(&traffic, "no data");
	print_notes(out, &traffic);
	print_notes(out, &timing);
}

static void print_ladder(FILE *out, bool color, const struct record *r)
{
	struct timeline_steps t;
	bool middle = false;

	timeline_steps(&t, r);
	ladder_heading(out);
	for (u32 i = 0; i < t.count; i++) {
		if (t.step[i].phase == PHASE_CLOSING && !middle) {
			print_middle(out, r->connection);
			middle = true;
		}
		print_step(out, color, r, &t.step[i], i ? &t.step[i - 1] : NULL);
	}
	if (!middle)
		print_middle(out, r->connection);
	if (t.rebuilt)
		fprintf(out, "   dotted: %u step%s rebuilt from the record, no event told of it\n", t.rebuilt,
			t.rebuilt == 1 ? "" : "s");
	if (r->steps_omitted)
		fprintf(out, "   %u more steps are not shown\n", r->steps_omitted);
}

static void print_remark(FILE *out, const char *mark, bool holds, const struct paragraph *p)
{
	if (holds)
		paragraph_print(out, p, mark, TIMELINE_COLUMNS);
}

static void print_remarks(FILE *out, const struct record *r)
{
	const struct connection *c = r->connection;
	struct paragraph syn_acks = {0}, challenge = {0}, too_big = {0}, unseen = {0}, slow = {0}, none = {0},
			 service = {0};
	u32 found = diagnose(r);

	for (u32 d = 0; d < DIAGNOSES; d++) {
		struct paragraph remark = {0};

		print_remark(out, " ! ", timeline_remark(&remark, r, found, d), &remark);
	}
	for (enum endpoint who = ORIGINATOR; who < ENDPOINTS; who++) {
		struct paragraph in_vain = {0};

		print_remark(out, " ! ", timeline_unacknowledged(&in_vain, c, who), &in_vain);
	}
	print_remark(out, " ! ", timeline_slow_answer(&slow, r), &slow);
	print_remark(out, " ! ", timeline_no_answer(&none, r), &none);
	print_remark(out, " ! ", timeline_two_syn_acks(&syn_acks, c), &syn_acks);
	print_remark(out, " ! ", timeline_challenge(&challenge, c), &challenge);
	print_remark(out, " ! ", timeline_too_big(&too_big, c), &too_big);
	print_remark(out, " ! ", timeline_unseen(&unseen, r), &unseen);
	print_remark(out, " ! ", timeline_service_missed(&service, r), &service);
	for (enum endpoint who = ORIGINATOR; who < ENDPOINTS; who++) {
		struct paragraph held = {0};

		print_remark(out, "   ", timeline_time_wait(&held, r, who), &held);
	}
}

static void print_words(FILE *out, bool color, const struct record *r)
{
	struct outcome outcome;
	char mark[32];

	timeline_outcome(&outcome, r);
	snprintf(mark, sizeof(mark), " %s ", outcome.mark);
	if (color && (outcome.good || outcome.bad))
		fputs(outcome.good ? COLOR_GREEN : COLOR_RED, out);
	paragraph_print(out, &outcome.words, mark, TIMELINE_COLUMNS);
	if (color)
		fputs(COLOR_PLAIN, out);
	print_remarks(out, r);
}

static void print_block(FILE *out, bool color, const struct record *r)
{
	print_head(out, color, r);
	print_ladder(out, color, r);
	print_words(out, color, r);
	putc('\n', out);
}

static void print_json(FILE *out, const struct record *r)
{
	struct json j;

	json_to(&j, out);
	json_object(&j, NULL);
	json_connection(&j, r);
	json_array(&j, "steps");
	json_steps(&j, r);
	json_end_array(&j);
	json_u64(&j, "steps_omitted", steps_omitted(r));
	json_end_object(&j);
	json_end_line(&j);
}

/* A foretaste of a block that will be printed whole: no unit of its own, and nothing for scripts. */
static unsigned show_opened(FILE *out, const struct view_options *o, const struct record *r)
{
	if (!o->json && record_is_wanted(o, r))
		print_block(out, o->color, r);
	return 0;
}

static unsigned show_final(FILE *out, const struct view_options *o, const struct record *r)
{
	if (!record_is_wanted(o, r))
		return 0;
	if (o->json)
		print_json(out, r);
	else
		print_block(out, o->color, r);
	return 1;
}

/* In time among the blocks, since it may be why they fail; in JSON it is the events view's. */
static unsigned show_flood_line(FILE *out, const struct view_options *o, const struct interface *i,
				const struct flood *f)
{
	if (!o->json)
		show_flood(out, o, i, f);
	return 0;
}

const struct view view_timeline = {
	.name = "timeline",
	.wants_steps = true,
	.opened = show_opened,
	.final = show_final,
	.flood = show_flood_line,
};
