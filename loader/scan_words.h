/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan in words, for a line of its own. */
#ifndef SYNSCOPE_SCAN_WORDS_H
#define SYNSCOPE_SCAN_WORDS_H

#include "paragraph.h"
#include "scanner.h"

/* "SYN scan", "scan by impossible flags" */
const char *scan_title(enum scan_kind kind);

/* "10.9.0.1 > 10.9.0.2", "10.9.0.1 > 254 hosts" */
void scan_parties(struct paragraph *p, const struct scanner *s);

/* "50 ports: 10 open, 20 closed, 20 filtered; 70 probes in 1.32 s (53/s)" */
void scan_numbers(struct paragraph *p, const struct scanner *s);

#endif
