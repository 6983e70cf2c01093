// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands beside synscope's own programs, each doing a part of what any that watches connections does:
 *
 *   floor    nothing
 *   parse    reads the headers, orders the key, and counts
 *   records  besides, keeps a record of each connection in a table like synscope's: finds it by its hash or
 *            opens it, claims the sender's direction, since two CPUs may have two segments of it, and writes
 *            down how far it is, how much was sent, and when; where something begins or ends, by the clock.
 *            It judges nothing, finds nothing out of the numbers, and tells nobody.
 *   ring     reads the clock, takes a number, and puts as many bytes into the ring as an event has
 */
#include "platform.h"
#include "maps.h"
#include "analyzer.h"

char LICENSE[] SEC("license") = "GPL";

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

/* How many events there were: those of both directions are numbered together, by whichever CPU. */
__u32 events SEC(".data");

/* What a record takes of a segment besides its key and its lengths. */
struct numbers {
	u32 seq;
	u32 ack;
	u16 window; /* as on the wire */
	u16 flags;  /* enum tcp_flag; 0: nothing begins or ends */
};

ALWAYS_INLINE void *pointer(__u32 p)
{
	return (void *)(unsigned long)p;
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

/* A new connection has its preferred way, unless only another one is free. */
VERIFIED_ALONE int open_record(struct bucket *b, const struct connection_key *key, u32 way, u32 tag)
{
	struct connection *c;

	if (!b || !key || !bucket_lock(b))
		return 0;
	for (u32 i = 0; i < WAYS; i++)
		if (b->tags[way & (WAYS - 1)] && !b->tags[i])
			way = i;
	hide_value(way); /* else the mask is dropped, and the verifier forgot the comparison */
	c = &b->ways[way & (WAYS - 1)];
	__builtin_memset(c, 0, sizeof(*c));
	c->key = *key;
	c->start = clock_now();
	store_release(&b->tags[way & (WAYS - 1)], (u16)tag);
	bucket_unlock(b);
	return 0;
}

/* Opens the record that the connection's next segment finds. */
ALWAYS_INLINE void open_for(const struct plain *p, u32 version)
{
	struct connection_key key = plain_key(p);
	struct place place = plain_place(p, version);
	struct bucket *b = table_bucket(place.bucket);

	if (b)
		open_record(b, &key, place.way, place.tag);
}

/* When something began or ended, by the clock. */
ALWAYS_INLINE void keep_moment(struct connection *c, u32 flags, u32 from_high)
{
	if (flags & TCP_SYN)
		c->at.syn_ack = clock_now();
	else if (flags & TCP_FIN)
		c->at.fin[from_high & 1] = clock_now();
	else if (flags & TCP_RST)
		c->at.reset = clock_now();
}

/* Writes a segment down in the record of its connection. */
ALWAYS_INLINE void keep_record(const struct plain *p, const struct numbers *n, u32 version, u32 segments,
			       u64 tick)
{
	struct connection *c = find_plain(p, version);
	struct direction *me;
	u32 was;

	if (unlikely(!c)) {
		open_for(p, version);
		return;
	}
	me = &c->half[p->from_high & 1];
	hide_value(me); /* else each use works out the address anew */
	was = me->version;
	if (unlikely(!direction_claim(me, was)))
		return;
	me->next = n->seq + p->payload;
	me->acknowledged = n->ack;
	me->window = n->window;
	me->segments += segments;
	me->bytes += p->ip_length;
	me->last = tick;
	direction_release(me, was);
	if (unlikely(n->flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		keep_moment(c, n->flags, (u32)p->from_high);
}

/* Nobody may read the key, but it is there. */
ALWAYS_INLINE void want_key(struct plain *p)
{
	hide_value(p->low[0]);
	hide_value(p->low[1]);
	hide_value(p->high[0]);
	hide_value(p->high[1]);
	hide_value(p->ports);
	hide_value(p->from_high);
}

ALWAYS_INLINE void pass_on(struct plain *p, const struct numbers *n, u32 version, u32 segments, bool records)
{
	struct own *own = own_current();

	want_key(p);
	if (!records || unlikely(!own))
		return;
	tick_renew(&own->cached);
	keep_record(p, n, version, segments, own->cached.tick);
}

/* The headers that almost every segment has. False: these are others. */
ALWAYS_INLINE bool watch_version(const struct frame *f, u32 version, u32 segments, bool records)
{
	struct numbers n;
	struct plain p;

	if (unlikely(!read_plain(f, version, &p)))
		return false;
	n = (struct numbers){.seq = load_be32(p.tcp + TCP_SEQ_AT),
			     .ack = load_be32(p.tcp + TCP_ACK_AT),
			     .window = load_be16(p.tcp + TCP_WINDOW_AT)};
	count_parsed(p.payload, segments, f->length, PARSED_TCP);
	pass_on(&p, &n, version, segments, records);
	return true;
}

ALWAYS_INLINE bool watch_plain(const struct frame *f, u32 segments, bool records)
{
	u32 version = plain_version(f);

	if (version == 4)
		return watch_version(f, 4, segments, records);
	return version == 6 && watch_version(f, 6, segments, records);
}

/* What parse_any_...() found in any other frame. */
ALWAYS_INLINE void watch_segment(const struct segment *s, u32 parsed, u32 length, u32 segments, bool records)
{
	const struct numbers n = {.seq = s->seq, .ack = s->ack, .window = s->window, .flags = s->flags};
	struct plain p = {.low = {s->key.low.halves[0], s->key.low.halves[1]},
			  .high = {s->key.high.halves[0], s->key.high.halves[1]},
			  .ports = s->key.ports_and_vlans,
			  .from_high = s->from_high,
			  .payload = s->payload,
			  .ip_length = s->ip_length};

	count_parsed(s->payload, segments, length, parsed);
	if (parsed == PARSED_TCP)
		pass_on(&p, &n, s->version, segments, records);
}

ALWAYS_INLINE void watch_xdp(struct xdp_md *ctx, bool records)
{
	struct frame f = {.data = pointer(ctx->data),
			  .end = pointer(ctx->data_end),
			  .length = ctx->data_end - ctx->data};

	if (unlikely(!watch_plain(&f, 1, records))) {
		struct segment s = {};
		u32 parsed = parse_any_xdp(ctx, &s);

		watch_segment(&s, parsed, f.length, 1, records);
	}
}

ALWAYS_INLINE void watch_tc(struct __sk_buff *ctx, bool records)
{
	struct frame f = {.data = pointer(ctx->data), .end = pointer(ctx->data_end), .length = ctx->len};
	u32 segments = unlikely(ctx->gso_size) ? ctx->gso_segs : 1;

	if (unlikely(ctx->vlan_present) || unlikely(!watch_plain(&f, segments, records))) {
		struct segment s = {};
		u32 parsed = parse_any_tc(ctx, &s);

		watch_segment(&s, parsed, f.length, segments, records);
	}
}

ALWAYS_INLINE void put_into_ring(void)
{
	struct event *e = ring_reserve(sizeof(*e));

	if (!e)
		return;
	__builtin_memset(e, 0, sizeof(*e));
	e->time = clock_now();
	e->number = fetch_and_add(&events, 1) + 1;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

SEC("xdp.frags")
int floor_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp.frags")
int parse_xdp(struct xdp_md *ctx)
{
	watch_xdp(ctx, false);
	return XDP_PASS;
}

SEC("xdp.frags")
int records_xdp(struct xdp_md *ctx)
{
	watch_xdp(ctx, true);
	return XDP_PASS;
}

SEC("xdp.frags")
int ring_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	put_into_ring();
	return XDP_PASS;
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
	watch_tc(ctx, false);
	return TCX_NEXT;
}

SEC("tc")
int records_tc(struct __sk_buff *ctx)
{
	watch_tc(ctx, true);
	return TCX_NEXT;
}

SEC("tc")
int ring_tc(struct __sk_buff *ctx)
{
	(void)ctx;
	put_into_ring();
	return TCX_NEXT;
}
