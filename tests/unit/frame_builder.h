/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames byte by byte, for tests of the parser and of what is counted of a frame. */
#ifndef SYNSCOPE_TEST_FRAME_BUILDER_H
#define SYNSCOPE_TEST_FRAME_BUILDER_H

#include "analyzer_host.h"

enum { ROOM = 4096 };

/* A frame under construction. */
struct built {
	u8 bytes[ROOM];
	u32 length;
};

static inline void put8(struct built *b, u8 v)
{
	b->bytes[b->length++] = v;
}

static inline void put16(struct built *b, u16 v)
{
	put8(b, v >> 8);
	put8(b, v & 255);
}

static inline void put_many(struct built *b, u8 v, u32 count)
{
	memset(b->bytes + b->length, v, count);
	b->length += count;
}

static inline void put_ethernet(struct built *b, u16 type)
{
	put_many(b, 2, ETHERNET_TYPE_AT);
	put16(b, type);
}

/* `words` of four octets of header; `total` is what the header says of the packet. */
static inline void put_ipv4(struct built *b, u8 words, u16 total, u16 fragment, u8 protocol)
{
	put16(b, 0x4000 | words << 8);
	put16(b, total);
	put16(b, 0x1234);
	put16(b, fragment);
	put16(b, 64 << 8 | protocol);
	put16(b, 0);
	put16(b, 0x0a09), put16(b, 1), put16(b, 0x0a09), put16(b, 2);
	if (words > 5)
		put_many(b, 1, (words - 5U) * 4);
}

static inline void put_ipv6(struct built *b, u16 payload, u8 next)
{
	put16(b, 0x6000), put16(b, 0);
	put16(b, payload);
	put16(b, next << 8 | 64);
	put_many(b, 0x20, 15), put8(b, 1);
	put_many(b, 0x20, 15), put8(b, 2);
}

static inline void put_tcp(struct built *b, u8 words, u16 flags)
{
	put16(b, 40000), put16(b, 80);
	put16(b, 0), put16(b, 1000);
	put16(b, 0), put16(b, 5000);
	put16(b, words << 12 | flags);
	put16(b, 777);
	put16(b, 0), put16(b, 9);
	if (words > 5)
		put_many(b, TCP_OPTION_NOP, (words - 5U) * 4);
}

static inline struct built simple_ipv4(void)
{
	struct built b = {.length = 0};

	put_ethernet(&b, ETHERTYPE_IPV4);
	put_ipv4(&b, 5, 20 + 32 + 10, 0, PROTOCOL_TCP);
	put_tcp(&b, 8, TCP_ACK | TCP_PSH);
	put_many(&b, 'x', 10);
	return b;
}

#endif
