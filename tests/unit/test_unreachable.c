// SPDX-License-Identifier: GPL-2.0-or-later
/* ICMP errors: which of them tell a connection that its other end can't be reached, and which do not. */
#include "frame_builder.h"

enum { SEQ = 1000 };

/* The SYN that everything here is about: 10.9.0.1:40000 to 10.9.0.2:80, number 1000. */
static struct built syn_frame(void)
{
	struct built b = {.length = 0};

	put_ethernet(&b, ETHERTYPE_IPV4);
	put_ipv4(&b, 5, 40, 0, PROTOCOL_TCP);
	put_tcp(&b, 5, TCP_SYN);
	return b;
}

static enum parsed take(const struct built *b)
{
	struct frame f = {.data = b->bytes, .end = b->bytes + b->length, .length = b->length};
	struct sighting g = {.precise = 1, .tick = test_now};
	struct icmp_error error;
	struct segment s = {0};
	enum parsed parsed = dissect(&f, &s, &g);

	account(&s, &g, parsed);
	if (parsed == PARSED_UNREACHABLE && parse_unreachable(&f, &s, &error))
		tell_unreachable(&s, &g, &error);
	return parsed;
}

/* What an error says, and how its quotation differs from the SYN. */
struct error {
	u8 type;
	u8 code;
	u32 quoted; /* bytes of the quoted packet */
	u16 port;   /* its destination port; 0: that of the SYN */
	u32 seq_off;
	u8 protocol; /* 0: TCP */
};

static struct built error_frame(const struct error *e)
{
	struct built b = {.length = 0}, quoted = {.length = 0};

	put_ipv4(&quoted, 5, 40, 0, e->protocol ? e->protocol : PROTOCOL_TCP);
	put16(&quoted, 40000), put16(&quoted, e->port ? e->port : 80);
	put16(&quoted, 0), put16(&quoted, (u16)(SEQ + e->seq_off));
	put_many(&quoted, 0, 12);
	put_ethernet(&b, ETHERTYPE_IPV4);
	put_ipv4(&b, 5, (u16)(20 + 8 + e->quoted), 0, PROTOCOL_ICMP);
	put8(&b, e->type), put8(&b, e->code);
	put_many(&b, 0, 6);
	memcpy(b.bytes + b.length, quoted.bytes, e->quoted);
	b.length += e->quoted;
	return b;
}

static const struct connection *only_connection(void)
{
	for (u32 i = 0; i < WAYS; i++)
		if (test_table[0].tags[i])
			return &test_table[0].ways[i];
	return NULL;
}

static void play(const struct error *e)
{
	struct built syn = syn_frame(), error = error_frame(e);

	take(&syn);
	take(&error);
}

static void test_it_tells_the_connection(void **state)
{
	struct error e = {.type = 3, .code = 1, .quoted = 28};
	const struct event *event = &test_items[1].event;
	union address reporter;

	(void)state;
	play(&e);
	assert_true(only_connection()->state & UNREACHABLE);
	assert_int_equal(only_connection()->icmp_type, 3);
	assert_int_equal(only_connection()->icmp_code, 1);
	assert_int_equal(test_counters.unreachable, 1);
	assert_int_equal(test_counters.icmp, 1);
	assert_int_equal(test_item_count, 2);
	assert_int_equal(event->kinds, 1 << EVENT_UNREACHABLE);
	assert_int_equal(event->number, 2);
	assert_int_equal(event->icmp_code, 1);
	ipv4_mapped(&reporter, (const u8[]){10, 9, 0, 1});
	assert_memory_equal(event->reporter, reporter.bytes, sizeof(event->reporter));
}

/* The states of both ends, and all that is counted of the connection, are as they were. */
static void test_it_moves_nothing(void **state)
{
	struct error e = {.type = 3, .code = 1, .quoted = 28};
	struct built syn = syn_frame(), error = error_frame(&e);
	struct connection before;

	(void)state;
	take(&syn);
	before = *only_connection();
	take(&error);
	before.state |= UNREACHABLE;
	before.events++;
	before.icmp_type = 3;
	before.icmp_code = 1;
	before.repeats = only_connection()->repeats;
	assert_memory_equal(&before, only_connection(), sizeof(before));
	assert_int_equal(test_counters.opened, 1);
}

/* It says nothing of the destination: it is kept, and neither counted nor told of as an event. */
static void test_too_big_is_kept_for_the_words(void **state)
{
	struct error e = {.type = 3, .code = 4, .quoted = 28};

	(void)state;
	play(&e);
	assert_false(only_connection()->state & UNREACHABLE);
	assert_int_equal(only_connection()->icmp_type, 3);
	assert_int_equal(only_connection()->icmp_code, 4);
	assert_int_equal(test_counters.unreachable, 0);
	assert_int_equal(test_item_count, 1);
}

static void test_what_tells_nothing(void **state)
{
	static const struct error cases[] = {
		{.type = 3, .code = 4, .quoted = 28},		    /* fragmentation needed */
		{.type = 11, .code = 0, .quoted = 28},		    /* time exceeded */
		{.type = 3, .code = 1, .quoted = 27},		    /* no whole number is quoted */
		{.type = 3, .code = 1, .quoted = 8},		    /* no whole header */
		{.type = 3, .code = 1, .quoted = 28, .port = 81},   /* of no connection here */
		{.type = 3, .code = 1, .quoted = 28, .seq_off = 2}, /* a number that was never sent */
		{.type = 3, .code = 3, .quoted = 28, .protocol = PROTOCOL_UDP},
	};

	(void)state;
	for (u32 i = 0; i < COUNT_OF(cases); i++) {
		play(&cases[i]);
		assert_false(only_connection()->state & UNREACHABLE);
		assert_int_equal(test_counters.unreachable, 0);
		assert_int_equal(test_counters.icmp, i + 1);
	}
}

/* A storm of errors is counted, and makes a few events. */
static void test_events_are_limited(void **state)
{
	struct error e = {.type = 3, .code = 1, .quoted = 28};

	(void)state;
	for (u32 i = 0; i < 50; i++)
		play(&e);
	assert_int_equal(test_counters.unreachable, 50);
	assert_in_range(test_item_count, 2, 15);
}

static void test_ipv6(void **state)
{
	struct built syn = {.length = 0}, error = {.length = 0};

	(void)state;
	put_ethernet(&syn, ETHERTYPE_IPV6);
	put_ipv6(&syn, 20, PROTOCOL_TCP);
	put_tcp(&syn, 5, TCP_SYN);
	put_ethernet(&error, ETHERTYPE_IPV6);
	put_ipv6(&error, 8 + 40 + 20, PROTOCOL_ICMPV6);
	put8(&error, ICMPV6_DESTINATION_UNREACHABLE), put8(&error, 4);
	put_many(&error, 0, 6);
	memcpy(error.bytes + error.length, syn.bytes + ETHERNET_HEADER, syn.length - ETHERNET_HEADER);
	error.length += syn.length - ETHERNET_HEADER;
	take(&syn);
	assert_int_equal(take(&error), PARSED_UNREACHABLE);
	assert_true(only_connection()->state & UNREACHABLE);
	assert_int_equal(only_connection()->icmp_type, 1);
	assert_int_equal(only_connection()->icmp_code, 4);
}

/* From copies of exactly the bytes that can be read: a sanitizer sees what is read behind them. */
static void test_cut_at_each_byte(void **state)
{
	struct error e = {.type = 3, .code = 1, .quoted = 40};
	struct built whole = error_frame(&e);

	(void)state;
	for (u32 length = ETHERNET_HEADER; length < whole.length; length++) {
		struct built cut = whole;

		memset(cut.bytes + length, 0xff, ROOM - length);
		cut.length = length;
		take(&cut);
	}
	assert_null(only_connection());
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_it_tells_the_connection),
		unit(test_it_moves_nothing),
		unit(test_too_big_is_kept_for_the_words),
		unit(test_what_tells_nothing),
		unit(test_events_are_limited),
		unit(test_ipv6),
		unit(test_cut_at_each_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
