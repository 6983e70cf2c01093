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

/* A frame that the short way may be for. What is needed late is read late: it would only be in the way. */
struct plain {
	const u8 *ip;
	const u8 *tcp;
	u64 low[2]; /* the key's words, as in the key */
	u64 high[2];
	u64 ports;
	u64 from_high; /* 0 or 1 */
	u32 payload;   /* bytes; 0: a pure ACK */
	u32 ip_length; /* bytes */
};

/* A header of 20 bytes and no fragment. */
ALWAYS_INLINE bool plain_ipv4(struct plain *p)
{
	p->ip_length = load_be16(p->ip + IPV4_TOTAL_LENGTH_AT);
	return *p->ip == (4 << 4 | IPV4_HEADER / 4) && *(p->ip + IPV4_PROTOCOL_AT) == PROTOCOL_TCP &&
	       !(load_be16(p->ip + IPV4_FRAGMENT_AT) & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET));
}

/* TCP follows the fixed header. */
ALWAYS_INLINE bool plain_ipv6(struct plain *p)
{
	u32 payload = load_be16(p->ip + IPV6_PAYLOAD_LENGTH_AT);

	p->ip_length = IPV6_HEADER + payload;
	return *p->ip >> 4 == 6 && *(p->ip + IPV6_NEXT_HEADER_AT) == PROTOCOL_TCP && payload;
}

/* ACK, and no options but timestamps as all lay them out (RFC 7323 appendix A). */
ALWAYS_INLINE bool plain_tcp(struct plain *p, const u8 *end)
{
	const u8 *tcp = p->tcp;
	u32 offset_and_flags = load_be16(tcp + TCP_FLAGS_AT), headers = (u32)(tcp - p->ip) + TCP_HEADER;

	if ((offset_and_flags & TCP_FLAGS & ~TCP_PSH) != TCP_ACK)
		return false;
	if (offset_and_flags >> 12 == (TCP_HEADER + 12) / 4 && tcp + TCP_HEADER + 12 <= end &&
	    load_be32(tcp + TCP_HEADER) == TCP_OPTIONS_ONLY_TIMESTAMPS)
		headers += 12;
	else if (offset_and_flags >> 12 != TCP_HEADER / 4)
		return false;
	if (p->ip_length < headers)
		return false;
	p->payload = p->ip_length - headers;
	return true;
}

/*
 * The ports in the order of the key. `ports` are the source's and the destination's as they follow each other
 * on the wire; `from_high` has all bits, or none.
 */
ALWAYS_INLINE u64 plain_ports(u32 ports, u64 from_high)
{
	u32 differ = ports >> 16 ^ (ports & 0xffff);

	return ports ^ ((differ << 16 | differ) & ~(u32)from_high);
}

ALWAYS_INLINE void plain_key_ipv4(struct plain *p)
{
	u64 low = load_raw32(p->ip + IPV4_SOURCE_AT), high = load_raw32(p->ip + IPV4_DESTINATION_AT);
	u32 ports = load_be32(p->tcp);
	/* as comes_last() has it; the sign of the difference, since each side has 48 bits */
	u64 ahead = (high << 16 | (u16)ports) - (low << 16 | ports >> 16), differ;

	hide_value(ahead); /* else it is seen to be a comparison, and made into branches */
	p->from_high = ahead >> 63;
	differ = (low ^ high) & (u64)((s64)ahead >> 63);
	p->low[0] = 0;
	p->low[1] = (low ^ differ) << 32 | IPV4_MAPPED;
	p->high[0] = 0;
	p->high[1] = (high ^ differ) << 32 | IPV4_MAPPED;
	p->ports = plain_ports(ports, (u64)((s64)ahead >> 63));
}

/* False: it could be taken for an IPv4 connection's. */
ALWAYS_INLINE bool plain_key_ipv6(struct plain *p)
{
	union address source, destination;
	u32 ports = load_be32(p->tcp);

	ipv6_address(&source, p->ip + IPV6_SOURCE_AT);
	ipv6_address(&destination, p->ip + IPV6_DESTINATION_AT);
	if (!(source.halves[0] | destination.halves[0]) &&
	    (is_ipv4_mapped(&source) || is_ipv4_mapped(&destination)))
		return false;
	p->from_high = comes_last(&source, (u16)(ports >> 16), &destination, (u16)ports);
	hide_value(p->from_high); /* else the verifier goes on with two states, one for each order */
	for (u32 i = 0; i < 2; i++) {
		u64 differ = (source.halves[i] ^ destination.halves[i]) & -p->from_high;

		p->low[i] = source.halves[i] ^ differ;
		p->high[i] = destination.halves[i] ^ differ;
	}
	p->ports = plain_ports(ports, -p->from_high);
	return true;
}

/* Both ends are past the handshake, none has begun to close, and all that a segment can add is there. */
ALWAYS_INLINE bool state_is_steady(u64 state, u64 from, bool payload)
{
	const u64 closing = SAW_FIN | SAW_FIN << 1 | WINDOW_PROBED | WINDOW_PROBED << 1 | HOLE_OPEN;
	const u64 both =
		(u64)STATE_ESTABLISHED << STATE_BITS | STATE_ESTABLISHED | SAW_SEGMENT | SAW_SEGMENT << 1;
	const u64 opened = ESTABLISHED_ONCE | SYN_ACKED | SYN_ACKED << 1;
	u64 there = both | COMPLETENESS(COMPLETE_ACK), of_sender = SAW_ACK | HISTORY_A;

	if (payload) {
		there = both | COMPLETENESS(COMPLETE_DATA);
		of_sender = SAW_ACK | SAW_DATA | HISTORY_D;
	}
	if ((state & (closing | there | ((1 << STATE_FLAGS_SHIFT) - 1))) != there ||
	    (state >> from & of_sender) != of_sender)
		return false;
	return (state & (opened | MIDSTREAM)) == opened || state & MIDSTREAM;
}

/* The next number of its sender, a window that is open, and no long silence before. */
ALWAYS_INLINE bool segment_is_next(const struct direction *me, const struct plain *p, u64 now)
{
	return load_be32(p->tcp + TCP_SEQ_AT) == me->next && load_be16(p->tcp + TCP_WINDOW_AT) &&
	       p->payload != 1 && now <= me->last + config_current()->idle_timeout;
}

/* As observe_packet() does. */
ALWAYS_INLINE void follow_packet(struct direction *me, const struct plain *p, u16 ip_id)
{
	me->window = load_be16(p->tcp + TCP_WINDOW_AT);
	if (p->payload || !is_earlier_packet(me, ip_id))
		me->ip_id = ip_id;
}

/* Takes the segment into its connection, if it is as predicted. */
ALWAYS_INLINE bool follow_plain(struct connection *c, const struct plain *p, u32 ip_version,
				struct sighting *g)
{
	u64 state = c->state, from = p->from_high ^ !!(state & ORIGINATOR_IS_HIGH), to = ~from;
	struct direction *me = &c->half[p->from_high & 1], *peer = &c->half[~p->from_high & 1];
	u32 version, ack, acknowledged;

	hide_value(me); /* else each use works out the address anew */
	hide_value(to); /* else the mask is dropped, and the verifier forgot the range */
	version = me->version;
	compiler_barrier();
	if (!state_is_steady(state, from, p->payload) || !segment_is_next(me, p, g->tick) || !c->events)
		return false;
	ack = load_be32(p->tcp + TCP_ACK_AT);
	acknowledged = me->acknowledged;
	if (ack != acknowledged &&
	    (sequence_difference(ack, peer->next) > 0 || sequence_difference(ack, acknowledged) < 0))
		return false;
	if (!direction_claim(me, version))
		return false;
	if (ack != acknowledged)
		direction_acknowledge(me, peer, &c->quality[to & 1], ack, g);
	if (p->payload)
		direction_advance(me, load_be32(p->tcp + TCP_SEQ_AT) + p->payload, true, g);
	follow_packet(me, p, ip_version == 4 ? load_be16(p->ip + IPV4_ID_AT) : 0);
	direction_count(me, p->ip_length, g);
	direction_release(me, version);
	return true;
}

/* As count_segment() does. */
ALWAYS_INLINE void count_plain(const struct plain *p, u32 ip_version, const struct sighting *g,
			       struct counters *n)
{
	u64 *by_flags = n->segments[g->hook & 1][ip_version == 6];
	u32 flags = load_be16(p->tcp + TCP_FLAGS_AT);

	hide_value(flags); /* else the mask goes before the byte swap, behind which the verifier forgot it */
	by_flags[flags & TCP_FLAGS]++;
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

	return way < WAYS ? bucket_way(b, way) : NULL;
}

/* The record of a connection, or NULL. */
ALWAYS_INLINE struct connection *find_plain(const struct plain *p, u32 ip_version)
{
	struct place place =
		place_of_hash(ip_version == 4 ? hash_ipv4(p->low[1] >> 32, p->high[1] >> 32, p->ports)
					      : hash_ipv6(p->low, p->high, p->ports));
	struct bucket *b = table_bucket(place.bucket);
	struct connection *c;

	if (!b)
		return NULL;
	c = &b->ways[place.way & (WAYS - 1)];
	hide_value(c); /* else each use works out the address anew */
	return has_plain_key(c, p) ? c : search_plain(b, p, place.tag);
}

/* Ethernet without tags, IP without options or extension headers, TCP: all in one piece. */
ALWAYS_INLINE bool take_version(const struct frame *f, u32 ip_version, struct sighting *g, struct counters *n)
{
	u32 ip_header = ip_version == 4 ? IPV4_HEADER : IPV6_HEADER;
	struct plain p = {.ip = f->data + ETHERNET_HEADER, .tcp = f->data + ETHERNET_HEADER + ip_header};
	struct connection *c;

	if (p.tcp + TCP_HEADER > f->end || !(ip_version == 4 ? plain_ipv4(&p) : plain_ipv6(&p)) ||
	    p.ip_length + ETHERNET_HEADER > f->length || !plain_tcp(&p, f->end))
		return false;
	if (ip_version == 4)
		plain_key_ipv4(&p);
	else if (!plain_key_ipv6(&p))
		return false;
	c = find_plain(&p, ip_version);
	if (!c)
		return false;
	g->headers = p.ip_length - p.payload;
	g->frame_length = f->length + (g->count - 1) * (f->length - p.payload);
	if (!follow_plain(c, &p, ip_version, g))
		return false;
	count_plain(&p, ip_version, g, n);
	return true;
}

/*
 * The whole way of a plain frame. False: nothing was touched, and the long way is to be gone. Of `g` the
 * caller sets hook, tick, precise and count, as for account(); n: of this CPU.
 */
ALWAYS_INLINE bool take_predicted(const struct frame *f, struct sighting *g, struct counters *n)
{
	u16 ethertype;

	if (config_current()->long_way || f->layer3 || f->vlan ||
	    f->data + ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER > f->end)
		return false;
	ethertype = load_be16(f->data + ETHERNET_TYPE_AT);
	if (ethertype == ETHERTYPE_IPV4)
		return take_version(f, 4, g, n);
	return ethertype == ETHERTYPE_IPV6 && take_version(f, 6, g, n);
}

#endif
