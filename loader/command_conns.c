// SPDX-License-Identifier: GPL-2.0-only
/* `synscope conns [IFACE...]`: the connections that are tracked at this moment, oldest first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "message.h"
#include "output.h"
#include "pinned.h"
#include "snapshot.h"

static int by_start(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Whole copies of all records that time has not ended. *count gets how many; NULL: no memory. */
static struct connection *collect(const struct instrument *i, u64 now, size_t *count)
{
	u32 slots = i->config.buckets * WAYS, taken = 0;
	struct connection *all;

	for (u32 slot = 0; slot < slots; slot++)
		taken += table_slot_taken(i->table, slot);
	all = calloc((size_t)taken + 1, sizeof(*all));
	*count = 0;
	for (u32 slot = 0; all && slot < slots && *count < taken; slot++)
		if (snapshot(i->table, slot, &all[*count]) && !is_expired(&all[*count], &i->config, now))
			(*count)++;
	return all;
}

static int show(struct output *o, const struct instrument *i)
{
	u64 now = clock_monotonic();
	size_t count;
	struct connection *all = collect(i, now, &count);

	if (!all)
		return say_error("%s: connections: %s", i->interface.name, strerror(ENOMEM));
	qsort(all, count, sizeof(*all), by_start);
	for (size_t n = 0; n < count && !output_is_full(o); n++) {
		struct record r = {.interface = &i->interface,
				   .connection = &all[n],
				   .ending = all[n].state & CLOSED_ONCE ? ENDING_CLOSED : ENDING_OPEN,
				   .now = now};

		o->units += view_conns.final(o->file, &o->options, &r);
	}
	free(all);
	return 0;
}

int command_conns(const struct arguments *a)
{
	return pinned_show(a, show);
}
