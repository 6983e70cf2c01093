/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What crosses from the kernel to user space through the ring buffer. Fixed widths, no holes. */
#ifndef SYNSCOPE_EVENT_H
#define SYNSCOPE_EVENT_H

#include "connection.h"
#include "options.h"
#include "platform.h"

/* The layout of everything that is shared; pins with another number are not read, only detached. */
enum { LAYOUT_VERSION = 6 };

/* The size of the ring, in bytes. */
enum { RING_BYTES = 8 << 20 };

/* What a segment changed. One segment may be several events; they are numbered in this order. */
enum event_kind {
	EVENT_SYN,
	EVENT_SYN_ACK,
	EVENT_ESTABLISHED, /* both SYNs are acknowledged */
	EVENT_DATA,	   /* the first payload of its direction */
	EVENT_FIN_ACKED,
	EVENT_FIN,
	EVENT_RST,
	EVENT_CLOSED,	      /* both FINs are acknowledged, or a RST was accepted */
	EVENT_RETRANSMISSION, /* this and the next three: only so many a second (telling.h) */
	EVENT_OUT_OF_ORDER,
	EVENT_ZERO_WINDOW,
	EVENT_KEEPALIVE,
	EVENT_SEGMENT,	   /* --segments; or one that moved a state, or was not accepted */
	EVENT_SCAN,	   /* made by the loader, where the scan rule is met */
	EVENT_UNREACHABLE, /* an ICMP error about the connection */
	EVENT_EXPIRED,	   /* made by the loader, where a silent connection is given up */
	EVENT_KINDS = 16,
};

enum ring_item_type { ITEM_EVENT = 1, ITEM_FINAL = 2, ITEM_PAYLOAD = 3 };

/* The first word of everything in the ring. */
struct ring_item {
	u32 type; /* enum ring_item_type */
	u32 slot; /* of the connection in the table */
};

enum event_verdict {
	VERDICT_SEQ_OK = 1,   /* the sequence number is the one that the history calls for */
	VERDICT_ACK_OK = 2,   /* so is the acknowledgment number */
	VERDICT_ACCEPTED = 4, /* the segment did what its flags say */
};

struct event {
	struct ring_item item;
	u64 time;  /* ns, precise */
	u64 start; /* ns, of the connection; with key and generation this is its identity */
	u64 state; /* connection.state after the segment */
	struct connection_key key;
	u32 generation; /* of the connection in its slot; never 0 */
	u32 kinds;	/* bits 1 << enum event_kind */
	u32 number;	/* of the first of these events in its connection, from 1 */
	union {
		struct {
			u32 seq;     /* host byte order, as all numbers here */
			u32 ack;     /* meaningful with TCP_ACK */
			u32 payload; /* bytes */
			/* relative numbers count from here; valid with SAW_SEGMENT of that endpoint */
			u32 isn[ENDPOINTS];
		};
		u8 reporter[16]; /* EVENT_UNREACHABLE: who sent the ICMP error; as union address */
	};
	struct options options;
	u16 flags;	 /* enum tcp_flag */
	u16 window;	 /* as on the wire */
	u16 urgent;	 /* the pointer; meaningful with TCP_URG */
	u8 header;	 /* bytes of the TCP header */
	u8 from;	 /* enum endpoint */
	u8 hook;	 /* enum hook */
	u8 verdict;	 /* enum event_verdict */
	u8 window_scale; /* to apply to `window`: 0 where none was agreed */
	u8 icmp_type;	 /* EVENT_UNREACHABLE: of the ICMP or ICMPv6 error */
	u8 icmp_code;
	u8 reserved[3];
};

/* Why a record left the table. */
enum final_reason {
	FINAL_EXPIRED = 1, /* silent for too long, or its TIME_WAIT was over */
	FINAL_REUSED,	   /* its tuple opened a new connection */
	FINAL_EVICTED,	   /* its place was needed */
};

/* The last that the kernel knows of a connection whose slot goes to another one. */
struct final_record {
	struct ring_item item;
	u64 time; /* ns */
	u64 reason;
	struct connection connection;
};

/* How many bytes of a payload are handed over: most first ones fit the small item. */
enum { PAYLOAD_SMALL = 232, PAYLOAD_LARGE = 1920 };

/*
 * The first payload of a direction, for whoever names the application protocol. It follows the event
 * that tells of it. Where the ring had no room there is none: counted as lost_payloads.
 */
struct first_payload {
	struct ring_item item;
	u32 generation;
	u32 offset; /* of its first byte in the stream; 0: the stream begins with it */
	u16 length; /* bytes; fewer than the segment's where those were cut off or not captured */
	u8 from;    /* enum endpoint */
	u8 reserved[5];
	u8 bytes[];
};

_Static_assert(sizeof(struct first_payload) == 24, "no holes");
_Static_assert(sizeof(struct event) == 136, "no holes");
_Static_assert(sizeof(struct final_record) == 408, "no holes");

#endif
