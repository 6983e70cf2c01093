// SPDX-License-Identifier: GPL-2.0-or-later
#include "scanner.h"

#include <string.h>

#include "hash.h"

const char *scan_name(enum scan_kind kind)
{
	static const char *const names[SCAN_KINDS] = {
		[SCAN_SYN] = "syn",	  [SCAN_CONNECT] = "connect", [SCAN_FIN] = "fin",
		[SCAN_NULL] = "null",	  [SCAN_XMAS] = "xmas",	      [SCAN_ACK] = "ack",
		[SCAN_MAIMON] = "maimon", [SCAN_OTHER] = "other",
	};

	return (u32)kind < SCAN_KINDS ? names[kind] : NULL;
}

const char *port_state_name(enum port_state state)
{
	static const char *const names[PORT_STATES] = {
		[PORT_OPEN] = "open",
		[PORT_CLOSED] = "closed",
		[PORT_UNFILTERED] = "unfiltered",
		[PORT_OPEN_FILTERED] = "open|filtered",
		[PORT_FILTERED] = "filtered",
	};

	return names[state];
}

/* What an answer, or none, says of a port. */
static enum port_state port_state(enum scan_kind kind, enum answer answer)
{
	bool opening = kind == SCAN_SYN || kind == SCAN_CONNECT;

	switch (answer) {
	case ANSWER_SYN_ACK:
		return PORT_OPEN;
	case ANSWER_RST:
		return kind == SCAN_ACK ? PORT_UNFILTERED : PORT_CLOSED;
	case ANSWER_NONE:
		return opening || kind == SCAN_ACK ? PORT_FILTERED : PORT_OPEN_FILTERED;
	default:
		return PORT_FILTERED;
	}
}

/* Only a SYN, or what was meant to pass for one, can be answered by a SYN-ACK. */
static bool is_answer_to(enum scan_kind kind, enum answer answer)
{
	return answer != ANSWER_SYN_ACK || kind == SCAN_SYN || kind == SCAN_CONNECT || kind == SCAN_OTHER;
}

bool scanner_counts(const struct scanner *s, enum port_state state, u32 *n)
{
	bool possible = false;

	*n = 0;
	if (s->ingress_only && (s->kind != SCAN_CONNECT || state != PORT_OPEN))
		return false;
	for (enum answer answer = ANSWER_NONE; answer < ANSWERS; answer++) {
		if (!is_answer_to(s->kind, answer) || port_state(s->kind, answer) != state)
			continue;
		possible = true;
		*n += s->answers[answer];
	}
	return possible;
}

u64 scanner_rate(const struct scanner *s)
{
	enum { LEAST_MS = 100 };
	u64 ms = (s->last - s->since) / 1000000;

	return ms >= LEAST_MS ? (s->probes * 1000 + ms / 2) / ms : 0;
}

static u64 target_hash(const struct target *t)
{
	return hash_mix(t->host ^ hash_mix(t->port));
}

static void note_answer(struct scanner *s, u64 *slot, enum answer answer)
{
	enum answer before = *slot & DISTINCT_NOTE;

	if (answer <= before || !is_answer_to(s->kind, answer))
		return;
	s->answers[before]--;
	s->answers[answer]++;
	*slot += answer - before;
	s->changed = true;
}

bool scanner_probe(struct scanner *s, const struct target *t, u32 probes, enum answer answer, size_t *purse)
{
	bool added = false, ignored = false;
	u64 *slot = distinct_add(&s->targets, target_hash(t), purse, &added);
	const u64 *host = distinct_add(&s->hosts, t->host, purse, &ignored);
	const u64 *port = distinct_add(&s->ports, hash_mix(t->port), purse, &ignored);

	s->probes += probes;
	s->changed = true;
	s->capped = s->capped || !slot || !host || !port;
	if (added)
		s->answers[ANSWER_NONE]++;
	if (slot)
		note_answer(s, slot, answer);
	return added;
}

void scanner_answer(struct scanner *s, const struct target *t, enum answer answer)
{
	u64 *slot = distinct_find(&s->targets, target_hash(t));

	if (slot)
		note_answer(s, slot, answer);
}

void scanner_release(struct scanner *s, size_t *purse)
{
	distinct_release(&s->targets, purse);
	distinct_release(&s->hosts, purse);
	distinct_release(&s->ports, purse);
	memset(s, 0, sizeof(*s));
}
