/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands in front of the network layer, by a capture's link type. */
#ifndef SYNSCOPE_LINK_TYPE_H
#define SYNSCOPE_LINK_TYPE_H

#include "platform.h"

struct link_type;

/* By LINKTYPE_ or DLT_ number, as libpcap and pcapng files give it; NULL: it is not read. */
const struct link_type *link_type_find(int number);

/* The link types that are read, for an error about one that is not. */
extern const char link_types_read[];

bool link_type_is_ethernet(const struct link_type *t);

/*
 * The bytes in front of what an Ethernet header of the type *ethertype would be in front of; never more
 * than were captured. 0 in *ethertype: nothing that is known.
 */
u32 link_type_header(const struct link_type *t, const u8 *frame, u32 captured, u16 *ethertype);

#endif
