/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters as a reader sees them: with what time has decided and no segment has cleared away. */
#ifndef SYNSCOPE_TOTALS_H
#define SYNSCOPE_TOTALS_H

#include "bucket.h"
#include "counters.h"
#include "floods.h"
#include "scans.h"

/* Counters of all CPUs added up, and what time has decided but no segment has cleared away yet. */
struct totals {
	struct counters counters; /* with what is due added */
	u64 half_open;		  /* gauge */
	u64 scans[SCAN_KINDS];	  /* probes of sources that the scan rule flagged (scans.h) */
	u64 tracked;		  /* gauge */
	u64 scans_seen;		  /* scans, each of one source and kind */
	u64 scans_displaced;	  /* of those: ended early, since another needed the place */
	u64 sources_forgotten;	  /* by the scan rule, within their minute, for the same reason */
	u64 at;			  /* ns, on the records' clock */
	struct flood_totals floods;
};

/* Events that found no room in the ring, of one interface, between two looks at the counters. */
struct losses {
	u64 from; /* ns, on the records' clock */
	u64 to;
	u64 events[EVENT_KINDS];
	u64 records; /* final records */
};

/*
 * Fills `t` from the sum of all CPUs' counters and the table as it is at `now` (ns, on its clock).
 * The gauges are differences of counters, so that the equations of counters.h hold at any moment. Of floods
 * nothing is known by that: whoever looks for them fills in t->floods.
 */
void totals_fill(struct totals *t, const struct counters *sum, const struct scans *scans,
		 const struct bucket *table, const struct config *config, u64 now);

/* Counters of what time decides: what was cleared away by then, and what is due in the table. */
struct decided {
	u64 expired;
	u64 closed_by_idle;
	u64 unanswered;
	u64 aborted;
};

/*
 * Counters are read before the table, so that what leaves it in between is in neither. None is less than when
 * it was last looked at; `last` is renewed.
 */
void totals_keep(struct totals *t, struct decided *last);

/* Connections begun whose handshake has no outcome yet, and connections that are in the table. */
u64 half_open_of(const struct counters *n);
u64 tracked_of(const struct counters *n);

/* What of the frames is told by more than one counter. */
struct layers {
	u64 frames;
	u64 bytes; /* of frames, as they cross the interface */
	u64 ipv4;
	u64 ipv6;
	u64 tcp; /* segments, those left out by a filter included */
	u64 filtered;
	u64 segments[HOOKS];
};

/* Sums over the counters: none is kept for what they tell. */
struct layers layers_of(const struct counters *n);

/*
 * Packets of an IP version (INDEX_IPV4, INDEX_IPV6) and a protocol number; of TCP with those left out by a
 * filter.
 */
u64 packets_of(const struct counters *n, u32 version, u8 protocol);

/* Segments that have all the flags in `with` and none of those in `without`. */
u64 segments_with(const struct counters *n, u16 with, u16 without);

/* Adds the counters of one CPU to a sum. */
void counters_add(struct counters *sum, const struct counters *one);

/* Adds `t` to `sum`, as for several interfaces together. */
void totals_add(struct totals *sum, const struct totals *t);

/* What was lost between two looks at the counters. False: nothing. */
bool losses_between(struct losses *l, const struct counters *before, const struct counters *after);

/* Adds those of another interface; the times stay. */
void losses_add(struct losses *sum, const struct losses *one);

#endif
