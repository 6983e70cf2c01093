/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of a scenario's line that describes a segment. */
#ifndef SYNSCOPE_TEST_SCRIPT_H
#define SYNSCOPE_TEST_SCRIPT_H

#include "frame.h"

enum { CONNECTIONS_MAX = 10, WORDS_MAX = 64 };

/* What directives set, and what each segment takes over. */
struct script {
	u32 isn[ENDPOINTS];
	u16 orig_port;
	u16 resp_port;
	u16 ip_id[ENDPOINTS]; /* counts up, as a sender's does */
	u16 vlan;
	u16 inner_vlan;
	bool ipv6;
};

struct script script_begin(void);

/*
 * Reads "o>r SYN,ACK seq 1 ack 1 len 10 ..." into a frame's text. NULL, or what is wrong, as a static
 * string.
 */
const char *script_segment(struct script *s, char *const words[], u32 count, struct frame_text *f);

#endif
