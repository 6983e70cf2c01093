/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver says of its XDP, from the generic netlink family "netdev" (kernel 6.3). */
#ifndef SYNSCOPE_XDP_FEATURES_H
#define SYNSCOPE_XDP_FEATURES_H

#include "platform.h"

enum { XDP_FEATURE_BASIC = 1 << 0, XDP_FEATURE_FRAGS = 1 << 5 };

/* 0 or -errno: -ENOENT where the kernel has no such family. */
int xdp_features(int ifindex, u64 *features);

#endif
