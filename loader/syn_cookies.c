// SPDX-License-Identifier: GPL-2.0-or-later
#include "syn_cookies.h"

#include <stdlib.h>
#include <string.h>

/* Takes the number of a name, if it is one of ours. How many of the three it was. */
static int take(struct syn_cookies *c, const char *name, const char *number)
{
	u64 *to = NULL;

	if (!strcmp(name, "SyncookiesSent"))
		to = &c->sent;
	else if (!strcmp(name, "SyncookiesRecv"))
		to = &c->received;
	else if (!strcmp(name, "SyncookiesFailed"))
		to = &c->failed;
	if (!to)
		return 0;
	*to = strtoull(number, NULL, 10);
	return 1;
}

/* The names are in one line, their numbers in the next, both behind the same first word. */
static void take_lines(struct syn_cookies *c, char *names, char *numbers)
{
	char *next_name = NULL, *next_number = NULL;
	const char *name = strtok_r(names, " \n", &next_name);
	const char *number = strtok_r(numbers, " \n", &next_number);
	int found = 0;

	while (name && number) {
		found += take(c, name, number);
		name = strtok_r(NULL, " \n", &next_name);
		number = strtok_r(NULL, " \n", &next_number);
	}
	c->known = found == 3;
}

struct syn_cookies syn_cookies_read(FILE *file)
{
	struct syn_cookies c = {.known = false};
	char *names = NULL, *numbers = NULL;
	size_t names_size = 0, numbers_size = 0;

	while (!c.known && getline(&names, &names_size, file) > 0 &&
	       getline(&numbers, &numbers_size, file) > 0)
		if (!strncmp(names, "TcpExt:", strlen("TcpExt:")))
			take_lines(&c, names, numbers);
	free(names);
	free(numbers);
	return c;
}

struct syn_cookies syn_cookies_now(void)
{
	struct syn_cookies c = {.known = false};
	FILE *file = fopen("/proc/thread-self/net/netstat", "re");

	if (!file)
		return c;
	c = syn_cookies_read(file);
	fclose(file);
	return c;
}

struct syn_cookies syn_cookies_between(const struct syn_cookies *before, const struct syn_cookies *after)
{
	struct syn_cookies c = {.known = before->known && after->known};

	if (!c.known)
		return c;
	c.sent = after->sent - before->sent;
	c.received = after->received - before->received;
	c.failed = after->failed - before->failed;
	return c;
}
