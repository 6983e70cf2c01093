/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One interface of a capture: an engine of its own, with its table and its book, because a connection
 * seen over two interfaces is two records.
 */
#ifndef SYNSCOPE_LANE_H
#define SYNSCOPE_LANE_H

#include "book.h"
#include "capture.h"
#include "engine.h"
#include "engine_bpf.h"

struct lane {
	const struct arguments *arguments;
	struct interface interface;
	struct config config;
	struct engine native; /* the one of these two that --engine asks for */
	struct engine_bpf bpf;
	struct book book;
};

/*
 * Opens the lane of a capture's interface; `since` (ns) is when its first frame was seen. 0 or -1, said;
 * lane_close() it in either case.
 */
int lane_open(struct lane *l, const struct arguments *a, const char *name, u32 number, u64 since,
	      struct output *output, struct summary *summary);

void lane_close(struct lane *l);

/* Analyzes a frame, as seen at `now` (ns). 0, or -1, said. */
int lane_frame(struct lane *l, u64 now, const struct captured_frame *f);

/* The counters as they are at `now` (ns). 0 or -errno. */
int lane_totals(const struct lane *l, u64 now, struct totals *t);

#endif
