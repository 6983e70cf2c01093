/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters object of an interface, by the field names that scripts rely on: JSON.md. */
#ifndef SYNSCOPE_JSON_COUNTERS_H
#define SYNSCOPE_JSON_COUNTERS_H

#include "json.h"
#include "totals.h"
#include "view.h"

/* A whole counters object. */
void json_counters(struct json *j, const struct interface *i, const struct totals *t);

/* A percentile of the handshake times, ns; false: there was none. */
bool handshake_percentile(const struct counters *n, u32 percent, u64 *ns);

/* Events that found no room in the ring, of all kinds. */
u64 events_lost(const u64 lost[EVENT_KINDS]);

#endif
