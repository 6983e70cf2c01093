/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The maps, and what platform.h asks of the kernel build.
 *
 *   table     the connection table, mapped read-only by the loader; size set before load
 *   counters  what each CPU counts, and what it knows of the time and of the ring and need not ask again
 *   desks     where each CPU works on a frame's long way (synscope.bpf.c)
 *   ring      events, final records and first payloads, read by one reader
 *   config    .rodata: constants from the moment of loading
 *   paused    .bss: the loader's only word to running programs
 */
#ifndef SYNSCOPE_MAPS_H
#define SYNSCOPE_MAPS_H

#include "bucket.h"

const volatile struct config config = {};
/* 1: the kernel has bpf_xdp_get_buff_len() and bpf_xdp_load_bytes() (5.18); else frames are one buffer. */
const volatile bool has_frame_length = false;
/* The ring wakes its reader when this many bytes wait in it, and is said to be filling. */
const volatile __u64 wake_at = 0;

/*
 * 1: no frame is looked at. An interface's two hooks are not had at once, nor given up at once: what opened
 * between would be seen from one side only, and look unanswered.
 */
volatile __u32 paused = 0;

#define config_current() (&config)

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct bucket);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct own);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} ring SEC(".maps");

ALWAYS_INLINE struct own *own_current(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

ALWAYS_INLINE struct counters *counters_current(void)
{
	struct own *own = own_current();

	return own ? &own->counters : NULL;
}

ALWAYS_INLINE struct bucket *table_bucket(__u32 index)
{
	return bpf_map_lookup_elem(&table, &index);
}

#define ring_reserve(size) bpf_ringbuf_reserve(&ring, size, 0)

ALWAYS_INLINE struct cached *cached_current(void)
{
	struct own *own = own_current();

	return own ? &own->cached : NULL;
}

/* How many questions about the ring one look at it answers. */
enum { LOOK_EVERY = 16 };

ALWAYS_INLINE void ring_look(struct cached *c)
{
	if (c->asked++ % LOOK_EVERY)
		return;
	c->filling = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= wake_at;
	c->wake = c->filling;
}

ALWAYS_INLINE bool ring_is_filling(void)
{
	struct cached *c = cached_current();

	if (!c)
		return false;
	ring_look(c);
	return c->filling;
}

/* A wake-up costs ten times an event: the reader comes by itself, and is called only when the ring fills. */
ALWAYS_INLINE void ring_submit(void *item)
{
	struct cached *c = cached_current();
	__u64 flags = BPF_RB_NO_WAKEUP;

	if (c) {
		ring_look(c);
		if (c->wake)
			flags = BPF_RB_FORCE_WAKEUP;
		c->wake = 0;
	}
	bpf_ringbuf_submit(item, flags);
}

#define clock_now() bpf_ktime_get_ns()

/*
 * The clock is read once in each jiffy and CPU: the coarse clock would cost as much as all the rest that
 * most segments ask for. It lags behind clock_now() by one jiffy at most.
 */
ALWAYS_INLINE void tick_renew(struct cached *c)
{
	__u64 jiffy = bpf_jiffies64();

	if (likely(c->jiffy == jiffy))
		return;
	c->jiffy = jiffy;
	c->tick = clock_now();
	c->asked = 0; /* what was known of the ring is old, too */
}

ALWAYS_INLINE __u64 clock_tick(void)
{
	struct cached *c = cached_current();

	if (!c)
		return clock_now();
	tick_renew(c);
	return c->tick;
}

#endif
