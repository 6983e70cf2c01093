// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bucket.h"
#include "message.h"
#include "packets_report.h"
#include "packets_scenes.h"

/* Records as they lie in the table, in pages of 4 kB as in the kernel, in an order that no prefetcher knows.
 */
struct memory {
	u8 *records;
	u32 *order;
	size_t size;
	u32 connections;
};

static u64 cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

static void shuffle(struct memory *m)
{
	for (u32 i = 0; i < m->connections; i++)
		m->order[i] = 2 * i; /* a table at half load */
	for (u32 i = m->connections - 1; i; i--) {
		u32 j = (u32)random() % (i + 1), other = m->order[j];

		m->order[j] = m->order[i];
		m->order[i] = other;
	}
}

static int memory_open(struct memory *m, u32 connections)
{
	m->connections = connections;
	m->size = 2ULL * connections * sizeof(struct bucket) / WAYS;
	m->records = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m->order = calloc(connections, sizeof(*m->order));
	if (m->records == MAP_FAILED || !m->order)
		return say_error("memory of %u connections: %s", connections, strerror(errno));
	madvise(m->records, m->size, MADV_NOHUGEPAGE);
	memset(m->records, 1, m->size);
	shuffle(m);
	return 0;
}

static void memory_close(struct memory *m)
{
	if (m->records != MAP_FAILED)
		munmap(m->records, m->size);
	free(m->order);
}

/* Between two packets lie more instructions than a CPU looks ahead; here there are none to look at. */
static void wait_for_loads(void)
{
#ifdef __x86_64__
	__asm__ volatile("lfence" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* The first line of a record is read, that of a direction is changed: both addresses are known at once. */
static void touch(u8 *record)
{
	volatile u64 *state = (volatile u64 *)(void *)(record + offsetof(struct connection, state));
	volatile u64 *segments = (volatile u64 *)(void *)(record + offsetof(struct connection, half) +
							  offsetof(struct direction, segments));

	(void)*state;
	(*segments)++;
	wait_for_loads();
}

/* ns for each of so many records. */
static double run(const struct memory *m, u32 records)
{
	const size_t stride = sizeof(struct bucket) / WAYS;
	u64 begin = cpu_time();

	for (u32 i = 0; i < records; i++)
		touch(m->records + (m->order[i % m->connections] * stride & ~63ULL));
	return (double)(cpu_time() - begin) / records;
}

static int measure_size(const struct settings *s, const char *name, u32 connections)
{
	enum { RECORDS = 1000000 };
	double each[ROUNDS_MAX];
	struct memory m;
	int failed = memory_open(&m, connections);

	for (u32 r = 0; !failed && r < s->rounds; r++)
		each[r] = run(&m, RECORDS);
	if (!failed)
		report_print(s, &(struct report){.name = name,
						 .unit = "ns",
						 .against = "",
						 .value = median(each, s->rounds),
						 .floor = -1,
						 .parse = -1});
	memory_close(&m);
	return failed;
}

int measure_memory(const struct settings *s)
{
	static const char *const names[SCENE_SIZES] = {
		"memory, two lines of 1 record", "memory, two lines of 16k records",
		"memory, two lines of 256k records", "memory, two lines of 1M records"};
	int failed = 0;

	for (u32 i = 0; i < SCENE_SIZES; i++)
		if (settings_want(s, names[i], false))
			failed |= measure_size(s, names[i], scene_sizes[i]);
	return failed;
}
