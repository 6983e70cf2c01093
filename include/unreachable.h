/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors that say "destination unreachable" (RFC 792, RFC 4443 section 3.1) or "packet too big". Each
 * quotes the packet that it is about; where that is a segment of a connection in the table, the connection is
 * told so. An error opens no connection and moves none: anybody can send one (RFC 5927).
 */
#ifndef SYNSCOPE_UNREACHABLE_H
#define SYNSCOPE_UNREACHABLE_H

#include "parse.h"
#include "tracker.h"

enum { ICMP_ERROR_MAX = 1500 };

/* What an error says, besides the segment that it quotes. */
struct icmp_error {
	union address reporter; /* who sent it */
	u8 type;
	u8 code;
	u8 reserved[6];
};

/*
 * The addresses of the quoted packet; the cursor ends at its TCP header. False: it is none, or no first one.
 */
ALWAYS_INLINE bool parse_quoted_ipv4(struct cursor *c, struct connection_key *key)
{
	u32 header;

	if (!cursor_has(c, IPV4_HEADER))
		return false;
	header = (*c->at & 15) * 4;
	if (*c->at >> 4 != 4 || header < IPV4_HEADER || *(c->at + IPV4_PROTOCOL_AT) != PROTOCOL_TCP ||
	    load_be16(c->at + IPV4_FRAGMENT_AT) & IPV4_FRAGMENT_OFFSET)
		return false;
	read_addresses_ipv4(key, c->at);
	if (!cursor_has(c, header))
		return false;
	cursor_advance(c, header);
	return true;
}

ALWAYS_INLINE bool parse_quoted_ipv6(struct cursor *c, struct connection_key *key)
{
	if (!cursor_has(c, IPV6_HEADER) || *c->at >> 4 != 6 || *(c->at + IPV6_NEXT_HEADER_AT) != PROTOCOL_TCP)
		return false;
	read_addresses_ipv6(key, c->at);
	cursor_advance(c, IPV6_HEADER);
	return true;
}

/*
 * Reads the error at s->transport, where parse_frame() found it: on true `s` has the key and the number
 * of the quoted segment.
 */
ALWAYS_INLINE bool parse_unreachable(const struct frame *f, struct segment *s, struct icmp_error *e)
{
	struct cursor c = {.at = f->data + s->transport, .begin = f->data, .end = f->end};

	if (!cursor_settle(&c))
		return false;
	c.left = ICMP_ERROR_MAX; /* what bounds it is the end of what can be read */
	if (!cursor_has(&c, ICMP_HEADER))
		return false;
	e->reporter = s->key.low;
	e->type = *c.at;
	e->code = *(c.at + 1);
	cursor_advance(&c, ICMP_HEADER);
	if (s->version == 4 ? !parse_quoted_ipv4(&c, &s->key) : !parse_quoted_ipv6(&c, &s->key))
		return false;
	if (!cursor_settle(&c) || !cursor_has(&c, ICMP_QUOTED_TCP))
		return false;
	order_key(s, load_be16(c.at), load_be16(c.at + 2));
	s->seq = load_be32(c.at + TCP_SEQ_AT);
	return true;
}

/*
 * RFC 5927 section 4.1: who saw the connection can quote a number that is on its way. Where more was
 * acknowledged than was seen, that is the next one.
 */
ALWAYS_INLINE bool quotes_what_was_sent(const struct connection *c, const struct segment *s,
					enum endpoint from)
{
	u32 first = acknowledged_of(c, from), under_way = DIRECTION(c, from)->next - first;

	if ((s32)under_way < 0)
		under_way = 0;
	return c->state & SAW_SEGMENT << from && s->seq - first <= under_way;
}

/* Says nothing of the destination, but of the path's MTU: RFC 1191 and RFC 8201. */
ALWAYS_INLINE bool is_too_big(u8 type, u8 code)
{
	return type == ICMPV6_PACKET_TOO_BIG ||
	       (type == ICMP_DESTINATION_UNREACHABLE && code == ICMP_FRAGMENTATION_NEEDED);
}

/* Sets the flag; true for the one who was first. */
ALWAYS_INLINE bool set_unreachable(struct connection *c)
{
	return !(c->state & UNREACHABLE) && !(fetch_and_or(&c->state, UNREACHABLE) & UNREACHABLE);
}

ALWAYS_INLINE void emit_unreachable(struct connection *c, const struct segment *s, const struct sighting *g,
				    const struct icmp_error *error, struct counters *n)
{
	u32 number = fetch_and_add(&c->events, 1) + 1;
	struct event *e = ring_reserve(sizeof(*e));

	if (!e) {
		n->lost[EVENT_UNREACHABLE]++;
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	event_begin(e, c, &s->key, g, number);
	e->time = g->tick;
	e->state = c->state;
	e->kinds = 1 << EVENT_UNREACHABLE;
	__builtin_memcpy(e->reporter, error->reporter.bytes, sizeof(e->reporter));
	e->options.window_scale = NO_WINDOW_SCALE;
	e->icmp_type = error->type;
	e->icmp_code = error->code;
	n->emitted++;
	ring_submit(e);
}

/* Tells the connection of the quoted segment, if there is one. */
VERIFIED_ALONE int tell_unreachable(const struct segment *s, struct sighting *g,
				    const struct icmp_error *error)
{
	struct counters *n = counters_current();
	struct connection *c;
	struct bucket *b;
	struct place p;
	u32 way;

	if (!s || !g || !error || !n)
		return 0;
	p = place_of(&s->key);
	b = table_bucket(p.bucket);
	way = b ? bucket_find(b, &p, &s->key) : WAYS;
	if (!b || way >= WAYS)
		return 0;
	c = bucket_way(b, way);
	g->slot = slot_of(p.bucket, way);
	g->from = sender(s, c->state);
	if (is_expired(c, config_current(), g->tick) || !quotes_what_was_sent(c, s, g->from & 1))
		return 0;
	if (is_too_big(error->type, error->code)) {
		if (!(c->state & UNREACHABLE)) {
			c->icmp_type = error->type;
			c->icmp_code = error->code;
		}
		return 0;
	}
	n->unreachable++;
	sighted_at(g);
	if (set_unreachable(c)) {
		c->icmp_type = error->type;
		c->icmp_code = error->code;
	} else if (!may_repeat(c, g->tick)) {
		return 0;
	}
	emit_unreachable(c, s, g, error, n);
	return 0;
}

#endif
