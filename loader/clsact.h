/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tc programs on kernels before 6.6, where no link exists for them: a filter of the clsact qdisc. It
 * outlives the process that made it, so its handle and a lock say what the next run may clear away.
 */
#ifndef SYNSCOPE_CLSACT_H
#define SYNSCOPE_CLSACT_H

#include "netlink.h"

/*
 * A filter of ours has a handle of this form, and a program whose name begins with "synscope_".
 * The low bits say what its removal must know, even after a kill -9.
 */
enum {
	CLSACT_HANDLE = 0x53590000,
	CLSACT_MADE_QDISC = 1, /* the qdisc came with it, and goes with it where nothing else uses it */
	CLSACT_STAYS = 2,      /* made by `attach`: only `detach` takes it off */
	CLSACT_FLAGS = 3,
};

struct clsact_filter {
	int ifindex;  /* 0: none */
	bool egress;  /* of what is sent */
	u32 handle;   /* CLSACT_HANDLE with the flags */
	u32 priority; /* that the kernel chose; with the handle it names the filter */
	int lock;     /* held as long as the filter's process lives; -1: none */
};

/* Attaches a program; `stays`: beyond this process. `words` (WORDS_MAX bytes) gets why not. 0 or -errno. */
int clsact_attach(struct clsact_filter *f, int ifindex, bool egress, int program, bool stays, char *words);

/* Takes a filter off, and its qdisc where that came with it. Safe on a zeroed one. */
void clsact_detach(struct clsact_filter *f);

/*
 * Takes off what processes that are gone left on an interface; `stays`: what `attach` left, too. The count,
 * or -1, said.
 */
int clsact_clear(int ifindex, bool stays);

/*
 * Calls `each` for every BPF filter on one side of an interface: its program's name and id. 0, or -1, said:
 * there may be others.
 */
int clsact_each(int ifindex, bool egress, void (*each)(const char *name, u32 program, void *context),
		void *context);

#endif
