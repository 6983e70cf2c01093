/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A suspect: a source that sent probes of one kind, or what might be some, as far as the rule needs to know
 * it (scans.h). That is a sample of the targets that it tried in its minute, which of them it had ever
 * opened, and when it was found to scan. How targets are told to have failed or to be open is decided here;
 * how many of them make a scan is not.
 *
 * The minute begins with the source's first target and ends early when the sample of it is full and settled.
 * A target, a (host, port) pair, is in the sample once; one more than SCAN_SAMPLE is only a probe. It fails
 * when it refuses, is unreachable, stays silent for SCAN_GRACE, or is asked again while it is silent; a bare
 * SYN also when its answer is not taken up. What is opened has not failed, and stays opened: what the source
 * opened in an earlier minute too.
 *
 * Always: failed <= count <= SCAN_SAMPLE, count <= probes, and no attempt is both opened and failed.
 */
#ifndef SYNSCOPE_SUSPECT_H
#define SYNSCOPE_SUSPECT_H

#include "event.h"
#include "record.h"
#include "scanner.h"

enum {
	SCAN_SAMPLE = 32,
	SCAN_FLAGS = 4,
	SCAN_OPENED_WORDS = 4,
};

#define SCAN_MINUTE 60000000000ULL /* ns */
#define SCAN_GRACE  3000000000ULL  /* ns; how long a target may be silent before that says something */

/* One of the first targets of a minute. Small, since there are SCAN_SAMPLE for each suspect. */
struct attempt {
	u64 host;    /* and port: a struct target, */
	u16 port;    /* which alone would have a hole behind it */
	u16 at;	     /* ms since the minute began: 0 to 60000 */
	u8 probes;   /* 1 to 255, where it stays */
	u8 answer;   /* enum answer; the best so far */
	bool opened; /* or, of an ACK: it belongs to a connection */
	bool failed;
};

_Static_assert(sizeof(struct attempt) == 16, "no holes");

ALWAYS_INLINE struct target attempt_target(const struct attempt *a)
{
	return (struct target){.host = a->host, .port = a->port};
}

/* From `begin` until before `end`; ns. Both 0: none. */
struct span {
	u64 begin;
	u64 end;
};

/*
 * What is looked at where a place is needed comes first, in 64 bytes; what is written anew with each use
 * comes last. All zero up to the sample before its use, but for what says who it is and when its minute
 * began.
 */
struct suspect {
	union address source;
	enum scan_kind kind; /* SCAN_NONE: the place was never used */
	u32 count;	     /* of the sample: 0 to SCAN_SAMPLE */
	u64 begin;	     /* ns; of its minute */
	u64 last;	     /* ns; its latest probe, or where only records told of it the first of them */
	struct scanner *scanner;	    /* NULL: none yet, or its place was needed */
	struct span flags[SCAN_FLAGS];	    /* what began then was part of a scan; the latest first */
	u32 failed;			    /* of the sample: 0 to count */
	u32 probes;			    /* of the minute, whether in the sample or not */
	u64 opened[SCAN_OPENED_WORDS];	    /* a set of bits: the targets that it ever opened, hashed */
	struct attempt sample[SCAN_SAMPLE]; /* the first `count` mean something */
	struct event latest;		    /* its latest probe; generation 0: none is known */
};

/* Whether a connection that began at `start` (ns) was part of a scan of it. */
ALWAYS_INLINE bool suspect_is_flagged(const struct suspect *p, u64 start)
{
	for (u32 i = 0; i < SCAN_FLAGS; i++)
		if (start >= p->flags[i].begin && start < p->flags[i].end)
			return true;
	return false;
}

/* What happened in its minute makes a scan. */
ALWAYS_INLINE bool suspect_is_flagged_now(const struct suspect *p)
{
	return p->flags[0].begin <= p->begin && p->begin < p->flags[0].end;
}

/* Time for a new one, if something else comes; `now`: ns. */
ALWAYS_INLINE bool suspect_minute_is_over(const struct suspect *p, u64 now)
{
	if (now <= p->begin)
		return false;
	if (now - p->begin > SCAN_MINUTE)
		return true;
	return p->count == SCAN_SAMPLE && !suspect_is_flagged_now(p) &&
	       now - p->begin > p->sample[SCAN_SAMPLE - 1].at * 1000000ULL + SCAN_GRACE;
}

/* NULL: the target is not in the sample. */
ALWAYS_INLINE struct attempt *suspect_attempt(struct suspect *p, const struct target *t)
{
	for (u32 i = 0; i < p->count; i++)
		if (p->sample[i].host == t->host && p->sample[i].port == t->port)
			return &p->sample[i];
	return NULL;
}

/* When the target was tried first; ns, rounded down to ms of the minute. */
ALWAYS_INLINE u64 attempt_time(const struct suspect *p, const struct attempt *a)
{
	return p->begin + a->at * 1000000ULL;
}

/* `a`: an attempt of the suspect's sample. */
ALWAYS_INLINE void attempt_set_failed(struct suspect *p, struct attempt *a, bool failed)
{
	p->failed += (u32)failed - a->failed;
	a->failed = failed;
}

/* A probe of the target at `now` (ns): a new attempt, another probe of one, or where the sample is full
 * neither. */
void suspect_add_attempt(struct suspect *p, const struct target *t, u64 now);

/* What a connection to the target has come to; `state`: connection.h. */
void suspect_note_state(struct suspect *p, const struct target *t, u64 state);

/*
 * Whoever was silent for so long fails; `now`: ns. Of a stray ACK only the record can tell that nothing
 * followed it.
 */
void suspect_note_silence(struct suspect *p, u64 now);

#endif
