/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an event costs the program that makes it, and how many of them a reader can take. */
#ifndef SYNSCOPE_PACKETS_EVENTS_H
#define SYNSCOPE_PACKETS_EVENTS_H

#include "packets_rows.h"

/* `stamp` is that of `b`. 0, or -1, said: a row was not what it claims to be. */
int measure_events(struct bed *b, const struct settings *s);

#endif
