// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_pair.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
#include "packets_memory.h"
#include "packets_report.h"

enum { CPUS = 2 };

/* One CPU's part of a round. */
struct half {
	struct bed_frame *frame;
	u64 runs;
	int cpu;
	double ns; /* a run */
	pthread_barrier_t *start;
};

struct pair {
	const struct row *row;
	struct prepared prepared;
	struct bed_frame frames[TARGETS][CPUS];
	u64 runs;
};

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *run_half(void *argument)
{
	struct half *h = argument;

	pin(h->cpu);
	pthread_barrier_wait(h->start);
	h->ns = bed_run(h->frame, h->runs);
	return NULL;
}

/* The mean of what a run takes on so many CPUs at once; below 0: said. */
static double run_on(struct pair *p, enum stamp_target target, u32 cpus)
{
	struct half halves[CPUS];
	pthread_barrier_t start;
	pthread_t threads[CPUS];
	double sum = 0;

	pthread_barrier_init(&start, NULL, cpus);
	for (u32 i = 0; i < cpus; i++) {
		halves[i] = (struct half){
			.frame = &p->frames[target][i], .runs = p->runs, .cpu = (int)i, .start = &start};
		if (pthread_create(&threads[i], NULL, run_half, &halves[i]))
			return say_error("no thread for CPU %u", i);
	}
	for (u32 i = 0; i < cpus; i++) {
		pthread_join(threads[i], NULL);
		if (halves[i].ns < 0)
			return -1;
		sum += halves[i].ns;
	}
	pthread_barrier_destroy(&start);
	return sum / cpus;
}

/* The frames of both directions: the scene's own, and the same sent by the other endpoint. */
static void fill_pair(struct bed *b, struct pair *p)
{
	for (u32 target = 0; target < TARGETS; target++)
		for (u32 cpu = 0; cpu < CPUS; cpu++) {
			struct script s = p->prepared.script;

			s.target = target;
			s.list[0].from = (u8)cpu;
			s.advance[cpu] = p->prepared.script.advance[0];
			s.advance[!cpu] = 0;
			bed_frame(b, &p->frames[target][cpu], p->row->hook, p->row->protocol, &s);
		}
}

/* Each direction's first segment makes an event. */
static int begin_pair(struct bed *b, struct pair *p, const struct settings *s)
{
	double ns;

	if (row_prepare(b, p->row, s, &p->prepared))
		return -1;
	fill_pair(b, p);
	/* the originator's data has begun already */
	p->frames[TARGET_SYNSCOPE][0] = p->prepared.frames[TARGET_SYNSCOPE];
	if (bed_run_reading(b, &p->frames[TARGET_SYNSCOPE][1], p->prepared.connections) < 0 ||
	    bed_tally(b, &p->prepared.before))
		return -1;
	p->frames[TARGET_SYNSCOPE][1].runs = 0;
	ns = bed_run(&p->frames[TARGET_SYNSCOPE][0], 20000);
	p->runs = ns > 0 ? (u64)(s->milliseconds * 1e6 / ns) + 1 : 0;
	return ns > 0 ? 0 : -1;
}

/* ns above the floor, of one CPU and of two at once, round by round. */
struct figures {
	double alone[ROUNDS_MAX];
	double together[ROUNDS_MAX];
	/* two at once as a multiple of one, where they share nothing but what the machine makes them share:
	 */
	double parse[ROUNDS_MAX];  /* parsing and counting */
	double memory[ROUNDS_MAX]; /* lines of a table of their own; 0: the row has one connection */
};

struct walker {
	struct walk walk;
	int cpu;
	double ns; /* a line */
	pthread_barrier_t *start;
};

static void *walk_alone(void *argument)
{
	struct walker *w = argument;

	pin(w->cpu);
	pthread_barrier_wait(w->start);
	w->ns = walk_pass(&w->walk);
	return NULL;
}

/* The mean of a line's time on so many CPUs at once, each in memory of its own; below 0: said. */
static double walk_on(struct walker *walkers, u32 cpus)
{
	pthread_barrier_t start;
	pthread_t threads[CPUS];
	double sum = 0;

	pthread_barrier_init(&start, NULL, cpus);
	for (u32 i = 0; i < cpus; i++) {
		walkers[i].cpu = (int)i;
		walkers[i].start = &start;
		if (pthread_create(&threads[i], NULL, walk_alone, &walkers[i]))
			return say_error("no thread for CPU %u", i);
	}
	for (u32 i = 0; i < cpus; i++) {
		pthread_join(threads[i], NULL);
		sum += walkers[i].ns;
	}
	pthread_barrier_destroy(&start);
	return sum / cpus;
}

/* Each walks over half as many connections, so that both together have as many as the row. */
static int measure_memory(const struct row *row, const struct settings *s, struct figures *f)
{
	struct walker walkers[CPUS] = {0};
	int failed = 0;

	for (u32 i = 0; i < CPUS && row->connections > 1 && !failed; i++)
		failed = walk_open(&walkers[i].walk, TOUCH_SEGMENT, row->connections / CPUS);
	for (u32 r = 0; r < s->rounds && row->connections > 1 && !failed; r++) {
		double alone = walk_on(walkers, 1), together = walk_on(walkers, CPUS);

		failed = alone < 0 || together < 0 ? -1 : 0;
		f->memory[r] = together / alone;
	}
	for (u32 i = 0; i < CPUS; i++)
		walk_close(&walkers[i].walk);
	return failed;
}

static int run_rounds(struct pair *p, const struct settings *s, struct figures *f)
{
	for (u32 r = 0; r < s->rounds; r++) {
		double ns[TARGET_SYNSCOPE + 1][CPUS];

		for (u32 cpus = 1; cpus <= CPUS; cpus++)
			for (enum stamp_target t = TARGET_FLOOR; t <= TARGET_SYNSCOPE; t++) {
				ns[t][cpus - 1] = run_on(p, t, cpus);
				if (ns[t][cpus - 1] < 0)
					return -1;
			}
		f->alone[r] = ns[TARGET_SYNSCOPE][0] - ns[TARGET_FLOOR][0];
		f->together[r] = ns[TARGET_SYNSCOPE][1] - ns[TARGET_FLOOR][1];
		f->parse[r] = (ns[TARGET_PARSE][1] - ns[TARGET_FLOOR][1]) /
			      (ns[TARGET_PARSE][0] - ns[TARGET_FLOOR][0]);
	}
	return 0;
}

static void print_bound(const char *name, const char *what, const struct settings *s, const double *ratios)
{
	char line[LINE_MAX_LENGTH + 16];

	snprintf(line, sizeof(line), "%s, %s alone", name, what);
	report_print(s, &(struct report){.name = line,
					 .unit = "times one",
					 .against = "one CPU alone",
					 .value = median(ratios, s->rounds),
					 .ratio = median(ratios, s->rounds)});
}

static void print(const char *name, const struct settings *s, const struct figures *f)
{
	double ratios[ROUNDS_MAX], one = median(f->alone, s->rounds), two = median(f->together, s->rounds);
	char line[LINE_MAX_LENGTH];

	for (u32 r = 0; r < s->rounds; r++)
		ratios[r] = f->together[r] / f->alone[r];
	snprintf(line, sizeof(line), "%s ns", name);
	report_print(s, &(struct report){.name = line,
					 .unit = "ns",
					 .against = "one CPU alone",
					 .value = two,
					 .ratio = two / one});
	report_print(s, &(struct report){.name = name,
					 .unit = "times one",
					 .against = "one CPU alone",
					 .value = median(ratios, s->rounds),
					 .ratio = median(ratios, s->rounds),
					 .target = 1.5});
	print_bound(name, "parsing", s, f->parse);
	if (f->memory[0] > 0)
		print_bound(name, "memory", s, f->memory);
}

static int measure_pair(struct bed *b, const struct row *row, const char *name, const struct settings *s)
{
	static struct figures figures;
	static struct pair p;

	p = (struct pair){.row = row};
	memset(&figures, 0, sizeof(figures));
	if (begin_pair(b, &p, s) || run_rounds(&p, s, &figures) || measure_memory(row, s, &figures))
		return -1;
	p.prepared.frames[TARGET_SYNSCOPE].runs =
		p.frames[TARGET_SYNSCOPE][0].runs + p.frames[TARGET_SYNSCOPE][1].runs;
	if (row_check(b, row, &p.prepared))
		return -1;
	print(name, s, &figures);
	return 0;
}

int measure_pairs(struct bed *b, const struct settings *s)
{
	cpu_set_t before;
	struct row row;
	int failed = 0;

	sched_getaffinity(0, sizeof(before), &before);
	if (CPU_COUNT(&before) < CPUS)
		return 0;
	for (u32 i = 0; row_at(i, &row) && row.scene == scenes; i++) {
		char name[NAME_MAX_LENGTH - 16], full[NAME_MAX_LENGTH];

		row_name(&row, name, sizeof(name));
		snprintf(full, sizeof(full), "two-cpus %s", name);
		if (row.hook == BED_XDP && row.connections <= 1 << 14 && settings_want(s, full, false) &&
		    measure_pair(b, &row, full, s))
			failed = -1;
	}
	return failed;
}
