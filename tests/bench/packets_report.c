// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double median(const double *each, u32 many)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, each, many * sizeof(*each));
	qsort(sorted, many, sizeof(*sorted), compare_doubles);
	return many % 2 ? sorted[many / 2] : (sorted[many / 2 - 1] + sorted[many / 2]) / 2;
}

void report_heading(const struct settings *s)
{
	if (!s->json)
		printf("%-36s %8s %8s %8s %8s %9s %-12s %8s\n", "above the floor, where there is one",
		       "floor", "parse", "records", "memory", "synscope", "", "target");
}

static bool is_met(const struct report *r)
{
	return r->target < 0 ? r->value >= -r->target : r->value <= r->target;
}

/*
 * Why no program could meet the target; NULL: there is none, it is met, or that is not the reason. Where
 * memory is looked at is known when the frame is parsed.
 */
static const char *why_missed(const struct report *r)
{
	if (r->target <= 0 || is_met(r))
		return NULL;
	if (r->parse > r->target)
		return "parsing alone is above";
	if (r->memory > r->target)
		return "memory alone is above";
	if (r->memory > 0 && r->parse + r->memory > r->target)
		return "parsing and memory alone are above";
	if (r->records > r->target)
		return "keeping records alone is above";
	if (r->ring > r->target)
		return "clock, number and ring alone are above";
	return r->ring > 0 && r->ring + r->memory > r->target
		       ? "clock, number, ring and memory alone are above"
		       : NULL;
}

static void print_json(const struct report *r)
{
	const char *why = why_missed(r);

	printf("{\"name\": \"packet %s\", \"value\": %.2f, \"unit\": \"%s\"", r->name, r->value, r->unit);
	if (r->against)
		printf(", \"ratio\": %.3f, \"against\": \"%s\"", r->ratio, r->against);
	if (r->floor > 0)
		printf(", \"floor\": %.1f", r->floor);
	if (r->parse > 0)
		printf(", \"parse\": %.1f", r->parse);
	if (r->memory > 0)
		printf(", \"memory\": %.1f", r->memory);
	if (r->records > 0)
		printf(", \"records\": %.1f", r->records);
	if (r->ring > 0)
		printf(", \"ring\": %.1f", r->ring);
	if (r->packets)
		printf(", \"per_connection\": %.1f", r->value * r->packets);
	if (r->target != 0)
		printf(", \"target\": %.1f, \"met\": %s", r->target < 0 ? -r->target : r->target,
		       is_met(r) ? "true" : "false");
	if (why)
		printf(", \"why\": \"%s\"", why);
	printf("}\n");
}

static void print_optional(double value)
{
	if (value > 0)
		printf(" %8.1f", value);
	else
		printf(" %8s", "");
}

static void print_text(const struct report *r)
{
	const char *why = why_missed(r);

	printf("%-36s", r->name);
	print_optional(r->floor);
	print_optional(r->parse);
	print_optional(r->records);
	print_optional(r->ring > 0 ? r->ring + r->memory : r->memory);
	printf(r->value < 10 ? " %9.2f %-12s" : " %9.1f %-12s", r->value, r->unit);
	if (r->target != 0)
		printf(" %s %4.3g %s%s%s",
		       r->target < 0 ? ">=" : "<=", r->target < 0 ? -r->target : r->target,
		       is_met(r) ? "met" : "MISSED", why ? ": " : "", why ? why : "");
	if (r->packets)
		printf(" (%.0f a connection)", r->value * r->packets);
	printf("\n");
}

void report_print(const struct settings *s, const struct report *r)
{
	if (s->json)
		print_json(r);
	else
		print_text(r);
	fflush(stdout);
}
