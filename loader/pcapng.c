// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcapng.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arithmetic.h"
#include "printable.h"

enum block_type {
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete, still met */
	BLOCK_SIMPLE_PACKET = 3,
	BLOCK_ENHANCED_PACKET = 6,
};

enum {
	BLOCK_HEADER = 8,
	BLOCK_TRAILER = 4,
	SECTION_BODY = 16,
	INTERFACE_BODY = 8,
	PACKET_BODY = 20,
	SIMPLE_PACKET_BODY = 4,
	OPTION_HEADER = 4,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	MICROSECONDS = 1000000,
};

__attribute__((format(printf, 2, 3))) static int broken(struct pcapng *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(p->error, sizeof(p->error), format, arguments);
	va_end(arguments);
	return -1;
}

static u32 read_u32(const struct pcapng *p, const u8 *at)
{
	return p->swapped ? load_be32(at) : load_raw32(at);
}

static u16 read_u16(const struct pcapng *p, const u8 *at)
{
	return p->swapped ? load_be16(at) : swap16(load_be16(at));
}

int pcapng_open(struct pcapng *p, FILE *file)
{
	memset(p, 0, sizeof(*p));
	p->file = file;
	p->block = malloc(PCAPNG_KEPT_MAX);
	return p->block ? 0 : -ENOMEM;
}

void pcapng_close(struct pcapng *p)
{
	free(p->block);
	p->block = NULL;
}

static bool read_exactly(struct pcapng *p, void *to, size_t n)
{
	return fread(to, 1, n, p->file) == n;
}

/* The byte order of a section is that of the word behind its first block's header. */
static int begin_section(struct pcapng *p)
{
	u8 order[4];

	if (!read_exactly(p, order, sizeof(order)))
		return broken(p, "truncated section header");
	if (load_raw32(order) == BYTE_ORDER_MAGIC)
		p->swapped = false;
	else if (load_be32(order) == BYTE_ORDER_MAGIC)
		p->swapped = true;
	else
		return broken(p, "no byte-order magic in the section header");
	memcpy(p->block, order, sizeof(order));
	p->described_count = 0;
	return 0;
}

static bool skip(struct pcapng *p, u32 n)
{
	u8 piece[4096];
	u32 size;

	for (; n; n -= size) {
		size = n < sizeof(piece) ? n : sizeof(piece);
		if (!read_exactly(p, piece, size))
			return false;
	}
	return true;
}

/* A block without its header and trailer. */
struct block {
	u32 type;
	u32 length; /* bytes */
	u32 kept;   /* of them in pcapng.block */
};

/* What stands behind the header; the first `already` bytes of it were read. */
static int read_body(struct pcapng *p, struct block *b, u32 already)
{
	u32 whole = b->length + BLOCK_HEADER + BLOCK_TRAILER;
	u8 trailer[BLOCK_TRAILER];

	b->kept = b->length < PCAPNG_KEPT_MAX ? b->length : PCAPNG_KEPT_MAX;
	if (!read_exactly(p, p->block + already, b->kept - already) || !skip(p, b->length - b->kept) ||
	    !read_exactly(p, trailer, sizeof(trailer)))
		return broken(p, "truncated block of %u bytes", whole);
	if (read_u32(p, trailer) != whole)
		return broken(p, "a block whose two lengths differ");
	return 1;
}

/* 1; 0: no more; or -1. */
static int read_block(struct pcapng *p, struct block *b)
{
	u8 header[BLOCK_HEADER];
	size_t got = fread(header, 1, sizeof(header), p->file);
	u32 already = 0;

	if (!got && feof(p->file))
		return 0;
	if (got != sizeof(header))
		return broken(p, "truncated block header: %zu of %d bytes", got, BLOCK_HEADER);
	b->type = load_raw32(header);
	if (b->type == PCAPNG_MAGIC) {
		if (begin_section(p))
			return -1;
		already = 4;
	} else {
		b->type = read_u32(p, header);
	}
	b->length = read_u32(p, header + 4);
	if (b->length < BLOCK_HEADER + BLOCK_TRAILER + already || b->length % 4)
		return broken(p, "a block of %u bytes: fewer than its own header takes, or no multiple of 4",
			      b->length);
	b->length -= BLOCK_HEADER + BLOCK_TRAILER;
	return read_body(p, b, already);
}

/* if_tsresol: a negative power of ten, or of two where the highest bit is set. 0: too fine to count. */
static u64 units_of(u8 resolution)
{
	u32 exponent = resolution & 0x7f;
	u64 units = 1;

	if (resolution & 0x80)
		return exponent < 64 ? 1ULL << exponent : 0;
	if (exponent > 19)
		return 0;
	while (exponent--)
		units *= 10;
	return units;
}

/* A longer name is cut, but not inside a character. */
static void take_name(struct pcapng_interface *i, const u8 *value, u16 length)
{
	u32 n = length;

	if (n >= PCAPNG_NAME_MAX)
		for (n = PCAPNG_NAME_MAX - 1; n && (value[n] & 0xc0) == 0x80;)
			n--;
	memcpy(i->name, value, n);
	i->name[n] = 0;
	make_printable(i->name);
}

static void take_interface_option(struct pcapng *p, struct pcapng_interface *i, struct pcapng_description *d,
				  u16 code, const u8 *value, u16 length)
{
	if (code == OPTION_IF_NAME) {
		take_name(i, value, length);
	} else if (code == OPTION_IF_TSRESOL && length == 1) {
		i->units = units_of(*value);
	} else if (code == OPTION_IF_TSOFFSET && length == 8) {
		u32 first = read_u32(p, value), second = read_u32(p, value + 4);

		d->offset = (s64)(p->swapped ? (u64)first << 32 | second : (u64)second << 32 | first);
	}
}

static void take_interface_options(struct pcapng *p, const struct block *b, struct pcapng_interface *i,
				   struct pcapng_description *d)
{
	for (u32 at = INTERFACE_BODY; at + OPTION_HEADER <= b->kept;) {
		u16 code = read_u16(p, p->block + at), size = read_u16(p, p->block + at + 2);

		at += OPTION_HEADER;
		if (!code || at + size > b->kept)
			break;
		take_interface_option(p, i, d, code, p->block + at, size);
		at += (size + 3U) & ~3U;
	}
}

static bool is_in_section(const struct pcapng *p, u32 interface)
{
	for (u32 n = 0; n < p->described_count; n++)
		if (p->described[n].interface == interface)
			return true;
	return false;
}

/* That of an earlier section, or the next one. Two of one section are two, however alike they are. */
static u32 find_interface(const struct pcapng *p, const struct pcapng_interface *i)
{
	for (u32 n = 0; n < p->interface_count; n++) {
		const struct pcapng_interface *known = &p->interfaces[n];

		if (known->link_type == i->link_type && known->units == i->units &&
		    !strcmp(known->name, i->name) && !is_in_section(p, n))
			return n;
	}
	return p->interface_count;
}

static int take_interface(struct pcapng *p, const struct block *b)
{
	struct pcapng_interface i = {.units = MICROSECONDS};
	struct pcapng_description d = {0};

	if (b->length < INTERFACE_BODY)
		return broken(p, "an interface block of %u bytes, where %d are needed", b->length,
			      INTERFACE_BODY);
	i.link_type = read_u16(p, p->block);
	d.snap_length = read_u32(p, p->block + 4);
	take_interface_options(p, b, &i, &d);
	if (!i.units)
		return broken(p, "time stamps finer than can be counted");
	d.interface = find_interface(p, &i);
	if (d.interface == PCAPNG_INTERFACES_MAX)
		return broken(p,
			      "more than the %d interfaces that are kept apart; replay its parts one by one",
			      PCAPNG_INTERFACES_MAX);
	p->interfaces[d.interface] = i;
	if (d.interface == p->interface_count)
		p->interface_count++;
	p->described[p->described_count++] = d;
	return 0;
}

__extension__ typedef __int128 s128;

/* ns since the epoch: it may be before that, or later than can be counted. */
static s128 nanoseconds(u64 stamp, u64 units, s64 offset)
{
	s128 seconds = (s128)(stamp / units) + offset;

	return seconds * NS_PER_SECOND + (s128)(stamp % units) * NS_PER_SECOND / units;
}

/* What the section says of the packet's interface. NULL: nothing. */
static const struct pcapng_description *description_of(struct pcapng *p, u32 number)
{
	if (number < p->described_count)
		return &p->described[number];
	broken(p, "a packet of interface %u, which was not described", number);
	return NULL;
}

/* More was captured than is kept of the block: the engines look at the beginning only. */
static void clip(const struct block *b, u32 body, struct pcapng_packet *packet)
{
	if (packet->captured > b->kept - body)
		packet->captured = b->kept - body;
}

static int take_packet(struct pcapng *p, const struct block *b, struct pcapng_packet *packet)
{
	const struct pcapng_description *d;
	const u8 *at = p->block;
	s128 time;

	if (b->length < PACKET_BODY)
		return broken(p, "a packet block of %u bytes, where %d are needed", b->length, PACKET_BODY);
	d = description_of(p, b->type == BLOCK_PACKET ? read_u16(p, at) : read_u32(p, at));
	if (!d)
		return -1;
	packet->interface = d->interface;
	time = nanoseconds((u64)read_u32(p, at + 4) << 32 | read_u32(p, at + 8),
			   p->interfaces[d->interface].units, d->offset);
	if (time < 0 || time > PCAPNG_TIME_MAX)
		return broken(p, "a time stamp before 1970 or after 2115");
	packet->time = (u64)time;
	packet->captured = read_u32(p, at + 12);
	packet->length = read_u32(p, at + 16);
	packet->data = at + PACKET_BODY;
	if (packet->captured > b->length - PACKET_BODY)
		return broken(p, "a packet of %u bytes in a block of %u", packet->captured, b->length);
	clip(b, PACKET_BODY, packet);
	return 1;
}

/* A simple packet has no time: it is taken to be seen with the one before. */
static int take_simple_packet(struct pcapng *p, const struct block *b, struct pcapng_packet *packet)
{
	const struct pcapng_description *d;

	if (b->length < SIMPLE_PACKET_BODY)
		return broken(p, "a simple packet block of %u bytes, where %d are needed", b->length,
			      SIMPLE_PACKET_BODY);
	d = description_of(p, 0);
	if (!d)
		return -1;
	packet->interface = d->interface;
	packet->length = read_u32(p, p->block);
	packet->captured = packet->length;
	if (d->snap_length && packet->captured > d->snap_length)
		packet->captured = d->snap_length;
	packet->data = p->block + SIMPLE_PACKET_BODY;
	clip(b, SIMPLE_PACKET_BODY, packet);
	return 1;
}

int pcapng_next(struct pcapng *p, struct pcapng_packet *packet)
{
	struct block b = {0};
	int got;

	while ((got = read_block(p, &b)) > 0) {
		switch (b.type) {
		case PCAPNG_MAGIC:
			if (b.length < SECTION_BODY)
				return broken(p, "a section header of %u bytes, where %d are needed",
					      b.length, SECTION_BODY);
			break;
		case BLOCK_INTERFACE:
			if (take_interface(p, &b))
				return -1;
			break;
		case BLOCK_PACKET:
		case BLOCK_ENHANCED_PACKET:
			return take_packet(p, &b, packet);
		case BLOCK_SIMPLE_PACKET:
			return take_simple_packet(p, &b, packet);
		default:
			break; /* statistics, names, secrets: nothing of the packets */
		}
	}
	return got;
}
