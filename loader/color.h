/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a terminal write in color (ECMA-48 section 8.3.117, SGR). */
#ifndef SYNSCOPE_COLOR_H
#define SYNSCOPE_COLOR_H

#define COLOR_BOLD   "\033[1m"
#define COLOR_DIM    "\033[2m"
#define COLOR_RED    "\033[31m"
#define COLOR_GREEN  "\033[32m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_PLAIN  "\033[0m"

#endif
