/* SPDX-License-Identifier: GPL-2.0-only */
/* What the two halves of instrument.h share: instruments of this process, and pinned ones. */
#ifndef SYNSCOPE_INSTRUMENT_PINNED_H
#define SYNSCOPE_INSTRUMENT_PINNED_H

#include "platform.h"

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, ns. */
s64 wall_offset(void);

#endif
