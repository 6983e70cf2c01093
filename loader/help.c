// SPDX-License-Identifier: GPL-2.0-or-later
#include "help.h"

#include <stdio.h>

#include "option_table.h"

static const char *const headings[GROUPS] = {
	[GROUP_OUTPUT] = "what is shown",      [GROUP_END] = "until when",
	[GROUP_FILTER] = "which connections",  [GROUP_WATCHING] = "how it is watched",
	[GROUP_PINS] = "what is left running", [GROUP_GENERAL] = "general",
};

static void print_option(const struct option_row *o)
{
	char form[64], letter[4] = "   ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c,", o->letter);
	snprintf(form, sizeof(form), "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
	printf("  %s %-22s %s\n", letter, form, o->help);
}

/* Those of the commands in `allowed`, each group below its heading. */
static void print_options(unsigned allowed)
{
	int heading = -1;

	for (const struct option_row *o = option_table; o->name; o++) {
		if (!(o->commands & allowed))
			continue;
		if ((int)o->group != heading)
			printf("\n%s:\n", headings[o->group]);
		heading = (int)o->group;
		print_option(o);
	}
}

void help_print(const struct command *only)
{
	if (only) {
		printf("synscope %s %s\n  %s\n", only->name, only->operands, only->summary);
		print_options(command_bit(only));
		return;
	}
	printf("synscope: TCP connections as they begin and end, seen from the kernel's fast path\n\n"
	       "usage: synscope COMMAND [OPTION...] [OPERAND...]\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++)
		printf("  %-9s %-17s %s\n", c->name, c->operands, c->summary);
	printf("\nsynscope COMMAND --help shows the options of one command. All of them (TIME: a number and\n"
	       "ns, us, ms, s, m or h; without a unit: seconds):\n");
	print_options(~0U);
	printf("\nexamples:\n"
	       "  sudo synscope run eth0                      handshakes and teardowns as timelines\n"
	       "  sudo synscope run eth0 --failed             only what went wrong\n"
	       "  sudo synscope run eth0 --view conns --json  records with the names of Zeek's conn.log\n"
	       "  synscope replay trace.pcap                  the same for a capture, without privileges\n");
}
