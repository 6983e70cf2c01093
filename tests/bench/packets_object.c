// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_object.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "bucket.h"
#include "message.h"

static bool ends_with(const char *name, const char *ending)
{
	size_t length = strlen(name);

	return length >= strlen(ending) && !strcmp(name + length - strlen(ending), ending);
}

struct bpf_map *object_map_ending(const struct bpf_object *o, const char *ending)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, o)
	{
		if (ends_with(bpf_map__name(m), ending))
			return m;
	}
	return NULL;
}

/* Where a constant of the programs lies in their .rodata; NULL: there is none of that size. */
static void *constant_named(const struct bpf_object *o, const char *name, u32 size)
{
	const struct btf *btf = bpf_object__btf(o);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, (u32)id);
	const struct btf_var_secinfo *v = id < 0 ? NULL : btf_var_secinfos(section);
	size_t whole;
	u8 *data = (u8 *)bpf_map__initial_value(object_map_ending(o, ".rodata"), &whole);

	for (u32 i = 0; v && i < btf_vlen(section); i++)
		if (!strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, v[i].type)->name_off), name))
			return v[i].size == size ? data + v[i].offset : NULL;
	return NULL;
}

/* As loader/program.c does it. */
static int set_constants(const struct bpf_object *o, const struct config *wanted)
{
	struct config *config = constant_named(o, "config", sizeof(*config));
	bool *has_frame_length = constant_named(o, "has_frame_length", sizeof(bool));
	u64 *wake_at = constant_named(o, "wake_at", sizeof(u64));
	struct bpf_map *ring = bpf_object__find_map_by_name(o, "ring");

	if (!config || !ring)
		return say_error("this object is of another layout than this benchmark");
	*config = *wanted;
	if (has_frame_length)
		*has_frame_length = true;
	if (wake_at)
		*wake_at = bpf_map__max_entries(ring) / 2;
	return 0;
}

void object_config(struct config *config, u32 connections, bool segments)
{
	/* longer than any row takes: nothing is ended by time */
	const u64 hour = 3600ULL * 1000000000;

	*config = (struct config){
		.idle_timeout = hour,
		.time_wait = hour,
		.linger = hour,
		.buckets = buckets_for(connections),
		.ifindex = 1,
		.segments = segments,
		.payloads = true,
	};
	config_settle(config);
	if (getrandom(config->hash_seed, sizeof(config->hash_seed), 0) < 0)
		perror("getrandom");
}

struct bpf_object *object_load(const char *path, const char *ending, const struct config *config)
{
	struct bpf_object *o = bpf_object__open_file(path, NULL);
	struct bpf_program *p;

	if (!o) {
		say_error("%s: %s", path, strerror(errno));
		return NULL;
	}
	bpf_object__for_each_program(p, o)
		bpf_program__set_autoload(p, ends_with(bpf_program__name(p), ending));
	bpf_map__set_max_entries(bpf_object__find_map_by_name(o, "table"), config->buckets);
	if (!set_constants(o, config)) {
		if (!bpf_object__load(o))
			return o;
		say_error("%s: %s", path, strerror(errno));
	}
	bpf_object__close(o);
	return NULL;
}

int object_program(const struct bpf_object *o, const char *format, const char *a, const char *b)
{
	char name[64];
	const struct bpf_program *p;

	snprintf(name, sizeof(name), format, a, b);
	p = bpf_object__find_program_by_name(o, name);
	return p ? bpf_program__fd(p) : -1;
}
