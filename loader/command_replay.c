// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope replay FILE`: a capture through the analyzer, native or in the kernel. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "commands.h"
#include "ending.h"
#include "lane.h"
#include "message.h"
#include "output.h"
#include "printable.h"
#include "summary.h"
#include "totals.h"

struct replay {
	const struct arguments *arguments;
	struct capture capture;
	char file_name[NAME_MAX + 1];
	struct lane
		*lanes[PCAPNG_INTERFACES_MAX]; /* by the capture's interfaces; NULL: none was needed yet */
	u32 lane_count;			       /* one more than the highest that was needed */
	struct book *first;		       /* of their books, in that order; NULL: there is none */
	bool no_lane;			       /* one could not be opened; said */
	struct output output;
	struct summary summary;
	u64 now; /* ns; of the frame, but see steps_back() */
	u64 next_counters;
	u64 frames;
};

/* What stands for the interface where the capture does not name it: the file. */
static const char *file_name(struct replay *r)
{
	const char *slash = strrchr(r->capture.path, '/');

	snprintf(r->file_name, sizeof(r->file_name), "%s", slash ? slash + 1 : r->capture.path);
	make_printable(r->file_name);
	return r->file_name;
}

/* Their records come in one order. */
static void link_books(struct replay *r)
{
	r->first = NULL;
	for (u32 i = r->lane_count; i-- > 0;) {
		if (!r->lanes[i])
			continue;
		r->lanes[i]->book.next = r->first;
		r->first = &r->lanes[i]->book;
	}
}

static struct lane *lane_of(struct replay *r, u32 interface)
{
	const char *name = capture_interface_name(&r->capture, interface);
	struct lane *l = r->lanes[interface];

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l) {
		say_error("%s: %s", r->capture.path, strerror(ENOMEM));
		return NULL;
	}
	if (lane_open(l, r->arguments, name ? name : file_name(r), interface, r->now, &r->output,
		      &r->summary)) {
		lane_close(l);
		free(l);
		r->no_lane = true;
		return NULL;
	}
	r->lanes[interface] = l;
	if (interface >= r->lane_count)
		r->lane_count = interface + 1;
	link_books(r);
	lane_advance(l, r->now); /* from here on it knows when time steps back */
	book_advance(r->first, r->now);
	return l;
}

static void show_counters(struct replay *r, u64 at)
{
	const struct view *view = r->output.view;
	struct totals t;

	for (u32 i = 0; view->counters && i < r->lane_count && !output_is_full(&r->output); i++)
		if (r->lanes[i] && !lane_totals(r->lanes[i], at, &t))
			r->output.units += view->counters(r->output.file, &r->output.options,
							  &r->lanes[i]->interface, &t);
}

/*
 * Frames from several queues are written a little out of order: for them time stands still. Where it
 * steps back further, the capture begins a second time (files that were joined, a clock that was set),
 * and what comes then has the time that it says.
 */
static bool steps_back(const struct replay *r, u64 time)
{
	enum { OUT_OF_ORDER_MAX = 10000000 }; /* ns */

	return time < r->now && r->now - time > OUT_OF_ORDER_MAX;
}

/* Time is the capture's: what it decides is decided before the frame that shows how late it is. */
static void advance(struct replay *r, u64 time)
{
	u64 interval = r->arguments->interval;

	if (!r->frames++ || steps_back(r, time)) {
		r->now = time;
		r->next_counters = time + interval;
	}
	if (time > r->now)
		r->now = time;
	if (r->now >= r->next_counters) {
		show_counters(r, r->next_counters);
		r->next_counters += interval * ((r->now - r->next_counters) / interval + 1);
	}
	for (u32 i = 0; i < r->lane_count; i++)
		if (r->lanes[i])
			lane_advance(r->lanes[i], r->now);
	book_advance(r->first, r->now);
}

/* Once a second, on a terminal, for a file that takes so long. */
static void show_progress(const struct replay *r)
{
	enum { FRAMES_BETWEEN = 65536, MEGABYTE = 1 << 20 };
	static time_t last;
	time_t now;

	if (r->frames % FRAMES_BETWEEN || !r->capture.size)
		return;
	now = time(NULL);
	if (last && now != last)
		say_progress("%llu of %llu MiB, %llu frames",
			     (unsigned long long)(capture_position(&r->capture) / MEGABYTE),
			     (unsigned long long)(r->capture.size / MEGABYTE), (unsigned long long)r->frames);
	last = now;
}

/* What comes through a pipe may have no end: what it still brings is waited for, but not for ever. */
static int play(struct replay *r)
{
	static struct captured_frame f;
	int got = 0;

	while (!output_is_full(&r->output) && !ending_is_overdue() &&
	       (got = capture_next(&r->capture, &f)) > 0) {
		struct lane *l;

		advance(r, f.time);
		l = lane_of(r, f.interface);
		if (!l || lane_frame(l, r->now, &f))
			return -1;
		show_progress(r);
	}
	return got;
}

/* What there is to say of all interfaces together. */
static void summarize(struct replay *r)
{
	static const struct counters nothing;
	struct totals all = {.at = 0}, t;
	struct losses lost = {.to = r->now};

	for (u32 i = 0; i < r->lane_count; i++)
		if (r->lanes[i] && !lane_totals(r->lanes[i], r->now, &t))
			totals_add(&all, &t);
	losses_between(&lost, &nothing, &all.counters);
	summary_print(&r->summary, stderr, &all, &lost);
}

/* What is still open, of all interfaces together. */
static void finish_lanes(struct replay *r)
{
	for (u32 i = r->lane_count; i-- > 0;)
		if (r->lanes[i])
			lane_finish_floods(r->lanes[i], r->now);
	book_finish(r->first, r->now);
	for (struct book *b = r->first; b; b = b->next)
		book_finish_scans(b);
}

static void finish(struct replay *r)
{
	if (!r->lane_count && !r->no_lane)
		lane_of(r, 0); /* an empty capture has counters too: all zero */
	if (!r->lane_count)
		return;
	finish_lanes(r);
	show_counters(r, r->now);
	output_end_line(&r->output);
	output_flush(&r->output);
	end_progress();
	if (verbosity > 0 && !r->output.closed)
		summarize(r);
}

static void replay_close(struct replay *r)
{
	for (u32 i = 0; i < r->lane_count; i++) {
		if (r->lanes[i])
			lane_close(r->lanes[i]);
		free(r->lanes[i]);
	}
	capture_close(&r->capture);
}

static int open_output(struct replay *r)
{
	const char *path = r->arguments->output;

	if (path && capture_is_file(&r->capture, path))
		return say_error("%s: --output %s: they are the same file; write to another one",
				 r->capture.path, path);
	return output_open(&r->output, r->arguments);
}

static void flush_output(void *context)
{
	output_flush(context);
}

int command_replay(const struct arguments *a)
{
	static struct replay r;
	int status = EXIT_FAILED;

	r.arguments = a;
	if (!capture_is_regular(a->operands[0]))
		ending_watch_signals();
	if (capture_open(&r.capture, a->operands[0])) {
		status = r.capture.given_up ? EXIT_DONE : EXIT_FAILED;
	} else if (!open_output(&r)) {
		r.capture.before_wait = flush_output;
		r.capture.before_wait_context = &r.output;
		status = play(&r) < 0 ? EXIT_FAILED : EXIT_DONE;
		finish(&r);
		if (r.no_lane)
			status = EXIT_FAILED;
	}
	if (r.output.file && output_close(&r.output))
		status = EXIT_FAILED;
	replay_close(&r);
	return status;
}
