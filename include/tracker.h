/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a segment to what it changed: finds or opens the connection, lets sequence.h judge the numbers
 * and states.h move the state, and then writes down the difference between the state before and the
 * state after, as milestones, letters, counters and events. Each flag of the state is set once, by one
 * compare-and-swap, so each difference is written down once, however many CPUs see segments.
 */
#ifndef SYNSCOPE_TRACKER_H
#define SYNSCOPE_TRACKER_H

#include "connection.h"
#include "counters.h"
#include "notes.h"
#include "opening.h"
#include "sequence.h"
#include "sighting.h"
#include "states.h"
#include "telling.h"

enum { SWAP_TRIES = 16 };

ALWAYS_INLINE void count_facts(const struct sighting *g, struct counters *n)
{
	if (g->facts & FACT_RETRANSMITTED)
		n->retransmitted += g->count;
	if (g->facts & FACT_OUT_OF_ORDER)
		n->out_of_order += g->count;
	if (g->facts & FACT_ZERO_WINDOW)
		n->zero_window += g->count;
	if (g->facts & FACT_KEEPALIVE)
		n->keepalive++;
}

VERIFIED_ALONE u64 next_state(u64 state, const struct step *s)
{
	return s ? transition(state, s) : state;
}

/* One try to move the state; true where nothing is left to do. */
ALWAYS_INLINE bool swap_state_once(struct connection *c, const struct step *s, u64 *old, u64 *new)
{
	u64 seen;

	*new = next_state(*old, s);
	if (*new == *old)
		return true;
	seen = compare_and_swap(&c->state, *old, *new);
	if (seen == *old)
		return true;
	*old = seen;
	return false;
}

/*
 * Where other CPUs moved the state again and again. Each try is lost to one that moved it, and almost all
 * flags are set once: so that many tries are never needed. A segment that has lost them all has moved
 * nothing, and counts as untracked because another CPU was busy there.
 */
VERIFIED_ALONE int swap_state_again(struct connection *c, const struct step *s, struct sighting *g)
{
	struct counters *n = counters_current();

	if (!c || !s || !g || !n)
		return 0;
	for (u32 i = 0; i < SWAP_TRIES; i++)
		if (swap_state_once(c, s, &g->before, &g->after))
			return 0;
	g->after = g->before;
	n->untracked++;
	n->busy++;
	return 0;
}

/* Moves the state by compare-and-swap, from g->before to g->after. Most often one try is enough. */
ALWAYS_INLINE void swap_state(struct connection *c, const struct step *s, struct sighting *g)
{
	g->before = c->state;
	if (!swap_state_once(c, s, &g->before, &g->after))
		swap_state_again(c, s, g);
}

/* The numbers and the state of a segment, and what they changed. */
VERIFIED_ALONE int follow(struct connection *c, const struct segment *s, struct sighting *g)
{
	struct counters *n = counters_current();
	struct step step;

	if (!c || !s || !g || !n)
		return 0;
	g->from = sender(s, c->state);
	if (s->flags & (TCP_SYN | TCP_FIN | TCP_RST))
		sighted_at(g);
	observe(c, s, g);
	step.flags = s->flags;
	step.from = g->from;
	step.payload = s->payload != 0;
	step.facts = g->facts;
	swap_state(c, &step, g);
	count_facts(g, n);
	g->kinds = kinds_of_segment(s, g->facts);
	if (g->after != g->before || s->flags & (TCP_SYN | TCP_FIN | TCP_RST) || g->kinds ||
	    g->facts & (FACT_GAP | FACT_HOLE_ACKED | FACT_NOTHING_NEW))
		note(c, s, g);
	g->kinds = kinds_to_tell(c, g);
	return 0;
}

/* Takes a TCP segment into its connection. */
ALWAYS_INLINE void track(const struct segment *s, struct sighting *g, struct counters *n)
{
	struct connection *c = connection_of(s, g);

	if (!c)
		return;
	if (g->opened)
		g->kinds = 1 << EVENT_SYN;
	else
		follow(c, s, g);
	if (is_aggregated(c, g)) {
		g->kinds = 0;
		n->aggregated++;
	}
	if (g->kinds)
		emit(c, s, g);
}

#endif
