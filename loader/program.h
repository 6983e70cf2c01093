/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One load of bpf/synscope.bpf.c: its programs and maps, not attached to anything. */
#ifndef SYNSCOPE_PROGRAM_H
#define SYNSCOPE_PROGRAM_H

#include "bucket.h"

struct synscope_bpf;

/*
 * Which programs to load. An XDP program that takes frames of several buffers is none for generic mode: there
 * the kernel (6.18) hands what passed it to tc without its Ethernet header.
 */
enum program {
	PROGRAM_XDP = 1,
	PROGRAM_INGRESS = 2,
	PROGRAM_EGRESS = 4,
	PROGRAM_XDP_ONE_BUFFER = 8, /* with PROGRAM_XDP */
	PROGRAM_REPLAY = 16,	    /* never attached: for the frames of a capture, by test runs */
};

/*
 * Loads the programs in `which` (bits of enum program) with a configuration; the table gets
 * config->buckets buckets. NULL: said why on standard error.
 */
struct synscope_bpf *program_load(const struct config *config, unsigned which);

/* NULL is fine. */
void program_unload(struct synscope_bpf *skeleton);

/* The descriptor of a program that was loaded; closed with the skeleton. */
int program_fd(const struct synscope_bpf *skeleton, enum program which);

/* The descriptors of the maps; they are closed with the skeleton. */
int program_ring(const struct synscope_bpf *skeleton);
int program_counters_map(const struct synscope_bpf *skeleton);
int program_table_map(const struct synscope_bpf *skeleton);

/* Whether the programs look at frames; they do from the moment of loading. */
void program_pause(const struct synscope_bpf *skeleton, bool paused);

/* The map of that word, for pins, and the bytes of its value. */
int program_paused_map(const struct synscope_bpf *skeleton);
u32 program_paused_size(void);

/* The same word of one that was pinned: sets it (0 or -errno), or tells whether it is set. */
int program_pause_pinned(int map, bool paused);
bool program_is_paused_pinned(int map);

/* Makes the first segment of each bucket as cheap as the later ones. */
void program_touch_table(const struct synscope_bpf *skeleton, const struct config *config);

/*
 * Maps a table of config->buckets buckets read-only, `map` being its descriptor; *size gets the bytes to
 * munmap(). NULL: said.
 */
const struct bucket *program_map_table(int map, const struct config *config, size_t *size);

/* Adds up the counters of all CPUs; `map` is the descriptor of their map. 0 or -errno. */
int program_counters(int map, struct counters *sum);

#endif
