/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line for each figure: a table for people, or JSON. */
#ifndef SYNSCOPE_PACKETS_REPORT_H
#define SYNSCOPE_PACKETS_REPORT_H

#include "packets_settings.h"

/* Of a name, ended by 0. */
enum { NAME_MAX_LENGTH = 80, LINE_MAX_LENGTH = NAME_MAX_LENGTH + 16 };

struct report {
	const char *name;
	const char *unit;
	const char *against; /* what `ratio` is to */
	double value;
	double ratio;
	double floor; /* the two others of the row; 0: there is none */
	double parse;
	double memory; /* what memory alone takes for the lines that are touched; below 0: it was not measured
			*/
	double records; /* what a program takes that only keeps a record of each connection; 0: none */
	double ring;	/* what the kernel's clock and ring take alone for as large an item; 0: none */
	double target;	/* 0: none is named; below 0: at least that much, instead of at most */
	u32 packets;	/* of a whole connection, whose cost is told besides; 0: this is none */
};

void report_heading(const struct settings *s);
void report_print(const struct settings *s, const struct report *r);

/* The middle of at most ROUNDS_MAX figures. */
double median(const double *each, u32 many);

#endif
