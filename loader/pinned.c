// SPDX-License-Identifier: GPL-2.0-or-later
#include "pinned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "pins.h"

static void free_names(char **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int open_named(struct instrument **instruments, const char *bpffs, char **names, int count,
		      bool read_rings)
{
	struct instrument *all = calloc((size_t)count + 1, sizeof(*all));

	if (!all)
		return say_error("%d interfaces: %s", count, strerror(ENOMEM));
	for (int i = 0; i < count; i++)
		if (instrument_open_pinned(&all[i], bpffs, names[i], read_rings)) {
			pinned_close(all, i);
			return -1;
		}
	*instruments = all;
	return count;
}

int pinned_open(struct instrument **instruments, const struct arguments *a, bool read_rings)
{
	char **names = NULL;
	int count, opened;

	if (a->operand_count > 0)
		return open_named(instruments, a->bpffs, a->operands, a->operand_count, read_rings);
	count = instrument_list_pinned(a->bpffs, &names);
	if (count < 0)
		return -1;
	if (!count)
		return say_error(
			"%s: nothing is attached in this network namespace; synscope attach IFACE%s does it",
			a->bpffs, bpffs_option(a->bpffs));
	opened = open_named(instruments, a->bpffs, names, count, read_rings);
	free_names(names, count);
	return opened;
}

void pinned_close(struct instrument *instruments, int count)
{
	for (int i = 0; i < count; i++)
		instrument_close(&instruments[i]);
	free(instruments);
}

int pinned_show(const struct arguments *a, int (*show)(struct output *o, const struct instrument *i))
{
	struct instrument *instruments = NULL;
	struct output o;
	int count = pinned_open(&instruments, a, false), status = EXIT_FAILED;
	bool failed = false;

	if (count < 0)
		return EXIT_FAILED;
	if (!output_open(&o, a)) {
		for (int i = 0; i < count; i++)
			failed |= show(&o, &instruments[i]) != 0;
		status = output_close(&o);
	}
	pinned_close(instruments, count);
	return failed ? EXIT_FAILED : status;
}
