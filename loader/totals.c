// SPDX-License-Identifier: GPL-2.0-or-later
#include "totals.h"

#include <string.h>

#include "snapshot.h"

static void add_due(struct counters *n, const struct bucket *table, const struct config *config, u64 now)
{
	for (u32 i = 0; i < config->buckets; i++) {
		table_look_ahead(table, config, i);
		for (u32 way = 0; way < WAYS; way++) {
			const struct connection *c = &table[i].ways[way];

			if (table[i].tags[way] && is_expired(c, config, now))
				count_retired(c, c->state, FINAL_EXPIRED, config, n);
		}
	}
}

static u64 segments_of(const struct counters *n, enum hook hook, u32 version)
{
	u64 sum = 0;

	for (u32 flags = 0; flags <= TCP_FLAGS; flags++)
		sum += n->segments[hook][version][flags];
	return sum;
}

u64 segments_with(const struct counters *n, u16 with, u16 without)
{
	u64 sum = 0;

	for (u32 flags = 0; flags <= TCP_FLAGS; flags++)
		if ((flags & with) == with && !(flags & without))
			sum += n->segments[HOOK_IN][INDEX_IPV4][flags] +
			       n->segments[HOOK_IN][INDEX_IPV6][flags] +
			       n->segments[HOOK_OUT][INDEX_IPV4][flags] +
			       n->segments[HOOK_OUT][INDEX_IPV6][flags];
	return sum;
}

u64 packets_of(const struct counters *n, u32 version, u8 protocol)
{
	u64 packets = n->protocols[version][protocol];

	if (protocol == PROTOCOL_TCP)
		packets += segments_of(n, HOOK_IN, version) + segments_of(n, HOOK_OUT, version) +
			   n->filtered[version];
	return packets;
}

static u64 packets_of_version(const struct counters *n, u32 version)
{
	u64 sum = 0;

	for (u32 protocol = 0; protocol < COUNT_OF(n->protocols[version]); protocol++)
		sum += packets_of(n, version, (u8)protocol);
	return sum;
}

struct layers layers_of(const struct counters *n)
{
	struct layers l = {
		.ipv4 = packets_of_version(n, INDEX_IPV4),
		.ipv6 = packets_of_version(n, INDEX_IPV6),
		.filtered = n->filtered[INDEX_IPV4] + n->filtered[INDEX_IPV6],
		.bytes = n->bytes_besides + n->bytes[HOOK_IN] + n->bytes[HOOK_OUT],
	};

	for (enum hook hook = HOOK_IN; hook < HOOKS; hook++)
		l.segments[hook] = segments_of(n, hook, INDEX_IPV4) + segments_of(n, hook, INDEX_IPV6);
	l.tcp = l.segments[HOOK_IN] + l.segments[HOOK_OUT] + l.filtered;
	l.frames = l.segments[HOOK_IN] + l.segments[HOOK_OUT] + n->frames_besides;
	return l;
}

static u64 handshakes_over(const struct counters *n)
{
	return n->completed + n->refused + n->unanswered + n->aborted;
}

static u64 connections_over(const struct counters *n)
{
	return n->closed + n->expired + n->evicted;
}

u64 half_open_of(const struct counters *n)
{
	return saturating_subtract(n->started, handshakes_over(n));
}

u64 tracked_of(const struct counters *n)
{
	return saturating_subtract(n->opened, connections_over(n));
}

/*
 * Each CPU's counters are copied while they grow, those of what began before those of what ended. Whatever
 * is over had begun: at least that many are counted as begun, so that the equations of counters.h hold.
 */
static void settle_beginnings(struct counters *n)
{
	n->started = max_u64(n->started, handshakes_over(n));
	n->opened = max_u64(n->opened, connections_over(n));
}

static void fill_gauges(struct totals *t)
{
	settle_beginnings(&t->counters);
	t->half_open = half_open_of(&t->counters);
	t->tracked = tracked_of(&t->counters);
}

static void keep(u64 *now, u64 *last)
{
	*last = *now = max_u64(*now, *last);
}

void totals_keep(struct totals *t, struct decided *last)
{
	keep(&t->counters.expired, &last->expired);
	keep(&t->counters.closed_by_idle, &last->closed_by_idle);
	keep(&t->counters.unanswered, &last->unanswered);
	keep(&t->counters.aborted, &last->aborted);
	fill_gauges(t);
}

void totals_fill(struct totals *t, const struct counters *sum, const struct scans *scans,
		 const struct bucket *table, const struct config *config, u64 now)
{
	struct counters *n = &t->counters;

	*n = *sum;
	t->at = now;
	memset(&t->floods, 0, sizeof(t->floods));
	memcpy(t->scans, scans->counts, sizeof(t->scans));
	t->scans_seen = scans->seen;
	t->scans_displaced = scans->displaced;
	t->sources_forgotten = scans->forgotten;
	if (table)
		add_due(n, table, config, now);
	fill_gauges(t);
}

void counters_add(struct counters *sum, const struct counters *one)
{
	u64 *to = (u64 *)(void *)sum, max = max_u64(sum->handshake_max, one->handshake_max);
	const u64 *from = (const u64 *)(const void *)one;

	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++)
		to[i] += from[i];
	sum->handshake_max = max;
}

void totals_add(struct totals *sum, const struct totals *t)
{
	counters_add(&sum->counters, &t->counters);
	sum->half_open += t->half_open;
	sum->tracked += t->tracked;
	sum->scans_seen += t->scans_seen;
	sum->scans_displaced += t->scans_displaced;
	sum->sources_forgotten += t->sources_forgotten;
	sum->at = max_u64(sum->at, t->at);
	flood_totals_add(&sum->floods, &t->floods);
	for (size_t i = 0; i < SCAN_KINDS; i++)
		sum->scans[i] += t->scans[i];
}

bool losses_between(struct losses *l, const struct counters *before, const struct counters *after)
{
	bool any;

	l->records = after->lost_records - before->lost_records;
	any = l->records;
	for (size_t i = 0; i < EVENT_KINDS; i++) {
		l->events[i] = after->lost[i] - before->lost[i];
		any = any || l->events[i];
	}
	return any;
}

void losses_add(struct losses *sum, const struct losses *one)
{
	sum->records += one->records;
	for (size_t i = 0; i < EVENT_KINDS; i++)
		sum->events[i] += one->events[i];
}
