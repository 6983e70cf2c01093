// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_measure.h"

#include "packets_memory.h"
#include "packets_report.h"

/* Nanoseconds a run, by round. */
struct timing {
	double floor[ROUNDS_MAX];
	double above[ROW_TARGETS][ROUNDS_MAX];
	double memory[ROUNDS_MAX]; /* what memory alone takes */
};

struct measurement {
	struct bed *bed;
	const struct row *row;
	const struct settings *settings;
	struct prepared prepared;
	struct walk walk;
	u64 runs[ROW_TARGETS]; /* in each round */
	struct timing timing;
};

static double run(struct measurement *m, u32 target, u64 many)
{
	struct bed_frame *f = &m->prepared.frames[target];

	if (m->row->scene->ring == RING_READ) /* the others too: each call for itself has its price */
		return bed_run_reading(m->bed, f, many);
	return bed_run(f, many);
}

/* How many runs take the time wanted; with an empty table, as many as it takes to fill half of it. */
static u64 runs_for(struct measurement *m, u32 target)
{
	double ns;

	if (m->row->scene->table == TABLE_EMPTY)
		return (u64)m->row->connections * m->row->scene->steps;
	ns = run(m, target, 20000);
	return ns > 0 ? (u64)(m->settings->milliseconds * 1e6 / ns) + 1 : 0;
}

/* An eighth first that is not timed: what the last program left in the caches is not this one's. */
static double run_round(struct measurement *m, u32 target)
{
	u64 first = m->runs[target] / 8;

	if (target == TARGET_SYNSCOPE && m->row->scene->table == TABLE_EMPTY &&
	    row_restart(m->bed, m->row, m->settings, &m->prepared))
		return -1;
	if (first && run(m, target, first) < 0)
		return -1;
	return run(m, target, m->runs[target] - first);
}

/* Rows of one segment that begins a connection, or belongs to one. */
static bool is_tracked(const struct row *row)
{
	return row->scene->steps == 1 && !row->scene->ethertype;
}

/* And that go round many. */
static bool has_memory(const struct row *row)
{
	return is_tracked(row) && row->connections > 1;
}

static bool opens(const struct row *row)
{
	return row->scene->effects[0] & OPENS;
}

/* Whether a row has this program; a table that is emptied for each round is synscope's own alone. */
static bool has_target(const struct row *row, u32 target)
{
	return target != TARGET_RECORDS || (!row->scene->ethertype && row->scene->table != TABLE_EMPTY);
}

static int open_memory(struct measurement *m)
{
	if (!has_memory(m->row))
		return 0;
	return walk_open(&m->walk, opens(m->row) ? TOUCH_OPENING : TOUCH_SEGMENT, m->row->connections);
}

static int run_rounds(struct measurement *m)
{
	for (u32 r = 0; r < m->settings->rounds; r++) {
		for (u32 target = 0; target < ROW_TARGETS; target++) {
			double ns = has_target(m->row, target) ? run_round(m, target) : 0;

			if (ns < 0)
				return -1;
			if (target == TARGET_FLOOR)
				m->timing.floor[r] = ns;
			m->timing.above[target][r] = ns - m->timing.floor[r];
		}
		if (has_memory(m->row))
			m->timing.memory[r] = walk_pass(&m->walk);
		if (m->row->scene->table == TABLE_EMPTY && row_check(m->bed, m->row, &m->prepared))
			return -1;
	}
	return row_check(m->bed, m->row, &m->prepared);
}

static void print(const struct measurement *m)
{
	u32 rounds = m->settings->rounds;
	char name[NAME_MAX_LENGTH];
	struct report r = {
		.name = name,
		.unit = "ns",
		.against = "empty program",
		.floor = median(m->timing.floor, rounds),
		.parse = median(m->timing.above[TARGET_PARSE], rounds),
		.value = median(m->timing.above[TARGET_SYNSCOPE], rounds),
		.memory = has_memory(m->row) ? median(m->timing.memory, rounds) : 0,
		.records = has_target(m->row, TARGET_RECORDS)
				   ? median(m->timing.above[TARGET_RECORDS], rounds)
				   : 0,
		.target = row_target(m->row),
		.packets = m->row->scene->steps > 2 ? m->row->scene->steps : 0,
	};

	r.ratio = (r.floor + r.value) / r.floor;
	row_name(m->row, name, sizeof(name));
	report_print(m->settings, &r);
}

int measure_row(struct bed *b, const struct row *row, const struct settings *s)
{
	static struct measurement m;
	int failed;

	m = (struct measurement){.bed = b, .row = row, .settings = s};
	if (row_prepare(b, row, s, &m.prepared))
		return -1;
	for (u32 target = 0; target < ROW_TARGETS; target++) {
		m.runs[target] = has_target(row, target) ? runs_for(&m, target) : 1;
		if (!m.runs[target])
			return -1;
	}
	failed = open_memory(&m) || run_rounds(&m);
	walk_close(&m.walk);
	if (!failed)
		print(&m);
	return failed ? -1 : 0;
}
