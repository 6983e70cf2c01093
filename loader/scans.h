/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who scans. A single probe proves nothing; the rule needs several from one source within a minute:
 *
 *   SYN and connect   ten different (host, port) pairs, of which more than half were not opened
 *   FIN, NULL, Xmas, and other flag sets that no stack sends to open anything: three
 *   ACK and Maimon    three that nothing followed but silence or a RST, since a single one is ordinary
 *                     after attaching in the middle of connections
 *
 * So retries against a dead server are one pair, health checks are opened, and a NAT's many clients
 * have many source ports but few destinations. Bounded: the sources seen least recently are forgotten.
 */
#ifndef SYNSCOPE_SCANS_H
#define SYNSCOPE_SCANS_H

#include "event.h"
#include "record.h"

enum {
	SCAN_SOURCES = 1024,
	SCAN_WAYS = 8, /* places in which one source may be kept */
	SCAN_PAIRS_LEAST = 10,
	SCAN_PROBES_LEAST = 3,
};

/* What is known of one source within the minute. */
struct scan_source {
	union address address;
	u64 begin;		    /* ns; of the minute */
	u64 last;		    /* ns */
	u64 pairs[2];		    /* a set of 128 bits: the (host, port) pairs tried, hashed */
	u32 attempts;		    /* SYNs that opened a record */
	u32 established;	    /* of those */
	u32 probes[SCAN_KINDS];	    /* by kind; not SYN and connect */
	u64 flag_begin[SCAN_KINDS]; /* ns; the rule was met by what began between these two; */
	u32 untold; /* bits 1 << enum scan_kind: flagged when a minute ended, and nobody was told yet */
	u64 flag_end[SCAN_KINDS]; /*   equal: it was not */
};

struct scans {
	struct scan_source sources[SCAN_SOURCES];
	u64 counts[SCAN_KINDS]; /* probes of flagged sources whose record is final */
};

/* "syn", "connect", ... */
const char *scan_name(enum scan_kind kind);

/* Takes an event into account. True: by it a source was flagged, with *kind. */
bool scans_event(struct scans *s, const struct event *e, enum scan_kind *kind);

/* Takes a record into account whose events were not read. */
void scans_record(struct scans *s, const struct connection *c);

/*
 * What scan a final record was part of; SCAN_NONE where the rule does not say so. *first: by this
 * record its source was flagged.
 */
enum scan_kind scans_judge(struct scans *s, const struct connection *c, bool *first);

#endif
