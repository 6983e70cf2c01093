// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "capabilities.h"
#include "kernel_numbers.h"
#include "load_words.h"
#include "message.h"
#include "synscope.skel.h"
#include "totals.h"

/* What libbpf and the verifier said while loading, for the error line. */
static struct load_words words;

static void say_lines(char *text)
{
	for (char *line; (line = strsep(&text, "\n"));)
		if (*line)
			say_verbose("%s", line);
}

static int on_libbpf_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *text;
	int length = vasprintf(&text, format, arguments); /* the verifier's log has no bound */

	if (length < 0)
		return 0;
	if (level == LIBBPF_WARN)
		load_words_take(&words, text);
	if (verbosity > 3 || (verbosity > 2 && level != LIBBPF_DEBUG))
		say_lines(text);
	free(text);
	return length;
}

static void choose_programs(struct synscope_bpf *s, unsigned which)
{
	bpf_program__set_autoload(s->progs.synscope_xdp, which & PROGRAM_XDP);
	bpf_program__set_autoload(s->progs.synscope_replay, which & PROGRAM_REPLAY);
	bpf_program__set_autoload(s->progs.synscope_ingress, which & PROGRAM_INGRESS);
	bpf_program__set_autoload(s->progs.synscope_egress, which & PROGRAM_EGRESS);
}

/* Before 5.18 there are no frames of several buffers: neither the flag nor the helper. */
static void suit_kernel(struct synscope_bpf *s, unsigned which)
{
	s->rodata->has_frame_length =
		libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)HELPER_XDP_GET_BUFF_LEN, NULL) ==
		1;
	if (!s->rodata->has_frame_length || which & PROGRAM_XDP_ONE_BUFFER)
		bpf_program__set_flags(s->progs.synscope_xdp, 0);
}

static void set_config(struct synscope_bpf *s, const struct config *config)
{
	struct config *settled = (void *)&s->rodata->config;

	*settled = *config;
	config_settle(settled);
	s->rodata->wake_at = bpf_map__max_entries(s->maps.ring) / 2;
	bpf_map__set_max_entries(s->maps.table, config->buckets);
}

/* Rights are missing, or something refuses in spite of them. */
static int load_not_permitted(void)
{
	if (capabilities_require("programs"))
		return -1;
	if (capabilities_in_user_namespace())
		return say_error(
			"programs: %s: the rights of a user namespace don't count for bpf(2): run it "
			"in the host's",
			strerror(EPERM));
	return say_error("programs: %s: in spite of all capabilities: a security module, seccomp or kernel "
			 "lockdown forbids bpf(2)",
			 strerror(EPERM));
}

/* Of libbpf, which has numbers of its own above the kernel's. */
static const char *error_text(int error)
{
	static char text[128];

	libbpf_strerror(error, text, sizeof(text));
	return text;
}

static int load_failed(const struct config *config, int error)
{
	if (*limit_advice(-error)) /* whatever the log says of what went well */
		return say_error("programs: %s%s", strerror(-error), limit_advice(-error));
	if (strstr(words.text, "wasn't created")) /* libbpf's probe failed, and it went on without the map */
		return say_error("programs: a map was not made: descriptors ran out%s", limit_advice(EMFILE));
	if (words.verifier)
		return say_error("programs: the kernel's verifier refuses them: %s (-vv shows its log)",
				 words.text);
	if (error == -EPERM)
		return load_not_permitted();
	if (error == -ENOMEM || error == -E2BIG)
		return say_no_room(config->buckets * WAYS / 2, (u64)config->buckets * sizeof(struct bucket),
				   -error);
	return say_error("programs: %s%s%s", error_text(error), *words.text ? ": " : "", words.text);
}

struct synscope_bpf *program_load(const struct config *config, unsigned which)
{
	struct synscope_bpf *s;
	int error;

	libbpf_set_print(on_libbpf_message);
	words = (struct load_words){0};
	s = synscope_bpf__open();
	if (!s) {
		load_failed(config, -errno);
		return NULL;
	}
	choose_programs(s, which);
	suit_kernel(s, which);
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
	switch (which) {
	case PROGRAM_XDP:
		return bpf_program__fd(s->progs.synscope_xdp);
	case PROGRAM_REPLAY:
		return bpf_program__fd(s->progs.synscope_replay);
	case PROGRAM_INGRESS:
		return bpf_program__fd(s->progs.synscope_ingress);
	default:
		return bpf_program__fd(s->progs.synscope_egress);
	}
}

int program_ring(const struct synscope_bpf *s)
{
	return bpf_map__fd(s->maps.ring);
}

int program_counters_map(const struct synscope_bpf *s)
{
	return bpf_map__fd(s->maps.counters);
}

int program_table_map(const struct synscope_bpf *s)
{
	return bpf_map__fd(s->maps.table);
}

int program_paused_map(const struct synscope_bpf *s)
{
	return bpf_map__fd(s->maps.bss);
}

u32 program_paused_size(void)
{
	return sizeof(struct synscope_bpf__bss);
}

void program_pause(const struct synscope_bpf *s, bool paused)
{
	s->bss->paused = paused;
}

int program_pause_pinned(int map, bool paused)
{
	struct synscope_bpf__bss word = {.paused = paused};
	u32 zero = 0;

	return bpf_map_update_elem(map, &zero, &word, BPF_ANY) ? -errno : 0;
}

bool program_is_paused_pinned(int map)
{
	struct synscope_bpf__bss word;
	u32 zero = 0;

	return !bpf_map_lookup_elem(map, &zero, &word) && word.paused;
}

/*
 * The first look at a page may be a fault, of the hypervisor's if not of the kernel's, and cost more than all
 * the rest that a connection asks for. So each page is looked at once before anything is attached: here as
 * the programs will, by the kernel's mapping, and in touch() by the reader's.
 */
void program_touch_table(const struct synscope_bpf *s, const struct config *config)
{
	struct bucket copy;

	for (u32 i = 0; i < config->buckets; i++)
		bpf_map_lookup_elem(program_table_map(s), &i, &copy);
}

static void touch(const struct bucket *table, u32 buckets)
{
	for (u32 i = 0; i < buckets; i++)
		(void)*(const volatile u32 *)&table[i].lock;
}

const struct bucket *program_map_table(int map, const struct config *config, size_t *size)
{
	void *mapped;

	*size = (size_t)config->buckets * sizeof(struct bucket);
	mapped = mmap(NULL, *size, PROT_READ, MAP_SHARED, map, 0);
	if (mapped == MAP_FAILED) {
		say_error("connection table: %s%s", strerror(errno),
			  errno == ENOMEM ? "; give a smaller --max-connections" : "");
		return NULL;
	}
	touch(mapped, config->buckets);
	return mapped;
}

int program_counters(int map, struct counters *sum)
{
	int cpus = libbpf_num_possible_cpus();
	struct own *each;
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
		counters_add(sum, &each[i].counters);
	free(each);
	return error;
}
