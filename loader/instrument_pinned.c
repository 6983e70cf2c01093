// SPDX-License-Identifier: GPL-2.0-or-later
/* The half of instrument.h that outlives a process: what `attach` pins, and how others find it. */
#include "instrument.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attachment.h"
#include "clock.h"
#include "ending.h"
#include "message.h"
#include "pins.h"
#include "program.h"
#include "synscope.skel.h"

static int pin_hook(const struct pin *p, const struct hook_point *h, const char *link, const char *program,
		    int fd)
{
	if (h->way == WAY_NONE)
		return 0;
	if (pin_put(p, program, fd))
		return -1;
	return h->way == WAY_CLSACT ? 0 : pin_put(p, link, h->link);
}

static int pin_parts(const struct pin *p, const struct instrument *i)
{
	const struct attachment *a = i->attachment;
	bool tc = a->ingress.way == WAY_TCX || a->ingress.way == WAY_CLSACT;

	return pin_put(p, "table", bpf_map__fd(i->skeleton->maps.table)) ||
	       pin_put(p, "counters", i->counters_fd) || pin_put(p, "ring", i->ring_fd) ||
	       pin_put(p, "paused", program_paused_map(i->skeleton)) ||
	       pin_hook(p, &a->ingress, "link_ingress", "program_ingress",
			program_fd(i->skeleton, tc ? PROGRAM_INGRESS : PROGRAM_XDP)) ||
	       pin_hook(p, &a->egress, "link_egress", "program_egress",
			program_fd(i->skeleton, PROGRAM_EGRESS));
}

int instrument_pin(struct instrument *i, const char *bpffs)
{
	struct pin_info info = {
		.layout = LAYOUT_VERSION,
		.size = sizeof(info),
		.version = SYNSCOPE_VERSION,
		.since = i->interface.since,
		.ifindex = i->interface.ifindex,
		.ingress = (u8)i->attachment->ingress.way,
		.egress = (u8)i->attachment->egress.way,
		.ingress_only = i->interface.ingress_only,
		.config = i->config,
	};
	struct pin p;

	pin_place(&p, bpffs, i->name);
	if (pins_check(bpffs) || pin_make(&p))
		return -1;
	if (pin_parts(&p, i) || pin_put_info(&p, &info)) {
		attachment_undo(i->attachment); /* whose descriptors may be the last that could be had */
		pin_remove(&p);
		return -1;
	}
	attachment_leave(i->attachment);
	return 0;
}

static int open_map(const struct pin *p, const char *name, u32 type, u32 value_size, u32 entries)
{
	int fd = pin_get_map(p, name, type, value_size, entries);

	return fd < 0 ? say_error("%s/%s: %s", p->directory, name, pin_error(fd)) : fd;
}

static int map_table(struct instrument *i, const struct pin *p)
{
	int fd = open_map(p, "table", BPF_MAP_TYPE_ARRAY, sizeof(struct bucket), i->config.buckets);

	if (fd < 0)
		return -1;
	i->table = program_map_table(fd, &i->config, &i->table_size);
	close(fd);
	return i->table ? 0 : -1;
}

static int take_reader_place(struct instrument *i, const struct pin *p)
{
	i->lock_fd = pin_lock_ring(p);
	if (i->lock_fd < 0)
		return -1;
	i->ring_fd = open_map(p, "ring", BPF_MAP_TYPE_RINGBUF, 0, RING_BYTES);
	if (i->ring_fd < 0)
		return -1;
	i->told = told_open(p, i->config.buckets * WAYS);
	return i->told ? 0 : -1;
}

static int open_parts(struct instrument *i, const struct pin *p, bool read_ring)
{
	if (read_ring && take_reader_place(i, p))
		return -1;
	i->counters_fd = open_map(p, "counters", BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(struct own), 1);
	return i->counters_fd < 0 ? -1 : map_table(i, p);
}

static void describe(struct instrument *i, const struct pin_info *info)
{
	i->config = info->config;
	i->interface = (struct interface){
		.name = i->shown,
		.ifindex = info->ifindex,
		.ingress = ingress_name(info->ingress),
		.egress = egress_name(info->egress),
		.ingress_only = info->ingress_only,
		.wall_offset = clock_wall_offset(),
		.since = info->since,
		.time_wait = info->config.time_wait,
		.idle_timeout = info->config.idle_timeout,
	};
}

int instrument_open_pinned(struct instrument *i, const struct pin *p, bool read_ring)
{
	struct pin_info info;

	memset(i, 0, sizeof(*i));
	i->ring_fd = i->counters_fd = i->lock_fd = -1;
	if (pin_get_info(p, &info))
		return -1;
	if (pin_is_orphan(p))
		say("%s: was attached to an interface that is gone, whatever has its name now; "
		    "clear it away: synscope detach %s%s",
		    p->interface, p->interface, bpffs_option(p->bpffs));
	if (instrument_is_half_detached(p))
		say("%s: a detach was interrupted, and nothing is looked at any more; finish it: synscope "
		    "detach %s%s",
		    p->interface, p->interface, bpffs_option(p->bpffs));
	instrument_name(i, p->interface);
	describe(i, &info);
	if (!open_parts(i, p, read_ring))
		return 0;
	instrument_close(i);
	return -1;
}

/* The filters below 6.6 are no links: they must be found on the interface itself. The count, or -1, said. */
static int detach_filters(const struct pin *p)
{
	struct pin_info info = {};
	bool known = !pin_read_info(p, &info);
	int ifindex = known ? (int)info.ifindex : (int)if_nametoindex(p->interface);

	if (known && info.ingress != WAY_CLSACT && info.egress != WAY_CLSACT)
		return 0;
	if (p->here)
		return ifindex ? clsact_clear(ifindex, true) : 0;
	if (known)
		say("%s: its clsact filter goes with its network namespace; should that one live on: nsenter "
		    "--net=/run/netns/NAME synscope detach %s%s",
		    p->interface, p->interface, bpffs_option(p->bpffs));
	return 0;
}

/* Half an attach has no such map. */
static int open_paused(const struct pin *p)
{
	return pin_get_map(p, "paused", BPF_MAP_TYPE_ARRAY, program_paused_size(), 1);
}

static void pause_pinned(const struct pin *p, bool paused)
{
	int fd = open_paused(p);

	if (fd < 0)
		return;
	program_pause_pinned(fd, paused);
	close(fd);
}

bool instrument_is_half_detached(const struct pin *p)
{
	int fd = open_paused(p);
	bool paused = fd >= 0 && program_is_paused_pinned(fd);

	if (fd >= 0)
		close(fd);
	return paused;
}

static int take_off(const struct pin *p)
{
	int error = pin_look(p), filters;

	if (pin_is_denied(error))
		return pin_say_hidden(p, error);
	pause_pinned(p, true); /* before the first of two hooks goes */
	filters = detach_filters(p);
	if (filters < 0) {
		pause_pinned(p, false);
		return -1;
	}
	if (!error) {
		if (pin_remove(p))
			return -1;
	} else if (!filters) {
		return pin_say_absent(p);
	}
	say("%s: detached", p->interface);
	return 0;
}

static int detach_one(const struct pin *p)
{
	int result;

	ending_hold_signals(); /* half of it left would look at no frame */
	result = take_off(p);
	ending_release_signals();
	return result;
}

int instrument_detach_pinned(const char *bpffs, const char *interface)
{
	struct pin one, *pins;
	int count, result = 0;

	if (interface) {
		if (pins_check(bpffs))
			return -1;
		pin_find(&one, bpffs, interface);
		return detach_one(&one);
	}
	count = pins_list(bpffs, PINS_EVERYWHERE, &pins);
	for (int n = 0; n < count; n++)
		result |= detach_one(&pins[n]);
	if (!count)
		say("nothing is attached that stays");
	free(pins);
	return count < 0 ? -1 : result;
}
