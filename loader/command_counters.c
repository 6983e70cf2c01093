// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope counters [IFACE...]`: one object for each interface that attach left running. */
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "message.h"
#include "output.h"
#include "pinned.h"
#include "records.h"
#include "totals.h"

/* Nobody followed the events: of scans the counters know what is still in the table. */
static void judge_all(struct records *r, u64 now)
{
	for (size_t i = 0; i < r->count; i++)
		scans_judge(r->scans, &r->all[i], now);
}

static int show(struct output *o, const struct instrument *i)
{
	u64 now = clock_monotonic();
	struct records records;
	struct counters sum;
	struct totals t;
	int error = instrument_counters(i, &sum);

	if (error)
		return say_error("%s: counters: %s", i->interface.name, strerror(-error));
	if (records_open(&records, i, now))
		return -1;
	judge_all(&records, now);
	o->options.json = true;
	totals_fill(&t, &sum, records.scans, i->table, &i->config, now);
	o->units += view_counters.counters(o->file, &o->options, &i->interface, &t);
	records_close(&records);
	return 0;
}

int command_counters(const struct arguments *a)
{
	return pinned_show(a, show);
}
