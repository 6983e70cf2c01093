// SPDX-License-Identifier: GPL-2.0-or-later
#include "mount.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct mount {
	int id;
	unsigned device_major, device_minor;
};

/* Reads the next line: "36 35 98:0 /mnt1 ...", the mount's number, its parent's, the file system's device. */
static bool next_mount(FILE *f, struct mount *m)
{
	/* the rest of a line may be long: an overlay names all its layers */
	return fscanf(f, "%d %*d %u:%u%*[^\n]", &m->id, &m->device_major, &m->device_minor) == 3;
}

/* Process 1 is the measure. Its namespace file needs rights to look at, its list of mounts none. */
static FILE *outside(void)
{
	return fopen("/proc/1/mountinfo", "re");
}

bool mount_is_private(void)
{
	FILE *own = fopen("/proc/self/mountinfo", "re"), *others = outside();
	struct mount here, there;
	bool known = own && others && next_mount(own, &here), shared = false;

	/* A mount's number is unique in the whole kernel: a copied namespace has other ones. */
	while (known && !shared && next_mount(others, &there))
		shared = here.id == there.id;
	if (own)
		fclose(own);
	if (others)
		fclose(others);
	return known && !shared;
}

bool mount_is_outside(const char *path)
{
	FILE *f = outside();
	bool found = false;
	struct mount m;
	struct stat st;

	while (f && !found && !stat(path, &st) && next_mount(f, &m))
		found = makedev(m.device_major, m.device_minor) == st.st_dev;
	if (f)
		fclose(f);
	return found;
}
