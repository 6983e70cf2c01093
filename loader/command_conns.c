// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope conns [IFACE...]`: the connections that are tracked at this moment, oldest first. */
#include "clock.h"
#include "commands.h"
#include "output.h"
#include "pinned.h"
#include "records.h"

static int show(struct output *o, const struct instrument *i)
{
	u64 now = clock_monotonic();
	struct records records;

	if (records_open(&records, i, now))
		return -1;
	for (size_t n = 0; n < records.count && !output_is_full(o); n++) {
		const struct connection *c = &records.all[n];
		struct record r = {.interface = &i->interface,
				   .connection = c,
				   .ending = c->state & CLOSED_ONCE ? ENDING_CLOSED : ENDING_OPEN,
				   .scan = scans_judge(records.scans, c, now),
				   .now = now};

		o->units += view_conns.final(o->file, &o->options, &r);
	}
	records_close(&records);
	return 0;
}

int command_conns(const struct arguments *a)
{
	return pinned_show(a, show);
}
