// SPDX-License-Identifier: GPL-2.0-only
#include "packets_rows.h"

#include <stdio.h>
#include <string.h>

#include "message.h"
#include "wire.h"

/* Bytes of a data segment. */
enum { PAYLOAD = 100 };

/* A kind of segment. */
struct scene {
	const char *name;
	u32 steps;
	u32 advance[2];
	double targets[4]; /* by the number of connections, as in row_sizes; 0: none */
	struct step list[STEPS_MAX];
};

static const u32 row_sizes[] = {1, 1 << 14, 1 << 18, 1 << 20};

#define DATA (TCP_ACK | TCP_PSH)

static const struct scene scenes[] = {
	{.name = "data",
	 .targets = {15, 30, 0, 220},
	 .steps = 1,
	 .advance = {PAYLOAD, 0},
	 .list = {{.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD}}},
	{.name = "data-sampled",
	 .steps = 2,
	 .advance = {PAYLOAD, PAYLOAD},
	 .list = {{.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD},
		  {.from = 1, .flags = DATA, .seq = 1, .ack = 1 + PAYLOAD, .payload = PAYLOAD}}},
	{.name = "data-acked",
	 .steps = 2,
	 .advance = {PAYLOAD, 0},
	 .list = {{.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD},
		  {.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1 + PAYLOAD}}},
	{.name = "ack",
	 .targets = {15, 30, 0, 220},
	 .steps = 1,
	 .list = {{.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1}}},
};

static const struct script handshake = {
	.steps = 3,
	.deep = 1,
	.list = {{.from = 0, .flags = TCP_SYN},
		 {.from = 1, .flags = TCP_SYN | TCP_ACK, .ack = 1},
		 {.from = 0, .flags = TCP_ACK, .seq = 1, .ack = 1}},
};

bool row_at(u32 i, struct row *row)
{
	enum { SIZES = COUNT_OF(row_sizes), HOOKS_AND_PROTOCOLS = 4 };
	u32 size = i % SIZES, which = i / SIZES % HOOKS_AND_PROTOCOLS,
	    scene = i / SIZES / HOOKS_AND_PROTOCOLS;

	if (scene >= COUNT_OF(scenes))
		return false;
	*row = (struct row){
		.scene = &scenes[scene],
		.connections = row_sizes[size],
		.hook = which & 2 ? BED_TC : BED_XDP,
		.protocol = which & 1 ? BED_IPV6 : BED_IPV4,
		.quick = scene == 0 && which == 0 && size < 2,
	};
	return true;
}

void row_name(const struct row *row, char *name, size_t size)
{
	static const char *const ways[] = {"xdp ipv4", "xdp ipv6", "tc ipv4", "tc ipv6"};
	u32 way = row->hook * 2 + (row->protocol == BED_IPV6);
	const char *unit = row->connections >= 1 << 20 ? "M" : row->connections >= 1024 ? "k" : "";
	u32 number = row->connections >= 1 << 20 ? row->connections >> 20
		     : row->connections >= 1024	 ? row->connections >> 10
						 : row->connections;

	snprintf(name, size, "%s %s %u%s", row->scene->name, ways[way], number, unit);
}

double row_target(const struct row *row)
{
	for (u32 i = 0; i < COUNT_OF(row_sizes); i++)
		if (row_sizes[i] == row->connections)
			return row->scene->targets[i];
	return 0;
}

/* NOP NOP TIMESTAMPS; and a SYN's MSS, SACK, timestamps and window scale, as Linux sends them. */
static void set_options(struct script *s)
{
	static const u8 other[] = {1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0};
	static const u8 syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7};

	memcpy(s->options[0], syn, sizeof(syn));
	memcpy(s->options[1], other, sizeof(other));
}

/* Takes connections through their handshake, or as many as find a place; 0: said. */
static u32 establish(struct bed *b, const struct row *row)
{
	struct script s = handshake;
	struct counters n;
	struct bed_frame f;
	u32 tracked;

	s.turns = row->connections;
	s.target = TARGET_SYNSCOPE;
	set_options(&s);
	bed_order_all(b, s.turns);
	bed_frame(b, &f, row->hook, row->protocol, &s);
	if (bed_run(&f, s.turns * s.steps) < 0 || !bed_counters(b, &n))
		return 0;
	tracked = bed_order_tracked(b, s.turns);
	if (n.completed == tracked && n.opened == tracked && n.untracked == 3 * (s.turns - tracked) &&
	    tracked > s.turns - s.turns / 50 - 1)
		return tracked;
	say_error("establishing %u connections: %llu opened, %llu completed, %u in the table, %llu segments "
		  "untracked",
		  s.turns, n.opened, n.completed, tracked, n.untracked);
	return 0;
}

static void fill_frames(const struct bed *b, const struct row *row, struct prepared *p)
{
	const struct scene *scene = row->scene;
	struct script *s = &p->script;

	*s = (struct script){.turns = p->connections, .steps = scene->steps};
	memcpy(s->advance, scene->advance, sizeof(s->advance));
	memcpy(s->list, scene->list, sizeof(s->list));
	set_options(s);
	for (u32 target = 0; target < TARGETS; target++) {
		s->target = target;
		bed_frame(b, &p->frames[target], row->hook, row->protocol, s);
	}
}

int row_prepare(struct bed *b, const struct row *row, const char *object, struct prepared *p)
{
	if (bed_load(b, object, row->hook, row->connections, false))
		return -1;
	p->connections = establish(b, row);
	if (!p->connections || !bed_counters(b, &p->before))
		return -1;
	fill_frames(b, row, p);
	/* the first round is all that makes events */
	if (bed_run(&p->frames[TARGET_SYNSCOPE], p->connections * row->scene->steps) < 0)
		return -1;
	bed_drain(b);
	return 0;
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

/* What the counters must have grown by, from the segments that were run. */
static void expect(const struct prepared *p, struct counters *n)
{
	u64 runs = p->frames[TARGET_SYNSCOPE].runs;

	*n = (struct counters){.frames = runs, .tcp = runs};
	for (u32 i = 0; i < p->script.steps; i++) {
		const struct step *step = &p->script.list[i];
		u64 many = step_runs(&p->script, i, runs);

		if (step->payload)
			n->data += many;
		else if (step->flags == TCP_ACK)
			n->pure_ack += many;
	}
}

/* What the counters of a row are held against, one by one. */
static const struct {
	const char *name;
	size_t at;
} checked[] = {
#define CHECKED(member)                                                                                      \
	{                                                                                                    \
#member, offsetof(struct counters, member)                                                   \
	}
	CHECKED(frames),	CHECKED(tcp),	       CHECKED(data),	     CHECKED(pure_ack),
	CHECKED(retransmitted), CHECKED(out_of_order), CHECKED(zero_window), CHECKED(keepalive),
	CHECKED(opened),	CHECKED(closed),       CHECKED(expired),     CHECKED(evicted),
	CHECKED(untracked),	CHECKED(midstream),    CHECKED(truncated),   CHECKED(bad_ip),
	CHECKED(bad_tcp),	CHECKED(bad_options),
};

static u64 counter_at(const struct counters *n, size_t at)
{
	return *(const u64 *)(const void *)((const u8 *)n + at);
}

int row_check(struct bed *b, const struct row *row, const struct prepared *p)
{
	struct counters now, wanted;
	char name[80];
	int wrong = 0;

	if (!bed_counters(b, &now))
		return say_error("counters: can't be read");
	row_name(row, name, sizeof(name));
	expect(p, &wanted);
	for (u32 i = 0; i < COUNT_OF(checked); i++) {
		u64 grown = counter_at(&now, checked[i].at) - counter_at(&p->before, checked[i].at);

		if (grown != counter_at(&wanted, checked[i].at))
			wrong = say_error("row %s measures something else: %s is %llu instead of %llu", name,
					  checked[i].name, grown, counter_at(&wanted, checked[i].at));
	}
	return wrong;
}
