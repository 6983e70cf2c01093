// SPDX-License-Identifier: GPL-2.0-or-later
/* Who scans by segments that open nothing: both sides of each rule, and what looks like a stray ACK and is
 * none. */
#include "scan_trials.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
