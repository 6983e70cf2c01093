/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the host answers SYNs with cookies, by its own word: a host does when its queue of half-open
 * connections is full (tcp_syncookies in the kernel's ip-sysctl.rst). It counts them for a network
 * namespace, not for an interface.
 */
#ifndef SYNSCOPE_SYN_COOKIES_H
#define SYNSCOPE_SYN_COOKIES_H

#include <stdio.h>

#include "platform.h"

struct syn_cookies {
	bool known;   /* false: the numbers mean nothing */
	u64 sent;     /* SYN-ACKs whose number is a cookie */
	u64 received; /* ACKs that brought one back: connections that opened all the same */
	u64 failed;   /* ACKs whose number is no cookie of this host */
};

/* What the network namespace of the caller counted since it was made. */
struct syn_cookies syn_cookies_now(void);

/* The same from an open file in the format of /proc/net/netstat. */
struct syn_cookies syn_cookies_read(FILE *file);

/* What was counted between two readings; not known where one of them is not. */
struct syn_cookies syn_cookies_between(const struct syn_cookies *before, const struct syn_cookies *after);

#endif
