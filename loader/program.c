// SPDX-License-Identifier: GPL-2.0-only
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "message.h"
#include "synscope.skel.h"
#include "totals.h"

/* Newer than Debian 12's headers: the helper of kernel 5.18 that knows the length of all buffers. */
enum { HELPER_XDP_GET_BUFF_LEN = 188 };

/* What libbpf and the verifier said last, for the error line. */
static char last_words[512];

static int on_libbpf_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char text[sizeof(last_words)];

	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = 0;
	if (level == LIBBPF_WARN && *text)
		memcpy(last_words, text, sizeof(text));
	if (verbosity > 2 || (verbosity > 1 && level != LIBBPF_DEBUG))
		say_verbose("%s", text);
	return 0;
}

static void choose_programs(struct synscope_bpf *s, unsigned which)
{
	bpf_program__set_autoload(s->progs.synscope_xdp, which & PROGRAM_XDP);
	bpf_program__set_autoload(s->progs.synscope_ingress, which & PROGRAM_INGRESS);
	bpf_program__set_autoload(s->progs.synscope_egress, which & PROGRAM_EGRESS);
}

/* Before 5.18 there are no frames of several buffers: neither the flag nor the helper. */
static void suit_kernel(struct synscope_bpf *s)
{
	s->rodata->has_frame_length =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)HELPER_XDP_GET_BUFF_LEN, NULL) ==
		1;
	if (!s->rodata->has_frame_length)
		bpf_program__set_flags(s->progs.synscope_xdp, 0);
}

static void set_config(struct synscope_bpf *s, const struct config *config)
{
	memcpy((void *)&s->rodata->config, config, sizeof(*config));
	s->rodata->wake_at = bpf_map__max_entries(s->maps.ring) / 2;
	bpf_map__set_max_entries(s->maps.table, config->buckets);
}

static int load_failed(const struct config *config, int error)
{
	if (error == -ENOMEM || error == -E2BIG)
		return say_error(
			"table of %u connections: needs %llu MB: %s; give a smaller --max-connections",
			config->buckets * WAYS / 2,
			(unsigned long long)config->buckets * sizeof(struct bucket) >> 20, strerror(-error));
	return say_error("programs: %s%s%s", strerror(-error), *last_words ? ": " : "", last_words);
}

struct synscope_bpf *program_load(const struct config *config, unsigned which)
{
	struct synscope_bpf *s;
	int error;

	libbpf_set_print(on_libbpf_message);
	last_words[0] = 0;
	s = synscope_bpf__open();
	if (!s) {
		load_failed(config, -errno);
		return NULL;
	}
	choose_programs(s, which);
	suit_kernel(s);
	set_config(s, config);
	error = synscope_bpf__load(s);
	if (!error)
		return s;
	load_failed(config, error);
	synscope_bpf__destroy(s);
	return NULL;
}

void program_unload(struct synscope_bpf *s)
{
	synscope_bpf__destroy(s);
}

int program_fd(const struct synscope_bpf *s, enum program which)
{
	if (which == PROGRAM_XDP)
		return bpf_program__fd(s->progs.synscope_xdp);
	return bpf_program__fd(which == PROGRAM_INGRESS ? s->progs.synscope_ingress
							: s->progs.synscope_egress);
}

int program_ring(const struct synscope_bpf *s)
{
	return bpf_map__fd(s->maps.ring);
}

int program_counters_map(const struct synscope_bpf *s)
{
	return bpf_map__fd(s->maps.counters);
}

const struct bucket *program_map_table(const struct synscope_bpf *s, const struct config *config,
				       size_t *size)
{
	void *mapped;

	*size = (size_t)config->buckets * sizeof(struct bucket);
	mapped = mmap(NULL, *size, PROT_READ, MAP_SHARED, bpf_map__fd(s->maps.table), 0);
	if (mapped != MAP_FAILED)
		return mapped;
	say_error("connection table: %s", strerror(errno));
	return NULL;
}

int program_counters(int map, struct counters *sum)
{
	int cpus = libbpf_num_possible_cpus();
	struct counters *each;
	u32 zero = 0;
	int error = 0;

	memset(sum, 0, sizeof(*sum));
	if (cpus < 0)
		return cpus;
	each = calloc((size_t)cpus, sizeof(*each));
	if (!each)
		return -ENOMEM;
	if (bpf_map_lookup_elem(map, &zero, each))
		error = -errno;
	for (int i = 0; !error && i < cpus; i++)
		counters_add(sum, &each[i]);
	free(each);
	return error;
}
