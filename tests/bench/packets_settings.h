/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the command line asked for. */
#ifndef SYNSCOPE_PACKETS_SETTINGS_H
#define SYNSCOPE_PACKETS_SETTINGS_H

#include "platform.h"

enum { ROUNDS_MAX = 31 };

struct settings {
	const char *object;   /* synscope.bpf.o */
	const char *stamp;    /* stamp.bpf.o */
	const char *beside;   /* beside.bpf.o */
	const char *compiled; /* pattern of what each compiler made of synscope.bpf.c */
	u32 rounds;
	u32 milliseconds; /* that each program runs in a round */
	bool quick;
	bool json;
	char **words; /* that a row's name must have, all of them */
	int word_count;
};

/* Whether a row is to be measured; `quick`: it is one of the few that --quick alone measures. */
bool settings_want(const struct settings *s, const char *name, bool quick);

#endif
