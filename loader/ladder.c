// SPDX-License-Identifier: GPL-2.0-or-later
#include "ladder.h"

#include "arithmetic.h"
#include "color.h"
#include "format.h"

/* Columns: time, step, state, the ladder with both lifelines, state. */
enum { TIME_WIDTH = 8, STEP_WIDTH = 9, STATE_WIDTH = 12, LADDER_AT = TIME_WIDTH + STEP_WIDTH + 3 };

unsigned text_columns(const char *text)
{
	unsigned columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

/* Milliseconds, or seconds where the milliseconds would need more room. */
static struct text column_time(u64 ns)
{
	enum { LONGEST_IN_MS = 10, LONGEST_WITH_MS = 100 };
	u64 seconds = ns / NS_PER_SECOND;
	struct text t;

	if (seconds < LONGEST_IN_MS)
		return text_short_ms((s64)ns);
	if (seconds < LONGEST_WITH_MS)
		snprintf(t.text, sizeof(t.text), "%llu.%03llu s", (unsigned long long)seconds,
			 (unsigned long long)(ns % NS_PER_SECOND / NS_PER_MS));
	else
		snprintf(t.text, sizeof(t.text), "%llu s", (unsigned long long)seconds);
	return t;
}

void ladder_heading(FILE *out)
{
	fprintf(out, "%*s %*s  %-*s %*s %s\n", TIME_WIDTH, "ms", STEP_WIDTH, "step", STATE_WIDTH,
		"originator", LADDER_INSIDE + 2, "", "responder");
}

static void repeat(FILE *out, const char *piece, unsigned times)
{
	while (times--)
		fputs(piece, out);
}

static void print_state(FILE *out, bool color, const char *state, bool changed, bool last)
{
	if (color)
		fputs(changed ? COLOR_BOLD : COLOR_DIM, out);
	if (last)
		fputs(state, out);
	else
		fprintf(out, "%-*s", STATE_WIDTH, state);
	if (color)
		fputs(COLOR_PLAIN, out);
}

/* One line piece, the label, line pieces, the head: together as wide as the inside of the ladder. */
static void print_arrow(FILE *out, const struct rung *r)
{
	const char *piece = r->rebuilt ? "·" : r->again ? "╌" : "─";
	const char *head = r->not_accepted ? "✗" : r->from == ORIGINATOR ? "▶" : "◀";
	unsigned taken = text_columns(r->label) + 4;
	unsigned rest = LADDER_INSIDE > taken ? LADDER_INSIDE - taken : 0;

	if (r->from == ORIGINATOR) {
		fprintf(out, "├%s %s ", piece, r->label);
		repeat(out, piece, rest);
		fprintf(out, "%s│", head);
	} else {
		fprintf(out, "│%s", head);
		repeat(out, piece, rest);
		fprintf(out, " %s %s┤", r->label, piece);
	}
}

void ladder_rung(FILE *out, bool color, const struct rung *r)
{
	struct text step = column_time(r->since_before);
	bool last = !*r->states[RESPONDER];

	fprintf(out, "%*s ", TIME_WIDTH, column_time(r->since_start).text);
	if (r->since_before)
		fprintf(out, "%*s%s  ", (int)(STEP_WIDTH - text_columns(step.text)), "+", step.text);
	else
		fprintf(out, "%*s  ", STEP_WIDTH, "");
	print_state(out, color, r->states[ORIGINATOR], r->changed[ORIGINATOR], false);
	fputs(color && r->not_accepted ? " " COLOR_RED : " ", out);
	print_arrow(out, r);
	if (color && r->not_accepted)
		fputs(COLOR_PLAIN, out);
	if (!last) {
		putc(' ', out);
		print_state(out, color, r->states[RESPONDER], r->changed[RESPONDER], true);
	}
	putc('\n', out);
}

void ladder_note(FILE *out, const char *words)
{
	unsigned width = text_columns(words);
	unsigned left = width < LADDER_INSIDE ? (LADDER_INSIDE - width) / 2 : 0;
	unsigned right = width + left < LADDER_INSIDE ? LADDER_INSIDE - width - left : 0;

	fprintf(out, "%*s │%*s%s%*s│\n", LADDER_AT + STATE_WIDTH, "", (int)left, "", words, (int)right, "");
}
