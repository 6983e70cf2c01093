// SPDX-License-Identifier: GPL-2.0-or-later
#include "lane.h"

#include <errno.h>
#include <string.h>

#include "message.h"
#include "totals.h"

/* Any seed does for a capture; a fixed one makes two replays of it the same. */
static const u64 replay_seed[HASH_KEYS] = {
	0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb,
	0x2545f4914f6cdd1d, 0xd6e8feb86659fd93, 0xe7037ed1a0b428db,
};

static bool uses_bpf(const struct lane *l)
{
	return l->arguments->engine == ENGINE_BPF;
}

static void on_item(void *context, const struct ring_item *item, size_t size)
{
	struct lane *l = context;

	(void)size;
	book_item(&l->book, item);
}

static int open_engine(struct lane *l)
{
	if (uses_bpf(l))
		return engine_bpf_open(&l->bpf, &l->config, on_item, l);
	if (engine_open(&l->native, &l->config, on_item, l))
		return say_no_room(l->arguments->max_connections,
				   (u64)l->config.buckets * sizeof(struct bucket), ENOMEM);
	return 0;
}

static const struct bucket *engine_table(const struct lane *l)
{
	return uses_bpf(l) ? l->bpf.table : l->native.table;
}

int lane_open(struct lane *l, const struct arguments *a, const char *name, u32 number, u64 since,
	      struct output *output, struct summary *summary)
{
	memset(l, 0, sizeof(*l));
	l->arguments = a;
	l->config = a->config;
	l->config.buckets = buckets_for(a->max_connections);
	l->config.replay = 1;
	l->config.untold = a->view->untold;
	memcpy(l->config.hash_seed, replay_seed, sizeof(replay_seed));
	l->interface.name = name;
	l->interface.ifindex = number;
	l->interface.replay = true;
	l->interface.since = since;
	l->interface.time_wait = a->config.time_wait;
	l->interface.idle_timeout = a->config.idle_timeout;
	l->floods.since = l->looked = since;
	if (open_engine(l))
		return -1;
	return book_open(&l->book, &l->interface, &l->config, engine_table(l), output, summary);
}

void lane_close(struct lane *l)
{
	book_close(&l->book);
	if (uses_bpf(l))
		engine_bpf_close(&l->bpf);
	else
		engine_close(&l->native);
}

int lane_frame(struct lane *l, u64 now, const struct captured_frame *f)
{
	if (uses_bpf(l))
		return engine_bpf_frame(&l->bpf, now, f->data, f->captured, f->length);
	engine_frame(&l->native, now, f->data, f->captured, f->length);
	return 0;
}

static int sum_counters(const struct lane *l, struct counters *sum)
{
	if (uses_bpf(l))
		return engine_bpf_counters(&l->bpf, sum);
	*sum = l->native.counters;
	return 0;
}

static void look_for_floods(struct lane *l, u64 now)
{
	struct flood told[FLOOD_KINDS];
	struct counters sum;

	if (!sum_counters(l, &sum)) {
		output_floods(l->book.output, &l->interface, told,
			      floods_look(&l->floods, &l->before, &sum, l->looked, now, told));
		l->before = sum;
	}
	l->looked = now;
}

/* The capture begins a second time: what was counted until then is of the time before. */
static void begin_again(struct lane *l, u64 now)
{
	struct flood told[FLOOD_KINDS];
	struct counters sum;

	if (!sum_counters(l, &sum)) {
		output_floods(l->book.output, &l->interface, told,
			      floods_finish(&l->floods, &sum, l->looked, told));
		l->before = sum;
	}
	floods_restart(&l->floods, now);
	l->looked = now;
}

/* After so many seconds without a frame every flood is over: the others need no look. */
enum { LOOKS_MOST = 2 * FLOOD_ENDS_AFTER };

void lane_advance(struct lane *l, u64 now)
{
	if (now < l->looked)
		begin_again(l, now);
	for (int looks = 0; looks < LOOKS_MOST && now - l->looked >= FLOOD_LOOK_EVERY; looks++)
		look_for_floods(l, l->looked + FLOOD_LOOK_EVERY);
	l->looked += (now - l->looked) / FLOOD_LOOK_EVERY * FLOOD_LOOK_EVERY;
}

void lane_finish_floods(struct lane *l, u64 now)
{
	struct flood told[FLOOD_KINDS];

	look_for_floods(l, now);
	output_floods(l->book.output, &l->interface, told, floods_finish(&l->floods, &l->before, now, told));
}

int lane_totals(const struct lane *l, u64 now, struct totals *t)
{
	struct counters sum;
	int error = sum_counters(l, &sum);

	if (error)
		return error;
	totals_fill(t, &sum, l->book.scans, engine_table(l), &l->config, now);
	t->floods = floods_total(&l->floods);
	return 0;
}
