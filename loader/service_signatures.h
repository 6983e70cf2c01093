/* SPDX-License-Identifier: GPL-2.0-only */
/* Which application protocols a stream may be of that begins with some bytes: exact signatures only. */
#ifndef SYNSCOPE_SERVICE_SIGNATURES_H
#define SYNSCOPE_SERVICE_SIGNATURES_H

#include <stdbool.h>

#include "connection.h"
#include "service_names.h"

/* A set of bits 1 << enum service_id; 0: no signature fits. `spoke_first`: the other side had not yet. */
u64 signature_candidates(enum endpoint from, bool spoke_first, const u8 *bytes, u32 length);

#endif
