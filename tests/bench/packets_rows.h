/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the table: which segments, of how many connections, through which hook. */
#ifndef SYNSCOPE_PACKETS_ROWS_H
#define SYNSCOPE_PACKETS_ROWS_H

#include "packets_bed.h"
#include "packets_report.h"
#include "packets_scenes.h"
#include "packets_settings.h"

struct row {
	const struct scene *scene;
	enum bed_hook hook;
	enum bed_protocol protocol;
	u32 connections;
};

/* What a row needs while it is measured. */
struct prepared {
	struct bed_frame frames[TARGETS];
	struct script script; /* as the frames began */
	struct tally before;
	u32 connections; /* in use */
	u64 most_runs;	 /* that synscope's frame may be run */
};

/* Row number i; false: there are no more. */
bool row_at(u32 i, struct row *row);

void row_name(const struct row *row, char *name, size_t size);

/* ns above the floor that are aimed at; 0: none are named. */
double row_target(const struct row *row);

/* Loads the programs, brings the table into its state, fills in the frames. 0, or -1, said. */
int row_prepare(struct bed *b, const struct row *row, const struct settings *s, struct prepared *p);

/* The same once more, with the programs and in the memory that are there. */
int row_restart(struct bed *b, const struct row *row, const struct settings *s, struct prepared *p);

/* Whether synscope counted exactly what the row claims to be; 0, or -1, said. */
int row_check(struct bed *b, const struct row *row, const struct prepared *p);

#endif
