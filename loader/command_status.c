// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope status [IFACE...]`: what is attached where, and what kernel and interfaces can and cannot do. */
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "attachment.h"
#include "clock.h"
#include "commands.h"
#include "findings.h"
#include "format.h"
#include "instrument.h"
#include "message.h"
#include "output.h"
#include "pins.h"
#include "printable.h"
#include "probe.h"

struct status {
	struct output output;
	struct pin *pins;
	int pin_count;
	const char *bpffs;
	bool hidden; /* this user can't tell what is pinned */
};

static const struct pin *pin_of(const struct status *s, const char *interface, const struct link *l)
{
	const struct pin *of_name = NULL;
	char name[IF_NAMESIZE];

	for (int n = 0; n < s->pin_count; n++) {
		const struct pin *p = &s->pins[n];
		u32 number = p->here ? pin_interface(p, name) : 0;

		if (number && number == (u32)l->ifindex)
			return p;
		if (p->here && !number && !strcmp(p->interface, interface))
			of_name = p;
	}
	return of_name;
}

static void mend_by_root(struct finding *one, const char *bpffs)
{
	mend(one, "sudo synscope status%s", bpffs_option(bpffs));
}

static void mend_by_detach(struct finding *one, const struct pin *p)
{
	mend(one, "synscope detach %s%s", p->here ? p->interface : "--all", bpffs_option(p->bpffs));
}

/* What `attach` left: where, in which mode, since when. */
static void find_attached(struct findings *f, const struct pin *p)
{
	bool gone = pin_is_orphan(p);
	struct finding *one;
	struct pin_info info;
	int error = pin_read_info(p, &info);

	if (pin_is_denied(error)) {
		mend_by_root(find(f, "attached", NOTE, "something; this user can't look at it"), p->bpffs);
		return;
	}
	if (error) {
		one = find(f, "attached", NOTE, "incomplete, or by another version");
		mend_by_detach(one, p);
		return;
	}
	if (instrument_is_half_detached(p)) {
		one = find(f, "attached", LACKING, "half: a detach was interrupted; nothing is looked at");
		mend_by_detach(one, p);
		return;
	}
	one = find(f, "attached", gone ? NOTE : FINE, "ingress %s, egress %s, since %s%s",
		   ingress_name(info.ingress), egress_name(info.egress) ?: "none",
		   text_moment((s64)info.since + clock_wall_offset()).text,
		   gone ? "; that interface is gone" : "");
	if (gone)
		mend_by_detach(one, p);
}

static void json_attached(struct json *j, const struct pin *p)
{
	char directory[sizeof(p->directory)];
	struct pin_info info;

	if (!p || pin_read_info(p, &info)) {
		json_null(j, "attached");
		return;
	}
	json_object(j, "attached");
	json_word(j, "ingress", ingress_name(info.ingress));
	json_word(j, "egress", egress_name(info.egress));
	json_time(j, "since", (s64)info.since + clock_wall_offset());
	memcpy(directory, p->directory, sizeof(directory));
	make_printable(directory);
	json_string(j, "pins", directory);
	json_end_object(j);
}

/* `l`: NULL where the interface can't be looked at; `interface`: NULL for the kernel. */
static void show(struct status *s, const char *interface, const struct link *l, const struct pin *p,
		 const struct findings *f)
{
	struct json j = {.out = s->output.file};
	char name[IFNAMSIZ] = "";

	snprintf(name, sizeof(name), "%s", interface ?: "");
	make_printable(name);
	if (!s->output.options.json) {
		fprintf(s->output.file, "%s%s\n", interface ? name : "kernel",
			p && !p->here ? " (in another network namespace)" : "");
		findings_print(s->output.file, f);
		return;
	}
	json_object(&j, NULL);
	json_string(&j, "interface", interface ? name : NULL);
	if (interface) {
		if (l)
			json_u64(&j, "ifindex", (u64)l->ifindex);
		else
			json_null(&j, "ifindex");
		json_attached(&j, p);
	}
	findings_json(&j, f);
	json_end_object(&j);
	json_end_line(&j);
}

/* Of an interface that can't be looked at: it is gone, or in another network namespace. */
static void show_pin(struct status *s, const struct pin *p)
{
	struct findings f = {};

	find_attached(&f, p);
	show(s, p->interface, NULL, p, &f);
}

static int show_interface(struct status *s, const char *name)
{
	struct link l;
	int error = link_find(&l, name);
	const struct pin *p = pin_of(s, error ? name : l.name, &l);
	struct findings f = {};

	if (error && p) {
		show_pin(s, p);
		return 0;
	}
	if (error)
		return link_say_not_found(name, error);
	if (p)
		find_attached(&f, p);
	else if (s->hidden)
		mend_by_root(find(&f, "attached", NOTE, "not known: this user can't look at what is pinned"),
			     s->bpffs);
	else
		find(&f, "attached", FINE, "nothing that stays");
	probe_interface(&f, &l);
	show(s, l.name, &l, p, &f);
	return 0;
}

static void show_elsewhere(struct status *s)
{
	char name[IF_NAMESIZE];

	for (int n = 0; n < s->pin_count; n++)
		if (!s->pins[n].here ||
		    (!pin_interface(&s->pins[n], name) && !if_nametoindex(s->pins[n].interface)))
			show_pin(s, &s->pins[n]);
}

static int show_up(struct status *s)
{
	struct if_nameindex *all = if_nameindex();
	struct link l;

	if (!all)
		return say_error("interfaces: %s; name one: synscope status IFACE", strerror(errno));
	for (const struct if_nameindex *i = all; i->if_index; i++)
		if (!link_find(&l, i->if_name) && (l.flags & IFF_UP || pin_of(s, i->if_name, &l)))
			show_interface(s, i->if_name);
	if_freenameindex(all);
	show_elsewhere(s);
	return 0;
}

static void read_pins(struct status *s, const char *bpffs)
{
	struct statfs fs;

	/* Without a BPF file system nothing is pinned: a line of its own says so. */
	if (statfs(bpffs, &fs) || (unsigned)fs.f_type != BPF_FS_MAGIC)
		return;
	s->bpffs = bpffs;
	s->hidden = pins_are_hidden(bpffs);
	if (!s->hidden)
		s->pin_count = pins_list(bpffs, PINS_EVERYWHERE, &s->pins);
}

int command_status(const struct arguments *a)
{
	struct status s = {};
	struct findings kernel = {};
	int failed = 0, closed;

	if (output_open(&s.output, a))
		return EXIT_FAILED;
	read_pins(&s, a->bpffs);
	probe_kernel(&kernel, a->bpffs);
	show(&s, NULL, NULL, NULL, &kernel);
	for (int n = 0; n < a->operand_count; n++)
		failed |= show_interface(&s, a->operands[n]);
	if (!a->operand_count)
		failed = show_up(&s);
	free(s.pins);
	output_flush(&s.output);
	closed = output_close(&s.output);
	return failed ? EXIT_FAILED : closed;
}
