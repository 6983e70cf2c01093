// SPDX-License-Identifier: GPL-2.0-or-later
#include "pinned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "pins.h"

/* The interfaces that are named, or all that are pinned in this network namespace. The count, or -1, said. */
static int find_names(const struct arguments *a, char ***names)
{
	int count;

	*names = a->operands;
	if (a->operand_count > 0)
		return a->operand_count;
	count = instrument_list_pinned(a->bpffs, names);
	if (!count)
		return say_error(
			"%s: nothing is attached in this network namespace; synscope attach IFACE%s does it",
			a->bpffs, bpffs_option(a->bpffs));
	return count;
}

static void free_names(const struct arguments *a, char **names, int count)
{
	if (names == a->operands)
		return;
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* Room for so many instruments; NULL: said. */
static struct instrument *make_room(int count)
{
	struct instrument *all = calloc((size_t)count, sizeof(*all));

	if (!all)
		say_error("%d interfaces: %s", count, strerror(ENOMEM));
	return all;
}

int pinned_open(struct instrument **instruments, const struct arguments *a)
{
	char **names;
	int count = find_names(a, &names), opened = 0;
	struct instrument *all = count > 0 ? make_room(count) : NULL;

	while (all && opened < count && !instrument_open_pinned(&all[opened], a->bpffs, names[opened], true))
		opened++;
	free_names(a, names, count);
	if (all && opened == count) {
		*instruments = all;
		return count;
	}
	pinned_close(all, opened);
	return -1;
}

void pinned_close(struct instrument *instruments, int count)
{
	for (int i = 0; i < count; i++)
		instrument_close(&instruments[i]);
	free(instruments);
}

int pinned_show(const struct arguments *a, int (*show)(struct output *o, const struct instrument *i))
{
	char **names;
	int count = find_names(a, &names), opened = 0, status = EXIT_FAILED;
	struct instrument *all = count > 0 ? make_room(count) : NULL;
	bool failed = false;
	struct output o;

	for (int n = 0; all && n < count; n++)
		opened += !instrument_open_pinned(&all[opened], a->bpffs, names[n], false);
	/* Only now: what is in the file already goes when it is opened. */
	if (opened && !output_open(&o, a)) {
		for (int n = 0; n < opened; n++)
			failed |= show(&o, &all[n]) != 0;
		status = output_close(&o);
	}
	free_names(a, names, count);
	pinned_close(all, opened);
	return failed || opened < count ? EXIT_FAILED : status;
}
