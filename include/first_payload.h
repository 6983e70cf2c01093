/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first payload of each direction, copied to the ring once: what the application protocol is named
 * by. Whoever sees the frame does the copying; here is what is to be copied, and the item that takes it.
 */
#ifndef SYNSCOPE_FIRST_PAYLOAD_H
#define SYNSCOPE_FIRST_PAYLOAD_H

#include "config.h"
#include "counters.h"
#include "event.h"
#include "sighting.h"

/* Whether a segment that was taken into its connection brought the first payload of its direction. */
ALWAYS_INLINE bool is_first_payload(const struct sighting *g)
{
	return g->kinds & 1 << EVENT_DATA && config_current()->payloads;
}

/* Where the payload begins in the frame, bytes. */
ALWAYS_INLINE u32 payload_at(const struct segment *s)
{
	return (u32)s->transport + s->header;
}

/* How much of it is handed over, of a frame that can be read up to `readable` bytes; 0: nothing can. */
ALWAYS_INLINE u32 payload_length(const struct segment *s, u32 readable)
{
	u32 length = readable > payload_at(s) ? readable - payload_at(s) : 0;

	if (length > s->payload)
		length = s->payload;
	return length > PAYLOAD_LARGE ? PAYLOAD_LARGE : length;
}

/* Fills the head of an item with room for the payload; what is copied behind it is the caller's. */
ALWAYS_INLINE void payload_head(struct first_payload *p, const struct segment *s, const struct sighting *g,
				u32 length)
{
	p->item.type = ITEM_PAYLOAD;
	p->item.slot = g->slot;
	p->generation = g->generation;
	p->offset = s->seq + !!(s->flags & TCP_SYN) - g->isn - 1;
	p->length = (u16)length;
	p->from = g->from;
	__builtin_memset(p->reserved, 0, sizeof(p->reserved));
}

#endif
