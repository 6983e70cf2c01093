/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The application protocol of a connection, from the first payload of each direction. Small, since there
 * is one for each connection with payload: what nDPI is asked for lives only until both have spoken.
 */
#ifndef SYNSCOPE_SERVICE_H
#define SYNSCOPE_SERVICE_H

#include <stdbool.h>

#include "event.h"
#include "record.h"
#include "service_names.h"

/* Zeroed: nothing was looked at. */
struct service {
	u64 candidates;		 /* what the signatures leave: bits 1 << enum service_id; 0: none fitted */
	struct opening *opening; /* what waits for the answer to it; NULL: nothing does */
	char *server;		 /* whom the originator asked for; NULL: not known */
	u8 id;			 /* enum service_id */
	u8 heard;		 /* bits 1 << enum endpoint: the beginning of its stream was looked at */
	bool guessed;		 /* by nDPI: needs the true beginning of the stream */
	bool greeting;		 /* holds only if the responder was the first to speak */
	bool missed;		 /* nDPI had no room for it */
	bool whole_request;	 /* the first payload was all of the request */
};

/* What the first payload of an unknown protocol would else wait for, which is nDPI's start: some 20 ms. */
void service_prepare(void);

/* Looks at a first payload. */
void service_payload(struct service *s, const struct first_payload *p);

/* What a record says of it. */
void service_of_record(struct record *r, const struct service *s);

/* Forgets it: as if nothing had been looked at. */
void service_close(struct service *s);

#endif
