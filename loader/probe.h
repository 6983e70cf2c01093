/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel and an interface offer, found without disturbing either: nothing is attached. */
#ifndef SYNSCOPE_PROBE_H
#define SYNSCOPE_PROBE_H

#include "findings.h"
#include "netlink.h"

/* What this kernel, these rights and `bpffs` allow: a finding for each. */
void probe_kernel(struct findings *f, const char *bpffs);

/* What this interface and its driver can do, and what else is attached to it. */
void probe_interface(struct findings *f, const struct link *l);

/* Whether frames of this link begin with the IP header. */
bool link_is_layer3(const struct link *l);

#endif
