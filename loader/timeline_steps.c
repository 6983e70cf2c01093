// SPDX-License-Identifier: GPL-2.0-or-later
#include "timeline_steps.h"

#include <string.h>

#include "verdict.h"
#include "wire.h"

static bool has_kind(const struct event *e, enum event_kind kind)
{
	return e->kinds >> kind & 1;
}

static bool is_not_accepted(const struct event *e)
{
	if (e->flags & TCP_RST)
		return !(e->verdict & VERDICT_ACCEPTED) && !(e->state & (PROBE | CLOSED_ONCE));
	return !(e->verdict & VERDICT_ACCEPTED) && !(e->state & PROBE) && !has_kind(e, EVENT_RETRANSMISSION);
}

/* Whether an event is worth a line of its own. Payload is, where it is all that there is to show. */
static bool is_shown(const struct event *e, bool closing)
{
	u32 always = 1U << EVENT_SYN | 1U << EVENT_SYN_ACK | 1U << EVENT_ESTABLISHED | 1U << EVENT_FIN_ACKED |
		     1U << EVENT_FIN | 1U << EVENT_RST | 1U << EVENT_CLOSED;

	if (has_kind(e, EVENT_UNREACHABLE))
		return false; /* no segment: a remark names it */
	if (e->kinds & always || e->state & PROBE)
		return true;
	if (has_kind(e, EVENT_RETRANSMISSION) && e->flags & (TCP_SYN | TCP_FIN))
		return true;
	if (has_kind(e, EVENT_SEGMENT) && is_not_accepted(e))
		return true;
	return has_kind(e, EVENT_DATA) && (closing || e->state & MIDSTREAM);
}

static enum phase phase_of(const struct event *e)
{
	u64 finished = SAW_FIN | SAW_FIN << 1 | RESET_BY | RESET_BY << 1;

	if (e->state & finished || e->flags & TCP_RST)
		return PHASE_CLOSING;
	if (has_kind(e, EVENT_DATA) && !has_kind(e, EVENT_ESTABLISHED) && !(e->flags & TCP_SYN))
		return PHASE_CARRYING;
	return PHASE_OPENING;
}

static void add_event(struct timeline_steps *t, const struct event *e)
{
	t->step[t->count++] = (struct timeline_step){
		.time = e->time,
		.event = e,
		.flags = e->flags,
		.from = e->from & 1,
		.phase = phase_of(e),
		.states = {endpoint_state(e->state, ORIGINATOR), endpoint_state(e->state, RESPONDER)},
		.again = has_kind(e, EVENT_RETRANSMISSION),
		.not_accepted = is_not_accepted(e),
	};
}

static bool told(const struct timeline_steps *t, u32 kinds, enum endpoint from)
{
	for (u32 i = 0; i < t->count; i++)
		if (t->step[i].event && t->step[i].event->kinds & kinds && t->step[i].from == from)
			return true;
	return false;
}

/* A step that no event told, before the first one that is later. */
static void rebuild(struct timeline_steps *t, struct timeline_step s)
{
	u32 at = t->count;

	if (t->count == TIMELINE_STEPS_MAX)
		return;
	while (at && t->step[at - 1].time > s.time)
		at--;
	memmove(&t->step[at + 1], &t->step[at], (t->count - at) * sizeof(s));
	t->step[at] = s;
	t->count++;
	t->rebuilt++;
}

/* A probe makes no event of its own; its answer may. */
static void rebuild_probe(struct timeline_steps *t, const struct connection *c)
{
	u64 fin = HISTORY_F | HISTORY_F << 1, ack = HISTORY_A | HISTORY_A << 1;
	struct timeline_step s = {.time = c->start, .from = ORIGINATOR};

	if (c->state & FLIPPED || !endpoint_seen(c, ORIGINATOR))
		s.from = RESPONDER;
	if (c->state & fin)
		s.flags = c->state & MIDSTREAM ? TCP_FIN | TCP_ACK : TCP_FIN;
	else if (c->state & ack)
		s.flags = TCP_ACK;
	if (!t->count || t->step[0].from != s.from)
		rebuild(t, s);
}

static void rebuild_opening(struct timeline_steps *t, const struct connection *c)
{
	u32 opened = 1U << EVENT_ESTABLISHED;

	if (c->state & SAW_SYN << ORIGINATOR && !(c->state & FLIPPED) &&
	    !told(t, 1U << EVENT_SYN, ORIGINATOR))
		rebuild(t, (struct timeline_step){
				   .time = c->start,
				   .flags = TCP_SYN,
				   .states = {STATE_SYN_SENT},
			   });
	if (c->state & SAW_SYN_ACK && !told(t, 1U << EVENT_SYN_ACK, RESPONDER) &&
	    !(c->state & SIMULTANEOUS_OPEN))
		rebuild(t, (struct timeline_step){
				   .time = c->at.syn_ack,
				   .flags = TCP_SYN | TCP_ACK,
				   .from = RESPONDER,
				   .states = {c->state & FLIPPED ? STATE_UNKNOWN : STATE_SYN_SENT,
					      STATE_SYN_RECEIVED},
			   });
	if (c->state & ESTABLISHED_ONCE && !told(t, opened, ORIGINATOR) && !told(t, opened, RESPONDER))
		rebuild(t,
			(struct timeline_step){
				.time = c->at.established,
				.flags = TCP_ACK,
				.states = {STATE_ESTABLISHED,
					   endpoint_seen(c, RESPONDER) ? STATE_ESTABLISHED : STATE_UNKNOWN},
			});
}

static void rebuild_fin(struct timeline_steps *t, const struct connection *c, enum endpoint who)
{
	enum endpoint peer = other_endpoint(who);
	bool second = c->state & SAW_FIN << peer && c->at.fin[peer] < c->at.fin[who];
	struct timeline_step s = {
		.time = c->at.fin[who], .flags = TCP_FIN | TCP_ACK, .from = (u8)who, .phase = PHASE_CLOSING};

	if (!(c->state & SAW_FIN << who) || told(t, 1U << EVENT_FIN, who))
		return;
	s.states[who] = second ? STATE_LAST_ACK : STATE_FIN_WAIT_1;
	s.states[peer] = second ? STATE_TIME_WAIT : STATE_CLOSE_WAIT;
	rebuild(t, s);
}

static void rebuild_closing(struct timeline_steps *t, const struct connection *c)
{
	u32 closed = 1U << EVENT_CLOSED | 1U << EVENT_RST;
	bool reset = either(c->state, RESET_BY);
	struct timeline_step s = {
		.time = reset ? c->at.reset : c->at.closed,
		.flags = reset ? TCP_RST : TCP_ACK,
		.from = c->state & RESET_BY << RESPONDER ? RESPONDER : ORIGINATOR,
		.phase = PHASE_CLOSING,
		.states = {endpoint_state(c->state, ORIGINATOR), endpoint_state(c->state, RESPONDER)},
	};

	rebuild_fin(t, c, ORIGINATOR);
	rebuild_fin(t, c, RESPONDER);
	if (!is_closed(c) || told(t, closed, ORIGINATOR) || told(t, closed, RESPONDER))
		return;
	/* the last ACK comes from the one that did not send the second FIN */
	if (!reset && c->at.fin[ORIGINATOR] > c->at.fin[RESPONDER])
		s.from = RESPONDER;
	rebuild(t, s);
}

void timeline_steps(struct timeline_steps *t, const struct record *r)
{
	bool closing = false;

	memset(t, 0, sizeof(*t));
	for (u32 i = 0; i < r->step_count && t->count < STEPS_MAX; i++) {
		const struct event *e = &r->steps[i];

		closing |= either(e->state, SAW_FIN);
		if (is_shown(e, closing))
			add_event(t, e);
	}
	if (is_probe(r->connection)) {
		rebuild_probe(t, r->connection);
		return;
	}
	rebuild_opening(t, r->connection);
	rebuild_closing(t, r->connection);
}
