/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs as the flood rule sees them: counters that are looked at once a second, and what adds to them, by
 * ordinary traffic and by floods. For the tests of floods.c, each of which begins with a run of its own.
 */
#ifndef SYNSCOPE_TEST_FLOOD_RUNS_H
#define SYNSCOPE_TEST_FLOOD_RUNS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "floods.h"
#include "wire.h"

static const u64 SECOND = 1000000000;

enum { EVENTS = 16, FIN_ACK = TCP_FIN | TCP_ACK, SYN_ACK = TCP_SYN | TCP_ACK };

/* A run that is looked at once a second: what a second brings is added to `now` before its look. */
struct run {
	struct floods floods;
	struct counters before, now;
	u64 time;		   /* ns; of the latest look */
	struct flood told[EVENTS]; /* so far; the first `count` mean something */
	u32 count;		   /* 0 to EVENTS */
};

static inline int prepared(void **state)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	r->time = 5 * SECOND;
	r->floods.since = r->time;
	*state = r;
	return 0;
}

static inline int released(void **state)
{
	free(*state);
	return 0;
}

static inline void look_after(struct run *r, u64 span)
{
	u64 to = r->time + span;

	assert_true(r->count + FLOOD_KINDS <= EVENTS);
	r->count += floods_look(&r->floods, &r->before, &r->now, r->time, to, &r->told[r->count]);
	r->before = r->now;
	r->time = to;
}

static inline void look(struct run *r)
{
	look_after(r, SECOND);
}

static inline void send(struct run *r, enum hook hook, u16 flags, u64 n)
{
	r->now.segments[hook][INDEX_IPV4][flags] += n;
}

/* SYNs of new connections. */
static inline void begin(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_SYN, n);
	r->now.strays[STRAY_SYN] += n;
	r->now.opened += n;
	r->now.started += n;
}

/* Whole connections: three segments, six of data and acknowledgments, four to close. */
static inline void serve(struct run *r, u64 n)
{
	begin(r, n);
	send(r, HOOK_OUT, SYN_ACK, n);
	send(r, HOOK_IN, TCP_ACK, 4 * n);
	send(r, HOOK_OUT, TCP_ACK, 4 * n);
	send(r, HOOK_IN, FIN_ACK, n);
	send(r, HOOK_OUT, FIN_ACK, n);
	r->now.completed += n;
	r->now.closed += n;
	r->now.closed_by_fin += n;
}

/* Connections that clients try at a port where nothing listens. */
static inline void refuse(struct run *r, u64 n)
{
	begin(r, n);
	send(r, HOOK_OUT, TCP_RST | TCP_ACK, n);
	r->now.refused += n;
	r->now.closed += n;
	r->now.closed_by_rst += n;
}

/* Segments of no connection, each of which opens a record of its own. */
static inline void stray(struct run *r, u16 flags, enum stray kind, u64 n)
{
	send(r, HOOK_IN, flags, n);
	r->now.strays[kind] += n;
	r->now.opened += n;
	r->now.midstream += n;
}

/* The host answers what it knows nothing of. */
static inline void reset_them(struct run *r, u64 n)
{
	send(r, HOOK_OUT, TCP_RST, n);
	r->now.closed += n;
}

static inline void syn_flood(struct run *r, u64 n)
{
	begin(r, n);
	send(r, HOOK_OUT, SYN_ACK, n);
}

static inline void syn_ack_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, SYN_ACK, n);
	r->now.strays[STRAY_SYN_ACK] += n;
	r->now.opened += n;
	r->now.started += n;
	send(r, HOOK_OUT, TCP_RST, n);
	r->now.aborted += n;
	r->now.closed += n;
	r->now.closed_by_rst += n;
}

static inline void ack_flood(struct run *r, u64 n)
{
	stray(r, TCP_ACK, STRAY_ACK, n);
	reset_them(r, n);
}

static inline void ack_flood_unanswered(struct run *r, u64 n)
{
	stray(r, TCP_ACK, STRAY_ACK, n);
}

static inline void rst_flood(struct run *r, u64 n)
{
	stray(r, TCP_RST, STRAY_RST, n);
	r->now.closed += n;
}

static inline void fin_flood(struct run *r, u64 n)
{
	stray(r, FIN_ACK, STRAY_FIN, n);
	reset_them(r, n);
}

static inline void restart(struct run *r)
{
	memset(r, 0, sizeof(*r));
	r->time = r->floods.since = 5 * SECOND;
}

static inline void expect_only(const struct run *r, enum flood_kind kind, bool over)
{
	assert_int_equal(r->count, 1);
	assert_int_equal(r->told[0].kind, kind);
	assert_int_equal(r->told[0].over, over);
	assert_false(r->told[0].cut);
}

/* A test that gets a struct run of its own. */
#define TEST(f) cmocka_unit_test_setup_teardown(f, prepared, released)

#endif
