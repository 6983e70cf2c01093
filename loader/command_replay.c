// SPDX-License-Identifier: GPL-2.0-only
/* `synscope replay FILE`: a capture through the analyzer, native or in the kernel. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "book.h"
#include "capture.h"
#include "commands.h"
#include "engine.h"
#include "engine_bpf.h"
#include "message.h"
#include "output.h"
#include "summary.h"
#include "totals.h"

/* Any seed does for a capture; a fixed one makes two replays of it the same. */
static const u64 replay_seed[HASH_KEYS] = {
	0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0x2545f4914f6cdd1d, 0xd6e8feb86659fd93,
	0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3, 0x589965cc75374cc3, 0x1d8e4e27c47d124f,
};

struct replay {
	const struct arguments *arguments;
	struct capture capture;
	struct config config;
	struct interface interface;
	struct engine native;
	struct engine_bpf bpf;
	struct book book;
	struct output output;
	struct summary summary;
	u64 first; /* ns; time of the first frame */
	u64 now;   /* ns; the latest time seen: it does not go back where a capture's does */
	u64 next_counters;
	u64 frames;
};

static bool uses_bpf(const struct replay *r)
{
	return r->arguments->engine == ENGINE_BPF;
}

static void on_item(void *context, const struct ring_item *item, size_t size)
{
	struct replay *r = context;

	(void)size;
	book_item(&r->book, item);
}

static u32 buckets_for(u32 connections)
{
	u32 buckets = 1;

	while (buckets * WAYS < 2 * connections)
		buckets *= 2;
	return buckets;
}

static int open_engine(struct replay *r)
{
	if (uses_bpf(r))
		return engine_bpf_open(&r->bpf, &r->config, on_item, r);
	if (engine_open(&r->native, &r->config, on_item, r))
		return say_error("%u connections: not enough memory; give a smaller --max-connections",
				 r->arguments->max_connections);
	return 0;
}

static const struct bucket *engine_table(const struct replay *r)
{
	return uses_bpf(r) ? r->bpf.table : r->native.table;
}

static int engine_counters(const struct replay *r, struct counters *sum)
{
	if (uses_bpf(r))
		return engine_bpf_counters(&r->bpf, sum);
	*sum = r->native.counters;
	return 0;
}

static int analyze_frame(struct replay *r, const struct captured_frame *f)
{
	if (uses_bpf(r))
		return engine_bpf_frame(&r->bpf, r->now, f->data, f->captured, f->length);
	engine_frame(&r->native, r->now, f->data, f->captured, f->length);
	return 0;
}

static int replay_open(struct replay *r, const struct arguments *a)
{
	memset(r, 0, sizeof(*r));
	r->arguments = a;
	r->config = a->config;
	r->config.buckets = buckets_for(a->max_connections);
	r->config.replay = 1;
	memcpy(r->config.hash_seed, replay_seed, sizeof(replay_seed));
	if (capture_open(&r->capture, a->operands[0]))
		return -1;
	r->interface.name = basename((char *)(uintptr_t)r->capture.path);
	r->interface.replay = true;
	r->interface.time_wait = a->config.time_wait;
	if (output_open(&r->output, a) || open_engine(r))
		return -1;
	return book_open(&r->book, &r->interface, &r->config, engine_table(r), &r->output, &r->summary);
}

static void show_counters(struct replay *r, u64 at)
{
	const struct view *view = r->output.view;
	struct counters sum;
	struct totals t;

	if (!view->counters || output_is_full(&r->output) || engine_counters(r, &sum))
		return;
	totals_fill(&t, &sum, engine_table(r), &r->config, at);
	r->output.units += view->counters(r->output.file, &r->output.options, &r->interface, &t);
}

/* Time is the capture's: what it decides is decided before the frame that shows how late it is. */
static void advance(struct replay *r, u64 time)
{
	if (!r->frames++) {
		r->first = r->interface.since = r->now = time;
		r->next_counters = time + r->arguments->interval;
	}
	if (time > r->now)
		r->now = time;
	if (r->now >= r->next_counters) {
		u64 interval = r->arguments->interval;

		show_counters(r, r->next_counters);
		r->next_counters += interval * ((r->now - r->next_counters) / interval + 1);
	}
	book_advance(&r->book, r->now);
}

/* Once a second, on a terminal, for a file that takes so long. */
static void show_progress(const struct replay *r)
{
	enum { FRAMES_BETWEEN = 65536, MEGABYTE = 1 << 20 };
	static time_t last;
	time_t now;

	if (r->frames % FRAMES_BETWEEN || verbosity < 1 || !r->capture.size || !isatty(STDERR_FILENO))
		return;
	now = time(NULL);
	if (!last)
		last = now;
	if (now == last)
		return;
	last = now;
	fprintf(stderr, "\r%llu of %llu MiB, %llu frames\033[K",
		(unsigned long long)(capture_position(&r->capture) / MEGABYTE),
		(unsigned long long)(r->capture.size / MEGABYTE), (unsigned long long)r->frames);
}

static int play(struct replay *r)
{
	static struct captured_frame f;
	int got = 0;

	while (!output_is_full(&r->output) && (got = capture_next(&r->capture, &f)) > 0) {
		advance(r, f.time);
		if (analyze_frame(r, &f))
			return -1;
		show_progress(r);
	}
	return got;
}

static void finish(struct replay *r)
{
	static const struct counters nothing;
	struct counters sum;
	struct totals t;
	struct losses lost;

	book_finish(&r->book, r->now);
	show_counters(r, r->now);
	output_flush(&r->output);
	if (verbosity < 1 || r->output.closed || engine_counters(r, &sum))
		return;
	totals_fill(&t, &sum, engine_table(r), &r->config, r->now);
	losses_between(&lost, &nothing, &sum);
	summary_print(&r->summary, stderr, &t, &lost);
}

static void replay_close(struct replay *r)
{
	book_close(&r->book);
	if (uses_bpf(r))
		engine_bpf_close(&r->bpf);
	else
		engine_close(&r->native);
	capture_close(&r->capture);
}

int command_replay(const struct arguments *a)
{
	static struct replay r;
	int status = EXIT_FAILED;

	if (!replay_open(&r, a)) {
		status = play(&r) < 0 ? EXIT_FAILED : EXIT_DONE;
		finish(&r);
	}
	if (r.output.file && output_close(&r.output))
		status = EXIT_FAILED;
	replay_close(&r);
	return status;
}
