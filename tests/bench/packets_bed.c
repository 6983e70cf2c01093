// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_bed.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include "message.h"
#include "program.h"
#include "wire.h"

static const char *const hook_names[] = {"xdp", "tc"};
static const char *const protocol_names[] = {"ipv4", "ipv6", "other"};

static int program_named(const struct bpf_object *o, const char *format, const char *a, const char *b)
{
	char name[64];
	const struct bpf_program *p;

	snprintf(name, sizeof(name), format, a, b);
	p = bpf_object__find_program_by_name(o, name);
	return p ? bpf_program__fd(p) : -1;
}

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

static struct bpf_map *map_ending(const struct bpf_object *o, const char *ending)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, o)
	{
		const char *name = bpf_map__name(m);
		size_t length = strlen(name);

		if (length >= strlen(ending) && !strcmp(name + length - strlen(ending), ending))
			return m;
	}
	return NULL;
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

/* What stands beside synscope's own program. */
static int set_other_targets(const struct bed *b, enum bed_hook hook)
{
	static const char *const others[TARGETS] = {
		[TARGET_FLOOR] = "floor_%s", [TARGET_PARSE] = "parse_%s", [TARGET_CLOCK] = "clock_%s",
		[TARGET_CLAIM] = "claim_%s", [TARGET_RING] = "ring_%s",
	};

	for (u32 target = 0; target < TARGETS; target++) {
		const char *name = others[target];

		if (name && set_target(b, hook, target, program_named(b->stamp, name, hook_names[hook], "")))
			return -1;
	}
	return 0;
}

int bed_open(struct bed *b, const char *stamp_object)
{
	memset(b, 0, sizeof(*b));
	libbpf_set_print(quiet);
	b->stamp = bpf_object__open_file(stamp_object, NULL);
	if (!b->stamp || bpf_object__load(b->stamp))
		return say_error("%s: %s", stamp_object, strerror(errno));
	b->order = mmap(NULL, ORDER_MAX * sizeof(u32), PROT_READ | PROT_WRITE, MAP_SHARED,
			bpf_map__fd(map_ending(b->stamp, ".bss")), 0);
	if (b->order == MAP_FAILED)
		return say_error("%s: %s", stamp_object, strerror(errno));
	b->alone = ring_buffer__new(map_named(b->stamp, "ring_alone"), ignore_item, NULL, NULL);
	if (!b->alone)
		return say_error("%s: %s", stamp_object, strerror(errno));
	return set_other_targets(b, BED_XDP) || set_other_targets(b, BED_TC) ? -1 : 0;
}

void bed_close(struct bed *b)
{
	bed_unload(b);
	ring_buffer__free(b->alone);
	munmap(b->order, ORDER_MAX * sizeof(u32));
	bpf_object__close(b->stamp);
}

/* Where a constant of the programs lies in their .rodata; NULL: there is none of that size. */
static void *constant_named(const struct bpf_object *o, const char *name, u32 size)
{
	const struct btf *btf = bpf_object__btf(o);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, (u32)id);
	const struct btf_var_secinfo *v = id < 0 ? NULL : btf_var_secinfos(section);
	size_t whole;
	u8 *data = (u8 *)bpf_map__initial_value(map_ending(o, ".rodata"), &whole);

	for (u32 i = 0; v && i < btf_vlen(section); i++)
		if (!strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, v[i].type)->name_off), name))
			return v[i].size == size ? data + v[i].offset : NULL;
	return NULL;
}

/* As loader/program.c does it. */
static int set_constants(struct bed *b)
{
	struct config *config = constant_named(b->synscope, "config", sizeof(*config));
	bool *has_frame_length = constant_named(b->synscope, "has_frame_length", sizeof(bool));
	u64 *wake_at = constant_named(b->synscope, "wake_at", sizeof(u64));
	struct bpf_map *ring = bpf_object__find_map_by_name(b->synscope, "ring");

	if (!config || !ring)
		return say_error("this object is of another layout than this benchmark");
	*config = b->config;
	b->ring_bytes = bpf_map__max_entries(ring);
	if (has_frame_length)
		*has_frame_length = true;
	if (wake_at)
		*wake_at = bpf_map__max_entries(ring) / 2;
	return 0;
}

static void set_config(struct bed *b, u32 connections, bool segments)
{
	/* longer than any row takes: nothing is ended by time */
	const u64 hour = 3600ULL * 1000000000;

	b->config = (struct config){
		.idle_timeout = hour,
		.time_wait = hour,
		.linger = hour,
		.buckets = buckets_for(connections),
		.ifindex = 1,
		.segments = segments,
		.payloads = true,
	};
	config_settle(&b->config);
	if (getrandom(b->config.hash_seed, sizeof(b->config.hash_seed), 0) < 0)
		perror("getrandom");
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

int bed_load(struct bed *b, const char *object, enum bed_hook hook, u32 connections, bool segments)
{
	const char *name = hook == BED_XDP ? "synscope_xdp" : "synscope_ingress";
	struct bpf_program *p;

	bed_unload(b);
	b->synscope = bpf_object__open_file(object, NULL);
	if (!b->synscope)
		return say_error("%s: %s", object, strerror(errno));
	set_config(b, connections, segments);
	bpf_object__for_each_program(p, b->synscope)
		bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), name));
	bpf_map__set_max_entries(bpf_object__find_map_by_name(b->synscope, "table"), b->config.buckets);
	if (set_constants(b))
		return -1;
	if (bpf_object__load(b->synscope))
		return say_error("%s: %s", object, strerror(errno));
	b->counters = map_named(b->synscope, "counters");
	b->table = map_table(b);
	b->ring = ring_buffer__new(map_named(b->synscope, "ring"), ignore_item, NULL, NULL);
	if (!b->table || !b->ring)
		return say_error("%s: %s", object, strerror(errno));
	bed_clear(b);
	return set_target(b, hook, TARGET_SYNSCOPE, program_named(b->synscope, "%s", name, ""));
}

void bed_unload(struct bed *b)
{
	ring_buffer__free(b->ring);
	if (b->table)
		munmap(b->table, b->table_size);
	bpf_object__close(b->synscope);
	b->ring = NULL;
	b->table = NULL;
	b->synscope = NULL;
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
	f->program = program_named(b->stamp, "stamp_%s_%s", hook_names[hook], protocol_names[stamp]);
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
