// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the next segment of its script (stamp.h) into the frame and hands the frame to another program:
 * synscope's own, or one of those that stand beside it (beside.bpf.c). All pay the same for the stamping, so
 * what differs is what the program costs.
 */
#include "platform.h"
#include "stamp.h"
#include "wire.h"

char LICENSE[] SEC("license") = "GPL";

/* Not in vmlinux.h, where only the types of the program itself are. */
enum { MAP_TYPE_PROG_ARRAY = 3 };

struct targets {
	__uint(type, MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, TARGETS);
	__type(key, __u32);
	__type(value, __u32);
};

/* One for each program type: a map of programs takes only one. */
struct targets targets_xdp SEC(".maps");
struct targets targets_tc SEC(".maps");

/* The connections that a script goes round, by number; .bss has nothing else, since the bench maps it. */
__u32 order[ORDER_MAX];

#define store16(at, v) (*(__u16 *)(at) = bpf_htons(v))
#define store32(at, v) (*(__u32 *)(at) = bpf_htonl(v))
#define store64(at, v) (*(__u64 *)(at) = bpf_cpu_to_be64(v))

ALWAYS_INLINE void *pointer(__u32 p)
{
	return (void *)(unsigned long)p;
}

/* 10.0.0.0 and up to 192.0.2.1. */
ALWAYS_INLINE void write_ipv4(u8 *ip, u32 number, u32 from_responder, u32 length)
{
	u32 originator = 0x0a000000 + (number >> PORTS_SHIFT), responder = 0xc0000201;

	store16(ip + IPV4_TOTAL_LENGTH_AT, IPV4_HEADER + length);
	store32(ip + IPV4_SOURCE_AT, from_responder ? responder : originator);
	store32(ip + IPV4_DESTINATION_AT, from_responder ? originator : responder);
}

/* 2001:db8::a00:0 and up to 2001:db8:1::1. */
ALWAYS_INLINE void write_ipv6(u8 *ip, u32 number, u32 from_responder, u32 length)
{
	u64 originator = 0x0a000000 + (number >> PORTS_SHIFT), network = 0x20010db800000000, other = 0x10000;

	store16(ip + IPV6_PAYLOAD_LENGTH_AT, length);
	store64(ip + IPV6_SOURCE_AT, network | (from_responder ? other : 0));
	store64(ip + IPV6_SOURCE_AT + 8, from_responder ? 1 : originator);
	store64(ip + IPV6_DESTINATION_AT, network | (from_responder ? 0 : other));
	store64(ip + IPV6_DESTINATION_AT + 8, from_responder ? originator : 1);
}

ALWAYS_INLINE void write_tcp(u8 *tcp, const struct script *s, const struct step *step, u32 number, u32 header)
{
	u32 from = step->from & 1, port = FIRST_PORT + (number & ((1 << PORTS_SHIFT) - 1)), service = 443;
	u32 mine = from ? s->position[1] : s->position[0], other = from ? s->position[0] : s->position[1];
	bool syn = step->flags & TCP_SYN;

	store32(tcp, from ? service << 16 | port : port << 16 | service);
	store32(tcp + TCP_SEQ_AT, mine + step->seq);
	store32(tcp + TCP_ACK_AT, step->flags & TCP_ACK ? other + step->ack : 0);
	store16(tcp + TCP_FLAGS_AT, header / 4 << 12 | step->flags);
	for (int i = 0; i < OPTION_WORDS; i++)
		*(u32 *)(tcp + TCP_HEADER + 4 * i) = syn ? s->options[0][i] : s->options[1][i];
}

ALWAYS_INLINE void next_connection(struct script *s)
{
	if (++s->turn < s->turns)
		return;
	s->turn = 0;
	if (!s->deep && ++s->step < s->steps)
		return;
	s->step = 0;
	s->base += s->stride;
	s->position[0] += s->advance[0];
	s->position[1] += s->advance[1];
}

ALWAYS_INLINE void go_on(struct script *s)
{
	if (s->deep && ++s->step < s->steps)
		return;
	if (s->deep)
		s->step = 0;
	next_connection(s);
}

/*
 * A frame in real life was written long before its program runs. Here the stores are still in the store
 * buffer, where a load of another width would wait for them: a locked instruction empties it first.
 */
ALWAYS_INLINE void drain_stores(void)
{
	u64 drained = 0;

	__sync_lock_test_and_set(&drained, 1);
}

/* The target of the frame; none where the frame is not ours. */
ALWAYS_INLINE u32 stamp(u8 *data, u8 *end, int version)
{
	struct script *s = (void *)(data + SCRIPT_AT);
	u32 ip_header = version == 4 ? IPV4_HEADER : IPV6_HEADER, number, header;
	const struct step *step;

	if ((void *)(s + 1) > (void *)end)
		return TARGETS;
	step = &s->list[s->step & (STEPS_MAX - 1)];
	hide_value(step); /* else it is worked out anew, and the verifier forgot the comparison */
	if ((void *)(step + 1) > (void *)end)
		return TARGETS;
	number = order[s->turn & (ORDER_MAX - 1)] + s->base;
	header = TCP_HEADER + (step->flags & TCP_SYN ? OPTION_WORDS * 4 : 12);
	if (version == 4)
		write_ipv4(data + ETHERNET_HEADER, number, step->from & 1, header + step->payload);
	else
		write_ipv6(data + ETHERNET_HEADER, number, step->from & 1, header + step->payload);
	write_tcp(data + ETHERNET_HEADER + ip_header, s, step, number, header);
	go_on(s);
	drain_stores();
	return s->target;
}

/* A frame that stays as it is. */
ALWAYS_INLINE u32 stamp_nothing(const u8 *data, const u8 *end)
{
	const struct script *s = (const void *)(data + SCRIPT_AT);

	if ((const void *)(s + 1) > (const void *)end)
		return TARGETS;
	drain_stores();
	return s->target;
}

SEC("xdp.frags")
int stamp_xdp_ipv4(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &targets_xdp, stamp(pointer(ctx->data), pointer(ctx->data_end), 4));
	return XDP_ABORTED;
}

SEC("xdp.frags")
int stamp_xdp_ipv6(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &targets_xdp, stamp(pointer(ctx->data), pointer(ctx->data_end), 6));
	return XDP_ABORTED;
}

SEC("xdp.frags")
int stamp_xdp_other(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &targets_xdp, stamp_nothing(pointer(ctx->data), pointer(ctx->data_end)));
	return XDP_ABORTED;
}

SEC("tc")
int stamp_tc_ipv4(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &targets_tc, stamp(pointer(ctx->data), pointer(ctx->data_end), 4));
	return 2; /* TC_ACT_SHOT */
}

SEC("tc")
int stamp_tc_ipv6(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &targets_tc, stamp(pointer(ctx->data), pointer(ctx->data_end), 6));
	return 2; /* TC_ACT_SHOT */
}

SEC("tc")
int stamp_tc_other(struct __sk_buff *ctx)
{
	bpf_tail_call(ctx, &targets_tc, stamp_nothing(pointer(ctx->data), pointer(ctx->data_end)));
	return 2; /* TC_ACT_SHOT */
}
