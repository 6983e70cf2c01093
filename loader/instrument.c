// SPDX-License-Identifier: GPL-2.0-or-later
#include "instrument.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attachment.h"
#include "capabilities.h"
#include "clock.h"
#include "message.h"
#include "printable.h"
#include "probe.h"
#include "program.h"

static int check_link(const struct link *l)
{
	if (l->type != ARPHRD_ETHER && l->type != ARPHRD_LOOPBACK && !link_is_layer3(l))
		return say_error("%s: its frames (ARPHRD type %u) are neither Ethernet nor IP", l->name,
				 l->type);
	if (!(l->flags & IFF_UP))
		say("%s: is down: nothing will be seen until `ip link set %s up`", l->name, l->name);
	return 0;
}

/* Where XDP can't be had by what the interface is, `auto` doesn't try, and `native` says so. */
static int choose_mode(struct attachment_plan *p, const struct instrument_options *o)
{
	p->mode = o->mode;
	if (link_is_layer3(&p->link) && (o->mode == MODE_NATIVE || o->mode == MODE_GENERIC))
		return say_error("%s: has no Ethernet header, which XDP would need; use --mode tc",
				 p->link.name);
	if (o->mode == MODE_AUTO && (link_is_layer3(&p->link) || p->link.flags & IFF_LOOPBACK))
		p->mode = MODE_TC;
	/* What loopback sends comes back in: seen there, and once is enough. */
	p->egress = !o->ingress_only && !(p->link.flags & IFF_LOOPBACK);
	p->stays = o->stays;
	return 0;
}

static u64 available_memory(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kilobytes;
	char line[128];
	u64 bytes = UINT64_MAX;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1)
			bytes = kilobytes << 10;
	if (f)
		fclose(f);
	return bytes;
}

/* Memory is asked for in advance: a kernel that is short of it takes it from everybody else first. */
static int size_table(struct config *config, u32 connections)
{
	u64 bytes;

	config->buckets = buckets_for(connections);
	bytes = (u64)config->buckets * sizeof(struct bucket);
	if (bytes > available_memory())
		return say_no_room(connections, bytes, ENOMEM);
	return 0;
}

static int fill_config(struct config *config, const struct link *l, const struct instrument_options *o)
{
	*config = o->config;
	config->ifindex = (u32)l->ifindex;
	config->layer3 = link_is_layer3(l);
	config->one_way = o->ingress_only && !(l->flags & IFF_LOOPBACK); /* there nothing is left out */
	if (getrandom(config->hash_seed, sizeof(config->hash_seed), 0) != sizeof(config->hash_seed))
		return say_error("random numbers: %s", strerror(errno));
	return size_table(config, o->max_connections);
}

static void describe(struct instrument *i, const struct attachment_plan *p)
{
	i->interface = (struct interface){
		.name = i->shown,
		.ifindex = (u32)p->link.ifindex,
		.ingress = ingress_name(i->attachment->ingress.way),
		.egress = egress_name(i->attachment->egress.way),
		/* On loopback nothing is left out. */
		.ingress_only = !p->egress && !(p->link.flags & IFF_LOOPBACK),
		.wall_offset = clock_wall_offset(),
		.since = clock_monotonic(),
		.time_wait = i->config.time_wait,
		.idle_timeout = i->config.idle_timeout,
	};
}

static int load_and_attach(struct instrument *i, const struct attachment_plan *p)
{
	i->skeleton = program_load(&i->config, attachment_programs(p));
	if (!i->skeleton)
		return -1;
	program_touch_table(i->skeleton, &i->config);
	i->ring_fd = program_ring(i->skeleton);
	i->counters_fd = program_counters_map(i->skeleton);
	i->table = program_map_table(program_table_map(i->skeleton), &i->config, &i->table_size);
	i->attachment = calloc(1, sizeof(*i->attachment));
	if (!i->table)
		return -1;
	if (!i->attachment)
		return say_error("%s: %s", i->name, strerror(ENOMEM));
	if (attachment_make(i->attachment, p, i->skeleton))
		return -1;
	describe(i, p);
	return 0;
}

void instrument_name(struct instrument *i, const char *name)
{
	snprintf(i->name, sizeof(i->name), "%s", name);
	snprintf(i->shown, sizeof(i->shown), "%s", name);
	make_printable(i->shown); /* the kernel allows any byte but those of "/", ":" and blanks */
}

int instrument_open(struct instrument *i, const char *interface, const struct instrument_options *o)
{
	struct attachment_plan plan = {};
	int error;

	memset(i, 0, sizeof(*i));
	i->ring_fd = i->counters_fd = i->lock_fd = -1;
	error = link_find(&plan.link, interface);
	if (error)
		return link_say_not_found(interface, error);
	instrument_name(i, plan.link.name);
	if (capabilities_require(i->name) || check_link(&plan.link) || choose_mode(&plan, o) ||
	    fill_config(&i->config, &plan.link, o))
		return -1;
	if (!load_and_attach(i, &plan))
		return 0;
	instrument_close(i);
	return -1;
}

void instruments_detach(struct instrument *instruments, int count)
{
	bool any = false;

	for (int i = 0; i < count; i++)
		if (instruments[i].skeleton)
			program_pause(instruments[i].skeleton, true);
	for (int i = 0; i < count; i++)
		if (instruments[i].attachment) {
			attachment_undo(instruments[i].attachment);
			any = true;
		}
	/* Not all ways of detaching wait for what another CPU has begun; this does (synchronize_rcu()). */
	if (any)
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static void close_descriptor(int fd)
{
	if (fd > 0)
		close(fd);
}

void instrument_close(struct instrument *i)
{
	/* First of all: what is going on now shall not be counted into a table that is going away. */
	if (i->attachment)
		attachment_undo(i->attachment);
	free(i->attachment);
	if (i->table)
		munmap((void *)i->table, i->table_size);
	told_close(i->told, i->config.buckets * WAYS);
	if (i->skeleton) {
		program_unload(i->skeleton);
	} else {
		close_descriptor(i->ring_fd);
		close_descriptor(i->counters_fd);
		close_descriptor(i->lock_fd);
	}
	memset(i, 0, sizeof(*i));
	i->ring_fd = i->counters_fd = i->lock_fd = -1;
}

bool instrument_detached(const struct instrument *i)
{
	struct stat directory;

	return i->lock_fd >= 0 && !fstat(i->lock_fd, &directory) && !directory.st_nlink;
}

bool instrument_alive(const struct instrument *i)
{
	/* By number, not by name: it may have been renamed, or another one may have its name by now. */
	return !link_is_gone(i->interface.ifindex);
}

int instrument_counters(const struct instrument *i, struct counters *sum)
{
	return program_counters(i->counters_fd, sum);
}
