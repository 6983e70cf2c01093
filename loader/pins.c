// SPDX-License-Identifier: GPL-2.0-or-later
#include "pins.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "attachment.h"
#include "message.h"
#include "mount.h"
#include "netlink.h"

const char *bpffs_option(const char *bpffs)
{
	static char option[PATH_MAX];

	if (strcmp(bpffs, BPFFS_DEFAULT) == 0)
		return "";
	snprintf(option, sizeof(option), " --bpffs %s", bpffs);
	return option;
}

int pins_check(const char *bpffs)
{
	struct statfs fs;

	if (statfs(bpffs, &fs))
		return say_error("%s: %s; mount one: mkdir -p %s && mount -t bpf bpf %s", bpffs,
				 strerror(errno), bpffs, bpffs);
	if ((unsigned)fs.f_type == BPF_FS_MAGIC)
		return pins_know_netns() ? 0 : -1;
	return say_error("%s: not a BPF file system; mount one: mount -t bpf bpf %s%s", bpffs, bpffs,
			 mount_is_private()
				 ? " (inside `ip netns exec` it would vanish with the command: use "
				   "nsenter --net=/run/netns/NAME instead)"
				 : "");
}

void pins_warn_if_private(const char *bpffs)
{
	if (mount_is_private() && !mount_is_outside(bpffs))
		say("%s: is mounted in this private mount namespace only, and the pins vanish with it: use "
		    "nsenter --net=/run/netns/NAME instead of `ip netns exec`, or --bpffs with one mounted "
		    "outside",
		    bpffs);
}

/* 0 or -errno; not by access(), which asks what the real user may, without capabilities. */
static int look_into(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int pin_look(const struct pin *p)
{
	return *p->renamed ? -ENOENT : look_into(p->directory);
}

bool pins_are_hidden(const char *bpffs)
{
	char root[PATH_MAX];

	snprintf(root, sizeof(root), "%s/synscope", bpffs);
	return pin_is_denied(look_into(root));
}

bool pin_is_denied(int error)
{
	return error == -EACCES || error == -EPERM;
}

int pin_say_hidden(const struct pin *p, int error)
{
	return say_error("%s: %s: %s; this user can't look at it: run it as root%s", p->interface,
			 p->directory, strerror(-error), error == -EPERM ? ", or with CAP_BPF" : "");
}

int pin_say_attached(const struct pin *p)
{
	return say_error("%s: is attached already; take it off first: synscope detach %s%s", p->interface,
			 p->interface, bpffs_option(p->bpffs));
}

int pin_make(const struct pin *p)
{
	char root[PATH_MAX];

	snprintf(root, sizeof(root), "%s/synscope", p->bpffs);
	if (mkdir(root, 0755) && errno != EEXIST)
		return say_error("%s: %s", root, strerror(errno));
	if (!mkdir(p->directory, 0700))
		return 0;
	if (errno == EEXIST)
		return pin_say_attached(p);
	return say_error("%s: %s", p->directory, strerror(errno));
}

static void path_of(char path[PATH_MAX], const struct pin *p, const char *name)
{
	if ((size_t)snprintf(path, PATH_MAX, "%s/%s", p->directory, name) >= PATH_MAX)
		path[0] = 0;
}

int pin_put(const struct pin *p, const char *name, int fd)
{
	char path[PATH_MAX];

	path_of(path, p, name);
	return bpf_obj_pin(fd, path) ? say_error("%s: %s", path, strerror(errno)) : 0;
}

int pin_get(const struct pin *p, const char *name)
{
	char path[PATH_MAX];
	int fd;

	path_of(path, p, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

static bool is_map_of(int fd, u32 type, u32 value_size, u32 entries)
{
	struct bpf_map_info map = {};
	u32 size = sizeof(map);

	return !bpf_obj_get_info_by_fd(fd, &map, &size) && map.type == type &&
	       (!value_size || map.value_size == value_size) && map.max_entries == entries;
}

int pin_get_map(const struct pin *p, const char *name, u32 type, u32 value_size, u32 entries)
{
	int fd = pin_get(p, name);

	if (fd < 0 || is_map_of(fd, type, value_size, entries))
		return fd;
	close(fd);
	return -EBADF;
}

const char *pin_error(int error)
{
	return error == -EBADF ? "what is pinned there is not synscope's" : strerror(-error);
}

int pin_put_info(const struct pin *p, const struct pin_info *info)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "synscope_info", sizeof(u32), sizeof(*info), 1, NULL),
	    result;
	u32 zero = 0;

	if (fd < 0 || bpf_map_update_elem(fd, &zero, info, BPF_ANY))
		result = say_error("%s: %s", p->directory, strerror(errno));
	else
		result = pin_put(p, "info", fd);
	if (fd >= 0)
		close(fd);
	return result;
}

/* Reads the map whatever its size is, so that another version's can be named. 0 or -errno. */
static int read_info(const struct pin *p, struct pin_info *info)
{
	struct bpf_map_info map = {};
	u32 size = sizeof(map), zero = 0;
	int fd = pin_get_map(p, "info", BPF_MAP_TYPE_ARRAY, 0, 1), error = 0;
	char *value = NULL;

	memset(info, 0, sizeof(*info));
	if (fd < 0)
		return fd;
	if (!bpf_obj_get_info_by_fd(fd, &map, &size))
		value = calloc(1, map.value_size + sizeof(*info));
	if (!value || bpf_map_lookup_elem(fd, &zero, value))
		error = -errno;
	else
		memcpy(info, value, sizeof(*info));
	free(value);
	close(fd);
	return error;
}

/* What is read is looked up in tables, and sizes others. */
static bool is_possible(const struct pin_info *info)
{
	u32 buckets = info->config.buckets;

	return info->ingress <= WAY_CLSACT && info->egress <= WAY_CLSACT && buckets &&
	       !(buckets & (buckets - 1));
}

static bool is_own_version(const struct pin_info *info)
{
	return info->layout == LAYOUT_VERSION && info->size == sizeof(*info) &&
	       !strncmp(info->version, SYNSCOPE_VERSION, sizeof(info->version));
}

int pin_read_info(const struct pin *p, struct pin_info *info)
{
	int error = read_info(p, info);

	if (!error && !is_own_version(info))
		error = -EPROTO;
	return error || is_possible(info) ? error : -EBADF;
}

int pin_say_absent(const struct pin *p)
{
	return say_error("%s: nothing is attached here that stays; see: synscope status%s", p->interface,
			 bpffs_option(p->bpffs));
}

int pin_get_info(const struct pin *p, struct pin_info *info)
{
	int error = pin_look(p);

	if (error == -ENOENT)
		return pin_say_absent(p);
	if (!error)
		error = pin_read_info(p, info);
	if (pin_is_denied(error))
		return pin_say_hidden(p, error);
	if (error && error != -EPROTO)
		return say_error("%s: %s: %s; take it off: synscope detach %s%s", p->interface, p->directory,
				 error == -ENOENT ? "an interrupted attach left it incomplete"
						  : pin_error(error),
				 p->interface, bpffs_option(p->bpffs));
	if (!error)
		return 0;
	return say_error("%s: pinned by synscope %.16s (layout %u), this is %s (layout %u); take it off: "
			 "synscope detach %s%s",
			 p->interface, info->version, info->layout, SYNSCOPE_VERSION, LAYOUT_VERSION,
			 p->interface, bpffs_option(p->bpffs));
}

/* A clsact filter has no link: its interface is known by number, as a name may be another one's by now. */
static bool number_is_gone(const struct pin *p)
{
	struct pin_info info;

	return p->here && !pin_read_info(p, &info) && link_is_gone(info.ifindex);
}

bool pin_is_orphan(const struct pin *p)
{
	struct bpf_link_info info = {};
	u32 size = sizeof(info);
	int fd = pin_get(p, "link_ingress");
	bool orphan;

	if (fd < 0)
		return fd == -ENOENT && number_is_gone(p);
	/* A TCX link says its interface at the same place; either says 0 once that is gone. */
	orphan = !bpf_obj_get_info_by_fd(fd, &info, &size) && !info.xdp.ifindex;
	close(fd);
	return orphan;
}

/* A link whose last pin goes is freed some time later; to detach it first is to be done with it now. */
static void detach_link(const struct pin *p, const char *name)
{
	int fd = pin_get(p, name);

	if (fd < 0)
		return;
	bpf_link_detach(fd);
	close(fd);
}

static int remove_entries(DIR *directory, const struct pin *p)
{
	const struct dirent *entry;

	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		if (unlinkat(dirfd(directory), entry->d_name, 0) && errno != ENOENT)
			return say_error("%s/%s: %s", p->directory, entry->d_name, strerror(errno));
	}
	return 0;
}

int pin_remove(const struct pin *p)
{
	DIR *directory = opendir(p->directory);
	char root[PATH_MAX];
	int result;

	if (!directory)
		return say_error("%s: %s", p->directory, strerror(errno));
	detach_link(p, "link_egress");
	detach_link(p, "link_ingress");
	result = remove_entries(directory, p);
	closedir(directory);
	if (result)
		return result;
	if (rmdir(p->directory) && errno != ENOENT)
		return say_error("%s: %s", p->directory, strerror(errno));
	snprintf(root, sizeof(root), "%s", p->directory);
	*strrchr(root, '/') = 0;
	rmdir(root); /* refused as long as something else is in it */
	return 0;
}

int pin_lock_ring(const struct pin *p)
{
	int fd = open(p->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	say_error("%s: %s", p->interface,
		  errno == EWOULDBLOCK ? "another synscope tail reads its events; one at a time can"
				       : strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}
