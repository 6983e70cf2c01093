// SPDX-License-Identifier: GPL-2.0-only
/*
 * The programs: XDP for what is received; tc for what is sent, and for what is received where XDP
 * can't be had. They find the frame, call the analyzer, and let every packet pass.
 */
#include "platform.h"
#include "maps.h"
#include "analyzer.h"
#include "replay_metadata.h"

char LICENSE[] SEC("license") = "GPL";

/* Longer than any headers in front of the payload; what the tc program asks to have in one piece. */
enum { HEADERS_MAX = 256 };

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

VERIFIED_ALONE int dissect_skb(struct __sk_buff *ctx, struct segment *s, struct sighting *g)
{
	struct frame f = {.length = ctx->len, .layer3 = config.layer3};

	if (!s || !g)
		return PARSED_OTHER;
	if (ctx->data_end - ctx->data < HEADERS_MAX && ctx->data_end - ctx->data < ctx->len)
		bpf_skb_pull_data(ctx, ctx->len < HEADERS_MAX ? ctx->len : HEADERS_MAX);
	f.data = pointer(ctx->data);
	f.end = pointer(ctx->data_end);
	if (ctx->vlan_present)
		f.vlan = ctx->vlan_tci & VLAN_ID_MASK;
	return dissect(&f, s, g);
}

SEC("xdp.frags")
int synscope_xdp(struct xdp_md *ctx)
{
	struct segment s = {};
	struct sighting g = {.hook = HOOK_IN};
	int parsed;

	if (!config.replay)
		g.tick = clock_tick();
	parsed = dissect_xdp(ctx, &s, &g);
	account(&s, &g, parsed);
	return XDP_PASS;
}

ALWAYS_INLINE int see_skb(struct __sk_buff *ctx, enum hook hook)
{
	struct segment s = {};
	struct sighting g = {.hook = hook, .tick = clock_tick(), .count = ctx->gso_segs};
	int parsed;

	parsed = dissect_skb(ctx, &s, &g);
	if (ctx->vlan_present)
		g.frame_length +=
			VLAN_TAG; /* taken off before the program ran, and on the wire all the same */
	account(&s, &g, parsed);
	return TCX_NEXT;
}

SEC("tc")
int synscope_ingress(struct __sk_buff *ctx)
{
	return see_skb(ctx, HOOK_IN);
}

SEC("tc")
int synscope_egress(struct __sk_buff *ctx)
{
	return see_skb(ctx, HOOK_OUT);
}
