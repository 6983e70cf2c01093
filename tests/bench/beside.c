// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attaches one of the programs that stand beside synscope's (beside.bpf.c) to both hooks of an interface, as
 * synscope's are, with a table for as many connections as synscope's has, until it is ended.
 *
 *   beside OBJECT parse|records IFACE native|tc
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel_numbers.h"
#include "message.h"
#include "packets_object.h"

enum { CONNECTIONS = 65536 }; /* as --max-connections has it where it is not given */

/* 0, or -1, said. Detached with the process. */
static int attach(int program, int ifindex, enum bpf_attach_type type)
{
	LIBBPF_OPTS(bpf_link_create_opts, o, .flags = type == BPF_XDP ? XDP_FLAGS_DRV_MODE : TCX_FLAG_BEFORE);

	return bpf_link_create(program, ifindex, type, &o) < 0
		       ? say_error("can't be attached: %s", strerror(errno))
		       : 0;
}

int main(int argc, char **argv)
{
	bool native = argc == 5 && !strcmp(argv[4], "native");
	int ifindex = argc == 5 ? (int)if_nametoindex(argv[3]) : 0;
	struct config config;
	struct bpf_object *o;

	if (!ifindex) {
		say_error("usage: beside OBJECT parse|records IFACE native|tc");
		return 2;
	}
	object_config(&config, CONNECTIONS, false);
	o = object_load(argv[1], "", &config);
	if (!o ||
	    attach(object_program(o, "%s_%s", argv[2], native ? "xdp" : "tc"), ifindex,
		   native ? BPF_XDP : (enum bpf_attach_type)ATTACH_TCX_INGRESS) ||
	    attach(object_program(o, "%s_%s", argv[2], "tc"), ifindex,
		   (enum bpf_attach_type)ATTACH_TCX_EGRESS))
		return 1;
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
