// SPDX-License-Identifier: GPL-2.0-or-later
#include "records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "snapshot.h"

static int by_start(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void copy_records(struct records *r, const struct instrument *i, size_t room, u64 now)
{
	u32 slots = i->config.buckets * WAYS;

	for (u32 slot = 0; slot < slots && r->count < room; slot++)
		if (snapshot(i->table, slot, &r->all[r->count]) &&
		    !is_expired(&r->all[r->count], &i->config, now))
			r->count++;
	qsort(r->all, r->count, sizeof(*r->all), by_start);
}

int records_open(struct records *r, const struct instrument *i, u64 now)
{
	u32 slots = i->config.buckets * WAYS;
	size_t taken = 0;

	memset(r, 0, sizeof(*r));
	for (u32 slot = 0; slot < slots; slot++)
		taken += table_slot_taken(i->table, slot);
	r->all = calloc(taken + 1, sizeof(*r->all));
	r->scans = scans_open(i->config.hash_seed[0], NULL, NULL);
	if (!r->all || !r->scans) {
		records_close(r);
		return say_error("%s: %zu connections: %s", i->interface.name, taken, strerror(ENOMEM));
	}
	copy_records(r, i, taken, now);
	for (size_t n = 0; n < r->count; n++)
		scans_record(r->scans, &r->all[n]);
	for (size_t n = 0; n < r->count; n++)
		scans_settle(r->scans, &r->all[n], now);
	return 0;
}

void records_close(struct records *r)
{
	free(r->all);
	scans_close(r->scans);
	memset(r, 0, sizeof(*r));
}
