// SPDX-License-Identifier: GPL-2.0-or-later
#include "stage.h"

#include <stdlib.h>
#include <string.h>

#include "json_counters.h"
#include "json_event.h"
#include "json_record.h"
#include "scan_probe.h"
#include "totals.h"

enum { SECOND = 1000000000 };

struct config stage_config(void)
{
	struct config c = {.idle_timeout = 300ULL * SECOND,
			   .time_wait = 60ULL * SECOND,
			   .linger = 5ULL * SECOND,
			   .buckets = 64};

	for (u64 i = 0; i < COUNT_OF(c.hash_seed); i++)
		c.hash_seed[i] = 0x9e3779b97f4a7c15ULL * (i + 1);
	return c;
}

static void *grown(void *old, u32 count, size_t size)
{
	void *new = realloc(old, (count + 1) * size);

	if (!new)
		abort();
	return new;
}

static void keep_event(struct stage *s, const struct event *e)
{
	s->events = grown(s->events, s->event_count, sizeof(*s->events));
	s->events[s->event_count++] = *e;
}

static void keep_final(struct stage *s, const struct connection *c, enum ending ending)
{
	s->finals = grown(s->finals, s->final_count, sizeof(*s->finals));
	s->finals[s->final_count++] = (struct final_item){*c, ending, SCAN_NONE};
}

static enum ending ending_of(const struct final_record *f)
{
	if (f->connection.state & CLOSED_ONCE)
		return ENDING_CLOSED;
	if (f->reason == FINAL_REUSED)
		return ENDING_REUSED;
	return f->reason == FINAL_EXPIRED ? ENDING_IDLE : ENDING_EVICTED;
}

static void take_item(void *context, const struct ring_item *item, size_t size)
{
	struct stage *s = context;
	const struct event *e = (const void *)item;
	struct probe *probe;

	(void)size;
	if (item->type == ITEM_FINAL) {
		const struct final_record *f = (const void *)item;

		keep_final(s, &f->connection, ending_of(f));
		s->finals[s->final_count - 1].scan = scans_judge(s->scans, &f->connection, s->now);
		return;
	}
	if (item->type != ITEM_EVENT)
		return;
	keep_event(s, e);
	probe = &s->probes[item->slot];
	if (probe->generation != e->generation)
		*probe = (struct probe){.generation = e->generation};
	probe->kind = probe_of_event(e, probe->kind);
	scans_event(s->scans, e, probe->kind);
}

void stage_open(struct stage *s, const struct config *config, const char *capture)
{
	memset(s, 0, sizeof(*s));
	s->scans = scans_open(1, NULL, NULL);
	s->probes = calloc((size_t)config->buckets * WAYS, sizeof(*s->probes));
	if (!s->scans || !s->probes || engine_open(&s->engine, config, take_item, s))
		abort();
	s->scans->ingress_only = config->one_way;
	s->open = true;
	if (!capture)
		return;
	s->dead = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262144, PCAP_TSTAMP_PRECISION_NANO);
	s->capture = s->dead ? pcap_dump_open(s->dead, capture) : NULL;
	if (!s->capture)
		abort();
}

void stage_frame(struct stage *s, u64 time, const u8 *data, u32 length)
{
	struct pcap_pkthdr header = {.caplen = length, .len = length};

	s->now = time;
	scans_advance(s->scans, time);
	engine_frame(&s->engine, time, data, length, length);
	header.ts.tv_sec = (time_t)(time / SECOND);
	header.ts.tv_usec = (suseconds_t)(time % SECOND); /* nanoseconds, by the precision above */
	if (s->capture)
		pcap_dump((u_char *)s->capture, &header, data);
}

static int by_start(const void *a, const void *b)
{
	const struct final_item *x = a, *y = b;

	if (x->connection.start != y->connection.start)
		return x->connection.start < y->connection.start ? -1 : 1;
	return (x->connection.generation > y->connection.generation) -
	       (x->connection.generation < y->connection.generation);
}

void stage_finish(struct stage *s, u64 time)
{
	const struct config *config = &s->engine.config;
	u32 judged = s->final_count;

	s->now = time;
	for (u32 i = 0; i < config->buckets * WAYS; i++) {
		const struct bucket *b = &s->engine.table[i / WAYS];
		const struct connection *c = &b->ways[i % WAYS];

		if (!b->tags[i % WAYS])
			continue;
		scans_settle(s->scans, c, time);
		keep_final(s, c,
			   c->state & CLOSED_ONCE	 ? ENDING_CLOSED
			   : is_expired(c, config, time) ? ENDING_IDLE
							 : ENDING_OPEN);
	}
	if (s->final_count > judged)
		qsort(s->finals + judged, s->final_count - judged, sizeof(*s->finals), by_start);
	for (u32 i = judged; i < s->final_count; i++)
		s->finals[i].scan = scans_judge(s->scans, &s->finals[i].connection, time);
	if (s->final_count)
		qsort(s->finals, s->final_count, sizeof(*s->finals), by_start);
}

void stage_close(struct stage *s)
{
	if (!s->open)
		return;
	engine_close(&s->engine);
	free(s->events);
	free(s->finals);
	free(s->probes);
	scans_close(s->scans);
	if (s->capture)
		pcap_dump_close(s->capture);
	if (s->dead)
		pcap_close(s->dead);
	memset(s, 0, sizeof(*s));
}

static struct json writer_to(char **text, size_t *size)
{
	struct json j = {.out = open_memstream(text, size)};

	if (!j.out)
		abort();
	return j;
}

static struct interface interface_of(const struct stage *s)
{
	return (struct interface){
		.replay = true, .time_wait = 60ULL * SECOND, .ingress_only = s->engine.config.one_way};
}

char *stage_record_json(const struct stage *s, u32 index)
{
	const struct interface interface = interface_of(s);
	struct record r = {.interface = &interface,
			   .connection = &s->finals[index].connection,
			   .ending = s->finals[index].ending,
			   .scan = s->finals[index].scan,
			   .now = s->now};
	char *text = NULL;
	size_t size;
	struct json j = writer_to(&text, &size);

	json_object(&j, NULL);
	json_connection(&j, &r);
	json_end_object(&j);
	fclose(j.out);
	return text;
}

/* The most telling of a segment's kinds is the first: they are numbered in the order of the enum. */
char *stage_event_json(const struct stage *s, u32 index)
{
	const struct interface interface = interface_of(s);
	const struct event *e = &s->events[index];
	char *text = NULL;
	size_t size;
	struct json j = writer_to(&text, &size);

	json_event(&j, &interface, e, (enum event_kind)__builtin_ctz(e->kinds | 1U << EVENT_KINDS),
		   e->number);
	fclose(j.out);
	return text;
}

char *stage_counters_json(const struct stage *s)
{
	const struct interface interface = interface_of(s);
	struct totals t;
	char *text = NULL;
	size_t size;
	struct json j = writer_to(&text, &size);

	totals_fill(&t, &s->engine.counters, s->scans, s->engine.table, &s->engine.config, s->now);
	json_counters(&j, &interface, &t);
	fclose(j.out);
	return text;
}
