// SPDX-License-Identifier: GPL-2.0-or-later
#include "book.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "message.h"
#include "scan_probe.h"
#include "snapshot.h"

/* A connection that is open for so long is shown before its end. ns. */
enum { ANNOUNCE_ESTABLISHED_AFTER = NS_PER_SECOND, ANNOUNCE_HALF_OPEN_AFTER = 2 * NS_PER_SECOND };

static u32 slots(const struct book *b)
{
	return b->config->buckets * WAYS;
}

static size_t entries_size(const struct book *b)
{
	return slots(b) * sizeof(*b->entries);
}

static struct places places(const struct book *b)
{
	return (struct places){.first = &b->entries->place, .apart = sizeof(*b->entries)};
}

/* A scan begins, grows or ends. */
static void on_scan(void *context, struct scanner *s, enum scan_news news)
{
	const struct book *b = context;
	struct output *o = b->output;

	if (news == SCAN_IS_GONE)
		summary_scan(b->summary, b->interface, s);
	else if (o->view->scan && !output_is_full(o))
		o->units += o->view->scan(o->file, &o->options, b->interface, s, news);
}

int book_open(struct book *b, const struct interface *interface, const struct config *config,
	      const struct bucket *table, struct output *output, struct summary *summary)
{
	memset(b, 0, sizeof(*b));
	b->interface = interface;
	b->config = config;
	b->table = table;
	b->output = output;
	b->summary = summary;
	b->scans = scans_open(config->hash_seed[0], on_scan, b);
	b->entries = memory_open(entries_size(b));
	if (b->scans && b->entries && !deadlines_open(&b->deadlines, slots(b), places(b))) {
		b->scans->ingress_only = interface->ingress_only;
		return 0;
	}
	scans_close(b->scans);
	memory_close(b->entries, entries_size(b));
	b->scans = NULL;
	b->entries = NULL;
	return say_no_room(slots(b) / 2, entries_size(b), ENOMEM);
}

/* What an entry holds of its connection. */
static void forget(struct book *b, struct entry *e)
{
	service_close(&e->service);
	book_drop_steps(b, e);
}

void book_close(struct book *b)
{
	if (!b->config)
		return;
	for (u32 slot = 0; b->open_entries && slot < slots(b); slot++)
		forget(b, &b->entries[slot]);
	memory_close(b->entries, entries_size(b));
	scans_close(b->scans);
	deadlines_close(&b->deadlines);
	free(b->told_notes.notes);
}

static bool was_told(const struct book *b, u32 slot, u32 generation)
{
	return b->told && b->told->generation[slot] == generation;
}

void book_settle_told(struct book *b)
{
	if (b->told && (b->output->failed || b->output->closed))
		told_take_back(b->told, &b->told_notes);
	told_confirm(&b->told_notes);
}

/* The entry of a connection; one that was about an older connection of the slot begins anew. */
static struct entry *entry_of(struct book *b, u32 slot, u32 generation)
{
	struct entry *e = &b->entries[slot];

	if (e->generation == generation)
		return e;
	if (e->generation && !e->final)
		b->open_entries--; /* its final record was lost, and counted where it was lost */
	forget(b, e);
	deadlines_remove(&b->deadlines, slot);
	e->generation = generation;
	e->final = was_told(b, slot, generation);
	e->announced = e->judged = false;
	e->probe = SCAN_NONE;
	b->open_entries += !e->final;
	return e;
}

/* Whether what is open is shown. Who gives --count wants so many connections, and each as a whole. */
static bool announces(const struct book *b)
{
	return b->output->view->opened && !b->output->limit;
}

static bool is_to_announce(const struct book *b, const struct entry *e)
{
	return announces(b) && !e->announced;
}

/* Whatever becomes of a connection, nothing of it is due before. ns after its start. */
static u64 first_look_after(const struct book *b)
{
	u64 after = b->config->linger < b->config->idle_timeout ? b->config->linger : b->config->idle_timeout;

	return announces(b) && after > ANNOUNCE_ESTABLISHED_AFTER ? ANNOUNCE_ESTABLISHED_AFTER : after;
}

/*
 * When silence has lasted too long; ns. A live segment's time is right to a jiffy only (100 a second at
 * least): by the programs' word a connection may have gone on in time where it seems too late here.
 */
static u64 given_up_at(const struct book *b, const struct connection *c)
{
	enum { LATE_BY = 20000000 }; /* ns */

	return last_seen(c) + b->config->idle_timeout + (b->interface->replay ? 0 : LATE_BY);
}

/* When to look at a connection again. */
static u64 next_deadline(const struct book *b, const struct entry *e, const struct connection *c)
{
	u64 at, announce;

	if (c->state & CLOSED_ONCE)
		return closed_at(c) + b->config->linger;
	at = given_up_at(b, c);
	announce = c->state & ESTABLISHED_ONCE ? c->at.established + ANNOUNCE_ESTABLISHED_AFTER
					       : c->start + ANNOUNCE_HALF_OPEN_AFTER;
	return is_to_announce(b, e) && announce < at ? announce : at;
}

static struct record make_record(const struct book *b, const struct entry *e, const struct connection *c,
				 enum ending ending, u64 now)
{
	struct record r = {
		.interface = b->interface,
		.connection = c,
		.ending = ending,
		.now = now,
		.steps = e->steps,
		.step_count = e->step_count,
		.steps_omitted = e->steps_omitted,
	};

	if (b->config->payloads)
		service_of_record(&r, &e->service);
	return r;
}

/* One line for each kind: a segment that completes the handshake and brings data is two events. */
static void show_event(struct book *b, const struct event *e)
{
	struct output *o = b->output;
	struct event one = *e;
	u32 left;

	for (left = e->kinds; left && !output_is_full(o); left &= left - 1) {
		one.kinds = left & -left; /* the lowest bit */
		o->units += o->view->event(o->file, &o->options, b->interface, &one);
		one.number++;
	}
	one.kinds = left;
	if (left && b->told)
		b->told->rest = one;
}

/* A scan is told of as a whole, where people read. */
static bool is_folded(const struct book *b, const struct event *e, enum scan_kind probe)
{
	const struct output *o = b->output;

	return o->view->scan && !o->options.json && !o->options.segments && scans_folds(b->scans, e, probe);
}

/* Nobody sent this event: it is of the moment when the silence had lasted too long. */
static void tell_expired(struct book *b, const struct entry *entry, const struct connection *c)
{
	const struct event e = {
		.time = last_seen(c) + b->config->idle_timeout,
		.start = c->start,
		.state = c->state,
		.key = c->key,
		.generation = c->generation,
		.kinds = 1 << EVENT_EXPIRED,
		.number = c->events + 1,
		.options.window_scale = NO_WINDOW_SCALE,
	};

	if (b->told && given_up_at(b, c) <= b->told->silence_until)
		return; /* by an earlier tail */
	if (b->output->view->event && !is_folded(b, &e, entry->probe))
		show_event(b, &e);
}

/* Whatever a record is, the scan rule judges it, and the summary counts it. */
static void judge(struct book *b, struct record *r)
{
	r->scan = scans_judge(b->scans, r->connection, r->now);
	summary_add(b->summary, r);
}

static void show_final(struct book *b, u32 slot, const struct record *r)
{
	struct output *o = b->output;

	if (!o->view->final || output_is_full(o))
		return;
	o->units += o->view->final(o->file, &o->options, r);
	if (b->told)
		told_note(b->told, &b->told_notes, slot, r->connection->generation);
}

void book_make_final(struct book *b, u32 slot, const struct connection *c, enum ending ending, u64 now)
{
	struct entry *e = &b->entries[slot];
	struct record r = make_record(b, e, c, ending, now);

	if (ending == ENDING_IDLE)
		tell_expired(b, e, c);
	if (!e->judged)
		judge(b, &r);
	e->judged = true;
	if (b->told && !b->last_reader && ending == ENDING_OPEN)
		return; /* it goes on, and so do the readers */
	e->final = true;
	b->open_entries--;
	show_final(b, slot, &r);
	forget(b, e);
}

/* Its entry is about the next connection of the slot already, which was seen in the table. */
static void finish_late(struct book *b, u32 slot, const struct connection *c, enum ending ending, u64 now)
{
	const struct entry none = {0};
	struct record r = make_record(b, &none, c, ending, now);

	judge(b, &r);
	show_final(b, slot, &r);
}

static void announce(struct book *b, u32 slot, const struct connection *c, u64 now)
{
	struct entry *e = &b->entries[slot];
	struct record r = make_record(b, e, c, ENDING_OPEN, now);
	struct output *o = b->output;

	e->announced = true;
	r.live = true;
	if (!output_is_full(o))
		o->units += o->view->opened(o->file, &o->options, &r);
}

/* An event may bring a deadline forward. Those that it puts off are found when the old one is due. */
static void look_sooner(struct book *b, const struct entry *entry, const struct event *e)
{
	if (e->kinds & 1 << EVENT_CLOSED)
		deadlines_set_at_latest(&b->deadlines, e->item.slot, e->time + b->config->linger, e->start);
	else if (e->kinds & 1 << EVENT_ESTABLISHED && is_to_announce(b, entry))
		deadlines_set_at_latest(&b->deadlines, e->item.slot, e->time + ANNOUNCE_ESTABLISHED_AFTER,
					e->start);
}

static void on_event(struct book *b, const struct event *e)
{
	struct entry *entry;

	if (e->item.slot >= slots(b))
		return;
	entry = &b->entries[e->item.slot];
	if (entry->generation != e->generation) {
		entry = entry_of(b, e->item.slot, e->generation);
		if (!entry->final)
			deadlines_set(&b->deadlines, e->item.slot, e->start + first_look_after(b), e->start);
	}
	entry->probe = (u8)probe_of_event(e, entry->probe);
	if (b->output->view->event && !is_folded(b, e, entry->probe))
		show_event(b, e);
	scans_event(b->scans, e, entry->probe);
	if (entry->final)
		return;
	if (b->output->view->wants_steps)
		book_add_step(b, entry, e);
	look_sooner(b, entry, e);
}

static enum ending ending_of(const struct final_record *f)
{
	if (f->reason == FINAL_REUSED)
		return ENDING_REUSED;
	if (f->connection.state & CLOSED_ONCE)
		return ENDING_CLOSED;
	return f->reason == FINAL_EXPIRED ? ENDING_IDLE : ENDING_EVICTED;
}

static void on_final(struct book *b, const struct final_record *f)
{
	u32 slot = f->item.slot, generation = f->connection.generation;
	const struct entry *e;

	if (slot >= slots(b))
		return;
	if (b->entries[slot].generation && is_newer_generation(b->entries[slot].generation, generation)) {
		if (!was_told(b, slot, generation))
			finish_late(b, slot, &f->connection, ending_of(f), f->time);
		return;
	}
	e = entry_of(b, slot, generation);
	if (e->final)
		return;
	if (b->unread && !e->judged && f->connection.start <= b->finished)
		b->unread--;
	deadlines_remove(&b->deadlines, slot);
	book_make_final(b, slot, &f->connection, ending_of(f), f->time);
}

/* Begins the entry of a connection from the table: its events were lost, or were before the reader. */
static void take_up(struct book *b, u32 slot, const struct connection *c)
{
	const struct entry *e = entry_of(b, slot, c->generation);

	if (!e->final)
		deadlines_set(&b->deadlines, slot, next_deadline(b, e, c), c->start);
}

/* Behind the first event of its connection, unless that one was lost. */
static void on_payload(struct book *b, const struct first_payload *p)
{
	struct connection c;
	struct entry *e;

	if (p->item.slot >= slots(b))
		return;
	e = &b->entries[p->item.slot];
	if (e->generation != p->generation && snapshot(b->table, p->item.slot, &c) &&
	    c.generation == p->generation)
		take_up(b, p->item.slot, &c);
	if (e->generation == p->generation && !e->final)
		service_payload(&e->service, p);
}

void book_expect(const struct book *b, const struct ring_item *item)
{
	if (item->slot < slots(b))
		__builtin_prefetch(&b->entries[item->slot]);
}

void book_item(struct book *b, const struct ring_item *item)
{
	if (item->type == ITEM_EVENT)
		on_event(b, (const struct event *)item);
	else if (item->type == ITEM_FINAL)
		on_final(b, (const struct final_record *)item);
	else if (item->type == ITEM_PAYLOAD)
		on_payload(b, (const struct first_payload *)item);
}

void book_read_last(struct book *b)
{
	b->last_reader = true;
}

void book_resume(struct book *b, struct told *told)
{
	struct event rest;

	b->told = told;
	if (!told || !told->rest.kinds)
		return;
	rest = told->rest;
	told->rest.kinds = 0;
	book_item(b, &rest.item);
}

/* In its turn: what was due may have been its announcement, where time has gone on by more than that. */
static void expire(struct book *b, u32 slot, const struct connection *c, u64 due, u64 now)
{
	u64 over = given_up_at(b, c);

	if (over > due) {
		deadlines_set(&b->deadlines, slot, over, c->start);
		return;
	}
	deadlines_remove(&b->deadlines, slot);
	book_make_final(b, slot, c, ENDING_IDLE, now);
}

/* Something is due in a slot: finish it, show it, or look again later. */
static void visit(struct book *b, u32 slot, u64 due, u64 now)
{
	struct entry *e = &b->entries[slot];
	struct connection c;
	u64 next;

	if (!snapshot(b->table, slot, &c) || c.generation != e->generation) {
		deadlines_remove(&b->deadlines, slot); /* its final record is in the ring, or was lost */
		return;
	}
	next = next_deadline(b, e, &c);
	if (next > due || next >= now) {
		deadlines_set(&b->deadlines, slot, next, c.start);
	} else if (c.state & CLOSED_ONCE) {
		deadlines_remove(&b->deadlines, slot);
		book_make_final(b, slot, &c, ENDING_CLOSED, now);
	} else if (is_expired(&c, b->config, now)) {
		expire(b, slot, &c, due, now);
	} else {
		if (is_to_announce(b, e))
			announce(b, slot, &c, now);
		deadlines_set(&b->deadlines, slot, next_deadline(b, e, &c), c.start);
	}
}

/*
 * What is due next is near the top of the heap. Inline: of a function that only prefetches, gcc drops the
 * call, as if it did nothing.
 */
ALWAYS_INLINE void expect_due(const struct book *b, u64 now)
{
	for (u32 i = 1; i <= DEADLINE_CHILDREN && i < b->deadlines.count; i++)
		if (b->deadlines.heap[i].at < now)
			table_expect(b->table, b->deadlines.heap[i].slot);
}

/* Whose turn it is: the book in which something was due first. NULL: nothing is due in any. */
static struct book *next_due(struct book *first, u64 now)
{
	const struct deadline *earliest = NULL;
	struct book *found = NULL;

	for (struct book *b = first; b; b = b->next) {
		const struct deadline *d = deadlines_first(&b->deadlines);

		if (!d || d->at >= now)
			continue;
		if (earliest &&
		    (d->at > earliest->at || (d->at == earliest->at && d->start >= earliest->start)))
			continue;
		earliest = d;
		found = b;
	}
	return found;
}

void book_advance(struct book *first, u64 now)
{
	struct book *b;

	for (b = first; b; b = b->next)
		scans_advance(b->scans, now);
	while (first && !output_is_full(first->output) && (b = next_due(first, now))) {
		const struct deadline *due = deadlines_first(&b->deadlines);

		expect_due(b, now);
		visit(b, due->slot, due->at, now);
	}
}

void book_read_table(struct book *b)
{
	for (u32 slot = 0; slot < slots(b); slot++) {
		struct connection c;

		if (slot % WAYS == 0)
			table_look_ahead(b->table, b->config, slot / WAYS);
		if (!table_slot_taken(b->table, slot) || !snapshot(b->table, slot, &c))
			continue;
		if (b->entries[slot].generation != c.generation)
			take_up(b, slot, &c);
		else if (!b->entries[slot].final) /* the event of its close may be among the lost ones */
			deadlines_set_at_latest(&b->deadlines, slot, next_deadline(b, &b->entries[slot], &c),
						c.start);
	}
}
