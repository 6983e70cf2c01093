// SPDX-License-Identifier: GPL-2.0-or-later
/* What the words below a ladder say of the application: whether it is what is slow, and who it is. */
#include "timeline_words.h"

#include <string.h>

#include "format.h"
#include "verdict.h"

/* Below this nobody complains; TCP's retransmission timers begin there, too. ns. */
enum { SLOW_FROM = 200000000 };

/* The program took ten times as long as the kernel beside it; the network half as long again at most. */
enum { FACTOR_OF_PROGRAM = 10 };

/* Whether the request was acknowledged by itself, before its answer: it had arrived, and waited. */
static bool request_waited(const struct connection *c)
{
	char history[HISTORY_MAX + 1];
	const char *request, *acknowledged, *answer;

	history_text(c, history);
	request = strchr(history, 'D');
	acknowledged = strchr(history, 'a');
	answer = strchr(history, 'd');
	return request && acknowledged && answer && request < acknowledged && acknowledged < answer;
}

/* Lost segments take time that is nobody's program's. */
static bool is_undisturbed(const struct connection *c)
{
	for (enum endpoint who = ORIGINATOR; who < ENDPOINTS; who++)
		if (later_retransmits(c, who) || c->quality[who].out_of_order || c->options[who].zero_windows)
			return false;
	return !missed_bytes(c);
}

/*
 * The SYN is answered by the responder's kernel, the request by its program; both ways are the same, from
 * the point of observation to the responder and back. The originator's half is in neither.
 */
bool timeline_slow_answer(struct paragraph *p, const struct record *r)
{
	const struct connection *c = r->connection;
	u64 kernel, answer;

	if (!r->answers || !responder_half(c, &kernel) || !first_response(c, &answer) || answer < SLOW_FROM ||
	    !is_undisturbed(c))
		return false;
	if (!r->whole_request && answer < FACTOR_OF_PROGRAM * (u64)c->quality[RESPONDER].rtt_max)
		return false; /* what is behind its first byte comes as slowly as the originator's side is */
	if (answer > FACTOR_OF_PROGRAM * kernel && request_waited(c)) {
		paragraph_add(p, "the SYN was answered in %s, the request acknowledged, its answer began ",
			      text_span(kernel).text);
		paragraph_add(p, "%s after the request%s: %s slow, not the network", text_span(answer).text,
			      r->whole_request ? "" : "'s first byte",
			      r->whole_request ? "the application is" : "an application is");
		return true;
	}
	if (kernel >= SLOW_FROM && answer < kernel + kernel / 2) {
		paragraph_add(p, "the SYN was answered in %s, the request in ", text_span(kernel).text);
		paragraph_add(p, "%s: the network (or the responder's kernel) is slow, not the application",
			      text_span(answer).text);
		return true;
	}
	return false;
}

/* In the middle of a connection that is what is to be expected, and said. */
bool timeline_service_missed(struct paragraph *p, const struct record *r)
{
	if (!r->service_missed || r->connection->state & MIDSTREAM)
		return false;
	paragraph_add(p, "the first bytes of its data were not seen here: its protocol is not known");
	return true;
}
