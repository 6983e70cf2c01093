/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As much of rtnetlink as attaching needs: links, and the words with which the kernel refuses something. */
#ifndef SYNSCOPE_NETLINK_H
#define SYNSCOPE_NETLINK_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "platform.h"

enum { WORDS_MAX = 256 };

struct netlink_request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct tcmsg filter;
		struct genlmsghdr generic;
	};
	char room[256]; /* attributes */
};

/* Begins a request: its type, its flags besides NLM_F_REQUEST, the size of its fixed part. */
void netlink_begin(struct netlink_request *r, u16 type, u16 flags, size_t fixed);

/* Adds an attribute; it must fit into the room. */
void netlink_add(struct netlink_request *r, u16 type, const void *data, size_t size);

/*
 * Sends a request and hands each message of the answer to `each` (NULL: nobody). Where the kernel
 * refuses and says why, that goes to `words` (WORDS_MAX bytes, or NULL). 0 or -errno.
 */
int netlink_talk(int protocol, struct netlink_request *r,
		 void (*each)(const struct nlmsghdr *message, void *context), void *context, char *words);

/* Sorts the attributes of a message, or of a nested attribute, by type; absent ones are NULL. */
void netlink_sort(const struct rtattr **sorted, unsigned count, const void *first, size_t size);

/* The attributes behind the fixed part of a message. */
void netlink_attributes(const struct rtattr **sorted, unsigned count, const struct nlmsghdr *message,
			size_t fixed);

u32 netlink_u32(const struct rtattr *attribute); /* 0 for an absent one */

/*
 * The longest name of an interface that is an alternative one, its end included: ALTIFNAMSIZ of linux/if.h,
 * which can't be had beside net/if.h. The first name has IFNAMSIZ.
 */
enum { LINK_NAME_SIZE = 128 };

/* A network interface, as the kernel describes it. */
struct link {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[16];	/* "veth", "bond", ...; empty for a device */
	unsigned type;	/* ARPHRD_ */
	unsigned flags; /* IFF_ */
	unsigned mtu;
	u8 xdp_mode;	 /* XDP_ATTACHED_ */
	u32 xdp_program; /* id; 0: none, or several */
};

/* By its name, or an alternative one. 0 or -errno: -ENODEV where there is none. */
int link_find(struct link *l, const char *name);

/* Whether the kernel says that there is no interface of this number; where it can't be asked, there may be
 * one. */
bool link_is_gone(u32 ifindex);

/* Says why link_find() found none: its error. Returns -1. */
int link_say_not_found(const char *name, int error);

/*
 * Tries to attach an XDP program by netlink, only for the words of the refusal; empty where there are none.
 */
void link_xdp_words(int ifindex, int program, u32 flags, char words[WORDS_MAX]);

#endif
