/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `status` says, line by line: what was looked at, what was found, and the command that mends it. */
#ifndef SYNSCOPE_FINDINGS_H
#define SYNSCOPE_FINDINGS_H

#include <stdbool.h>
#include <stdio.h>

#include "json.h"

enum finding_state { FINE, NOTE, LACKING };

struct finding {
	const char *check; /* what was looked at, as JSON names it */
	enum finding_state state;
	char says[224];
	char mend[512]; /* empty: nothing to mend */
};

enum { FINDINGS_MAX = 32 };

struct findings {
	struct finding list[FINDINGS_MAX];
	unsigned count;
};

/* Adds a finding; what does not fit is left out. Returns it, so that mend() can follow. */
__attribute__((format(printf, 4, 5))) struct finding *find(struct findings *f, const char *check,
							   enum finding_state state, const char *format, ...);

/* The command that mends a finding; NULL is fine. */
__attribute__((format(printf, 2, 3))) void mend(struct finding *one, const char *format, ...);

void findings_print(FILE *out, const struct findings *f);

/* As an array `checks` of objects. */
void findings_json(struct json *j, const struct findings *f);

#endif
