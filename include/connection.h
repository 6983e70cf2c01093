/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of a connection: six cache lines of facts. What the facts mean (conn_state, diagnosis,
 * the words of the timeline) is worked out where the record is printed, never here.
 *
 * Who writes what: a direction's own blocks are written by the one CPU that has claimed the direction
 * (claim.h); `state` by compare-and-swap; a milestone by whoever set its flag in `state`. Times are
 * nanoseconds of the clock that saw the frame (CLOCK_MONOTONIC in the kernel, the capture's in a replay).
 */
#ifndef SYNSCOPE_CONNECTION_H
#define SYNSCOPE_CONNECTION_H

#include "platform.h"

/* An IPv6 address, or IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). Network byte order. */
union address {
	u8 bytes[16];
	u32 words[4];
	u64 halves[2];
};

/* words[2] of a mapped IPv4 address, whose words[0] and words[1] are 0; on a little-endian machine. */
#define IPV4_MAPPED 0xffff0000U

ALWAYS_INLINE bool is_ipv4_mapped(const union address *a)
{
	return !a->halves[0] && (u32)a->halves[1] == IPV4_MAPPED;
}

/* Both directions of a connection have the same key: the lower (address, port) comes first. */
struct connection_key {
	union address low;
	union address high;
	union {
		struct {
			u16 low_port;	/* host byte order */
			u16 high_port;	/* host byte order */
			u16 vlan;	/* outer VLAN identifier, 1 to 4094; 0: none */
			u16 inner_vlan; /* inner VLAN identifier of a double tag; 0: none */
		};
		u64 ports_and_vlans; /* the four of them, written at once */
	};
};

/* Who of the two sent a segment. The originator is the one that sent the SYN (Zeek's terms). */
enum endpoint { ORIGINATOR = 0, RESPONDER = 1, ENDPOINTS = 2 };

/* RFC 9293 section 3.3.2. UNKNOWN is an endpoint of which no segment was seen. */
enum tcp_state {
	STATE_UNKNOWN = 0,
	STATE_CLOSED,
	STATE_SYN_SENT,
	STATE_SYN_RECEIVED,
	STATE_ESTABLISHED,
	STATE_FIN_WAIT_1,
	STATE_FIN_WAIT_2,
	STATE_CLOSE_WAIT,
	STATE_CLOSING,
	STATE_LAST_ACK,
	STATE_TIME_WAIT,
	TCP_STATES,
};

/*
 * connection.state: two endpoint states of four bits each, and the flags below. Flags that exist for
 * each endpoint are two neighbouring bits, the originator's first: FLAG << endpoint.
 */
enum { STATE_BITS = 4, STATE_MASK = 15, STATE_FLAGS_SHIFT = 8 };

#define STATE_FLAG(n)	       (1ULL << (STATE_FLAGS_SHIFT + (n)))
#define SAW_SEGMENT	       STATE_FLAG(0) /* x2: this endpoint sent something */
#define SAW_SYN		       STATE_FLAG(2) /* x2: its SYN, or SYN-ACK */
#define SYN_ACKED	       STATE_FLAG(4) /* x2: and the other endpoint acknowledged it, by the right number */
#define SAW_DATA	       STATE_FLAG(6)  /* x2: its first payload */
#define SAW_FIN		       STATE_FLAG(8)  /* x2: its FIN, acceptable */
#define FIN_ACKED	       STATE_FLAG(10) /* x2: and acknowledged */
#define RESET_BY	       STATE_FLAG(12) /* x2: its RST, accepted: it ended the connection */
#define ORIGINATOR_IS_HIGH     STATE_FLAG(14) /* the originator is the higher half of the key */
#define FLIPPED		       STATE_FLAG(15) /* the first segment seen came from the responder */
#define MIDSTREAM	       STATE_FLAG(16) /* the first segment seen was no SYN and no SYN-ACK */
#define SAW_SYN_ACK	       STATE_FLAG(17) /* a SYN-ACK was seen, whatever it acknowledged */
#define SYN_ACK_WRONG	       STATE_FLAG(18) /* one acknowledged a number that was never sent */
#define ACK_WRONG	       STATE_FLAG(19) /* an ACK of the handshake acknowledged a wrong number */
#define ESTABLISHED_ONCE       STATE_FLAG(20) /* the handshake was completed */
#define CLOSED_ONCE	       STATE_FLAG(21) /* both FINs acknowledged, or reset */
#define SIMULTANEOUS_OPEN      STATE_FLAG(22)
#define SIMULTANEOUS_CLOSE     STATE_FLAG(23)
#define RESET_NOT_ACCEPTED     STATE_FLAG(24) /* a RST came whose number closes nothing (RFC 5961) */
#define PORT_REUSED	       STATE_FLAG(25) /* it took the place of one in TIME_WAIT, or (FLIPPED) of an open one */
#define FAST_OPEN_ACCEPTED     STATE_FLAG(26) /* the SYN-ACK acknowledged the data in the SYN (RFC 7413) */
#define FAST_OPEN_IGNORED      STATE_FLAG(27) /* the SYN-ACK acknowledged the SYN only */
#define PROBE		       STATE_FLAG(28) /* opened by flags that open nothing (NULL, FIN, Xmas, ...) */
#define FIN_FIRST_BY_RESPONDER STATE_FLAG(29) /* whose FIN came first; means something once one was seen */
#define UNREACHABLE	       STATE_FLAG(30) /* an ICMP error said that the other end can't be reached */
/* Wireshark's tcp.completeness, six bits. */
#define COMPLETENESS_SHIFT (STATE_FLAGS_SHIFT + 31)
#define COMPLETENESS(bit)  ((u64)(bit) << COMPLETENESS_SHIFT)
enum completeness {
	COMPLETE_SYN = 1,
	COMPLETE_SYN_ACK = 2,
	COMPLETE_ACK = 4,
	COMPLETE_DATA = 8,
	COMPLETE_FIN = 16,
	COMPLETE_RST = 32,
	COMPLETENESS_MASK = 63,
};
/* History letters that Zeek writes once for each direction. */
#define HISTORY_A	STATE_FLAG(37) /* x2 */
#define HISTORY_Q	STATE_FLAG(39) /* x2 */
#define HISTORY_I	STATE_FLAG(41) /* x2 */
#define CHALLENGED	STATE_FLAG(43) /* a SYN came inside the established connection (RFC 5961 section 4) */
#define SYN_ACK_DIFFERS STATE_FLAG(44) /* a second SYN-ACK carried another sequence number */
#define HISTORY_R	STATE_FLAG(45) /* x2: its latest RST had the number in sample_seq */
#define HISTORY_F	STATE_FLAG(47) /* x2 */
#define SAW_ACK		STATE_FLAG(49) /* x2: `acknowledged` of this endpoint means something */
#define HISTORY_D	STATE_FLAG(51) /* x2: payload that was not on a SYN or FIN */
#define WINDOW_PROBED	STATE_FLAG(53) /* x2: its latest byte was sent against a closed window */
#define HOLE_OPEN	STATE_FLAG(55) /* bytes are missing that nobody acknowledged yet; the last bit there is */

_Static_assert(HOLE_OPEN == 1ULL << 63, "the flags fill the state");

/* Whether a flag that exists for each endpoint is set for both. */
ALWAYS_INLINE bool both(u64 state, u64 flag)
{
	return (state & (flag | flag << 1)) == (flag | flag << 1);
}

/* Whether a flag that each endpoint has is set for one of them at least. */
ALWAYS_INLINE bool either(u64 state, u64 flag)
{
	return state & (flag | flag << 1);
}

/* A direction, the part that each of its segments touches. One cache line. */
struct direction {
	u32 version; /* odd while the block is being written */
	u32 isn;     /* initial sequence number; where no SYN was seen, one below the first number seen */
	u32 next;    /* the highest sequence number sent so far, plus one (SND.NXT) */
	u32 acknowledged; /* the highest acknowledgment number that this endpoint sent */
	u64 segments;	  /* as they go on the wire */
	u64 bytes;	  /* of IP packets on the wire, headers included */
	u64 last;	  /* ns; when its latest segment was seen, right to a tick */
	u64 sample_at;	  /* ns; when the segment that ends at sample_seq was sent; 0: none under way */
	u32 sample_seq;	  /* ends the sample when acknowledged; after a RST, or a SYN inside, its number */
	u16 window;	  /* as on the wire, of the latest segment: not scaled */
	u16 ip_id;	  /* of the latest IPv4 packet: a frame seen twice has the same */
	u32 retransmits;  /* segments that carried old payload, an old SYN or an old FIN */
	u16 next_wraps;	  /* how often `next` passed 2^32 */
	u16 acked_wraps;  /* how often `acknowledged` did */
};

/* A direction, the part that only losses and round-trip samples touch. Half a cache line. */
struct direction_quality {
	u64 missing;  /* bytes below `next` that were never seen */
	u32 hole_low; /* those that may still come lie between these two: see hole.h */
	u32 hole_high;
	u32 out_of_order; /* segments that filled a hole from behind */
	u32 rtt_min;	  /* ns, from this endpoint's segment to the answer, at the point of observation; */
	u32 rtt_smoothed; /*   RFC 6298's SRTT; 2^32 - 1 where it took 4.29 s or longer; 0: no sample */
	u32 rtt_max;
};

/* A direction, what its SYN agreed and what is rare. */
struct direction_options {
	u16 mss;	  /* bytes; 0: not offered */
	u8 window_scale;  /* 0 to 14; NO_WINDOW_SCALE: not offered */
	u8 offered;	  /* enum offer, of the SYN or SYN-ACK */
	u16 zero_windows; /* segments that announced a window of zero; stays at 65535 */
	u16 gaps;	  /* times that bytes were acknowledged which were never seen; stays at 65535 */
};

enum { NO_WINDOW_SCALE = 255 };

/* Options seen; an event has all of them, a record those of the SYN. */
enum offer {
	OFFER_SACK = 1,
	OFFER_TIMESTAMPS = 2,
	OFFER_MPTCP = 4,
	OFFER_FAST_OPEN = 8, /* the option, with or without a cookie */
	OFFER_MD5 = 16,	     /* RFC 2385 */
	OFFER_AO = 32,	     /* RFC 5925 */
	OFFER_SACK_BLOCKS = 64,
	OFFER_MALFORMED = 128, /* an option that ends behind the header or has an impossible length */
};

/* When each milestone was passed, ns. Valid where the flag named beside it is set in `state`. */
struct milestones {
	u64 syn_ack;	     /* SAW_SYN_ACK */
	u64 established;     /* ESTABLISHED_ONCE */
	u64 data[ENDPOINTS]; /* SAW_DATA */
	u64 fin[ENDPOINTS];  /* SAW_FIN */
	u64 reset;	     /* RESET_BY or RESET_NOT_ACCEPTED */
	u64 closed;	     /* CLOSED_ONCE */
};

/* Zeek's history letters in the order of their first appearance; see history.h. */
enum { HISTORY_MAX = 30 };

struct connection {
	/* line 0 */
	struct connection_key key;
	u64 state;
	u64 start;	/* ns; the first segment */
	u32 generation; /* grows with each connection that takes this slot; never 0 in a slot in use */
	u32 events;	/* how many events this connection has made, lost ones included */
	/* lines 1 and 2 */
	struct direction
		half[ENDPOINTS]; /* what the key's lower half sent, and its higher: see DIRECTION() */
	/* line 3 */
	struct milestones at;
	/* line 4 */
	struct direction_quality quality[ENDPOINTS];
	/* line 5 */
	char history[HISTORY_MAX];
	u8 icmp_type; /* with UNREACHABLE: of the first such error; else of one on the path's MTU, or 0 */
	u8 icmp_code;
	struct direction_options options[ENDPOINTS];
	union {
		/*
		 * Of the responder's first SYN-ACK, where a second one differed; once the connection is open,
		 * with CHALLENGED, of the latest SYN that came inside it.
		 */
		u32 other_isn;
		u32 probe_flags; /* with PROBE: enum tcp_flag of the first segment */
	};
	u32 repeats;	    /* limits repeated events: a period, its count below; see may_repeat() */
	u8 syn_retransmits; /* these four stay at 255 */
	u8 syn_ack_retransmits;
	u8 fin_retransmits[ENDPOINTS];
	u32 history_length; /* letters written; may exceed HISTORY_MAX, then the rest was dropped */
};

_Static_assert(sizeof(struct connection_key) == 40, "a key has no holes");
_Static_assert(sizeof(struct direction) == 64, "a direction is one cache line");
_Static_assert(sizeof(struct direction_quality) == 32, "two fit a cache line");
_Static_assert(sizeof(struct connection) == 384, "a record is six cache lines");

/* Which half of the key an endpoint is, 0 or 1: hidden from the compiler, which else drops the mask. */
ALWAYS_INLINE u64 half_of(u64 state, u64 who)
{
	u64 half = who ^ !!(state & ORIGINATOR_IS_HIGH);

	hide_range(half);
	return half & 1;
}

/*
 * The direction of an endpoint. In the record they lie as the halves of the key do: then the place of a
 * segment's own direction is known from the segment alone, and its cache miss overlaps with the first line's.
 */
#define DIRECTION(c, who) (&(c)->half[half_of((c)->state, who)])

/* What an endpoint has sent but RSTs; 0: no such segment was seen. */
ALWAYS_INLINE u64 seen_but_resets(u64 state, enum endpoint who)
{
	return state >> who & (SAW_SYN | SAW_DATA | SAW_FIN | HISTORY_A | HISTORY_D | HISTORY_F | HISTORY_Q);
}

/* Nothing of an endpoint was seen but RSTs. Anybody may have sent them: of what it sends they say nothing. */
ALWAYS_INLINE bool only_reset(u64 state, enum endpoint who)
{
	return !seen_but_resets(state, who) && state >> who & HISTORY_R;
}

/* Whether an endpoint's numbers mean something. */
ALWAYS_INLINE bool has_begun(u64 state, enum endpoint who)
{
	return seen_but_resets(state, who) || (state >> who & (SAW_SEGMENT | HISTORY_R)) == SAW_SEGMENT;
}

ALWAYS_INLINE enum tcp_state endpoint_state(u64 state, enum endpoint who)
{
	return (enum tcp_state)(state >> (who * STATE_BITS) & STATE_MASK);
}

ALWAYS_INLINE u64 with_endpoint_state(u64 state, enum endpoint who, enum tcp_state to)
{
	u32 shift = who * STATE_BITS;

	return (state & ~((u64)STATE_MASK << shift)) | (u64)to << shift;
}

ALWAYS_INLINE enum endpoint other_endpoint(enum endpoint who)
{
	return who == ORIGINATOR ? RESPONDER : ORIGINATOR;
}

/*
 * Ports by who uses them, the lowest for services first: system ports (RFC 6335 section 6), registered ones,
 * and those that clients are given, on Linux from 32768 on (net.ipv4.ip_local_port_range).
 */
enum { SYSTEM_PORTS = 1024, CLIENT_PORTS = 32768 };

ALWAYS_INLINE u32 port_class(u16 port)
{
	return (port >= SYSTEM_PORTS) + (port >= CLIENT_PORTS);
}

/* RFC 9293 section 3.4: sequence numbers are compared modulo 2^32. Positive: a comes after b. */
ALWAYS_INLINE s32 sequence_difference(u32 a, u32 b)
{
	return (s32)(a - b);
}

#endif
