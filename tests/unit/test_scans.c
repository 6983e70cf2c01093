// SPDX-License-Identifier: GPL-2.0-or-later
/* Who scans: both sides of each rule, and what ordinary traffic looks like that is no scan. */
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

static void set_address(union address *a, u32 last)
{
	memset(a, 0, sizeof(*a));
	a->bytes[10] = a->bytes[11] = 0xff;
	a->bytes[12] = 10;
	a->bytes[13] = (u8)(last >> 16);
	a->bytes[14] = (u8)(last >> 8);
	a->bytes[15] = (u8)last;
}

static struct trial trial(u32 source, u32 host, u16 port, u16 flags, u64 state, u64 time)
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

static struct trial syn(u32 host, u16 port, u64 time)
{
	return trial(SCANNER, host, port, TCP_SYN, SAW_SYN, time);
}

/* As a stack sends it. */
static struct trial stack_syn(u32 source, u32 host, u16 port, u64 time)
{
	struct trial t = trial(source, host, port, TCP_SYN, SAW_SYN, time);

	t.c.options[ORIGINATOR].offered = OFFER_SACK | OFFER_TIMESTAMPS;
	t.header = 40;
	return t;
}

static struct event event(const struct trial *t, u32 number, u64 time)
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

static void sent(struct scans *s, struct trial *t)
{
	struct event e = event(t, 1, t->c.start);

	t->kind = probe_of_event(&e, SCAN_NONE);
	scans_event(s, &e, t->kind);
}

/* Something more is seen of it. */
static void becomes(struct scans *s, struct trial *t, u64 state)
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

static enum scan_kind judge(struct scans *s, const struct trial *t, u64 now)
{
	return scans_judge(s, &t->c, now);
}

/* Sends it, lets it come to `state`, and says nothing of the rest. */
static struct trial done(struct scans *s, struct trial t, u64 state)
{
	sent(s, &t);
	if (state)
		becomes(s, &t, state);
	return t;
}

static const struct scanner *scan_of(const struct scans *s, enum scan_kind kind)
{
	for (u32 i = 0; i < SCANNERS; i++)
		if (s->scanners[i].kind == kind)
			return &s->scanners[i];
	return NULL;
}

static u32 counted(const struct scanner *scanner, enum port_state state)
{
	u32 n = 0;

	assert_non_null(scanner);
	assert_true(scanner_counts(scanner, state, &n));
	return n;
}

/* What a listener was told, as letters: Begins, Grows, changes, Over, Gone. */
static char told[512];

static void listen(void *context, struct scanner *scanner, enum scan_news news)
{
	size_t n = strlen(told);

	assert_null(context);
	assert_true(scanner->kind > SCAN_NONE && scanner->kind < SCAN_KINDS);
	if (n + 1 < sizeof(told)) {
		told[n] = "BGcOX"[news];
		told[n + 1] = '\0';
	}
}

static int prepared(void **state)
{
	memset(told, 0, sizeof(told));
	*state = scans_open(77, listen, NULL);
	return *state ? 0 : -1;
}

static int released(void **state)
{
	scans_close(*state);
	return 0;
}

/* ---- SYN and connect -------------------------------------------------------- */

static void ten_targets_refused_are_a_scan(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		assert_int_equal(s->seen, 0);
		t = done(s, syn(HOST, PORT + i, BEGIN + i * MS), REFUSES);
	}
	assert_int_equal(s->seen, 1);
	assert_string_equal(told, "B");
	assert_int_equal(judge(s, &t, BEGIN + SECOND), SCAN_SYN);
	assert_int_equal(s->counts[SCAN_SYN], 1);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_CLOSED), 10);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_OPEN), 0);
}

static void nine_targets_are_not(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST - 1; i++)
		t = done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_int_equal(judge(s, &t, BEGIN + 30 * SECOND), SCAN_NONE);
	assert_int_equal(s->seen, 0);
}

static void one_port_of_ten_hosts_is_a_scan(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN), REFUSES);
	assert_int_equal(scan_of(s, SCAN_CONNECT)->hosts.count, 10);
	assert_int_equal(scan_of(s, SCAN_CONNECT)->ports.count, 1);
}

static void half_of_ten_opened_is_no_scan(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), i < 5 ? OPENS : REFUSES);
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_int_equal(s->seen, 0);
}

static void less_than_half_of_ten_opened_is_one(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), i < 4 ? OPENS : REFUSES);
	assert_int_equal(s->seen, 1);
	assert_int_equal(counted(scan_of(s, SCAN_CONNECT), PORT_OPEN), 4);
}

static void silence_counts_after_three_seconds(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		t = done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), 0);
	scans_advance(s, BEGIN + 2900 * MS);
	assert_int_equal(s->seen, 0);
	scans_advance(s, BEGIN + 3250 * MS);
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &t, BEGIN + 4 * SECOND), SCAN_CONNECT);
	assert_int_equal(counted(scan_of(s, SCAN_CONNECT), PORT_FILTERED), 10);
}

/* Slow answers, before and after silence began to count. */
static void who_answers_late_does_not_fail(void **state)
{
	struct trial trials[2 * SCAN_TARGETS_LEAST];
	struct scans *s = *state;

	for (u16 i = 0; i < COUNT_OF(trials); i++)
		trials[i] = done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), 0);
	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		becomes(s, &trials[i], OPENS);
	scans_advance(s, BEGIN + 4 * SECOND);
	for (u16 i = SCAN_TARGETS_LEAST; i < COUNT_OF(trials); i++)
		becomes(s, &trials[i], OPENS);
	scans_advance(s, BEGIN + 20 * SECOND);
	assert_int_equal(s->seen, 0);
}

static void a_bare_syn_that_is_asked_again_has_failed(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, syn(HOST, PORT + i, BEGIN), 0);
	for (u16 i = 0; i < 5; i++)
		done(s, syn(HOST, PORT + i, BEGIN + 200 * MS), 0);
	assert_int_equal(s->seen, 0);
	done(s, syn(HOST, PORT + 5, BEGIN + 200 * MS), 0);
	assert_int_equal(s->seen, 1);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 10);
	assert_int_equal(scan_of(s, SCAN_SYN)->probes, 16);
}

static void half_open_probes_of_open_ports_are_a_scan(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		t = done(s, syn(HOST, PORT + i, BEGIN), SYN_ACK);
		becomes(s, &t, WITHDRAWS);
	}
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_OPEN), 10);
	assert_int_equal(judge(s, &t, BEGIN + SECOND), SCAN_SYN);
}

static void unreachable_is_filtered(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		done(s, syn(HOST, PORT + i, BEGIN), UNREACHABLE);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_FILTERED), 10);
}

static void targets_of_two_minutes_do_not_add_up(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST - 1; i++)
		done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	t = done(s, syn(HOST, PORT + 20, BEGIN + 61 * SECOND), REFUSES);
	assert_int_equal(judge(s, &t, BEGIN + 62 * SECOND), SCAN_NONE);
}

static void targets_within_a_minute_do(void **state)
{
	struct scans *s = *state;
	struct trial first = done(s, syn(HOST, PORT, BEGIN), REFUSES);

	for (u16 i = 1; i < SCAN_TARGETS_LEAST; i++)
		done(s, syn(HOST, PORT + i, BEGIN + 59 * SECOND), REFUSES);
	assert_int_equal(judge(s, &first, BEGIN + 60 * SECOND), SCAN_SYN);
}

/* A flag holds for what began in its minute, even if it is judged later, and for nothing else. */
static void a_flag_is_of_its_minute(void **state)
{
	struct scans *s = *state;
	struct trial early = {0}, late;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		early = done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	late = done(s, syn(HOST, PORT + 99, BEGIN + 100 * SECOND), 0);
	assert_int_equal(judge(s, &early, BEGIN + 400 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &late, BEGIN + 400 * SECOND), SCAN_NONE);
}

/* A slow scan is flagged when its minute ends, by a SYN of the next one. */
static void a_scan_flagged_when_its_minute_ends_is_told_once(void **state)
{
	struct scans *s = *state;
	struct trial t = {0};

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		t = done(s, syn(HOST, PORT + i, BEGIN), 0);
	done(s, syn(HOST, PORT, BEGIN + 100 * SECOND), 0);
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &t, BEGIN + 200 * SECOND), SCAN_SYN);
	assert_string_equal(told, "B");
}

static void connect_is_told_from_syn(void **state)
{
	struct scans *s = *state;
	struct trial open, closed = {0}, talks;

	open = done(s, syn(HOST, PORT, BEGIN), OPENS);
	talks = done(s, syn(HOST, PORT + 1, BEGIN), OPENS | SAW_DATA);
	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++)
		closed = done(s, syn(HOST, PORT + 10 + i, BEGIN), REFUSES);
	assert_int_equal(judge(s, &closed, BEGIN + SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &open, BEGIN + SECOND), SCAN_CONNECT);
	assert_int_equal(judge(s, &talks, BEGIN + SECOND), SCAN_NONE);
}

static void each_source_counts_for_itself(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		done(s, stack_syn(SCANNER, HOST, PORT + i, BEGIN), REFUSES);
		done(s, stack_syn(100U + i, HOST, PORT + i, BEGIN), REFUSES);
	}
	assert_int_equal(s->seen, 1);
}

/* The scanner has the higher address; who answers it is no scanner. */
static void the_originator_is_the_source(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		struct trial t = syn(HOST, 40000, BEGIN);

		t.c.state |= ORIGINATOR_IS_HIGH;
		t.c.key.low_port = (u16)(PORT + i);
		done(s, t, REFUSES);
	}
	assert_non_null(scan_of(s, SCAN_SYN));
	assert_int_equal(scan_of(s, SCAN_SYN)->source.bytes[15], HOST);
}

/* ---- ordinary traffic ------------------------------------------------------- */

static void retries_against_a_dead_server_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 1000; i++)
		done(s, stack_syn(SCANNER, HOST, PORT, BEGIN + i * 10 * MS), i % 2 ? REFUSES : 0);
	scans_advance(s, BEGIN + 20 * SECOND);
	assert_int_equal(s->seen, 0);
}

/* Many clients behind one address, many connections each: few targets, and most of them open. */
static void a_nat_is_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 5000; i++)
		done(s, stack_syn(SCANNER, HOST + i * 7 % 40, 443, BEGIN + i * 5 * MS),
		     i * 7 % 40 < 15 ? REFUSES : OPENS);
	scans_advance(s, BEGIN + 60 * SECOND);
	assert_int_equal(s->seen, 0);
}

/* A check may reset the connection as soon as the SYN-ACK is there. */
static void health_checks_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 round = 0; round < 100; round++)
		for (u32 i = 0; i < 20; i++) {
			struct trial t =
				done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN + round * 2 * SECOND),
				     i < 5 ? REFUSES : SYN_ACK);

			if (i >= 5)
				becomes(s, &t, WITHDRAWS);
			scans_advance(s, BEGIN + round * 2 * SECOND + i * MS);
		}
	assert_int_equal(s->seen, 0);
}

/* They answered before; now the whole site is gone. */
static void targets_that_die_are_not(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 30; i++)
		done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN), OPENS);
	for (u32 round = 1; round < 20; round++)
		for (u32 i = 0; i < 30; i++) {
			done(s, stack_syn(SCANNER, HOST + i, PORT, BEGIN + round * 15 * SECOND), 0);
			scans_advance(s, BEGIN + round * 15 * SECOND + 5 * SECOND);
		}
	assert_int_equal(s->seen, 0);
}

/* ---- flags that open nothing ------------------------------------------------ */

static void three_probes_are_a_scan(void **state)
{
	static const struct {
		u16 flags;
		enum scan_kind kind;
	} kinds[] = {
		{0, SCAN_NULL},
		{TCP_FIN, SCAN_FIN},
		{TCP_FIN | TCP_PSH | TCP_URG, SCAN_XMAS},
		{TCP_SYN | TCP_FIN, SCAN_OTHER},
	};
	struct scans *s = *state;

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct trial t = {0};

		for (u64 n = 0; n < 3; n++) {
			assert_int_equal(s->seen, i);
			t = done(s, trial(SCANNER, HOST, PORT, kinds[i].flags, PROBE, BEGIN + n), 0);
		}
		assert_int_equal(s->seen, i + 1);
		assert_int_equal(judge(s, &t, BEGIN + SECOND), kinds[i].kind);
		assert_int_equal(scan_of(s, kinds[i].kind)->targets.count, 1);
		assert_int_equal(scan_of(s, kinds[i].kind)->probes, 3);
	}
}

static void probes_of_two_minutes_or_kinds_do_not_add_up(void **state)
{
	struct scans *s = *state;

	for (u64 n = 0; n < 2; n++) {
		done(s, trial(SCANNER, HOST, PORT, 0, PROBE, BEGIN), 0);
		done(s, trial(SCANNER, HOST, PORT, TCP_FIN, PROBE, BEGIN), 0);
	}
	done(s, trial(SCANNER, HOST, PORT, 0, PROBE, BEGIN + 61 * SECOND), 0);
	assert_int_equal(s->seen, 0);
}

static void what_answers_mean_for_each_kind(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 4; i++) {
		u64 answer = i == 0 ? REFUSES : i == 1 ? UNREACHABLE : 0;

		done(s, trial(SCANNER, HOST, PORT + i, TCP_FIN, PROBE, BEGIN), answer);
		done(s, trial(SCANNER, HOST, PORT + i, TCP_SYN | TCP_FIN, PROBE, BEGIN),
		     i == 3 ? SAW_SEGMENT << 1 | SAW_SYN << 1 : answer);
		done(s, trial(SCANNER, HOST, PORT + i, TCP_ACK, MIDSTREAM, BEGIN), i ? REFUSES : UNREACHABLE);
	}
	assert_int_equal(counted(scan_of(s, SCAN_FIN), PORT_CLOSED), 1);
	assert_int_equal(counted(scan_of(s, SCAN_FIN), PORT_FILTERED), 1);
	assert_int_equal(counted(scan_of(s, SCAN_FIN), PORT_OPEN_FILTERED), 2);
	assert_int_equal(counted(scan_of(s, SCAN_OTHER), PORT_OPEN), 1);
	assert_int_equal(counted(scan_of(s, SCAN_OTHER), PORT_OPEN_FILTERED), 1);
	assert_int_equal(counted(scan_of(s, SCAN_ACK), PORT_UNFILTERED), 3);
	assert_int_equal(counted(scan_of(s, SCAN_ACK), PORT_FILTERED), 1);
	assert_false(scanner_counts(scan_of(s, SCAN_FIN), PORT_OPEN, &(u32){0}));
	assert_false(scanner_counts(scan_of(s, SCAN_ACK), PORT_CLOSED, &(u32){0}));
	assert_false(scanner_counts(scan_of(s, SCAN_ACK), PORT_OPEN, &(u32){0}));
}

/* ---- ACK and Maimon --------------------------------------------------------- */

static struct trial stray(u16 flags, u32 host, u16 port, u64 time)
{
	return trial(SCANNER, host, port, flags, MIDSTREAM | (flags & TCP_FIN ? SAW_FIN : 0), time);
}

static void three_stray_acks_answered_by_resets_are_a_scan(void **state)
{
	struct scans *s = *state;
	struct trial first = done(s, stray(TCP_ACK, HOST, PORT, BEGIN), REFUSES);

	done(s, stray(TCP_ACK, HOST, PORT + 1, BEGIN), REFUSES);
	assert_int_equal(s->seen, 0);
	done(s, stray(TCP_ACK, HOST, PORT + 2, BEGIN), REFUSES);
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &first, BEGIN + SECOND), SCAN_ACK);
}

static void three_of_maimons_are(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 3; i++)
		done(s, stray(TCP_FIN | TCP_ACK, HOST, PORT + i, BEGIN), REFUSES);
	assert_int_equal(counted(scan_of(s, SCAN_MAIMON), PORT_CLOSED), 3);
}

/* Silence is known for sure when the record is final, so that the first ones are settled before. */
static void three_stray_acks_followed_by_silence_are(void **state)
{
	struct scans *s = *state;
	struct trial t[3];

	for (u16 i = 0; i < 3; i++)
		t[i] = done(s, stray(TCP_ACK, HOST, PORT + i, BEGIN), 0);
	scans_advance(s, BEGIN + 30 * SECOND);
	assert_int_equal(s->seen, 0);
	for (u16 i = 0; i < 3; i++)
		scans_settle(s, &t[i].c, BEGIN + 30 * SECOND);
	assert_int_equal(judge(s, &t[0], BEGIN + 30 * SECOND), SCAN_ACK);
	assert_int_equal(counted(scan_of(s, SCAN_ACK), PORT_FILTERED), 3);
}

static void stray_acks_of_one_target_are_none(void **state)
{
	struct scans *s = *state;

	for (u32 i = 0; i < 100; i++)
		done(s, stray(TCP_ACK, HOST, PORT, BEGIN + i), REFUSES);
	assert_int_equal(s->seen, 0);
}

/* A restarted host refuses what its peers still think to have: their stacks send timestamps. */
static void stray_acks_with_options_are_none(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 100; i++) {
		struct trial t = stray(i % 2 ? TCP_ACK : TCP_ACK | TCP_FIN, HOST, PORT + i, BEGIN + i);

		t.header = 32;
		DIRECTION(&t.c, ORIGINATOR)->bytes = 52;
		t = done(s, t, REFUSES);
		assert_int_equal(judge(s, &t, BEGIN + 10 * SECOND), SCAN_NONE);
	}
	assert_int_equal(s->seen, 0);
}

/* Connections that were there before the watching began. */
static void what_goes_on_is_no_stray_ack(void **state)
{
	static const u64 states[] = {SAW_SEGMENT << 1, SAW_DATA, SAW_DATA << 1 | SAW_SEGMENT << 1, RESET_BY};
	struct scans *s = *state;

	for (u16 i = 0; i < COUNT_OF(states) * 10; i++) {
		struct trial t =
			done(s, stray(TCP_ACK, HOST, PORT + i, BEGIN + i), states[i % COUNT_OF(states)]);

		scans_settle(s, &t.c, BEGIN + 20 * SECOND);
		assert_int_equal(judge(s, &t, BEGIN + 20 * SECOND), SCAN_NONE);
	}
	for (u16 i = 0; i < 10; i++) {
		struct trial t = done(s, stray(TCP_ACK, HOST, PORT + i, BEGIN + i), 0);

		DIRECTION(&t.c, ORIGINATOR)->segments = 2;
		scans_settle(s, &t.c, BEGIN + 20 * SECOND);
		assert_int_equal(judge(s, &t, BEGIN + 20 * SECOND), SCAN_NONE);
	}
	assert_int_equal(s->seen, 0);
}

/* Late resets, and answers to somebody who forged our address. */
static void what_is_no_probe_is_none(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 50; i++) {
		struct trial reset = trial(SCANNER, HOST, PORT + i, TCP_RST, MIDSTREAM | RESET_BY, BEGIN);
		struct trial answer = trial(SCANNER, HOST, PORT + i, TCP_SYN | TCP_ACK,
					    FLIPPED | SAW_SYN << 1 | SAW_SYN_ACK, BEGIN);

		done(s, reset, 0);
		assert_int_equal(judge(s, &reset, BEGIN + 20 * SECOND), SCAN_NONE);
		done(s, answer, 0);
		assert_int_equal(judge(s, &answer, BEGIN + 20 * SECOND), SCAN_NONE);
	}
	assert_int_equal(s->seen, 0);
}

/* ---- one line that grows ---------------------------------------------------- */

static void a_scan_is_told_of_as_it_doubles_and_when_it_is_over(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 1000; i++)
		done(s, syn(HOST, PORT + i, BEGIN + i * MS), REFUSES);
	/* at 10, 20, 40, 80, 160, 320 and 640 targets */
	assert_string_equal(told, "BGGGGGG");
	scans_advance(s, BEGIN + 2 * SECOND);
	scans_advance(s, BEGIN + 3 * SECOND);
	assert_string_equal(told, "BGGGGGGc");
	scans_advance(s, BEGIN + 50 * SECOND);
	assert_string_equal(told, "BGGGGGGc");
	scans_advance(s, BEGIN + 62 * SECOND);
	assert_string_equal(told, "BGGGGGGcO");
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 1000);
	scans_finish(s);
	assert_string_equal(told, "BGGGGGGcOX");
	assert_null(scan_of(s, SCAN_SYN));
}

static void a_probed_port_is_one_port_however_often(void **state)
{
	struct scans *s = *state;

	for (u32 round = 0; round < 5; round++)
		for (u16 i = 0; i < 100; i++)
			done(s, syn(i % 2 ? HOST : OTHER_HOST, PORT + i / 2, BEGIN + round * MS + i),
			     round == 2 ? REFUSES : 0);
	assert_int_equal(scan_of(s, SCAN_SYN)->ports.count, 50);
	assert_int_equal(scan_of(s, SCAN_SYN)->hosts.count, 2);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 100);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_CLOSED), 100);
	assert_false(scan_of(s, SCAN_SYN)->capped);
}

/* A scan of five minutes is one, and its later minutes belong to it as well. */
static void a_scan_goes_on_over_minutes(void **state)
{
	struct scans *s = *state;
	struct trial early = {0}, late = {0};

	for (u32 i = 0; i < 300; i++) {
		late = done(s, syn(HOST, (u16)(PORT + i), BEGIN + i * SECOND), REFUSES);
		if (!i)
			early = late;
		scans_advance(s, BEGIN + i * SECOND);
	}
	assert_int_equal(s->seen, 1);
	assert_int_equal(judge(s, &early, BEGIN + 600 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &late, BEGIN + 600 * SECOND), SCAN_SYN);
	/* all but the few with which each new minute began were counted; the records make them good */
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 300);
}

static void a_scan_an_hour_later_is_another(void **state)
{
	struct scans *s = *state;

	for (u64 hour = 0; hour < 3; hour++)
		for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
			u64 time = BEGIN + hour * 3600 * SECOND;

			scans_advance(s, time);
			done(s, syn(HOST, PORT + i, time), REFUSES);
		}
	assert_int_equal(s->seen, 3);
	assert_string_equal(told, "BOXBOXB");
}

static bool folds(struct scans *s, const struct trial *t)
{
	struct event e = event(t, 2, t->c.start);

	return scans_folds(s, &e, t->kind);
}

static void events_of_a_scan_are_folded_and_no_others(void **state)
{
	struct scans *s = *state;
	struct trial before, probe, used;

	before = done(s, syn(HOST, PORT, BEGIN - 10 * SECOND), 0);
	for (u16 i = 1; i < SCAN_TARGETS_LEAST + 5; i++)
		assert_false(folds(s, &before));
	for (u16 i = 0; i < 20; i++)
		probe = done(s, syn(HOST, PORT + i, BEGIN + 70 * SECOND), REFUSES);
	assert_true(folds(s, &probe));
	assert_int_equal(scan_of(s, SCAN_SYN)->folded, 1);
	assert_false(folds(s, &before));
	used = done(s, syn(HOST, PORT, BEGIN + 70 * SECOND), OPENS);
	assert_true(folds(s, &used));
	used.c.state |= SAW_DATA;
	assert_false(folds(s, &used));
	used = done(s, stack_syn(OTHER_HOST, HOST, PORT, BEGIN + 70 * SECOND), 0);
	assert_false(folds(s, &used));
	scans_advance(s, BEGIN + 200 * SECOND);
	assert_false(folds(s, &probe));
}

/* ---- records whose events were lost ----------------------------------------- */

static void records_count_like_events(void **state)
{
	struct scans *s = *state;
	struct trial t[SCAN_TARGETS_LEAST];

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		t[i] = syn(HOST, PORT + i, BEGIN + i);
		t[i].c.state |= i < 4 ? OPENS : REFUSES;
		scans_record(s, &t[i].c);
	}
	assert_int_equal(judge(s, &t[9], BEGIN + SECOND), SCAN_SYN);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_CLOSED), 6);
}

static void final_records_make_lost_events_good(void **state)
{
	struct scans *s = *state;
	struct trial lost;

	for (u16 i = 0; i < 20; i++)
		done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	lost = syn(HOST, PORT + 50, BEGIN + SECOND);
	lost.c.state |= SYN_ACK;
	assert_int_equal(judge(s, &lost, BEGIN + 2 * SECOND), SCAN_SYN);
	assert_int_equal(judge(s, &lost, BEGIN + 2 * SECOND), SCAN_SYN);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 21);
	assert_int_equal(scan_of(s, SCAN_SYN)->probes, 21);
	assert_int_equal(counted(scan_of(s, SCAN_SYN), PORT_OPEN), 1);
}

/* ---- bounds ----------------------------------------------------------------- */

/* A flood of forged sources, each with one SYN: the one that goes on is seen, and what was given up counted.
 */
static void forged_sources_do_not_hide_one_that_goes_on(void **state)
{
	struct scans *s = *state;
	u64 time = BEGIN;

	for (u16 i = 0; i < SCAN_TARGETS_LEAST; i++) {
		done(s, syn(HOST, PORT + i, time), REFUSES);
		done(s, syn(HOST, PORT + i, time), REFUSES);
		for (u32 other = 0; i && other < 50000; other++)
			done(s, stack_syn(1000 + i * 50000U + other, HOST, 80, time += 10000), 0);
	}
	assert_non_null(scan_of(s, SCAN_SYN));
	assert_in_range(s->forgotten, 450000 - SCAN_SUSPECTS, 450000);
}

/* Forged sources that all scan: their number is bounded, and the large one among them stays. */
static void forged_scanners_do_not_displace_the_large_one(void **state)
{
	struct scans *s = *state;

	for (u16 i = 0; i < 100; i++)
		done(s, syn(HOST, PORT + i, BEGIN), REFUSES);
	for (u32 other = 0; other < 2000; other++)
		for (u16 i = 0; i < 3; i++)
			done(s, trial(1000 + other, HOST, PORT + i, 0, PROBE, BEGIN + SECOND), 0);
	assert_int_equal(s->seen, 2001);
	assert_int_equal(s->displaced, 2001 - SCANNERS);
	assert_int_equal(s->active, SCANNERS);
	assert_int_equal(scan_of(s, SCAN_SYN)->targets.count, 100);
}

/* All ports of a host are counted exactly; of two hosts it is said that there were at least so many. */
static void a_set_is_bounded_and_says_so(void **state)
{
	struct scans *s = *state;

	for (u32 port = 0; port < 65536; port++)
		done(s, trial(SCANNER, HOST, (u16)port, TCP_FIN, PROBE, BEGIN + port * 1000), REFUSES);
	assert_int_equal(scan_of(s, SCAN_FIN)->targets.count, 65536);
	assert_int_equal(scan_of(s, SCAN_FIN)->ports.count, 65536);
	assert_int_equal(counted(scan_of(s, SCAN_FIN), PORT_CLOSED), 65536);
	assert_false(scan_of(s, SCAN_FIN)->capped);
	done(s, trial(SCANNER, OTHER_HOST, 7, TCP_FIN, PROBE, BEGIN + SECOND), REFUSES);
	assert_true(scan_of(s, SCAN_FIN)->capped);
	assert_int_equal(scan_of(s, SCAN_FIN)->targets.count, 65536);
	assert_int_equal(scan_of(s, SCAN_FIN)->hosts.count, 2);
}

static void the_purse_is_what_all_scans_share(void **state)
{
	struct scans *s = *state;

	for (u32 source = 0; source < 40; source++)
		for (u32 port = 0; port < 40000; port++)
			done(s, trial(1000 + source, HOST, (u16)port, 0, PROBE, BEGIN), 0);
	assert_in_range(s->purse, 0, SCAN_PURSE / 8);
	assert_int_equal(s->seen, 40);
	scans_finish(s);
	assert_int_equal(s->purse, SCAN_PURSE);
	assert_int_equal(s->active, 0);
}

static void each_kind_has_a_name(void **state)
{
	(void)state;
	assert_null(scan_name(SCAN_NONE));
	for (int kind = SCAN_NONE + 1; kind < SCAN_KINDS; kind++)
		assert_non_null(scan_name((enum scan_kind)kind));
	assert_null(scan_name(SCAN_KINDS));
	assert_string_equal(scan_name(SCAN_SYN), "syn");
	assert_string_equal(scan_name(SCAN_OTHER), "other");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepared, released)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ten_targets_refused_are_a_scan),
		TEST(nine_targets_are_not),
		TEST(one_port_of_ten_hosts_is_a_scan),
		TEST(half_of_ten_opened_is_no_scan),
		TEST(less_than_half_of_ten_opened_is_one),
		TEST(silence_counts_after_three_seconds),
		TEST(who_answers_late_does_not_fail),
		TEST(a_bare_syn_that_is_asked_again_has_failed),
		TEST(half_open_probes_of_open_ports_are_a_scan),
		TEST(unreachable_is_filtered),
		TEST(targets_of_two_minutes_do_not_add_up),
		TEST(targets_within_a_minute_do),
		TEST(a_flag_is_of_its_minute),
		TEST(a_scan_flagged_when_its_minute_ends_is_told_once),
		TEST(connect_is_told_from_syn),
		TEST(each_source_counts_for_itself),
		TEST(the_originator_is_the_source),
		TEST(retries_against_a_dead_server_are_not),
		TEST(a_nat_is_not),
		TEST(health_checks_are_not),
		TEST(targets_that_die_are_not),
		TEST(three_probes_are_a_scan),
		TEST(probes_of_two_minutes_or_kinds_do_not_add_up),
		TEST(what_answers_mean_for_each_kind),
		TEST(three_stray_acks_answered_by_resets_are_a_scan),
		TEST(three_of_maimons_are),
		TEST(three_stray_acks_followed_by_silence_are),
		TEST(stray_acks_of_one_target_are_none),
		TEST(stray_acks_with_options_are_none),
		TEST(what_goes_on_is_no_stray_ack),
		TEST(what_is_no_probe_is_none),
		TEST(a_scan_is_told_of_as_it_doubles_and_when_it_is_over),
		TEST(a_probed_port_is_one_port_however_often),
		TEST(a_scan_goes_on_over_minutes),
		TEST(a_scan_an_hour_later_is_another),
		TEST(events_of_a_scan_are_folded_and_no_others),
		TEST(records_count_like_events),
		TEST(final_records_make_lost_events_good),
		TEST(forged_sources_do_not_hide_one_that_goes_on),
		TEST(forged_scanners_do_not_displace_the_large_one),
		TEST(a_set_is_bounded_and_says_so),
		TEST(the_purse_is_what_all_scans_share),
		TEST(each_kind_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
