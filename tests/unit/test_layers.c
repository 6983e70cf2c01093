// SPDX-License-Identifier: GPL-2.0-or-later
/* What is counted of a frame, layer by layer. */
#include "frame_builder.h"

#include "totals.h"

static void take(const struct built *b)
{
	struct frame f = {.data = b->bytes, .end = b->bytes + b->length, .length = b->length};
	struct sighting g = {.precise = 1, .tick = test_now};
	struct segment s;

	account(&s, &g, dissect(&f, &s, &g));
}

/* Each frame is counted on its layer, and each reason apart. */
static void test_levels_are_counted_apart(void **state)
{
	struct built b = simple_ipv4(), arp = {.length = 0};
	struct frame f = {.data = b.bytes, .end = b.bytes + b.length, .length = b.length};
	struct sighting g = {.precise = 1, .tick = test_now};
	struct segment s;

	(void)state;
	account(&s, &g, dissect(&f, &s, &g));
	put_ethernet(&arp, ETHERTYPE_ARP);
	f = (struct frame){.data = arp.bytes, .end = arp.bytes + arp.length, .length = arp.length};
	account(&s, &g, dissect(&f, &s, &g));
	f.end = f.data + 3;
	account(&s, &g, dissect(&f, &s, &g));
	assert_int_equal(layers_of(&test_counters).frames, 3);
	assert_int_equal(layers_of(&test_counters).ipv4, 1);
	assert_int_equal(layers_of(&test_counters).tcp, 1);
	assert_int_equal(test_counters.arp, 1);
	assert_int_equal(test_counters.truncated, 1);
	assert_int_equal(test_counters.other, 0);
	assert_int_equal(layers_of(&test_counters).bytes, b.length + 2 * arp.length);
	assert_int_equal(test_counters.acks[ACK_WITH_DATA], 1);
	assert_int_equal(segments_with(&test_counters, TCP_ACK | TCP_PSH, 0), 1);
}

/* A merged buffer counts as the segments that it becomes: each has the headers of the whole. */
static void test_merged_segments(void **state)
{
	struct built b = {.length = 0};
	struct frame f;
	struct segment s = {0};
	struct sighting g = {.precise = 1, .tick = test_now, .count = 3, .hook = HOOK_OUT};
	const struct connection *c;

	(void)state;
	put_ethernet(&b, ETHERTYPE_IPV4);
	put_ipv4(&b, 5, 40 + 3000, 0, PROTOCOL_TCP);
	put_tcp(&b, 5, TCP_ACK | TCP_PSH);
	put_many(&b, 'x', 3000);
	f = (struct frame){.data = b.bytes, .end = b.bytes + b.length, .length = b.length};
	account(&s, &g, dissect(&f, &s, &g));
	c = &test_table[0].ways[g.slot];
	assert_int_equal(layers_of(&test_counters).frames, 3);
	assert_int_equal(layers_of(&test_counters).tcp, 3);
	assert_int_equal(layers_of(&test_counters).segments[HOOK_OUT], 3);
	assert_int_equal(test_counters.acks[ACK_WITH_DATA], 3);
	assert_int_equal(layers_of(&test_counters).bytes, 3000 + 3 * 54);
	assert_int_equal(test_counters.bytes[HOOK_OUT], 3000 + 3 * 54);
	assert_int_equal(segments_with(&test_counters, TCP_ACK, TCP_PSH), 2);
	assert_int_equal(segments_with(&test_counters, TCP_ACK | TCP_PSH, 0), 1);
	assert_int_equal(DIRECTION(c, ORIGINATOR)->segments, 3);
	assert_int_equal(DIRECTION(c, ORIGINATOR)->bytes, 3000 + 3 * 40);
}

/* Which flags each of merged segments has: FIN and PSH the last one, CWR the first one, but as part of ACE
 * all. */
static void test_flags_of_merged_segments(void **state)
{
	static const struct {
		u16 flags, flag;
		u64 times;
	} cases[] = {
		{TCP_ACK, TCP_ACK, 3},
		{TCP_ACK | TCP_PSH, TCP_PSH, 1},
		{TCP_ACK | TCP_FIN, TCP_FIN, 1},
		{TCP_ACK | TCP_CWR, TCP_CWR, 1},
		{TCP_ACK | TCP_CWR | TCP_ECE, TCP_CWR, 3},
		{TCP_ACK | TCP_CWR | TCP_AE, TCP_CWR, 3},
	};

	for (u32 i = 0; i < COUNT_OF(cases); i++) {
		struct segment s = test_segment(1, true, cases[i].flags, 1000, 2000);
		struct sighting g = {.precise = 1, .tick = test_now, .count = 3};

		analyzer_reset(state);
		account(&s, &g, PARSED_TCP);
		assert_int_equal(segments_with(&test_counters, cases[i].flag, 0), cases[i].times);
	}
}

/* So does one of datagrams; of a tunnel the outer headers are known. */
static void test_merged_datagrams(void **state)
{
	static const u8 protocols[] = {PROTOCOL_UDP, 47};
	static const u32 headers[] = {14 + 20 + 8, 14 + 20};

	for (u32 i = 0; i < COUNT_OF(protocols); i++) {
		struct built b = {.length = 0};
		struct frame f;
		struct segment s;
		struct sighting g = {.precise = 1, .tick = test_now};
		enum parsed parsed;

		analyzer_reset(state);
		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 20 + 8 + 3000, 0, protocols[i]);
		put_many(&b, 'x', 8 + 3000);
		f = (struct frame){.data = b.bytes, .end = b.bytes + b.length, .length = b.length};
		parsed = dissect(&f, &s, &g);
		count_packets(&s, &g, parsed, 3, 1000);
		account(&s, &g, parsed);
		assert_int_equal(layers_of(&test_counters).frames, 3);
		assert_int_equal(layers_of(&test_counters).bytes, b.length + 2 * headers[i]);
		assert_int_equal(packets_of(&test_counters, INDEX_IPV4, protocols[i]), 3);
		assert_int_equal(test_counters.udp, protocols[i] == PROTOCOL_UDP ? 3 : 0);
	}
}

/* Of what comes from a guest the kernel knows the size of the segments alone. */
static void test_segments_by_their_size(void **state)
{
	static const u32 expected[][3] = {
		/* payload, size, segments (0: none, which is one) */
		{14000, 1400, 10}, {14001, 1400, 11}, {100, 1400, 1}, {0, 1400, 0}, {14000, 0, 0},
	};

	(void)state;
	for (u32 i = 0; i < COUNT_OF(expected); i++) {
		struct segment s = {.payload = expected[i][0]};
		struct sighting g = {.count = 0};

		count_packets(&s, &g, PARSED_TCP, 0, expected[i][1]);
		assert_int_equal(g.count, expected[i][2]);
	}
}

/* ARP by its operation; a cut one is ARP all the same. */
static void test_arp_operations(void **state)
{
	static const u16 operations[] = {ARP_REQUEST, ARP_REQUEST, ARP_REPLY, 9};
	struct built cut = {.length = 0};

	(void)state;
	for (u32 i = 0; i < COUNT_OF(operations); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_ARP);
		put16(&b, 1), put16(&b, ETHERTYPE_IPV4), put16(&b, 0x0604), put16(&b, operations[i]);
		take(&b);
	}
	put_ethernet(&cut, ETHERTYPE_ARP);
	take(&cut);
	assert_int_equal(test_counters.arp, 5);
	assert_int_equal(test_counters.arp_requests, 2);
	assert_int_equal(test_counters.arp_replies, 1);
}

/* Packets by IP version and protocol; TCP segments are among them, whether a filter left them out or not. */
static void test_protocols(void **state)
{
	static const u8 protocols[] = {PROTOCOL_UDP, PROTOCOL_ICMP, 47, 47};
	struct built tcp = simple_ipv4(), six = {.length = 0}, bad = {.length = 0};

	(void)state;
	for (u32 i = 0; i < COUNT_OF(protocols); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 40, 0, protocols[i]);
		put_many(&b, 0, 20);
		take(&b);
	}
	take(&tcp);
	test_config.filter_port = 1;
	take(&tcp);
	put_ethernet(&six, ETHERTYPE_IPV6);
	put_ipv6(&six, 8, PROTOCOL_ICMPV6);
	put_many(&six, 200, 8);
	take(&six);
	put_ethernet(&bad, ETHERTYPE_IPV4);
	put8(&bad, 0x45);
	take(&bad);
	assert_int_equal(packets_of(&test_counters, INDEX_IPV4, PROTOCOL_UDP), 1);
	assert_int_equal(packets_of(&test_counters, INDEX_IPV4, PROTOCOL_ICMP), 1);
	assert_int_equal(packets_of(&test_counters, INDEX_IPV4, 47), 2);
	assert_int_equal(packets_of(&test_counters, INDEX_IPV4, PROTOCOL_TCP), 2);
	assert_int_equal(packets_of(&test_counters, INDEX_IPV6, PROTOCOL_ICMPV6), 1);
	assert_int_equal(layers_of(&test_counters).ipv4, 7); /* the truncated one is one too */
	assert_int_equal(layers_of(&test_counters).ipv6, 1);
	assert_int_equal(layers_of(&test_counters).filtered, 1);
	assert_int_equal(layers_of(&test_counters).frames, 8);
	assert_int_equal(test_counters.truncated, 1);
}

/* ACKs alone are counted as they come: no reader has to subtract what grows. */
static void test_pure_acks(void **state)
{
	static const u16 flags[] = {TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN, TCP_RST | TCP_ACK,
				    TCP_SYN};

	(void)state;
	for (u32 i = 0; i < COUNT_OF(flags); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 40, 0, PROTOCOL_TCP);
		put_tcp(&b, 5, flags[i]);
		take(&b);
	}
	assert_int_equal(test_counters.acks[ACK_PURE], 2);
	assert_int_equal(test_counters.acks[ACK_WITH_DATA], 0);
	assert_int_equal(test_counters.data_on_other, 0);
}

static void check_gauges(const struct totals *t, u64 half_open, u64 tracked)
{
	const struct counters *n = &t->counters;

	assert_int_equal(t->half_open, half_open);
	assert_int_equal(t->tracked, tracked);
	assert_int_equal(n->started, n->completed + n->refused + n->unanswered + n->aborted + half_open);
	assert_int_equal(n->opened, n->closed + n->expired + n->evicted + tracked);
}

/*
 * The equations of counters.h hold whatever was read: what is over had begun, even where it was read before.
 */
static void test_counters_that_grow_while_they_are_read(void **state)
{
	static const struct scans nothing;
	struct counters whole = {
		.started = 9, .completed = 3, .refused = 1, .opened = 9, .closed = 2, .evicted = 1};
	struct counters torn = {
		.started = 5, .completed = 6, .aborted = 1, .opened = 5, .closed = 4, .expired = 3};
	struct totals t;

	(void)state;
	totals_fill(&t, &whole, &nothing, NULL, &test_config, test_now);
	check_gauges(&t, 5, 6);
	totals_fill(&t, &torn, &nothing, NULL, &test_config, test_now);
	check_gauges(&t, 0, 0);
	assert_int_equal(half_open_of(&torn), 0);
	assert_int_equal(tracked_of(&torn), 0);
}

/* A connection was due in the table, and was cleared away between the look at the counters and that at the
 * table. */
static void test_what_time_decides_never_shrinks(void **state)
{
	static const struct scans nothing;
	struct counters due = {
		.started = 9, .completed = 3, .unanswered = 2, .opened = 9, .closed = 2, .expired = 3};
	struct counters missed = {
		.started = 9, .completed = 4, .unanswered = 1, .opened = 9, .closed = 2, .expired = 2};
	struct decided last = {0};
	struct totals t;

	(void)state;
	totals_fill(&t, &due, &nothing, NULL, &test_config, test_now);
	totals_keep(&t, &last);
	check_gauges(&t, 4, 4);
	totals_fill(&t, &missed, &nothing, NULL, &test_config, test_now);
	totals_keep(&t, &last);
	assert_int_equal(t.counters.unanswered, 2);
	assert_int_equal(t.counters.expired, 3);
	check_gauges(&t, 3, 4);
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_levels_are_counted_apart),
		unit(test_what_time_decides_never_shrinks),
		unit(test_merged_segments),
		unit(test_flags_of_merged_segments),
		unit(test_merged_datagrams),
		unit(test_segments_by_their_size),
		unit(test_arp_operations),
		unit(test_protocols),
		unit(test_pure_acks),
		unit(test_counters_that_grow_while_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
