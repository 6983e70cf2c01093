/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The little of ethtool that `status` asks an interface. */
#ifndef SYNSCOPE_ETHTOOL_H
#define SYNSCOPE_ETHTOOL_H

#include "platform.h"

/* What a driver says of itself (linux/ethtool.h). */
struct ethtool_facts {
	char driver[32];   /* empty where it doesn't say */
	bool vlan_offload; /* takes VLAN tags off received frames */
	bool lro;
	bool gro;
	bool tso;
};

/* What can't be asked is empty and false. */
void ethtool_ask(struct ethtool_facts *e, const char *interface);

#endif
