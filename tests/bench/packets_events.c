// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_events.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "message.h"
#include "packets_memory.h"
#include "packets_report.h"

/* The same segments with an event for each of them, or with none. */
enum variant { SILENT, TOLD, LOST, VARIANTS };

/* Memory for the segments of a row, and for these with their events. */
struct walks {
	struct walk segment;
	struct walk event;
};

static int walks_open(struct walks *w, u32 connections)
{
	memset(w, 0, sizeof(*w));
	return connections < 2 ? 0
			       : walk_open(&w->segment, TOUCH_SEGMENT, connections) ||
					 walk_open(&w->event, TOUCH_EVENT, connections);
}

static void walks_close(struct walks *w)
{
	walk_close(&w->segment);
	walk_close(&w->event);
}

/* ns; 0 with so few connections that all of it lies in a cache. */
static double walks_difference(const struct walks *w)
{
	return w->event.many ? walk_pass(&w->event) - walk_pass(&w->segment) : 0;
}

struct comparison {
	struct bed beds[VARIANTS];
	struct prepared prepared[VARIANTS];
	struct walks walks;
	u64 runs;
};

static double run_variant(struct comparison *c, enum variant v, enum stamp_target target, u64 runs)
{
	struct bed_frame *f = &c->prepared[v].frames[target];

	if (v == TOLD)
		return bed_run_reading(&c->beds[v], f, runs);
	return bed_run(f, runs);
}

static const struct scene *scene_of(enum variant v)
{
	return v == SILENT ? &scene_data_silent : v == TOLD ? &scene_data_told : &scene_data_lost;
}

/* ns above the floor, by round. */
struct rounds {
	double each[VARIANTS][ROUNDS_MAX];
	double ring[ROUNDS_MAX];   /* of clock, number and ring alone, read as that of TOLD is */
	double memory[ROUNDS_MAX]; /* of the lines that an event touches besides those of its segment */
};

static int run_rounds(struct comparison *c, const struct settings *s, struct rounds *rounds)
{
	for (u32 r = 0; r < s->rounds; r++) {
		rounds->memory[r] = walks_difference(&c->walks);
		for (u32 v = 0; v < VARIANTS; v++) {
			double floor = run_variant(c, v, TARGET_FLOOR, c->runs);
			double warm = run_variant(c, v, TARGET_SYNSCOPE, c->runs / 8 + 1);
			double ours = run_variant(c, v, TARGET_SYNSCOPE, c->runs);

			double ring = v == TOLD ? run_variant(c, v, TARGET_RING, c->runs) : 0;

			if (floor < 0 || warm < 0 || ours < 0 || ring < 0)
				return -1;
			rounds->each[v][r] = ours - floor;
			if (v == TOLD)
				rounds->ring[r] = ring - floor;
		}
	}
	return 0;
}

static int begin_variant(struct comparison *c, const struct row *row, enum variant v,
			 const struct settings *s)
{
	struct row r = *row;

	r.scene = scene_of(v);
	if (bed_open(&c->beds[v], s->stamp, s->beside) || row_prepare(&c->beds[v], &r, s, &c->prepared[v]))
		return -1;
	if (v != LOST)
		return 0;
	/* fill the ring */
	if (bed_run(&c->prepared[v].frames[TARGET_SYNSCOPE],
		    c->beds[v].ring_bytes / sizeof(struct event) + 1) < 0)
		return -1;
	c->prepared[v].frames[TARGET_SYNSCOPE].runs = 0;
	return bed_tally(&c->beds[v], &c->prepared[v].before);
}

static int check_variants(struct comparison *c, const struct row *row)
{
	int failed = 0;

	for (u32 v = 0; v < VARIANTS; v++) {
		struct row r = *row;

		r.scene = scene_of(v);
		failed |= row_check(&c->beds[v], &r, &c->prepared[v]);
	}
	return failed;
}

/* `ring` and `memory`: NULL where nothing is put into the ring. */
static void print_difference(const struct settings *s, const char *name, const double *with,
			     const double *without, const double *ring, const double *memory)
{
	double differences[ROUNDS_MAX];

	for (u32 r = 0; r < s->rounds; r++)
		differences[r] = with[r] - without[r];
	report_print(s, &(struct report){.name = name,
					 .unit = "ns more",
					 .against = "the same without an event",
					 .value = median(differences, s->rounds),
					 .ratio = median(with, s->rounds) / median(without, s->rounds),
					 .ring = ring ? median(ring, s->rounds) : 0,
					 .memory = memory ? median(memory, s->rounds) : 0,
					 .target = 50});
}

static int compare_variants(const struct row *row, const char *name, const struct settings *s)
{
	static struct comparison c;
	struct rounds rounds;
	double ns;
	char line[LINE_MAX_LENGTH];
	int failed;

	memset(&c, 0, sizeof(c));
	failed = walks_open(&c.walks, row->connections);
	for (u32 v = 0; v < VARIANTS && !failed; v++)
		failed = begin_variant(&c, row, v, s);
	ns = failed ? -1 : run_variant(&c, SILENT, TARGET_SYNSCOPE, 20000);
	c.runs = ns > 0 ? (u64)(s->milliseconds * 1e6 / ns) + 1 : 0;
	failed = failed || !c.runs || run_rounds(&c, s, &rounds) || check_variants(&c, row);
	for (u32 v = 0; v < VARIANTS; v++)
		bed_close(&c.beds[v]);
	walks_close(&c.walks);
	if (failed)
		return -1;
	print_difference(s, name, rounds.each[TOLD], rounds.each[SILENT], rounds.ring, rounds.memory);
	snprintf(line, sizeof(line), "%s, lost", name);
	print_difference(s, line, rounds.each[LOST], rounds.each[SILENT], NULL, NULL);
	return 0;
}

/* ---- the reader -------------------------------------------------------------- */

struct reader {
	struct bed *bed;
	atomic_bool stop;
	int cpu;
	bool waits; /* as the loader does; else it looks every millisecond */
	u64 taken;  /* items, by one that does so */
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *read_until_stopped(void *argument)
{
	const struct timespec millisecond = {.tv_nsec = 1000000};
	struct reader *r = argument;

	pin(r->cpu);
	while (!atomic_load(&r->stop)) {
		if (r->waits) {
			bed_wait(r->bed);
			continue;
		}
		nanosleep(&millisecond,
			  NULL); /* not at once: it would fight with the program for each line */
		r->taken += bed_drain(r->bed);
	}
	return NULL;
}

/* A full ring, emptied by one reader that does nothing with the events. Millions a second. */
static int measure_reader(struct bed *b, struct prepared *p, const struct settings *s, const char *name)
{
	u64 events = b->ring_bytes / (sizeof(struct event) + 8) - 1;
	double rates[ROUNDS_MAX];

	for (u32 r = 0; r < s->rounds; r++) {
		u64 begin;

		bed_drain(b);
		if (bed_run(&p->frames[TARGET_SYNSCOPE], events) < 0)
			return -1;
		begin = clock_monotonic();
		bed_drain(b);
		rates[r] = (double)events * 1e3 / (double)(clock_monotonic() - begin);
	}
	report_print(s,
		     &(struct report){
			     .name = name, .unit = "M/s", .value = median(rates, s->rounds), .target = -8});
	return 0;
}

/*
 * One CPU runs a frame as fast as it can while another one reads: how often, and millions a second by round.
 */
static u64 run_beside_reader(struct reader *r, struct bed_frame *f, const struct settings *s, double *rates)
{
	u64 runs = (u64)s->milliseconds * 10000, total = 0;
	pthread_t thread;
	cpu_set_t cpus;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	pin(0);
	if (pthread_create(&thread, NULL, read_until_stopped, r))
		return 0;
	for (u32 i = 0; i < s->rounds; i++) {
		u64 begin = clock_monotonic();

		if (bed_run(f, runs) < 0)
			break;
		rates[i] = (double)runs * 1e3 / (double)(clock_monotonic() - begin);
		total += runs;
	}
	atomic_store(&r->stop, true);
	pthread_join(thread, NULL);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	return total == s->rounds * runs ? total : 0;
}

static void print_live(const struct settings *s, const char *name, const double *rates, double target,
		       double lost)
{
	char line[LINE_MAX_LENGTH];

	report_print(
		s, &(struct report){
			   .name = name, .unit = "M/s", .value = median(rates, s->rounds), .target = target});
	snprintf(line, sizeof(line), "%s, lost", name);
	report_print(s, &(struct report){.name = line, .unit = "percent", .value = lost * 100});
}

static int measure_live(struct bed *b, struct prepared *p, const struct settings *s, const char *name)
{
	struct reader reader = {.bed = b, .cpu = 1, .waits = true};
	struct tally before, after;
	double rates[ROUNDS_MAX];
	u64 total, lost;

	if (bed_tally(b, &before))
		return -1;
	total = run_beside_reader(&reader, &p->frames[TARGET_SYNSCOPE], s, rates);
	if (!total || bed_tally(b, &after))
		return say_error("%s: could not be run", name);
	lost = after.lost - before.lost;
	if (after.emitted - before.emitted + lost != total)
		return say_error("%s: %llu events for %llu segments", name, after.emitted - before.emitted,
				 total);
	print_live(s, name, rates, 0, (double)lost / (double)total);
	return 0;
}

/* The same with a program that makes as many events as it can, since it does nothing else. */
static int measure_live_plain(struct bed *b, struct prepared *p, const struct settings *s, const char *name)
{
	struct reader reader = {.bed = b, .cpu = 1};
	double rates[ROUNDS_MAX];
	u64 total, taken;

	bed_drain(b);
	total = run_beside_reader(&reader, &p->frames[TARGET_RING], s, rates);
	taken = reader.taken + bed_drain(b);
	if (!total || taken > total)
		return say_error("%s: %llu events read, %llu made", name, taken, total);
	print_live(s, name, rates, -8, (double)(total - taken) / (double)total);
	return 0;
}

static int measure_readers(struct bed *b, const struct settings *s)
{
	static struct prepared p;
	const struct row row = {
		.scene = &scene_data_told, .hook = BED_XDP, .protocol = BED_IPV4, .connections = 1 << 14};
	const char *alone = "event reader, alone", *live = "event reader, live",
		   *plain = "event reader, live, of events that take nothing else";
	bool want_alone = settings_want(s, alone, false), want_live = settings_want(s, live, false),
	     want_plain = settings_want(s, plain, false);

	if (!want_alone && !want_live && !want_plain)
		return 0;
	if (row_prepare(b, &row, s, &p))
		return -1;
	if (want_alone && measure_reader(b, &p, s, alone))
		return -1;
	if (want_live && measure_live(b, &p, s, live))
		return -1;
	return want_plain ? measure_live_plain(b, &p, s, plain) : 0;
}

int measure_events(struct bed *b, const struct settings *s)
{
	struct row row;
	int failed = 0;

	for (u32 i = 0; row_at(i, &row) && row.scene == scenes; i++) {
		char name[NAME_MAX_LENGTH - 16], full[NAME_MAX_LENGTH];

		row_name(&row, name, sizeof(name));
		snprintf(full, sizeof(full), "event of %s", name);
		if (row.protocol == BED_IPV4 && row.connections <= 1 << 14 && settings_want(s, full, false) &&
		    compare_variants(&row, full, s))
			failed = -1;
	}
	return measure_readers(b, s) ? -1 : failed;
}
