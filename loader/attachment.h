/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The attach ladder. Received: native XDP by a link, else the tc program; generic XDP when asked for.
 * Sent: the tc program. tc means a TCX link, and a clsact filter on kernels before 6.6.
 */
#ifndef SYNSCOPE_ATTACHMENT_H
#define SYNSCOPE_ATTACHMENT_H

#include "clsact.h"
#include "instrument.h"
#include "netlink.h"

enum hook_way { WAY_NONE, WAY_XDP_NATIVE, WAY_XDP_GENERIC, WAY_TCX, WAY_CLSACT };

/* How one direction of an interface is seen. */
struct hook_point {
	enum hook_way way;
	int link;		     /* where the way is one that has links */
	struct clsact_filter filter; /* of WAY_CLSACT */
};

/* How an interface is seen: received frames, and sent ones. */
struct attachment {
	struct hook_point ingress, egress;
};

/* What is asked for. */
struct attachment_plan {
	struct link link;
	enum receive_mode mode;
	bool egress; /* not so: --ingress-only */
	bool stays;  /* `attach`: it is going to be pinned */
	bool no_tcx; /* as if the kernel had none: for tests on one that has */
};

/* Which programs (bits of enum program) the ladder may come to. */
unsigned attachment_programs(const struct attachment_plan *p);

struct synscope_bpf;

/* Attaches; no frame is looked at before both hooks are there. 0, or -1: said, and nothing is left. */
int attachment_make(struct attachment *a, const struct attachment_plan *p, const struct synscope_bpf *s);

/* Takes everything off that isn't pinned. Safe on a zeroed attachment. */
void attachment_undo(struct attachment *a);

/* Lets go of everything without taking it off: pins hold it now. */
void attachment_leave(struct attachment *a);

/* As the records and `status` call it: "native", "generic", "tc"; "tcx", "clsact"; NULL for none. */
const char *ingress_name(enum hook_way way);
const char *egress_name(enum hook_way way);

#endif
