/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captures word by word, in either byte order, and what is to be read of them. */
#ifndef SYNSCOPE_TEST_CAPTURE_FILE_H
#define SYNSCOPE_TEST_CAPTURE_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "message.h"
#include "wire.h"

/* A file under construction. */
struct file {
	u8 bytes[4096];
	u32 length;
	bool swapped;
	int fd;
	char path[64];
};

static inline void put16(struct file *f, u16 v)
{
	v = f->swapped ? __builtin_bswap16(v) : v;
	memcpy(f->bytes + f->length, &v, 2);
	f->length += 2;
}

static inline void put32(struct file *f, u32 v)
{
	v = f->swapped ? __builtin_bswap32(v) : v;
	memcpy(f->bytes + f->length, &v, 4);
	f->length += 4;
}

static inline void put(struct file *f, const void *bytes, u32 n)
{
	memcpy(f->bytes + f->length, bytes, n);
	f->length += n;
}

/* In memory: nothing of it stays behind, whatever ends the test. */
static inline const char *save(struct file *f)
{
	f->fd = memfd_create("capture", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	assert_int_equal(write(f->fd, f->bytes, f->length), f->length);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	return f->path;
}

static inline void drop(const struct file *f)
{
	close(f->fd);
}

static inline void pcap_header(struct file *f, u32 magic, u32 link_type)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, link_type);
}

static inline void pcap_packet(struct file *f, u32 seconds, u32 fraction, const void *bytes, u32 n)
{
	put32(f, seconds);
	put32(f, fraction);
	put32(f, n);
	put32(f, n);
	put(f, bytes, n);
}

static inline void section(struct file *f)
{
	put32(f, PCAPNG_MAGIC);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xffffffff);
	put32(f, 0xffffffff);
	put32(f, 28);
}

/* An interface with a time resolution of 10^-resolution and a name of three letters. */
static inline void interface(struct file *f, u16 link_type, u8 resolution, const char *name)
{
	const u8 value[4] = {resolution};
	u8 letters[4] = {0};

	memcpy(letters, name, 3);
	put32(f, 1);
	put32(f, 40);
	put16(f, link_type);
	put16(f, 0);
	put32(f, 0);
	put16(f, 2);
	put16(f, 3);
	put(f, letters, 4);
	put16(f, 9);
	put16(f, 1);
	put(f, value, 4);
	put32(f, 0); /* end of options */
	put32(f, 40);
}

static inline void packet(struct file *f, u32 number, u64 stamp, const void *bytes, u32 n)
{
	u32 padded = (n + 3) & ~3U;

	put32(f, 6);
	put32(f, 32 + padded);
	put32(f, number);
	put32(f, (u32)(stamp >> 32));
	put32(f, (u32)stamp);
	put32(f, n);
	put32(f, n);
	memset(f->bytes + f->length, 0, padded);
	memcpy(f->bytes + f->length, bytes, n);
	f->length += padded;
	put32(f, 32 + padded);
}

static const u8 ipv4_packet[20] = {0x45, 0, 0, 20};

static inline void expect_ipv4_at(struct capture *c, u64 time, u32 number)
{
	struct captured_frame f = {0};

	assert_int_equal(capture_next(c, &f), 1);
	assert_int_equal(f.time, time);
	assert_int_equal(f.interface, number);
	assert_int_equal(load_be16(f.data + ETHERNET_TYPE_AT), ETHERTYPE_IPV4);
	assert_int_equal(f.length, ETHERNET_HEADER + sizeof(ipv4_packet));
	assert_memory_equal(f.data + ETHERNET_HEADER, ipv4_packet, sizeof(ipv4_packet));
}

static inline void expect_end(struct capture *c, struct file *f, int how)
{
	struct captured_frame frame = {0};

	assert_int_equal(capture_next(c, &frame), how);
	capture_close(c);
	drop(f);
}

#endif
