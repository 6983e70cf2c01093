/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and times as people type them. */
#ifndef SYNSCOPE_QUANTITY_H
#define SYNSCOPE_QUANTITY_H

#include "platform.h"

#include <stdint.h>

/* A decimal number from `least` to `most`, with nothing behind it. 0, or -1. */
int parse_number(const char *text, u64 least, u64 most, u64 *value);

/* A time with its unit (ns, us, ms, s, m, h), as "500ms" or "1.5s"; a bare number is seconds. 0, or -1. */
int parse_duration(const char *text, u64 *ns);

#endif
