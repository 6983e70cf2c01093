/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies the first payload of a direction from the frame to the ring: by helpers, since it may lie in
 * several buffers. Before kernel 5.18 XDP has no such helper; then nothing is copied, and the name of the
 * protocol is missed.
 */
#ifndef SYNSCOPE_COPY_PAYLOAD_H
#define SYNSCOPE_COPY_PAYLOAD_H

#include "first_payload.h"
#include "maps.h"

/* Bytes of the frame that can be copied, in whatever number of buffers they are. */
ALWAYS_INLINE __u32 readable_xdp(struct xdp_md *ctx)
{
	return has_frame_length ? bpf_xdp_get_buff_len(ctx) : 0;
}

/*
 * The two sizes of a first payload, which differ in what the verifier knows of the item. `last` is its last
 * byte, below `room`: older verifiers (6.1) see a lower bound in this, but none in "not 0".
 */
#define HAND_OVER(room, load, ctx, s, g, last)                                                               \
	do {                                                                                                 \
		struct first_payload *p = ring_reserve(sizeof(*p) + (room));                                 \
		__u32 length = last;                                                                         \
		if (!p)                                                                                      \
			return false;                                                                        \
		hide_value(length); /* else what it was before the comparison is taken */                    \
		length++;                                                                                    \
		payload_head(p, s, g, length);                                                               \
		if (load(ctx, payload_at(s), p->bytes, length))                                              \
			p->length = 0;                                                                       \
		ring_submit(p);                                                                              \
		return true;                                                                                 \
	} while (0)

ALWAYS_INLINE bool hand_over_xdp(struct xdp_md *ctx, const struct segment *s, const struct sighting *g,
				 __u32 last)
{
	if (last < PAYLOAD_SMALL)
		HAND_OVER(PAYLOAD_SMALL, bpf_xdp_load_bytes, ctx, s, g, last);
	HAND_OVER(PAYLOAD_LARGE, bpf_xdp_load_bytes, ctx, s, g, last);
}

ALWAYS_INLINE bool hand_over_skb(struct __sk_buff *ctx, const struct segment *s, const struct sighting *g,
				 __u32 last)
{
	if (last < PAYLOAD_SMALL)
		HAND_OVER(PAYLOAD_SMALL, bpf_skb_load_bytes, ctx, s, g, last);
	HAND_OVER(PAYLOAD_LARGE, bpf_skb_load_bytes, ctx, s, g, last);
}

VERIFIED_ALONE int first_payload_xdp(struct xdp_md *ctx, const struct segment *s, const struct sighting *g)
{
	struct counters *n = counters_current();
	__u32 last; /* byte; of no payload: beyond any */

	if (!s || !g || !n)
		return 0;
	last = payload_length(s, readable_xdp(ctx)) - 1;
	hide_value(last);
	if (last < PAYLOAD_LARGE && !hand_over_xdp(ctx, s, g, last))
		n->lost_payloads++;
	return 0;
}

VERIFIED_ALONE int first_payload_skb(struct __sk_buff *ctx, const struct segment *s, const struct sighting *g)
{
	struct counters *n = counters_current();
	__u32 last; /* byte; of no payload: beyond any */

	if (!s || !g || !n)
		return 0;
	last = payload_length(s, ctx->len) - 1;
	hide_value(last);
	if (last < PAYLOAD_LARGE && !hand_over_skb(ctx, s, g, last))
		n->lost_payloads++;
	return 0;
}

#endif
