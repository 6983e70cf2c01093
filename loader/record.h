/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection on its way to a view: its facts, where they were seen, and how the record ended. */
#ifndef SYNSCOPE_RECORD_H
#define SYNSCOPE_RECORD_H

#include "connection.h"
#include "event.h"

/* What was watched. Strings are NULL where there is nothing to say (a replay): printed as null. */
struct interface {
	const char *name;    /* in a replay as the capture calls it, or what the file is called */
	u32 ifindex;	     /* in a replay its number among the capture's interfaces, from 0 */
	const char *ingress; /* "native", "generic", "tc"; NULL in a replay */
	const char *egress;  /* "tcx", "clsact"; NULL where there is none */
	bool replay;
	bool ingress_only; /* --ingress-only: one half was not looked at */
	s64 wall_offset;   /* ns; a record's time plus this is nanoseconds since the epoch */
	u64 since;	   /* ns, on the records' clock: when the watching began */
	u64 time_wait;	   /* ns; --time-wait */
	u64 idle_timeout;  /* ns; --idle-timeout */
};

/* Why a record is final, or that it is not. */
enum ending {
	ENDING_OPEN,	/* the run ended, or the record is shown while the connection lives */
	ENDING_CLOSED,	/* it closed, --linger ago */
	ENDING_REUSED,	/* its tuple opened a new connection */
	ENDING_IDLE,	/* nothing was seen of it for --idle-timeout */
	ENDING_EVICTED, /* its place in the table was needed */
};

/* Of one connection. */
enum { STEPS_MAX = 64 };

/* In the order in which the counters have them; what each is: scans.h. */
enum scan_kind {
	SCAN_NONE,
	SCAN_SYN,
	SCAN_CONNECT,
	SCAN_FIN,
	SCAN_NULL,
	SCAN_XMAS,
	SCAN_ACK,
	SCAN_MAIMON,
	SCAN_OTHER,
	SCAN_KINDS,
};

struct record {
	const struct interface *interface;
	const struct connection *connection;
	enum ending ending;
	bool live;	     /* shown while the connection lives and the run goes on: more may come */
	enum scan_kind scan; /* that it was part of; SCAN_NONE: of none */
	u64 now;	     /* ns, on the record's clock: when this was said */
	const struct event
		*steps; /* events of handshake and teardown, in order; NULL outside the timeline view */
	u32 step_count; /* 0 to STEPS_MAX */
	u32 steps_omitted;
	const char *service;	 /* the application protocol, as Zeek names it; NULL: not known */
	const char *server_name; /* whom the originator asked for; NULL: not known */
	bool service_sought;	 /* first payloads were looked at */
	bool service_missed;	 /* the service is not known since what would tell it was not seen */
	bool answers;		 /* of the service: the originator asks, the responder answers */
	bool whole_request;	 /* the first payload was all of what the originator asked */
};

#endif
