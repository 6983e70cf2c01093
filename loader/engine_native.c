// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine_native.h"

#include <errno.h>
#include <string.h>

#include "memory.h"

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

static size_t item_size(const struct ring_item *item)
{
	switch (item->type) {
	case ITEM_EVENT:
		return sizeof(struct event);
	case ITEM_FINAL:
		return sizeof(struct final_record);
	default:
		return sizeof(struct first_payload) + current->item.payload.length;
	}
}

static void ring_submit(void *item)
{
	current->reader(current->reader_context, item, item_size(item));
}

/* The reader is never behind. */
static bool ring_is_filling(void)
{
	return false;
}

static u64 clock_now(void)
{
	return current->now;
}

#include "analyzer.h"

static size_t table_size(const struct engine *e)
{
	return e->config.buckets * sizeof(*e->table);
}

int engine_open(struct engine *e, const struct config *config, ring_reader reader, void *context)
{
	memset(e, 0, sizeof(*e));
	e->config = *config;
	config_settle(&e->config);
	e->table = memory_open(table_size(e));
	if (!e->table)
		return -ENOMEM;
	e->reader = reader;
	e->reader_context = context;
	return 0;
}

void engine_close(struct engine *e)
{
	memory_close(e->table, table_size(e));
	e->table = NULL;
}

static void hand_over_payload(const struct frame *f, const struct segment *s, const struct sighting *g)
{
	struct first_payload *p = &current->item.payload;
	u32 length = payload_length(s, (u32)(f->end - f->data));

	if (!length)
		return;
	payload_head(p, s, g, length);
	memcpy(p->bytes, f->data + payload_at(s), length);
	ring_submit(p);
}

void engine_frame(struct engine *e, u64 time, const u8 *data, u32 captured, u32 length)
{
	struct frame f = {.data = data, .end = data + captured, .length = length, .layer3 = e->config.layer3};
	struct sighting g = {.hook = HOOK_IN, .tick = time, .precise = 1};
	struct segment s = {0};
	struct icmp_error error;
	enum parsed parsed;

	current = e;
	e->now = time;
	g.count = 1;
	if (take_predicted(&f, &g, &e->counters, &time))
		return;
	parsed = dissect(&f, &s, &g);
	account(&s, &g, parsed);
	if (is_first_payload(&g))
		hand_over_payload(&f, &s, &g);
	else if (parsed == PARSED_UNREACHABLE && parse_unreachable(&f, &s, &error))
		tell_unreachable(&s, &g, &error);
}
