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

void totals_fill(struct totals *t, const struct counters *sum, const struct bucket *table,
		 const struct config *config, u64 now)
{
	struct counters *n = &t->counters;

	*n = *sum;
	t->at = now;
	add_due(n, table, config, now);
	t->half_open = n->started - n->completed - n->refused - n->unanswered - n->aborted;
	t->tracked = n->opened - n->closed - n->expired - n->evicted;
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
