// SPDX-License-Identifier: GPL-2.0-or-later
#include "option_table.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "message.h"
#include "pins.h"
#include "quantity.h"

/* The commands, in the order of commands[]. */
#define RUN	     1U
#define REPLAY	     2U
#define ATTACH	     4U
#define TAIL	     8U
#define COUNTERS     16U
#define CONNS	     32U
#define STATUS	     64U
#define DETACH	     128U
#define ALL_COMMANDS 255U
#define SHOWING	     (RUN | REPLAY | TAIL)
#define LOADING	     (RUN | REPLAY | ATTACH)

static int bad_value(const char *option, const char *value, const char *wanted)
{
	return say_error("--%s %s: not %s", option, value, wanted);
}

/* The place of a value among words that stand in the order of their enum; -1: it is none of them. */
static int find_word(const char *const *words, size_t count, const char *value)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(value, words[i]))
			return (int)i;
	return -1;
}

/* A time that is not 0. */
static int take_time(const char *option, const char *value, u64 *ns)
{
	if (parse_duration(value, ns))
		return bad_value(option, value, "a time, as 500ms, 10s or 5m");
	if (!*ns)
		return bad_value(option, value, "a time above 0");
	return 0;
}

static int take_duration(struct arguments *a, const char *value)
{
	return take_time("duration", value, &a->duration);
}

static int take_count(struct arguments *a, const char *value)
{
	if (parse_number(value, 1, UINT64_MAX, &a->count))
		return bad_value("count", value, "a number from 1 on");
	return 0;
}

static int take_interval(struct arguments *a, const char *value)
{
	return take_time("interval", value, &a->interval);
}

static int take_idle_timeout(struct arguments *a, const char *value)
{
	return take_time("idle-timeout", value, &a->config.idle_timeout);
}

static int take_time_wait(struct arguments *a, const char *value)
{
	return take_time("time-wait", value, &a->config.time_wait);
}

static int take_linger(struct arguments *a, const char *value)
{
	if (parse_duration(value, &a->config.linger))
		return bad_value("linger", value, "a time, as 500ms, 10s or 5m");
	return 0;
}

static int take_slow(struct arguments *a, const char *value)
{
	return take_time("slow", value, &a->view_options.slow);
}

static int take_failed(struct arguments *a, const char *value)
{
	(void)value;
	a->view_options.failed = true;
	return 0;
}

static int take_view(struct arguments *a, const char *value)
{
	const struct view *const views[] = {&view_timeline, &view_events, &view_conns, &view_counters};

	for (size_t i = 0; i < COUNT_OF(views); i++)
		if (!strcmp(value, views[i]->name)) {
			a->view = views[i];
			return 0;
		}
	return bad_value("view", value, "timeline, events, conns or counters");
}

static int take_json(struct arguments *a, const char *value)
{
	(void)value;
	a->view_options.json = true;
	return 0;
}

static void set_mask(u8 *mask, unsigned bits)
{
	for (unsigned i = 0; i < 16; i++, bits -= bits < 8 ? bits : 8)
		mask[i] = bits >= 8 ? 0xff : (u8)(0xff00 >> bits);
}

/* --host ADDR[/LEN]: an IPv4 address is kept as ::ffff:a.b.c.d, so its prefix is 96 bits longer. */
static int take_host(struct arguments *a, const char *value)
{
	char text[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(value, '/');
	size_t length = slash ? (size_t)(slash - value) : strlen(value);
	u8 *address = a->config.filter_address;
	unsigned widest = 128, shift = 0;
	u64 bits;

	if (length >= sizeof(text))
		return bad_value("host", value, "an address");
	memcpy(text, value, length);
	text[length] = 0;
	if (inet_pton(AF_INET6, text, address) != 1) {
		memset(address, 0, 10);
		memset(address + 10, 0xff, 2);
		if (inet_pton(AF_INET, text, address + 12) != 1)
			return bad_value("host", value, "an IPv4 or IPv6 address, with /LEN or without");
		widest = 32;
		shift = 96;
	}
	bits = widest;
	if (slash && parse_number(slash + 1, 0, widest, &bits))
		return bad_value("host", value, "an address with a prefix length that fits it");
	set_mask(a->config.filter_mask, (unsigned)bits + shift);
	a->config.filter_host = 1;
	return 0;
}

static int take_port(struct arguments *a, const char *value)
{
	u64 port;

	if (parse_number(value, 1, 65535, &port))
		return bad_value("port", value, "a port from 1 to 65535");
	a->config.filter_port = (u16)port;
	return 0;
}

static int take_version_filter(struct arguments *a, u8 version)
{
	if (a->config.filter_version && a->config.filter_version != version)
		return say_error("-4 and -6 together leave nothing: give one of them, or none");
	a->config.filter_version = version;
	return 0;
}

static int take_ipv4(struct arguments *a, const char *value)
{
	(void)value;
	return take_version_filter(a, 4);
}

static int take_ipv6(struct arguments *a, const char *value)
{
	(void)value;
	return take_version_filter(a, 6);
}

static int take_segments(struct arguments *a, const char *value)
{
	(void)value;
	a->config.segments = 1;
	return 0;
}

static int take_mode(struct arguments *a, const char *value)
{
	static const char *const words[] = {"auto", "native", "generic", "tc"};
	int mode = find_word(words, COUNT_OF(words), value);

	if (mode < 0)
		return bad_value("mode", value, "auto, native, generic or tc");
	a->mode = (enum receive_mode)mode;
	return 0;
}

static int take_ingress_only(struct arguments *a, const char *value)
{
	(void)value;
	a->ingress_only = true;
	return 0;
}

static int take_engine(struct arguments *a, const char *value)
{
	static const char *const words[] = {"native", "bpf"};
	int engine = find_word(words, COUNT_OF(words), value);

	if (engine < 0)
		return bad_value("engine", value, "native or bpf");
	a->engine = (enum engine_kind)engine;
	return 0;
}

static int take_max_connections(struct arguments *a, const char *value)
{
	u64 n;

	if (parse_number(value, 1, MAX_CONNECTIONS_LIMIT, &n))
		return bad_value("max-connections", value, "a number from 1 to 16777216");
	a->max_connections = (u32)n;
	return 0;
}

static int take_output(struct arguments *a, const char *value)
{
	a->output = value;
	return 0;
}

static int take_color(struct arguments *a, const char *value)
{
	static const char *const words[] = {"auto", "always", "never"};
	int color = find_word(words, COUNT_OF(words), value);

	if (color < 0)
		return bad_value("color", value, "auto, always or never");
	a->color = (enum color)color;
	return 0;
}

static int take_bpffs(struct arguments *a, const char *value)
{
	a->bpffs = value;
	return 0;
}

static int take_all(struct arguments *a, const char *value)
{
	(void)value;
	a->all = true;
	return 0;
}

static int take_verbose(struct arguments *a, const char *value)
{
	(void)a;
	(void)value;
	verbosity++;
	return 0;
}

static int take_quiet(struct arguments *a, const char *value)
{
	(void)a;
	(void)value;
	verbosity = 0;
	return 0;
}

/* Looked for before all others (arguments_parse); they stand in the table for help's sake. */
static int take_asked_too_late(struct arguments *a, const char *value)
{
	(void)a;
	(void)value;
	return say_error("-h and -V stand alone");
}

const struct option_row option_table[] = {
	{GROUP_OUTPUT, 0, "view", "V", SHOWING, "timeline (default), events, conns or counters", take_view},
	{GROUP_OUTPUT, 0, "json", NULL, SHOWING | COUNTERS | CONNS | STATUS, "one JSON object a line",
	 take_json},
	{GROUP_OUTPUT, 'o', "output", "FILE", SHOWING | COUNTERS | CONNS,
	 "write to FILE instead of standard output", take_output},
	{GROUP_OUTPUT, 0, "color", "WHEN", SHOWING | CONNS | STATUS,
	 "auto (default), always or never; NO_COLOR is honoured", take_color},
	{GROUP_OUTPUT, 0, "interval", "TIME", SHOWING,
	 "of the counters view: from one object to the next (1s)", take_interval},
	{GROUP_END, 'd', "duration", "TIME", RUN | TAIL, "end after TIME: 500ms, 10s, 5m", take_duration},
	{GROUP_END, 'c', "count", "N", SHOWING, "end after N units of the view: blocks, lines or objects",
	 take_count},
	{GROUP_FILTER, 0, "host", "ADDR[/LEN]", LOADING,
	 "only connections with this address, or one of this prefix", take_host},
	{GROUP_FILTER, 0, "port", "N", LOADING, "only connections with this port", take_port},
	{GROUP_FILTER, '4', "ipv4", NULL, LOADING, "only IPv4", take_ipv4},
	{GROUP_FILTER, '6', "ipv6", NULL, LOADING, "only IPv6", take_ipv6},
	{GROUP_FILTER, 0, "failed", NULL, SHOWING,
	 "only refused, unanswered, unfinished or reset ones (timeline, conns)", take_failed},
	{GROUP_FILTER, 0, "slow", "TIME", SHOWING, "only those whose handshake took longer (timeline, conns)",
	 take_slow},
	{GROUP_WATCHING, 0, "segments", NULL, LOADING,
	 "an event for every segment, not only for those that change something", take_segments},
	{GROUP_WATCHING, 'm', "mode", "MODE", RUN | ATTACH,
	 "auto (default), native, generic or tc: how received frames are seen", take_mode},
	{GROUP_WATCHING, 0, "ingress-only", NULL, RUN | ATTACH,
	 "no egress program: one half is not looked at", take_ingress_only},
	{GROUP_WATCHING, 'e', "engine", "E", REPLAY, "native (default) or bpf: the programs in the kernel",
	 take_engine},
	{GROUP_WATCHING, 0, "max-connections", "N", LOADING, "size of the connection table (65536)",
	 take_max_connections},
	{GROUP_WATCHING, 0, "idle-timeout", "TIME", LOADING, "when a silent connection is given up (5m)",
	 take_idle_timeout},
	{GROUP_WATCHING, 0, "time-wait", "TIME", LOADING, "how long TIME_WAIT is taken to last (60s)",
	 take_time_wait},
	{GROUP_WATCHING, 0, "linger", "TIME", LOADING,
	 "how long a record waits for late segments after its close (5s)", take_linger},
	{GROUP_PINS, 0, "all", NULL, DETACH, "everything that attach left running", take_all},
	{GROUP_PINS, 0, "bpffs", "DIR", ATTACH | TAIL | COUNTERS | CONNS | STATUS | DETACH,
	 "the BPF file system to pin in (" BPFFS_DEFAULT ")", take_bpffs},
	{GROUP_GENERAL, 'v', "verbose", NULL, ALL_COMMANDS,
	 "say more; -vv: libbpf's words too; -vvv: all of them", take_verbose},
	{GROUP_GENERAL, 'q', "quiet", NULL, ALL_COMMANDS, "errors only", take_quiet},
	{GROUP_GENERAL, 'h', "help", NULL, ALL_COMMANDS, "this text", take_asked_too_late},
	{GROUP_GENERAL, 'V', "version", NULL, ALL_COMMANDS, "the version", take_asked_too_late},
	{0},
};

unsigned command_bit(const struct command *c)
{
	return 1U << (c - commands);
}
