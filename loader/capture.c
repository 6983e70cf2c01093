// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arithmetic.h"
#include "ending.h"
#include "link_type.h"
#include "message.h"
#include "parse.h"
#include "wire.h"

/* The shortest frame on an Ethernet, without its checksum (IEEE 802.3 section 4A.4.2); bytes. */
enum { ETHERNET_LEAST = 60 };

static int unknown_link_type(const struct capture *c, int number)
{
	const char *name = pcap_datalink_val_to_name(number);

	return say_error("%s: link type %s (%d): not read; %s", c->path, name ? name : "without a name",
			 number, link_types_read);
}

static int open_pcap(struct capture *c)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	c->pcap = pcap_fopen_offline_with_tstamp_precision(c->file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!c->pcap && c->given_up)
		return -1;
	if (!c->pcap)
		return say_error("%s: %s; pcap and pcapng are read, unpacked: zcat FILE | synscope replay -",
				 c->path, error);
	c->link_type = link_type_find(pcap_datalink(c->pcap));
	return c->link_type ? 0 : unknown_link_type(c, pcap_datalink(c->pcap));
}

/* The first byte tells the two formats apart: that of a pcapng is in none of pcap's magic numbers. */
static int open_format(struct capture *c)
{
	int first = getc(c->file);

	if (first == EOF && c->given_up)
		return -1;
	if (first == EOF)
		return say_error("%s: %s", c->path, ferror(c->file) ? strerror(errno) : "an empty file");
	ungetc(first, c->file);
	if (first != (PCAPNG_MAGIC & 0xff))
		return open_pcap(c);
	return pcapng_open(&c->pcapng, c->file) ? say_error("%s: %s", c->path, strerror(ENOMEM)) : 0;
}

/* Bytes read at a time: few system calls, and all of it still in the cache when it is looked at. */
enum { READ_AHEAD = 256 << 10 };

static void read_in_large_pieces(struct capture *c)
{
	c->read_ahead = malloc(READ_AHEAD);
	if (c->read_ahead)
		setvbuf(c->file, c->read_ahead, _IOFBF, READ_AHEAD);
	__fsetlocking(c->file, FSETLOCKING_BYCALLER); /* one thread reads */
}

/*
 * From a pipe: what is due to others is done before the wait for more. Who writes into it was most often
 * asked to end together with this process, and has a last word: that is the end of the capture.
 */
static ssize_t read_pipe(void *cookie, char *buffer, size_t size)
{
	struct capture *c = cookie;
	struct pollfd pipe = {.fd = c->fd, .events = POLLIN};

	if (c->before_wait && !poll(&pipe, 1, 0))
		c->before_wait(c->before_wait_context);
	do {
		c->given_up = ending_is_overdue();
		if (c->given_up)
			return 0;
	} while (poll(&pipe, 1, -1) < 0 && errno == EINTR);
	return read(c->fd, buffer, size);
}

static int close_pipe(void *cookie)
{
	struct capture *c = cookie;

	return c->fd == STDIN_FILENO ? 0 : close(c->fd);
}

/* A file is read as it is; what may keep its reader waiting goes through read_pipe(). */
static FILE *open_input(struct capture *c, const char *path)
{
	const cookie_io_functions_t functions = {.read = read_pipe, .close = close_pipe};
	struct stat status;

	c->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (c->fd < 0 || fstat(c->fd, &status))
		return NULL;
	if (!S_ISREG(status.st_mode))
		return fopencookie(c, "r", functions);
	c->size = (u64)status.st_size;
	return fdopen(c->fd, "r");
}

int capture_open(struct capture *c, const char *path)
{
	memset(c, 0, sizeof(*c));
	c->path = strcmp(path, "-") ? path : "standard input";
	c->file = open_input(c, path);
	if (!c->file)
		return say_error("%s: %s", c->path, strerror(errno));
	read_in_large_pieces(c);
	if (!open_format(c))
		return 0;
	capture_close(c);
	return -1;
}

/* The length that a frame has by its IP header, with what stands in front; 0: there is none to read. */
static u32 length_by_ip(const struct captured_frame *f)
{
	struct cursor c = {
		.at = f->data, .begin = f->data, .end = f->data + f->captured, .left = 0xffffffffU};
	struct connection_key key = {0};
	u32 front;

	if (!parse_link(&c, &key))
		return 0;
	front = (u32)(c.at - f->data);
	if (c.next == ETHERTYPE_IPV4 && cursor_has(&c, IPV4_HEADER))
		return front + load_be16(c.at + IPV4_TOTAL_LENGTH_AT);
	if (c.next == ETHERTYPE_IPV6 && cursor_has(&c, IPV6_HEADER))
		return front + IPV6_HEADER + load_be16(c.at + IPV6_PAYLOAD_LENGTH_AT);
	return 0;
}

/*
 * Some tools cut frames and write down the length that is left as that of the frame on the wire. The
 * limit they cut at need not be the one in the file's header, but nothing in the file is longer. No
 * network delivers less than ETHERNET_LEAST, so a frame that ends before that was not cut.
 */
static void restore_length(struct capture *c, struct captured_frame *f)
{
	u32 length;

	if (f->length < c->longest)
		return;
	c->longest = f->length;
	if (f->length < ETHERNET_LEAST)
		return;
	length = length_by_ip(f);
	if (length > f->length)
		f->length = length;
}

/* A frame of Ethernet is looked at where it lies; any other gets a header without addresses. */
static void shape(struct capture *c, struct captured_frame *f, const struct link_type *t, const u8 *data,
		  u32 captured, u32 length)
{
	u32 header = link_type_is_ethernet(t) ? 0 : ETHERNET_HEADER;
	u16 type;
	u32 skip = link_type_header(t, data, captured, &type);
	u32 rest = captured - skip;

	if (rest > FRAME_PREFIX_MAX - header)
		rest = FRAME_PREFIX_MAX - header;
	f->data = data;
	f->captured = header + rest;
	f->length = length > skip ? length - skip : 0;
	f->length = f->length > UINT32_MAX - header ? UINT32_MAX : f->length + header;
	if (f->length < f->captured)
		f->length = f->captured;
	if (header || rest < ETHERNET_HEADER) {
		memset(c->shaped, 0, ETHERNET_HEADER);
		c->shaped[ETHERNET_TYPE_AT] = (u8)(type >> 8);
		c->shaped[ETHERNET_TYPE_AT + 1] = (u8)type;
		memcpy(c->shaped + header, data + skip, rest);
		f->data = c->shaped;
		f->captured = f->captured < ETHERNET_HEADER ? ETHERNET_HEADER : f->captured;
	}
	if (length <= captured)
		restore_length(c, f);
	else if (f->length > c->longest)
		c->longest = f->length;
}

static int next_of_pcap(struct capture *c, struct captured_frame *f)
{
	struct pcap_pkthdr *header;
	const u8 *data;
	int got = pcap_next_ex(c->pcap, &header, &data);

	if (got == PCAP_ERROR_BREAK || (got != 1 && c->given_up))
		return 0;
	if (got != 1)
		return say_error("%s: broken here: %s", c->path, pcap_geterr(c->pcap));
	if (header->ts.tv_usec < 0)
		return say_error("%s: broken here: a time stamp whose fraction of a second is negative",
				 c->path);
	/* a pcap's seconds have 32 bits and no sign (to the year 2106); libpcap gives them one */
	f->time = (u64)(u32)header->ts.tv_sec * NS_PER_SECOND + (u64)header->ts.tv_usec;
	f->interface = 0;
	shape(c, f, c->link_type, data, header->caplen, header->len);
	return 1;
}

static int next_of_pcapng(struct capture *c, struct captured_frame *f)
{
	const struct link_type *link_type;
	struct pcapng_packet packet = {.time = f->time};
	int got = pcapng_next(&c->pcapng, &packet), number;

	if (!got || (got < 0 && c->given_up))
		return 0;
	if (got < 0)
		return say_error("%s: broken here: %s", c->path, c->pcapng.error);
	number = c->pcapng.interfaces[packet.interface].link_type;
	link_type = link_type_find(number);
	if (!link_type)
		return unknown_link_type(c, number);
	f->time = packet.time;
	f->interface = packet.interface;
	shape(c, f, link_type, packet.data, packet.captured, packet.length);
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

bool capture_is_regular(const char *path)
{
	struct stat status;

	return !(strcmp(path, "-") ? stat(path, &status) : fstat(STDIN_FILENO, &status)) &&
	       S_ISREG(status.st_mode);
}

bool capture_is_file(const struct capture *c, const char *path)
{
	struct stat mine, other;

	return !fstat(c->fd, &mine) && !stat(path, &other) && S_ISREG(mine.st_mode) &&
	       mine.st_dev == other.st_dev && mine.st_ino == other.st_ino;
}

void capture_close(struct capture *c)
{
	if (c->pcap)
		pcap_close(c->pcap); /* closes the file as well */
	else if (c->file)
		fclose(c->file);
	pcapng_close(&c->pcapng);
	free(c->read_ahead);
	c->read_ahead = NULL;
	c->pcap = NULL;
	c->file = NULL;
}
