/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where data goes: a stream, the view that writes to it, and when it is enough. */
#ifndef SYNSCOPE_OUTPUT_H
#define SYNSCOPE_OUTPUT_H

#include <stdio.h>

#include "arguments.h"

struct output {
	FILE *file;
	int fd; /* what `file` writes to */
	const char *name;
	const struct view *view;
	struct view_options options;
	struct live_line live;
	u64 units;   /* written so far */
	u64 limit;   /* --count; 0: none */
	bool closed; /* the reader went away: end quietly */
	bool failed; /* a write failed; said */
};

/* Opens FILE of -o, or standard output, and resolves --color. It must not move after that. 0, or -1, said. */
int output_open(struct output *o, const struct arguments *a);

/*
 * Flushes. Whatever is written waits for its reader, but not for ever once the process was asked to end
 * (ending.h). A closed pipe sets o->closed; any other failure is said, and sets o->failed.
 */
void output_flush(struct output *o);

/* Nothing more comes in the place of the live line, if there is one. */
void output_end_line(struct output *o);

/* Flushes and closes. EXIT_DONE, or EXIT_FAILED where a write had failed. */
int output_close(struct output *o);

/* Shows floods that began or ended, where the view shows such. */
void output_floods(struct output *o, const struct interface *i, const struct flood *floods, u32 count);

/* Whether nothing more is to be written. */
bool output_is_full(const struct output *o);

#endif
