/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which floods go on, found in the counters alone by a look at them once a second. Many segments are no
 * flood: a busy server opens tens of thousands of connections a second. What counts is how many segments
 * of a kind came to nothing:
 *
 *   SYN      connections begun, and neither completed nor refused; without one for each SYN that was sent
 *            again, because that shows a client who is really there (a flood's sources don't repeat).
 *            More than half of those begun
 *   SYN-ACK  of no connection, and beyond the SYNs of the other direction
 *   ACK      of no connection, and either answered by RSTs that closed nothing, half of them at least, or
 *            alone: more than three quarters of all ACKs (after attaching in mid-stream a connection's
 *            first ACK is of no connection, but others follow it)
 *   RST      of no connection
 *   FIN      of no connection, and beyond two for each connection that closed
 *
 * FLOOD_LEAST of these a second are bad. Where a flood uses few addresses and ports its segments soon
 * have records, so FLOOD_MANY are bad as well of what needs no record to be told:
 *
 *   SYN      the refused ones counted in, more than twice the connections completed in the busiest second
 *            of late, as a server that is down gets
 *   SYN-ACK  beyond the SYNs of the other direction
 *   ACK      answered by RSTs that closed nothing, half of all ACKs at least
 *   RST      beyond all that came from the other direction and could have asked for one
 *   FIN      more than those that connections closed by
 *
 * A flood begins after three bad seconds in a row, because what happens at once (a restarted server resets
 * all its connections) is in two looks at most; with FLOOD_MANY in each, after two. It ends after five
 * others.
 */
#ifndef SYNSCOPE_FLOODS_H
#define SYNSCOPE_FLOODS_H

#include "arithmetic.h"
#include "counters.h"
#include "syn_cookies.h"

enum {
	/*
	 * A second. Below it lies what is ordinary (health checks that hang up, scans, a few dead servers);
	 * at it, a queue of 4096 half-open connections, Linux' default, is full in four seconds.
	 */
	FLOOD_LEAST = 1000,
	FLOOD_MANY = 10 * FLOOD_LEAST,
	FLOOD_BEGINS_AFTER = 3, /* bad seconds in a row */
	FLOOD_OF_MANY_BEGINS_AFTER = 2,
	FLOOD_ENDS_AFTER = 5, /* good ones */
	/*
	 * Where one direction only is watched, each connection from before may show one segment and no more,
	 * and for so long, the usual interval of keep-alives. s.
	 */
	FLOOD_SETTLING = 60,
};

/* When to look. ns. */
enum { FLOOD_LOOK_EVERY = NS_PER_SECOND };

/* In the order of enum stray. */
enum flood_kind { FLOOD_SYN, FLOOD_SYN_ACK, FLOOD_ACK, FLOOD_RST, FLOOD_FIN, FLOOD_KINDS };

/* A flood, as one look found it. */
struct flood {
	enum flood_kind kind;
	bool over;     /* this is its end; else its beginning */
	bool cut;      /* the run ends, and the flood goes on */
	u64 time;      /* ns; of the look */
	u64 since;     /* ns; when its first bad second began */
	u64 until;     /* ns; when its last one ended */
	u64 rate;      /* segments a second, in its bad seconds */
	u64 peak;      /* in the worst of them */
	u64 total;     /* segments of the kind in its bad seconds, the good ones among them too */
	u64 nothing;   /* of that: what came to nothing */
	u64 judged;    /* and of how many that was told */
	u64 half_open; /* connections at this moment */
	struct syn_cookies cookies; /* since the flood began */
};

/* What is known of the floods of one kind. */
struct flood_watch {
	bool on;
	u32 bad;  /* seconds in a row */
	u32 many; /* of these, the last ones in a row with FLOOD_MANY */
	u32 good; /* seconds in a row since the last bad one */
	u64 strays;
	u64 lasted; /* ns; of its bad seconds */
	struct flood flood;
	struct syn_cookies cookies; /* when it began */
	u64 begun;		    /* floods of the run */
	u64 peak;		    /* of all of them */
	u64 segments;
};

/* Zeroed before use, but for the two members below. */
struct floods {
	bool ingress_only; /* one direction is watched */
	u64 since;	   /* ns; when the watching began */
	struct flood_watch watches[FLOOD_KINDS];
	u64 usual; /* connections completed in the busiest second of late */
	bool looked;
	u64 begun_rate;		    /* connections begun a second, in the last look */
	struct syn_cookies cookies; /* of the run so far; whoever feeds the detector keeps it */
};

/* For the counters: what there is to say of a run. */
struct flood_totals {
	bool watched; /* false: nobody looked once a second, and the rest means nothing */
	u64 begun[FLOOD_KINDS];
	u64 going_on[FLOOD_KINDS];
	u64 peak[FLOOD_KINDS]; /* segments a second */
	u64 segments[FLOOD_KINDS];
	bool measured;	    /* half_open_rate is */
	u64 half_open_rate; /* connections begun a second, in the last look */
	struct syn_cookies cookies;
};

/* "syn", "syn_ack", ... */
const char *flood_name(enum flood_kind kind);

/*
 * Looks at what was counted from `from` to `to` (ns). The floods that began or ended by that go to
 * `told`; returns how many.
 */
u32 floods_look(struct floods *f, const struct counters *before, const struct counters *after, u64 from,
		u64 to, struct flood told[FLOOD_KINDS]);

/* The run ends: the floods that go on. Returns how many. */
u32 floods_finish(struct floods *f, const struct counters *now, u64 at, struct flood told[FLOOD_KINDS]);

/* Time steps back to `since` (ns): what goes on was cut there, and nothing is known of the seconds before. */
void floods_restart(struct floods *f, u64 since);

struct flood_totals floods_total(const struct floods *f);

/* Adds `one` to `sum`, as for several interfaces of one network namespace together. */
void flood_totals_add(struct flood_totals *sum, const struct flood_totals *one);

#endif
