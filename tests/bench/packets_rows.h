/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of the table: which segments, of how many connections, through which hook. */
#ifndef SYNSCOPE_PACKETS_ROWS_H
#define SYNSCOPE_PACKETS_ROWS_H

#include "packets_bed.h"

struct scene;

struct row {
	const struct scene *scene;
	enum bed_hook hook;
	enum bed_protocol protocol;
	u32 connections;
	bool quick; /* part of --quick */
};

/* Row number i; false: there are no more. */
bool row_at(u32 i, struct row *row);

void row_name(const struct row *row, char *name, size_t size);

/* ns above the floor that issue 4 asks for; 0: it names none. */
double row_target(const struct row *row);

/* What a row needs while it is measured. */
struct prepared {
	struct bed_frame frames[TARGETS];
	struct script script; /* as the frames began */
	struct counters before;
	u32 connections; /* in use */
};

/* Loads the programs, establishes the connections, fills in the frames. 0, or -1, said. */
int row_prepare(struct bed *b, const struct row *row, const char *object, struct prepared *p);

/* Whether synscope counted exactly what the row claims to be; 0, or -1, said. */
int row_check(struct bed *b, const struct row *row, const struct prepared *p);

#endif
