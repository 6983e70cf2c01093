/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws a ladder in 78 columns: two lifelines, the endpoints' states outside of them, arrows between.
 *
 *       ms      step  originator                                    responder
 *    0.000            SYN_SENT     ├─ SYN seq 0 ─────────────────▶│
 *    0.041    +0.041  SYN_SENT     │◀─────── SYN ACK seq 0 ack 1 ─┤ SYN_RECEIVED
 *                                  │      142 B ▶   ◀ 1.2 kB      │
 */
#ifndef SYNSCOPE_LADDER_H
#define SYNSCOPE_LADDER_H

#include <stdio.h>

#include "connection.h"

enum { TIMELINE_COLUMNS = 78, LADDER_INSIDE = 30 };

/* A segment on its way from one lifeline to the other. */
struct rung {
	u64 since_start;  /* ns */
	u64 since_before; /* ns, since the rung before; 0 for the first */
	enum endpoint from;
	const char *label; /* at most LADDER_INSIDE - 5 columns */
	const char *states[ENDPOINTS];
	bool changed[ENDPOINTS]; /* from the rung before */
	bool again;		 /* a retransmission: a broken line */
	bool not_accepted;	 /* it did not do what its flags say: a cross for a head */
	bool rebuilt;		 /* no event told of it: a dotted line */
};

/* The line with the names of the columns. */
void ladder_heading(FILE *out);

/* A line for one segment. */
void ladder_rung(FILE *out, bool color, const struct rung *r);

/* Words between the lifelines, centred. At most LADDER_INSIDE - 2 columns. */
void ladder_note(FILE *out, const char *words);

/* How many columns a UTF-8 text takes, each character one. */
unsigned text_columns(const char *text);

#endif
