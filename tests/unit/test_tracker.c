// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine as a pure function, in a table: state before, segment, facts, state after. And the
 * arithmetic of sequence numbers around it.
 */
#include "analyzer_host.h"

#define BOTH(o, r)  ((u64)(STATE_##o) | (u64)(STATE_##r) << STATE_BITS)
#define SEEN	    (SAW_SEGMENT | SAW_SEGMENT << 1)
#define OPENED	    (SEEN | SAW_SYN | SAW_SYN << 1 | SYN_ACKED | SYN_ACKED << 1 | ESTABLISHED_ONCE)
#define STATE_WORD  ((1U << STATE_FLAGS_SHIFT) - 1)
#define FITS	    (FACT_SEQ_OK | FACT_ACK_OK)
#define FROM_O	    ORIGINATOR
#define FROM_R	    RESPONDER
#define FIN_BY_BOTH (SAW_FIN | SAW_FIN << 1)

struct row {
	const char *what;
	u64 before;
	u16 flags;
	enum endpoint from;
	u32 facts;
	u64 after; /* both endpoints' states */
	u64 set;   /* flags that the segment sets */
	u64 unset; /* flags that are not there afterwards */
};

static const struct row rows[] = {
	{"SYN", BOTH(UNKNOWN, UNKNOWN), TCP_SYN, FROM_O, FITS, BOTH(SYN_SENT, UNKNOWN), SAW_SYN, 0},
	{"SYN-ACK", BOTH(SYN_SENT, UNKNOWN) | SAW_SEGMENT | SAW_SYN, TCP_SYN | TCP_ACK, FROM_R,
	 FITS | FACT_ACKS_SYN, BOTH(SYN_SENT, SYN_RECEIVED), SAW_SYN_ACK | SYN_ACKED, ESTABLISHED_ONCE},
	{"SYN-ACK of a wrong number", BOTH(SYN_SENT, UNKNOWN) | SAW_SEGMENT | SAW_SYN, TCP_SYN | TCP_ACK,
	 FROM_R, FACT_SEQ_OK, BOTH(SYN_SENT, UNKNOWN), SYN_ACK_WRONG, SAW_SYN << 1},
	{"third segment", BOTH(SYN_SENT, SYN_RECEIVED) | SEEN | SAW_SYN | SAW_SYN << 1 | SYN_ACKED, TCP_ACK,
	 FROM_O, FITS | FACT_ACKS_SYN, BOTH(ESTABLISHED, ESTABLISHED), ESTABLISHED_ONCE, ACK_WRONG},
	{"third segment of a wrong number",
	 BOTH(SYN_SENT, SYN_RECEIVED) | SEEN | SAW_SYN | SAW_SYN << 1 | SYN_ACKED, TCP_ACK, FROM_O,
	 FACT_SEQ_OK, BOTH(SYN_SENT, SYN_RECEIVED), ACK_WRONG, ESTABLISHED_ONCE},
	{"SYN-ACK again", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_SYN | TCP_ACK, FROM_R,
	 FITS | FACT_ACKS_SYN | FACT_SYN_OLD | FACT_RETRANSMITTED, BOTH(ESTABLISHED, SYN_RECEIVED), 0, 0},
	{"SYN-ACK captured twice", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_SYN | TCP_ACK, FROM_R,
	 FITS | FACT_ACKS_SYN | FACT_SYN_OLD | FACT_DUPLICATE, BOTH(ESTABLISHED, ESTABLISHED), 0, 0},
	{"SYN of the other side", BOTH(SYN_SENT, UNKNOWN) | SAW_SEGMENT | SAW_SYN, TCP_SYN, FROM_R, FITS,
	 BOTH(SYN_RECEIVED, SYN_RECEIVED), SIMULTANEOUS_OPEN, 0},
	{"SYN inside", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_SYN, FROM_O, FACT_SYN_OTHER,
	 BOTH(ESTABLISHED, ESTABLISHED), CHALLENGED, CLOSED_ONCE},
	{"RST refuses", BOTH(SYN_SENT, UNKNOWN) | SAW_SEGMENT | SAW_SYN, TCP_RST | TCP_ACK, FROM_R,
	 FITS | FACT_RST_FITS, BOTH(CLOSED, CLOSED), RESET_BY << 1 | CLOSED_ONCE, 0},
	{"RST that does not fit", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_RST, FROM_R, 0,
	 BOTH(ESTABLISHED, ESTABLISHED), RESET_NOT_ACCEPTED, CLOSED_ONCE},
	{"RST in ESTABLISHED", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_RST, FROM_O, FACT_RST_FITS,
	 BOTH(CLOSED, CLOSED), RESET_BY | CLOSED_ONCE, 0},
	{"RST in TIME_WAIT", BOTH(TIME_WAIT, CLOSED) | OPENED | FIN_BY_BOTH | CLOSED_ONCE, TCP_RST, FROM_R,
	 FACT_RST_FITS, BOTH(TIME_WAIT, CLOSED), CLOSED_ONCE, RESET_BY << 1},
	{"FIN", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_FIN | TCP_ACK, FROM_O, FITS | FACT_FIN_FITS,
	 BOTH(FIN_WAIT_1, CLOSE_WAIT), SAW_FIN, FIN_FIRST_BY_RESPONDER},
	{"FIN of the responder", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_FIN | TCP_ACK, FROM_R,
	 FITS | FACT_FIN_FITS, BOTH(CLOSE_WAIT, FIN_WAIT_1), SAW_FIN << 1 | FIN_FIRST_BY_RESPONDER, 0},
	{"FIN that does not fit", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_FIN | TCP_ACK, FROM_O,
	 FACT_ACK_OK, BOTH(ESTABLISHED, ESTABLISHED), 0, SAW_FIN},
	{"ACK of the FIN", BOTH(FIN_WAIT_1, CLOSE_WAIT) | OPENED | SAW_FIN, TCP_ACK, FROM_R,
	 FITS | FACT_ACKS_FIN, BOTH(FIN_WAIT_2, CLOSE_WAIT), FIN_ACKED, CLOSED_ONCE},
	{"ACK of data in FIN_WAIT_1", BOTH(FIN_WAIT_1, CLOSE_WAIT) | OPENED | SAW_FIN, TCP_ACK, FROM_R, FITS,
	 BOTH(FIN_WAIT_1, CLOSE_WAIT), 0, FIN_ACKED},
	{"second FIN", BOTH(FIN_WAIT_2, CLOSE_WAIT) | OPENED | SAW_FIN | FIN_ACKED, TCP_FIN | TCP_ACK, FROM_R,
	 FITS | FACT_FIN_FITS | FACT_ACKS_FIN, BOTH(TIME_WAIT, LAST_ACK), SAW_FIN << 1, CLOSED_ONCE},
	{"FIN and ACK together", BOTH(FIN_WAIT_1, CLOSE_WAIT) | OPENED | SAW_FIN, TCP_FIN | TCP_ACK, FROM_R,
	 FITS | FACT_FIN_FITS | FACT_ACKS_FIN, BOTH(TIME_WAIT, LAST_ACK), SAW_FIN << 1 | FIN_ACKED,
	 CLOSED_ONCE | SIMULTANEOUS_CLOSE},
	{"FINs that cross", BOTH(FIN_WAIT_1, CLOSE_WAIT) | OPENED | SAW_FIN, TCP_FIN | TCP_ACK, FROM_R,
	 FITS | FACT_FIN_FITS, BOTH(CLOSING, CLOSING), SAW_FIN << 1 | SIMULTANEOUS_CLOSE, CLOSED_ONCE},
	{"first ACK in CLOSING", BOTH(CLOSING, CLOSING) | OPENED | FIN_BY_BOTH | SIMULTANEOUS_CLOSE, TCP_ACK,
	 FROM_O, FITS | FACT_ACKS_FIN, BOTH(CLOSING, TIME_WAIT), FIN_ACKED << 1, CLOSED_ONCE},
	{"second ACK in CLOSING",
	 BOTH(CLOSING, TIME_WAIT) | OPENED | FIN_BY_BOTH | SIMULTANEOUS_CLOSE | FIN_ACKED << 1, TCP_ACK,
	 FROM_R, FITS | FACT_ACKS_FIN, BOTH(TIME_WAIT, TIME_WAIT), FIN_ACKED | CLOSED_ONCE, 0},
	{"last ACK", BOTH(TIME_WAIT, LAST_ACK) | OPENED | FIN_BY_BOTH | FIN_ACKED, TCP_ACK, FROM_O,
	 FITS | FACT_ACKS_FIN, BOTH(TIME_WAIT, CLOSED), FIN_ACKED << 1 | CLOSED_ONCE, 0},
	{"FIN again from FIN_WAIT_2", BOTH(FIN_WAIT_2, CLOSE_WAIT) | OPENED | SAW_FIN | FIN_ACKED,
	 TCP_FIN | TCP_ACK, FROM_O, FITS | FACT_FIN_OLD | FACT_RETRANSMITTED, BOTH(FIN_WAIT_1, CLOSE_WAIT), 0,
	 FIN_ACKED},
	{"last FIN again",
	 BOTH(TIME_WAIT, CLOSED) | OPENED | FIN_BY_BOTH | FIN_ACKED | FIN_ACKED << 1 | CLOSED_ONCE,
	 TCP_FIN | TCP_ACK, FROM_R, FACT_ACK_OK | FACT_FIN_OLD | FACT_RETRANSMITTED,
	 BOTH(TIME_WAIT, LAST_ACK), CLOSED_ONCE, FIN_ACKED << 1},
	{"FIN captured twice", BOTH(FIN_WAIT_2, CLOSE_WAIT) | OPENED | SAW_FIN | FIN_ACKED, TCP_FIN | TCP_ACK,
	 FROM_O, FITS | FACT_FIN_OLD | FACT_DUPLICATE, BOTH(FIN_WAIT_2, CLOSE_WAIT), FIN_ACKED, 0},
	{"Xmas inside", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_FIN | TCP_PSH | TCP_URG, FROM_O,
	 FITS | FACT_FIN_FITS, BOTH(ESTABLISHED, ESTABLISHED), 0, SAW_FIN},
	{"SYN and RST", BOTH(ESTABLISHED, ESTABLISHED) | OPENED, TCP_SYN | TCP_RST, FROM_O, FACT_RST_FITS,
	 BOTH(ESTABLISHED, ESTABLISHED), 0, CLOSED_ONCE},
	{"only the originator seen", BOTH(SYN_SENT, UNKNOWN) | SAW_SEGMENT | SAW_SYN, TCP_ACK, FROM_O, FITS,
	 BOTH(ESTABLISHED, UNKNOWN), ESTABLISHED_ONCE, 0},
	{"seen in the middle", BOTH(UNKNOWN, UNKNOWN) | MIDSTREAM, TCP_ACK, FROM_O, FITS,
	 BOTH(ESTABLISHED, UNKNOWN), SAW_SEGMENT, ESTABLISHED_ONCE},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		struct step s = {.flags = r->flags, .from = r->from, .facts = r->facts};
		u64 after = transition(r->before, &s);

		if ((after & STATE_WORD) != r->after || (after & r->set) != r->set || after & r->unset)
			fail_msg("%s: %#llx", r->what, (unsigned long long)after);
	}
}

/* What was once true stays so, whatever comes, but for what a retransmission takes back. */
static void test_flags_stay(void **state)
{
	static const u64 taken_back = FIN_ACKED | FIN_ACKED << 1 | WINDOW_PROBED | WINDOW_PROBED << 1;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (u32 flags = 0; flags <= TCP_FLAGS; flags++)
			for (u32 bit = 0; bit < 20; bit++)
				for (u32 from = 0; from < ENDPOINTS; from++) {
					struct step s = {.flags = (u16)flags,
							 .from = (u8)from,
							 .facts = 1U << bit | FACT_ACK_OK};
					u64 after = transition(rows[i].before, &s);
					u64 lost = rows[i].before & ~after & ~(u64)STATE_WORD & ~taken_back;

					assert_true(lost == 0);
					assert_in_range(endpoint_state(after, ORIGINATOR), 0, TCP_STATES - 1);
					assert_in_range(endpoint_state(after, RESPONDER), 0, TCP_STATES - 1);
				}
}

static u32 letters_of(u16 flags, u8 payload)
{
	struct step s = {.flags = flags, .payload = payload, .from = ORIGINATOR};

	return (u32)(transition(0, &s) >> COMPLETENESS_SHIFT) & COMPLETENESS_MASK;
}

/* Wireshark's bits, from flags and lengths alone. */
static void test_completeness(void **state)
{
	(void)state;
	assert_int_equal(letters_of(TCP_SYN, 0), 1);
	assert_int_equal(letters_of(TCP_SYN, 1), 1 | 8);
	assert_int_equal(letters_of(TCP_SYN | TCP_ACK, 0), 2);
	assert_int_equal(letters_of(TCP_SYN | TCP_ACK, 1), 2);
	assert_int_equal(letters_of(TCP_ACK, 0), 4);
	assert_int_equal(letters_of(TCP_ACK | TCP_PSH, 1), 8);
	assert_int_equal(letters_of(TCP_PSH, 1), 0); /* payload needs the ACK flag */
	assert_int_equal(letters_of(TCP_RST, 1), 32);
	assert_int_equal(letters_of(TCP_FIN | TCP_ACK, 0), 4 | 16);
	assert_int_equal(letters_of(TCP_FIN, 0), 0);
	assert_int_equal(letters_of(TCP_RST, 0), 32);
	assert_int_equal(letters_of(TCP_RST | TCP_ACK, 0), 4 | 32);
}

static void test_sequence_difference(void **state)
{
	(void)state;
	assert_int_equal(sequence_difference(5, 3), 2);
	assert_int_equal(sequence_difference(3, 5), -2);
	assert_int_equal(sequence_difference(2, 0xffffffff), 3);
	assert_int_equal(sequence_difference(0xffffffff, 2), -3);
}

static void establish(u16 n)
{
	test_track(test_segment(n, true, TCP_SYN, 1000, 0));
	test_track(test_segment(n, false, TCP_SYN | TCP_ACK, 5000, 1001));
	test_track(test_segment(n, true, TCP_ACK, 1001, 5001));
}

/* A reset closes at exactly the number that the receiver expects, or that its sender sent last. */
static void test_reset_window(void **state)
{
	static const struct {
		u32 seq;
		bool fits;
	} cases[] = {{5001, true}, {5000, false}, {5002, false}, {5100, false}, {0, false}};

	(void)state;
	for (u16 i = 0; i < COUNT_OF(cases); i++) {
		struct sighting g;

		establish(i);
		g = test_track(test_segment(i, false, TCP_RST, cases[i].seq, 0));
		assert_int_equal(!!(g.facts & FACT_RST_FITS), cases[i].fits);
		assert_int_equal(!!(test_find(i)->state & CLOSED_ONCE), cases[i].fits);
	}
}

static struct segment data(u32 seq, u32 payload, u16 ip_id)
{
	struct segment s = test_segment(1, true, TCP_ACK | TCP_PSH, seq, 5001);

	s.payload = payload;
	s.ip_length += payload;
	s.ip_id = ip_id;
	return s;
}

/* Two holes, filled in any order: what is missing is exact as long as they are filled from their ends. */
static void test_holes(void **state)
{
	const struct direction_quality *q;

	(void)state;
	establish(1);
	q = &test_find(1)->quality[ORIGINATOR];
	test_track(data(1101, 100, 10)); /* 1001 to 1100 are missing */
	assert_int_equal(q->missing, 100);
	test_track(data(1301, 100, 12)); /* and 1201 to 1300 */
	assert_int_equal(q->missing, 200);
	assert_true(test_track(data(1001, 100, 9)).facts & FACT_OUT_OF_ORDER);
	assert_int_equal(q->missing, 100);
	assert_true(test_track(data(1201, 100, 11)).facts & FACT_OUT_OF_ORDER);
	assert_int_equal(q->missing, 0);
	assert_int_equal(q->out_of_order, 2);
	assert_int_equal(DIRECTION(test_find(1), ORIGINATOR)->retransmits, 0);
	assert_int_equal(DIRECTION(test_find(1), ORIGINATOR)->next, 1401);
}

/* Where the options of a SYN were cut off, the window may have any scale: what is 500 KB ahead may be real.
 */
static void test_hole_where_the_scale_was_cut_off(void **state)
{
	struct connection *c;

	(void)state;
	establish(1);
	c = test_find(1);
	c->options[RESPONDER].offered = OFFER_MALFORMED;
	test_track(data(2001, 500000, 2)); /* 1001 to 2000 are missing */
	test_track(data(1001, 1000, 3));   /* and sent again */
	assert_int_equal(DIRECTION(c, ORIGINATOR)->next, 502001);
	assert_int_equal(c->quality[ORIGINATOR].missing, 0);
}

/* A segment that is partly old carries something new, and counts as a retransmission. */
static void test_partly_old(void **state)
{
	(void)state;
	establish(1);
	test_track(data(1001, 100, 1));
	assert_true(test_track(data(1051, 100, 2)).facts & FACT_RETRANSMITTED);
	assert_int_equal(DIRECTION(test_find(1), ORIGINATOR)->next, 1151);
	assert_int_equal(DIRECTION(test_find(1), ORIGINATOR)->retransmits, 1);
}

/* A tail loss probe repeats exactly the last segment: its number equals the last one, and is not lower. */
static void test_tail_loss_probe(void **state)
{
	(void)state;
	establish(1);
	test_track(data(1001, 100, 1));
	test_now += TEST_SECOND / 4;
	assert_true(test_track(data(1001, 100, 2)).facts & FACT_RETRANSMITTED);
}

/* Karn's rule: what was sent twice gives no sample. */
static void test_round_trip_samples(void **state)
{
	const struct direction_quality *q;

	(void)state;
	establish(1);
	q = &test_find(1)->quality[ORIGINATOR];
	test_track(data(1001, 100, 1));
	test_now += 30000000;
	test_track(test_segment(1, false, TCP_ACK, 5001, 1101));
	assert_int_equal(q->rtt_max, 30000000);
	assert_int_equal(q->rtt_min, 1); /* of the handshake, where no time passed */
	assert_int_equal(q->rtt_smoothed, 1 + 30000000 / 8);
	test_track(data(1101, 100, 2));
	test_now += TEST_SECOND;
	test_track(data(1101, 100, 3));
	test_now += 1000;
	test_track(test_segment(1, false, TCP_ACK, 5001, 1201));
	assert_int_equal(q->rtt_max, 30000000);
}

/* The wraps of the numbers are counted, so that bytes beyond 4 GiB are. */
static void test_wraps(void **state)
{
	const struct direction *d;

	(void)state;
	establish(1);
	d = DIRECTION(test_find(1), ORIGINATOR);
	for (u32 i = 0; i < 9; i++) {
		test_track(data(1001 + i * 0x20000000U, 0x20000000U, (u16)(i + 1)));
		test_track(test_segment(1, false, TCP_ACK, 5001, 1001 + (i + 1) * 0x20000000U));
	}
	assert_int_equal(d->next_wraps, 1);
	assert_int_equal(DIRECTION(test_find(1), RESPONDER)->acked_wraps, 1);
	assert_int_equal(d->retransmits, 0);
}

/* Events that tell of no change are limited; what they tell of is counted whatever happens. */
static void test_repeated_events_are_limited(void **state)
{
	u32 before;

	(void)state;
	establish(1);
	test_track(data(1001, 100, 1));
	before = test_item_count;
	for (u16 i = 0; i < 100; i++) {
		test_now += 1000000;
		test_track(data(1001, 100, (u16)(i + 2)));
	}
	assert_in_range(test_item_count - before, 1, 2 * REPEATS_PER_PERIOD);
	assert_int_equal(DIRECTION(test_find(1), ORIGINATOR)->retransmits, 100);
	assert_int_equal(test_counters.retransmitted, 100);
}

/* The history keeps room for each letter's first appearance, however often others come again. */
static void test_history_is_bounded(void **state)
{
	const struct connection *c;

	(void)state;
	establish(1);
	c = test_find(1);
	for (u32 i = 0; i < 200; i++)
		test_track(test_segment(1, false, TCP_RST, 900000 + i, 0));
	test_track(data(1001, 10, 7));
	assert_true(c->history_length <= HISTORY_MAX);
	assert_non_null(memchr(c->history, 'D', HISTORY_MAX));
}

/* The short way of a SYN that opens a connection leaves the record as observe(), transition() and note()
 * would. */
static void test_opening_syn_is_what_the_long_way_comes_to(void **state)
{
	static const u32 numbers[] = {0, 1000, 0xffffffff};

	(void)state;
	for (u16 i = 0; i < 2 * COUNT_OF(numbers); i++) {
		struct segment s = test_segment(i, i & 1, TCP_SYN, numbers[i / 2], 0);
		struct sighting short_way = {.tick = test_now, .precise = 1, .count = 1, .headers = 40};
		struct sighting long_way = short_way;
		struct connection expected = {.key = s.key, .start = test_now, .state = initial_state(&s)};

		short_way.options = (struct options){.mss = 1460, .window_scale = 15, .offered = OFFER_SACK};
		long_way.options = short_way.options;
		expected.options[0].window_scale = expected.options[1].window_scale = NO_WINDOW_SCALE;
		follow(&expected, &s, &long_way);
		short_way.place = place_of(&s.key);
		track(&s, &short_way, &test_counters);
		assert_true(short_way.opened);
		assert_int_equal(short_way.kinds, long_way.kinds);
		assert_int_equal(short_way.facts, long_way.facts);
		assert_int_equal(short_way.before, long_way.before);
		assert_int_equal(short_way.after, long_way.after);
		expected.generation = expected.events = 1;
		assert_memory_equal(test_find(i), &expected, sizeof(expected));
	}
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_rows),
		unit(test_flags_stay),
		unit(test_completeness),
		unit(test_sequence_difference),
		unit(test_reset_window),
		unit(test_holes),
		unit(test_hole_where_the_scale_was_cut_off),
		unit(test_partly_old),
		unit(test_tail_loss_probe),
		unit(test_round_trip_samples),
		unit(test_wraps),
		unit(test_repeated_events_are_limited),
		unit(test_history_is_bounded),
		unit(test_opening_syn_is_what_the_long_way_comes_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
