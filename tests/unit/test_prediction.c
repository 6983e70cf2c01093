// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The short way against the long one. Two ends talk as a stack does, with losses, repetitions, closed
 * windows, fragments and odd flags now and then. Each frame that the short way takes is taken back and sent
 * the long way: the table and the counters must come out the same, byte for byte.
 */
#include "frame_builder.h"

#include <stdlib.h>

enum { SEED = 1, TALKS = 300, FRAMES = 200 };

/* What both ends of a connection have sent and acknowledged. */
struct talk {
	bool ipv6;
	bool stamped; /* each segment has the timestamps option */
	u16 ports[2];
	u32 next[2];
	u32 acknowledged[2];
};

struct world {
	struct counters counters;
	struct bucket table[TEST_BUCKETS];
	u32 items;
};

static u32 random_below(u32 n)
{
	return (u32)random() % n;
}

static void put32(struct built *b, u32 v)
{
	put16(b, v >> 16);
	put16(b, v & 0xffff);
}

/* Addresses whose order differs from talk to talk, so that the originator is now the lower and now the
 * higher. */
static void put_addresses(struct built *b, const struct talk *t, u32 from)
{
	u32 length = t->ipv6 ? 16 : 4;

	for (u32 i = 0; i < 2; i++) {
		put_many(b, 0x20, length - 1);
		put8(b, (u8)((i ^ from) + (t->ports[0] & 1 ? 1 : 3) * !(i ^ from)));
	}
}

static void put_network(struct built *b, const struct talk *t, u32 from, u32 length)
{
	put_ethernet(b, t->ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	if (t->ipv6) {
		put32(b, 6U << 28);
		put16(b, (u16)length);
		put16(b, (random_below(100) ? PROTOCOL_TCP : PROTOCOL_UDP) << 8 | 64);
	} else {
		put16(b, 0x4500);
		put16(b, (u16)(IPV4_HEADER + length));
		put16(b, (u16)random_below(5));
		put16(b, random_below(100) ? 0x4000 : IPV4_MORE_FRAGMENTS);
		put16(b, 64 << 8 | PROTOCOL_TCP);
		put16(b, 0);
	}
	put_addresses(b, t, from);
}

static struct built segment_of(const struct talk *t, u32 from, u16 flags, u32 seq, u32 payload)
{
	u32 header = TCP_HEADER + (t->stamped ? 12 : 0);
	struct built b = {.length = 0};

	put_network(&b, t, from, header + payload);
	put16(&b, t->ports[from]);
	put16(&b, t->ports[!from]);
	put32(&b, seq);
	put32(&b, flags & TCP_ACK ? t->acknowledged[from] : 0);
	put16(&b, (u16)(header / 4 << 12 | flags));
	put16(&b, random_below(40) ? 500 : 0);
	put32(&b, 0);
	if (t->stamped) {
		put32(&b, random_below(20) ? TCP_OPTIONS_ONLY_TIMESTAMPS : 0x01010101);
		put_many(&b, TCP_OPTION_NOP, 8);
	}
	put_many(&b, 'x', payload);
	return b;
}

static struct world look(void)
{
	struct world w = {.counters = test_counters, .items = test_item_count};

	memcpy(w.table, test_table, sizeof(w.table));
	return w;
}

static void go_back(const struct world *w)
{
	test_counters = w->counters;
	test_item_count = w->items;
	memcpy(test_table, w->table, sizeof(w->table));
}

static void go_long_way(const struct frame *f, struct sighting g)
{
	struct segment s = {0};

	account(&s, &g, dissect(f, &s, &g));
}

/* Whether the short way took it. */
static bool see(const struct built *b, u32 merged)
{
	struct frame f = {.data = b->bytes, .end = b->bytes + b->length, .length = b->length};
	struct sighting start = {.tick = test_now, .precise = 1, .count = merged}, g = start;
	struct world before = look(), after;

	if (!take_predicted(&f, &g, &test_counters, &test_now)) {
		after = look();
		assert_memory_equal(&before, &after, sizeof(before)); /* nothing was touched */
		go_long_way(&f, start);
		return false;
	}
	after = look();
	go_back(&before);
	go_long_way(&f, start);
	assert_memory_equal(&after.counters, &test_counters, sizeof(test_counters));
	assert_memory_equal(after.table, test_table, sizeof(test_table));
	assert_int_equal(after.items, test_item_count);
	return true;
}

static bool say(struct talk *t, u32 from, u16 flags, u32 payload)
{
	u32 odd = random_below(60), seq = t->next[from];
	struct built b;

	if (odd == 0)
		seq -= random_below(200); /* again, or in part */
	else if (odd == 1)
		seq += random_below(200); /* what came before was lost */
	else if (odd == 2)
		flags |= (u16)(1 << random_below(9));
	else if (odd == 3)
		t->acknowledged[from] += random_below(2) ? 1 : -300U;
	b = segment_of(t, from, flags, seq, payload);
	t->next[from] = seq + payload + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
	t->acknowledged[!from] = odd == 4 ? t->acknowledged[!from] : t->next[from];
	test_now += random_below(100) ? random_below(3000000) : random_below(4) * 100 * TEST_SECOND;
	return see(&b, random_below(3) ? 1 : 1 + random_below(20));
}

static u32 play(struct talk *t)
{
	u32 taken = 0;

	say(t, 0, TCP_SYN, 0);
	say(t, 1, TCP_SYN | TCP_ACK, 0);
	say(t, 0, TCP_ACK, 0);
	for (u32 i = 0; i < FRAMES; i++)
		taken += say(t, random_below(2), TCP_ACK | (random_below(2) ? TCP_PSH : 0),
			     random_below(2) ? random_below(100) : 0);
	return taken;
}

static void test_the_short_way_leaves_everything_as_the_long_way_does(void **state)
{
	u32 taken = 0;

	(void)state;
	srandom(SEED);
	for (u32 i = 0; i < TALKS; i++) {
		struct talk t = {.ipv6 = i & 1,
				 .stamped = i >> 1 & 1,
				 .ports = {(u16)(40000 + random_below(8)), 80},
				 .next = {random_below(4) ? 5000 : 0xffffff00U, (u32)random()}};

		taken += play(&t);
	}
	assert_true(taken > TALKS * FRAMES / 3); /* else this test would say little */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_the_short_way_leaves_everything_as_the_long_way_does,
				       analyzer_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
