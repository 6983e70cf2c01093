// SPDX-License-Identifier: GPL-2.0-or-later
#include "attachment.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "kernel_numbers.h"
#include "message.h"
#include "program.h"

const char *ingress_name(enum hook_way way)
{
	static const char *const names[] = {NULL, "native", "generic", "tc", "tc"};

	return names[way];
}

const char *egress_name(enum hook_way way)
{
	static const char *const names[] = {NULL, NULL, NULL, "tcx", "clsact"};

	return names[way];
}

unsigned attachment_programs(const struct attachment_plan *p)
{
	unsigned which = p->egress ? PROGRAM_EGRESS : 0;

	if (p->mode != MODE_TC)
		which |= PROGRAM_XDP;
	if (p->mode == MODE_GENERIC)
		which |= PROGRAM_XDP_ONE_BUFFER;
	if (p->mode == MODE_TC || p->mode == MODE_AUTO)
		which |= PROGRAM_INGRESS;
	return which;
}

/* XDP by a link: it goes with the process, unless it is pinned. 0 or -errno. */
static int attach_xdp(struct hook_point *h, int ifindex, int program, enum hook_way way, char *words)
{
	u32 flags = way == WAY_XDP_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
	LIBBPF_OPTS(bpf_link_create_opts, o, .flags = flags);
	int error;

	words[0] = 0;
	h->link = bpf_link_create(program, ifindex, BPF_XDP, &o);
	if (h->link >= 0) {
		h->way = way;
		return 0;
	}
	error = h->link;
	/* A link that isn't created gives a number and no words. */
	link_xdp_words(ifindex, program, flags, words);
	return error;
}

/*
 * tc: at the head of the chain, so that a program that ends it hides nothing from this one. Kernels
 * without TCX don't know the attach type: EINVAL.
 */
static int attach_tc(struct hook_point *h, const struct attachment_plan *p, bool egress, int program,
		     char *words)
{
	LIBBPF_OPTS(bpf_link_create_opts, o, .flags = TCX_FLAG_BEFORE);
	int error = -EINVAL;

	words[0] = 0;
	if (!p->no_tcx) {
		enum bpf_attach_type type =
			(enum bpf_attach_type)(egress ? ATTACH_TCX_EGRESS : ATTACH_TCX_INGRESS);
		h->link = bpf_link_create(program, p->link.ifindex, type, &o);
		if (h->link >= 0) {
			h->way = WAY_TCX;
			return 0;
		}
		error = h->link;
	}
	if (error != -EINVAL)
		return error;
	error = clsact_attach(&h->filter, p->link.ifindex, egress, program, p->stays, words);
	if (error)
		return error;
	h->way = WAY_CLSACT;
	capabilities_keep_net_admin();
	return 0;
}

/* Somebody else's XDP program is left alone; the error says whose. */
static int check_existing(const struct link *l)
{
	struct bpf_prog_info info = {};
	u32 size = sizeof(info);
	int fd;

	if (l->xdp_mode == XDP_ATTACHED_NONE)
		return 0;
	fd = bpf_prog_get_fd_by_id(l->xdp_program);
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
	}
	return say_error("%s: has an XDP program already (id %u%s%s): it is left alone; use --mode tc",
			 l->name, l->xdp_program, info.name[0] ? ", " : "", info.name);
}

/* Whether the interface got an XDP program since it was looked at; said. */
static bool somebody_was_first(const struct link *before)
{
	struct link now;

	return !link_find(&now, before->name) && check_existing(&now);
}

static int refused(const struct attachment_plan *p, const char *what, int error, const char *words,
		   const char *instead)
{
	if (*limit_advice(-error))
		return say_error("%s: %s: %s%s", p->link.name, what, strerror(-error), limit_advice(-error));
	return say_error("%s: %s: %s%s%s; use %s", p->link.name, what, strerror(-error), *words ? ": " : "",
			 words, instead);
}

static int attach_ingress(struct attachment *a, const struct attachment_plan *p, const struct synscope_bpf *s,
			  char *words)
{
	enum hook_way way = p->mode == MODE_GENERIC ? WAY_XDP_GENERIC : WAY_XDP_NATIVE;
	char why[WORDS_MAX] = "";
	int error;

	words[0] = 0;
	if (p->mode != MODE_TC) {
		if (check_existing(&p->link))
			return -1;
		error = attach_xdp(&a->ingress, p->link.ifindex, program_fd(s, PROGRAM_XDP), way, words);
		if (!error)
			return 0;
		if (error == -EBUSY && somebody_was_first(&p->link))
			return -1;
		if (p->mode != MODE_AUTO)
			return refused(p, way == WAY_XDP_NATIVE ? "native XDP" : "generic XDP", error, words,
				       "--mode auto");
		if (!*words)
			snprintf(words, WORDS_MAX, "%s", strerror(-error));
	}
	error = attach_tc(&a->ingress, p, false, program_fd(s, PROGRAM_INGRESS), why);
	if (!error)
		return 0;
	return refused(p, "tc ingress", error, why, p->mode == MODE_TC ? "--mode auto" : "--mode generic");
}

static void say_where(const struct attachment *a, const struct attachment_plan *p, const char *why)
{
	static const char *const names[] = {"not looked at", "native XDP", "generic XDP", "tcx", "clsact"};
	bool fell = *why && a->ingress.way != WAY_XDP_NATIVE;

	if (p->link.flags & IFF_LOOPBACK)
		say("%s: ingress %s, where each segment is seen once", p->link.name, names[a->ingress.way]);
	else
		say("%s: ingress %s, egress %s%s%s%s", p->link.name, names[a->ingress.way],
		    names[a->egress.way], fell ? " (no native XDP: " : "", fell ? why : "", fell ? ")" : "");
}

int attachment_make(struct attachment *a, const struct attachment_plan *p, const struct synscope_bpf *s)
{
	char why[WORDS_MAX], words[WORDS_MAX];
	int error;

	memset(a, 0, sizeof(*a));
	program_pause(s, true);		      /* until both hooks are there */
	clsact_clear(p->link.ifindex, false); /* where it can't, what is there disturbs nobody */
	if (attach_ingress(a, p, s, why))
		return -1;
	if (p->egress) {
		error = attach_tc(&a->egress, p, true, program_fd(s, PROGRAM_EGRESS), words);
		if (error) {
			attachment_undo(a);
			return refused(p, "tc egress", error, words, "--ingress-only");
		}
	}
	program_pause(s, false);
	say_where(a, p, why); /* from then on everything is seen */
	return 0;
}

static void undo(struct hook_point *h)
{
	if (h->way == WAY_CLSACT)
		clsact_detach(&h->filter);
	else if (h->way != WAY_NONE)
		close(h->link);
	h->way = WAY_NONE;
}

void attachment_undo(struct attachment *a)
{
	/* In reverse: a qdisc goes with the filter that brought it. */
	undo(&a->egress);
	undo(&a->ingress);
}

static void leave(struct hook_point *h)
{
	if (h->way == WAY_CLSACT && h->filter.lock >= 0)
		close(h->filter.lock);
	else if (h->way != WAY_CLSACT && h->way != WAY_NONE)
		close(h->link);
	h->way = WAY_NONE;
}

void attachment_leave(struct attachment *a)
{
	leave(&a->egress);
	leave(&a->ingress);
}
