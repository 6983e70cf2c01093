/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted, exactly, whatever happens to events. One struct for each CPU, written by that CPU
 * alone, with bottom halves off; a reader adds them up.
 */
#ifndef SYNSCOPE_COUNTERS_H
#define SYNSCOPE_COUNTERS_H

#include "arithmetic.h"
#include "event.h"
#include "platform.h"
#include "wire.h"

/* Handshake times, in buckets of an eighth of a power of two: at most 12.5% wide. */
enum { HISTOGRAM_STEPS = 8, HISTOGRAM_BUCKETS = 64 * HISTOGRAM_STEPS };

enum hook { HOOK_IN, HOOK_OUT, HOOKS };

/* What a segment was that came without a connection, one that opens it included: floods are made of these. */
enum stray { STRAY_SYN, STRAY_SYN_ACK, STRAY_ACK, STRAY_RST, STRAY_FIN, STRAY_OTHER, STRAY_KINDS };

ALWAYS_INLINE enum stray stray_kind(u16 flags)
{
	if (flags & TCP_SYN && flags & (TCP_FIN | TCP_RST))
		return STRAY_OTHER;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? STRAY_SYN_ACK : STRAY_SYN;
	if (flags & TCP_RST)
		return STRAY_RST;
	if (flags & TCP_FIN)
		return STRAY_FIN;
	return flags & TCP_ACK ? STRAY_ACK : STRAY_OTHER;
}

/* With payload, or without. */
enum { ACK_WITH_DATA, ACK_PURE, ACK_KINDS };

/* The index of an IP version in what is counted for each. */
enum { INDEX_IPV4, INDEX_IPV6, IP_VERSIONS };

struct counters {
	/*
	 * TCP segments by direction, IP version and the combination of their nine flags, and the bytes of
	 * their frames: all that most segments add to. What else is told of them (frames, packets, flags)
	 * is a sum over these; see layers_of(). A GSO buffer counts as the segments that it becomes.
	 */
	u64 segments[HOOKS][IP_VERSIONS][TCP_FLAGS + 1];
	u64 bytes[HOOKS];
	/*
	 * Segments with an ACK but no SYN, FIN or RST. Neither kind is worked out from the other one: a
	 * difference of counters that are read while they grow may shrink.
	 */
	u64 acks[ACK_KINDS];
	u64 data_on_other; /* segments with payload, any other */
	/* frames that held no segment, or one that --host, --port, -4 or -6 left out */
	u64 frames_besides;
	u64 bytes_besides;
	u64 filtered[IP_VERSIONS]; /* TCP segments left out */
	u64 arp;
	u64 arp_requests;
	u64 arp_replies;
	u64 other;     /* neither IP nor ARP */
	u64 fragments; /* first ones with a TCP segment included */
	u64 udp;
	u64 icmp;
	u64 protocols[IP_VERSIONS][256]; /* packets without a TCP segment, by protocol; [0]: not read */
	u64 unreachable; /* ICMP errors that name a connection in the table as not to be reached */
	/* malformed */
	u64 truncated;
	u64 bad_ip;
	u64 bad_tcp;
	u64 bad_options;
	/* what the numbers of segments said */
	u64 retransmitted;
	u64 out_of_order;
	u64 zero_window;
	u64 keepalive;
	/*
	 * Handshakes, from the SYN on. started = completed + refused + unanswered + aborted + those that are
	 * half-open at the moment.
	 */
	u64 started;
	u64 completed;	/* both ends came to ESTABLISHED */
	u64 refused;	/* the responder's RST ended it */
	u64 unanswered; /* given up, and nobody had answered */
	u64 aborted;	/* ended otherwise: the originator's RST, given up after an answer, displaced */
	/* teardowns of what was no probe: a flag set that opens nothing, and its answer */
	u64 closed_by_fin;
	u64 closed_by_rst;
	u64 closed_by_idle;
	/*
	 * Connections, each a record. opened = closed + expired + evicted + those in the table and not over.
	 */
	u64 opened;
	u64 closed;    /* by segments */
	u64 expired;   /* given up: silent for idle_timeout */
	u64 evicted;   /* left open: their place was needed, or their tuple was used anew */
	u64 reused;    /* of these, the latter: nothing was lost of them */
	u64 displaced; /* closed records that left before their time: their place was needed */
	u64 midstream; /* of the opened: the first segment that was seen was no SYN and no SYN-ACK */
	u64 untracked; /* segments that should have opened one, or moved it, and could not */
	u64 busy;      /* of the untracked: another CPU held the bucket for too long */
	u64 strays[STRAY_KINDS]; /* segments that came without one in the table, untracked ones too */
	/* events */
	u64 emitted;
	u64 lost[EVENT_KINDS];
	u64 lost_records;  /* final records that found no room */
	u64 lost_payloads; /* first payloads that found none: the names of their protocols were missed */
	/* segments that made no event, since the ring was filling: of connections that none told of yet */
	u64 aggregated;
	u64 aggregated_records; /* connections that were displaced before any event told of them */
	/* handshake times */
	u64 handshake_max; /* ns */
	u64 handshakes[HISTOGRAM_BUCKETS];
};

/* Answers that would cost a CPU more than all the rest that most segments ask for. */
struct cached {
	u64 jiffy;
	u64 tick;    /* ns, when that jiffy was first met */
	u32 asked;   /* how often in this jiffy somebody wanted to know whether the ring is filling */
	u16 filling; /* 1: it was, when it was last looked at; */
	u16 wake;    /*   and the next item shall wake the reader */
};

/* All that each CPU has for itself, so that a segment looks it up once: the value of the map `counters`. */
struct own {
	struct counters counters;
	struct cached cached;
};

/* The kernel takes no larger value in a map for each CPU (PCPU_MIN_UNIT_SIZE). */
_Static_assert(sizeof(struct own) <= 32768, "fits a map for each CPU");

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
