/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands. Each returns the exit status, having said on standard error why it failed. */
#ifndef SYNSCOPE_COMMANDS_H
#define SYNSCOPE_COMMANDS_H

#include "arguments.h"

int command_run(const struct arguments *a);
int command_replay(const struct arguments *a);
int command_attach(const struct arguments *a);
int command_tail(const struct arguments *a);
int command_counters(const struct arguments *a);
int command_conns(const struct arguments *a);
int command_status(const struct arguments *a);
int command_detach(const struct arguments *a);

#endif
