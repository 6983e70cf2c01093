/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections as the scan rule sees them, built event by event, and a rule whose listener writes down what it
 * is told. For the tests of scans.c, each of which begins with nothing known.
 */
#ifndef SYNSCOPE_TEST_SCAN_TRIALS_H
#define SYNSCOPE_TEST_SCAN_TRIALS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scan_probe.h"
#include "scans.h"
#include "wire.h"

static const u64 MS = 1000000;
static const u64 SECOND = 1000000000;
static const u64 BEGIN = 1000000000000;

enum { SCANNER = 1, HOST = 2, OTHER_HOST = 3, PORT = 1000 };

/* A connection on its way: what is known of it by now, and what its first event said. */
struct trial {
	struct connection c;
	enum scan_kind kind;
	u16 flags;
	u8 header;
};

static inline void set_address(union address *a, u32 last)
{
	memset(a, 0, sizeof(*a));
	a->bytes[10] = a->bytes[11] = 0xff;
	a->bytes[12] = 10;
	a->bytes[13] = (u8)(last >> 16);
	a->bytes[14] = (u8)(last >> 8);
	a->bytes[15] = (u8)last;
}

/* One segment with these flags, by which the record came to `state`; each from a port of its own. */
static inline struct trial trial(u32 source, u32 host, u16 port, u16 flags, u64 state, u64 time)
{
	static u16 source_port;
	struct trial t = {.flags = flags, .header = 20};

	t.c.state = state | SAW_SEGMENT;
	t.c.start = time;
	t.c.generation = 1;
	set_address(&t.c.key.low, source);
	set_address(&t.c.key.high, host);
	t.c.key.low_port = ++source_port;
	t.c.key.high_port = port;
	t.c.probe_flags = flags;
	DIRECTION(&t.c, ORIGINATOR)->segments = 1;
	DIRECTION(&t.c, ORIGINATOR)->bytes = 40;
	return t;
}

/* A bare one. */
static inline struct trial syn(u32 host, u16 port, u64 time)
{
	return trial(SCANNER, host, port, TCP_SYN, SAW_SYN, time);
}

/* As a stack sends it. */
static inline struct trial stack_syn(u32 source, u32 host, u16 port, u64 time)
{
	struct trial t = trial(source, host, port, TCP_SYN, SAW_SYN, time);

	t.c.options[ORIGINATOR].offered = OFFER_SACK | OFFER_TIMESTAMPS;
	t.header = 40;
	return t;
}

static inline struct event event(const struct trial *t, u32 number, u64 time)
{
	return (struct event){
		.time = time,
		.start = t->c.start,
		.state = t->c.state,
		.key = t->c.key,
		.generation = 1,
		.kinds = 1 << EVENT_SEGMENT,
		.number = number,
		.options.offered = t->c.options[ORIGINATOR].offered,
		.flags = t->flags,
		.header = t->header,
	};
}

static inline void sent(struct scans *s, struct trial *t)
{
	struct event e = event(t, 1, t->c.start);

	t->kind = probe_of_event(&e, SCAN_NONE);
	scans_event(s, &e, t->kind);
}

/* Something more is seen of it. */
static inline void becomes(struct scans *s, struct trial *t, u64 state)
{
	struct event e;

	t->c.state |= state;
	e = event(t, 2, t->c.start + MS);
	e.flags = TCP_ACK;
	t->kind = probe_of_event(&e, t->kind);
	scans_event(s, &e, t->kind);
}

static const u64 REFUSES = SAW_SEGMENT << 1 | RESET_BY << 1 | CLOSED_ONCE;
static const u64 SYN_ACK = SAW_SEGMENT << 1 | SAW_SYN << 1 | SAW_SYN_ACK | SYN_ACKED;
static const u64 OPENS = SAW_SEGMENT << 1 | SAW_SYN << 1 | SAW_SYN_ACK | SYN_ACKED | ESTABLISHED_ONCE;
static const u64 WITHDRAWS = RESET_BY | CLOSED_ONCE;

static inline enum scan_kind judge(struct scans *s, const struct trial *t, u64 now)
{
	return scans_judge(s, &t->c, now);
}

/* Sends it, lets it come to `state`, and says nothing of the rest. */
static inline struct trial done(struct scans *s, struct trial t, u64 state)
{
	sent(s, &t);
	if (state)
		becomes(s, &t, state);
	return t;
}

static inline const struct scanner *scan_of(const struct scans *s, enum scan_kind kind)
{
	for (u32 i = 0; i < SCANNERS; i++)
		if (s->scanners[i].kind == kind)
			return &s->scanners[i];
	return NULL;
}

static inline u32 counted(const struct scanner *scanner, enum port_state state)
{
	u32 n = 0;

	assert_non_null(scanner);
	assert_true(scanner_counts(scanner, state, &n));
	return n;
}

/* What a listener was told, as letters: Begins, Grows, changes, Over, Gone. */
static char told[512];

static inline void listen(void *context, struct scanner *scanner, enum scan_news news)
{
	size_t n = strlen(told);

	assert_null(context);
	assert_true(scanner->kind > SCAN_NONE && scanner->kind < SCAN_KINDS);
	if (n + 1 < sizeof(told)) {
		told[n] = "BGcOX"[news];
		told[n + 1] = '\0';
	}
}

static inline int prepared(void **state)
{
	memset(told, 0, sizeof(told));
	*state = scans_open(77, listen, NULL);
	return *state ? 0 : -1;
}

static inline int released(void **state)
{
	scans_close(*state);
	return 0;
}

/* A test that gets a struct scans of its own. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, prepared, released)

#endif
