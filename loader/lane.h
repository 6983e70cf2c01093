/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface of a capture: an engine of its own, with its table and its book, because a connection
 * seen over two interfaces is two records.
 */
#ifndef SYNSCOPE_LANE_H
#define SYNSCOPE_LANE_H

#include "book.h"
#include "capture.h"
#include "engine_native.h"
#include "engine_bpf.h"
#include "floods.h"

struct lane {
	const struct arguments *arguments;
	struct interface interface;
	struct config config;
	struct engine_bpf bpf; /* the one of this and `native` that --engine asks for */
	struct book book;
	struct floods floods;
	struct counters before; /* at the last look for floods */
	u64 looked;		/* ns; when that was */
	struct engine native;	/* of variable size, so the last */
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

/* Time has come to `now` (ns): floods begin and end. Its book is advanced with those of the others. */
void lane_advance(struct lane *l, u64 now);

/* The capture ended at `now` (ns): the floods that go on are shown. Its book is finished with those of the
 * others. */
void lane_finish_floods(struct lane *l, u64 now);

/* The counters as they are at `now` (ns). 0 or -errno. */
int lane_totals(const struct lane *l, u64 now, struct totals *t);

#endif
