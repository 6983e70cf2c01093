// SPDX-License-Identifier: GPL-2.0-only
#include "arguments.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "quantity.h"

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

/* An option: what help says of it, where it is allowed, and what takes its value (NULL for a flag). */
struct option_row {
	char letter; /* 0: none */
	const char *name;
	const char *value; /* as help shows it; NULL: takes none */
	unsigned commands; /* bits in the order of commands[] */
	const char *help;
	int (*take)(struct arguments *a, const char *value);
};

static int bad_value(const char *option, const char *value, const char *wanted)
{
	return say_error("--%s %s: not %s", option, value, wanted);
}

static int take_time(const char *option, const char *value, u64 *ns)
{
	if (parse_duration(value, ns) || !*ns)
		return bad_value(option, value, "a time, as 500ms, 10s or 5m");
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
	static const char *const modes[] = {"auto", "native", "generic", "tc"};

	for (size_t i = 0; i < COUNT_OF(modes); i++)
		if (!strcmp(value, modes[i])) {
			a->mode = (enum receive_mode)i;
			return 0;
		}
	return bad_value("mode", value, "auto, native, generic or tc");
}

static int take_ingress_only(struct arguments *a, const char *value)
{
	(void)value;
	a->ingress_only = true;
	return 0;
}

static int take_engine(struct arguments *a, const char *value)
{
	if (!strcmp(value, "native"))
		a->engine = ENGINE_NATIVE;
	else if (!strcmp(value, "bpf"))
		a->engine = ENGINE_BPF;
	else
		return bad_value("engine", value, "native or bpf");
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

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (!strcmp(value, words[i])) {
			a->color = (enum color)i;
			return 0;
		}
	return bad_value("color", value, "auto, always or never");
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

/* Handled before the table is searched; they stand in it for help's sake. */
static int take_nothing(struct arguments *a, const char *value)
{
	(void)a;
	(void)value;
	return 0;
}

static const struct option_row options[] = {
	{0, "view", "V", SHOWING, "timeline (default), events, conns or counters", take_view},
	{0, "json", NULL, SHOWING | COUNTERS | CONNS | STATUS, "one JSON object a line", take_json},
	{'o', "output", "FILE", SHOWING | COUNTERS | CONNS, "write there instead of standard output",
	 take_output},
	{0, "color", "WHEN", SHOWING | CONNS | STATUS,
	 "auto (default), always or never; NO_COLOR is honoured", take_color},
	{'d', "duration", "TIME", RUN | TAIL, "end after TIME: 500ms, 10s, 5m", take_duration},
	{'c', "count", "N", SHOWING, "end after N units of the view", take_count},
	{0, "interval", "TIME", SHOWING, "of the counters view (1s)", take_interval},
	{0, "host", "ADDR[/LEN]", LOADING, "only connections with this address; decided in the kernel",
	 take_host},
	{0, "port", "N", LOADING, "only connections with this port", take_port},
	{'4', "ipv4", NULL, LOADING, "only IPv4", take_ipv4},
	{'6', "ipv6", NULL, LOADING, "only IPv6", take_ipv6},
	{0, "failed", NULL, SHOWING, "only refused, unanswered, unfinished or reset ones", take_failed},
	{0, "slow", "TIME", SHOWING, "only those whose handshake took longer", take_slow},
	{0, "segments", NULL, LOADING, "an event for every segment", take_segments},
	{'m', "mode", "MODE", RUN | ATTACH,
	 "auto (default), native, generic or tc: how received frames are seen", take_mode},
	{0, "ingress-only", NULL, RUN | ATTACH, "no egress program: one half is not looked at",
	 take_ingress_only},
	{'e', "engine", "E", REPLAY, "native (default) or bpf: the programs in the kernel", take_engine},
	{0, "max-connections", "N", LOADING, "size of the connection table (65536)", take_max_connections},
	{0, "idle-timeout", "TIME", LOADING, "when a silent connection is given up (5m)", take_idle_timeout},
	{0, "time-wait", "TIME", LOADING, "how long TIME_WAIT is taken to last (60s)", take_time_wait},
	{0, "linger", "TIME", LOADING, "how long a closed record waits for late segments (5s)", take_linger},
	{0, "all", NULL, DETACH, "everything that attach left running", take_all},
	{0, "bpffs", "DIR", ATTACH | TAIL | COUNTERS | CONNS | STATUS | DETACH,
	 "the BPF file system to pin in (/sys/fs/bpf)", take_bpffs},
	{'v', "verbose", NULL, ALL_COMMANDS, "say more; twice: libbpf's words too", take_verbose},
	{'q', "quiet", NULL, ALL_COMMANDS, "errors only", take_quiet},
	{'h', "help", NULL, ALL_COMMANDS, "this", take_nothing},
	{'V', "version", NULL, ALL_COMMANDS, "the version", take_nothing},
};

static unsigned command_bit(const struct command *c)
{
	return 1U << (c - commands);
}

static void print_options(FILE *out, unsigned allowed)
{
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		const struct option_row *o = &options[i];
		char form[64], letter[4] = "   ";

		if (!(o->commands & allowed))
			continue;
		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c,", o->letter);
		snprintf(form, sizeof(form), "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		fprintf(out, "  %s %-22s %s\n", letter, form, o->help);
	}
}

static void print_help(const struct command *only)
{
	if (only) {
		printf("synscope %s %s\n  %s\n\noptions:\n", only->name, only->operands, only->summary);
		print_options(stdout, command_bit(only));
		return;
	}
	printf("synscope: TCP connections as they begin and end, seen from the kernel's fast path\n\n"
	       "usage: synscope COMMAND [OPTION...] [OPERAND...]\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-9s %-17s %s\n", c->name, c->operands, c->summary);
	printf("\noptions (synscope COMMAND --help shows those of one command):\n");
	print_options(stdout, ALL_COMMANDS);
	printf("\nexamples:\n"
	       "  sudo synscope run eth0                      handshakes and teardowns as timelines\n"
	       "  sudo synscope run eth0 --failed             only what went wrong\n"
	       "  sudo synscope run eth0 --view conns --json  records with the names of Zeek's conn.log\n"
	       "  synscope replay trace.pcap                  the same for a capture, without privileges\n");
}

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static const struct option_row *find_option(const char *name, size_t length)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (strlen(options[i].name) == length && !memcmp(options[i].name, name, length))
			return &options[i];
	return NULL;
}

static const struct option_row *find_letter(char letter)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* Gives an option its value: behind `=` or the letter (inline_value), else the next word. */
static int take_option(struct arguments *a, const struct option_row *o, const char *inline_value, int argc,
		       char **argv, int *at)
{
	const char *value = inline_value;

	if (!(o->commands & command_bit(a->command))) {
		say_error("--%s: not an option of %s; see synscope %s --help", o->name, a->command->name,
			  a->command->name);
		return -1;
	}
	if (!o->value)
		return inline_value ? say_error("--%s: takes no value", o->name) : o->take(a, NULL);
	if (!value) {
		if (*at + 1 >= argc)
			return say_error("--%s: needs %s", o->name, o->value);
		value = argv[++*at];
	}
	return o->take(a, value);
}

static int take_long(struct arguments *a, int argc, char **argv, int *at)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct option_row *o = find_option(word, length);

	if (!o)
		return say_error("--%.*s: no such option; see synscope --help", (int)length, word);
	return take_option(a, o, equals ? equals + 1 : NULL, argc, argv, at);
}

/* Letters may stand together, the last one with its value: -vd 10s, -d10s. */
static int take_letters(struct arguments *a, int argc, char **argv, int *at)
{
	for (const char *letter = argv[*at] + 1; *letter; letter++) {
		const struct option_row *o = find_letter(*letter);

		if (!o)
			return say_error("-%c: no such option; see synscope --help", *letter);
		if (o->value)
			return take_option(a, o, letter[1] ? letter + 1 : NULL, argc, argv, at);
		if (take_option(a, o, NULL, argc, argv, at))
			return -1;
	}
	return 0;
}

static int take_words(struct arguments *a, int argc, char **argv)
{
	bool only_operands = false;

	for (int i = 2; i < argc; i++) {
		const char *word = argv[i];
		int failed = 0;

		if (only_operands || word[0] != '-' || !word[1])
			a->operands[a->operand_count++] = argv[i];
		else if (!strcmp(word, "--"))
			only_operands = true;
		else if (word[1] == '-')
			failed = take_long(a, argc, argv, &i);
		else
			failed = take_letters(a, argc, argv, &i);
		if (failed)
			return -1;
	}
	return 0;
}

static int check(const struct arguments *a)
{
	const struct command *c = a->command;
	bool records = a->view == &view_timeline || a->view == &view_conns;

	if (a->operand_count < c->least || a->operand_count > c->most)
		return say_error("%s: usage: synscope %s %s", c->name, c->name, c->operands);
	if (c->or_all && !a->operand_count == !a->all)
		return say_error("%s: name interfaces, or give --all", c->name);
	if ((a->view_options.failed || a->view_options.slow) && !records)
		return say_error("--%s: goes with --view timeline and --view conns only",
				 a->view_options.failed ? "failed" : "slow");
	return 0;
}

static void set_defaults(struct arguments *a)
{
	enum { SECOND_NS = 1000000000 };

	memset(a, 0, sizeof(*a));
	a->view = &view_timeline;
	a->interval = SECOND_NS;
	a->max_connections = 65536;
	a->bpffs = "/sys/fs/bpf";
	a->config.idle_timeout = 300ULL * SECOND_NS;
	a->config.time_wait = 60ULL * SECOND_NS;
	a->config.linger = 5ULL * SECOND_NS;
}

/* -h and -V are obeyed wherever they stand. */
static bool asks(int argc, char **argv, const char *letter, const char *name)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], letter) || !strcmp(argv[i], name))
			return true;
	return false;
}

int arguments_parse(struct arguments *a, int argc, char **argv)
{
	const struct command *c = argc > 1 ? find_command(argv[1]) : NULL;

	set_defaults(a);
	if (asks(argc, argv, "-h", "--help") || (argc == 2 && !strcmp(argv[1], "help"))) {
		print_help(c);
		return EXIT_DONE;
	}
	if (asks(argc, argv, "-V", "--version")) {
		printf("synscope %s\n", SYNSCOPE_VERSION);
		return EXIT_DONE;
	}
	if (!c) {
		say_error("%s: %s; see synscope --help", argc > 1 ? argv[1] : "synscope",
			  argc > 1 ? "no such command" : "which command?");
		return EXIT_USAGE;
	}
	a->command = c;
	a->operands = calloc((size_t)argc, sizeof(*a->operands));
	if (!a->operands)
		return say_error("command line: %s", strerror(ENOMEM)), EXIT_FAILED;
	if (take_words(a, argc, argv) || check(a))
		return EXIT_USAGE;
	return EXIT_DONE;
}

void arguments_free(struct arguments *a)
{
	free(a->operands);
	a->operands = NULL;
}
