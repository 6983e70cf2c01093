// SPDX-License-Identifier: GPL-2.0-or-later
#include "clsact.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "message.h"

/* How programs of bpf/synscope.bpf.c are called. */
static const char own_prefix[] = "synscope_";

enum { FILTERS_MAX = 64 };

struct found_filter {
	char name[64]; /* of the program, as libbpf or tc wrote it */
	u32 program;
	u32 handle;
	u32 priority;
};

struct found_filters {
	struct found_filter filter[FILTERS_MAX];
	unsigned count;
	bool any;  /* of whatever kind */
	bool more; /* than there is room for */
};

static void read_filter(const struct nlmsghdr *message, void *context)
{
	const struct rtattr *a[TCA_OPTIONS + 1], *bpf[TCA_BPF_ID + 1];
	const struct tcmsg *t = NLMSG_DATA(message);
	struct found_filters *all = context;
	struct found_filter *f;

	/* A dump says each chain's head, too: without a handle. */
	if (message->nlmsg_type != RTM_NEWTFILTER || !t->tcm_handle)
		return;
	all->any = true;
	netlink_attributes(a, COUNT_OF(a), message, sizeof(*t));
	if (!a[TCA_KIND] || strcmp(RTA_DATA(a[TCA_KIND]), "bpf") != 0 || !a[TCA_OPTIONS])
		return;
	if (all->count == FILTERS_MAX) {
		all->more = true;
		return;
	}
	f = &all->filter[all->count];
	netlink_sort(bpf, COUNT_OF(bpf), RTA_DATA(a[TCA_OPTIONS]), RTA_PAYLOAD(a[TCA_OPTIONS]));
	memset(f, 0, sizeof(*f));
	if (bpf[TCA_BPF_NAME])
		snprintf(f->name, sizeof(f->name), "%s", (const char *)RTA_DATA(bpf[TCA_BPF_NAME]));
	f->program = netlink_u32(bpf[TCA_BPF_ID]);
	f->handle = t->tcm_handle;
	f->priority = TC_H_MAJ(t->tcm_info) >> 16;
	all->count++;
}

/* 0, or -1, said: then it is not known what there is. */
static int find_filters(struct found_filters *all, int ifindex, bool egress)
{
	char name[IF_NAMESIZE] = "?";
	struct netlink_request r;
	int error;

	memset(all, 0, sizeof(*all));
	netlink_begin(&r, RTM_GETTFILTER, NLM_F_DUMP, sizeof(r.filter));
	r.filter.tcm_ifindex = ifindex;
	r.filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
	error = netlink_talk(NETLINK_ROUTE, &r, read_filter, all, NULL);
	if (!error && !all->more)
		return 0;
	if_indextoname((unsigned)ifindex, name);
	return say_error("%s: its tc filters stay as they are: %s; see: tc filter show dev %s %s", name,
			 error ? strerror(-error) : "there are too many", name,
			 egress ? "egress" : "ingress");
}

static bool is_own(const struct found_filter *f)
{
	return (f->handle & ~(u32)CLSACT_FLAGS) == CLSACT_HANDLE &&
	       !strncmp(f->name, own_prefix, sizeof(own_prefix) - 1);
}

/*
 * Holds a name in the abstract socket namespace that the kernel gives back however the process ends.
 * Whoever gets the name of a filter's program knows that the filter's process is gone.
 */
static int lock_program(u32 id)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int size = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "synscope/filter/%u", id);

	if (fd < 0)
		return -1;
	if (!bind(fd, (void *)&address,
		  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size)))
		return fd;
	close(fd);
	return -1;
}

static struct bpf_tc_hook hook_of(int ifindex, bool egress)
{
	struct bpf_tc_hook h;

	memset(&h, 0, sizeof(h));
	h.sz = sizeof(h);
	h.ifindex = ifindex;
	h.attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS;
	return h;
}

/* Removes the qdisc where no filter is known to be left on either side. */
static void remove_empty_qdisc(int ifindex)
{
	struct bpf_tc_hook hook = hook_of(ifindex, false);
	struct found_filters all;

	for (int egress = 0; egress < 2; egress++)
		if (find_filters(&all, ifindex, egress) || all.any)
			return;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	bpf_tc_hook_destroy(&hook);
}

static void remove_filter(int ifindex, bool egress, u32 handle, u32 priority)
{
	struct bpf_tc_hook hook = hook_of(ifindex, egress);
	LIBBPF_OPTS(bpf_tc_opts, o, .handle = handle, .priority = priority);

	if (!bpf_tc_detach(&hook, &o) && handle & CLSACT_MADE_QDISC)
		remove_empty_qdisc(ifindex);
}

/* In front of the others if possible; where a filter of another kind has that place, behind it. */
static int add_filter(struct clsact_filter *f, struct bpf_tc_hook *hook, int program)
{
	LIBBPF_OPTS(bpf_tc_opts, first, .prog_fd = program, .handle = f->handle, .priority = 1);
	LIBBPF_OPTS(bpf_tc_opts, behind, .prog_fd = program, .handle = f->handle);
	int error = bpf_tc_attach(hook, &first);

	f->priority = first.priority;
	if (error != -EEXIST && error != -EINVAL)
		return error;
	error = bpf_tc_attach(hook, &behind);
	f->priority = behind.priority;
	return error;
}

int clsact_attach(struct clsact_filter *f, int ifindex, bool egress, int program, bool stays, char *words)
{
	struct bpf_tc_hook hook = hook_of(ifindex, egress);
	struct bpf_prog_info info = {};
	u32 size = sizeof(info);
	int error;

	*words = 0;
	if (bpf_obj_get_info_by_fd(program, &info, &size))
		return -errno;
	error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return error;
	*f = (struct clsact_filter){.ifindex = ifindex, .egress = egress, .handle = CLSACT_HANDLE};
	f->handle |= (error ? 0 : CLSACT_MADE_QDISC) | (stays ? CLSACT_STAYS : 0);
	/* The lock first: no other run may find the filter without it. */
	f->lock = lock_program(info.id);
	error = add_filter(f, &hook, program);
	if (!error)
		return 0;
	if (f->handle & CLSACT_MADE_QDISC)
		remove_empty_qdisc(ifindex);
	if (f->lock >= 0)
		close(f->lock);
	f->ifindex = 0;
	return error;
}

void clsact_detach(struct clsact_filter *f)
{
	if (!f->ifindex)
		return;
	remove_filter(f->ifindex, f->egress, f->handle, f->priority);
	if (f->lock >= 0)
		close(f->lock);
	f->ifindex = 0;
}

static bool is_left_over(const struct found_filter *f, bool stays)
{
	int lock;

	if (!is_own(f))
		return false;
	if (f->handle & CLSACT_STAYS)
		return stays;
	lock = lock_program(f->program);
	if (lock < 0)
		return false;
	close(lock);
	return true;
}

int clsact_clear(int ifindex, bool stays)
{
	struct found_filters all;
	int cleared = 0;

	/* Where both sides are ours, the qdisc came with the ingress filter: that one goes last. */
	for (int egress = 1; egress >= 0; egress--) {
		if (find_filters(&all, ifindex, egress))
			return -1;
		for (unsigned n = 0; n < all.count; n++) {
			if (!is_left_over(&all.filter[n], stays))
				continue;
			remove_filter(ifindex, egress, all.filter[n].handle, all.filter[n].priority);
			cleared++;
		}
	}
	return cleared;
}

int clsact_each(int ifindex, bool egress, void (*each)(const char *, u32, void *), void *context)
{
	struct found_filters all;
	int failed = find_filters(&all, ifindex, egress);

	for (unsigned n = 0; n < all.count; n++)
		each(all.filter[n].name, all.filter[n].program, context);
	return failed;
}
