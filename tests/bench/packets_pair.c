// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_pair.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "message.h"
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

static int run_rounds(struct pair *p, const struct settings *s, double *alone, double *together)
{
	for (u32 r = 0; r < s->rounds; r++) {
		double floor_alone = run_on(p, TARGET_FLOOR, 1), ours_alone = run_on(p, TARGET_SYNSCOPE, 1);
		double floor_both = run_on(p, TARGET_FLOOR, CPUS),
		       ours_both = run_on(p, TARGET_SYNSCOPE, CPUS);

		if (floor_alone < 0 || ours_alone < 0 || floor_both < 0 || ours_both < 0)
			return -1;
		alone[r] = ours_alone - floor_alone;
		together[r] = ours_both - floor_both;
	}
	return 0;
}

static void print(const char *name, const struct settings *s, const double *alone, const double *together)
{
	double ratios[ROUNDS_MAX], one = median(alone, s->rounds), two = median(together, s->rounds);
	char line[LINE_MAX_LENGTH];

	for (u32 r = 0; r < s->rounds; r++)
		ratios[r] = together[r] / alone[r];
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
}

static int measure_pair(struct bed *b, const struct row *row, const char *name, const struct settings *s)
{
	double alone[ROUNDS_MAX], together[ROUNDS_MAX];
	static struct pair p;

	p = (struct pair){.row = row};
	if (begin_pair(b, &p, s) || run_rounds(&p, s, alone, together))
		return -1;
	p.prepared.frames[TARGET_SYNSCOPE].runs =
		p.frames[TARGET_SYNSCOPE][0].runs + p.frames[TARGET_SYNSCOPE][1].runs;
	if (row_check(b, row, &p.prepared))
		return -1;
	print(name, s, alone, together);
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
