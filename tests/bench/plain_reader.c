// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What any reader must do that writes a record for each connection, and nothing else: it takes each item of
 * the ring, copies the connection's record from the table when it is due, and writes as many bytes as a
 * record of the conns view has. No table of its own, no queue but first in, first out, no formatting.
 *
 *   plain_reader run eth0 -o FILE ...    as `synscope run`, whose programs and settings these are
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "clock.h"
#include "ending.h"
#include "event.h"
#include "message.h"

enum {
	COME_EVERY_MS = 50,	/* as the conns view */
	WRITE_AT_ONCE = 256000, /* bytes, about as loader/output.c */
	RECORD_BYTES = 1400,	/* of a record in JSON */
	QUEUE = 1 << 16,	/* connections that are not due yet */
};

struct waiting {
	u64 due; /* ns */
	u32 slot;
};

struct plain {
	struct instrument instrument;
	u64 linger; /* ns */
	int out;
	u64 sum; /* of all words that were read, so that they are */
	u64 first, last;
	struct waiting queue[QUEUE];
	size_t used;
	char buffer[WRITE_AT_ONCE + RECORD_BYTES];
};

static struct plain plain;

static void read_all(struct plain *p, const void *data, size_t size)
{
	for (size_t i = 0; i + sizeof(u64) <= size; i += sizeof(u64))
		p->sum += *(const volatile u64 *)((const u8 *)data + i);
}

static int on_item(void *context, void *data, size_t size)
{
	struct plain *p = context;
	const struct event *e = data;

	read_all(p, data, size);
	if (e->item.type == ITEM_EVENT && e->kinds & 1 << EVENT_SYN && p->last - p->first < QUEUE)
		p->queue[p->last++ % QUEUE] =
			(struct waiting){.due = e->time + p->linger, .slot = e->item.slot};
	return 0;
}

static int flush(struct plain *p)
{
	size_t used = p->used;

	p->used = 0;
	return write(p->out, p->buffer, used) == (ssize_t)used ? 0 : say_error("output: %s", strerror(errno));
}

/* The record, and whatever lies there, as many bytes as its JSON would be. */
static int put_record(struct plain *p, u32 slot)
{
	struct connection c;

	memcpy(&c, &p->instrument.table[slot / WAYS].ways[slot % WAYS], sizeof(c));
	for (size_t done = 0; done < RECORD_BYTES; done += sizeof(c)) {
		size_t left = RECORD_BYTES - done;

		memcpy(p->buffer + p->used + done, &c, left < sizeof(c) ? left : sizeof(c));
	}
	p->used += RECORD_BYTES;
	return p->used < WRITE_AT_ONCE ? 0 : flush(p);
}

static int put_due(struct plain *p, u64 now)
{
	for (; p->first < p->last && p->queue[p->first % QUEUE].due < now; p->first++)
		if (put_record(p, p->queue[p->first % QUEUE].slot))
			return -1;
	return 0;
}

static int follow(struct plain *p)
{
	struct ring_buffer *ring = ring_buffer__new(p->instrument.ring_fd, on_item, p, NULL);
	int status = 0;

	if (!ring)
		status = say_error("ring buffer: %s", strerror(errno));
	while (!status && !ending_is_asked()) {
		poll(NULL, 0, COME_EVERY_MS);
		ring_buffer__consume(ring);
		status = put_due(p, clock_monotonic());
	}
	ring_buffer__free(ring);
	return status || flush(p) ? -1 : 0;
}

static int run(const struct arguments *a)
{
	struct instrument_options o = {
		.mode = a->mode, .max_connections = a->max_connections, .config = a->config};
	int status;

	ending_watch_signals();
	o.config.untold = a->view->untold;
	plain.linger = a->config.linger;
	plain.out = open(a->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (plain.out < 0)
		return say_error("%s: %s", a->output, strerror(errno));
	if (instrument_open(&plain.instrument, a->operands[0], &o))
		return -1;
	status = follow(&plain);
	instrument_close(&plain.instrument);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments a;
	int status = arguments_parse(&a, argc, argv);

	if (status == EXIT_DONE && a.command)
		status = a.output && run(&a) == 0 ? EXIT_DONE : EXIT_FAILED;
	arguments_free(&a);
	return status;
}
