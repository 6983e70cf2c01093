// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line for the beginning of a flood and one for its end:
 *
 *   18:39:42.000123 eth0 flood          SYN flood begins: 312,000 SYN/s, 99.8% never completed, ...
 */
#include "flood_words.h"

#include <string.h>

#include "color.h"
#include "floods.h"
#include "format.h"
#include "json.h"
#include "totals.h"

enum { SHARE_STEPS = 1000 }; /* shares are told in tenths of a percent */

static const char *const kind_words[FLOOD_KINDS] = {"SYN", "SYN-ACK", "ACK", "RST", "FIN"};

static const char *const failure_words[FLOOD_KINDS] = {
	[FLOOD_SYN] = "never completed",  [FLOOD_SYN_ACK] = "asked for by no SYN",
	[FLOOD_ACK] = "of no connection", [FLOOD_RST] = "closing nothing",
	[FLOOD_FIN] = "closing nothing",
};

/* "1,234,567" */
static struct text text_count(u64 n)
{
	struct text digits, t;
	size_t length, used = 0;

	length = (size_t)snprintf(digits.text, sizeof(digits.text), "%llu", (unsigned long long)n);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			t.text[used++] = ',';
		t.text[used++] = digits.text[i];
	}
	t.text[used] = 0;
	return t;
}

/* Rounded down, so that what is not all does not read as all. */
static void print_share(FILE *out, const struct flood *f)
{
	u64 steps = f->judged ? f->nothing * SHARE_STEPS / f->judged : 0;

	fprintf(out, ", %llu.%llu%% %s", (unsigned long long)(steps / 10), (unsigned long long)(steps % 10),
		failure_words[f->kind]);
}

static void print_syn_details(FILE *out, const struct flood *f)
{
	if (f->kind != FLOOD_SYN)
		return;
	fprintf(out, ", %s half-open", text_count(f->half_open).text);
	if (f->cookies.known && f->cookies.sent)
		fputs(", the host answers with SYN cookies", out);
}

static void print_begin(FILE *out, const struct flood *f)
{
	const char *kind = kind_words[f->kind];

	fprintf(out, "%s flood begins: %s %s/s", kind, text_count(f->rate).text, kind);
	print_share(out, f);
	print_syn_details(out, f);
}

static void print_end(FILE *out, const struct flood *f)
{
	const char *kind = kind_words[f->kind];

	fprintf(out, "%s flood %s after %s: %s %s in all, %s/s, at most %s/s", kind,
		f->cut ? "goes on as the watching ends," : "ends",
		text_span((f->cut ? f->time : f->until) - f->since).text, text_count(f->total).text, kind,
		text_count(f->rate).text, text_count(f->peak).text);
	print_share(out, f);
	print_syn_details(out, f);
}

static void print_line(FILE *out, const struct view_options *o, const struct interface *i,
		       const struct flood *f)
{
	if (o->color && !f->over)
		fputs(COLOR_RED, out);
	fprintf(out, "%s ", text_clock((s64)f->time + i->wall_offset).text);
	if (i->name && !i->replay)
		fprintf(out, "%s ", i->name);
	fprintf(out, "%-14s ", "flood");
	if (f->over)
		print_end(out, f);
	else
		print_begin(out, f);
	fputs(o->color && !f->over ? COLOR_PLAIN "\n" : "\n", out);
}

static void print_json(FILE *out, const struct interface *i, const struct flood *f)
{
	struct json j;
	bool ended = f->over && !f->cut;

	json_to(&j, out);
	json_object(&j, NULL);
	json_time(&j, "ts", (s64)f->time + i->wall_offset);
	json_word(&j, "event", "flood");
	json_string(&j, "interface", i->name);
	json_word(&j, "kind", flood_name(f->kind));
	json_string(&j, "phase", f->over ? "end" : "start");
	json_time(&j, "since", (s64)f->since + i->wall_offset);
	json_string(&j, "until", ended ? text_rfc3339((s64)f->until + i->wall_offset).text : NULL);
	json_u64(&j, "rate_per_s", f->rate);
	json_u64(&j, "peak_per_s", f->peak);
	json_u64(&j, "total", f->total);
	json_share(&j, "share_failed", f->nothing, f->judged);
	json_u64(&j, "half_open", f->half_open);
	if (f->cookies.known)
		json_bool(&j, "syn_cookies", f->cookies.sent);
	else
		json_null(&j, "syn_cookies");
	json_end_object(&j);
	json_end_line(&j);
}

unsigned show_flood(FILE *out, const struct view_options *o, const struct interface *i, const struct flood *f)
{
	if (o->json)
		print_json(out, i, f);
	else
		print_line(out, o, i, f);
	return 1;
}

void print_flood_summary(FILE *out, const struct totals *t)
{
	const struct flood_totals *f = &t->floods;
	bool any = false;

	for (u32 kind = 0; kind < FLOOD_KINDS; kind++) {
		if (!f->begun[kind])
			continue;
		if (!any)
			fputs("floods:\n", out);
		any = true;
		fprintf(out, "  %-7s %s%s: %s segments, at most %s/s\n", kind_words[kind],
			text_times(f->begun[kind]).text, f->going_on[kind] ? ", and goes on" : "",
			text_count(f->segments[kind]).text, text_count(f->peak[kind]).text);
	}
	if (t->counters.aggregated)
		fprintf(out,
			"counted without an event, since the ring was filling: %s segments of "
			"connections that were not open\n",
			text_count(t->counters.aggregated).text);
}
