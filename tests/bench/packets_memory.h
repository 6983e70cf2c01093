/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine's memory takes for what a segment touches of the table: below it no program can go. */
#ifndef SYNSCOPE_PACKETS_MEMORY_H
#define SYNSCOPE_PACKETS_MEMORY_H

#include "packets_settings.h"

/* Measures the rows of memory. 0, or -1, said. */
int measure_memory(const struct settings *s);

#endif
