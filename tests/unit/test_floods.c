// SPDX-License-Identifier: GPL-2.0-or-later
/* What is called a flood, and what is not: both sides of the rule for each kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flood_words.h"
#include "floods.h"
#include "syn_cookies.h"
#include "wire.h"

static const u64 SECOND = 1000000000;

enum { EVENTS = 16, FIN_ACK = TCP_FIN | TCP_ACK, SYN_ACK = TCP_SYN | TCP_ACK };

/* A run that is looked at once a second: what a second brings is added to `now` before its look. */
struct run {
	struct floods floods;
	struct counters before, now;
	u64 time;
	struct flood told[EVENTS];
	u32 count;
};

static int prepared(void **state)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return -1;
	r->time = 5 * SECOND;
	r->floods.since = r->time;
	*state = r;
	return 0;
}

static int released(void **state)
{
	free(*state);
	return 0;
}

static void look_after(struct run *r, u64 span)
{
	u64 to = r->time + span;

	assert_true(r->count + FLOOD_KINDS <= EVENTS);
	r->count += floods_look(&r->floods, &r->before, &r->now, r->time, to, &r->told[r->count]);
	r->before = r->now;
	r->time = to;
}

static void look(struct run *r)
{
	look_after(r, SECOND);
}

static void send(struct run *r, enum hook hook, u16 flags, u64 n)
{
	r->now.segments[hook][INDEX_IPV4][flags] += n;
}

/* SYNs of new connections. */
static void begin(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_SYN, n);
	r->now.strays[STRAY_SYN] += n;
	r->now.opened += n;
	r->now.started += n;
}

/* Whole connections: three segments, six of data and acknowledgments, four to close. */
static void serve(struct run *r, u64 n)
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
static void refuse(struct run *r, u64 n)
{
	begin(r, n);
	send(r, HOOK_OUT, TCP_RST | TCP_ACK, n);
	r->now.refused += n;
	r->now.closed += n;
	r->now.closed_by_rst += n;
}

/* Segments of no connection, each of which opens a record of its own. */
static void stray(struct run *r, u16 flags, enum stray kind, u64 n)
{
	send(r, HOOK_IN, flags, n);
	r->now.strays[kind] += n;
	r->now.opened += n;
	r->now.midstream += n;
}

/* The host answers what it knows nothing of. */
static void reset_them(struct run *r, u64 n)
{
	send(r, HOOK_OUT, TCP_RST, n);
	r->now.closed += n;
}

static void syn_flood(struct run *r, u64 n)
{
	begin(r, n);
	send(r, HOOK_OUT, SYN_ACK, n);
}

static void syn_ack_flood(struct run *r, u64 n)
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

static void ack_flood(struct run *r, u64 n)
{
	stray(r, TCP_ACK, STRAY_ACK, n);
	reset_them(r, n);
}

static void ack_flood_unanswered(struct run *r, u64 n)
{
	stray(r, TCP_ACK, STRAY_ACK, n);
}

static void rst_flood(struct run *r, u64 n)
{
	stray(r, TCP_RST, STRAY_RST, n);
	r->now.closed += n;
}

static void fin_flood(struct run *r, u64 n)
{
	stray(r, FIN_ACK, STRAY_FIN, n);
	reset_them(r, n);
}

/* Host and flooder have exchanged these segments before: no record is new, and they still close nothing. */
static void known_ack_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_ACK, n);
	send(r, HOOK_OUT, TCP_RST, n);
}

static void known_syn_ack_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, SYN_ACK, n);
	send(r, HOOK_OUT, TCP_RST, n);
}

static void known_rst_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_RST, n);
}

static void known_fin_flood(struct run *r, u64 n)
{
	send(r, HOOK_IN, TCP_FIN, n);
	send(r, HOOK_OUT, TCP_RST | TCP_ACK, n);
}

static const struct {
	void (*flood)(struct run *r, u64 n);
	enum flood_kind kind;
	u64 least; /* a second */
} floods[] = {
	{syn_flood, FLOOD_SYN, FLOOD_LEAST},	  {syn_ack_flood, FLOOD_SYN_ACK, FLOOD_LEAST},
	{ack_flood, FLOOD_ACK, FLOOD_LEAST},	  {ack_flood_unanswered, FLOOD_ACK, FLOOD_LEAST},
	{rst_flood, FLOOD_RST, FLOOD_LEAST},	  {fin_flood, FLOOD_FIN, FLOOD_LEAST},
	{refuse, FLOOD_SYN, FLOOD_MANY},	  {known_syn_ack_flood, FLOOD_SYN_ACK, FLOOD_MANY},
	{known_ack_flood, FLOOD_ACK, FLOOD_MANY}, {known_rst_flood, FLOOD_RST, FLOOD_MANY},
	{known_fin_flood, FLOOD_FIN, FLOOD_MANY},
};

static void restart(struct run *r)
{
	memset(r, 0, sizeof(*r));
	r->time = r->floods.since = 5 * SECOND;
}

static void expect_only(const struct run *r, enum flood_kind kind, bool over)
{
	assert_int_equal(r->count, 1);
	assert_int_equal(r->told[0].kind, kind);
	assert_int_equal(r->told[0].over, over);
	assert_false(r->told[0].cut);
}

/* At the least rate it begins after three seconds or, of many, after two; and is the only one of them. */
static void each_kind_at_its_least_rate(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		u32 needed = floods[i].least == FLOOD_MANY ? FLOOD_OF_MANY_BEGINS_AFTER : FLOOD_BEGINS_AFTER;

		restart(r);
		for (u32 s = 0; s < needed; s++) {
			assert_int_equal(r->count, 0);
			floods[i].flood(r, floods[i].least);
			look(r);
		}
		expect_only(r, floods[i].kind, false);
		assert_int_equal(r->told[0].since, 5 * SECOND);
		assert_int_equal(r->told[0].rate, floods[i].least);
		assert_int_equal(r->told[0].total, needed * floods[i].least);
		assert_int_equal(r->told[0].nothing, r->told[0].judged);
	}
}

static void each_kind_a_little_below(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		restart(r);
		for (u32 s = 0; s < 20; s++) {
			floods[i].flood(r, floods[i].least - 1);
			look(r);
		}
		assert_int_equal(r->count, 0);
	}
}

/* Beside a server that opens 2000 connections a second, which hide no flood and become none. */
static void each_kind_beside_ordinary_traffic(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		restart(r);
		for (u32 s = 0; s < 10; s++) {
			serve(r, 2000);
			look(r);
		}
		assert_int_equal(r->count, 0);
		for (u32 s = 0; s < 3; s++) {
			serve(r, 2000);
			floods[i].flood(r, 8 * (u64)FLOOD_MANY);
			look(r);
		}
		expect_only(r, floods[i].kind, false);
	}
}

/* In a capture all segments come in by one hook. */
static void each_kind_in_a_capture(void **state)
{
	struct run *r = *state;

	for (size_t i = 0; i < COUNT_OF(floods); i++) {
		restart(r);
		for (u32 s = 0; s < 3; s++) {
			floods[i].flood(r, 2 * (u64)FLOOD_MANY);
			for (u32 flags = 0; flags <= TCP_FLAGS; flags++) {
				r->now.segments[HOOK_IN][0][flags] += r->now.segments[HOOK_OUT][0][flags];
				r->now.segments[HOOK_OUT][0][flags] = 0;
			}
			look(r);
		}
		expect_only(r, floods[i].kind, false);
	}
}

static void a_flood_of_many_begins_after_two_seconds(void **state)
{
	struct run *r = *state;

	syn_flood(r, FLOOD_MANY);
	look(r);
	assert_int_equal(r->count, 0);
	syn_flood(r, FLOOD_MANY);
	look(r);
	expect_only(r, FLOOD_SYN, false);
	assert_int_equal(r->told[0].half_open, 2 * FLOOD_MANY);
}

static void two_bad_seconds_are_none(void **state)
{
	struct run *r = *state;

	for (int again = 0; again < 3; again++) {
		syn_flood(r, FLOOD_MANY - 1);
		look(r);
		syn_flood(r, FLOOD_MANY - 1);
		look(r);
		look(r);
	}
	assert_int_equal(r->count, 0);
}

static void it_ends_after_five_good_seconds(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 3; s++) {
		syn_flood(r, 5000);
		look(r);
	}
	syn_flood(r, 8000);
	look(r);
	for (u32 s = 1; s < FLOOD_ENDS_AFTER; s++)
		look(r);
	expect_only(r, FLOOD_SYN, false);
	look(r);
	assert_int_equal(r->count, 2);
	assert_true(r->told[1].over);
	assert_int_equal(r->told[1].since, 5 * SECOND);
	assert_int_equal(r->told[1].until, 9 * SECOND);
	assert_int_equal(r->told[1].time, 14 * SECOND);
	assert_int_equal(r->told[1].peak, 8000);
	assert_int_equal(r->told[1].total, 23000);
	assert_int_equal(r->told[1].rate, 5750);
	assert_int_equal(floods_total(&r->floods).begun[FLOOD_SYN], 1);
	assert_int_equal(floods_total(&r->floods).segments[FLOOD_SYN], 23000);
	assert_int_equal(floods_total(&r->floods).going_on[FLOOD_SYN], 0);
}

static void a_pause_does_not_end_it(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 40; s++) {
		if (s < 3 || s % FLOOD_ENDS_AFTER == 0)
			syn_flood(r, 5000);
		look(r);
	}
	expect_only(r, FLOOD_SYN, false);
}

static void the_run_ends_before_it(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 3; s++) {
		rst_flood(r, 5000);
		look(r);
	}
	assert_int_equal(floods_finish(&r->floods, &r->now, r->time, r->told), 1);
	assert_int_equal(r->told[0].kind, FLOOD_RST);
	assert_true(r->told[0].over);
	assert_true(r->told[0].cut);
	assert_int_equal(floods_total(&r->floods).going_on[FLOOD_RST], 1);
}

static void all_kinds_at_once(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 3; s++) {
		serve(r, 500);
		syn_flood(r, 4000);
		syn_ack_flood(r, 4000);
		ack_flood(r, 4000);
		rst_flood(r, 4000);
		fin_flood(r, 4000);
		look(r);
	}
	assert_int_equal(r->count, FLOOD_KINDS);
	for (u32 kind = 0; kind < FLOOD_KINDS; kind++)
		assert_int_equal(r->told[kind].kind, kind);
}

/* A look that comes late sees more, and no higher rate. */
static void a_late_look(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 10; s++) {
		syn_flood(r, FLOOD_LEAST + 500);
		look_after(r, 2 * SECOND);
	}
	assert_int_equal(r->count, 0);
	for (int s = 0; s < 3; s++) {
		syn_flood(r, 8000);
		look_after(r, 2 * SECOND);
	}
	expect_only(r, FLOOD_SYN, false);
	assert_int_equal(r->told[0].rate, 4000);
	assert_int_equal(r->told[0].total, 24000);
}

/* And one that comes early no higher rate either: a few segments in a moment are no thousand a second. */
static void an_early_look(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 10; s++) {
		syn_flood(r, FLOOD_LEAST / 2);
		look_after(r, SECOND / 10);
	}
	assert_int_equal(r->count, 0);
}

/* ---- what is no flood -------------------------------------------------------------------------- */

static void a_busy_server(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 60; s++) {
		serve(r, s % 7 ? 50000 : 80000);
		look(r);
	}
	assert_int_equal(r->count, 0);
	assert_int_equal(floods_total(&r->floods).half_open_rate, 50000);
}

/* Two thousand new attempts a second that nobody answers: each is sent again after 1, 2, 3, 4 seconds. */
static void a_dead_server_with_many_clients(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 60; s++) {
		begin(r, 2000);
		send(r, HOOK_IN, TCP_SYN, 2000 * (u64)(s < 4 ? s : 4));
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* What fifty thousand connections a second become while the process is away, and clients try at once. */
static void a_busy_server_that_is_down(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 10; s++) {
		serve(r, 50000);
		look(r);
	}
	for (int s = 0; s < 20; s++) {
		refuse(r, 90000);
		look(r);
	}
	assert_int_equal(r->count, 0);
}

static void a_port_where_nothing_listens(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 20; s++) {
		refuse(r, FLOOD_MANY - 1);
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* All at once, and it may lie in two looks; the clients come back, are refused, then served. */
static void a_restart_resets_all_connections(void **state)
{
	struct run *r = *state;

	serve(r, 3000);
	look(r);
	for (int half = 0; half < 2; half++) {
		send(r, HOOK_OUT, TCP_RST | TCP_ACK, 5000);
		r->now.closed_by_rst += 5000;
		look(r);
	}
	refuse(r, 10000);
	look(r);
	serve(r, 10000);
	look(r);
	assert_int_equal(r->count, 0);
}

/* The same, by who attached just before it and knows none of them. */
static void a_restart_just_after_attaching(void **state)
{
	struct run *r = *state;

	for (int half = 0; half < 2; half++) {
		send(r, HOOK_OUT, TCP_RST | TCP_ACK, 5000);
		r->now.strays[STRAY_RST] += 5000;
		look(r);
	}
	look(r);
	assert_int_equal(r->count, 0);
}

/* Of a hundred thousand connections each shows itself by a segment of no connection, and goes on. */
static void attaching_in_mid_stream(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 10; s++) {
		u64 found = s < 4 ? 40000 >> s : 0;

		serve(r, 10000);
		stray(r, TCP_ACK, STRAY_ACK, found);
		send(r, HOOK_OUT, TCP_ACK, found);
		/* some of them were about to close */
		stray(r, FIN_ACK, STRAY_FIN, found / 4);
		send(r, HOOK_OUT, FIN_ACK, found / 4);
		r->now.closed_by_fin += found / 4;
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* Received segments alone: of an idle connection one ACK a minute, and of one that closes one FIN. */
static void attaching_to_one_direction(void **state)
{
	struct run *r = *state;

	r->floods.ingress_only = true;
	for (int s = 0; s < FLOOD_SETTLING; s++) {
		stray(r, TCP_ACK, STRAY_ACK, 3000);
		stray(r, FIN_ACK, STRAY_FIN, 1500);
		look(r);
	}
	assert_int_equal(r->count, 0);
	for (int s = 0; s < 4; s++) {
		stray(r, TCP_ACK, STRAY_ACK, 3000);
		look(r);
	}
	expect_only(r, FLOOD_ACK, false);
}

/* One direction of a busy server: its SYN-ACKs alone, or what comes in alone. */
static void one_direction_of_a_busy_server(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 20; s++) {
		send(r, HOOK_OUT, SYN_ACK, 30000);
		send(r, HOOK_OUT, TCP_ACK, 90000);
		send(r, HOOK_OUT, FIN_ACK, 30000);
		r->now.strays[STRAY_SYN_ACK] += 30000;
		r->now.started += 30000;
		r->now.completed += 30000;
		look(r);
	}
	assert_int_equal(r->count, 0);
	restart(r);
	r->floods.ingress_only = true;
	for (int s = 0; s < 20; s++) {
		begin(r, 30000);
		send(r, HOOK_IN, TCP_ACK, 90000);
		send(r, HOOK_IN, FIN_ACK, 30000);
		r->now.completed += 30000;
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* SYN, SYN-ACK, RST: how a load balancer asks 800 servers every second whether they live. */
static void health_checks(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 30; s++) {
		begin(r, 800);
		send(r, HOOK_OUT, SYN_ACK, 800);
		send(r, HOOK_IN, TCP_RST, 800);
		r->now.aborted += 800;
		r->now.closed_by_rst += 800;
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* The table is full of live connections: the segments of all others belong to none that it knows. */
static void a_table_that_is_too_small(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 20; s++) {
		u64 flags[] = {TCP_SYN, SYN_ACK, TCP_ACK, FIN_ACK, TCP_RST};
		u64 many[] = {8000, 8000, 200000, 16000, 2000};

		for (size_t i = 0; i < COUNT_OF(flags); i++) {
			send(r, HOOK_IN, (u16)flags[i], many[i] / 2);
			send(r, HOOK_OUT, (u16)flags[i], many[i] / 2);
			r->now.untracked += many[i];
		}
		r->now.strays[STRAY_SYN_ACK] += 8000;
		r->now.strays[STRAY_ACK] += 200000;
		r->now.strays[STRAY_FIN] += 16000;
		r->now.strays[STRAY_RST] += 2000;
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* A process that died with data under way to it: the host answers every segment of it by a RST. */
static void resets_of_data_under_way(void **state)
{
	struct run *r = *state;

	for (int s = 0; s < 20; s++) {
		serve(r, 1000);
		send(r, HOOK_IN, TCP_ACK | TCP_PSH, 9000);
		send(r, HOOK_OUT, TCP_RST, 9000);
		r->now.closed_by_rst += 300;
		look(r);
	}
	assert_int_equal(r->count, 0);
}

/* ---- and the flood that outgrows the table ------------------------------------------------------ */

static void it_goes_on_when_it_has_filled_the_table(void **state)
{
	struct run *r = *state;

	ack_flood_unanswered(r, 130000);
	look(r);
	for (int s = 0; s < 10; s++) {
		send(r, HOOK_IN, TCP_ACK, 100000);
		r->now.strays[STRAY_ACK] += 100000;
		r->now.untracked += 100000;
		look(r);
	}
	expect_only(r, FLOOD_ACK, false);
	for (u32 s = 0; s < FLOOD_ENDS_AFTER; s++)
		look(r);
	assert_int_equal(r->count, 2);
}

/* ---- SYN cookies -------------------------------------------------------------------------------- */

static struct syn_cookies cookies_of(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct syn_cookies c;

	assert_non_null(file);
	c = syn_cookies_read(file);
	fclose(file);
	return c;
}

static void cookies_are_read(void **state)
{
	struct syn_cookies c = cookies_of("IpExt: InNoRoutes SyncookiesSent\nIpExt: 1 2\n"
					  "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed Embryonic\n"
					  "TcpExt: 12 34 18446744073709551615 5\n");

	(void)state;
	assert_true(c.known);
	assert_int_equal(c.sent, 12);
	assert_int_equal(c.received, 34);
	assert_true(c.failed == UINT64_MAX);
	assert_true(syn_cookies_now().known);
}

static void cookies_that_are_not_there(void **state)
{
	(void)state;
	assert_false(cookies_of("\n").known);
	assert_false(cookies_of("TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed\n").known);
	assert_false(
		cookies_of("TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed\nTcpExt: 1 2\n").known);
	assert_false(cookies_of("TcpExt: SyncookiesSent\nTcpExt: 1\n").known);
}

static void a_flood_says_whether_cookies_were_sent(void **state)
{
	struct run *r = *state;

	r->floods.cookies = (struct syn_cookies){.known = true, .sent = 7};
	for (int s = 0; s < 3; s++) {
		syn_flood(r, 2000);
		if (s == 2)
			r->floods.cookies.sent += 1500;
		look(r);
	}
	expect_only(r, FLOOD_SYN, false);
	assert_true(r->told[0].cookies.known);
	assert_int_equal(r->told[0].cookies.sent, 1500);
}

static void totals_of_two_interfaces(void **state)
{
	struct flood_totals sum = {.watched = false}, one = {.watched = true, .measured = true};

	(void)state;
	one.begun[FLOOD_RST] = 2;
	one.peak[FLOOD_RST] = 5000;
	one.half_open_rate = 40;
	one.cookies = (struct syn_cookies){.known = true, .sent = 9};
	flood_totals_add(&sum, &one);
	one.peak[FLOOD_RST] = 3000;
	flood_totals_add(&sum, &one);
	assert_true(sum.watched);
	assert_int_equal(sum.begun[FLOOD_RST], 4);
	assert_int_equal(sum.peak[FLOOD_RST], 5000);
	assert_int_equal(sum.half_open_rate, 80);
	assert_int_equal(sum.cookies.sent, 9); /* of the namespace that both are in */
}

/* ---- words -------------------------------------------------------------------------------------- */

static void expect_words(const struct flood *f, bool json, const char *expected)
{
	const struct interface i = {.name = "eth0"};
	const struct view_options o = {.json = json};
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	assert_int_equal(show_flood(out, &o, &i, f), 1);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void words_of_a_syn_flood(void **state)
{
	struct flood f = {.kind = FLOOD_SYN,
			  .time = 63 * SECOND,
			  .since = 60 * SECOND,
			  .rate = 312000,
			  .peak = 1312000,
			  .total = 936000,
			  .nothing = 99989,
			  .judged = 100000,
			  .half_open = 65536,
			  .cookies = {.known = true, .sent = 1}};

	(void)state;
	expect_words(&f, false,
		     "00:01:03.000000 eth0 flood          SYN flood begins: 312,000 SYN/s, 99.9% never "
		     "completed, 65,536 half-open, the host answers with SYN cookies\n");
	f.cookies.sent = 0;
	f.over = true;
	f.time = 70 * SECOND;
	f.until = 65 * SECOND;
	expect_words(&f, false,
		     "00:01:10.000000 eth0 flood          SYN flood ends after 5 s: 936,000 SYN in all, "
		     "312,000/s, at most 1,312,000/s, 99.9% never completed, 65,536 half-open\n");
	expect_words(&f, true,
		     "{\"ts\": \"1970-01-01T00:01:10.000000000Z\", \"event\": \"flood\", \"interface\": "
		     "\"eth0\", \"kind\": \"syn\", \"phase\": \"end\", \"since\": "
		     "\"1970-01-01T00:01:00.000000000Z\", \"until\": \"1970-01-01T00:01:05.000000000Z\", "
		     "\"rate_per_s\": 312000, \"peak_per_s\": 1312000, \"total\": 936000, "
		     "\"share_failed\": 0.999890, \"half_open\": 65536, \"syn_cookies\": false}\n");
}

static void words_of_a_flood_that_is_cut(void **state)
{
	struct flood f = {.kind = FLOOD_ACK,
			  .over = true,
			  .cut = true,
			  .time = 70 * SECOND,
			  .since = 60 * SECOND,
			  .until = 69 * SECOND,
			  .rate = 1000,
			  .peak = 999,
			  .total = 12};

	(void)state;
	expect_words(
		&f, false,
		"00:01:10.000000 eth0 flood          ACK flood goes on as the watching ends, after 10 s: "
		"12 ACK in all, 1,000/s, at most 999/s, 0.0% of no connection\n");
	expect_words(&f, true,
		     "{\"ts\": \"1970-01-01T00:01:10.000000000Z\", \"event\": \"flood\", \"interface\": "
		     "\"eth0\", \"kind\": \"ack\", \"phase\": \"end\", \"since\": "
		     "\"1970-01-01T00:01:00.000000000Z\", \"until\": null, \"rate_per_s\": 1000, "
		     "\"peak_per_s\": 999, \"total\": 12, \"share_failed\": null, \"half_open\": 0, "
		     "\"syn_cookies\": null}\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, prepared, released)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_at_its_least_rate),
		TEST(each_kind_a_little_below),
		TEST(each_kind_beside_ordinary_traffic),
		TEST(each_kind_in_a_capture),
		TEST(a_flood_of_many_begins_after_two_seconds),
		TEST(two_bad_seconds_are_none),
		TEST(it_ends_after_five_good_seconds),
		TEST(a_pause_does_not_end_it),
		TEST(the_run_ends_before_it),
		TEST(all_kinds_at_once),
		TEST(a_late_look),
		TEST(an_early_look),
		TEST(a_busy_server),
		TEST(a_dead_server_with_many_clients),
		TEST(a_busy_server_that_is_down),
		TEST(a_port_where_nothing_listens),
		TEST(a_restart_resets_all_connections),
		TEST(a_restart_just_after_attaching),
		TEST(attaching_in_mid_stream),
		TEST(attaching_to_one_direction),
		TEST(one_direction_of_a_busy_server),
		TEST(health_checks),
		TEST(a_table_that_is_too_small),
		TEST(resets_of_data_under_way),
		TEST(it_goes_on_when_it_has_filled_the_table),
		TEST(cookies_are_read),
		TEST(cookies_that_are_not_there),
		TEST(a_flood_says_whether_cookies_were_sent),
		TEST(totals_of_two_interfaces),
		TEST(words_of_a_syn_flood),
		TEST(words_of_a_flood_that_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
