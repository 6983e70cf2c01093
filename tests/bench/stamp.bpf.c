// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes the next segment of its script (stamp.h) into the frame and hands the frame to another
 * program: an empty one, one that parses and counts, synscope's own, two that parse, count and read the clock
 * or look up and claim a direction, or one that reads the clock, takes a number and puts as many bytes into a
 * ring as an event has. All pay the same for the stamping, so what differs is what the program costs.
 */
#include "platform.h"
#include "config.h"

/* For the claims below. */
const volatile struct config hashing = {.buckets = 2, .hash_seed = {1, 2, 3, 4, 5, 6}};
#define config_current() (&hashing)
#define clock_now()	 bpf_ktime_get_ns()

#include "bucket.h"
#include "claim.h"
#include "event.h"
#include "plain.h"
#include "stamp.h"

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

struct parse_counters {
	__u64 frames;
	__u64 bytes;
	__u64 payload;
	__u64 by_result[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct parse_counters);
} parsed_frames SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} ring_alone SEC(".maps");

/* A table whose records are nothing but what a segment claims. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct bucket);
} claims SEC(".maps");

/* How many events there were: those of both directions are numbered together, by whichever CPU. */
__u32 events SEC(".data");

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

SEC("xdp.frags")
int floor_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* `segments`: on the wire, of a GSO buffer all that it becomes. */
ALWAYS_INLINE void count_parsed(u32 payload, u32 segments, u32 length, u32 parsed)
{
	__u32 zero = 0;
	struct parse_counters *n = bpf_map_lookup_elem(&parsed_frames, &zero);

	if (!n)
		return;
	n->frames += segments;
	n->bytes += length + (segments - 1) * (length - payload);
	n->payload += payload;
	n->by_result[parsed & 7]++;
}

/* Functions of their own, so that the whole segment is filled in, read or not. */
VERIFIED_ALONE int parse_any_xdp(struct xdp_md *ctx, struct segment *s)
{
	struct frame f = {.data = pointer(ctx->data), .end = pointer(ctx->data_end)};
	const u8 *tcp;

	if (!s)
		return PARSED_OTHER;
	f.length = ctx->data_end - ctx->data;
	return parse_frame(&f, s, &tcp);
}

VERIFIED_ALONE int parse_any_tc(struct __sk_buff *ctx, struct segment *s)
{
	struct frame f = {.data = pointer(ctx->data), .end = pointer(ctx->data_end), .length = ctx->len};
	const u8 *tcp;

	if (!s)
		return PARSED_OTHER;
	if (ctx->vlan_present)
		f.vlan = ctx->vlan_tci & VLAN_ID_MASK;
	return parse_frame(&f, s, &tcp);
}

/* Nobody reads the key, but it is there. */
ALWAYS_INLINE void want_key(struct plain *p)
{
	hide_value(p->low[0]);
	hide_value(p->low[1]);
	hide_value(p->high[0]);
	hide_value(p->high[1]);
	hide_value(p->ports);
	hide_value(p->from_high);
}

/* The quick way to read what almost every segment has. 4, 6, or 0: the frame is another. */
ALWAYS_INLINE u32 parse_plain(const struct frame *f, struct plain *p)
{
	u32 version = plain_version(f);

	if (unlikely(!version) || unlikely(!(version == 4 ? read_plain(f, 4, p) : read_plain(f, 6, p))))
		return 0;
	want_key(p);
	return version;
}

/* What parse_any_...() found. 4 or 6, or 0: it was no TCP segment. */
ALWAYS_INLINE u32 take_segment(const struct segment *s, u32 parsed, struct plain *p)
{
	*p = (struct plain){.low = {s->key.low.halves[0], s->key.low.halves[1]},
			    .high = {s->key.high.halves[0], s->key.high.halves[1]},
			    .ports = s->key.ports_and_vlans,
			    .from_high = s->from_high,
			    .payload = s->payload};
	return parsed == PARSED_TCP ? s->version : 0;
}

/* 4 or 6, or 0: the frame is no TCP segment. */
ALWAYS_INLINE u32 parse_and_count_xdp(struct xdp_md *ctx, struct plain *p)
{
	struct frame f = {.data = pointer(ctx->data),
			  .end = pointer(ctx->data_end),
			  .length = ctx->data_end - ctx->data};
	u32 version = parse_plain(&f, p), parsed = PARSED_TCP;

	if (unlikely(!version)) {
		struct segment s = {};

		parsed = parse_any_xdp(ctx, &s);
		version = take_segment(&s, parsed, p);
	}
	count_parsed(p->payload, 1, f.length, parsed);
	return version;
}

ALWAYS_INLINE u32 parse_and_count_tc(struct __sk_buff *ctx, struct plain *p)
{
	struct frame f = {.data = pointer(ctx->data), .end = pointer(ctx->data_end), .length = ctx->len};
	u32 version = unlikely(ctx->vlan_present) ? 0 : parse_plain(&f, p), parsed = PARSED_TCP;

	if (unlikely(!version)) {
		struct segment s = {};

		parsed = parse_any_tc(ctx, &s);
		version = take_segment(&s, parsed, p);
	}
	count_parsed(p->payload, unlikely(ctx->gso_size) ? ctx->gso_segs : 1, f.length, parsed);
	return version;
}

SEC("xdp.frags")
int parse_xdp(struct xdp_md *ctx)
{
	struct plain p;

	parse_and_count_xdp(ctx, &p);
	return XDP_PASS;
}

ALWAYS_INLINE void read_clock(void)
{
	u64 now = clock_now();

	hide_value(now);
}

SEC("xdp.frags")
int clock_xdp(struct xdp_md *ctx)
{
	struct plain p;

	parse_and_count_xdp(ctx, &p);
	read_clock();
	return XDP_PASS;
}

/* What stands where the key's record would be in a table, whosever it is. */
ALWAYS_INLINE struct direction *look_up(const struct plain *p, u32 version)
{
	struct place place = plain_place(p, version);
	struct bucket *b = bpf_map_lookup_elem(&claims, &place.bucket);

	return b ? &b->ways[place.way & (WAYS - 1)].half[p->from_high & 1] : NULL;
}

ALWAYS_INLINE void claim_and_release(const struct plain *p, u32 version)
{
	struct direction *d = version ? look_up(p, version) : NULL;
	u32 was;

	if (unlikely(!d))
		return;
	was = *(volatile u32 *)&d->version;
	if (likely(direction_claim(d, was)))
		direction_release(d, was);
}

SEC("xdp.frags")
int claim_xdp(struct xdp_md *ctx)
{
	struct plain p;

	claim_and_release(&p, parse_and_count_xdp(ctx, &p));
	return XDP_PASS;
}

ALWAYS_INLINE void put_into_ring(void)
{
	struct event *e = bpf_ringbuf_reserve(&ring_alone, sizeof(*e), 0);

	if (!e)
		return;
	__builtin_memset(e, 0, sizeof(*e));
	e->time = clock_now();
	e->number = fetch_and_add(&events, 1) + 1;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

SEC("xdp.frags")
int ring_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	put_into_ring();
	return XDP_PASS;
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

SEC("tc")
int floor_tc(struct __sk_buff *ctx)
{
	(void)ctx;
	return TCX_NEXT;
}

SEC("tc")
int parse_tc(struct __sk_buff *ctx)
{
	struct plain p;

	parse_and_count_tc(ctx, &p);
	return TCX_NEXT;
}

SEC("tc")
int clock_tc(struct __sk_buff *ctx)
{
	struct plain p;

	parse_and_count_tc(ctx, &p);
	read_clock();
	return TCX_NEXT;
}

SEC("tc")
int claim_tc(struct __sk_buff *ctx)
{
	struct plain p;

	claim_and_release(&p, parse_and_count_tc(ctx, &p));
	return TCX_NEXT;
}

SEC("tc")
int ring_tc(struct __sk_buff *ctx)
{
	(void)ctx;
	put_into_ring();
	return TCX_NEXT;
}
