// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bucket.h"
#include "event.h"
#include "message.h"
#include "packets_bed.h"

enum { PASS = 1 << 16 };

static void shuffle(struct walk *m, u32 step)
{
	for (u32 i = 0; i < m->many; i++)
		m->order[i] = step * i;
	for (u32 i = m->many - 1; i; i--) {
		u32 j = (u32)random() % (i + 1), other = m->order[j];

		m->order[j] = m->order[i];
		m->order[i] = other;
	}
}

int walk_open(struct walk *m, enum memory_touch touch, u32 connections)
{
	u32 buckets = buckets_for(connections);

	*m = (struct walk){.touch = touch, .size = buckets * sizeof(struct bucket)};
	m->many = touch == TOUCH_OPENING ? buckets : connections;
	m->buckets = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m->order = calloc(m->many, sizeof(*m->order));
	m->ring = touch == TOUCH_EVENT ? calloc(1, RING_BYTES) : NULL;
	if (m->buckets == MAP_FAILED || !m->order || (touch == TOUCH_EVENT && !m->ring))
		return say_error("memory of %u connections: %s", connections, strerror(errno));
	madvise(m->buckets, m->size, MADV_NOHUGEPAGE); /* a map of the kernel's lies in pages of 4 kB */
	memset(m->buckets, 1, m->size);
	shuffle(m, touch == TOUCH_OPENING ? 1 : 2);
	return 0;
}

void walk_close(struct walk *m)
{
	if (m->buckets && m->buckets != MAP_FAILED)
		munmap(m->buckets, m->size);
	free(m->order);
	free(m->ring);
}

/*
 * What was written has arrived; and nothing of the next packet is looked at before: between two packets lie
 * more instructions than a CPU looks ahead.
 */
static void end_of_packet(void)
{
	__sync_synchronize();
#ifdef __x86_64__
	__asm__ volatile("lfence" ::: "memory");
#endif
}

static void touch_segment(const struct walk *m, u32 slot)
{
	struct bucket *b = (struct bucket *)(void *)m->buckets + slot / WAYS;
	volatile struct connection *c = &b->ways[slot % WAYS];

	(void)c->state;
	c->half[0].segments++;
}

static void touch_event(const struct walk *m, u32 slot, u32 turn)
{
	const u32 items = RING_BYTES / sizeof(struct event);
	struct bucket *b = (struct bucket *)(void *)m->buckets + slot / WAYS;
	const volatile struct connection *c = &b->ways[slot % WAYS];

	(void)c->half[1].isn;
	(void)c->options[0].window_scale;
	memset(m->ring + turn % items * sizeof(struct event), 1, sizeof(struct event));
}

static void touch_opening(const struct walk *m, u32 bucket, u32 turn)
{
	struct bucket *b = (struct bucket *)(void *)m->buckets + bucket;
	u32 way = (*(volatile u32 *)&b->hints[0] + turn) % WAYS;

	memset(&b->ways[way], 1, sizeof(b->ways[way]));
}

static double touch_all(const struct walk *m, u32 first, u32 mask)
{
	double begin = cpu_time();

	for (u32 i = 0; i < PASS; i++) {
		u32 turn = first + (i & mask), at = m->order[turn % m->many];

		if (m->touch == TOUCH_OPENING)
			touch_opening(m, at, turn / m->many);
		else
			touch_segment(m, at);
		if (m->touch == TOUCH_EVENT)
			touch_event(m, at, turn);
		end_of_packet();
	}
	return (cpu_time() - begin) / PASS;
}

double walk_pass(const struct walk *m)
{
	u32 first = (u32)random() % m->many;
	double everywhere;

	touch_all(m, first + PASS, ~0U); /* what ran before left other lines in the caches */
	everywhere = touch_all(m, first, ~0U);
	return everywhere - touch_all(m, first, 0);
}
