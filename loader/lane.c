// SPDX-License-Identifier: GPL-2.0-only
#include "lane.h"

#include <string.h>

#include "message.h"
#include "totals.h"

/* Any seed does for a capture; a fixed one makes two replays of it the same. */
static const u64 replay_seed[HASH_KEYS] = {
	0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0x2545f4914f6cdd1d, 0xd6e8feb86659fd93,
	0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3, 0x589965cc75374cc3, 0x1d8e4e27c47d124f,
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
		return say_error("%u connections: not enough memory; give a smaller --max-connections",
				 l->arguments->max_connections);
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
	memcpy(l->config.hash_seed, replay_seed, sizeof(replay_seed));
	l->interface.name = name;
	l->interface.ifindex = number;
	l->interface.replay = true;
	l->interface.since = since;
	l->interface.time_wait = a->config.time_wait;
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

int lane_totals(const struct lane *l, u64 now, struct totals *t)
{
	struct counters sum = l->native.counters;
	int error = uses_bpf(l) ? engine_bpf_counters(&l->bpf, &sum) : 0;

	if (!error)
		totals_fill(t, &sum, l->book.scans, engine_table(l), &l->config, now);
	return error;
}
