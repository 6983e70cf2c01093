// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope attach IFACE...`: attach, pin, and leave it running. */
#include <errno.h>

#include "capabilities.h"
#include "commands.h"
#include "ending.h"
#include "instrument.h"
#include "message.h"
#include "pins.h"

static int say_taken(const struct pin *p)
{
	struct pin_info info;

	if (pin_get_info(p, &info))
		return -1;
	if (!pin_is_orphan(p))
		return pin_say_attached(p);
	return say_error(
		"%s: an interface of this name is gone, and what was attached to it is left; clear it "
		"away first: synscope detach %s%s",
		p->interface, p->interface, bpffs_option(p->bpffs));
}

/* Looked for first: attaching would fail on our own XDP program and take it for somebody else's. */
static int check_free(const struct arguments *a)
{
	struct pin p;

	for (int i = 0; i < a->operand_count; i++) {
		pin_find(&p, a->bpffs, a->operands[i]);
		if (*p.renamed)
			return say_error(
				"%s: an interface that had this name before goes on as %s, attached; "
				"take it off first: synscope detach %s%s",
				a->operands[i], p.renamed, p.renamed, bpffs_option(a->bpffs));
		if (pin_look(&p) != -ENOENT)
			return say_taken(&p);
	}
	return 0;
}

static int attach_one(const struct arguments *a, const char *interface)
{
	struct instrument_options o = {
		.mode = a->mode,
		.ingress_only = a->ingress_only,
		.stays = true,
		.max_connections = a->max_connections,
		.config = a->config,
	};
	struct instrument i;
	int result = -1;

	ending_hold_signals(); /* a half attached one would stay */
	if (!instrument_open(&i, interface, &o)) {
		result = instrument_pin(&i, a->bpffs);
		instrument_close(&i);
	}
	ending_release_signals();
	if (!result && ending_is_asked()) {
		instrument_detach_pinned(a->bpffs, interface);
		return say_error("%s: interrupted: nothing stays attached", interface);
	}
	return result;
}

/* All or nothing. */
static void detach_all(const struct arguments *a, int count)
{
	while (count-- > 0)
		instrument_detach_pinned(a->bpffs, a->operands[count]);
}

int command_attach(const struct arguments *a)
{
	if (capabilities_require("attach") || pins_check(a->bpffs) || check_free(a))
		return EXIT_FAILED;
	ending_watch_signals();
	for (int i = 0; i < a->operand_count; i++)
		if (attach_one(a, a->operands[i])) {
			detach_all(a, i);
			return EXIT_FAILED;
		}
	pins_warn_if_private(a->bpffs);
	return EXIT_DONE;
}
