/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows, measured: every program in every round, in turn. */
#ifndef SYNSCOPE_PACKETS_MEASURE_H
#define SYNSCOPE_PACKETS_MEASURE_H

#include "packets_rows.h"

/* Measures a row, checks that it was what it says, and prints it. 0, or -1, said. */
int measure_row(struct bed *b, const struct row *row, const struct settings *s);

#endif
