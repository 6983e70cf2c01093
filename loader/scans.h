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
 * targets. It fails when it refuses, is unreachable, stays silent for three seconds, or is asked again while
 * it is silent; a bare SYN also when its answer is not taken up. The connection of a stack's own SYN is
 * opened by a SYN-ACK already, since a load balancer may check like that. What a source had opened before
 * does not fail later: a target that dies is no scan. What makes a segment a probe of which kind:
 * scan_probe.h.
 *
 * The minute begins with the source's first target and ends early when the sample of it is full and settled.
 *
 * Bounded: SCAN_SUSPECTS sources and kinds, each with a sample of its minute's targets. Where a new one needs
 * a place, that goes which has the least to say: whose minute is over, then who tried the fewest targets,
 * then who was quiet for longest; those who scan go last. SCANNERS scans at a time are counted target by
 * target, in SCAN_PURSE bytes; the smallest goes. What was given up is counted.
 */
#ifndef SYNSCOPE_SCANS_H
#define SYNSCOPE_SCANS_H

#include "event.h"
#include "record.h"
#include "scanner.h"
#include "suspect.h"

enum {
	SCAN_SUSPECTS = 4096,
	SCAN_WAYS = 8, /* places in which one suspect may be kept */
	SCAN_TARGETS_LEAST = 10,
	SCAN_PROBES_LEAST = 3,
	SCANNERS = 256,
	SCAN_PURSE = 16 << 20,
};

typedef void scan_tell(void *context, struct scanner *s, enum scan_news news);

struct scans {
	u64 seed;
	scan_tell *tell; /* NULL: nobody listens */
	void *context;
	u32 tags[SCAN_SUSPECTS]; /* 0: the place is free */
	struct suspect suspects[SCAN_SUSPECTS];
	u64 undecided[SCAN_SUSPECTS /
		      64]; /* bits: enough targets, whose silence may come to prove something */
	struct scanner scanners[SCANNERS];
	u32 active; /* of them, not over */
	size_t purse;
	u64 next_look;		/* ns */
	u64 counts[SCAN_KINDS]; /* probes of flagged sources whose record is final */
	u64 seen;		/* scans that were told of */
	u64 displaced;		/* of those, how many gave their place to another before their end */
	u64 forgotten;		/* suspects that did so within their minute */
};

/* NULL: no memory. `seed`: what an attacker does not know. */
struct scans *scans_open(u64 seed, scan_tell *tell, void *context);

void scans_close(struct scans *s);

/* Whether an event is part of a scan that is told of as a whole. It is counted as folded. */
bool scans_folds(struct scans *s, const struct event *e, enum scan_kind kind);

/* Takes an event of a connection of that kind into account. */
void scans_event(struct scans *s, const struct event *e, enum scan_kind kind);

/* Takes a record into account whose events were not read. */
void scans_record(struct scans *s, const struct connection *c);

/* What scan a final record was part of; SCAN_NONE where the rule does not say so. */
enum scan_kind scans_judge(struct scans *s, const struct connection *c, u64 now);

/* Time passes: silence comes to mean something, and scans are over. */
void scans_advance(struct scans *s, u64 now);

/* The run ends with a record as it is: what is silent stays so. For all of them, before the first is judged.
 */
void scans_settle(struct scans *s, const struct connection *c, u64 now);

/* The end: the last word on each scan. */
void scans_finish(struct scans *s);

#endif
