/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Follows the rings of live instruments until it is time to end: what `run` and `tail` have in common. */
#ifndef SYNSCOPE_WATCH_H
#define SYNSCOPE_WATCH_H

#include "arguments.h"
#include "instrument.h"
#include "output.h"

/*
 * Shows on `output`, which it closes, what the instruments see, until a signal (ending.h), --duration,
 * --count, a closed output or the loss of every interface. `backlog`: the tables hold connections from
 * before. Returns the exit status.
 */
int watch(const struct arguments *a, struct output *output, struct instrument *instruments, int count,
	  bool backlog);

#endif
