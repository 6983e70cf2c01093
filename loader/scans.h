/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who scans. A single probe proves nothing; the rule needs several of one kind from one source within a
 * minute:
 *
 *   SYN and connect    ten targets, of which more than half fail
 *   FIN, NULL, Xmas, and other flag sets that no stack sends to open anything: three probes
 *   ACK and Maimon     three targets that answer with RST, or, when the record is final, not at all
 *
 * A target is a (host, port) pair; so retries are one, and a NAT's many clients are many source ports but few
 * targets. What makes a segment a probe, and of which kind: scan_probe.h. When the minute begins and ends,
 * and when a target has failed: suspect.h. The connection of a stack's own SYN is opened by a SYN-ACK
 * already, since a load balancer may check like that. What a source had opened before does not fail later: a
 * target that dies is no scan.
 *
 * A source that meets the rule is flagged: what began in that minute was part of a scan, which is told of as
 * a whole (scanner.h) and is over after a minute without a probe.
 *
 * Bounded: the suspects (suspect_table.h); SCANNERS scans at a time, which are counted target by target, in
 * SCAN_PURSE bytes for all. Where a new scan needs a place, that goes which has the fewest targets, one that
 * is over before all others. What was given up is counted.
 */
#ifndef SYNSCOPE_SCANS_H
#define SYNSCOPE_SCANS_H

#include "event.h"
#include "record.h"
#include "scanner.h"
#include "suspect_table.h"

enum {
	SCAN_TARGETS_LEAST = 10, /* of openings; more than half of them fail */
	SCAN_PROBES_LEAST = 3,	 /* of the other kinds; of strays, targets that fail */
	SCANNERS = 256,
	SCAN_PURSE = 16 << 20, /* bytes */
};

/* A listener is told of a scan; `s` stays where it is until SCAN_IS_GONE. */
typedef void scan_tell(void *context, struct scanner *s, enum scan_news news);

struct scans {
	u64 seed;	   /* of the hashes: what an attacker does not know */
	scan_tell *tell;   /* NULL: nobody listens */
	void *context;	   /* for it */
	bool ingress_only; /* set by whoever opened it: answers are not looked at */
	struct suspect_table suspects;
	struct scanner scanners[SCANNERS];
	u32 active;		/* of them, not over: 0 to SCANNERS */
	size_t purse;		/* bytes that they may still take: 0 to SCAN_PURSE */
	u64 next_look;		/* ns; scans_advance() does nothing before */
	u64 counts[SCAN_KINDS]; /* probes of flagged sources whose record is final */
	u64 seen;		/* scans that were told of */
	u64 displaced;		/* of those, how many gave their place to another before their end */
	u64 forgotten;		/* suspects that gave theirs to another while they had something to say */
};

/* NULL: no memory. `seed`: what an attacker does not know. */
struct scans *scans_open(u64 seed, scan_tell *tell, void *context);

void scans_close(struct scans *s);

/*
 * Whether an event is part of a scan that is told of as a whole. It is counted as folded. `kind`, here and
 * below: probe_of_event().
 */
bool scans_folds(struct scans *s, const struct event *e, enum scan_kind kind);

/* Takes an event of a connection of that kind into account. */
void scans_event(struct scans *s, const struct event *e, enum scan_kind kind);

/* Takes a record into account whose events were not read. */
void scans_record(struct scans *s, const struct connection *c);

/* What scan a final record was part of; SCAN_NONE: of none that is known. `now`, here and below: ns. */
enum scan_kind scans_judge(struct scans *s, const struct connection *c, u64 now);

/*
 * Time passes: silence comes to mean something, and scans are over. It may step back: then all begins anew.
 */
void scans_advance(struct scans *s, u64 now);

/* The run ends with a record as it is: what is silent stays so. For all of them, before one is judged. */
void scans_settle(struct scans *s, const struct connection *c, u64 now);

/* The end: the last word on each scan. */
void scans_finish(struct scans *s);

#endif
