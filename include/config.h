/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of a run. Fixed before the programs load, so that the verifier drops what is off. */
#ifndef SYNSCOPE_CONFIG_H
#define SYNSCOPE_CONFIG_H

#include "platform.h"

/*
 * The keys of the connection table's hash, drawn at load so that nobody outside can aim at a bucket: 0 to 4
 * as ten halves, one for each 32 bits of a key; 5 for what those come to (table.h).
 */
enum { HASH_KEYS = 6 };

struct config {
	u64 idle_timeout; /* ns; a connection silent for longer is given up */
	u64 time_wait;	  /* ns; how long TIME_WAIT is taken to last */
	u64 linger;	  /* ns after the close during which late segments still belong to the record */
	u64 hash_seed[HASH_KEYS];
	u32 buckets;	       /* number of buckets in the table, a power of two */
	u32 ifindex;	       /* of the interface watched; part of every event */
	u8 filter_address[16]; /* --host: network byte order, IPv4 as ::ffff:a.b.c.d (RFC 4291) */
	u8 filter_mask[16];    /* --host: which bits of an address must be equal */
	u16 filter_port;       /* --port; 0: any */
	u8 filter_host;	       /* 1: filter_address is set */
	u8 filter_version;     /* 4 or 6: only that IP version; 0: both */
	u8 segments;	       /* 1: an event for every segment */
	u8 layer3;	       /* 1: frames begin with the IP header (tun) */
	u8 replay;	       /* 1: XDP test runs carry the time and the frame's length as metadata */
	u8 payloads;	       /* 1: the first payload of each direction goes to the ring */
	u16 untold;	       /* bits 1 << enum event_kind: nobody reads these; see is_told() */
	u8 one_way;	       /* 1: --ingress-only: no connection is seen from both sides */
	u8 long_way;	       /* 1: no header prediction; see config_settle() */
};

/* Works out what follows from the other settings, once they are all there. */
ALWAYS_INLINE void config_settle(struct config *c)
{
	c->long_way = c->segments || c->layer3; /* nothing is plain there */
}

#endif
