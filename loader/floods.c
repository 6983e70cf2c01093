// SPDX-License-Identifier: GPL-2.0-or-later
#include "floods.h"

#include <string.h>

#include "bucket.h"
#include "totals.h"

_Static_assert((int)FLOOD_SYN == (int)STRAY_SYN && (int)FLOOD_FIN == (int)STRAY_FIN, "kinds are strays");

/* What was counted between two looks. */
struct counted {
	u64 segments[HOOKS][STRAY_KINDS];
	u64 strays[STRAY_KINDS];
	u64 started, completed, refused, aborted, closed_by_fin, closed_by_rst, untracked;
};

/* What one look says of one kind, a second. */
struct judgment {
	bool bad;
	bool many;
	u64 rate;
	u64 nothing;
	u64 judged; /* of which `nothing` is a part */
};

const char *flood_name(enum flood_kind kind)
{
	static const char *const names[] = {"syn", "syn_ack", "ack", "rst", "fin"};

	return kind < FLOOD_KINDS ? names[kind] : NULL;
}

static void count_segments(struct counted *d, const struct counters *before, const struct counters *after)
{
	for (u32 hook = 0; hook < HOOKS; hook++)
		for (u32 version = 0; version < IP_VERSIONS; version++)
			for (u32 flags = 0; flags <= TCP_FLAGS; flags++)
				d->segments[hook][stray_kind((u16)flags)] +=
					after->segments[hook][version][flags] -
					before->segments[hook][version][flags];
}

static void count(struct counted *d, const struct counters *before, const struct counters *after)
{
	memset(d, 0, sizeof(*d));
	count_segments(d, before, after);
	for (u32 kind = 0; kind < STRAY_KINDS; kind++)
		d->strays[kind] = after->strays[kind] - before->strays[kind];
	d->started = after->started - before->started;
	d->completed = after->completed - before->completed;
	d->refused = after->refused - before->refused;
	d->aborted = after->aborted - before->aborted;
	d->closed_by_fin = after->closed_by_fin - before->closed_by_fin;
	d->closed_by_rst = after->closed_by_rst - before->closed_by_rst;
	d->untracked = after->untracked - before->untracked;
}

/* A second's part of it. What was seen in less than a second is taken as all that the second brought. */
static void scale(struct counted *d, u64 span)
{
	u64 *values = (u64 *)(void *)d;

	for (size_t i = 0; span > NS_PER_SECOND && i < sizeof(*d) / sizeof(*values); i++)
		values[i] = (u64)((double)values[i] * ((double)NS_PER_SECOND / (double)span));
}

static u64 segments_of(const struct counted *d, enum stray kind)
{
	return d->segments[HOOK_IN][kind] + d->segments[HOOK_OUT][kind];
}

/* A capture, or one direction alone: whose segment it was is not told by where it was seen. */
static bool is_one_hook(const struct counted *d)
{
	u64 out = 0;

	for (u32 kind = 0; kind < STRAY_KINDS; kind++)
		out += d->segments[HOOK_OUT][kind];
	return !out;
}

/* Segments of a kind beyond one for each segment of another kind that came the other way. */
static u64 beyond(const struct counted *d, enum stray kind, enum stray answered)
{
	if (is_one_hook(d))
		return saturating_subtract(segments_of(d, kind), segments_of(d, answered));
	return saturating_subtract(d->segments[HOOK_IN][kind], d->segments[HOOK_OUT][answered]) +
	       saturating_subtract(d->segments[HOOK_OUT][kind], d->segments[HOOK_IN][answered]);
}

static u64 others(const struct counted *d, enum hook hook, enum stray kind)
{
	u64 sum = 0;

	for (u32 other = 0; other < STRAY_KINDS; other++)
		if (other != kind)
			sum += d->segments[hook][other];
	return sum;
}

/* RSTs beyond all that came the other way. */
static u64 rst_beyond_all(const struct counted *d)
{
	if (is_one_hook(d))
		return saturating_subtract(segments_of(d, STRAY_RST), others(d, HOOK_IN, STRAY_RST));
	return saturating_subtract(d->segments[HOOK_IN][STRAY_RST], others(d, HOOK_OUT, STRAY_RST)) +
	       saturating_subtract(d->segments[HOOK_OUT][STRAY_RST], others(d, HOOK_IN, STRAY_RST));
}

/* With the table full of live connections every segment of all others is a stray: not these. */
static u64 recorded_strays(const struct counted *d, enum stray kind)
{
	return saturating_subtract(d->strays[kind], d->untracked);
}

/* Connections begun by a SYN; those that found no place in the table have strays only. */
static u64 begun(const struct counted *d)
{
	return min_u64(segments_of(d, STRAY_SYN), max_u64(d->started, d->strays[STRAY_SYN]));
}

/* Completed, and not begun by a SYN that was seen: of such, one direction alone passes here. */
static u64 completed_besides(const struct counted *d)
{
	return saturating_subtract(d->completed, begun(d));
}

/* SYN-ACKs that nobody asked for. */
static u64 unasked(const struct counted *d)
{
	return saturating_subtract(beyond(d, STRAY_SYN_ACK, STRAY_SYN), completed_besides(d));
}

/* FINs by which connections closed. What a RST ended before it was open had none. */
static u64 closing(const struct counted *d)
{
	return 2 * d->closed_by_fin + saturating_subtract(d->closed_by_rst, d->refused + d->aborted);
}

static u64 idle_resets(const struct counted *d)
{
	return saturating_subtract(segments_of(d, STRAY_RST), d->closed_by_rst);
}

/* Of the RSTs that closed nothing those that answer ACKs: a stray answers nothing that was seen. */
static u64 resets_of_acks(const struct counted *d)
{
	u64 opposite = segments_of(d, STRAY_RST) - beyond(d, STRAY_RST, STRAY_ACK);
	u64 of_others = recorded_strays(d, STRAY_RST) +
			saturating_subtract(unasked(d), d->strays[STRAY_SYN_ACK]) +
			saturating_subtract(segments_of(d, STRAY_FIN), closing(d));

	return min_u64(opposite, saturating_subtract(idle_resets(d), of_others));
}

/* Connections completed in the busiest second of late, this one included. */
static u64 busiest(const struct floods *f, const struct counted *d)
{
	return max_u64(f->usual, d->completed);
}

static struct judgment judgment_of(u64 least, u64 many, u64 nothing, u64 judged)
{
	return (struct judgment){
		.bad = least >= FLOOD_LEAST || many >= FLOOD_MANY,
		.many = least >= FLOOD_MANY || many >= FLOOD_MANY,
		.nothing = min_u64(nothing, judged),
		.judged = judged,
	};
}

static struct judgment judge_syn(const struct floods *f, const struct counted *d)
{
	u64 all = begun(d), again = segments_of(d, STRAY_SYN) - all;
	u64 failed = saturating_subtract(all, d->completed + again),
	    left = saturating_subtract(failed, d->refused);

	return judgment_of(2 * left > all ? left : 0, failed > 2 * busiest(f, d) ? failed : 0,
			   saturating_subtract(all, d->completed), all);
}

static struct judgment judge_syn_ack(const struct counted *d)
{
	u64 nothing = unasked(d), strays = min_u64(d->strays[STRAY_SYN_ACK], nothing);

	return judgment_of(strays, nothing, nothing, segments_of(d, STRAY_SYN_ACK));
}

static struct judgment judge_ack(const struct counted *d, bool settled)
{
	u64 all = segments_of(d, STRAY_ACK), strays = d->strays[STRAY_ACK], answers = resets_of_acks(d);
	bool alone = settled && 4 * recorded_strays(d, STRAY_ACK) > 3 * all;

	return judgment_of(alone || 2 * answers >= strays ? strays : 0, 2 * answers >= all ? answers : 0,
			   max_u64(strays, answers), all);
}

static struct judgment judge_rst(const struct counted *d)
{
	u64 strays = recorded_strays(d, STRAY_RST), excess = min_u64(idle_resets(d), rst_beyond_all(d));

	return judgment_of(strays, excess, max_u64(strays, excess), segments_of(d, STRAY_RST));
}

static struct judgment judge_fin(const struct floods *f, const struct counted *d, bool settled)
{
	u64 all = segments_of(d, STRAY_FIN), excess = saturating_subtract(all, closing(d) + d->untracked);
	u64 strays = settled ? min_u64(recorded_strays(d, STRAY_FIN), excess) : 0;
	u64 many = excess > max_u64(closing(d), 2 * busiest(f, d)) ? excess : 0;

	return judgment_of(strays, many, excess, all);
}

static struct judgment judge(const struct floods *f, const struct counted *d, enum flood_kind kind, u64 now)
{
	bool settled = !f->ingress_only || now - f->since > FLOOD_SETTLING * (u64)NS_PER_SECOND;
	struct judgment j;

	switch (kind) {
	case FLOOD_SYN:
		j = judge_syn(f, d);
		break;
	case FLOOD_SYN_ACK:
		j = judge_syn_ack(d);
		break;
	case FLOOD_ACK:
		j = judge_ack(d, settled);
		break;
	case FLOOD_RST:
		j = judge_rst(d);
		break;
	default:
		j = judge_fin(f, d, settled);
	}
	j.rate = segments_of(d, (enum stray)kind);
	return j;
}

/*
 * Once its own segments have filled the table, the rest of a flood has no records any more, and is not
 * told from what overfilled it before: it goes on as long as it does not become less by half.
 */
static bool goes_on_untracked(const struct flood_watch *w, const struct counted *d, enum flood_kind kind)
{
	return w->bad && d->untracked >= FLOOD_LEAST && d->strays[kind] >= FLOOD_LEAST &&
	       2 * d->strays[kind] >= w->strays;
}

static void begin_series(struct flood_watch *w, const struct floods *f, enum flood_kind kind, u64 from)
{
	memset(&w->flood, 0, sizeof(w->flood));
	w->flood.kind = kind;
	w->flood.since = from;
	w->many = 0;
	w->lasted = 0;
	w->cookies = f->cookies;
}

/* A bad second: the flood that it belongs to, or may yet belong to, is that much larger. */
static void add_bad(struct flood_watch *w, const struct judgment *j, u64 from, u64 to)
{
	u64 span = max_u64(to - from, NS_PER_SECOND);
	double seconds = (double)span / (double)NS_PER_SECOND;

	w->bad++;
	w->many = j->many ? w->many + 1 : 0;
	w->good = 0;
	w->lasted += span;
	w->flood.until = to;
	w->flood.total += (u64)((double)j->rate * seconds);
	w->flood.nothing += (u64)((double)j->nothing * seconds);
	w->flood.judged += (u64)((double)j->judged * seconds);
	w->flood.peak = max_u64(w->flood.peak, j->rate);
	w->flood.rate = (u64)((double)w->flood.total * (double)NS_PER_SECOND / (double)w->lasted);
}

static struct flood as_told(const struct flood_watch *w, const struct floods *f, const struct counters *n,
			    u64 at, bool over)
{
	struct flood told = w->flood;

	told.over = over;
	told.time = at;
	told.half_open = half_open_of(n);
	told.cookies = syn_cookies_between(&w->cookies, &f->cookies);
	return told;
}

static bool is_enough(const struct flood_watch *w)
{
	return w->bad >= FLOOD_BEGINS_AFTER || w->many >= FLOOD_OF_MANY_BEGINS_AFTER;
}

static void close_flood(struct flood_watch *w)
{
	w->on = false;
	w->bad = 0;
	w->peak = max_u64(w->peak, w->flood.peak);
	w->segments += w->flood.total;
}

/* Takes one look at one kind. True: a flood began or ended by it, with *told. */
static bool look_at(struct floods *f, enum flood_kind kind, const struct counted *d,
		    const struct counters *after, u64 from, u64 to, struct flood *told)
{
	struct flood_watch *w = &f->watches[kind];
	struct judgment j = judge(f, d, kind, to);

	if (j.bad || goes_on_untracked(w, d, kind)) {
		if (!w->bad)
			begin_series(w, f, kind, from);
		add_bad(w, &j, from, to);
		w->strays = d->strays[kind];
		if (w->on || !is_enough(w))
			return false;
		w->on = true;
		w->begun++;
		*told = as_told(w, f, after, to, false);
		return true;
	}
	if (!w->on) {
		w->bad = 0;
		return false;
	}
	if (++w->good < FLOOD_ENDS_AFTER)
		return false;
	*told = as_told(w, f, after, to, true);
	close_flood(w);
	return true;
}

u32 floods_look(struct floods *f, const struct counters *before, const struct counters *after, u64 from,
		u64 to, struct flood told[FLOOD_KINDS])
{
	enum { FADES = 1024 }; /* a busiest second counts half after twelve minutes */
	struct counted d;
	u32 n = 0;

	if (to <= from)
		return 0;
	count(&d, before, after);
	scale(&d, to - from);
	for (enum flood_kind kind = 0; kind < FLOOD_KINDS; kind++)
		n += look_at(f, kind, &d, after, from, to, &told[n]);
	f->usual = max_u64(f->usual - f->usual / FADES, d.completed);
	if (to - from >= NS_PER_SECOND / 2) {
		f->looked = true;
		f->begun_rate = d.started;
	}
	return n;
}

u32 floods_finish(struct floods *f, const struct counters *now, u64 at, struct flood told[FLOOD_KINDS])
{
	u32 n = 0;

	for (enum flood_kind kind = 0; kind < FLOOD_KINDS; kind++) {
		if (!f->watches[kind].on)
			continue;
		told[n] = as_told(&f->watches[kind], f, now, at, true);
		told[n++].cut = true;
	}
	return n;
}

void floods_restart(struct floods *f, u64 since)
{
	for (u32 kind = 0; kind < FLOOD_KINDS; kind++) {
		struct flood_watch *w = &f->watches[kind];

		*w = (struct flood_watch){
			.begun = w->begun,
			.peak = w->on ? max_u64(w->peak, w->flood.peak) : w->peak,
			.segments = w->segments + (w->on ? w->flood.total : 0),
		};
	}
	f->since = since;
}

struct flood_totals floods_total(const struct floods *f)
{
	struct flood_totals t = {
		.watched = true,
		.measured = f->looked,
		.half_open_rate = f->begun_rate,
		.cookies = f->cookies,
	};

	for (u32 kind = 0; kind < FLOOD_KINDS; kind++) {
		const struct flood_watch *w = &f->watches[kind];

		t.begun[kind] = w->begun;
		t.going_on[kind] = w->on;
		t.peak[kind] = w->on ? max_u64(w->peak, w->flood.peak) : w->peak;
		t.segments[kind] = w->segments + (w->on ? w->flood.total : 0);
	}
	return t;
}

void flood_totals_add(struct flood_totals *sum, const struct flood_totals *one)
{
	sum->watched |= one->watched;
	sum->measured |= one->measured;
	sum->half_open_rate += one->measured ? one->half_open_rate : 0;
	if (one->cookies.known)
		sum->cookies = one->cookies;
	for (u32 kind = 0; kind < FLOOD_KINDS; kind++) {
		sum->begun[kind] += one->begun[kind];
		sum->going_on[kind] += one->going_on[kind];
		sum->peak[kind] = max_u64(sum->peak[kind], one->peak[kind]);
		sum->segments[kind] += one->segments[kind];
	}
}
