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

int pinned_open(struct instrument **instruments, const struct arguments *a)
{
	char **names;
	int count = find_names(a, &names), opened = 0;
	struct instrument *all = count > 0 ? calloc((size_t)count, sizeof(*all)) : NULL;

	if (count > 0 && !all)
		say_error("%d interfaces: %s", count, strerror(ENOMEM));
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
	int count = find_names(a, &names), status;
	bool failed = false;
	struct output o;

	if (count < 0 || output_open(&o, a))
		return EXIT_FAILED;
	for (int n = 0; n < count; n++) {
		struct instrument i;

		if (instrument_open_pinned(&i, a->bpffs, names[n], false)) {
			failed = true;
			continue;
		}
		failed |= show(&o, &i) != 0;
		instrument_close(&i);
	}
	free_names(a, names, count);
	status = output_close(&o);
	return failed ? EXIT_FAILED : status;
}
