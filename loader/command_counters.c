// SPDX-License-Identifier: GPL-2.0-only
/* `synscope counters [IFACE...]`: one object for each interface that attach left running. */
#include <string.h>

#include "clock.h"
#include "commands.h"
#include "message.h"
#include "output.h"
#include "pinned.h"
#include "totals.h"

static int show(struct output *o, const struct instrument *i)
{
	struct counters sum;
	struct totals t;
	int error = instrument_counters(i, &sum);

	if (error)
		return say_error("%s: counters: %s", i->interface.name, strerror(-error));
	o->options.json = true;
	totals_fill(&t, &sum, i->table, &i->config, clock_monotonic());
	o->units += view_counters.counters(o->file, &o->options, &i->interface, &t);
	return 0;
}

int command_counters(const struct arguments *a)
{
	return pinned_show(a, show);
}
