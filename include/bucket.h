/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection table as it lies in memory, and what time and eviction mean for a record in it.
 * The kernel build, the native engine and the loader (through the mapping) read it alike.
 */
#ifndef SYNSCOPE_BUCKET_H
#define SYNSCOPE_BUCKET_H

#include "arithmetic.h"
#include "config.h"
#include "connection.h"
#include "counters.h"
#include "event.h"
#include "platform.h"

enum { WAYS = 8 };

struct bucket {
	u32 lock; /* 1 while a CPU changes the tags */
	u16 tags[WAYS];
	u32 hints[WAYS]; /* who could give way, without a look at the records: see victim.h */
	u8 reserved[12];
	struct connection ways[WAYS];
};

_Static_assert(sizeof(struct bucket) == 64 + WAYS * sizeof(struct connection), "tags are one cache line");

/*
 * The record in a way below WAYS. The verifier wants to see the mask, which the compiler knows to be none:
 * that of 6.1 has forgotten the comparison where the number was kept on the stack meanwhile.
 */
ALWAYS_INLINE struct connection *bucket_way(struct bucket *b, u32 way)
{
	hide_range(way);
	return &b->ways[way & (WAYS - 1)];
}

/* A key's place: the bucket, the way to try first, and the tag that stands for the key. */
struct place {
	u32 bucket;
	u32 way;
	u16 tag; /* never 0 */
};

/* When anything of the connection was last seen; ns. */
ALWAYS_INLINE u64 last_seen(const struct connection *c)
{
	return max_u64(c->start, max_u64(c->half[0].last, c->half[1].last));
}

/* How long after its close a record is kept: a reset leaves no TIME_WAIT behind. ns. */
ALWAYS_INLINE u64 kept_after_close(u64 state, const volatile struct config *config)
{
	if (either(state, RESET_BY))
		return config->linger;
	return max_u64(config->time_wait, config->linger);
}

/*
 * When the connection closed; ns. For an instant the flag is there and the moment is not yet written: then it
 * was just now.
 */
ALWAYS_INLINE u64 closed_at(const struct connection *c)
{
	return c->at.closed ? c->at.closed : last_seen(c);
}

/*
 * Whether time has ended a record: a closed one after TIME_WAIT, any other after the idle timeout.
 * `now` may lag behind the record by a tick.
 */
ALWAYS_INLINE bool is_expired(const struct connection *c, const volatile struct config *config, u64 now)
{
	if (c->state & CLOSED_ONCE)
		return now > closed_at(c) && now - closed_at(c) > kept_after_close(c->state, config);
	return now > last_seen(c) && now - last_seen(c) > config->idle_timeout;
}

/* Half-open: opened by a SYN or SYN-ACK, with an outcome still to come. */
ALWAYS_INLINE bool is_half_open(u64 state)
{
	return !(state & (ESTABLISHED_ONCE | MIDSTREAM | PROBE | CLOSED_ONCE));
}

/*
 * Whether it is known that nobody answered a SYN, where no answer was seen. With --ingress-only none is
 * looked at: where there was none, the SYN came again, or an ICMP error. `state` is the record's.
 */
ALWAYS_INLINE bool silence_is_known(const struct connection *c, u64 state, bool one_way)
{
	return !one_way || c->syn_retransmits || state & UNREACHABLE;
}

/* How a handshake ended that time or the table's need ended: unanswered where nobody answered. */
ALWAYS_INLINE void count_unfinished(const struct connection *c, u64 state, bool timed_out,
				    const volatile struct config *config, struct counters *n)
{
	if (!is_half_open(state))
		return;
	if (timed_out && !(state & SAW_SEGMENT << RESPONDER) && silence_is_known(c, state, config->one_way))
		n->unanswered++;
	else
		n->aborted++;
}

/* Counts the end of a record, whose state was `state`, that closed by no segment of its own. */
ALWAYS_INLINE void count_retired(const struct connection *c, u64 state, enum final_reason reason,
				 const volatile struct config *config, struct counters *n)
{
	if (state & CLOSED_ONCE) {
		n->displaced += reason == FINAL_EVICTED;
		return;
	}
	count_unfinished(c, state, reason == FINAL_EXPIRED, config, n);
	if (reason == FINAL_EXPIRED) {
		n->expired++;
		if (state & (ESTABLISHED_ONCE | MIDSTREAM))
			n->closed_by_idle++;
	} else {
		n->evicted++; /* so that what was opened is closed, expired, evicted or tracked */
		n->reused += reason == FINAL_REUSED;
	}
}

/* How many buckets a table for so many connections has: twice the slots, so that few buckets are full. */
ALWAYS_INLINE u32 buckets_for(u32 connections)
{
	u32 buckets = 1;

	while (buckets * WAYS < 2 * connections)
		buckets *= 2;
	return buckets;
}

ALWAYS_INLINE u32 slot_of(u32 bucket, u32 way)
{
	return bucket * WAYS + way;
}

#endif
