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

#include "claim.h"
#include "config.h"
#include "counting.h"
#include "direction.h"
#include "plain.h"
#include "sighting.h"
#include "states.h"
#include "table.h"
#include "tracker.h"

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
	if (unlikely((state & (closing | there | ((1 << STATE_FLAGS_SHIFT) - 1))) != there) ||
	    unlikely((state >> from & of_sender) != of_sender))
		return false;
	return likely((state & (opened | MIDSTREAM)) == opened) || state & MIDSTREAM;
}

/* The next number of its sender, a window that is open, and no long silence before. */
ALWAYS_INLINE bool segment_is_next(const struct direction *me, const struct plain *p, u64 now)
{
	return likely(load_be32(p->tcp + TCP_SEQ_AT) == me->next) &&
	       likely(load_be16(p->tcp + TCP_WINDOW_AT)) && likely(p->payload != 1) &&
	       likely(now <= me->last + config_current()->idle_timeout);
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
	if (unlikely(!state_is_steady(state, from, p->payload)) ||
	    unlikely(!segment_is_next(me, p, g->tick)) || unlikely(!c->events))
		return false;
	ack = load_be32(p->tcp + TCP_ACK_AT);
	acknowledged = me->acknowledged;
	if (ack != acknowledged && (unlikely(sequence_difference(ack, peer->next) > 0) ||
				    unlikely(sequence_difference(ack, acknowledged) < 0)))
		return false;
	if (unlikely(!direction_claim(me, version)))
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

	return likely(key->ports_and_vlans == p->ports) && likely(key->low.halves[1] == p->low[1]) &&
	       likely(key->high.halves[1] == p->high[1]) && likely(key->low.halves[0] == p->low[0]) &&
	       likely(key->high.halves[0] == p->high[0]);
}

/* The key in one piece. */
ALWAYS_INLINE struct connection_key plain_key(const struct plain *p)
{
	return (struct connection_key){.low.halves = {p->low[0], p->low[1]},
				       .high.halves = {p->high[0], p->high[1]},
				       .ports_and_vlans = p->ports};
}

/* A record that is not in its preferred way. */
ALWAYS_INLINE struct connection *search_plain(struct bucket *b, const struct plain *p, u32 tag)
{
	struct connection_key key = plain_key(p);
	u32 way = bucket_search(b, &key, tag);

	return way < WAYS ? bucket_way(b, way) : NULL;
}

/* The record of a connection, or NULL. */
ALWAYS_INLINE struct connection *find_plain(const struct plain *p, u32 ip_version)
{
	struct place place = plain_place(p, ip_version);
	struct bucket *b = table_bucket(place.bucket);
	struct connection *c;

	if (unlikely(!b))
		return NULL;
	c = &b->ways[place.way & (WAYS - 1)];
	hide_value(c); /* else each use works out the address anew */
	return likely(has_plain_key(c, p)) ? c : search_plain(b, p, place.tag);
}

ALWAYS_INLINE bool take_version(const struct frame *f, u32 ip_version, struct sighting *g, struct counters *n,
				const volatile u64 *tick)
{
	const u8 *volatile kept;
	struct connection *c;
	struct plain p;

	if (unlikely(!read_plain(f, ip_version, &p)))
		return false;
	kept = p.ip; /* on the stack: else it has a register that the look-up needs more */
	c = find_plain(&p, ip_version);
	if (unlikely(!c))
		return false;
	plain_point(&p, kept, ip_version);
	g->tick = *tick;
	g->headers = p.ip_length - p.payload;
	g->frame_length = f->length + (g->count - 1) * (f->length - p.payload);
	if (unlikely(!follow_plain(c, &p, ip_version, g)))
		return false;
	count_plain(&p, ip_version, g, n);
	return true;
}

/*
 * The whole way of a plain frame. False: no record and no counter was touched, and the long way is to be
 * gone. Of `g` the caller sets hook, precise and count, as for account(); n: of this CPU; *tick: what g->tick
 * becomes, ns, read when it is needed.
 */
ALWAYS_INLINE bool take_predicted(const struct frame *f, struct sighting *g, struct counters *n,
				  const volatile u64 *tick)
{
	u32 version = unlikely(config_current()->long_way) ? 0 : plain_version(f);

	if (version == 4)
		return take_version(f, 4, g, n, tick);
	return version == 6 && take_version(f, 6, g, n, tick);
}

#endif
