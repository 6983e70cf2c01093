/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: commands and options are tables, and help, parsing and checking come from them. */
#ifndef SYNSCOPE_ARGUMENTS_H
#define SYNSCOPE_ARGUMENTS_H

#include "config.h"
#include "instrument.h"
#include "view.h"

enum engine_kind { ENGINE_NATIVE, ENGINE_BPF };

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Exit statuses. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
	const struct command *command;
	char **operands; /* interfaces, or the capture file */
	int operand_count;
	const struct view *view;
	struct view_options view_options; /* json, failed, slow; color is resolved from `color` */
	enum color color;
	u64 duration; /* ns; 0: no end */
	u64 count;    /* units of the view; 0: no end */
	u64 interval; /* ns; of the counters view */
	enum receive_mode mode;
	bool ingress_only;
	bool all; /* detach --all */
	enum engine_kind engine;
	u32 max_connections;  /* 1 to MAX_CONNECTIONS_LIMIT */
	const char *output;   /* NULL: standard output */
	const char *bpffs;    /* the directory to pin below */
	struct config config; /* timeouts, filters and segments; the rest is filled in on loading */
};

/* What the operands of a command name; or --all stands for them. */
enum operand_kind { TAKES_INTERFACES, TAKES_INTERFACES_OR_ALL, TAKES_FILE };

struct command {
	const char *name;
	const char *operands; /* as help shows them */
	const char *summary;
	int least, most; /* number of operands */
	int (*run)(const struct arguments *a);
	enum operand_kind takes;
};

/* The largest --max-connections; the table of it takes 13 GB. */
enum { MAX_CONNECTIONS_LIMIT = 1 << 24 };

extern const struct command commands[];

/*
 * Parses the command line. EXIT_DONE with a->command set: run it; with a->command NULL: help or the
 * version was printed. EXIT_USAGE: said why.
 */
int arguments_parse(struct arguments *a, int argc, char **argv);

void arguments_free(struct arguments *a);

#endif
