// SPDX-License-Identifier: GPL-2.0-only
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The engine whose frame is under analysis: what platform.h asks of a host build stands on it. */
static struct engine *current;

static const volatile struct config *config_current(void)
{
	return &current->config;
}

static struct counters *counters_current(void)
{
	return &current->counters;
}

static struct bucket *table_bucket(u32 index)
{
	return &current->table[index];
}

static void *ring_reserve(size_t size)
{
	(void)size;
	return &current->item;
}

static void ring_submit(void *item)
{
	const struct ring_item *ring_item = item;

	current->reader(current->reader_context, ring_item,
			ring_item->type == ITEM_EVENT ? sizeof(struct event) : sizeof(struct final_record));
}

static u64 clock_now(void)
{
	return current->now;
}

#include "analyzer.h"

int engine_open(struct engine *e, const struct config *config, ring_reader reader, void *context)
{
	memset(e, 0, sizeof(*e));
	e->config = *config;
	e->table = calloc(config->buckets, sizeof(*e->table));
	if (!e->table)
		return -ENOMEM;
	e->reader = reader;
	e->reader_context = context;
	return 0;
}

void engine_close(struct engine *e)
{
	free(e->table);
	e->table = NULL;
}

void engine_frame(struct engine *e, u64 time, const u8 *data, u32 captured, u32 length)
{
	struct frame f = {.data = data, .end = data + captured, .length = length, .layer3 = e->config.layer3};
	struct sighting g = {.hook = HOOK_IN, .tick = time, .precise = 1};
	struct segment s = {0};

	current = e;
	e->now = time;
	account(&s, &g, dissect(&f, &s, &g));
}
