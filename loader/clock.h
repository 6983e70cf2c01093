/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks, in nanoseconds. */
#ifndef SYNSCOPE_CLOCK_H
#define SYNSCOPE_CLOCK_H

#include "platform.h"

/* CLOCK_MONOTONIC: the clock of the BPF programs (bpf_ktime_get_ns). */
u64 clock_monotonic(void);

/* What to add to a time of CLOCK_MONOTONIC to get the nanoseconds since the epoch. */
s64 clock_wall_offset(void);

#endif
