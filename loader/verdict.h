/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the facts of a record mean. Pure functions: they look at the record and at nothing else, so
 * the same record gives the same verdict from either engine and in any process.
 */
#ifndef SYNSCOPE_VERDICT_H
#define SYNSCOPE_VERDICT_H

#include "connection.h"
#include "record.h"

/* The tags of "diagnosis", in the order in which they are printed. */
enum diagnosis {
	DIAGNOSIS_REFUSED,
	DIAGNOSIS_UNANSWERED,
	DIAGNOSIS_SYN_RETRANSMITTED,
	DIAGNOSIS_SYN_ACK_RETRANSMITTED,
	DIAGNOSIS_HANDSHAKE_UNFINISHED,
	DIAGNOSIS_HANDSHAKE_INVALID,
	DIAGNOSIS_SLOW_RESPONDER,
	DIAGNOSIS_SLOW_ORIGINATOR,
	DIAGNOSIS_RESET_BY_ORIG,
	DIAGNOSIS_RESET_BY_RESP,
	DIAGNOSIS_RESET_NOT_ACCEPTED,
	DIAGNOSIS_HALF_CLOSED,
	DIAGNOSIS_SIMULTANEOUS_OPEN,
	DIAGNOSIS_SIMULTANEOUS_CLOSE,
	DIAGNOSIS_PORT_REUSED,
	DIAGNOSIS_ZERO_WINDOW,
	DIAGNOSIS_RETRANSMISSIONS,
	DIAGNOSIS_MIDSTREAM,
	DIAGNOSIS_ONE_SIDED,
	DIAGNOSIS_UNREACHABLE,
	/* the scans follow: DIAGNOSIS_SCAN + SCAN_SYN is "syn_scan", and so on */
	DIAGNOSIS_SCAN = DIAGNOSIS_UNREACHABLE,
	DIAGNOSES = DIAGNOSIS_SCAN + SCAN_KINDS,
};

/* The name of a diagnosis in JSON, as "syn_retransmitted". */
const char *diagnosis_name(enum diagnosis d);

/* Which diagnoses hold: bits 1 << enum diagnosis. */
u32 diagnose(const struct record *r);

/* Zeek's conn_state: "S0", "SF", ... The rules, first match: the definition in verdict_zeek.c. */
const char *conn_state(const struct connection *c);

/* Zeek's history; `text` gets at most HISTORY_MAX letters and a NUL. */
void history_text(const struct connection *c, char text[HISTORY_MAX + 1]);

/* Wireshark's tcp.completeness, 0 to 63. */
u32 completeness(const struct connection *c);

/* Payload bytes by sequence numbers, as Zeek counts them: sent or acknowledged, SYN and FIN left out. */
u64 payload_bytes(const struct connection *c, enum endpoint who);

/* Payload bytes of both directions that were acknowledged and never seen. */
u64 unseen_bytes(const struct connection *c);

/* The same as Zeek counts them: none where it did not see the handshake. */
u64 missed_bytes(const struct connection *c);

/* "SYN_SENT", ...; NULL for an endpoint of which nothing was seen. */
const char *state_name(enum tcp_state state);

/* teardown.by: "orig", "resp", "both", or NULL. */
const char *teardown_by(const struct record *r);

/* teardown.how: "fin", "rst", "idle", "evicted", "open"; NULL for a probe, which opened nothing. */
const char *teardown_how(const struct record *r);

/* options.fast_open: "requested", "accepted", "ignored", or NULL. */
const char *fast_open(const struct connection *c);

/* Whether anything of an endpoint was seen. */
bool endpoint_seen(const struct connection *c, enum endpoint who);

/*
 * Whether what an endpoint sent was looked at. If not (--ingress-only), that nothing was seen means nothing.
 */
bool endpoint_watched(const struct record *r, enum endpoint who);

/* Whether one of them was not: then nothing of that side's is known, nor what the connection came to. */
bool is_half_watched(const struct record *r);

/* A RST that answers a SYN which was not seen: the connection was refused, and never open. */
bool refused_unseen(const struct connection *c);

/* Whether the connection is over: both FINs acknowledged, or an accepted RST. */
bool is_closed(const struct connection *c);

/* Opened by nothing and carried nothing: a NULL, FIN, Xmas, Maimon or ACK probe and what answered it. */
bool is_probe(const struct connection *c);

/* ns from the SYN to the SYN-ACK; false: not known, or not one number because the SYN was sent again. */
bool responder_half(const struct connection *c, u64 *ns);

/* ns from the SYN-ACK to the ACK that completed the handshake; false: as above, with the SYN-ACK. */
bool originator_half(const struct connection *c, u64 *ns);

/* Both of them; false: one is not known. */
bool handshake_halves(const struct connection *c, u64 *responder, u64 *originator);

/* ns from the first to the last segment; as Zeek, what comes after the second FIN is left out. */
u64 duration(const struct connection *c);

/*
 * ns from the originator's first payload to the responder's; false: not both, or the responder spoke first.
 */
bool first_response(const struct connection *c, u64 *ns);

/* Segments sent again that were neither SYN nor SYN-ACK. */
u32 later_retransmits(const struct connection *c, enum endpoint who);

/* The round trip at the point of observation, ns: both halves of it added; false: one was never measured. */
struct round_trip {
	u64 min;
	u64 smoothed;
	u64 max;
};
bool round_trip(const struct connection *c, struct round_trip *rtt);

#endif
