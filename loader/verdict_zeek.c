// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zeek's conn_state, from the history letters: they are the segments that move Zeek's endpoint states,
 * in the order in which they were seen, so replaying them gives what Zeek would say.
 */
#include "verdict.h"

#include <ctype.h>
#include <string.h>

enum zeek_state {
	ZEEK_INACTIVE,
	ZEEK_SYN_SENT,
	ZEEK_SYN_ACK_SENT,
	ZEEK_PARTIAL, /* segments, and no SYN */
	ZEEK_ESTABLISHED,
	ZEEK_CLOSED, /* its FIN was seen */
	ZEEK_RESET,
};

struct zeek_endpoint {
	enum zeek_state state;
	enum zeek_state before;
};

static void become(struct zeek_endpoint *e, enum zeek_state state)
{
	if (e->state == state)
		return;
	e->before = e->state;
	e->state = state;
}

static bool inactive(const struct zeek_endpoint *e)
{
	return e->state == ZEEK_INACTIVE || e->state == ZEEK_PARTIAL;
}

/* A SYN or SYN-ACK changes an endpoint only while nothing else is known of it. */
static void on_opening(struct zeek_endpoint *me, struct zeek_endpoint *peer, enum endpoint from, bool syn_ack)
{
	if (me->state == ZEEK_PARTIAL && peer->state == ZEEK_INACTIVE && !syn_ack)
		become(me, ZEEK_SYN_SENT);
	if (me->state != ZEEK_INACTIVE)
		return;
	if (from == ORIGINATOR && syn_ack)
		become(me, ZEEK_SYN_ACK_SENT);
	else if (from == ORIGINATOR) /* after the SYN-ACK: the two were captured in the wrong order */
		become(me, peer->state == ZEEK_ESTABLISHED ? ZEEK_ESTABLISHED : ZEEK_SYN_SENT);
	else {
		if (peer->state == ZEEK_SYN_SENT)
			become(peer, ZEEK_ESTABLISHED);
		become(me, ZEEK_ESTABLISHED);
	}
}

static void on_finish(struct zeek_endpoint *me, struct zeek_endpoint *peer)
{
	if (me->state == ZEEK_RESET || me->state == ZEEK_CLOSED)
		return;
	/* FIN, RST, and then the peer's FIN: an ordinary close after all */
	if ((me->state == ZEEK_ESTABLISHED || me->state == ZEEK_PARTIAL) && peer->state == ZEEK_RESET &&
	    peer->before == ZEEK_CLOSED)
		become(peer, ZEEK_CLOSED);
	become(me, ZEEK_CLOSED);
}

static void on_reset(struct zeek_endpoint *me, const struct zeek_endpoint *peer)
{
	if (me->state == ZEEK_CLOSED && peer->state == ZEEK_CLOSED)
		return; /* a RST after both FINs changes nothing */
	become(me, ZEEK_RESET);
}

/* Anything without SYN, FIN and RST. */
static void on_plain(struct zeek_endpoint *me, const struct zeek_endpoint *peer, enum endpoint from,
		     bool data)
{
	if (me->state != ZEEK_INACTIVE)
		return;
	if (from == RESPONDER && !data && peer->state == ZEEK_SYN_SENT)
		return; /* some acknowledge a SYN before they answer it */
	become(me, peer->state == ZEEK_ESTABLISHED ? ZEEK_ESTABLISHED : ZEEK_PARTIAL);
}

static void take_letter(struct zeek_endpoint ends[ENDPOINTS], char letter, bool reset_seen)
{
	enum endpoint from = isupper((unsigned char)letter) ? ORIGINATOR : RESPONDER;
	struct zeek_endpoint *me = &ends[from], *peer = &ends[other_endpoint(from)];

	switch (tolower((unsigned char)letter)) {
	case 's':
		on_opening(me, peer, from, false);
		break;
	case 'h':
		on_opening(me, peer, from, true);
		break;
	case 'f':
		on_finish(me, peer);
		break;
	case 'r':
	case 'i': /* FIN and RST in one */
		on_reset(me, peer);
		break;
	case 'q': /* SYN with FIN or with RST */
		on_opening(me, peer, from, false);
		if (reset_seen)
			on_reset(me, peer);
		else
			on_finish(me, peer);
		break;
	case 'd':
		on_plain(me, peer, from, true);
		break;
	case 'a':
		on_plain(me, peer, from, false);
		break;
	default: /* g t w ^ go with a letter that was there before */
		break;
	}
}

/* ^?S[^HAFGIQ]*R.*: the originator opened, and withdrew before it took anything. */
static bool withdrew(const char *history)
{
	size_t meanwhile;

	if (*history == '^')
		history++;
	if (*history++ != 'S')
		return false;
	meanwhile = strcspn(history, "HAFGIQR");
	return history[meanwhile] == 'R';
}

static const char *reset_by_responder(const struct zeek_endpoint *o, bool empty)
{
	if (o->state == ZEEK_SYN_SENT || o->state == ZEEK_SYN_ACK_SENT || (o->state == ZEEK_RESET && empty))
		return "REJ";
	return inactive(o) ? "RSTRH" : "RSTR";
}

static const char *judge(const struct zeek_endpoint *o, const struct zeek_endpoint *r, const char *history,
			 bool empty)
{
	if (r->state == ZEEK_RESET)
		return reset_by_responder(o, empty);
	if (o->state == ZEEK_RESET && !inactive(r))
		return "RSTO";
	if (o->state == ZEEK_RESET)
		return withdrew(history) ? "RSTOS0" : "OTH";
	if (o->state == ZEEK_CLOSED && r->state == ZEEK_CLOSED)
		return "SF";
	if (o->state == ZEEK_CLOSED)
		return inactive(r) ? "SH" : "S2";
	if (r->state == ZEEK_CLOSED)
		return inactive(o) ? "SHR" : "S3";
	if (o->state == ZEEK_SYN_SENT && r->state == ZEEK_INACTIVE)
		return "S0";
	if (o->state == ZEEK_ESTABLISHED && r->state == ZEEK_ESTABLISHED)
		return "S1";
	return "OTH";
}

const char *conn_state(const struct connection *c)
{
	struct zeek_endpoint ends[ENDPOINTS] = {0};
	char history[HISTORY_MAX + 1];
	bool empty = !payload_bytes(c, ORIGINATOR) && !payload_bytes(c, RESPONDER);

	history_text(c, history);
	for (const char *letter = history; *letter; letter++)
		take_letter(ends, *letter, completeness(c) & COMPLETE_RST);
	return judge(&ends[ORIGINATOR], &ends[RESPONDER], history, empty);
}

void history_text(const struct connection *c, char text[HISTORY_MAX + 1])
{
	u32 length = c->history_length < HISTORY_MAX ? c->history_length : HISTORY_MAX;

	memcpy(text, c->history, length);
	text[length] = 0;
}
