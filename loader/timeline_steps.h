/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which steps a timeline shows: of the events, those of handshake and teardown; of what the record knows
 * and no event told, a rebuilt step in the place of the lost one.
 */
#ifndef SYNSCOPE_TIMELINE_STEPS_H
#define SYNSCOPE_TIMELINE_STEPS_H

#include "record.h"

/* Of one connection: each event may be a step, and each milestone that has none. */
enum { TIMELINE_STEPS_MAX = STEPS_MAX + 8 };

/* Where a step belongs; what was agreed and carried is told between OPENING and CLOSING. */
enum phase { PHASE_OPENING, PHASE_CARRYING, PHASE_CLOSING };

struct timeline_step {
	u64 time;			  /* ns */
	const struct event *event;	  /* NULL: rebuilt from the record */
	u16 flags;			  /* enum tcp_flag */
	u8 from;			  /* enum endpoint */
	u8 phase;			  /* enum phase */
	enum tcp_state states[ENDPOINTS]; /* after it */
	bool again;			  /* a retransmission */
	bool not_accepted;		  /* it did not do what its flags say */
};

struct timeline_steps {
	struct timeline_step step[TIMELINE_STEPS_MAX]; /* in the order of time */
	u32 count;				       /* of the steps */
	u32 rebuilt;				       /* how many of them no event told of */
};

/* The steps of a record, those that events told of and those that only its milestones show. */
void timeline_steps(struct timeline_steps *t, const struct record *r);

#endif
