// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a record says of bytes, against a model that remembers each of them. Two hosts send each other random
 * segments through a network that loses, delays and repeats them on either side of the point of observation,
 * and (where a test says so) past it. A byte is missed, as Zeek has it, once it is acknowledged unseen.
 */
#include "analyzer_host.h"

#include "random.h"
#include "verdict.h"

enum { BYTES = 3000, LENGTH_MAX = 60, WINDOW = 700, FLYING = 32, STEPS = 1500, ROUNDS = 150 };

/* What the way from one host to the other does, in percent. */
struct path {
	u32 lost_before; /* the point of observation */
	u32 unseen;	 /* passes it, and is not seen */
	u32 lost_behind;
	u32 again; /* of what is sent was sent before */
};

/* Bytes `from` to `to` of a stream, with the acknowledgment that they carry. */
struct flying {
	u32 from, to, ack;
	bool passed; /* the point of observation */
};

/* One direction. Places in it count from 0; its sequence numbers from isn + 1. */
struct stream {
	bool seen[BYTES], missed[BYTES], received[BYTES];
	u32 isn;
	u32 sent, acked; /* as the sender knows */
	u32 complete;	 /* as the receiver knows: all below came */
	u32 seen_end, seen_acked;
	struct flying flying[FLYING];
	u32 flying_count;
};

static struct stream streams[ENDPOINTS];

static bool chance(u32 percent)
{
	return random_below(100) < percent;
}

static u32 larger(u32 a, u32 b)
{
	return a > b ? a : b;
}

/* An acknowledgment of what was not seen is believed where the segment itself is the next one. */
static bool is_believed(const struct stream *me, const struct stream *peer, const struct flying *f)
{
	return f->ack <= peer->seen_end || f->from == me->seen_end;
}

/* The model's part of seeing a segment, then the analyzer's. */
static void see(enum endpoint from, const struct flying *f)
{
	struct stream *me = &streams[from], *peer = &streams[!from];
	struct segment s =
		test_segment(1, from == ORIGINATOR, TCP_ACK, me->isn + 1 + f->from, peer->isn + 1 + f->ack);

	for (; is_believed(me, peer, f) && peer->seen_acked < f->ack; peer->seen_acked++)
		peer->missed[peer->seen_acked] = !peer->seen[peer->seen_acked];
	for (u32 i = f->from; i < f->to; i++)
		me->seen[i] = true;
	if (f->to > f->from)
		me->seen_end = larger(me->seen_end, f->to);
	s.payload = f->to - f->from;
	s.ip_length += s.payload;
	test_now += 1000000;
	test_take(s);
}

static u32 missed_by_the_model(void)
{
	u32 n = 0;

	for (u32 who = 0; who < ENDPOINTS; who++)
		for (u32 i = 0; i < BYTES; i++)
			n += streams[who].missed[i];
	return n;
}

static void send(struct stream *me, const struct stream *peer, const struct path *n)
{
	struct flying f = {.from = me->sent, .ack = peer->complete};

	if (me->flying_count == FLYING)
		return;
	if (me->sent > me->acked && chance(n->again))
		f.from = chance(50) ? me->acked : me->acked + random_below(me->sent - me->acked);
	f.to = f.from + 1 + random_below(LENGTH_MAX);
	if (f.to > BYTES || f.to > me->acked + WINDOW)
		f.to = me->sent; /* nothing new may be sent */
	if (f.to < f.from)
		return;
	me->sent = larger(me->sent, f.to);
	if (!chance(n->lost_before))
		me->flying[me->flying_count++] = f;
}

/* One of the segments under way gets on: to the point of observation, or from there to the receiver. */
static void get_on(enum endpoint from, const struct path *n)
{
	struct stream *me = &streams[from], *peer = &streams[!from];
	u32 which = me->flying_count ? random_below(me->flying_count) : 0;
	struct flying *f = &me->flying[which];

	if (!me->flying_count)
		return;
	if (!f->passed) {
		f->passed = true;
		if (!chance(n->unseen))
			see(from, f);
		return;
	}
	if (!chance(n->lost_behind)) {
		memset(me->received + f->from, true, f->to - f->from);
		while (me->complete < BYTES && me->received[me->complete])
			me->complete++;
		peer->acked = larger(peer->acked, f->ack);
	}
	*f = me->flying[--me->flying_count];
}

/* Whoever got something acknowledges it, and that arrives. */
static void acknowledge(enum endpoint from)
{
	struct stream *me = &streams[from], *peer = &streams[!from];
	struct flying f = {.from = me->seen_end, .to = me->seen_end, .ack = peer->complete};

	see(from, &f);
	peer->acked = larger(peer->acked, f.ack);
}

static void begin(u32 round)
{
	analyzer_reset(NULL);
	memset(streams, 0, sizeof(streams));
	seed = round * 2654435761U + 1;
	streams[ORIGINATOR].isn = 0U - random_below(2 * BYTES); /* passes 2^32 now and then */
	streams[RESPONDER].isn = 0U - random_below(2 * BYTES);
	test_track(test_segment(1, true, TCP_SYN, streams[ORIGINATOR].isn, 0));
	test_track(test_segment(1, false, TCP_SYN | TCP_ACK, streams[RESPONDER].isn,
				streams[ORIGINATOR].isn + 1));
	test_track(test_segment(1, true, TCP_ACK, streams[ORIGINATOR].isn + 1, streams[RESPONDER].isn + 1));
}

static void assert_bytes(void)
{
	const struct connection *c = test_find(1);

	for (u32 who = 0; who < ENDPOINTS; who++)
		assert_int_equal(payload_bytes(c, who),
				 larger(streams[who].seen_end, streams[who].seen_acked));
}

static u32 gaps(void)
{
	const struct connection *c = test_find(1);

	return c->options[ORIGINATOR].gaps + c->options[RESPONDER].gaps;
}

/* A step; then what is said must be no more than what is so. */
static void step(const struct path *n)
{
	enum endpoint who = random_below(ENDPOINTS);

	switch (random_below(5)) {
	case 0:
		send(&streams[who], &streams[!who], n);
		break;
	case 1:
		acknowledge(who);
		break;
	default:
		get_on(who, n);
	}
	assert_bytes();
	assert_true(missed_bytes(test_find(1)) <= missed_by_the_model());
	if (!n->unseen)
		assert_int_equal(gaps(), 0);
}

/* All that is under way arrives, and is acknowledged. */
static void come_to_an_end(void)
{
	static const struct path calm;

	for (enum endpoint who = 0; who < ENDPOINTS; who++)
		while (streams[who].flying_count)
			get_on(who, &calm);
	for (enum endpoint who = 0; who < ENDPOINTS; who++)
		acknowledge(who);
	assert_bytes();
}

static void play(const struct path *n, bool exact)
{
	for (u32 round = 0; round < ROUNDS; round++) {
		begin(round);
		for (u32 i = 0; i < STEPS; i++)
			step(n);
		come_to_an_end();
		if (exact)
			assert_int_equal(missed_bytes(test_find(1)), missed_by_the_model());
	}
}

/* All is seen, whatever is lost or comes late: nothing was missed, at no time. */
static void test_nothing_is_missed_where_all_is_seen(void **state)
{
	static const struct path n = {.lost_before = 10, .lost_behind = 10, .again = 40};

	(void)state;
	play(&n, true);
}

/* Each byte comes once: each one that was not seen is known. */
static void test_what_comes_once_is_exact(void **state)
{
	static const struct path n = {.unseen = 10};

	(void)state;
	play(&n, true);
}

/* What is sent again may have been seen, so less may be said than was missed, and never more. */
static void test_never_more_than_was_missed(void **state)
{
	static const struct path n = {.lost_before = 5, .unseen = 10, .lost_behind = 5, .again = 40};

	(void)state;
	play(&n, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_missed_where_all_is_seen),
		cmocka_unit_test(test_what_comes_once_is_exact),
		cmocka_unit_test(test_never_more_than_was_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
