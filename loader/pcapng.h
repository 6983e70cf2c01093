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

/* All sections that describe an interface alike mean the same one. */
struct pcapng_interface {
	u16 link_type;		    /* LINKTYPE_ number */
	u64 units;		    /* of its time stamps, in a second */
	char name[PCAPNG_NAME_MAX]; /* if_name, printable; empty where there is none */
};

/* What the current section says of one of its interfaces. */
struct pcapng_description {
	u32 interface; /* index into interfaces; no two of a section have the same */
	u32 snap_length;
	s64 offset; /* seconds to add to its time stamps */
};

struct pcapng {
	FILE *file;
	bool swapped; /* the section is in the other byte order */
	u8 *block;    /* the body of the current block, as far as it is kept */
	struct pcapng_interface interfaces[PCAPNG_INTERFACES_MAX];
	u32 interface_count;					    /* of all sections so far */
	struct pcapng_description described[PCAPNG_INTERFACES_MAX]; /* by the section's numbers */
	u32 described_count;
	char error[128];
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
