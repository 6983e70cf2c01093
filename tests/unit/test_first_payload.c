// SPDX-License-Identifier: GPL-2.0-or-later
/* The first payload of each direction goes to the ring once, behind the event that tells of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine_native.h"

enum { HEADERS = 54, PAYLOADS_MAX = 8, ISN = 1000, PEER_ISN = 5000 };

struct taken {
	u32 events;
	u32 count;
	struct {
		u32 after_events; /* how many events there were before it */
		u32 offset;
		u32 length;
		u8 from;
		u8 bytes[PAYLOAD_LARGE];
	} payload[PAYLOADS_MAX];
};

static struct taken taken;
static struct engine engine;
static u64 now;

static void take_item(void *context, const struct ring_item *item, size_t size)
{
	const struct first_payload *p = (const void *)item;

	(void)context;
	taken.events += item->type == ITEM_EVENT;
	if (item->type != ITEM_PAYLOAD)
		return;
	assert_int_equal(size, sizeof(*p) + p->length);
	assert_in_range(taken.count, 0, PAYLOADS_MAX - 1);
	taken.payload[taken.count].after_events = taken.events;
	taken.payload[taken.count].offset = p->offset;
	taken.payload[taken.count].length = p->length;
	taken.payload[taken.count].from = p->from;
	memcpy(taken.payload[taken.count].bytes, p->bytes, p->length);
	taken.count++;
}

static void put32(u8 *at, u32 v)
{
	for (u32 i = 0; i < 4; i++)
		at[i] = (u8)(v >> (24 - 8 * i));
}

/* A segment with `length` bytes of payload, each of them `fill`, of which `captured` can be read. */
static void send(bool from_originator, u16 flags, u32 seq, u32 length, u32 captured, u8 fill)
{
	u8 frame[FRAME_PREFIX_MAX] = {[12] = 8, [14] = 0x45, [23] = PROTOCOL_TCP};
	u8 source = from_originator ? 1 : 2;

	frame[16] = (u8)((40 + length) >> 8);
	frame[17] = (u8)(40 + length);
	frame[29] = source;
	frame[33] = 3 - source;
	frame[from_originator ? 34 : 36] = 200;
	frame[from_originator ? 37 : 35] = 80;
	put32(frame + 38, seq);
	put32(frame + 42, flags & TCP_ACK ? (from_originator ? PEER_ISN : ISN) + 1 : 0);
	frame[46] = 0x50;
	frame[47] = (u8)flags;
	frame[48] = 4;
	memset(frame + HEADERS, fill, captured);
	now += 1000000;
	engine_frame(&engine, now, frame, HEADERS + captured, HEADERS + length);
}

static void open_connection(void)
{
	send(true, TCP_SYN, ISN, 0, 0, 0);
	send(false, TCP_SYN | TCP_ACK, PEER_ISN, 0, 0, 0);
	send(true, TCP_ACK, ISN + 1, 0, 0, 0);
}

static int begin(void **state)
{
	struct config config = {.idle_timeout = 1ULL << 40, .buckets = 1, .payloads = 1};

	(void)state;
	memset(&taken, 0, sizeof(taken));
	now = 1000000000;
	return engine_open(&engine, &config, take_item, NULL);
}

static int end(void **state)
{
	(void)state;
	engine_close(&engine);
	return 0;
}

static void test_once_for_each_direction(void **state)
{
	(void)state;
	open_connection();
	assert_int_equal(taken.count, 0);
	send(true, TCP_ACK, ISN + 1, 10, 10, 'a');
	send(true, TCP_ACK, ISN + 11, 10, 10, 'b');
	send(false, TCP_ACK, PEER_ISN + 1, 20, 20, 'c');
	assert_int_equal(taken.count, 2);
	assert_int_equal(taken.payload[0].from, ORIGINATOR);
	assert_int_equal(taken.payload[0].length, 10);
	assert_int_equal(taken.payload[0].offset, 0);
	assert_int_equal(taken.payload[0].bytes[9], 'a');
	assert_int_equal(taken.payload[0].after_events, 4); /* syn, syn_ack, established, data */
	assert_int_equal(taken.payload[1].from, RESPONDER);
	assert_int_equal(taken.payload[1].bytes[19], 'c');
}

/* Its place in the stream tells whether the stream begins with it. */
static void test_not_the_beginning(void **state)
{
	(void)state;
	open_connection();
	send(true, TCP_ACK, ISN + 1 + 500, 10, 10, 'a');
	assert_int_equal(taken.payload[0].offset, 500);
}

static void test_data_in_the_syn(void **state)
{
	(void)state;
	send(true, TCP_SYN, ISN, 10, 10, 'a');
	assert_int_equal(taken.count, 1);
	assert_int_equal(taken.payload[0].offset, 0);
}

static void test_length_is_bounded(void **state)
{
	(void)state;
	open_connection();
	send(true, TCP_ACK, ISN + 1, 5000, FRAME_PREFIX_MAX - HEADERS, 'a');
	assert_int_equal(taken.payload[0].length, PAYLOAD_LARGE);
	send(false, TCP_ACK, PEER_ISN + 1, 500, 30, 'b'); /* captured in part */
	assert_int_equal(taken.payload[1].length, 30);
}

static void test_nothing_was_captured(void **state)
{
	(void)state;
	open_connection();
	send(true, TCP_ACK, ISN + 1, 500, 0, 0);
	assert_int_equal(taken.count, 0);
}

#define unit(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_once_for_each_direction), unit(test_not_the_beginning),
		unit(test_data_in_the_syn),	    unit(test_length_is_bounded),
		unit(test_nothing_was_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
