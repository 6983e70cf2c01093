/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a connection, and how its numbers move on. Whether they may is judged elsewhere
 * (acknowledgment.h, sequence.h, prediction.h), by whoever has claimed the direction (claim.h).
 */
#ifndef SYNSCOPE_DIRECTION_H
#define SYNSCOPE_DIRECTION_H

#include "connection.h"
#include "hole.h"
#include "sighting.h"

/* RFC 6298 section 2: SRTT moves by an eighth of the difference. */
enum { SRTT_SHIFT = 3 };

ALWAYS_INLINE u32 saturated(u64 ns)
{
	return ns > 0xffffffffULL ? 0xffffffffU : (u32)ns;
}

/* An endpoint counts from `isn`. Before the handshake is over it may turn out to be another one, or not so
 * far. */
ALWAYS_INLINE void direction_restart(struct direction *me, u32 isn, u32 next)
{
	u64 distance = (u64)next - isn;

	hide_value(distance); /* else its sign is a branch, and each costs the verifier a state */
	me->isn = isn;
	me->next = next;
	me->next_wraps = (u16)(distance >> 63);
}

/* Its SYN says that what was taken for its numbers was none; what was under way by these is no sample. */
ALWAYS_INLINE void direction_renumber(struct direction *me, u32 isn)
{
	direction_restart(me, isn, isn);
	me->sample_at = 0;
}

ALWAYS_INLINE void direction_begin(struct direction *me, const struct segment *s)
{
	direction_restart(me, s->flags & (TCP_SYN | TCP_RST) ? s->seq : s->seq - 1, s->seq);
}

/* A round-trip sample ends. Karn's rule was kept where it began: retransmissions cancel it. */
ALWAYS_INLINE void take_sample(struct direction_quality *q, u64 ns)
{
	u32 sample = (s64)ns > 0 ? saturated(ns) : 1; /* two CPUs' clocks, or a capture's, may step back */

	if (!q->rtt_min) {
		q->rtt_min = q->rtt_max = q->rtt_smoothed = sample;
		return;
	}
	if (sample < q->rtt_min)
		q->rtt_min = sample;
	if (sample > q->rtt_max)
		q->rtt_max = sample;
	q->rtt_smoothed += (sample >> SRTT_SHIFT) - (q->rtt_smoothed >> SRTT_SHIFT);
}

/* Moves `next` on to `end`. Where all of it is new and none is under way, a round-trip sample begins. */
ALWAYS_INLINE void direction_advance(struct direction *me, u32 end, bool all_new, struct sighting *g)
{
	if (end < me->next)
		me->next_wraps++;
	me->next = end;
	if (!me->sample_at && all_new) {
		me->sample_at = sighted_at(g);
		me->sample_seq = end;
	}
}

/* Moves on to an acknowledgment number that is further than me->acknowledged. */
ALWAYS_INLINE void direction_acknowledge(struct direction *me, struct direction *peer,
					 struct direction_quality *peer_quality, u32 ack, struct sighting *g)
{
	if (ack < me->acknowledged)
		me->acked_wraps++;
	me->acknowledged = ack;
	if (!peer->sample_at || sequence_difference(ack, peer->sample_seq) < 0)
		return;
	take_sample(peer_quality, sighted_at(g) - peer->sample_at);
	peer->sample_at = 0;
}

/* Back to where the hole begins: what was seen behind it was none of the sender's. */
ALWAYS_INLINE void direction_return(struct direction *me, struct direction_quality *q)
{
	if (q->hole_low > me->next)
		me->next_wraps--;
	me->next = q->hole_low;
	drop_hole(q);
}

/* Whether a packet has one of the identifications that its sender used last (IPv4): it was overtaken. */
ALWAYS_INLINE bool is_earlier_packet(const struct direction *me, u16 ip_id)
{
	enum { RECENT_PACKETS = 64 };

	return (u16)(me->ip_id - ip_id) < RECENT_PACKETS;
}

/* Counts a packet, and the headers of those that were merged into it. */
ALWAYS_INLINE void direction_count(struct direction *me, u32 ip_length, const struct sighting *g)
{
	me->segments += g->count;
	me->bytes += ip_length + (u64)(g->count - 1) * g->headers;
	me->last = max_u64(me->last, g->tick);
}

#endif
