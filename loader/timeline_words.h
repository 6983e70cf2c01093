/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a timeline says in words, as a colleague would. */
#ifndef SYNSCOPE_TIMELINE_WORDS_H
#define SYNSCOPE_TIMELINE_WORDS_H

#include "paragraph.h"
#include "record.h"

/* "originator", "responder" */
extern const char *const endpoint_names[ENDPOINTS];

/* What became of the connection, in a sentence: how it opened, who closed it and how. */
struct outcome {
	const char *mark; /* "✔", "✘", "…" or "?" */
	bool good;	  /* closed as it should be */
	bool bad;	  /* it failed; neither: there is nothing to judge */
	struct paragraph words;
};

/* Judges a record, and says so; overwrites `o`. */
void timeline_outcome(struct outcome *o, const struct record *r);

/* A remark for each diagnosis that the outcome does not say already. False: there is none for `d`. */
bool timeline_remark(struct paragraph *p, const struct record *r, u32 found, u32 d);

/* What is rare, and no diagnosis. False: it does not hold. */
bool timeline_two_syn_acks(struct paragraph *p, const struct connection *c);
bool timeline_challenge(struct paragraph *p, const struct connection *c);
bool timeline_too_big(struct paragraph *p, const struct connection *c);

/* What the numbers say was not seen, or came late. False: nothing. */
bool timeline_unseen(struct paragraph *p, const struct record *r);

/* Whether it is the application that is slow, or the network. False: neither, or it can't be told. */
bool timeline_slow_answer(struct paragraph *p, const struct record *r);

/* That what an endpoint sent never arrived, for all that is known. False: it did, or is under way. */
bool timeline_unacknowledged(struct paragraph *p, const struct connection *c, enum endpoint who);

/* That a request was not answered, of a protocol in which the originator asks. False: it was, or not yet. */
bool timeline_no_answer(struct paragraph *p, const struct record *r);

/* That the application protocol could not be named. False: it was, or there is nothing to name. */
bool timeline_service_missed(struct paragraph *p, const struct record *r);

/* Until when an endpoint's port is held. False: it is not. */
bool timeline_time_wait(struct paragraph *p, const struct record *r, enum endpoint who);

/* What the SYNs agreed, what was carried, and how long it took; each may be empty. */
void timeline_options(struct paragraph *p, const struct connection *c);
void timeline_traffic(struct paragraph *p, const struct connection *c);
void timeline_timing(struct paragraph *p, const struct connection *c);

#endif
