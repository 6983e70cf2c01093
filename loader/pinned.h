/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instruments that `attach` left running, as `tail`, `counters` and `conns` open them. */
#ifndef SYNSCOPE_PINNED_H
#define SYNSCOPE_PINNED_H

#include "arguments.h"
#include "instrument.h"
#include "output.h"

/*
 * Opens the instruments of the interfaces named, or of all that are pinned in this network namespace, and
 * takes the one reader's place at each. Returns how many, in *instruments, to be closed with pinned_close();
 * or -1, said.
 */
int pinned_open(struct instrument **instruments, const struct arguments *a);

void pinned_close(struct instrument *instruments, int count);

/*
 * Opens, shows each instrument by `show` (0, or -1 having said why), closes. Returns the exit status;
 * one that can't be opened or shown does not keep the others from it.
 */
int pinned_show(const struct arguments *a, int (*show)(struct output *o, const struct instrument *i));

#endif
