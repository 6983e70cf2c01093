// SPDX-License-Identifier: GPL-2.0-or-later
#include "suspect.h"

#include <string.h>

#include "hash.h"
#include "scan_probe.h"

/* A scanner that asks again does not wait for as long as a stack does (1 s: RFC 6298); ns. */
static const u64 impatience = 100000000ULL;

static u64 *opened_word(struct suspect *p, const struct target *t, u64 *bit)
{
	u64 hash = hash_mix(t->host + t->port);

	*bit = 1ULL << hash % 64;
	return &p->opened[hash / 64 % SCAN_OPENED_WORDS];
}

static bool was_opened_before(struct suspect *p, const struct target *t)
{
	u64 bit, *word = opened_word(p, t, &bit);

	return *word & bit;
}

/* A set that is half full would excuse half of what is new: it begins anew. */
static void remember_opened(struct suspect *p, const struct target *t)
{
	u64 bit, *word = opened_word(p, t, &bit);
	int bits = 0;

	if (*word & bit)
		return;
	for (u32 i = 0; i < SCAN_OPENED_WORDS; i++)
		bits += __builtin_popcountll(p->opened[i]);
	if (bits >= SCAN_OPENED_WORDS * 32)
		memset(p->opened, 0, sizeof(p->opened));
	*word |= bit;
}

/* A target that is asked a second time. A stack waits for longer, so only a bare SYN proves something. */
static void ask_again(struct suspect *p, struct attempt *a, u64 now)
{
	if (a->probes < 255)
		a->probes++;
	if (p->kind == SCAN_SYN && !a->opened && a->answer == ANSWER_NONE && now > attempt_time(p, a) &&
	    now - attempt_time(p, a) >= impatience)
		attempt_set_failed(p, a, true);
}

void suspect_add_attempt(struct suspect *p, const struct target *t, u64 now)
{
	struct attempt *a = suspect_attempt(p, t);

	p->probes++;
	if (a) {
		ask_again(p, a, now);
		return;
	}
	if (p->count == SCAN_SAMPLE)
		return;
	a = &p->sample[p->count++];
	*a = (struct attempt){
		.host = t->host, .port = t->port, .probes = 1, .opened = was_opened_before(p, t)};
	a->at = (u16)(now > p->begin ? (now - p->begin) / 1000000 : 0);
}

/* The SYN-ACK is what opens; but whoever sends a bare SYN must also go on. */
static bool opens(enum scan_kind kind, u64 state)
{
	if (is_stray(kind))
		return state & (SAW_DATA | SAW_DATA << RESPONDER) ||
		       (state & SAW_SEGMENT << RESPONDER && answer_of(state) != ANSWER_RST);
	return is_opening(kind) &&
	       (state & ESTABLISHED_ONCE || (kind == SCAN_CONNECT && answer_of(state) == ANSWER_SYN_ACK));
}

static bool fails(enum scan_kind kind, u64 state)
{
	enum answer answer = answer_of(state);

	if (answer == ANSWER_RST || answer == ANSWER_UNREACHABLE)
		return true;
	return kind == SCAN_SYN && state & RESET_BY << ORIGINATOR;
}

void suspect_note_state(struct suspect *p, const struct target *t, u64 state)
{
	struct attempt *a = suspect_attempt(p, t);

	if (opens(p->kind, state)) {
		if (is_opening(p->kind))
			remember_opened(p, t);
		if (a) {
			a->opened = true;
			attempt_set_failed(p, a, false);
		}
	} else if (a && !a->opened && fails(p->kind, state)) {
		attempt_set_failed(p, a, true);
	}
	if (a && answer_of(state) > a->answer)
		a->answer = (u8)answer_of(state);
}

void suspect_note_silence(struct suspect *p, u64 now)
{
	for (u32 i = 0; is_opening(p->kind) && i < p->count; i++) {
		struct attempt *a = &p->sample[i];

		if (!a->opened && !a->failed && now > attempt_time(p, a) &&
		    now - attempt_time(p, a) >= SCAN_GRACE)
			attempt_set_failed(p, a, true);
	}
}
