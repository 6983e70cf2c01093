// SPDX-License-Identifier: GPL-2.0-or-later
#include "ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int ask(int fd, const char *interface, void *command)
{
	struct ifreq r = {};

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	r.ifr_data = command;
	return ioctl(fd, SIOCETHTOOL, &r);
}

static u32 ask_value(int fd, const char *interface, u32 command)
{
	struct ethtool_value v = {.cmd = command};

	return ask(fd, interface, &v) ? 0 : v.data;
}

void ethtool_ask(struct ethtool_facts *e, const char *interface)
{
	struct ethtool_drvinfo driver = {.cmd = ETHTOOL_GDRVINFO};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	u32 flags;

	memset(e, 0, sizeof(*e));
	if (fd < 0)
		return;
	if (!ask(fd, interface, &driver))
		snprintf(e->driver, sizeof(e->driver), "%.31s", driver.driver);
	flags = ask_value(fd, interface, ETHTOOL_GFLAGS);
	e->vlan_offload = flags & ETH_FLAG_RXVLAN;
	e->lro = flags & ETH_FLAG_LRO;
	e->gro = ask_value(fd, interface, ETHTOOL_GGRO);
	e->tso = ask_value(fd, interface, ETHTOOL_GTSO);
	close(fd);
}
