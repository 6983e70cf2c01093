// SPDX-License-Identifier: GPL-2.0-or-later
/* What is no flood, however many segments there are: servers that are busy, down or restarted, late
 * attaching. */
#include "flood_runs.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
