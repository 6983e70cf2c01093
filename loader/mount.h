/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether what is mounted here is there for others, too. */
#ifndef SYNSCOPE_MOUNT_H
#define SYNSCOPE_MOUNT_H

#include <stdbool.h>

/* This process's mount namespace is not that of process 1: `ip netns exec` makes such a one. */
bool mount_is_private(void);

/* The file system at `path` is mounted in the mount namespace of process 1, too. */
bool mount_is_outside(const char *path);

#endif
