// SPDX-License-Identifier: GPL-2.0-only
#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "wire.h"

/*
 * A link type: how long its header is, and the ethertype that it stands for. Source of the numbers
 * and layouts: the list of link-layer header types that the Tcpdump Group publishes.
 */
struct link_type {
	int number; /* LINKTYPE_ or DLT_; those of raw IP differ between systems */
	u32 header; /* bytes */
	u16 (*ethertype)(const u8 *frame, u32 captured);
};

/* BSD's address families, as seen in loopback captures of the systems that have them. */
enum {
	AF_BSD_INET = 2,
	AF_LINUX_INET6 = 10,
	AF_NETBSD_INET6 = 24,
	AF_FREEBSD_INET6 = 28,
	AF_DARWIN_INET6 = 30
};

enum { SLL_PROTOCOL_AT = 14, SLL2_PROTOCOL_AT = 0 };

static u16 of_raw_ip(const u8 *frame, u32 captured)
{
	if (!captured)
		return 0;
	return frame[0] >> 4 == 4 ? ETHERTYPE_IPV4 : frame[0] >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

static u16 of_cooked(const u8 *frame, u32 captured)
{
	return captured < SLL_PROTOCOL_AT + 2 ? 0 : load_be16(frame + SLL_PROTOCOL_AT);
}

static u16 of_cooked_v2(const u8 *frame, u32 captured)
{
	return captured < 2 ? 0 : load_be16(frame + SLL2_PROTOCOL_AT);
}

/* The family is in the byte order of the machine that captured; it is small, so either order tells. */
static u16 of_null(const u8 *frame, u32 captured)
{
	u32 family;

	if (captured < 4)
		return 0;
	family = load_raw32(frame);
	if (family > 0xffff)
		family = load_be32(frame);
	switch (family) {
	case AF_BSD_INET:
		return ETHERTYPE_IPV4;
	case AF_LINUX_INET6:
	case AF_NETBSD_INET6:
	case AF_FREEBSD_INET6:
	case AF_DARWIN_INET6:
		return ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

static const struct link_type link_types[] = {
	{DLT_EN10MB, 0, NULL},
	{DLT_RAW, 0, of_raw_ip},
	{101, 0, of_raw_ip},
	{DLT_IPV4, 0, of_raw_ip},
	{DLT_IPV6, 0, of_raw_ip},
	{DLT_LINUX_SLL, 16, of_cooked},
	{DLT_LINUX_SLL2, 20, of_cooked_v2},
	{DLT_NULL, 4, of_null},
	{DLT_LOOP, 4, of_null},
};

static const struct link_type *find_link_type(int number)
{
	for (size_t i = 0; i < COUNT_OF(link_types); i++)
		if (link_types[i].number == number)
			return &link_types[i];
	return NULL;
}

static int unknown_link_type(const struct capture *c, int number)
{
	const char *name = pcap_datalink_val_to_name(number);

	return say_error("%s: link type %s (%d): not read; Ethernet, raw IP, Linux cooked and null are",
			 c->path, name ? name : "without a name", number);
}

static int open_pcap(struct capture *c)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!c->pcap)
		return say_error("%s: %s", c->path, error);
	c->link_type = find_link_type(pcap_datalink(c->pcap));
	return c->link_type ? 0 : unknown_link_type(c, pcap_datalink(c->pcap));
}

/* The first byte tells the two formats apart: that of a pcapng is in none of pcap's magic numbers. */
static int open_format(struct capture *c)
{
	int first = getc(c->file);

	if (first == EOF)
		return say_error("%s: %s", c->path, ferror(c->file) ? strerror(errno) : "an empty file");
	ungetc(first, c->file);
	if (first != (PCAPNG_MAGIC & 0xff))
		return open_pcap(c);
	return pcapng_open(&c->pcapng, c->file) ? say_error("%s: %s", c->path, strerror(ENOMEM)) : 0;
}

int capture_open(struct capture *c, const char *path)
{
	bool is_standard_input = !strcmp(path, "-");
	struct stat status;

	memset(c, 0, sizeof(*c));
	c->path = is_standard_input ? "standard input" : path;
	c->file = is_standard_input ? stdin : fopen(path, "re");
	if (!c->file)
		return say_error("%s: %s", c->path, strerror(errno));
	if (!fstat(fileno(c->file), &status) && S_ISREG(status.st_mode))
		c->size = (u64)status.st_size;
	if (!open_format(c))
		return 0;
	capture_close(c);
	return -1;
}

/* Puts an Ethernet header without addresses in the place of the link type's own. */
static void shape(struct captured_frame *f, const struct link_type *t, const u8 *data, u32 captured,
		  u32 length)
{
	u32 header = t->ethertype ? ETHERNET_HEADER : 0, skip = t->header < captured ? t->header : captured;
	u32 rest = captured - skip;

	if (rest > FRAME_PREFIX_MAX - header)
		rest = FRAME_PREFIX_MAX - header;
	memset(f->data, 0, ETHERNET_HEADER);
	if (t->ethertype) {
		u16 type = t->ethertype(data, captured);

		f->data[ETHERNET_TYPE_AT] = (u8)(type >> 8);
		f->data[ETHERNET_TYPE_AT + 1] = (u8)type;
	}
	memcpy(f->data + header, data + skip, rest);
	f->captured = header + rest < ETHERNET_HEADER ? ETHERNET_HEADER : header + rest;
	f->length = (length > t->header ? length - t->header : 0) + header;
	if (f->length < header + rest)
		f->length = header + rest;
}

static int next_of_pcap(struct capture *c, struct captured_frame *f)
{
	struct pcap_pkthdr *header;
	const u8 *data;
	int got = pcap_next_ex(c->pcap, &header, &data);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1)
		return say_error("%s: broken here: %s", c->path, pcap_geterr(c->pcap));
	/* a pcap's seconds have 32 bits and no sign (to the year 2106); libpcap gives them one */
	f->time = (u64)(u32)header->ts.tv_sec * 1000000000 + (u64)header->ts.tv_usec;
	f->interface = 0;
	shape(f, c->link_type, data, header->caplen, header->len);
	return 1;
}

static int next_of_pcapng(struct capture *c, struct captured_frame *f)
{
	const struct link_type *link_type;
	struct pcapng_packet packet = {.time = f->time};
	int got = pcapng_next(&c->pcapng, &packet), number;

	if (got < 0)
		return say_error("%s: broken here: %s", c->path, c->pcapng.error);
	if (!got)
		return 0;
	number = c->pcapng.interfaces[packet.interface].link_type;
	link_type = find_link_type(number);
	if (!link_type)
		return unknown_link_type(c, number);
	f->time = packet.time;
	f->interface = packet.interface;
	shape(f, link_type, packet.data, packet.captured, packet.length);
	return 1;
}

int capture_next(struct capture *c, struct captured_frame *f)
{
	return c->pcap ? next_of_pcap(c, f) : next_of_pcapng(c, f);
}

const char *capture_interface_name(const struct capture *c, u32 interface)
{
	const char *name = c->pcap ? "" : c->pcapng.interfaces[interface].name;

	return *name ? name : NULL;
}

u64 capture_position(const struct capture *c)
{
	off_t at = c->size ? ftello(c->file) : 0;

	return at > 0 ? (u64)at : 0;
}

void capture_close(struct capture *c)
{
	if (c->pcap)
		pcap_close(c->pcap); /* closes the file as well */
	else if (c->file && c->file != stdin)
		fclose(c->file);
	pcapng_close(&c->pcapng);
	c->pcap = NULL;
	c->file = NULL;
}
