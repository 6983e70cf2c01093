/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where data goes: a stream, the view that writes to it, and when it is enough. */
#ifndef SYNSCOPE_OUTPUT_H
#define SYNSCOPE_OUTPUT_H

#include <stdio.h>

#include "arguments.h"

struct output {
	FILE *file;
	const char *name;
	const struct view *view;
	struct view_options options;
	struct live_line live;
	u64 units;   /* written so far */
	u64 limit;   /* --count; 0: none */
	bool closed; /* the reader went away: end quietly */
	bool failed; /* a write failed; said */
};

/* Opens FILE of -o, or standard output, and resolves --color. 0, or -1, said. */
int output_open(struct output *o, const struct arguments *a);

/* Flushes; a closed pipe sets o->closed, any other failure is said and sets o->failed. */
void output_flush(struct output *o);

/* Flushes and closes. EXIT_DONE, or EXIT_FAILED where a write had failed. */
int output_close(struct output *o);

/* Whether nothing more is to be written. */
bool output_is_full(const struct output *o);

#endif
