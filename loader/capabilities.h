/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights are tested, not the user id; and given back as soon as they are not needed. */
#ifndef SYNSCOPE_CAPABILITIES_H
#define SYNSCOPE_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>

/* The command that grants what is missing; valid until the next call. */
const char *capabilities_grant(void);

/*
 * Makes effective what is permitted, and looks for what loading and attaching need. The names of those
 * that are missing, as in "CAP_BPF, CAP_PERFMON", go to `missing`. True if there is none.
 */
bool capabilities_missing(char *missing, size_t size);

/* Whether this process is in a user namespace, where capabilities count for nothing to bpf(2). */
bool capabilities_in_user_namespace(void);

/* The same for a command: 0, or -1, said in one line that begins with `what`. */
int capabilities_require(const char *what);

/* Detaching will need CAP_NET_ADMIN: a filter of the clsact qdisc, which no link takes off. */
void capabilities_keep_net_admin(void);

/* Gives up, for good, every capability that reading maps and detaching don't need. */
void capabilities_drop(void);

#endif
