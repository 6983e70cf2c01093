/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nDPI says of the first payloads of a connection. The one file that knows nDPI is behind this. */
#ifndef SYNSCOPE_SERVICE_NDPI_H
#define SYNSCOPE_SERVICE_NDPI_H

#include "connection.h"
#include "service_names.h"

/* How many connections may wait for their second payload at once: some 900 bytes each. */
enum { NDPI_FLOWS_MAX = 4096 };

/* A connection of which one direction was looked at. */
struct service_flow;

/* NULL: too many wait already, or there is no memory. The first call loads nDPI. */
struct service_flow *ndpi_flow_open(void);

/* The payload of one direction, once for each: the protocol, or SERVICE_UNKNOWN. */
enum service_id ndpi_flow_payload(struct service_flow *flow, enum endpoint from, const u8 *bytes, u32 length);

void ndpi_flow_close(struct service_flow *flow);

#endif
