/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run comes to: connections by outcome, the pairs of peer and port with the most failures, and
 * what was lost or not seen. Bounded: of pairs only so many are kept, and a new one takes the place of
 * the one with the fewest failures (the space-saving algorithm; Metwally, Agrawal, El Abbadi), so the
 * worst are never missed, and a count may be too high by what its predecessor had.
 */
#ifndef SYNSCOPE_SUMMARY_H
#define SYNSCOPE_SUMMARY_H

#include <stdio.h>

#include "identity.h"
#include "record.h"
#include "view.h"

/* Each record is counted under the first that holds. The failures come first. */
enum outcome_kind {
	OUTCOME_REFUSED,	  /* a RST answered the SYN */
	OUTCOME_UNANSWERED,	  /* nothing did */
	OUTCOME_REJECTED,	  /* an ICMP error did */
	OUTCOME_UNFINISHED,	  /* the handshake was begun, and not completed */
	OUTCOME_RESET,		  /* a RST ended it */
	FAILURES,		  /* how many of them are failures */
	OUTCOME_PROBE = FAILURES, /* stray segments: no connection */
	OUTCOME_CLOSED,		  /* by FINs */
	OUTCOME_EVICTED,	  /* the last four: open, as their endings have it (record.h) */
	OUTCOME_IDLE,
	OUTCOME_REUSED,
	OUTCOME_OPEN,
	OUTCOME_UNWATCHED, /* --ingress-only: one side was not looked at */
	OUTCOMES,
};

/* How many pairs are counted, and how many of them and of the scans are shown. */
enum { SUMMARY_PAIRS = 256, SUMMARY_WORST = 5, SUMMARY_SCANS = 20 };

struct summary_pair {
	struct party peer; /* the responder */
	u64 failures;	   /* with those of the pairs whose place it took */
	u64 by_kind[FAILURES];
};

/* The last numbers of a scan, with what names it. */
struct summary_scan {
	u32 targets;
	char text[1024];
};

/* Zeroed before use. */
struct summary {
	u64 outcomes[OUTCOMES];
	struct summary_pair pairs[SUMMARY_PAIRS];
	u32 pair_count;
	struct summary_scan scans[SUMMARY_SCANS]; /* those with the most targets, the largest first */
	u32 scan_count;				  /* of all */
	bool since_attach; /* what the counters say is of that time, not of this reader's alone */
};

/* A record is final. */
void summary_add(struct summary *s, const struct record *r);

/* A scan on an interface is over, and these are its numbers. */
void summary_scan(struct summary *s, const struct interface *i, const struct scanner *scanner);

/* `totals` and `losses` are those of all interfaces together; NULL where there are none. */
void summary_print(const struct summary *s, FILE *out, const struct totals *totals,
		   const struct losses *losses);

#endif
