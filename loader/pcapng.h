/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads pcapng files. libpcap reads them too, but refuses one whose interfaces have different link
 * types, and does not tell which interface saw a packet; a connection's key needs both. Source of the
 * format: draft-ietf-opsawg-pcapng.
 */
#ifndef SYNSCOPE_PCAPNG_H
#define SYNSCOPE_PCAPNG_H

#include <stdio.h>

#include "platform.h"

enum {
	PCAPNG_INTERFACES_MAX = 64,
	PCAPNG_NAME_MAX = 32,
	PCAPNG_KEPT_MAX = 1 << 20, /* bytes of a block; what follows them is read and forgotten */
};

/* 2^62 ns since 1970: twice that, and an --idle-timeout more, can still be counted. */
#define PCAPNG_TIME_MAX (1ULL << 62)

struct pcapng_interface {
	u16 link_type; /* LINKTYPE_ number */
	u32 snap_length;
	u64 units;		    /* of its time stamps, in a second */
	s64 offset;		    /* seconds to add to them */
	char name[PCAPNG_NAME_MAX]; /* if_name; empty where there is none */
};

struct pcapng {
	FILE *file;
	bool swapped; /* the section is in the other byte order */
	u8 *block;    /* the body of the current block, as far as it is kept */
	struct pcapng_interface interfaces[PCAPNG_INTERFACES_MAX];
	u32 first_interface; /* of the current section */
	u32 interface_count; /* of all sections so far */
	char error[96];
};

struct pcapng_packet {
	u64 time;      /* ns since the epoch, at most PCAPNG_TIME_MAX */
	u32 interface; /* index into interfaces */
	u32 captured;  /* bytes in data */
	u32 length;    /* bytes on the wire */
	const u8 *data;
};

/* The first four bytes of a pcapng file. */
enum { PCAPNG_MAGIC = 0x0a0d0d0a };

/* `file` stands at its beginning, and stays the caller's. 0, or -ENOMEM. */
int pcapng_open(struct pcapng *p, FILE *file);

/* The next packet: 1; the end: 0; the file is broken: -1, and p->error says how. */
int pcapng_next(struct pcapng *p, struct pcapng_packet *packet);

void pcapng_close(struct pcapng *p);

#endif
