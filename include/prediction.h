/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Header prediction (Van Jacobson's, of 1988): almost every segment is the next one of an open connection
 * and changes nothing but how much was sent and acknowledged. Such a one takes this short way; it leaves
 * the record and the counters exactly as the long way would (tracker.h). Every other segment is left
 * untouched for the long way.
 *
 * What is looked at stays in registers, and choices between two values are made by arithmetic: a branch
 * that goes one way for one direction and the other way for the other is mispredicted half of the time.
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

/* All that the short way reads of a frame. Numbers in host byte order, the key's words as in the key. */
struct plain {
	u64 low[2];
	u64 high[2];
	u64 ports;
	u32 seq;
	u32 ack;
	u32 payload;   /* bytes; 0: a pure ACK */
	u32 ip_length; /* bytes */
	u16 flags;     /* ACK, and perhaps PSH */
	u16 window;    /* as on the wire */
	u16 ip_id;     /* 0 in IPv6 */
	u64 from_high; /* 0 or 1 */
};

/* a where `second` is 0, b where it is 1. */
ALWAYS_INLINE u64 choose(u64 a, u64 b, u64 second)
{
	return a ^ ((a ^ b) & -second);
}

/*
 * The words of the key, its lower half first: as order_key() has them. `ports` are the source's and the
 * destination's as they follow each other on the wire.
 */
ALWAYS_INLINE void plain_key(struct plain *p, const u64 *source, const u64 *destination, u32 ports)
{
	u64 twice = (u64)ports << 32 | ports;

	for (u32 i = 0; i < 2; i++) {
		p->low[i] = choose(source[i], destination[i], p->from_high);
		p->high[i] = choose(destination[i], source[i], p->from_high);
	}
	p->ports = (u32)(twice >> (16 - 16 * p->from_high));
}

/* A header of 20 bytes and no fragment. Its length in bytes; 0: it is another one. */
ALWAYS_INLINE u32 plain_ipv4(const u8 *ip, const u8 *tcp, struct plain *p)
{
	u64 source = load_raw32(ip + IPV4_SOURCE_AT), destination = load_raw32(ip + IPV4_DESTINATION_AT);
	u32 ports = load_be32(tcp);
	u64 ahead;

	if (*ip != (4 << 4 | IPV4_HEADER / 4) || *(ip + IPV4_PROTOCOL_AT) != PROTOCOL_TCP ||
	    load_be16(ip + IPV4_FRAGMENT_AT) & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return 0;
	/* as comes_first() has it; the sign of the difference, since each side has 48 bits */
	ahead = (destination << 16 | (u16)ports) - (source << 16 | ports >> 16);
	hide_value(ahead); /* else it is seen to be a comparison, and made into branches */
	p->from_high = ahead >> 63;
	plain_key(p, (u64[]){0, source << 32 | IPV4_MAPPED}, (u64[]){0, destination << 32 | IPV4_MAPPED},
		  ports);
	p->ip_id = load_be16(ip + IPV4_ID_AT);
	p->ip_length = load_be16(ip + IPV4_TOTAL_LENGTH_AT);
	return IPV4_HEADER;
}

/* TCP follows the fixed header. Its length in bytes; 0: it is another one. */
ALWAYS_INLINE u32 plain_ipv6(const u8 *ip, const u8 *tcp, struct plain *p)
{
	union address source, destination;
	u32 ports = load_be32(tcp), payload = load_be16(ip + IPV6_PAYLOAD_LENGTH_AT);

	if (*ip >> 4 != 6 || *(ip + IPV6_NEXT_HEADER_AT) != PROTOCOL_TCP || !payload)
		return 0;
	ipv6_address(&source, ip + IPV6_SOURCE_AT);
	ipv6_address(&destination, ip + IPV6_DESTINATION_AT);
	if (!(source.halves[0] | destination.halves[0]) &&
	    (is_ipv4_mapped(&source) || is_ipv4_mapped(&destination)))
		return 0; /* else it could be taken for an IPv4 connection's */
	p->from_high = !comes_first(&source, (u16)(ports >> 16), &destination, (u16)ports);
	hide_value(p->from_high); /* else the verifier goes on with two states, one for each order */
	plain_key(p, source.halves, destination.halves, ports);
	p->ip_id = 0;
	p->ip_length = IPV6_HEADER + payload;
	return IPV6_HEADER;
}

/* ACK, and no options but timestamps as all lay them out (RFC 7323 appendix A). */
ALWAYS_INLINE bool plain_tcp(const u8 *tcp, const u8 *end, u32 ip_header, struct plain *p)
{
	u32 offset_and_flags = load_be16(tcp + TCP_FLAGS_AT), header = TCP_HEADER;

	p->flags = offset_and_flags & TCP_FLAGS;
	if ((p->flags & ~TCP_PSH) != TCP_ACK)
		return false;
	if (offset_and_flags >> 12 == (TCP_HEADER + 12) / 4 && tcp + TCP_HEADER + 12 <= end &&
	    load_be32(tcp + TCP_HEADER) == TCP_OPTIONS_ONLY_TIMESTAMPS)
		header = TCP_HEADER + 12;
	else if (offset_and_flags >> 12 != TCP_HEADER / 4)
		return false;
	if (p->ip_length < ip_header + header)
		return false;
	p->seq = load_be32(tcp + TCP_SEQ_AT);
	p->ack = load_be32(tcp + TCP_ACK_AT);
	p->window = load_be16(tcp + TCP_WINDOW_AT);
	p->payload = p->ip_length - ip_header - header;
	return true;
}

/* Ethernet without tags, IP without options or extension headers, TCP: all in one piece. */
ALWAYS_INLINE bool parse_plain(const struct frame *f, u32 version, struct plain *p)
{
	const u8 *ip = f->data + ETHERNET_HEADER, *tcp = ip + (version == 4 ? IPV4_HEADER : IPV6_HEADER);
	u32 header;

	if (tcp + TCP_HEADER > f->end)
		return false;
	header = version == 4 ? plain_ipv4(ip, tcp, p) : plain_ipv6(ip, tcp, p);
	return header && p->ip_length + ETHERNET_HEADER <= f->length && plain_tcp(tcp, f->end, header, p);
}

/* Both ends are past the handshake, none has begun to close, and all that a segment can add is there. */
ALWAYS_INLINE bool state_is_steady(u64 state, u64 from, bool payload)
{
	const u64 closing = SAW_FIN | SAW_FIN << 1 | WINDOW_PROBED | WINDOW_PROBED << 1 | HOLE_OPEN;
	const u64 there = (u64)STATE_ESTABLISHED << STATE_BITS | STATE_ESTABLISHED | SAW_SEGMENT |
			  SAW_SEGMENT << 1 | COMPLETENESS(payload ? COMPLETE_DATA : COMPLETE_ACK);
	const u64 known = closing | there | ((1 << STATE_FLAGS_SHIFT) - 1);
	const u64 of_sender = SAW_ACK | (payload ? SAW_DATA | HISTORY_D : HISTORY_A);
	const u64 opened = ESTABLISHED_ONCE | SYN_ACKED | SYN_ACKED << 1;

	if ((state & known) != there || (state >> from & of_sender) != of_sender)
		return false;
	return state & MIDSTREAM || (state & opened) == opened;
}

/* The next number of its sender, a window that is open, and no long silence before. */
ALWAYS_INLINE bool segment_is_next(const struct direction *me, const struct plain *p, u64 now)
{
	return p->seq == me->next && p->window && p->payload != 1 &&
	       now <= me->last + config_current()->idle_timeout;
}

/* Takes the segment into its connection, if it is as predicted. */
ALWAYS_INLINE bool follow_plain(struct connection *c, const struct plain *p, struct sighting *g)
{
	u64 state = c->state, from = p->from_high ^ !!(state & ORIGINATOR_IS_HIGH);
	struct direction *me = &c->half[p->from_high & 1], *peer = &c->half[~p->from_high & 1];
	u32 version;

	hide_value(me); /* else each use works out the address anew */
	version = me->version;
	compiler_barrier();
	if (!state_is_steady(state, from, p->payload) || !segment_is_next(me, p, g->tick) || !c->events)
		return false;
	if (p->ack != me->acknowledged && (sequence_difference(p->ack, peer->next) > 0 ||
					   sequence_difference(p->ack, me->acknowledged) < 0))
		return false;
	if (!direction_claim(me, version))
		return false;
	if (sequence_difference(p->ack, me->acknowledged) > 0)
		direction_acknowledge(me, peer, &c->quality[~from & 1], p->ack, g);
	if (p->payload)
		direction_advance(me, p->seq + p->payload, true, g);
	me->window = p->window;
	if (p->payload || !is_earlier_packet(me, p->ip_id)) /* as observe_packet() does */
		me->ip_id = p->ip_id;
	direction_count(me, p->ip_length, g);
	direction_release(me, version);
	return true;
}

/* As count_segment() does. */
ALWAYS_INLINE void count_plain(const struct plain *p, u32 version, const struct sighting *g,
			       struct counters *n)
{
	u64 *by_flags = n->segments[g->hook & 1][version == 6];

	by_flags[p->flags & TCP_FLAGS]++;
	by_flags[TCP_ACK] += g->count - 1; /* of merged segments only the last one has PSH */
	n->bytes[g->hook & 1] += g->frame_length;
	n->acks[((u64)p->payload - 1) >> 63] += g->count; /* ACK_PURE where there is none */
}

ALWAYS_INLINE bool has_plain_key(const struct connection *c, const struct plain *p)
{
	const struct connection_key *key = &c->key;

	return key->ports_and_vlans == p->ports && key->low.halves[1] == p->low[1] &&
	       key->high.halves[1] == p->high[1] && key->low.halves[0] == p->low[0] &&
	       key->high.halves[0] == p->high[0];
}

/* A record that is not in its preferred way. */
ALWAYS_INLINE struct connection *search_plain(struct bucket *b, const struct plain *p, u32 tag)
{
	struct connection_key key = {.low.halves = {p->low[0], p->low[1]},
				     .high.halves = {p->high[0], p->high[1]},
				     .ports_and_vlans = p->ports};
	u32 way = bucket_search(b, &key, tag);

	if (way >= WAYS)
		return NULL;
	hide_value(way); /* else the mask is dropped, and the verifier forgot the comparison */
	return &b->ways[way & (WAYS - 1)];
}

/* The record of a connection, or NULL. */
ALWAYS_INLINE struct connection *find_plain(const struct plain *p, u32 version)
{
	struct place place =
		place_of_hash(version == 4 ? hash_ipv4(p->low[1] >> 32, p->high[1] >> 32, p->ports)
					   : hash_ipv6(p->low, p->high, p->ports));
	struct bucket *b = table_bucket(place.bucket);
	struct connection *c;

	if (!b)
		return NULL;
	c = &b->ways[place.way & (WAYS - 1)];
	return has_plain_key(c, p) ? c : search_plain(b, p, place.tag);
}

ALWAYS_INLINE bool take_version(const struct frame *f, u32 version, struct sighting *g)
{
	struct connection *c;
	struct counters *n;
	struct plain p;

	if (!parse_plain(f, version, &p))
		return false;
	c = find_plain(&p, version);
	n = counters_current();
	if (!c || !n)
		return false;
	g->headers = p.ip_length - p.payload;
	g->frame_length = f->length + (g->count - 1) * (f->length - p.payload);
	if (!follow_plain(c, &p, g))
		return false;
	count_plain(&p, version, g, n);
	return true;
}

/*
 * The whole way of a plain frame. False: nothing was touched, and the long way is to be gone. Of `g` the
 * caller sets hook, tick, precise and count, as for account().
 */
ALWAYS_INLINE bool take_predicted(const struct frame *f, struct sighting *g)
{
	u16 ethertype;

	if (config_current()->segments || f->layer3 || f->vlan || f->data + ETHERNET_HEADER > f->end)
		return false;
	ethertype = load_be16(f->data + ETHERNET_TYPE_AT);
	if (ethertype == ETHERTYPE_IPV4)
		return take_version(f, 4, g);
	return ethertype == ETHERTYPE_IPV6 && take_version(f, 6, g);
}

#endif
