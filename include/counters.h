/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted, exactly, whatever happens to events. One struct for each CPU, written by that CPU
 * alone, with bottom halves off; a reader adds them up.
 */
#ifndef SYNSCOPE_COUNTERS_H
#define SYNSCOPE_COUNTERS_H

#include "event.h"
#include "platform.h"
#include "wire.h"

/* Handshake times, in buckets of an eighth of a power of two: at most 12.5% wide. */
enum { HISTOGRAM_STEPS = 8, HISTOGRAM_BUCKETS = 64 * HISTOGRAM_STEPS };

enum hook { HOOK_IN, HOOK_OUT, HOOKS };

struct counters {
	/* frames and packets */
	u64 frames;
	u64 frame_bytes; /* as they cross the interface */
	u64 arp;
	u64 ipv4;
	u64 ipv6;
	u64 other;
	u64 fragments;
	u64 tcp;
	u64 udp;
	u64 icmp;
	u64 filtered; /* TCP segments that --host, --port, -4 or -6 left out */
	/* malformed */
	u64 truncated;
	u64 bad_ip;
	u64 bad_tcp;
	u64 bad_options;
	/* TCP segments; a GSO buffer counts as the segments that it becomes */
	u64 segments[HOOKS];
	u64 bytes[HOOKS]; /* of frames */
	u64 data;
	u64 pure_ack;
	u64 retransmitted;
	u64 out_of_order;
	u64 zero_window;
	u64 keepalive;
	/* handshakes and teardowns */
	u64 started;
	u64 completed;
	u64 refused;
	u64 unanswered;
	u64 aborted;
	u64 closed_by_fin;
	u64 closed_by_rst;
	u64 closed_by_idle;
	/* connections */
	u64 opened;
	u64 closed;
	u64 expired;
	u64 evicted;
	u64 displaced; /* closed records that left before their time: their place was needed */
	u64 midstream;
	u64 untracked;
	u64 busy; /* of the untracked: another CPU held the bucket for too long */
	/* events */
	u64 emitted;
	u64 lost[EVENT_KINDS];
	u64 lost_records; /* final records that found no room */
	/* handshake times */
	u64 handshake_max; /* ns */
	u64 handshakes[HISTOGRAM_BUCKETS];
	u64 flags[TCP_FLAGS + 1]; /* segments by the combination of their nine flags */
};

/* The position of the highest bit that is set; 0 for 0. */
ALWAYS_INLINE u32 highest_bit(u64 v)
{
	u32 bit = 0;

	for (u32 step = 32; step; step /= 2)
		if (v >> step) {
			v >>= step;
			bit += step;
		}
	return bit;
}

/* The histogram bucket of a time in ns. */
ALWAYS_INLINE u32 histogram_bucket(u64 ns)
{
	u32 octave = highest_bit(ns);

	if (octave < 3)
		return ns & (HISTOGRAM_STEPS - 1);
	return (octave * HISTOGRAM_STEPS + (ns >> (octave - 3) & (HISTOGRAM_STEPS - 1))) &
	       (HISTOGRAM_BUCKETS - 1);
}

/* The largest time, in ns, that falls into a bucket. */
ALWAYS_INLINE u64 histogram_upper(u32 bucket)
{
	u32 octave = bucket / HISTOGRAM_STEPS;
	u64 step = bucket % HISTOGRAM_STEPS;

	return octave < 3 ? step : ((HISTOGRAM_STEPS + step + 1) << (octave - 3)) - 1;
}

#endif
