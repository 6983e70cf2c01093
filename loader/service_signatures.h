/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which application protocols a stream may be of that begins with some bytes: exact signatures only. */
#ifndef SYNSCOPE_SERVICE_SIGNATURES_H
#define SYNSCOPE_SERVICE_SIGNATURES_H

#include <stdbool.h>

#include "connection.h"
#include "service_names.h"

struct signature_match {
	u64 candidates; /* bits 1 << enum service_id; 0: no signature fits */
	bool greeting;	/* they hold only if the responder was the first to speak */
};

/* `first`: the other side was not heard before. */
struct signature_match signature_match(enum endpoint from, bool first, const u8 *bytes, u32 length);

#endif
