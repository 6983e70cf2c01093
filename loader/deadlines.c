// SPDX-License-Identifier: GPL-2.0-or-later
#include "deadlines.h"

#include <errno.h>

#include "memory.h"

int deadlines_open(struct deadlines *d, u32 slots)
{
	d->count = 0;
	d->slots = slots;
	d->heap = memory_open(slots * sizeof(*d->heap));
	d->places = memory_open(slots * sizeof(*d->places));
	if (d->heap && d->places)
		return 0;
	deadlines_close(d);
	return -ENOMEM;
}

void deadlines_close(struct deadlines *d)
{
	memory_close(d->heap, d->slots * sizeof(*d->heap));
	memory_close(d->places, d->slots * sizeof(*d->places));
	d->heap = NULL;
	d->places = NULL;
}

static bool is_before(const struct deadline *a, const struct deadline *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	return a->start != b->start ? a->start < b->start : a->slot < b->slot;
}

static void put(struct deadlines *d, u32 place, struct deadline x)
{
	d->heap[place] = x;
	d->places[x.slot] = place + 1;
}

static void sift_up(struct deadlines *d, u32 place, struct deadline x)
{
	for (; place && is_before(&x, &d->heap[(place - 1) / 2]); place = (place - 1) / 2)
		put(d, place, d->heap[(place - 1) / 2]);
	put(d, place, x);
}

static void sift_down(struct deadlines *d, u32 place, struct deadline x)
{
	for (u32 child; (child = 2 * place + 1) < d->count; place = child) {
		if (child + 1 < d->count && is_before(&d->heap[child + 1], &d->heap[child]))
			child++;
		if (!is_before(&d->heap[child], &x))
			break;
		put(d, place, d->heap[child]);
	}
	put(d, place, x);
}

/* Puts x where `place` became free, or beyond, so that parents stay before their children. */
static void settle(struct deadlines *d, u32 place, struct deadline x)
{
	if (place && is_before(&x, &d->heap[(place - 1) / 2]))
		sift_up(d, place, x);
	else
		sift_down(d, place, x);
}

void deadlines_set(struct deadlines *d, u32 slot, u64 at, u64 start)
{
	struct deadline x = {.at = at, .start = start, .slot = slot};
	u32 place = d->places[slot];

	settle(d, place ? place - 1 : d->count++, x);
}

void deadlines_set_at_latest(struct deadlines *d, u32 slot, u64 at, u64 start)
{
	u32 place = d->places[slot];

	if (!place || d->heap[place - 1].at > at)
		deadlines_set(d, slot, at, start);
}

void deadlines_remove(struct deadlines *d, u32 slot)
{
	u32 place = d->places[slot];

	if (!place)
		return;
	d->places[slot] = 0;
	if (place != d->count--)
		settle(d, place - 1, d->heap[d->count]);
}

const struct deadline *deadlines_first(const struct deadlines *d)
{
	return d->count ? &d->heap[0] : NULL;
}
