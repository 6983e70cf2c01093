// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a packet costs: each row of packets_rows.c as the median of interleaved rounds, in nanoseconds
 * above an empty program in the same round.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets_bed.h"
#include "packets_rows.h"

enum { ROUNDS_MAX = 31 };

struct settings {
	const char *object;
	const char *stamp;
	u32 rounds;
	u32 milliseconds; /* that each program runs in a round */
	bool quick;
	bool json;
	char **words;
	int word_count;
};

/* Nanoseconds a run, by round. */
struct timing {
	double above[TARGETS][ROUNDS_MAX];
	double floor[ROUNDS_MAX];
};

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *each, u32 many)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, each, many * sizeof(*each));
	qsort(sorted, many, sizeof(*sorted), compare_doubles);
	return many % 2 ? sorted[many / 2] : (sorted[many / 2 - 1] + sorted[many / 2]) / 2;
}

/* How many runs take the time wanted. */
static u32 runs_for(struct bed_frame *f, const struct settings *s)
{
	double ns = bed_run(f, 20000);

	return ns > 0 ? (u32)(s->milliseconds * 1e6 / ns) + 1 : 0;
}

/* One row: every program in every round, in turn. */
static int measure(struct bed_frame frames[TARGETS], const struct settings *s, struct timing *t)
{
	u32 runs[TARGETS];

	for (u32 p = 0; p < TARGETS; p++) {
		runs[p] = runs_for(&frames[p], s);
		if (!runs[p])
			return -1;
	}
	for (u32 r = 0; r < s->rounds; r++) {
		for (u32 p = 0; p < TARGETS; p++) {
			double ns;

			bed_run(&frames[p], runs[p] / 10 + 1);
			ns = bed_run(&frames[p], runs[p]);
			if (ns < 0)
				return -1;
			if (p == TARGET_FLOOR)
				t->floor[r] = ns;
			t->above[p][r] = ns - t->floor[r];
		}
	}
	return 0;
}

static void print_row(const struct row *row, const struct settings *s, const struct timing *t,
		      u32 connections)
{
	double floor = median(t->floor, s->rounds), ours = median(t->above[TARGET_SYNSCOPE], s->rounds);
	double parse = median(t->above[TARGET_PARSE], s->rounds);
	double target = row_target(row);
	char name[80];

	row_name(row, name, sizeof(name));
	if (s->json) {
		printf("{\"name\": \"packet %s\", \"value\": %.1f, \"unit\": \"ns\", \"ratio\": %.2f, "
		       "\"against\": \"empty program\", \"floor\": %.1f, \"parse\": %.1f, \"tracked\": %u",
		       name, ours, (floor + ours) / floor, floor, parse, connections);
		if (target > 0)
			printf(", \"target\": %.0f, \"met\": %s", target, ours <= target ? "true" : "false");
		printf("}\n");
	} else {
		printf("%-44s %7.1f %7.1f %9.1f", name, floor, parse, ours);
		if (target > 0)
			printf(" %8.0f %s", target, ours <= target ? "met" : "MISSED");
		printf("\n");
	}
	fflush(stdout);
}

static int run_row(struct bed *b, const struct row *row, const struct settings *s)
{
	struct prepared p;
	struct timing t;

	if (row_prepare(b, row, s->object, &p) || measure(p.frames, s, &t) || row_check(b, row, &p))
		return -1;
	print_row(row, s, &t, p.connections);
	return 0;
}

static bool is_wanted_row(const struct row *row, const struct settings *s)
{
	char name[80];

	if (s->quick && !row->quick)
		return false;
	row_name(row, name, sizeof(name));
	for (int i = 0; i < s->word_count; i++)
		if (!strstr(name, s->words[i]))
			return false;
	return true;
}

static int usage(int status)
{
	fprintf(status ? stderr : stdout, "usage: packets [--quick] [--json] [--rounds N] [--ms N] [--object "
					  "FILE] [--stamp FILE] [WORD...]\n"
					  "Measures the rows that have all WORDs in their names.\n");
	return status;
}

static int parse_arguments(struct settings *s, int argc, char **argv)
{
	static const struct option options[] = {
		{"quick", no_argument, NULL, 'q'},	  {"json", no_argument, NULL, 'j'},
		{"rounds", required_argument, NULL, 'r'}, {"ms", required_argument, NULL, 'm'},
		{"object", required_argument, NULL, 'o'}, {"stamp", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},	  {0},
	};
	int c;

	*s = (struct settings){.object = "build/synscope.bpf.o", .stamp = "build/tests/bench/stamp.bpf.o"};
	while ((c = getopt_long(argc, argv, "qjr:m:o:h", options, NULL)) != -1) {
		switch (c) {
		case 'q':
			s->quick = true;
			break;
		case 'j':
			s->json = true;
			break;
		case 'r':
			s->rounds = (u32)atoi(optarg);
			break;
		case 'm':
			s->milliseconds = (u32)atoi(optarg);
			break;
		case 'o':
			s->object = optarg;
			break;
		case 's':
			s->stamp = optarg;
			break;
		case 'h':
			exit(usage(0));
		default:
			return usage(2);
		}
	}
	if (!s->rounds || s->rounds > ROUNDS_MAX)
		s->rounds = s->quick ? 5 : 7;
	if (!s->milliseconds)
		s->milliseconds = s->quick ? 30 : 70;
	s->words = argv + optind;
	s->word_count = argc - optind;
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s;
	struct row row;
	struct bed b;
	int failed;

	if (parse_arguments(&s, argc, argv))
		return 2;
	if (bed_open(&b, s.stamp))
		return 1;
	if (!s.json)
		printf("%-44s %7s %7s %9s %8s\n", "ns a packet; above the floor:", "floor", "parse",
		       "synscope", "target");
	failed = 0;
	for (u32 i = 0; row_at(i, &row); i++)
		if (is_wanted_row(&row, &s) && run_row(&b, &row, &s))
			failed = 1;
	bed_close(&b);
	return failed;
}
