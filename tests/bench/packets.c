// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a packet costs: each row as the median of interleaved rounds, in nanoseconds of CPU time above
 * an empty program in the same round. See README.md beside this file.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "packets_events.h"
#include "packets_load.h"
#include "packets_measure.h"
#include "packets_pair.h"
#include "packets_report.h"

/* ^WORD: the name begins with it; WORD$: it ends with it. */
static bool has_word(const char *name, const char *word)
{
	size_t whole = strlen(name), part = strlen(word);

	if (*word == '^')
		return !strncmp(name, word + 1, part - 1);
	if (part && word[part - 1] == '$')
		return whole >= part - 1 && !strncmp(name + whole - (part - 1), word, part - 1);
	return strstr(name, word) != NULL;
}

bool settings_want(const struct settings *s, const char *name, bool quick)
{
	for (int i = 0; i < s->word_count; i++)
		if (!has_word(name, s->words[i]))
			return false;
	return quick || !s->quick || s->word_count;
}

/* Those by which the data path is tuned. */
static bool is_quick(const struct row *row)
{
	return row->scene == scenes && row->hook == BED_XDP && row->protocol == BED_IPV4 &&
	       row->connections <= 1 << 14;
}

static int measure_rows(struct bed *b, const struct settings *s)
{
	char name[NAME_MAX_LENGTH];
	struct row row;
	int failed = 0;

	for (u32 i = 0; row_at(i, &row); i++) {
		row_name(&row, name, sizeof(name));
		if (settings_want(s, name, is_quick(&row)) && measure_row(b, &row, s))
			failed = -1;
	}
	return failed;
}

static int usage(int status)
{
	fprintf(status ? stderr : stdout, "usage: packets [--quick] [--json] [--rounds N] [--ms N] [--object "
					  "FILE] [--stamp FILE] [--beside FILE] [WORD...]\n"
					  "Measures the rows that have all WORDs in their names; ^WORD: that "
					  "begin with it; WORD$: that end with it.\n");
	return status;
}

/* -1: go on; else the exit status. */
static int take_option(struct settings *s, int letter)
{
	switch (letter) {
	case 'q':
		s->quick = true;
		break;
	case 'j':
		s->json = true;
		break;
	case 'r':
		s->rounds = (u32)strtoul(optarg, NULL, 10);
		break;
	case 'm':
		s->milliseconds = (u32)strtoul(optarg, NULL, 10);
		break;
	case 'o':
		s->object = optarg;
		break;
	case 's':
		s->stamp = optarg;
		break;
	case 'b':
		s->beside = optarg;
		break;
	default:
		return usage(letter == 'h' ? 0 : 2);
	}
	return -1;
}

static int parse_arguments(struct settings *s, int argc, char **argv)
{
	static const struct option options[] = {
		{"quick", no_argument, NULL, 'q'},
		{"json", no_argument, NULL, 'j'},
		{"rounds", required_argument, NULL, 'r'},
		{"ms", required_argument, NULL, 'm'},
		{"object", required_argument, NULL, 'o'},
		{"stamp", required_argument, NULL, 's'},
		{"beside", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int letter, status = -1;

	while (status < 0 && (letter = getopt_long(argc, argv, "h", options, NULL)) != -1)
		status = take_option(s, letter);
	if (!s->rounds || s->rounds > ROUNDS_MAX)
		s->rounds = s->quick ? 5 : 7;
	if (!s->milliseconds)
		s->milliseconds = s->quick ? 30 : 100;
	s->words = argv + optind;
	s->word_count = argc - optind;
	return status;
}

/* The kernel's own statistics take twice as long as an empty program. */
static int refuse_statistics(void)
{
	FILE *f = fopen("/proc/sys/kernel/bpf_stats_enabled", "r");
	int enabled = f && fgetc(f) == '1';

	if (f)
		fclose(f);
	return enabled ? say_error("each run would be timed by the kernel, too: sysctl "
				   "kernel.bpf_stats_enabled=0")
		       : 0;
}

int main(int argc, char **argv)
{
	struct settings s = {.object = "build/synscope.bpf.o",
			     .stamp = "build/tests/bench/stamp.bpf.o",
			     .beside = "build/tests/bench/beside.bpf.o",
			     .compiled = "build/tests/bench/synscope-*.bpf.o"};
	int status = parse_arguments(&s, argc, argv), failed;
	struct bed b;

	if (status >= 0)
		return status;
	if (refuse_statistics() || bed_open(&b, s.stamp, s.beside))
		return 1;
	report_heading(&s);
	failed = measure_rows(&b, &s) + measure_pairs(&b, &s) + measure_events(&b, &s);
	bed_close(&b);
	failed += measure_loading(&s);
	return failed ? 1 : 0;
}
