// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The half of pins.h that says where something is pinned: by an interface's name, by its number, and all of
 * it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "netlink.h"
#include "pins.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* Before 5.14 there are no cookies: the inode's number. 0, or -errno. */
static int ask_netns(u64 *netns)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = 0;
	socklen_t size = sizeof(*netns);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, netns, &size))
		error = -errno;
	close(fd);
	if (error != -ENOPROTOOPT)
		return error;
	if (stat("/proc/self/ns/net", &st))
		return -errno;
	*netns = st.st_ino;
	return 0;
}

/* What makes this network namespace this one. Asked once: later there may be no descriptor left to ask with.
 */
static u64 netns_here(void)
{
	static u64 known;
	int error = known ? 0 : ask_netns(&known);

	if (error)
		say_error("network namespace: %s%s", strerror(-error), limit_advice(-error));
	return known;
}

bool pins_know_netns(void)
{
	return netns_here() != 0;
}

static void escape(char *to, const char *name)
{
	for (; *name; name++)
		if (*name == '.' || *name == '%')
			to += sprintf(to, "%%%02x", (unsigned)*name);
		else
			*to++ = *name;
	*to = 0;
}

static void unescape(char *to, size_t room, const char *name, size_t length)
{
	unsigned code;

	while (length && room > 1) {
		bool coded = *name == '%' && length >= 3 && sscanf(name + 1, "%2x", &code) == 1;

		*to++ = coded ? (char)code : *name;
		name += coded ? 3 : 1;
		length -= coded ? 3 : 1;
		room--;
	}
	*to = 0;
}

void pin_place(struct pin *p, const char *bpffs, const char *interface)
{
	char name[3 * LINK_NAME_SIZE];

	memset(p, 0, sizeof(*p));
	p->bpffs = bpffs;
	snprintf(p->interface, sizeof(p->interface), "%s", interface);
	p->netns = netns_here();
	p->here = true;
	escape(name, p->interface);
	snprintf(p->directory, sizeof(p->directory), "%s/synscope/%s@%llu", bpffs, name, p->netns);
}

static bool read_entry(struct pin *p, const char *bpffs, const char *entry)
{
	const char *at = strrchr(entry, '@');

	if (!at || at == entry)
		return false;
	memset(p, 0, sizeof(*p));
	p->bpffs = bpffs;
	unescape(p->interface, sizeof(p->interface), entry, (size_t)(at - entry));
	p->netns = strtoull(at + 1, NULL, 10);
	p->here = p->netns == netns_here();
	return (size_t)snprintf(p->directory, sizeof(p->directory), "%s/synscope/%s", bpffs, entry) <
	       sizeof(p->directory);
}

static int by_directory(const void *a, const void *b)
{
	return strcmp(((const struct pin *)a)->directory, ((const struct pin *)b)->directory);
}

static int collect(DIR *directory, const char *bpffs, enum pin_search search, struct pin **pins)
{
	const struct dirent *entry;
	int count = 0;

	while ((entry = readdir(directory))) {
		struct pin p, *more;

		if (!read_entry(&p, bpffs, entry->d_name) || (search == PINS_HERE && !p.here))
			continue;
		more = realloc(*pins, (size_t)(count + 1) * sizeof(p));
		if (!more)
			return say_error("%s: %s", bpffs, strerror(errno));
		*pins = more;
		more[count++] = p;
	}
	if (count)
		qsort(*pins, (size_t)count, sizeof(**pins), by_directory);
	return count;
}

static DIR *open_root(const char *bpffs)
{
	char root[PATH_MAX];

	snprintf(root, sizeof(root), "%s/synscope", bpffs);
	return opendir(root);
}

int pins_list(const char *bpffs, enum pin_search search, struct pin **pins)
{
	DIR *directory;
	int count;

	*pins = NULL;
	if (pins_check(bpffs))
		return -1;
	directory = open_root(bpffs);
	if (!directory)
		return errno == ENOENT ? 0
				       : say_error("%s/synscope: %s%s", bpffs, strerror(errno),
						   errno == EACCES ? "; run it as root" : "");
	count = collect(directory, bpffs, search, pins);
	closedir(directory);
	if (count < 0) {
		free(*pins);
		*pins = NULL;
	}
	return count;
}

u32 pin_interface(const struct pin *p, char name[IF_NAMESIZE])
{
	struct pin_info info;

	if (pin_read_info(p, &info) || pin_is_orphan(p) || !if_indextoname(info.ifindex, name))
		return 0;
	return info.ifindex;
}

/* By the number of its interface, which may have been renamed since. */
static bool find_by_number(struct pin *p, const char *bpffs, int ifindex)
{
	const struct dirent *entry;
	DIR *directory = open_root(bpffs);
	char name[IF_NAMESIZE];
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = read_entry(p, bpffs, entry->d_name) && p->here &&
			pin_interface(p, name) == (u32)ifindex;
	if (directory)
		closedir(directory);
	return found;
}

void pin_rename(struct pin *p)
{
	char name[IF_NAMESIZE];

	if (p->here && pin_interface(p, name))
		snprintf(p->interface, sizeof(p->interface), "%s", name);
}

void pin_find(struct pin *p, const char *bpffs, const char *interface)
{
	struct link l;

	if (link_find(&l, interface)) {
		pin_place(p, bpffs, interface);
		pin_rename(p);
		return;
	}
	if (find_by_number(p, bpffs, l.ifindex)) {
		snprintf(p->interface, sizeof(p->interface), "%s", l.name);
		return;
	}
	pin_place(p, bpffs, l.name);
	/* what was attached to one of its name, which has another name by now, is not this one's */
	if (!pin_interface(p, p->renamed))
		p->renamed[0] = 0;
}
