/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view turns what the book tells into lines on a stream. It knows nothing of where that came from.
 * Each function returns how many units of the view it wrote (for --count).
 */
#ifndef SYNSCOPE_VIEW_H
#define SYNSCOPE_VIEW_H

#include <stdio.h>

#include "event.h"
#include "record.h"
#include "scanner.h"

struct flood;
struct losses;
struct totals;

/* The last line of a terminal, which is rewritten in place while a scan grows. */
struct live_line {
	const struct scanner *scanner; /* NULL: there is none */
	char text[1024];
};

struct view_options {
	bool json;
	bool color;
	bool failed;		/* --failed */
	u64 slow;		/* --slow, ns; 0: off */
	unsigned width;		/* columns of the terminal; 80 where it is none */
	bool segments;		/* --segments: nothing is folded */
	struct live_line *live; /* NULL: the output is no terminal */
};

struct view {
	const char *name; /* of --view */
	bool wants_steps; /* the book collects the steps of each connection */
	u16 untold;	  /* events that it does without: bits 1 << enum event_kind */
	/* an event of one kind; a segment that is several comes once for each */
	unsigned (*event)(FILE *out, const struct view_options *o, const struct interface *i,
			  const struct event *e);
	/* news of a scan; a view that shows it leaves the scan's own events out, unless it shows JSON */
	unsigned (*scan)(FILE *out, const struct view_options *o, const struct interface *i,
			 const struct scanner *s, enum scan_news news);
	/* a connection is open (1 s after it was established) or still half-open (after 2 s): for the
	 * timeline */
	unsigned (*opened)(FILE *out, const struct view_options *o, const struct record *r);
	/* a connection's record is final */
	unsigned (*final)(FILE *out, const struct view_options *o, const struct record *r);
	/* every --interval, and at the end */
	unsigned (*counters)(FILE *out, const struct view_options *o, const struct interface *i,
			     const struct totals *t);
	/* the ring had no room for some events or records */
	unsigned (*lost)(FILE *out, const struct view_options *o, const struct interface *i,
			 const struct losses *l);
	/* a flood began or ended */
	unsigned (*flood)(FILE *out, const struct view_options *o, const struct interface *i,
			  const struct flood *f);
};

/* A member may be NULL: the view shows nothing of that. */
extern const struct view view_timeline, view_events, view_conns, view_counters;

/* Whether --failed and --slow let a record pass. */
bool record_is_wanted(const struct view_options *o, const struct record *r);

#endif
