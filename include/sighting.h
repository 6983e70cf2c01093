/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A segment as it was seen: when, where, and what its numbers mean in its connection. */
#ifndef SYNSCOPE_SIGHTING_H
#define SYNSCOPE_SIGHTING_H

#include "bucket.h"
#include "options.h"
#include "parse.h"
#include "platform.h"

/* Facts about one segment, worked out from its flags and the connection's numbers (sequence.h). */
enum fact {
	FACT_FIRST = 1 << 0,	 /* the first segment of its sender, but for RSTs */
	FACT_SEQ_OK = 1 << 1,	 /* exactly the next sequence number */
	FACT_ACK_OK = 1 << 2,	 /* acknowledges nothing that was never sent */
	FACT_ACKS_SYN = 1 << 3,	 /* acknowledges the peer's SYN, by a number that fits */
	FACT_ACKS_FIN = 1 << 4,	 /* acknowledges the peer's FIN */
	FACT_SYN_OLD = 1 << 5,	 /* the sender's SYN again */
	FACT_SYN_OTHER = 1 << 6, /* a SYN with another number than the sender's first */
	FACT_FIN_OLD = 1 << 7,	 /* the sender's FIN again */
	FACT_FIN_FITS = 1 << 8,	 /* a FIN whose number may be taken */
	FACT_RST_FITS =
		1 << 9, /* a RST whose number closes (RFC 5961 section 3, RFC 9293 section 3.10.7.3) */
	FACT_RETRANSMITTED = 1 << 10, /* carries payload, a SYN or a FIN that was seen before */
	FACT_OUT_OF_ORDER = 1 << 11,  /* fills a hole from behind */
	FACT_KEEPALIVE = 1 << 12,
	FACT_ZERO_WINDOW = 1 << 13,
	FACT_DUPLICATE = 1 << 14,      /* the same frame, captured twice */
	FACT_GAP = 1 << 15,	       /* acknowledges bytes that were never seen */
	FACT_SYN_DATA_TAKEN = 1 << 16, /* the SYN-ACK acknowledges the data in the SYN */
	FACT_SYN_DATA_LEFT = 1 << 17,  /* the SYN-ACK acknowledges the SYN only */
	FACT_RST_OTHER = 1 << 18,      /* a RST with another number than the sender's last one */
	FACT_WINDOW_PROBE = 1 << 19,   /* one byte sent against a closed window */
	FACT_HOLE = 1 << 20,	       /* leaves a hole before it */
	FACT_HOLE_ACKED = 1 << 21,     /* acknowledges bytes of a hole */
	FACT_HOLE_OVER = 1 << 22,      /* the holes of both were filled, or acknowledged */
	FACT_NOTHING_NEW = 1 << 23,    /* takes numbers, and all of them were seen before */
	FACT_PROBE_TAKEN = 1 << 24,    /* acknowledges the byte of a window probe */
};

struct sighting {
	u64 tick;	  /* ns, right to a tick; the precise time once `precise` is set */
	u32 facts;	  /* enum fact */
	u32 frame_length; /* bytes on the wire, of all segments that the frame is */
	u32 count;	  /* segments on the wire: more than one where the kernel or the NIC merged them */
	u32 headers;	  /* bytes of IP and TCP headers that each of them has */
	u8 from;	  /* enum endpoint */
	u8 hook;	  /* enum hook */
	u8 precise;
	u8 opened;	    /* 1: a SYN that opened its connection, and stands in its record already */
	struct place place; /* of its key */
	u32 slot;	    /* of its connection in the table; with those below set once there is an event */
	u32 generation;	    /* of the connection */
	u32 isn;	    /* of its sender */
	struct options options;
	u32 kinds;  /* bits 1 << enum event_kind: the events that it makes */
	u64 before; /* connection.state before the segment, */
	u64 after;  /*   and after it */
};

/* The precise time of the sighting; the clock is read once, when it is first asked for. */
ALWAYS_INLINE u64 sighted_at(struct sighting *g)
{
	if (!g->precise) {
		g->tick = clock_now();
		g->precise = 1;
	}
	return g->tick;
}

#endif
