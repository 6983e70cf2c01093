/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The counters by which a row is checked, whatever struct counters splits them into. */
#ifndef SYNSCOPE_PACKETS_TALLY_H
#define SYNSCOPE_PACKETS_TALLY_H

#include "counters.h"

struct tally {
	/* what must have grown by exactly what the script says */
	u64 frames;
	u64 tcp;
	u64 udp;
	u64 arp;
	u64 data;
	u64 pure_ack;
	u64 completed;
	u64 closed;
	/* what must not have grown */
	u64 retransmitted;
	u64 out_of_order;
	u64 keepalive;
	u64 zero_window;
	u64 expired;
	u64 midstream;
	u64 malformed;
	u64 busy;
	/* what depends on the table */
	u64 opened;
	u64 evicted;
	u64 displaced;
	u64 untracked;
	/* what depends on the ring */
	u64 emitted;
	u64 lost; /* events and records that were not told, for whatever reason */
};

void tally_take(struct tally *t, const struct counters *n);

/* What it grew by. */
void tally_subtract(struct tally *t, const struct tally *before);

/* Says for each figure of the first two groups where `grown` is not `wanted`. 0: it is, -1: it is not. */
int tally_compare(const struct tally *grown, const struct tally *wanted, const char *name);

#endif
