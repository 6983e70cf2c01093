// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_tally.h"

#include <stddef.h>

#include "message.h"
#include "totals.h"

void tally_take(struct tally *t, const struct counters *n)
{
	struct layers l = layers_of(n);

	*t = (struct tally){
		.frames = l.frames,
		.tcp = l.tcp,
		.udp = n->udp,
		.arp = n->arp,
		.data = n->acks[ACK_WITH_DATA] + n->data_on_other,
		.pure_ack = n->acks[ACK_PURE],
		.completed = n->completed,
		.closed = n->closed,
		.retransmitted = n->retransmitted,
		.out_of_order = n->out_of_order,
		.keepalive = n->keepalive,
		.zero_window = n->zero_window,
		.expired = n->expired,
		.midstream = n->midstream,
		.malformed = n->truncated + n->bad_ip + n->bad_tcp + n->bad_options,
		.busy = n->busy,
		.opened = n->opened,
		.evicted = n->evicted,
		.displaced = n->displaced,
		.untracked = n->untracked,
		.emitted = n->emitted,
		.lost = n->lost_records + n->lost_payloads + n->aggregated + n->aggregated_records,
	};
	for (u32 i = 0; i < EVENT_KINDS; i++)
		t->lost += n->lost[i];
}

void tally_subtract(struct tally *t, const struct tally *before)
{
	u64 *to = (u64 *)(void *)t;
	const u64 *from = (const u64 *)(const void *)before;

	for (size_t i = 0; i < sizeof(*t) / sizeof(u64); i++)
		to[i] -= from[i];
}

static const struct {
	const char *name;
	size_t at;
} compared[] = {
#define COMPARED(member)                                                                                     \
	{                                                                                                    \
#member, offsetof(struct tally, member)                                                      \
	}
	COMPARED(frames),	 COMPARED(tcp),		 COMPARED(udp),	      COMPARED(arp),
	COMPARED(data),		 COMPARED(pure_ack),	 COMPARED(completed), COMPARED(closed),
	COMPARED(retransmitted), COMPARED(out_of_order), COMPARED(keepalive), COMPARED(zero_window),
	COMPARED(expired),	 COMPARED(midstream),	 COMPARED(malformed), COMPARED(busy),
};

static u64 figure(const struct tally *t, size_t at)
{
	return *(const u64 *)(const void *)((const u8 *)t + at);
}

int tally_compare(const struct tally *grown, const struct tally *wanted, const char *name)
{
	int wrong = 0;

	for (u32 i = 0; i < COUNT_OF(compared); i++)
		if (figure(grown, compared[i].at) != figure(wanted, compared[i].at))
			wrong = say_error("%s: measures something else: %s grew by %llu instead of %llu",
					  name, compared[i].name, figure(grown, compared[i].at),
					  figure(wanted, compared[i].at));
	return wrong;
}
