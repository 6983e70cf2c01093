// SPDX-License-Identifier: GPL-2.0-or-later
#include "pinned.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "pins.h"

static int find_named(const struct arguments *a, struct pin **pins)
{
	if (pins_check(a->bpffs))
		return -1;
	*pins = calloc((size_t)a->operand_count, sizeof(**pins));
	if (!*pins)
		return say_error("%d interfaces: %s", a->operand_count, strerror(ENOMEM));
	for (int n = 0; n < a->operand_count; n++)
		pin_find(&(*pins)[n], a->bpffs, a->operands[n]);
	return a->operand_count;
}

/*
 * What is pinned for the interfaces that are named, or all of it in this network namespace; *pins is to be
 * freed. The count, or -1, said.
 */
static int find_pins(const struct arguments *a, struct pin **pins)
{
	int count;

	*pins = NULL;
	if (a->operand_count > 0)
		return find_named(a, pins);
	count = pins_list(a->bpffs, PINS_HERE, pins);
	if (!count)
		return say_error(
			"%s: nothing is attached in this network namespace; synscope attach IFACE%s does it",
			a->bpffs, bpffs_option(a->bpffs));
	for (int n = 0; n < count; n++)
		pin_rename(&(*pins)[n]);
	return count;
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
	struct pin *pins;
	int count = find_pins(a, &pins), opened = 0;
	struct instrument *all = count > 0 ? make_room(count) : NULL;

	while (all && opened < count && !instrument_open_pinned(&all[opened], &pins[opened], true))
		opened++;
	free(pins);
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
	struct pin *pins;
	int count = find_pins(a, &pins), opened = 0, status = EXIT_FAILED;
	struct instrument *all = count > 0 ? make_room(count) : NULL;
	bool failed = false;
	struct output o;

	for (int n = 0; all && n < count; n++)
		opened += !instrument_open_pinned(&all[opened], &pins[n], false);
	/* Only now: what is in the file already goes when it is opened. */
	if (opened && !output_open(&o, a)) {
		for (int n = 0; n < opened; n++)
			failed |= show(&o, &all[n]) != 0;
		status = output_close(&o);
	}
	free(pins);
	pinned_close(all, opened);
	return failed || opened < count ? EXIT_FAILED : status;
}
