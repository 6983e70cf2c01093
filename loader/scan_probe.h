/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is a probe: of which kind the first segment of a connection is, were its source a scanner, which
 * target it asks, and what that answered. Nothing is kept here and nothing proven; who scans is for the rule
 * to say (scans.h).
 *
 *   openings: SYN, connect    a SYN. A stack's own offers SACK, which makes it one of a connect scan; a bare
 *                             one does not
 *   strays: ACK, Maimon       an ACK or FIN-ACK that is the first seen of its connection, without options or
 *                             payload: a stack sends its timestamps with each segment, and a connection that
 *                             was there before the watching goes on
 *   FIN, NULL, Xmas, other    flag sets that no stack sends to open anything
 *
 * The first event of a connection and its record come to the same kind, unless the record knows of something
 * that followed and that no probe is followed by.
 */
#ifndef SYNSCOPE_SCAN_PROBE_H
#define SYNSCOPE_SCAN_PROBE_H

#include "event.h"
#include "record.h"
#include "scanner.h"

/* A probe that proves something only if its target answers with RST, or not at all. */
ALWAYS_INLINE bool is_stray(enum scan_kind kind)
{
	return kind == SCAN_ACK || kind == SCAN_MAIMON;
}

/* A probe that may as well be how an ordinary connection begins. */
ALWAYS_INLINE bool is_opening(enum scan_kind kind)
{
	return kind == SCAN_SYN || kind == SCAN_CONNECT;
}

/* What the target answered, by the state of the connection (connection.h). */
ALWAYS_INLINE enum answer answer_of(u64 state)
{
	if (state & SAW_SYN << RESPONDER && !(state & MIDSTREAM))
		return ANSWER_SYN_ACK;
	if (state & RESET_BY << RESPONDER || (state & RESET_NOT_ACCEPTED && state & SAW_SEGMENT << RESPONDER))
		return ANSWER_RST;
	return state & UNREACHABLE ? ANSWER_UNREACHABLE : ANSWER_NONE;
}

/*
 * What an event shows its connection to be a probe of, if it is one; `before`: what the ones before it did.
 */
enum scan_kind probe_of_event(const struct event *e, enum scan_kind before);

/* What a record is a probe of, were its source a scanner: as probe_of_event(), with hindsight. */
enum scan_kind probe_of_record(const struct connection *c);

/* Whom the originator asks. `seed`: of the hash, what an attacker does not know. */
struct target target_of(const struct connection_key *key, u64 state, u64 seed);

#endif
