/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two CPUs on the two directions of the same connections, against one alone. */
#ifndef SYNSCOPE_PACKETS_PAIR_H
#define SYNSCOPE_PACKETS_PAIR_H

#include "packets_rows.h"

/* 0, or -1, said: a row was not what it claims to be. */
int measure_pairs(struct bed *b, const struct settings *s);

#endif
