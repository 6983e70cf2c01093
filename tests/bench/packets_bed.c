// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_bed.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "message.h"
#include "packets_object.h"
#include "program.h"
#include "wire.h"

static const char *const hook_names[] = {"xdp", "tc"};
static const char *const protocol_names[] = {"ipv4", "ipv6", "other"};

static int map_named(const struct bpf_object *o, const char *name)
{
	return bpf_object__find_map_fd_by_name(o, name);
}

/* Hands frames with this target to a program. */
static int set_target(const struct bed *b, enum bed_hook hook, u32 target, int program)
{
	int targets = map_named(b->stamp, hook == BED_XDP ? "targets_xdp" : "targets_tc");

	if (!bpf_map_update_elem(targets, &target, &program, BPF_ANY))
		return 0;
	return say_error("the %s program can't follow a stamping one: %s", hook_names[hook], strerror(errno));
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

/* In front of each item of a ring (linux/bpf.h: BPF_RINGBUF_HDR_SZ). */
enum { RING_HEADER = 8 };

static int ignore_item(void *context, void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	return 0;
}

int bed_open(struct bed *b, const char *stamp_object, const char *beside_object)
{
	memset(b, 0, sizeof(*b));
	b->beside_object = beside_object;
	libbpf_set_print(quiet);
	b->stamp = bpf_object__open_file(stamp_object, NULL);
	if (!b->stamp || bpf_object__load(b->stamp))
		return say_error("%s: %s", stamp_object, strerror(errno));
	b->order = mmap(NULL, ORDER_MAX * sizeof(u32), PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(object_map_ending(b->stamp, ".bss")), 0);
	if (b->order == MAP_FAILED)
		return say_error("%s: %s", stamp_object, strerror(errno));
	return 0;
}

void bed_close(struct bed *b)
{
	bed_unload(b);
	munmap(b->order, ORDER_MAX * sizeof(u32));
	bpf_object__close(b->stamp);
}

/* Mapped for writing. NULL: failed. */
static struct bucket *map_table(struct bed *b)
{
	void *mapped;

	b->table_size = b->config.buckets * sizeof(struct bucket);
	mapped = mmap(NULL, b->table_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      map_named(b->synscope, "table"), 0);
	return mapped == MAP_FAILED ? NULL : mapped;
}

void bed_clear(const struct bed *b)
{
	memset(b->table, 0, b->table_size);
}

static int load_synscope(struct bed *b, const char *object, enum bed_hook hook)
{
	const char *name = hook == BED_XDP ? "synscope_xdp" : "synscope_ingress";

	b->synscope = object_load(object, name, &b->config);
	if (!b->synscope)
		return -1;
	b->counters = map_named(b->synscope, "counters");
	b->ring_bytes = bpf_map__max_entries(bpf_object__find_map_by_name(b->synscope, "ring"));
	b->table = map_table(b);
	b->ring = ring_buffer__new(map_named(b->synscope, "ring"), ignore_item, NULL, NULL);
	if (!b->table || !b->ring)
		return say_error("%s: %s", object, strerror(errno));
	bed_clear(b);
	return set_target(b, hook, TARGET_SYNSCOPE, object_program(b->synscope, "%s", name, ""));
}

static int load_beside(struct bed *b, enum bed_hook hook)
{
	static const char *const others[TARGETS] = {
		[TARGET_FLOOR] = "floor_%s",
		[TARGET_PARSE] = "parse_%s",
		[TARGET_RECORDS] = "records_%s",
		[TARGET_RING] = "ring_%s",
	};

	b->beside = object_load(b->beside_object, hook_names[hook], &b->config);
	if (!b->beside)
		return -1;
	b->alone = ring_buffer__new(map_named(b->beside, "ring"), ignore_item, NULL, NULL);
	if (!b->alone)
		return say_error("%s: %s", b->beside_object, strerror(errno));
	for (u32 target = 0; target < TARGETS; target++) {
		const char *name = others[target];

		if (name &&
		    set_target(b, hook, target, object_program(b->beside, name, hook_names[hook], "")))
			return -1;
	}
	return 0;
}

int bed_load(struct bed *b, const char *object, enum bed_hook hook, u32 connections, bool segments)
{
	bed_unload(b);
	object_config(&b->config, connections, segments);
	return load_synscope(b, object, hook) || load_beside(b, hook) ? -1 : 0;
}

void bed_unload(struct bed *b)
{
	ring_buffer__free(b->ring);
	ring_buffer__free(b->alone);
	if (b->table)
		munmap(b->table, b->table_size);
	bpf_object__close(b->synscope);
	bpf_object__close(b->beside);
	b->ring = b->alone = NULL;
	b->table = NULL;
	b->synscope = b->beside = NULL;
}

enum { UDP_LENGTH = 8 + 100 };

static void put16(u8 *at, u16 v)
{
	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

/* What the stamping leaves as it is, up to the transport header, which is returned. */
static u8 *write_headers(struct bed_frame *f, enum bed_protocol protocol, u16 ethertype, u8 transport)
{
	u8 *ip = f->bytes + ETHERNET_HEADER;

	memcpy(f->bytes, "\x02\0\0\0\0\1\x02\0\0\0\0\2", 12);
	put16(f->bytes + ETHERNET_TYPE_AT, ethertype);
	if (protocol == BED_IPV4) {
		ip[0] = 0x45;
		put16(ip + IPV4_TOTAL_LENGTH_AT, IPV4_HEADER + UDP_LENGTH);
		ip[IPV4_FRAGMENT_AT] = 0x40; /* don't fragment */
		ip[8] = 64;
		ip[IPV4_PROTOCOL_AT] = transport;
		return ip + IPV4_HEADER;
	}
	ip[0] = 0x60;
	put16(ip + IPV6_PAYLOAD_LENGTH_AT, UDP_LENGTH);
	ip[IPV6_NEXT_HEADER_AT] = transport;
	ip[7] = 64;
	return ip + IPV6_HEADER;
}

static void begin_frame(const struct bed *b, struct bed_frame *f, enum bed_hook hook, enum bed_protocol stamp,
			const struct script *script)
{
	memset(f, 0, sizeof(*f));
	f->hook = hook;
	f->program = object_program(b->stamp, "stamp_%s_%s", hook_names[hook], protocol_names[stamp]);
	memcpy(f->bytes + SCRIPT_AT, script, sizeof(*script));
}

void bed_frame(const struct bed *b, struct bed_frame *f, enum bed_hook hook, enum bed_protocol protocol,
	       const struct script *script)
{
	u8 *tcp;

	begin_frame(b, f, hook, protocol, script);
	tcp = write_headers(f, protocol, protocol == BED_IPV4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6,
			    PROTOCOL_TCP);
	put16(tcp + TCP_WINDOW_AT, 502);
}

void bed_frame_other(const struct bed *b, struct bed_frame *f, enum bed_hook hook, enum bed_protocol protocol,
		     u16 ethertype, const struct script *script)
{
	u8 *udp;

	begin_frame(b, f, hook, BED_OTHER, script);
	udp = write_headers(f, protocol, ethertype, PROTOCOL_UDP);
	put16(udp, 40000);
	put16(udp + 2, 53);
	put16(udp + 4, UDP_LENGTH);
}

double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The CPU time of the call, since the kernel's own figure is rounded to a nanosecond. */
double bed_run(struct bed_frame *f, u64 repeat)
{
	u32 expected = f->hook == BED_XDP ? 2 /* XDP_PASS */ : (u32)-1 /* TCX_NEXT */;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = f->bytes, .data_size_in = sizeof(f->bytes),
		    .data_out = f->bytes, .data_size_out = sizeof(f->bytes), .repeat = (int)repeat);
	double begin = cpu_time(), end;

	if (bpf_prog_test_run_opts(f->program, &run))
		return say_error("test run: %s", strerror(errno));
	end = cpu_time();
	if (run.retval != expected)
		return say_error("test run: the program returned %d", (int)run.retval);
	f->runs += repeat;
	return (end - begin) / (double)repeat;
}

u64 bed_drain(const struct bed *b)
{
	int items = ring_buffer__consume(b->ring), alone = ring_buffer__consume(b->alone);

	return (u64)(items > 0 ? items : 0) + (u64)(alone > 0 ? alone : 0);
}

void bed_wait(const struct bed *b)
{
	enum { DRAIN_EVERY_MS = 10 };

	ring_buffer__poll(b->ring, DRAIN_EVERY_MS);
	bed_drain(b);
}

double bed_run_reading(const struct bed *b, struct bed_frame *f, u64 repeat)
{
	/* half of it: from there on the program saves room */
	u64 chunk =
		b->ring_bytes / 2 / (sizeof(struct event) + sizeof(struct final_record) + 2 * RING_HEADER);
	double total = 0;

	for (u64 done = 0; done < repeat; done += chunk) {
		u64 many = repeat - done < chunk ? repeat - done : chunk;
		double ns = bed_run(f, many);

		bed_drain(b);
		if (ns < 0)
			return ns;
		total += ns * (double)many;
	}
	return total / (double)repeat;
}

int bed_tally(const struct bed *b, struct tally *t)
{
	struct counters n;

	if (program_counters(b->counters, &n))
		return say_error("counters: can't be read");
	tally_take(t, &n);
	return 0;
}

static u32 number_of(const struct connection_key *key)
{
	bool high = key->low_port == 443;
	u32 address = ntohl((high ? key->high : key->low).words[3]);

	return ((address - 0x0a000000) << PORTS_SHIFT) + (high ? key->high_port : key->low_port) - FIRST_PORT;
}

u32 bed_order_tracked(struct bed *b, u32 connections)
{
	u8 *tracked = calloc(connections, 1);
	u32 many = 0;

	for (u32 i = 0; tracked && i < b->config.buckets; i++)
		for (u32 w = 0; w < WAYS; w++)
			if (b->table[i].tags[w] && number_of(&b->table[i].ways[w].key) < connections)
				tracked[number_of(&b->table[i].ways[w].key)] = 1;
	for (u32 i = 0; tracked && i < connections; i++)
		if (tracked[i])
			b->order[many++] = i;
	free(tracked);
	return many;
}

void bed_order_all(struct bed *b, u32 connections)
{
	for (u32 i = 0; i < connections; i++)
		b->order[i] = i;
}
