/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of a flood, as the program that varies it and the one that begins it know it. */
#ifndef SYNSCOPE_BENCH_FLOOD_H
#define SYNSCOPE_BENCH_FLOOD_H

/*
 * Ethernet, IPv4 without options, TCP without options, padding up to the shortest frame. Network byte order.
 */
struct flood_frame {
	__u8 to[6];
	__u8 from[6];
	__u16 ethertype;
	__u8 version_and_length;
	__u8 service;
	__u16 total_length;
	__u16 identification;
	__u16 fragment;
	__u8 hops;
	__u8 protocol;
	__u16 ip_checksum;
	__u32 source;
	__u32 target;
	__u16 source_port;
	__u16 target_port;
	__u32 seq;
	__u32 ack;
	__u16 offset_and_flags;
	__u16 window;
	__u16 tcp_checksum;
	__u16 urgent;
	__u8 padding[6];
} __attribute__((packed));

/* What all frames have in common, as the program needs it; sums are those of RFC 1071. */
struct flood_constants {
	__u32 ifindex; /* out of this interface */
	__u32 ip_sum;  /* of the IP header */
	__u32 tcp_sum; /* of the TCP segment with its pseudo header */
};

#endif
