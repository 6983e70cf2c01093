// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of a timeline: which events they are, and how many are kept. */
#include "book.h"

#include <stdlib.h>

/* How many steps are kept of all connections together, for each slot: a handshake and a close of most. */
enum { STEPS_PER_SLOT = 4 };

/* For how many steps an entry with so many has room: 4, then twice as many each time. */
static u32 steps_room(u32 count)
{
	u32 room = 4;

	while (room < count)
		room *= 2;
	return count ? room : 0;
}

/* A step of the timeline: what belongs to handshake and teardown, and nothing of the data in between. */
static bool is_step(const struct event *e)
{
	const u32 steps = 1 << EVENT_SYN | 1 << EVENT_SYN_ACK | 1 << EVENT_ESTABLISHED | 1 << EVENT_FIN |
			  1 << EVENT_FIN_ACKED | 1 << EVENT_RST | 1 << EVENT_CLOSED | 1 << EVENT_UNREACHABLE;

	return e->kinds & steps || (e->kinds & 1 << EVENT_RETRANSMISSION && e->flags & (TCP_SYN | TCP_FIN)) ||
	       (e->kinds & 1 << EVENT_SEGMENT && !(e->verdict & VERDICT_ACCEPTED));
}

/* Room for one more step, unless there are enough of them, in this entry or in all. */
static bool make_room(struct book *b, struct entry *entry)
{
	u32 room = steps_room(entry->step_count), wanted = steps_room(entry->step_count + 1);
	struct event *more;

	if (entry->step_count == STEPS_MAX)
		return false;
	if (wanted == room)
		return entry->steps != NULL;
	if (b->steps_room + wanted - room > (u64)b->config->buckets * WAYS * STEPS_PER_SLOT)
		return false;
	more = realloc(entry->steps, wanted * sizeof(*more));
	if (!more)
		return false;
	entry->steps = more;
	b->steps_room += wanted - room;
	return true;
}

void book_add_step(struct book *b, struct entry *entry, const struct event *e)
{
	if (!is_step(e))
		return;
	if (make_room(b, entry))
		entry->steps[entry->step_count++] = *e;
	else
		entry->steps_omitted++;
}

void book_drop_steps(struct book *b, struct entry *entry)
{
	free(entry->steps);
	b->steps_room -= steps_room(entry->step_count);
	entry->steps = NULL;
	entry->step_count = 0;
	entry->steps_omitted = 0;
}
