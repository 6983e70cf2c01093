/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options as a table: help, parsing and checking come from the same row. */
#ifndef SYNSCOPE_OPTION_TABLE_H
#define SYNSCOPE_OPTION_TABLE_H

#include "arguments.h"

/* The headings of help, in its order. */
enum option_group {
	GROUP_OUTPUT,
	GROUP_END,
	GROUP_FILTER,
	GROUP_WATCHING,
	GROUP_PINS,
	GROUP_GENERAL,
	GROUPS
};

struct option_row {
	enum option_group group;
	char letter; /* 0: none */
	const char *name;
	const char *value; /* as help shows it; NULL: takes none */
	unsigned commands; /* that know it; bits as of command_bit() */
	const char *help;
	int (*take)(struct arguments *a, const char *value); /* 0, or -1, said; value is NULL for a flag */
};

/* Ordered by group; its last row has no name. */
extern const struct option_row option_table[];

/* The bit of a command in option_row.commands: its place in commands[]. */
unsigned command_bit(const struct command *c);

#endif
