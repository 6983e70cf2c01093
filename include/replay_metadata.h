/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a replay's test run hands to the XDP program in the metadata area in front of the frame. */
#ifndef SYNSCOPE_REPLAY_METADATA_H
#define SYNSCOPE_REPLAY_METADATA_H

#include "platform.h"

struct replay_metadata {
	u64 time;   /* ns since the epoch, as captured */
	u32 length; /* bytes of the frame on the wire */
	u32 reserved;
};

#endif
