// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine_bpf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "message.h"
#include "program.h"
#include "replay_metadata.h"

static int on_ring_item(void *context, void *data, size_t size)
{
	struct engine_bpf *e = context;

	e->reader(e->reader_context, data, size);
	return 0;
}

int engine_bpf_open(struct engine_bpf *e, const struct config *config, ring_reader reader, void *context)
{
	memset(e, 0, sizeof(*e));
	e->config = *config;
	e->reader = reader;
	e->reader_context = context;
	e->skeleton = program_load(&e->config, PROGRAM_REPLAY);
	if (!e->skeleton)
		return -1;
	e->table = program_map_table(program_table_map(e->skeleton), &e->config, &e->table_size);
	if (!e->table)
		return -1;
	e->ring = ring_buffer__new(program_ring(e->skeleton), on_ring_item, e, NULL);
	if (!e->ring)
		return say_error("ring buffer: %s", strerror(errno));
	return 0;
}

void engine_bpf_close(struct engine_bpf *e)
{
	ring_buffer__free(e->ring);
	if (e->table)
		munmap((void *)e->table, e->table_size);
	program_unload(e->skeleton);
	memset(e, 0, sizeof(*e));
}

int engine_bpf_frame(struct engine_bpf *e, u64 time, const u8 *data, u32 captured, u32 length)
{
	struct {
		struct replay_metadata metadata;
		u8 frame[FRAME_PREFIX_MAX];
	} input = {.metadata = {.time = time, .length = length}};
	struct xdp_md context = {.data = sizeof(input.metadata),
				 .data_end = (u32)sizeof(input.metadata) + captured};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &input,
		    .data_size_in = (u32)sizeof(input.metadata) + captured, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = 1);

	memcpy(input.frame, data, captured);
	if (bpf_prog_test_run_opts(program_fd(e->skeleton, PROGRAM_REPLAY), &run))
		return say_error("test run of a frame of %u bytes: %s", captured, strerror(errno));
	ring_buffer__consume(e->ring);
	return 0;
}

int engine_bpf_counters(const struct engine_bpf *e, struct counters *sum)
{
	return program_counters(program_counters_map(e->skeleton), sum);
}
