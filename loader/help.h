/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --help prints, out of the tables of commands and options. */
#ifndef SYNSCOPE_HELP_H
#define SYNSCOPE_HELP_H

#include "arguments.h"

/* To standard output: the help of one command; NULL: of the program. */
void help_print(const struct command *only);

#endif
