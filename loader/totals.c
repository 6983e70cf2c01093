// SPDX-License-Identifier: GPL-2.0-only
#include "totals.h"

#include <string.h>

static void add_due(struct counters *n, const struct bucket *table, const struct config *config, u64 now)
{
	for (u32 i = 0; i < config->buckets; i++)
		for (u32 way = 0; way < WAYS; way++) {
			const struct connection *c = &table[i].ways[way];

			if (table[i].tags[way] && is_expired(c, config, now))
				count_retired(c->state, FINAL_EXPIRED, n);
		}
}

void totals_fill(struct totals *t, const struct counters *sum, const struct scans *scans,
		 const struct bucket *table, const struct config *config, u64 now)
{
	struct counters *n = &t->counters;

	*n = *sum;
	t->at = now;
	memcpy(t->scans, scans->counts, sizeof(t->scans));
	add_due(n, table, config, now);
	t->half_open = n->started - n->completed - n->refused - n->unanswered - n->aborted;
	t->tracked = n->opened - n->closed - n->expired - n->evicted;
}

void counters_add(struct counters *sum, const struct counters *one)
{
	u64 *to = (u64 *)(void *)sum, max = later(sum->handshake_max, one->handshake_max);
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
	sum->at = later(sum->at, t->at);
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
