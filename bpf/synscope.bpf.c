// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs: XDP for what is received; tc for what is sent, and for what is received where XDP
 * can't be had. They find the frame, call the analyzer, and let every packet pass.
 */
#include "platform.h"
#include "maps.h"
#include "analyzer.h"
#include "copy_payload.h"
#include "replay_metadata.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * What the tc programs ask to have in one piece, in bytes, where its first piece does not hold what they
 * read: longer than the headers that are sent. A packet whose extension headers are longer, and which lies in
 * pieces, counts as truncated.
 */
enum { PULLED_BYTES = 256 };

/*
 * Where the long way of a frame is worked on: not on the stack, of which the verifier allows 512 bytes for
 * all functions that call one another. No program of ours interrupts another one on its CPU.
 */
struct desk {
	struct segment s;
	struct sighting g;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct desk);
} desks SEC(".maps");

ALWAYS_INLINE struct desk *desk_clear(void)
{
	__u32 zero = 0;
	struct desk *d = bpf_map_lookup_elem(&desks, &zero);

	if (d)
		__builtin_memset(d, 0, sizeof(*d));
	return d;
}

ALWAYS_INLINE void *pointer(__u32 p)
{
	return (void *)(unsigned long)p;
}

/* A test run of `synscope replay` brings the capture's time and length in front of the frame. */
ALWAYS_INLINE bool read_replay_metadata(const struct xdp_md *ctx, struct frame *f, struct sighting *g)
{
	const struct replay_metadata *m = pointer(ctx->data_meta);

	if ((const void *)(m + 1) > pointer(ctx->data))
		return false;
	f->length = m->length;
	g->tick = m->time;
	g->precise = 1;
	return true;
}

VERIFIED_ALONE int dissect_xdp(struct xdp_md *ctx, struct segment *s, struct sighting *g)
{
	struct frame f = {.data = pointer(ctx->data), .end = pointer(ctx->data_end)};

	if (!s || !g)
		return PARSED_OTHER;
	f.length = has_frame_length ? bpf_xdp_get_buff_len(ctx) : ctx->data_end - ctx->data;
	if (config.replay && !read_replay_metadata(ctx, &f, g))
		return PARSED_OTHER;
	return dissect(&f, s, g);
}

/*
 * Behind a generic XDP program that takes frames of several buffers, whoever's, the kernel (6.18) hands over
 * what was received without its Ethernet header: then its buffer says IP, and the ethertype is none.
 */
ALWAYS_INLINE bool lost_its_ethernet_header(const struct __sk_buff *ctx, const struct frame *f)
{
	u16 protocol = bpf_ntohs(ctx->protocol);

	if (f->data + ETHERNET_HEADER > f->end || load_be16(f->data + ETHERNET_TYPE_AT) == protocol)
		return false;
	return (protocol == ETHERTYPE_IPV4 && *f->data >> 4 == 4) ||
	       (protocol == ETHERTYPE_IPV6 && *f->data >> 4 == 6);
}

VERIFIED_ALONE int dissect_skb(struct __sk_buff *ctx, struct segment *s, struct sighting *g)
{
	struct frame f = {.length = ctx->len, .layer3 = config.layer3};
	bool headless;
	int parsed;

	if (!s || !g)
		return PARSED_OTHER;
	f.data = pointer(ctx->data);
	f.end = pointer(ctx->data_end);
	if (ctx->vlan_present)
		f.vlan = ctx->vlan_tci & VLAN_ID_MASK;
	headless = g->hook == HOOK_IN && !f.layer3 && lost_its_ethernet_header(ctx, &f);
	f.layer3 |= headless;
	parsed = dissect(&f, s, g);
	if (headless)
		g->frame_length += ETHERNET_HEADER;
	return parsed;
}

/* Whether all that is read of a frame was there, although it may end before its packet does. */
ALWAYS_INLINE bool holds_its_headers(int parsed, const struct segment *s, const struct sighting *g)
{
	switch (parsed) {
	case PARSED_TCP:
		return !(g->options.offered & OFFER_MALFORMED);
	case PARSED_FILTERED:
	case PARSED_UDP:
	case PARSED_FRAGMENT:
		return true;
	case PARSED_OTHER:
		return s->network != NETWORK_ARP || s->protocol;
	default:
		return false;
	}
}

/*
 * Moves more of a packet into its first piece. The kernel copies that for it, since what a host sends it
 * keeps to send it again: so it is done only where nothing else helps.
 */
ALWAYS_INLINE bool pull(struct __sk_buff *ctx)
{
	__u32 first = ctx->data_end - ctx->data;

	if (first >= PULLED_BYTES || first >= ctx->len)
		return false;
	return !bpf_skb_pull_data(ctx, ctx->len < PULLED_BYTES ? ctx->len : PULLED_BYTES);
}

/* An ICMP error, read in a second pass: so the way of every other frame stays short. */
ALWAYS_INLINE int explain(const u8 *data, const u8 *end, struct segment *s, struct sighting *g)
{
	struct frame f = {.data = data, .end = end};
	struct icmp_error error = {};

	if (s && g && parse_unreachable(&f, s, &error))
		tell_unreachable(s, g, &error);
	return 0;
}

VERIFIED_ALONE int explain_xdp(struct xdp_md *ctx, struct segment *s, struct sighting *g)
{
	return explain(pointer(ctx->data), pointer(ctx->data_end), s, g);
}

VERIFIED_ALONE int explain_skb(struct __sk_buff *ctx, struct segment *s, struct sighting *g)
{
	return explain(pointer(ctx->data), pointer(ctx->data_end), s, g);
}

/* The long way of a frame. */
VERIFIED_ALONE int analyze_xdp(struct xdp_md *ctx)
{
	struct desk *d = desk_clear();
	int parsed;

	if (!d)
		return 0;
	d->g.hook = HOOK_IN;
	if (!config.replay)
		d->g.tick = clock_tick();
	parsed = dissect_xdp(ctx, &d->s, &d->g);
	account(&d->s, &d->g, parsed);
	if (is_first_payload(&d->g))
		first_payload_xdp(ctx, &d->s, &d->g);
	else if (parsed == PARSED_UNREACHABLE)
		explain_xdp(ctx, &d->s, &d->g);
	return 0;
}

VERIFIED_ALONE int analyze_skb(struct __sk_buff *ctx, __u32 hook)
{
	struct desk *d = desk_clear();
	int parsed;

	if (!d)
		return 0;
	d->g.hook = hook & 1;
	d->g.tick = clock_tick();
	parsed = dissect_skb(ctx, &d->s, &d->g);
	if (unlikely(!holds_its_headers(parsed, &d->s, &d->g)) && pull(ctx))
		parsed = dissect_skb(ctx, &d->s, &d->g);
	count_packets(&d->s, &d->g, parsed, ctx->gso_segs, ctx->gso_size);
	if (ctx->vlan_present)
		d->g.frame_length +=
			VLAN_TAG; /* taken off before the program ran, and on the wire all the same */
	account(&d->s, &d->g, parsed);
	if (is_first_payload(&d->g))
		first_payload_skb(ctx, &d->s, &d->g);
	else if (parsed == PARSED_UNREACHABLE)
		explain_skb(ctx, &d->s, &d->g);
	return 0;
}

/* The short way of most frames, without a call. False: it was not one of them. */
ALWAYS_INLINE bool predict_xdp(struct xdp_md *ctx, bool replay)
{
	struct own *own = own_current();
	struct sighting g;
	struct frame f;

	if (unlikely(!own))
		return false;
	if (!replay)
		tick_renew(&own->cached);
	g.hook = HOOK_IN;
	g.precise = 0;
	g.count = 1;
	f = (struct frame){.data = pointer(ctx->data),
			   .end = pointer(ctx->data_end),
			   .length = ctx->data_end - ctx->data};
	if (replay && !read_replay_metadata(ctx, &f, &g))
		return false;
	return take_predicted(&f, &g, &own->counters, replay ? &g.tick : &own->cached.tick);
}

/* The same of what is `count` segments on the wire. */
ALWAYS_INLINE bool predict_skb(struct __sk_buff *ctx, enum hook hook, u32 count)
{
	struct own *own = own_current();
	struct sighting g;
	struct frame f;

	if (unlikely(!own) || unlikely(ctx->vlan_present))
		return false;
	tick_renew(&own->cached);
	g.hook = hook;
	g.precise = 0;
	g.count = count;
	f = (struct frame){.data = pointer(ctx->data), .end = pointer(ctx->data_end), .length = ctx->len};
	return take_predicted(&f, &g, &own->counters, &own->cached.tick);
}

/* A GSO buffer: apart, so that what is one segment need not multiply by it. */
VERIFIED_ALONE int predict_gso(struct __sk_buff *ctx, __u32 hook)
{
	u32 count = ctx->gso_segs;

	return count && predict_skb(ctx, hook & 1, count); /* no count: of a guest, see count_packets() */
}

SEC("xdp.frags")
int synscope_xdp(struct xdp_md *ctx)
{
	if (likely(!paused) && unlikely(!predict_xdp(ctx, false)))
		analyze_xdp(ctx);
	return XDP_PASS;
}

/* For the test runs of `synscope replay`. */
SEC("xdp")
int synscope_replay(struct xdp_md *ctx)
{
	if (!predict_xdp(ctx, true))
		analyze_xdp(ctx);
	return XDP_PASS;
}

ALWAYS_INLINE void watch_skb(struct __sk_buff *ctx, enum hook hook)
{
	bool predicted;

	if (unlikely(paused))
		return;
	predicted = unlikely(ctx->gso_size) ? predict_gso(ctx, hook) : predict_skb(ctx, hook, 1);
	if (unlikely(!predicted))
		analyze_skb(ctx, hook);
}

SEC("tc")
int synscope_ingress(struct __sk_buff *ctx)
{
	watch_skb(ctx, HOOK_IN);
	return TCX_NEXT;
}

SEC("tc")
int synscope_egress(struct __sk_buff *ctx)
{
	watch_skb(ctx, HOOK_OUT);
	return TCX_NEXT;
}
