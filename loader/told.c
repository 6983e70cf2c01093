// SPDX-License-Identifier: GPL-2.0-or-later
#include "told.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message.h"
#include "pins.h"

static const char pin_name[] = "told";

static u32 told_words(u32 slots)
{
	return (u32)((told_size(slots) + sizeof(u64) - 1) / sizeof(u64));
}

/* An array of words, since they lie behind each other in the mapping, and a value may not be so large. */
static int make(const struct pin *p, u32 slots)
{
	LIBBPF_OPTS(bpf_map_create_opts, o, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "synscope_told", sizeof(u32), sizeof(u64),
				told_words(slots), &o);

	if (fd < 0) {
		say_error("%s/%s: %s", p->directory, pin_name, strerror(errno));
	} else if (pin_put(p, pin_name, fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct told *told_open(const struct pin *p, u32 slots)
{
	int fd = pin_get_map(p, pin_name, BPF_MAP_TYPE_ARRAY, sizeof(u64), told_words(slots));
	void *mapped;

	if (fd == -ENOENT)
		fd = make(p, slots);
	else if (fd < 0)
		say_error("%s/%s: %s", p->directory, pin_name, pin_error(fd));
	if (fd < 0)
		return NULL;
	mapped = mmap(NULL, told_size(slots), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		say_error("%s/%s: %s", p->directory, pin_name, strerror(errno));
	close(fd);
	return mapped == MAP_FAILED ? NULL : mapped;
}

void told_close(struct told *t, u32 slots)
{
	if (t)
		munmap(t, told_size(slots));
}

/* Without memory for it what was told stays so. */
static struct told_note *new_note(struct told_notes *n)
{
	u32 room = n->room ? 2 * n->room : 1024;
	struct told_note *notes;

	if (n->count == n->room) {
		notes = realloc(n->notes, room * sizeof(*notes));
		if (!notes)
			return NULL;
		n->notes = notes;
		n->room = room;
	}
	return &n->notes[n->count++];
}

void told_note(struct told *t, struct told_notes *n, u32 slot, u32 generation)
{
	u32 *told = &t->generation[slot];
	struct told_note *note;

	if (*told && !is_newer_generation(generation, *told))
		return;
	note = new_note(n);
	if (note)
		*note = (struct told_note){.slot = slot, .before = *told};
	*told = generation;
}

void told_confirm(struct told_notes *n)
{
	n->count = 0;
}

void told_take_back(struct told *t, struct told_notes *n)
{
	while (n->count) {
		const struct told_note *note = &n->notes[--n->count];

		t->generation[note->slot] = note->before;
	}
}
