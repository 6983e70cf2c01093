/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zeek's history: a letter for each kind of segment, in the order of their first appearance, upper
 * case for the originator. Letters are appended by an atomic add, so both hooks may write at once.
 */
#ifndef SYNSCOPE_HISTORY_H
#define SYNSCOPE_HISTORY_H

#include "connection.h"
#include "platform.h"

/*
 * Twelve letters for each direction and the flip may each come once; what Zeek repeats (s h f r with
 * another number, g t w each tenfold) is repeated only while this much room is left for the others.
 */
enum { HISTORY_ROOM_FOR_FIRST = 20 };

ALWAYS_INLINE void history_append(struct connection *c, char letter, enum endpoint from)
{
	u32 at = fetch_and_add(&c->history_length, 1);

	if (at >= HISTORY_MAX)
		return;
	hide_value(at); /* else the compiler drops the mask that the verifier wants to see */
	c->history[at & 31] = from == ORIGINATOR ? letter - ('a' - 'A') : letter;
}

/* How often a letter was written. */
VERIFIED_ALONE int history_count(const struct connection *c, char letter, enum endpoint from)
{
	int n = 0;

	if (!c)
		return 0;
	if (from == ORIGINATOR)
		letter -= 'a' - 'A';
	for (u32 i = 0; i < HISTORY_MAX; i++)
		n += c->history[i] == letter;
	return n;
}

ALWAYS_INLINE void history_repeat(struct connection *c, char letter, enum endpoint from)
{
	if (c->history_length < HISTORY_MAX - HISTORY_ROOM_FOR_FIRST || !history_count(c, letter, from))
		history_append(c, letter, from);
}

/* Whether the n-th of its kind gets a letter: the first, tenth, hundredth, ... */
ALWAYS_INLINE bool history_worth(u32 n)
{
	return n == 1 || n == 10 || n == 100 || n == 1000 || n == 10000;
}

#endif
