/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a command is asked to end: SIGINT, SIGTERM, SIGHUP, or a time that is over. What waits then (a write
 * that nobody takes, the open of a pipe, a read) is interrupted, and again each second after that: so
 * whatever waits can look at how long that has been.
 */
#ifndef SYNSCOPE_ENDING_H
#define SYNSCOPE_ENDING_H

#include <stdbool.h>

#include "platform.h"

/*
 * From here on these signals are remembered, instead of killing. A SIGHUP that whoever started this process
 * has it ignore (nohup) is ignored still.
 */
void ending_watch_signals(void);

/* No signal interrupts what is done between the two; one that came meanwhile is delivered by the second. */
void ending_hold_signals(void);
void ending_release_signals(void);

/* What waits is interrupted after so many ns, too. */
void ending_watch_time(u64 after);

/* Whether a signal asked for it. */
bool ending_is_asked(void);

/*
 * How often what waits was interrupted: by each signal, and each second from then, or from the end of the
 * time, on. Where it grew by ENDING_PATIENCE while something waited, that is given up.
 */
unsigned ending_ticks(void);

enum { ENDING_PATIENCE = 3 };

/* Whether a signal asked for it so long ago, or so many did. */
bool ending_is_overdue(void);

#endif
