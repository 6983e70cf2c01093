// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "book.h"
#include "clock.h"
#include "ending.h"
#include "message.h"
#include "output.h"
#include "summary.h"
#include "totals.h"

enum { LOOK_EVERY = FLOOD_LOOK_EVERY };

/*
 * How much of a ring is read before signals and the clock are looked at again, bytes. Where it is filled as
 * fast as the output takes it, it is never empty.
 */
enum { DRAIN_AT_ONCE = 256 << 10 };

struct watched {
	struct instrument *instrument;
	size_t taken, taken_most; /* bytes of its ring, in this drain */
	bool table_due;		  /* its table is to be read, behind what is in the ring now: */
	size_t before_table;	  /*   so many bytes at most */
	struct book book;
	struct ring_buffer *ring;
	struct floods floods;
	struct decided decided;
	struct counters before;	     /* when losses and floods were last looked for */
	struct counters lost_before; /* only what was lost, as far as earlier tails told of it */
	u64 looked;
	bool gone;
};

struct watch {
	const struct arguments *arguments;
	struct instrument *instruments;
	struct watched *watched;
	int count;
	struct output *output;
	struct summary *summary;
	struct syn_cookies cookies; /* when the run began */
	int epoll;
	u64 end;	   /* ns; 0: none */
	u64 next_counters; /* ns */
	u64 next_look;	   /* ns */
	bool stop;
	bool failed;
};

/*
 * How often the reader comes by itself, ms; a ring that fills sooner wakes it. Who follows events wants them
 * as they happen; a record is shown --linger after its end, and a wake-up costs as much as ten of them.
 */
static int drain_every(const struct view *v)
{
	return v->event || v->opened ? 10 : 50;
}

/* The same, but counters that are shown more often come when they are due. ms. */
static int wait_at_most(const struct watch *w)
{
	const u64 ms = 1000000;
	u64 most = (u64)drain_every(w->output->view);
	u64 left = saturating_subtract(w->next_counters, clock_monotonic());

	if (w->output->view->counters && left < most * ms)
		most = (left + ms - 1) / ms;
	return (int)most;
}

/* An item as it lies in the ring; those behind the last are what they were when the ring was there before. */
struct laid_item {
	u32 length; /* and bits that say whether it is to be read */
	u32 reserved;
	struct ring_item item;
};

static const struct laid_item *behind(const struct ring_item *item, size_t size)
{
	return (const struct laid_item *)((const u8 *)item + (size + 7) / 8 * 8);
}

/*
 * All that is read here was written by another CPU, or long ago: while an item is taken, the book's entry
 * for the next one and the beginning of the one after that come. The ring is mapped twice, so that neither
 * lies beyond it.
 */
static void look_ahead(const struct watched *w, const struct ring_item *item, size_t size)
{
	enum { CACHE_LINE = 64, LINES = 3 };
	const struct laid_item *next = behind(item, size);
	const u8 *after_next = (const u8 *)behind(&next->item, next->length & (RING_BYTES - 1));

	book_expect(&w->book, &next->item);
	for (u32 line = 0; line < LINES; line++)
		__builtin_prefetch(after_next + line * CACHE_LINE);
}

/* What --count has no room for a later tail shows, if there can be one; else it is in the summary. */
static bool is_enough(const struct watched *w)
{
	return output_is_full(w->book.output) && w->book.told;
}

static int on_item(void *context, void *data, size_t size)
{
	struct watched *w = context;

	look_ahead(w, data, size);
	book_item(&w->book, data);
	w->taken += size;
	return is_enough(w) || w->taken >= w->taken_most ? -ECANCELED : 0;
}

static int add_to_epoll(struct watch *w, int fd, u32 what)
{
	struct epoll_event e = {.events = what, .data.fd = fd};

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &e);
}

/* That its reader has gone away is known before there is something to write. A file has none: EPERM. */
static void look_at_output(struct watch *w, const struct epoll_event *events, int count)
{
	for (int i = 0; i < count; i++)
		if (events[i].data.fd == w->output->fd && events[i].events & (EPOLLERR | EPOLLHUP))
			w->output->closed = true;
}

/* The table is read behind what is in the ring: a slot's connections are told of in their order. */
static void read_table_later(struct watched *one)
{
	if (!one->table_due)
		one->before_table = RING_BYTES;
	one->table_due = true;
}

static void read_table(struct watched *one)
{
	one->table_due = false;
	book_read_table(&one->book);
}

static void take_losses(struct counters *n, const struct told *told)
{
	memcpy(n->lost, told->lost, sizeof(told->lost));
	n->lost_records = told->lost_records;
}

static int open_one(struct watch *w, struct watched *one, struct instrument *i, bool backlog)
{
	one->instrument = i;
	if (book_open(&one->book, &i->interface, &i->config, i->table, w->output, w->summary))
		return -1;
	one->ring = ring_buffer__new(i->ring_fd, on_item, one, NULL);
	if (!one->ring || add_to_epoll(w, ring_buffer__epoll_fd(one->ring), EPOLLIN))
		return say_error("%s: ring buffer: %s%s", i->interface.name, strerror(errno),
				 limit_advice(errno));
	one->looked = i->interface.since;
	one->floods.since = i->interface.since;
	one->floods.ingress_only = i->interface.ingress_only;
	book_resume(&one->book, i->told);
	if (backlog)
		read_table_later(one);
	else
		instrument_counters(i, &one->before);
	if (i->told) { /* what an earlier tail told of losses is not told again */
		take_losses(&one->before, i->told);
		take_losses(&one->lost_before, i->told);
	}
	return 0;
}

static int watch_open(struct watch *w, const struct arguments *a, struct output *output,
		      struct instrument *instruments, int count, bool backlog)
{
	u64 now = clock_monotonic();

	memset(w, 0, sizeof(*w));
	w->epoll = -1;
	w->arguments = a;
	w->instruments = instruments;
	w->output = output;
	w->summary = calloc(1, sizeof(*w->summary));
	w->watched = calloc((size_t)count, sizeof(*w->watched));
	if (!w->summary || !w->watched)
		return say_error("start: %s", strerror(ENOMEM));
	w->summary->since_attach = backlog;
	w->cookies = syn_cookies_now();
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll < 0)
		return say_error("event loop: %s%s", strerror(errno), limit_advice(errno));
	for (; w->count < count; w->count++) {
		if (open_one(w, &w->watched[w->count], &instruments[w->count], backlog))
			return -1;
		if (w->count)
			w->watched[w->count - 1].book.next = &w->watched[w->count].book;
	}
	add_to_epoll(w, output->fd, 0);
	w->end = a->duration ? now + a->duration : 0;
	if (a->duration)
		ending_watch_time(a->duration);
	w->next_counters = now + a->interval;
	w->next_look = now + LOOK_EVERY;
	return 0;
}

static void watch_close(struct watch *w)
{
	for (int i = 0; i < w->count; i++) {
		ring_buffer__free(w->watched[i].ring);
		book_close(&w->watched[i].book);
	}
	free(w->watched);
	free(w->summary);
	close(w->epoll);
}

static void drain_one(struct watched *one, size_t most)
{
	one->taken = 0;
	one->taken_most = most;
	if (is_enough(one))
		return; /* what is in the ring is the next reader's */
	ring_buffer__consume(one->ring);
	one->before_table = saturating_subtract(one->before_table, one->taken);
	if (one->table_due && (one->taken < most || !one->before_table))
		read_table(one);
}

static void flush(struct watch *w)
{
	output_flush(w->output);
	for (int i = 0; i < w->count; i++)
		book_settle_told(&w->watched[i].book);
}

/* Reads so many bytes of each ring at most. True: there may be more. */
static bool drain(struct watch *w, size_t most)
{
	u64 now = clock_monotonic();
	bool more = false;

	for (int i = 0; i < w->count; i++) {
		drain_one(&w->watched[i], most);
		more |= w->watched[i].taken >= most;
	}
	book_advance(&w->watched[0].book, now);
	flush(w);
	return more;
}

/* With `table` what is due in it is added. False: the counters can't be read. */
static bool fill_totals(struct totals *t, struct watched *one, const struct bucket *table, u64 now)
{
	struct counters sum;

	if (instrument_counters(one->instrument, &sum))
		return false;
	/* a record that did not come was lost, whether the programs counted it as that or not */
	if (!output_is_full(one->book.output))
		sum.lost_records = max_u64(sum.lost_records,
					   saturating_subtract(one->book.unread, sum.aggregated_records));
	totals_fill(t, &sum, one->book.scans, table, &one->instrument->config, now);
	if (table)
		totals_keep(t, &one->decided);
	t->floods = floods_total(&one->floods);
	return true;
}

static void show_counters(struct watch *w, u64 now)
{
	const struct view *view = w->output->view;
	struct totals t;

	for (int i = 0; view->counters && i < w->count && !output_is_full(w->output); i++)
		if (fill_totals(&t, &w->watched[i], w->watched[i].instrument->table, now))
			w->output->units += view->counters(w->output->file, &w->output->options,
							   &w->watched[i].instrument->interface, &t);
}

/* What the ring had no room for is said where it happened, and made good from the table. */
static void look_for_losses(struct watch *w, struct watched *one, const struct counters *sum, u64 now)
{
	const struct view *view = w->output->view;
	struct told *told = one->instrument->told;
	struct losses l = {.from = max_u64(one->looked, told ? told->losses_until : 0), .to = now};

	if (!losses_between(&l, &one->before, sum))
		return;
	if (told && (view->lost || verbosity > 0)) { /* here, or in the summary */
		memcpy(told->lost, sum->lost, sizeof(told->lost));
		told->lost_records = sum->lost_records;
		told->losses_until = now;
	}
	if (view->lost && !output_is_full(w->output))
		w->output->units +=
			view->lost(w->output->file, &w->output->options, &one->instrument->interface, &l);
	read_table_later(one);
}

static void look_for_floods(struct watch *w, struct watched *one, const struct counters *sum, u64 now)
{
	struct syn_cookies cookies = syn_cookies_now();
	struct flood told[FLOOD_KINDS];
	u32 count;

	one->floods.cookies = syn_cookies_between(&w->cookies, &cookies);
	count = floods_look(&one->floods, &one->before, sum, one->looked, now, told);
	output_floods(w->output, &one->instrument->interface, told, count);
}

/* Set, or gone on while the machine was suspended, which the other clock does not count. */
static void look_at_wall_clock(struct interface *i)
{
	const s64 jitter = 10000000; /* ns */
	s64 offset = clock_wall_offset(), moved = offset - i->wall_offset;

	if (moved > jitter || moved < -jitter)
		i->wall_offset = offset;
}

/* What the counters tell by having grown. */
static void look_at_counters(struct watch *w, struct watched *one, u64 now)
{
	struct counters sum;

	look_at_wall_clock(&one->instrument->interface);
	if (instrument_counters(one->instrument, &sum))
		return;
	look_for_losses(w, one, &sum, now);
	look_for_floods(w, one, &sum, now);
	one->before = sum;
	one->looked = now;
}

/* What of the table was not read yet: no event told of those that were silent since. */
static void read_rest_of_table(struct watched *one)
{
	if (one->table_due || one->before.aggregated)
		read_table(one);
}

/* Nothing comes of it any more: what it saw becomes final, while the others go on. */
static void finish_gone(struct watch *w, struct watched *one, u64 now)
{
	struct book *next = one->book.next;

	one->gone = true;
	book_read_last(&one->book);
	drain_one(one, RING_BYTES);
	read_rest_of_table(one);
	book_advance(&w->watched[0].book, now);
	one->book.next = NULL;
	book_finish(&one->book, now);
	one->book.next = next;
}

static void look_for_interface(struct watch *w, struct watched *one, u64 now)
{
	const char *name = one->instrument->interface.name;

	if (one->gone)
		return;
	if (instrument_detached(one->instrument)) {
		say("%s: was detached: what it saw until then follows", name);
	} else if (!instrument_alive(one->instrument)) {
		say_error("%s: the interface that was watched is gone: what it saw until then follows", name);
		w->failed = true;
	} else {
		return;
	}
	finish_gone(w, one, now);
	for (int i = 0; i < w->count; i++)
		if (!w->watched[i].gone)
			return;
	w->stop = true;
}

/* What was missed is left out: where it takes longer than the interval, and where the run was stopped. */
static void show_counters_when_due(struct watch *w, u64 now)
{
	u64 interval = w->arguments->interval;

	if (now < w->next_counters)
		return;
	w->next_counters += interval * ((now - w->next_counters) / interval + 1);
	show_counters(w, now);
}

static void on_time(struct watch *w)
{
	u64 now = clock_monotonic();

	if (ending_is_asked() || (w->end && now >= w->end))
		w->stop = true;
	if (now >= w->next_look) {
		w->next_look = now + LOOK_EVERY;
		for (int i = 0; i < w->count; i++) {
			look_at_counters(w, &w->watched[i], now);
			look_for_interface(w, &w->watched[i], now);
		}
	}
	if (!w->stop)
		show_counters_when_due(w, now);
}

static void loop(struct watch *w)
{
	struct epoll_event events[16];
	bool more = false;

	while (!w->stop && !output_is_full(w->output)) {
		look_at_output(w, events,
			       epoll_wait(w->epoll, events, COUNT_OF(events), more ? 0 : wait_at_most(w)));
		on_time(w);
		more = drain(w, DRAIN_AT_ONCE);
	}
}

/* What there is to say of all interfaces together: of the records, not of what is due in the table. */
static void summarize(struct watch *w, u64 now)
{
	struct totals all = {.at = 0}, t;
	struct losses lost = {.to = now}, one;

	for (int i = 0; i < w->count; i++) {
		if (!fill_totals(&t, &w->watched[i], NULL, now))
			continue;
		totals_add(&all, &t);
		losses_between(&one, &w->watched[i].lost_before, &t.counters);
		losses_add(&lost, &one);
	}
	summary_print(w->summary, stderr, &all, &lost);
}

/* The floods that go on, and what of the table was not read yet. */
static void finish_one(struct watch *w, struct watched *one, u64 now)
{
	struct flood told[FLOOD_KINDS];

	look_at_counters(w, one, now);
	output_floods(w->output, &one->instrument->interface, told,
		      floods_finish(&one->floods, &one->before, now, told));
	read_rest_of_table(one);
	if (instrument_detached(one->instrument) || !instrument_alive(one->instrument))
		book_read_last(&one->book);
}

/*
 * What a ring can hold is drained once nothing comes behind it. Where the programs stay, connections leave
 * the table while their records are looked for there: for these it is drained again.
 */
static void finish(struct watch *w)
{
	u64 now;

	instruments_detach(w->instruments, w->count);
	drain(w, RING_BYTES);
	now = clock_monotonic();
	for (int i = 0; i < w->count; i++)
		finish_one(w, &w->watched[i], now);
	book_finish(&w->watched[0].book, now);
	drain(w, RING_BYTES);
	for (int i = 0; i < w->count; i++)
		book_finish_scans(&w->watched[i].book);
	show_counters(w, now);
	output_end_line(w->output);
	flush(w);
	if (verbosity > 0 && !w->output->closed)
		summarize(w, now);
}

int watch(const struct arguments *a, struct output *output, struct instrument *instruments, int count,
	  bool backlog)
{
	struct watch w;
	int status = EXIT_FAILED;

	if (!watch_open(&w, a, output, instruments, count, backlog)) {
		loop(&w);
		finish(&w);
		status = w.failed ? EXIT_FAILED : EXIT_DONE;
	}
	if (output_close(output))
		status = EXIT_FAILED;
	watch_close(&w);
	return status;
}
