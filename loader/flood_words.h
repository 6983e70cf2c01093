/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How floods are told: as events, and in the summary of a run. */
#ifndef SYNSCOPE_FLOOD_WORDS_H
#define SYNSCOPE_FLOOD_WORDS_H

#include "view.h"

/* One event: the flood began, or ended. Returns 1, as a view's functions do. */
unsigned show_flood(FILE *out, const struct view_options *o, const struct interface *i,
		    const struct flood *f);

/* The floods of a run, and the connections without events of their own; nothing where there were none. */
void print_flood_summary(FILE *out, const struct totals *t);

#endif
