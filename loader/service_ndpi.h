/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nDPI says of the first payloads of a connection. The one file that knows nDPI is behind this. */
#ifndef SYNSCOPE_SERVICE_NDPI_H
#define SYNSCOPE_SERVICE_NDPI_H

#include "connection.h"
#include "service_names.h"

/* The first payload of a direction. */
struct spoken {
	enum endpoint from;
	u32 length;
	const u8 *bytes;
};

/* False: it can't be had. */
bool ndpi_load(void);

/* The protocol by what was said first and the answer to it, NULL: none yet; or SERVICE_UNKNOWN. */
enum service_id ndpi_ask(const struct spoken *first, const struct spoken *second);

#endif
