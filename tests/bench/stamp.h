/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script of a benchmark's frames. It travels in the frame itself, as padding behind the IP packet:
 * test runs leave the frame as the program wrote it, so each run finds the script where the last one
 * left it, in cache, and two CPUs share nothing.
 */
#ifndef SYNSCOPE_STAMP_H
#define SYNSCOPE_STAMP_H

/* What the stamped frame is handed to: in rows those before ROW_TARGETS. All but synscope are of
 * beside.bpf.c. */
enum stamp_target {
	TARGET_FLOOR,
	TARGET_PARSE,
	TARGET_SYNSCOPE,
	TARGET_RECORDS, /* but where there is no TCP, or the table begins empty */
	ROW_TARGETS,
	TARGET_RING = ROW_TARGETS, /* where there are events */
	TARGETS
};

enum {
	SCRIPT_AT = 224, /* of the frame; behind the longest headers and payload */
	STEPS_MAX = 16,
	OPTION_WORDS = 5, /* as many as a SYN carries; of other segments the first three count */
	PORTS_SHIFT = 14, /* connections of one originator's address, as a power of two */
	FIRST_PORT = 1024,
	ORDER_MAX = 1 << 21, /* connections that one script can go round */
};

/* One segment of each connection in turn. */
struct step {
	__u32 seq; /* relative to the sender's position */
	__u32 ack; /* relative to the receiver's */
	__u16 flags;
	__u16 payload; /* bytes */
	__u8 from;     /* 0: the originator */
	__u8 reserved[3];
};

struct script {
	__u32 target;	   /* enum stamp_target */
	__u32 turn, turns; /* connections: order[turn] is the one to come */
	__u32 step, steps; /* of the array below */
	__u32 deep; /* 1: all steps of a connection, then the next; 0: a step of all, then the next step */
	__u32 base, stride; /* added to each connection's number; it grows by stride after each round */
	__u32 position[2];  /* of each endpoint's sequence numbers */
	__u32 advance[2];   /* what is added to it after each round */
	__u32 options[2][OPTION_WORDS]; /* of a SYN, of any other segment; network byte order */
	struct step list[STEPS_MAX];
};

enum { FRAME_LENGTH = SCRIPT_AT + sizeof(struct script) };

#endif
