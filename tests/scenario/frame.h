/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds the Ethernet frame of a segment that a scenario describes, with right lengths and checksums. */
#ifndef SYNSCOPE_TEST_FRAME_H
#define SYNSCOPE_TEST_FRAME_H

#include <stddef.h>

#include "options.h"
#include "wire.h"

enum { FRAME_MAX = 70000 };

struct frame_text {
	bool ipv6;
	bool from_originator;
	bool no_ip_id;	  /* identification 0, as Linux sends with DF */
	bool unreachable; /* not the segment, but the receiver's ICMP error that quotes it */
	u8 code;	  /* of that error */
	u16 orig_port;
	u16 resp_port;
	u16 vlan; /* 0: none */
	u16 inner_vlan;
	u16 ip_id;
	u16 flags;
	u16 window;
	u16 urgent;
	u32 seq; /* absolute */
	u32 ack;
	u32 payload; /* bytes */
	u8 options[TCP_OPTIONS_MAX];
	u32 options_length; /* a multiple of four */
};

/* Writes the frame to `out`, which has room for FRAME_MAX bytes; its length in bytes. */
u32 frame_build(const struct frame_text *f, u8 *out);

#endif
