/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one scan comes to: the probes of one kind that one source sent, to how many hosts and ports, and how
 * many of them are open, closed or filtered. A target is a (host, port) pair, counted once however often it
 * was probed, with the best answer that it gave.
 *
 * What the answers mean is nmap's definition (nmap.org/book/man-port-scanning-techniques.html):
 *
 *                            SYN-ACK   RST          nothing         ICMP unreachable
 *   SYN, connect             open      closed       filtered        filtered
 *   FIN, NULL, Xmas, Maimon  -         closed       open|filtered   filtered
 *   ACK                      -         unfiltered   filtered        filtered
 *   other flag sets          open      closed       open|filtered   filtered
 */
#ifndef SYNSCOPE_SCANNER_H
#define SYNSCOPE_SCANNER_H

#include "distinct.h"
#include "event.h"
#include "record.h"

/* A target's answer; a later one in this order counts for more. */
enum answer { ANSWER_NONE, ANSWER_UNREACHABLE, ANSWER_RST, ANSWER_SYN_ACK, ANSWERS };

struct scanner {
	enum scan_kind kind; /* SCAN_NONE: the place is free */
	union address source;
	u64 since; /* ns; its first probe */
	u64 last;  /* ns; its latest */
	u64 probes;
	u64 folded; /* events that a view left out */
	struct distinct targets, hosts, ports;
	u32 answers[ANSWERS]; /* of the targets */
	u32 tell_at;	      /* targets */
	bool capped;	      /* there was no room for a target: the numbers are lower bounds */
	bool changed;	      /* since it was last told of */
	bool over;
	bool ingress_only;   /* its answers were not looked at: who goes on behind a SYN had one */
	struct event latest; /* its latest probe */
};

enum scan_news {
	SCAN_BEGINS,
	SCAN_GROWS,   /* twice as many targets as when it was told of before */
	SCAN_CHANGES, /* some other change, told a few times a second */
	SCAN_IS_OVER,
	SCAN_IS_GONE, /* these are its last numbers, and its place is free from now on */
};

/* A target as hashes, made by target_of(), since a source that was not flagged yet keeps no more of it. */
struct target {
	u64 host;
	u16 port;
};

/* How many of its targets a scan found to be what, in nmap's words. */
enum port_state { PORT_OPEN, PORT_CLOSED, PORT_UNFILTERED, PORT_OPEN_FILTERED, PORT_FILTERED, PORT_STATES };

/* "open", ..., "open|filtered", "filtered" */
const char *port_state_name(enum port_state state);

/* False: a scan of this kind can't find a port to be in that state, or nobody looked. */
bool scanner_counts(const struct scanner *s, enum port_state state, u32 *n);

/* Probes a second, rounded; 0: the time was too short to tell. */
u64 scanner_rate(const struct scanner *s);

/* Takes `probes` probes of a target into account, and its answer. True: it is a new target. *purse:
 * distinct.h. */
bool scanner_probe(struct scanner *s, const struct target *t, u32 probes, enum answer answer, size_t *purse);

/* An answer to a probe that was taken into account before. */
void scanner_answer(struct scanner *s, const struct target *t, enum answer answer);

/* Frees the place. */
void scanner_release(struct scanner *s, size_t *purse);

/* "syn", "connect", ...; NULL for SCAN_NONE. */
const char *scan_name(enum scan_kind kind);

#endif
