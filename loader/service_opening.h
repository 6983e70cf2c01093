/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the connections of unknown protocols began with, and what nDPI said of that. Clients and servers of
 * one kind begin alike, and nDPI takes microseconds: so what it said of the same bytes is remembered.
 */
#ifndef SYNSCOPE_SERVICE_OPENING_H
#define SYNSCOPE_SERVICE_OPENING_H

#include "service_ndpi.h"

/*
 * How many connections may wait for their second payload at once: up to two kB each, unless they are alike.
 */
enum { OPENINGS_MAX = 4096 };

struct opening;

/*
 * The payload of the direction that spoke first; in *id the protocol, or SERVICE_UNKNOWN. NULL: too many
 * wait already, or there is no memory, or no nDPI.
 */
struct opening *opening_first(const struct spoken *first, enum service_id *id);

/* The protocol by the answer to it, or SERVICE_UNKNOWN. */
enum service_id opening_second(struct opening *o, const struct spoken *second);

/* The connection waits no more; o may be NULL. */
void opening_close(struct opening *o);

#endif
