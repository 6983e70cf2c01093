/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event as JSON, by the field names that scripts rely on: JSON.md. */
#ifndef SYNSCOPE_JSON_EVENT_H
#define SYNSCOPE_JSON_EVENT_H

#include "event.h"
#include "json.h"
#include "record.h"
#include "scanner.h"

/* The name of an event, as "syn_ack". */
const char *event_name(enum event_kind kind);

/* A whole event object: the one of `kind`, as the n-th event of its connection. */
void json_event(struct json *j, const struct interface *i, const struct event *e, enum event_kind kind,
		u32 n);

/* The same of a scan's latest probe, with what the scan comes to. */
void json_scan(struct json *j, const struct interface *i, const struct scanner *s, enum scan_news news);

/* The steps of a record as event objects, STEPS_MAX at most, and how many there were besides. */
void json_steps(struct json *j, const struct record *r);
u32 steps_omitted(const struct record *r);

#endif
