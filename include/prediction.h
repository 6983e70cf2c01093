/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Header prediction (Van Jacobson's, of 1988): almost every segment is the next one of an open connection
 * and changes nothing but how much was sent and acknowledged. Such a one takes this short way; it leaves
 * the record and the counters exactly as the long way would (tracker.h). Every other segment is left
 * untouched for the long way.
 */
#ifndef SYNSCOPE_PREDICTION_H
#define SYNSCOPE_PREDICTION_H

#include "config.h"
#include "counting.h"
#include "options.h"
#include "parse.h"
#include "sequence.h"
#include "sighting.h"
#include "states.h"
#include "table.h"
#include "tracker.h"

/* Only these flags; an ACK is on every segment of an open connection. */
ALWAYS_INLINE bool flags_are_plain(u16 flags)
{
	return (flags & ~TCP_PSH) == TCP_ACK;
}

/* No options, or timestamps as they are laid out by all (RFC 7323 appendix A). */
ALWAYS_INLINE bool options_are_plain(const struct cursor *c, const struct segment *s)
{
	if (!s->options_length)
		return true;
	return s->options_length == 12 && cursor_has(c, TCP_HEADER + 12) &&
	       load_be32(c->at + TCP_HEADER) == TCP_OPTIONS_ONLY_TIMESTAMPS;
}

/* Ethernet without tags, IPv4 or IPv6 without extension headers, no fragment, TCP. */
ALWAYS_INLINE bool parse_plain(const struct frame *f, struct segment *s)
{
	struct cursor c = {.at = f->data, .begin = f->data, .end = f->end, .left = f->length};
	union address source = {.halves = {0}}, destination = {.halves = {0}};

	if (!cursor_has(&c, ETHERNET_HEADER))
		return false;
	c.next = load_be16(c.at + ETHERNET_TYPE_AT);
	cursor_advance(&c, ETHERNET_HEADER);
	s->fragment = 0;
	s->ip_id = 0;
	s->key.vlan = 0;
	s->key.inner_vlan = 0;
	if (c.next == ETHERTYPE_IPV4) {
		if (parse_ipv4(&c, s, &source, &destination) != PARSED_TCP || s->fragment)
			return false;
	} else if (c.next == ETHERTYPE_IPV6) {
		if (parse_ipv6_header(&c, s, &source, &destination) != PARSED_TCP)
			return false;
	} else {
		return false;
	}
	if (c.next != PROTOCOL_TCP || parse_tcp(&c, s, &source, &destination) != PARSED_TCP)
		return false;
	return flags_are_plain(s->flags) && options_are_plain(&c, s);
}

/* Both ends are past the handshake, none has begun to close, and all that a segment can add is there. */
ALWAYS_INLINE bool state_is_steady(u64 state, enum endpoint from, bool payload)
{
	u64 both_open = (u64)STATE_ESTABLISHED << STATE_BITS | STATE_ESTABLISHED;
	u64 opened = ESTABLISHED_ONCE | SYN_ACKED | SYN_ACKED << 1;
	u64 each = payload ? SAW_DATA | HISTORY_D : HISTORY_A;
	u64 seen = SAW_SEGMENT | SAW_SEGMENT << 1 | (SAW_ACK | each) << from |
		   COMPLETENESS(payload ? COMPLETE_DATA : COMPLETE_ACK);
	u64 closing = SAW_FIN | SAW_FIN << 1 | WINDOW_PROBED | WINDOW_PROBED << 1 | HOLE_OPEN;

	if ((state & ((1 << STATE_FLAGS_SHIFT) - 1)) != both_open || state & closing)
		return false;
	return (state & seen) == seen && (state & MIDSTREAM || (state & opened) == opened);
}

/* The next number of its sender, a window that is open, and no long silence before. */
ALWAYS_INLINE bool segment_is_next(const struct direction *me, const struct segment *s, u64 now)
{
	return s->seq == me->next && s->window && s->payload != 1 &&
	       now <= me->last + config_current()->idle_timeout;
}

/* Takes the segment into its connection, if it is as predicted. */
ALWAYS_INLINE bool follow_predicted(struct connection *c, const struct segment *s, struct sighting *g)
{
	u64 state = c->state;
	enum endpoint from = sender(s, state) & 1;
	struct direction *me = &c->half[s->from_high & 1], *peer = &c->half[~s->from_high & 1];

	u32 version;

	hide_value(me); /* else each use works out the address anew */
	hide_value(peer);
	version = me->version;
	compiler_barrier();
	if (!state_is_steady(state, from, s->payload) || !segment_is_next(me, s, g->tick) || !c->events)
		return false;
	if (s->ack != me->acknowledged && sequence_difference(s->ack, peer->next) > 0)
		return false;
	if (!direction_claim(me, version))
		return false;
	g->from = (u8)from;
	g->facts = FACT_SEQ_OK | FACT_ACK_OK;
	if (sequence_difference(s->ack, me->acknowledged) > 0)
		direction_acknowledge(me, peer, &c->quality[other_endpoint(from)], s, g);
	if (s->payload)
		take_new(c, s, g, 0);
	count_direction(me, s, g);
	direction_release(me, version);
	return true;
}

/* The connection of a key, or NULL. */
ALWAYS_INLINE struct connection *find_connection(const struct connection_key *key)
{
	struct place p = place_of(key);
	struct bucket *b = table_bucket(p.bucket);
	u32 way;

	if (!b)
		return NULL;
	way = bucket_find(b, &p, key);
	if (way >= WAYS)
		return NULL;
	hide_value(way); /* else the mask is dropped, and the verifier forgot the comparison */
	return &b->ways[way & (WAYS - 1)];
}

/*
 * The whole way of a plain frame. False: nothing was touched, and the long way is to be gone. Of `g` the
 * caller sets hook, tick, precise and count, as for account().
 */
ALWAYS_INLINE bool take_predicted(const struct frame *f, struct segment *s, struct sighting *g)
{
	struct connection *c;
	struct counters *n;

	if (config_current()->segments || f->layer3 || f->vlan || !parse_plain(f, s))
		return false;
	c = find_connection(&s->key);
	n = counters_current();
	if (!c || !n)
		return false;
	g->headers = s->ip_length - s->payload;
	g->frame_length = f->length + (g->count - 1) * (f->length - s->payload);
	if (!follow_predicted(c, s, g))
		return false;
	count_segment(s, g, n);
	return true;
}

#endif
