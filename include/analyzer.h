/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole way of a frame in two calls: dissect() reads it, account() counts and tracks what was read.
 * Two, because the verifier is spared the product of all ways through both. Include this header after
 * everything that platform.h asks for.
 */
#ifndef SYNSCOPE_ANALYZER_H
#define SYNSCOPE_ANALYZER_H

#include "config.h"
#include "counting.h"
#include "first_payload.h"
#include "options.h"
#include "parse.h"
#include "prediction.h"
#include "sighting.h"
#include "tracker.h"
#include "unreachable.h"

ALWAYS_INLINE bool address_matches(const union address *a)
{
	const volatile struct config *wanted = config_current();

	for (u32 i = 0; i < sizeof(a->bytes); i++)
		if ((a->bytes[i] ^ wanted->filter_address[i]) & wanted->filter_mask[i])
			return false;
	return true;
}

/* --host, --port, -4 and -6. */
ALWAYS_INLINE bool is_wanted(const struct segment *s)
{
	const volatile struct config *wanted = config_current();

	if (wanted->filter_version && wanted->filter_version != s->version)
		return false;
	if (wanted->filter_port && wanted->filter_port != s->key.low_port &&
	    wanted->filter_port != s->key.high_port)
		return false;
	if (wanted->filter_host && !address_matches(&s->key.low) && !address_matches(&s->key.high))
		return false;
	return true;
}

/* The two layouts of options that most segments have. False: it is another one, and nothing was read. */
ALWAYS_INLINE bool read_usual_options(const u8 *at, const u8 *end, u32 length, struct options *o)
{
	const u8 *timestamps;

	if (at + 12 <= end && length == 12 && load_be32(at) == TCP_OPTIONS_ONLY_TIMESTAMPS) {
		o->offered = OFFER_TIMESTAMPS;
		timestamps = at + 4;
	} else if (at + 20 <= end && length == 20 && load_be16(at) == TCP_OPTIONS_MSS &&
		   load_be32(at + 4) == TCP_OPTIONS_SACK_TIMESTAMPS &&
		   load_be32(at + 16) >> 8 == TCP_OPTIONS_NOP_WINDOW_SCALE) {
		o->offered = OFFER_SACK | OFFER_TIMESTAMPS;
		o->mss = load_be16(at + 2);
		o->window_scale = window_scale_of(at[19]);
		timestamps = at + 8;
	} else {
		return false;
	}
	o->tsval = load_be32(timestamps);
	o->tsecr = load_be32(timestamps + 4);
	return true;
}

ALWAYS_INLINE void read_options(const struct frame *f, const u8 *tcp, const struct segment *s,
				struct options *o)
{
	struct option_bytes copy;
	u32 copied;

	options_clear(o);
	if (!s->options_length || read_usual_options(tcp + TCP_HEADER, f->end, s->options_length, o))
		return;
	copied = options_copy(&copy, tcp, f->end, s->options_length);
	options_parse(&copy, copied, o);
	if (copied < s->options_length)
		o->offered |= OFFER_MALFORMED;
}

/*
 * The first half: everything that reads the frame. What it finds is in `s`, and of a segment that is wanted
 * in g->place and g->options.
 */
ALWAYS_INLINE enum parsed dissect(const struct frame *f, struct segment *s, struct sighting *g)
{
	const u8 *tcp;
	enum parsed parsed = parse_frame(f, s, &tcp);

	g->frame_length = f->length;
	if (parsed != PARSED_TCP)
		return parsed;
	if (!is_wanted(s))
		return PARSED_FILTERED;
	g->place = place_of(&s->key);
	place_approach(&g->place, s->flags == TCP_SYN, s->from_high);
	read_options(f, tcp, s, &g->options);
	return PARSED_TCP;
}

/*
 * What of a frame without a TCP segment is no header that each packet of a GSO buffer has. The inner headers
 * of a tunnel are not known, so its bytes are too few by these.
 */
ALWAYS_INLINE u32 payload_besides(const struct segment *s, enum parsed parsed, u32 length)
{
	if (!s->protocol) /* no transport header was reached */
		return length;
	return (u32)saturating_subtract(length, s->transport + (parsed == PARSED_UDP ? UDP_HEADER : 0));
}

/*
 * Between the halves, where a frame may be a GSO buffer: how many packets it becomes. `size` is that of their
 * payloads, bytes (0: it is no such buffer); of what comes from a guest (tap, vhost, virtio) the kernel knows
 * that alone, and `count` is 0.
 */
ALWAYS_INLINE void count_packets(struct segment *s, struct sighting *g, enum parsed parsed, u32 count,
				 u32 size)
{
	if (!size)
		return;
	if (parsed != PARSED_TCP && parsed != PARSED_FILTERED)
		s->payload = payload_besides(s, parsed, g->frame_length);
	g->count = count ? count : (s->payload + size - 1) / size;
}

/*
 * The second half: counts what dissect() found and takes a TCP segment into its connection. Of `g` the
 * caller sets hook, tick, precise and count (0: one packet on the wire; more: that many were merged).
 */
ALWAYS_INLINE void account(struct segment *s, struct sighting *g, enum parsed parsed)
{
	struct counters *n = counters_current();

	if (!n)
		return;
	if (!g->count)
		g->count = 1;
	if (g->count > 1)
		g->frame_length += (g->count - 1) * (g->frame_length - s->payload);
	if (parsed != PARSED_TCP && parsed != PARSED_FILTERED) {
		count_besides(s, g, parsed, n);
		return;
	}
	g->headers = s->ip_length - s->payload;
	if (parsed == PARSED_FILTERED) {
		count_filtered(s, g, n);
		return;
	}
	if (g->options.offered & OFFER_MALFORMED)
		n->bad_options++;
	count_segment(s, g, n);
	track(s, g, n);
}

#endif
