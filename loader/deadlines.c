// SPDX-License-Identifier: GPL-2.0-or-later
#include "deadlines.h"

#include <errno.h>
#include <stdlib.h>

#include "memory.h"

int deadlines_open(struct deadlines *d, u32 slots, struct places places)
{
	d->count = 0;
	d->slots = slots;
	d->places = places;
	d->heap = memory_open(slots * sizeof(*d->heap));
	return d->heap ? 0 : -ENOMEM;
}

void deadlines_close(struct deadlines *d)
{
	memory_close(d->heap, d->slots * sizeof(*d->heap));
	d->heap = NULL;
}

static u32 *place_of(const struct deadlines *d, u32 slot)
{
	return (u32 *)((u8 *)d->places.first + slot * d->places.apart);
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
	*place_of(d, x.slot) = place + 1;
}

static u32 parent(u32 place)
{
	return (place - 1) / DEADLINE_CHILDREN;
}

static void sift_up(struct deadlines *d, u32 place, struct deadline x)
{
	for (; place && is_before(&x, &d->heap[parent(place)]); place = parent(place))
		put(d, place, d->heap[parent(place)]);
	put(d, place, x);
}

/* The first of those below a place; the place itself where there are none. */
static u32 first_child(const struct deadlines *d, u32 place)
{
	u32 child = DEADLINE_CHILDREN * place + 1, end = child + DEADLINE_CHILDREN, first = child;

	if (child >= d->count)
		return place;
	if (end > d->count)
		end = d->count;
	while (++child < end)
		if (is_before(&d->heap[child], &d->heap[first]))
			first = child;
	return first;
}

static void sift_down(struct deadlines *d, u32 place, struct deadline x)
{
	for (u32 child; (child = first_child(d, place)) != place; place = child) {
		if (!is_before(&d->heap[child], &x))
			break;
		put(d, place, d->heap[child]);
	}
	put(d, place, x);
}

/* Puts x where `place` became free, or beyond, so that parents stay before their children. */
static void settle(struct deadlines *d, u32 place, struct deadline x)
{
	if (place && is_before(&x, &d->heap[parent(place)]))
		sift_up(d, place, x);
	else
		sift_down(d, place, x);
}

void deadlines_set(struct deadlines *d, u32 slot, u64 at, u64 start)
{
	struct deadline x = {.at = at, .start = start, .slot = slot};
	u32 place = *place_of(d, slot);

	settle(d, place ? place - 1 : d->count++, x);
}

void deadlines_set_at_latest(struct deadlines *d, u32 slot, u64 at, u64 start)
{
	u32 place = *place_of(d, slot);

	if (!place || d->heap[place - 1].at > at)
		deadlines_set(d, slot, at, start);
}

void deadlines_remove(struct deadlines *d, u32 slot)
{
	u32 place = *place_of(d, slot);

	if (!place)
		return;
	*place_of(d, slot) = 0;
	if (place != d->count--)
		settle(d, place - 1, d->heap[d->count]);
}

const struct deadline *deadlines_first(const struct deadlines *d)
{
	return d->count ? &d->heap[0] : NULL;
}

static int by_start(const void *a, const void *b)
{
	const struct deadline *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

const struct deadline *deadlines_by_start(struct deadlines *d)
{
	qsort(d->heap, d->count, sizeof(*d->heap), by_start);
	return d->heap;
}

void deadlines_clear(struct deadlines *d)
{
	for (u32 i = 0; i < d->count; i++)
		*place_of(d, d->heap[i].slot) = 0;
	d->count = 0;
}
