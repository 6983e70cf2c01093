// SPDX-License-Identifier: GPL-2.0-or-later
#include "xdp_features.h"

#include <errno.h>
#include <string.h>

#include "netlink.h"

/* linux/netdev.h, newer than Debian 12's headers. */
enum { NETDEV_DEV_GET = 1, NETDEV_IFINDEX = 1, NETDEV_XDP_FEATURES = 3 };

static void read_family(const struct nlmsghdr *message, void *context)
{
	const struct rtattr *a[CTRL_ATTR_FAMILY_ID + 1];

	netlink_attributes(a, COUNT_OF(a), message, sizeof(struct genlmsghdr));
	if (a[CTRL_ATTR_FAMILY_ID])
		memcpy(context, RTA_DATA(a[CTRL_ATTR_FAMILY_ID]), sizeof(u16));
}

static void read_features(const struct nlmsghdr *message, void *context)
{
	const struct rtattr *a[NETDEV_XDP_FEATURES + 1];

	netlink_attributes(a, COUNT_OF(a), message, sizeof(struct genlmsghdr));
	if (a[NETDEV_XDP_FEATURES])
		memcpy(context, RTA_DATA(a[NETDEV_XDP_FEATURES]), sizeof(u64));
}

int xdp_features(int ifindex, u64 *features)
{
	static const char name[] = "netdev";
	struct netlink_request r;
	u32 index = (u32)ifindex;
	u16 family = 0;
	int error;

	*features = 0;
	netlink_begin(&r, GENL_ID_CTRL, 0, sizeof(r.generic));
	r.generic = (struct genlmsghdr){.cmd = CTRL_CMD_GETFAMILY, .version = 1};
	netlink_add(&r, CTRL_ATTR_FAMILY_NAME, name, sizeof(name));
	error = netlink_talk(NETLINK_GENERIC, &r, read_family, &family, NULL);
	if (error || !family)
		return error ? error : -ENOENT;
	netlink_begin(&r, family, 0, sizeof(r.generic));
	r.generic = (struct genlmsghdr){.cmd = NETDEV_DEV_GET, .version = 1};
	netlink_add(&r, NETDEV_IFINDEX, &index, sizeof(index));
	return netlink_talk(NETLINK_GENERIC, &r, read_features, features, NULL);
}
