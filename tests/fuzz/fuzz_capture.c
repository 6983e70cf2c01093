// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The capture reader, and what it reads through the native engine. The input is a file as it is, pcap
 * or pcapng; it is read to its end or to where it is broken.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "checked_memory.h"
#include "message.h"
#include "wire.h"

enum { BUCKETS = 2 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* In the place of message.c: formats, so that the arguments are read, and prints nothing. */
int say_error(const char *format, ...)
{
	char text[4096];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return -1;
}

static void take_item(void *context, const struct ring_item *item, size_t size)
{
	u8 *copy = context;

	memcpy(copy, item, size); /* all of it can be read */
}

/* What the reader promises of a frame. */
static void check(const struct capture *c, const struct captured_frame *f)
{
	const char *name = capture_interface_name(c, f->interface);

	if (f->captured < ETHERNET_HEADER || f->captured > FRAME_PREFIX_MAX)
		abort();
	if (name && strlen(name) >= PCAPNG_NAME_MAX)
		abort();
}

/* A copy of exactly the frame's size, so that a byte read behind it is seen. */
static void play_frame(struct engine *e, const struct captured_frame *f)
{
	u8 *copy = malloc(f->captured);

	if (!copy)
		abort();
	memcpy(copy, f->data, f->captured);
	engine_frame(e, f->time, copy, f->captured, f->length);
	free(copy);
}

static void play(struct capture *c)
{
	static const u64 second = 1000000000;
	const struct config config = {.idle_timeout = 100 * second,
				      .time_wait = 20 * second,
				      .linger = 5 * second,
				      .buckets = BUCKETS};
	u8 item[sizeof(struct final_record)];
	struct captured_frame *f = malloc(sizeof(*f));
	struct engine e;

	if (!f || engine_open(&e, &config, take_item, item))
		abort();
	f->time = 0;
	while (capture_next(c, f) == 1) {
		check(c, f);
		play_frame(&e, f);
	}
	engine_close(&e);
	free(f);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct capture c;
	char path[32];
	int fd = memfd_create("capture", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!capture_open(&c, path)) {
		play(&c);
		if (capture_position(&c) > size)
			abort();
		capture_close(&c);
	}
	close(fd);
	return 0;
}
