/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF programs as an engine for captures: each frame goes through the loaded XDP program by a test
 * run, its time and length handed over in the metadata area.
 */
#ifndef SYNSCOPE_ENGINE_BPF_H
#define SYNSCOPE_ENGINE_BPF_H

#include "engine_native.h"

struct synscope_bpf;
struct ring_buffer;

struct engine_bpf {
	struct config config;
	const struct bucket *table; /* mapped */
	size_t table_size;	    /* bytes */
	struct synscope_bpf *skeleton;
	struct ring_buffer *ring;
	ring_reader reader;
	void *reader_context;
};

/* Loads the programs with this configuration. 0, or -1, said. */
int engine_bpf_open(struct engine_bpf *e, const struct config *config, ring_reader reader, void *context);

void engine_bpf_close(struct engine_bpf *e);

/* As engine_frame(). 0, or -1, said: the kernel refused the test run. */
int engine_bpf_frame(struct engine_bpf *e, u64 time, const u8 *data, u32 captured, u32 length);

/* The counters of all CPUs added up. 0 or -errno. */
int engine_bpf_counters(const struct engine_bpf *e, struct counters *sum);

#endif
