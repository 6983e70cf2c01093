// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arithmetic.h"
#include "help.h"
#include "message.h"
#include "netlink.h"
#include "option_table.h"
#include "pins.h"

static const struct command *find_command(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static const struct option_row *find_option(const char *name, size_t length)
{
	for (const struct option_row *o = option_table; o->name; o++)
		if (strlen(o->name) == length && !memcmp(o->name, name, length))
			return o;
	return NULL;
}

static const struct option_row *find_letter(char letter)
{
	for (const struct option_row *o = option_table; o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* Gives an option its value: behind `=` or the letter (inline_value), else the next word. */
static int take_option(struct arguments *a, const struct option_row *o, const char *inline_value, int argc,
		       char **argv, int *at)
{
	const char *value = inline_value;

	if (!(o->commands & command_bit(a->command)))
		return say_error("--%s: not an option of %s; see synscope %s --help", o->name,
				 a->command->name, a->command->name);
	if (!o->value)
		return inline_value ? say_error("--%s: takes no value", o->name) : o->take(a, NULL);
	if (!value) {
		if (*at + 1 >= argc)
			return say_error("--%s: needs a value: %s", o->name, o->value);
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

/* By its name, or by another one of its names. */
static bool is_same_interface(const char *a, const char *b)
{
	unsigned index = if_nametoindex(a);

	return !strcmp(a, b) || (index && index == if_nametoindex(b));
}

/*
 * No interface has a longer name than that; whoever cut it would find another one. One that is named twice is
 * one: watched twice, all of it would be counted twice.
 */
static int take_operand(struct arguments *a, char *word)
{
	bool is_interface = a->command->takes != TAKES_FILE;

	if (is_interface && strlen(word) >= LINK_NAME_SIZE)
		return say_error("%s: no such interface: a name has at most %d characters", word,
				 LINK_NAME_SIZE - 1);
	for (char **other = a->operands; is_interface && *other; other++)
		if (is_same_interface(*other, word))
			return 0;
	a->operands[a->operand_count++] = word;
	return 0;
}

static int take_words(struct arguments *a, int argc, char **argv)
{
	bool only_operands = false;

	for (int i = 2; i < argc; i++) {
		const char *word = argv[i];
		int failed = 0;

		if (only_operands || word[0] != '-' || !word[1])
			failed = take_operand(a, argv[i]);
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

static const char *missing_or_more(const struct command *c, int operands)
{
	if (operands > c->most)
		return "more than one capture";
	return c->takes == TAKES_FILE ? "no capture given" : "no interface given";
}

/* An address is of one IP version: a short prefix of IPv6 must not take in IPv4, which is kept mapped. */
static int settle_versions(struct config *c)
{
	union address address;
	u8 version;

	memcpy(address.bytes, c->filter_address, sizeof(address.bytes));
	version = is_ipv4_mapped(&address) && c->filter_mask[11] == 0xff ? 4 : 6;
	if (!c->filter_host)
		return 0;
	if (c->filter_version && c->filter_version != version)
		return say_error(
			"-%u and an IPv%u address of --host together leave nothing: give one of them",
			c->filter_version, version);
	c->filter_version = version;
	return 0;
}

/* What no option can tell alone. */
static int check(const struct arguments *a)
{
	const struct command *c = a->command;
	bool records = a->view == &view_timeline || a->view == &view_conns;

	if (a->operand_count < c->least || a->operand_count > c->most)
		return say_error("%s: %s; usage: synscope %s [OPTION...] %s", c->name,
				 missing_or_more(c, a->operand_count), c->name, c->operands);
	if (c->takes == TAKES_INTERFACES_OR_ALL && !a->operand_count == !a->all)
		return say_error("%s: name interfaces, or give --all", c->name);
	if ((a->view_options.failed || a->view_options.slow) && !records)
		return say_error("--%s: goes with --view timeline and --view conns only",
				 a->view_options.failed ? "failed" : "slow");
	return 0;
}

static void set_defaults(struct arguments *a)
{
	memset(a, 0, sizeof(*a));
	a->view = &view_timeline;
	a->interval = NS_PER_SECOND;
	a->max_connections = 65536;
	a->bpffs = BPFFS_DEFAULT;
	a->config.idle_timeout = 300ULL * NS_PER_SECOND;
	a->config.time_wait = 60ULL * NS_PER_SECOND;
	a->config.linger = 5ULL * NS_PER_SECOND;
}

/* -h and -V are obeyed wherever they stand. */
static bool asks(int argc, char **argv, const char *letter, const char *name)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], letter) || !strcmp(argv[i], name))
			return true;
	return false;
}

static int no_such_command(const char *name)
{
	say_error("%s: no such command; see synscope --help", name);
	return EXIT_USAGE;
}

/* help, help COMMAND and COMMAND --help. */
static int help(const char *name)
{
	const struct command *c = name && *name != '-' ? find_command(name) : NULL;

	if (name && *name != '-' && !c && strcmp(name, "help") != 0)
		return no_such_command(name);
	help_print(c);
	return EXIT_DONE;
}

int arguments_parse(struct arguments *a, int argc, char **argv)
{
	const struct command *c = argc > 1 ? find_command(argv[1]) : NULL;

	set_defaults(a);
	if (argc > 1 && !strcmp(argv[1], "help"))
		return help(argv[2]);
	if (asks(argc, argv, "-h", "--help"))
		return help(argv[1]);
	if (asks(argc, argv, "-V", "--version")) {
		printf("synscope %s\n", SYNSCOPE_VERSION);
		return EXIT_DONE;
	}
	if (!c) {
		if (argc > 1)
			return no_such_command(argv[1]);
		say_error("command line: no command; see synscope --help");
		return EXIT_USAGE;
	}
	a->command = c;
	a->operands = calloc((size_t)argc, sizeof(*a->operands));
	if (!a->operands)
		return say_error("command line: %s", strerror(ENOMEM)), EXIT_FAILED;
	if (take_words(a, argc, argv) || check(a) || settle_versions(&a->config))
		return EXIT_USAGE;
	a->config.payloads = a->view->final != NULL; /* only records name the application protocol */
	return EXIT_DONE;
}

void arguments_free(struct arguments *a)
{
	free(a->operands);
	a->operands = NULL;
}
