/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of segments that are measured, as scripts, and what each has to do to the counters. */
#ifndef SYNSCOPE_PACKETS_SCENES_H
#define SYNSCOPE_PACKETS_SCENES_H

#include "platform.h"
#include "stamp.h"

/* What the table holds when the measurement begins. */
enum scene_table {
	TABLE_ESTABLISHED,	/* the row's connections, which take half of its slots */
	TABLE_EMPTY,		/* nothing, and in each round anew; half of the slots are used in a round */
	TABLE_HALF_OPEN,	/* a half-open connection in each slot */
	TABLE_HALF_ESTABLISHED, /* the row's connections in half of the slots, half-open ones in the others */
	TABLE_CLOSED,		/* a closed connection in each slot */
};

enum scene_ring {
	RING_UNUSED, /* the segments make no events */
	RING_FULL,   /* nobody reads: each event is lost */
	RING_READ,   /* it is emptied, between the runs that are timed */
};

/* What a step does, as the counters have to show. */
enum effect { OPENS = 1, COMPLETES = 2, CLOSES = 4 };

enum { SCENE_SIZES = 5 };

struct scene {
	const char *name;
	enum scene_table table;
	enum scene_ring ring;
	bool segments; /* synscope is to make an event of each segment */
	u32 steps;
	u32 deep;	/* as in struct script */
	u32 advance[2]; /* as in struct script */
	u32 sent_ahead; /* bytes that the originator sends in advance for each of these rounds */
	u16 ethertype;	/* of a frame that is no TCP segment; 0: it is one */
	bool sizes[SCENE_SIZES];
	double targets[SCENE_SIZES]; /* ns above the floor; 0: none */
	struct step list[STEPS_MAX];
	u8 effects[STEPS_MAX]; /* enum effect */
};

extern const u32 scene_sizes[SCENE_SIZES]; /* numbers of connections */

/* Ends with one that has no name. */
extern const struct scene scenes[];

/* A script of a scene, without its connections. */
void scene_script(const struct scene *scene, struct script *s);

/* The scenes that prepare the table for others. */
extern const struct scene scene_handshake, scene_syn, scene_short, scene_data;

/* Data with no event, and with one for each segment, read or not. */
extern const struct scene scene_data_silent, scene_data_told, scene_data_lost;

#endif
