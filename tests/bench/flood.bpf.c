// SPDX-License-Identifier: GPL-2.0-or-later
/* Sends the frame on, each time with another source address, source port and sequence number. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "flood.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct flood_constants constants = {};

static __attribute__((always_inline)) inline __u32 halves(__u32 v)
{
	return (v & 0xffff) + (v >> 16);
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	struct flood_frame *f = (void *)(long)ctx->data;
	__u32 source, seq;
	__u16 port;

	if ((void *)(f + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	source = bpf_get_prandom_u32();
	seq = bpf_get_prandom_u32();
	port = (__u16)(seq >> 7 ^ source);
	f->source = source;
	f->seq = seq;
	f->source_port = port;
	f->ip_checksum = (__u16)~halves(halves(constants.ip_sum + halves(source)));
	f->tcp_checksum = (__u16)~halves(halves(constants.tcp_sum + halves(source) + halves(seq) + port));
	return (int)bpf_redirect(constants.ifindex, 0);
}
