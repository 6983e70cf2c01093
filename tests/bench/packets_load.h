/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What loading costs: verified instructions, program size and time, for each compiler. */
#ifndef SYNSCOPE_PACKETS_LOAD_H
#define SYNSCOPE_PACKETS_LOAD_H

#include "packets_settings.h"

/* 0, or -1, said: an object could not be loaded. */
int measure_loading(const struct settings *s);

#endif
