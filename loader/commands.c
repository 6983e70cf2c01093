// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands.h"

#include <limits.h>

/* A capture is one file; status may be asked of all interfaces. */
const struct command commands[] = {
	{"run", "IFACE...", "attach, show what happens, detach at the end", 1, INT_MAX, command_run,
	 TAKES_INTERFACES},
	{"replay", "FILE", "a pcap or pcapng file (- is standard input) through the same analyzer", 1, 1,
	 command_replay, TAKES_FILE},
	{"attach", "IFACE...", "attach and stay; what is left running is pinned", 1, INT_MAX, command_attach,
	 TAKES_INTERFACES},
	{"tail", "[IFACE...]", "follow what attach left running", 0, INT_MAX, command_tail, TAKES_INTERFACES},
	{"counters", "[IFACE...]", "counters of what attach left running, as JSON", 0, INT_MAX,
	 command_counters, TAKES_INTERFACES},
	{"conns", "[IFACE...]", "the connections that are tracked at this moment", 0, INT_MAX, command_conns,
	 TAKES_INTERFACES},
	{"status", "[IFACE...]", "what is attached, and what this kernel and interface can do", 0, INT_MAX,
	 command_status, TAKES_INTERFACES},
	{"detach", "IFACE... | --all", "take off again what attach left running", 0, INT_MAX, command_detach,
	 TAKES_INTERFACES_OR_ALL},
	{0},
};
