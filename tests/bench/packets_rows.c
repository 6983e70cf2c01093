// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_rows.h"

#include <stdio.h>
#include <string.h>

#include "message.h"
#include "wire.h"

/* Each bucket is filled for certain by so many times its slots in new connections. */
enum { FILL_FACTOR = 6 };

/* The rows of one scene: each size in each of these. */
static const struct {
	const char *name;
	enum bed_hook hook;
	enum bed_protocol protocol;
} ways[] = {
	{"xdp ipv4", BED_XDP, BED_IPV4},
	{"xdp ipv6", BED_XDP, BED_IPV6},
	{"tc ipv4", BED_TC, BED_IPV4},
	{"tc ipv6", BED_TC, BED_IPV6},
};

static u32 slots_of(const struct bed *b)
{
	return b->config.buckets * WAYS;
}

bool row_at(u32 i, struct row *row)
{
	for (const struct scene *scene = scenes; scene->name; scene++)
		for (u32 way = 0; way < COUNT_OF(ways); way++)
			for (u32 size = 0; size < SCENE_SIZES; size++) {
				if (!scene->sizes[size] ||
				    (scene->ethertype == ETHERTYPE_ARP && ways[way].protocol == BED_IPV6))
					continue;
				if (i--)
					continue;
				*row = (struct row){
					.scene = scene,
					.connections = scene_sizes[size],
					.hook = ways[way].hook,
					.protocol = ways[way].protocol,
				};
				return true;
			}
	return false;
}

void row_name(const struct row *row, char *name, size_t size)
{
	const char *way = "?";
	u32 n = row->connections;

	for (u32 i = 0; i < COUNT_OF(ways); i++)
		if (ways[i].hook == row->hook && ways[i].protocol == row->protocol)
			way = ways[i].name;
	if (row->scene->ethertype == ETHERTYPE_ARP)
		way = row->hook == BED_XDP ? "xdp" : "tc";
	if (row->scene->ethertype)
		snprintf(name, size, "%s %s", row->scene->name, way);
	else
		snprintf(name, size, "%s %s %u%s", row->scene->name, way,
			 n >> 20   ? n >> 20
			 : n >> 10 ? n >> 10
				   : n,
			 n >> 20   ? "M"
			 : n >> 10 ? "k"
				   : "");
}

double row_target(const struct row *row)
{
	for (u32 i = 0; i < SCENE_SIZES; i++)
		if (scene_sizes[i] == row->connections)
			return row->scene->targets[i];
	return 0;
}

/*
 * Runs a scene for each connection of the order, so many rounds, as a preparation; their numbers begin at
 * base and grow by stride in each round. 0, or -1, said.
 */
static int run_through(struct bed *b, const struct row *row, const struct scene *scene, u32 turns, u64 rounds,
		       u32 base, u32 stride)
{
	struct bed_frame f;
	struct script s;

	scene_script(scene, &s);
	s.target = TARGET_SYNSCOPE;
	s.turns = turns;
	s.base = base;
	s.stride = stride;
	bed_frame(b, &f, row->hook, row->protocol, &s);
	return (row->scene->ring == RING_READ ? bed_run_reading(b, &f, rounds * turns * s.steps)
					      : bed_run(&f, rounds * turns * s.steps)) < 0
		       ? -1
		       : 0;
}

/*
 * Takes connections through their handshake. A full bucket has no place for some of them: the script goes
 * round the others. How many those are; 0: said.
 */
static u32 establish(struct bed *b, const struct row *row)
{
	u32 wanted = row->connections, tracked;
	struct tally n;

	bed_order_all(b, wanted);
	if (run_through(b, row, &scene_handshake, wanted, 1, 0, 0) || bed_tally(b, &n))
		return 0;
	tracked = bed_order_tracked(b, wanted);
	if (n.completed == tracked && n.opened == tracked && n.untracked == 3 * (wanted - tracked) &&
	    wanted - tracked <= wanted / 25)
		return tracked;
	say_error("establishing %u connections: %llu opened, %llu completed, %u in the table, %llu segments "
		  "untracked",
		  wanted, n.opened, n.completed, tracked, n.untracked);
	return 0;
}

/*
 * How many times the row's connections fill a table of half-open ones, and the ring with it where nobody
 * shall read it.
 */
static u32 fill_rounds(const struct bed *b, const struct row *row)
{
	u32 rounds = slots_of(b) / row->connections * FILL_FACTOR;
	u32 ring = row->scene->ring == RING_FULL ? b->ring_bytes / sizeof(struct event) / row->connections + 1
						 : 0;

	return rounds > ring ? rounds : ring;
}

/* Brings the table into the state that the scene wants, and says how many connections go round. */
static int prepare_table(struct bed *b, const struct row *row, struct prepared *p)
{
	enum scene_table table = row->scene->table;
	u32 fill = row->connections * 2;

	p->connections = row->connections;
	if (table == TABLE_ESTABLISHED || table == TABLE_HALF_ESTABLISHED)
		p->connections = establish(b, row);
	else
		bed_order_all(b, fill);
	if (!p->connections)
		return -1;
	if (table == TABLE_HALF_OPEN || table == TABLE_HALF_ESTABLISHED)
		return run_through(b, row, &scene_syn, p->connections, fill_rounds(b, row), row->connections,
				   row->connections);
	if (table == TABLE_CLOSED)
		return run_through(b, row, &scene_short, fill, slots_of(b) / fill * FILL_FACTOR,
				   row->connections, fill);
	return 0;
}

/* Number of the first connection that is new to the table. */
static u32 first_new(const struct bed *b, const struct row *row)
{
	if (row->scene->table == TABLE_ESTABLISHED)
		return 0;
	if (row->scene->table == TABLE_EMPTY)
		return 0;
	return row->connections * (fill_rounds(b, row) + 1) + slots_of(b);
}

static void fill_frames(const struct bed *b, const struct row *row, struct prepared *p)
{
	const struct scene *scene = row->scene;
	struct script *s = &p->script;

	scene_script(scene, s);
	s->turns = p->connections;
	s->base = first_new(b, row);
	s->stride = scene->table == TABLE_ESTABLISHED ? 0 : row->connections;
	for (u32 target = 0; target < TARGETS; target++) {
		s->target = target;
		if (scene->ethertype) {
			u16 type = scene->ethertype;

			if (type == ETHERTYPE_IPV4 && row->protocol == BED_IPV6)
				type = ETHERTYPE_IPV6;
			bed_frame_other(b, &p->frames[target], row->hook, row->protocol, type, s);
		} else {
			bed_frame(b, &p->frames[target], row->hook, row->protocol, s);
		}
	}
}

/* What the originator sends before, so that the row's acknowledgments are of something new. */
static int send_ahead(struct bed *b, const struct row *row, const struct settings *s, struct prepared *p)
{
	enum { FASTEST = 50 }; /* ns a run */
	u64 runs = (u64)(s->rounds + 1) * s->milliseconds * 1000000 * 12 / 10 / FASTEST;
	u64 rounds = runs / p->connections + 3, segments;

	if (!row->scene->sent_ahead)
		return 0;
	segments = rounds * row->scene->sent_ahead / scene_data.list[0].payload + 2;
	p->most_runs = rounds * p->connections;
	return run_through(b, row, &scene_data, p->connections, segments, 0, 0);
}

/* The first round of a connection's segments may open its record, and make events that no later one makes. */
static int begin_scene(struct bed *b, const struct row *row, struct prepared *p)
{
	static const enum stamp_target keepers[] = {TARGET_SYNSCOPE, TARGET_RECORDS};

	if (row->scene->table != TABLE_ESTABLISHED || row->scene->ethertype)
		return 0;
	for (u32 i = 0; i < COUNT_OF(keepers); i++) {
		struct bed_frame *f = &p->frames[keepers[i]];

		if (bed_run_reading(b, f, (u64)p->connections * row->scene->steps) < 0)
			return -1;
		f->runs = 0;
	}
	return 0;
}

/* All of it, in an empty table. */
static int begin(struct bed *b, const struct row *row, const struct settings *s, struct prepared *p)
{
	p->most_runs = 0;
	if (prepare_table(b, row, p) || send_ahead(b, row, s, p))
		return -1;
	fill_frames(b, row, p);
	if (row->scene->ring != RING_FULL)
		bed_drain(b);
	if (begin_scene(b, row, p) || bed_tally(b, &p->before))
		return -1;
	return 0;
}

int row_prepare(struct bed *b, const struct row *row, const struct settings *s, struct prepared *p)
{
	if (bed_load(b, s->object, row->hook, row->connections, row->scene->segments))
		return -1;
	return begin(b, row, s, p);
}

int row_restart(struct bed *b, const struct row *row, const struct settings *s, struct prepared *p)
{
	bed_clear(b);
	return begin(b, row, s, p);
}

/* How often a step was run. */
static u64 step_runs(const struct script *s, u32 step, u64 runs)
{
	u64 passes = runs / s->turns, rest = runs % s->turns;

	if (s->deep)
		return runs / s->steps + (step < runs % s->steps);
	return s->turns * (passes / s->steps + (step < passes % s->steps)) +
	       (step == passes % s->steps ? rest : 0);
}

static void expect_step(const struct scene *scene, u32 i, u64 many, struct tally *n)
{
	const struct step *step = &scene->list[i];

	if (step->payload)
		n->data += many;
	else if (step->flags == TCP_ACK)
		n->pure_ack += many;
	if (scene->effects[i] & OPENS)
		n->opened += many;
	if (scene->effects[i] & COMPLETES)
		n->completed += many;
	if (scene->effects[i] & CLOSES)
		n->closed += many;
}

/* What the counters must have grown by, from the segments that were run. */
static void expect(const struct row *row, const struct prepared *p, struct tally *n)
{
	u64 runs = p->frames[TARGET_SYNSCOPE].runs;

	*n = (struct tally){.frames = runs};
	if (row->scene->ethertype) {
		*(row->scene->ethertype == ETHERTYPE_ARP ? &n->arp : &n->udp) = runs;
		return;
	}
	n->tcp = runs;
	for (u32 i = 0; i < p->script.steps; i++)
		expect_step(row->scene, i, step_runs(&p->script, i, runs), n);
}

/* What became of the connections that a full table had. */
static bool table_fits(const struct row *row, const struct tally *grown, u64 opens)
{
	u64 few = opens / 50, full_of_established = opens / 12;

	switch (row->scene->table) {
	case TABLE_HALF_OPEN:
		return grown->opened == opens && grown->evicted == opens && !grown->untracked;
	case TABLE_HALF_ESTABLISHED:
		return grown->opened + grown->untracked == opens && grown->evicted == grown->opened &&
		       grown->untracked <= full_of_established;
	case TABLE_CLOSED:
		return grown->opened == opens && grown->displaced == opens && !grown->evicted;
	case TABLE_EMPTY:
		return grown->opened == opens && grown->evicted + grown->displaced <= few;
	default:
		return grown->opened == opens && !grown->evicted && !grown->untracked;
	}
}

/* Whether events were lost, told or not made, as the scene has it. */
static bool ring_fits(const struct row *row, const struct tally *grown)
{
	/* where a record found no room, a few events may still find some */
	if (row->scene->ring == RING_FULL)
		return grown->lost && grown->emitted <= grown->lost / 1000;
	return !grown->lost && !grown->emitted == (row->scene->ring == RING_UNUSED);
}

/* Established connections stay, whatever comes. */
static bool established_stay(struct bed *b, const struct row *row, const struct prepared *p)
{
	if (row->scene->table != TABLE_HALF_ESTABLISHED && row->scene->table != TABLE_ESTABLISHED)
		return true;
	return bed_order_tracked(b, row->connections) == p->connections;
}

int row_check(struct bed *b, const struct row *row, const struct prepared *p)
{
	struct tally grown, wanted;
	char name[NAME_MAX_LENGTH];
	int wrong;

	row_name(row, name, sizeof(name));
	if (bed_tally(b, &grown))
		return -1;
	tally_subtract(&grown, &p->before);
	expect(row, p, &wanted);
	wrong = tally_compare(&grown, &wanted, name);
	if (!table_fits(row, &grown, wanted.opened))
		wrong = say_error("%s: %llu SYNs: %llu opened, %llu evicted, %llu displaced, %llu untracked",
				  name, wanted.opened, grown.opened, grown.evicted, grown.displaced,
				  grown.untracked);
	if (!ring_fits(row, &grown))
		wrong = say_error("%s: %llu events told, %llu lost", name, grown.emitted, grown.lost);
	if (!established_stay(b, row, p))
		wrong = say_error("%s: established connections left the table", name);
	if (p->most_runs && p->frames[TARGET_SYNSCOPE].runs > p->most_runs)
		wrong = say_error("%s: acknowledges more than was sent; give a smaller --ms", name);
	return wrong;
}
