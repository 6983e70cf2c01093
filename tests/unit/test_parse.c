// SPDX-License-Identifier: GPL-2.0-or-later
/* Every bound of the parser: frame, packet, segment. */
#include "frame_builder.h"

#include <stdlib.h>

/* From a copy of exactly the bytes that can be read, so that a sanitizer sees a read behind them. */
static enum parsed parse_part(const struct built *b, u32 captured, u32 length, struct segment *s)
{
	u8 *copy = malloc(captured ? captured : 1);
	struct frame f = {.data = copy, .end = copy + captured, .length = length};
	struct sighting g = {0};
	enum parsed parsed;

	assert_non_null(copy);
	memcpy(copy, b->bytes, captured);
	memset(s, 0, sizeof(*s));
	parsed = dissect(&f, s, &g);
	free(copy);
	return parsed;
}

static enum parsed parse(const struct built *b, struct segment *s)
{
	return parse_part(b, b->length, b->length, s);
}

static void test_fields(void **state)
{
	struct built b = simple_ipv4();
	struct segment s;

	(void)state;
	assert_int_equal(parse(&b, &s), PARSED_TCP);
	assert_int_equal(s.network, NETWORK_IPV4);
	assert_int_equal(s.key.low_port, 40000);
	assert_int_equal(s.key.high_port, 80);
	assert_int_equal(s.from_high, 0);
	assert_int_equal(s.seq, 1000);
	assert_int_equal(s.ack, 5000);
	assert_int_equal(s.flags, TCP_ACK | TCP_PSH);
	assert_int_equal(s.window, 777);
	assert_int_equal(s.urgent, 9);
	assert_int_equal(s.header, 32);
	assert_int_equal(s.options_length, 12);
	assert_int_equal(s.payload, 10);
	assert_int_equal(s.ip_length, 62);
	assert_int_equal(s.ip_id, 0x1234);
	assert_int_equal(s.version, 4);
	assert_int_equal(s.fragment, 0);
}

/* Both directions have one key. */
static void test_key_is_canonical(void **state)
{
	struct built b = simple_ipv4(), back = b;
	struct segment one, other;
	u32 ip = ETHERNET_HEADER, tcp = ip + IPV4_HEADER;

	(void)state;
	memcpy(back.bytes + ip + 12, b.bytes + ip + 16, 4);
	memcpy(back.bytes + ip + 16, b.bytes + ip + 12, 4);
	memcpy(back.bytes + tcp, b.bytes + tcp + 2, 2);
	memcpy(back.bytes + tcp + 2, b.bytes + tcp, 2);
	parse(&b, &one);
	parse(&back, &other);
	assert_memory_equal(&one.key, &other.key, sizeof(one.key));
	assert_int_not_equal(one.from_high, other.from_high);
}

/* A frame that ends before what its headers announce, at each byte. */
static void test_truncated_at_each_byte(void **state)
{
	struct built b = simple_ipv4();
	struct segment s;

	(void)state;
	for (u32 length = 0; length < b.length; length++)
		assert_int_equal(parse_part(&b, length, length, &s), PARSED_TRUNCATED);
}

/* A short capture: headers suffice, and the lengths are those of the IP header. */
static void test_snapped_at_each_byte(void **state)
{
	struct built b = simple_ipv4();
	u32 headers = ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER;
	struct segment s;

	(void)state;
	for (u32 captured = 0; captured < b.length; captured++) {
		enum parsed parsed = parse_part(&b, captured, b.length, &s);

		assert_int_equal(parsed, captured < headers ? PARSED_TRUNCATED : PARSED_TCP);
		if (parsed == PARSED_TCP)
			assert_int_equal(s.payload, 10);
	}
}

static void test_padding_is_no_payload(void **state)
{
	struct built b = {.length = 0};
	struct segment s;

	(void)state;
	put_ethernet(&b, ETHERTYPE_IPV4);
	put_ipv4(&b, 5, 40, 0, PROTOCOL_TCP);
	put_tcp(&b, 5, TCP_ACK);
	put_many(&b, 0, 6);
	assert_int_equal(parse(&b, &s), PARSED_TCP);
	assert_int_equal(s.payload, 0);
	assert_int_equal(s.ip_length, 40);
}

static void test_all_flags(void **state)
{
	struct segment s;

	(void)state;
	for (u16 flags = 0; flags <= TCP_FLAGS; flags++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 40, 0, PROTOCOL_TCP);
		put_tcp(&b, 5, flags);
		assert_int_equal(parse(&b, &s), PARSED_TCP);
		assert_int_equal(s.flags, flags);
	}
}

static void test_ipv4_header_lengths(void **state)
{
	struct segment s;

	(void)state;
	for (u8 words = 0; words < 16; words++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, words, words * 4 + 20, 0, PROTOCOL_TCP);
		put_tcp(&b, 5, TCP_SYN);
		assert_int_equal(parse(&b, &s), words < 5 ? PARSED_BAD_IP : PARSED_TCP);
		if (words >= 5)
			assert_int_equal(s.seq, 1000);
	}
}

static void test_ipv4_lying_lengths(void **state)
{
	/* what the header says of 40 bytes of packet */
	static const struct {
		u16 total;
		enum parsed parsed;
	} cases[] = {
		{0, PARSED_BAD_IP}, {19, PARSED_BAD_IP},    {20, PARSED_BAD_TCP},      {39, PARSED_BAD_TCP},
		{40, PARSED_TCP},   {41, PARSED_TRUNCATED}, {65535, PARSED_TRUNCATED},
	};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, cases[i].total, 0, PROTOCOL_TCP);
		put_tcp(&b, 5, TCP_SYN);
		assert_int_equal(parse(&b, &s), cases[i].parsed);
	}
}

static void test_wrong_version(void **state)
{
	struct built four = simple_ipv4(), six = {.length = 0};
	struct segment s;

	(void)state;
	four.bytes[ETHERNET_HEADER] = 0x55;
	assert_int_equal(parse(&four, &s), PARSED_BAD_IP);
	put_ethernet(&six, ETHERTYPE_IPV6);
	put_ipv6(&six, 20, PROTOCOL_TCP);
	put_tcp(&six, 5, TCP_SYN);
	six.bytes[ETHERNET_HEADER] = 0x40;
	assert_int_equal(parse(&six, &s), PARSED_BAD_IP);
}

/* The first fragment is parsed, the later ones are counted. */
static void test_ipv4_fragments(void **state)
{
	static const struct {
		u16 field;
		enum parsed parsed;
		u8 fragment;
	} cases[] = {
		{0x4000, PARSED_TCP, 0}, /* don't fragment */
		{IPV4_MORE_FRAGMENTS, PARSED_TCP, 1},
		{IPV4_MORE_FRAGMENTS | 5, PARSED_FRAGMENT, 1},
		{5, PARSED_FRAGMENT, 1},
	};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 40, cases[i].field, PROTOCOL_TCP);
		put_tcp(&b, 5, TCP_ACK);
		assert_int_equal(parse(&b, &s), cases[i].parsed);
		assert_int_equal(s.fragment, cases[i].fragment);
	}
}

static void test_tcp_data_offset(void **state)
{
	struct segment s;

	(void)state;
	for (u8 words = 0; words < 16; words++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 20 + 40, 0, PROTOCOL_TCP);
		put_tcp(&b, words, TCP_ACK);
		while (b.length < ETHERNET_HEADER + 60)
			put8(&b, TCP_OPTION_NOP);
		/* 40 bytes of segment: an offset above ten ends behind it */
		assert_int_equal(parse(&b, &s), words < 5 || words > 10 ? PARSED_BAD_TCP : PARSED_TCP);
	}
}

static void test_transports(void **state)
{
	static const struct {
		u8 protocol;
		enum parsed parsed;
	} cases[] = {{PROTOCOL_UDP, PARSED_UDP}, {PROTOCOL_ICMP, PARSED_ICMP}, {47, PARSED_OTHER}};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV4);
		put_ipv4(&b, 5, 40, 0, cases[i].protocol);
		put_many(&b, 0, 20);
		assert_int_equal(parse(&b, &s), cases[i].parsed);
		assert_int_equal(s.network, NETWORK_IPV4);
	}
}

static void test_other_networks(void **state)
{
	struct built arp = {.length = 0}, lldp = {.length = 0};
	struct segment s;

	(void)state;
	put_ethernet(&arp, ETHERTYPE_ARP);
	assert_int_equal(parse(&arp, &s), PARSED_OTHER);
	assert_int_equal(s.network, NETWORK_ARP);
	put_ethernet(&lldp, 0x88cc);
	assert_int_equal(parse(&lldp, &s), PARSED_OTHER);
	assert_int_equal(s.network, NETWORK_OTHER);
}

static void put_packet(struct built *b)
{
	put_ipv4(b, 5, 40, 0, PROTOCOL_TCP);
	put_tcp(b, 5, TCP_SYN);
}

static void test_vlan_tags(void **state)
{
	struct built one = {.length = 0}, two = {.length = 0}, three = {.length = 0};
	struct segment s;

	(void)state;
	put_ethernet(&one, ETHERTYPE_8021Q);
	put16(&one, 0xe064), put16(&one, ETHERTYPE_IPV4); /* priority 7, VLAN 100 */
	put_packet(&one);
	assert_int_equal(parse(&one, &s), PARSED_TCP);
	assert_int_equal(s.key.vlan, 100);
	assert_int_equal(s.key.inner_vlan, 0);

	put_ethernet(&two, ETHERTYPE_8021AD);
	put16(&two, 100), put16(&two, ETHERTYPE_8021Q), put16(&two, 200), put16(&two, ETHERTYPE_IPV4);
	put_packet(&two);
	assert_int_equal(parse(&two, &s), PARSED_TCP);
	assert_int_equal(s.key.vlan, 100);
	assert_int_equal(s.key.inner_vlan, 200);

	put_ethernet(&three, ETHERTYPE_8021AD);
	for (int i = 0; i < 2; i++)
		put16(&three, 100), put16(&three, ETHERTYPE_8021Q);
	put16(&three, 100), put16(&three, ETHERTYPE_IPV4);
	put_packet(&three);
	assert_int_equal(parse(&three, &s), PARSED_OTHER);
}

/* The tag that the hardware took off is the outer one. */
static void test_vlan_beside_the_frame(void **state)
{
	struct built b = {.length = 0};
	struct segment s;
	struct sighting g = {0};
	struct frame f;

	(void)state;
	put_ethernet(&b, ETHERTYPE_8021Q);
	put16(&b, 200), put16(&b, ETHERTYPE_IPV4);
	put_packet(&b);
	f = (struct frame){.data = b.bytes, .end = b.bytes + b.length, .length = b.length, .vlan = 100};
	assert_int_equal(dissect(&f, &s, &g), PARSED_TCP);
	assert_int_equal(s.key.vlan, 100);
	assert_int_equal(s.key.inner_vlan, 200);
}

static void test_mpls(void **state)
{
	struct segment s;

	(void)state;
	for (u32 labels = 1; labels <= 5; labels++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_MPLS);
		for (u32 i = 1; i <= labels; i++)
			put16(&b, 0x0001), put16(&b, i == labels ? 0x0140 : 0x0040);
		put_packet(&b);
		assert_int_equal(parse(&b, &s), labels <= MPLS_LABELS_MAX ? PARSED_TCP : PARSED_OTHER);
	}
}

static void test_pppoe(void **state)
{
	static const u16 protocols[] = {PPP_IPV4, 0xc021};
	struct segment s;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_PPPOE_SESSION);
		put16(&b, 0x1100), put16(&b, 1), put16(&b, 42), put16(&b, protocols[i]);
		put_packet(&b);
		assert_int_equal(parse(&b, &s), i == 0 ? PARSED_TCP : PARSED_OTHER);
	}
}

/* Whatever stands in front of IP, cut at each byte. */
static void test_links_truncated(void **state)
{
	static const u16 types[] = {ETHERTYPE_8021Q, ETHERTYPE_8021AD, ETHERTYPE_MPLS,
				    ETHERTYPE_PPPOE_SESSION};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, types[i]);
		if (types[i] == ETHERTYPE_MPLS)
			put16(&b, 0), put16(&b, 0x0140);
		else if (types[i] == ETHERTYPE_PPPOE_SESSION)
			put16(&b, 0x1100), put16(&b, 1), put16(&b, 42), put16(&b, PPP_IPV4);
		else
			put16(&b, 1), put16(&b, ETHERTYPE_IPV4);
		put_packet(&b);
		assert_int_equal(parse(&b, &s), PARSED_TCP);
		for (u32 length = 0; length < b.length; length++)
			assert_int_equal(parse_part(&b, length, length, &s), PARSED_TRUNCATED);
	}
}

static void test_ipv6(void **state)
{
	struct built b = {.length = 0};
	struct segment s;

	(void)state;
	put_ethernet(&b, ETHERTYPE_IPV6);
	put_ipv6(&b, 25, PROTOCOL_TCP);
	put_tcp(&b, 5, TCP_SYN);
	put_many(&b, 'x', 5);
	assert_int_equal(parse(&b, &s), PARSED_TCP);
	assert_int_equal(s.version, 6);
	assert_int_equal(s.payload, 5);
	assert_int_equal(s.ip_length, 65);
	for (u32 length = 0; length < b.length; length++)
		assert_int_equal(parse_part(&b, length, length, &s), PARSED_TRUNCATED);
}

/* Each extension header, in two sizes where it has a length. */
static void test_ipv6_extensions(void **state)
{
	static const struct {
		u8 header;
		u8 field;  /* its length, in its own unit */
		u16 bytes; /* which that is */
	} cases[] = {
		{PROTOCOL_HOP_BY_HOP, 0, 8},	  {PROTOCOL_HOP_BY_HOP, 3, 32},
		{PROTOCOL_ROUTING, 0, 8},	  {PROTOCOL_ROUTING, 2, 24},
		{PROTOCOL_DESTINATION, 0, 8},	  {PROTOCOL_DESTINATION, 255, 2048},
		{PROTOCOL_AUTHENTICATION, 4, 24}, {PROTOCOL_AUTHENTICATION, 1, 12},
		{PROTOCOL_FRAGMENT, 0, 8},
	};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV6);
		put_ipv6(&b, cases[i].bytes + 20, cases[i].header);
		put8(&b, PROTOCOL_TCP), put8(&b, cases[i].field);
		put_many(&b, 0, cases[i].bytes - 2U);
		put_tcp(&b, 5, TCP_SYN);
		assert_int_equal(parse(&b, &s), PARSED_TCP);
		assert_int_equal(s.seq, 1000);
		assert_int_equal(s.payload, 0);
		for (u32 length = 0; length < b.length; length++)
			assert_int_equal(parse_part(&b, length, length, &s), PARSED_TRUNCATED);
	}
}

static void test_ipv6_extension_chain(void **state)
{
	struct segment s;

	(void)state;
	for (u32 count = 1; count <= IPV6_EXTENSIONS_MAX + 1; count++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV6);
		put_ipv6(&b, (u16)(count * 8 + 20), PROTOCOL_DESTINATION);
		for (u32 i = 1; i <= count; i++) {
			put8(&b, i == count ? PROTOCOL_TCP : PROTOCOL_DESTINATION);
			put_many(&b, 0, 7);
		}
		put_tcp(&b, 5, TCP_SYN);
		assert_int_equal(parse(&b, &s), count <= IPV6_EXTENSIONS_MAX ? PARSED_TCP : PARSED_BAD_IP);
	}
}

/* ::ffff:a.b.c.d stands for an IPv4 address in a key, and never on the wire. */
static void test_ipv6_mapped_addresses(void **state)
{
	const u32 places[] = {ETHERNET_HEADER + IPV6_SOURCE_AT, ETHERNET_HEADER + IPV6_DESTINATION_AT};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV6);
		put_ipv6(&b, 20, PROTOCOL_TCP);
		put_tcp(&b, 5, TCP_ACK);
		assert_int_equal(parse(&b, &s), PARSED_TCP);
		memset(b.bytes + places[i], 0, 10);
		assert_int_equal(parse(&b, &s), PARSED_TCP);
		memset(b.bytes + places[i] + 10, 0xff, 2);
		assert_int_equal(parse(&b, &s), PARSED_BAD_IP);
	}
}

static void test_ipv6_fragments(void **state)
{
	static const struct {
		u16 field;
		enum parsed parsed;
		u8 fragment;
	} cases[] = {
		{0, PARSED_TCP, 0}, /* an atomic fragment is whole (RFC 6946) */
		{1, PARSED_TCP, 1},
		{8, PARSED_FRAGMENT, 1},
		{9, PARSED_FRAGMENT, 1},
	};
	struct segment s;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct built b = {.length = 0};

		put_ethernet(&b, ETHERTYPE_IPV6);
		put_ipv6(&b, 28, PROTOCOL_FRAGMENT);
		put16(&b, PROTOCOL_TCP << 8), put16(&b, cases[i].field), put16(&b, 0), put16(&b, 7);
		put_tcp(&b, 5, TCP_SYN);
		assert_int_equal(parse(&b, &s), cases[i].parsed);
		assert_int_equal(s.fragment, cases[i].fragment);
	}
}

/* An extension header that says it is longer than the packet. */
static void test_ipv6_lying_extension(void **state)
{
	struct built b = {.length = 0};
	struct segment s;

	(void)state;
	put_ethernet(&b, ETHERTYPE_IPV6);
	put_ipv6(&b, 28, PROTOCOL_DESTINATION);
	put8(&b, PROTOCOL_TCP), put8(&b, 200), put_many(&b, 0, 6);
	put_tcp(&b, 5, TCP_SYN);
	assert_int_equal(parse(&b, &s), PARSED_TRUNCATED);
}

/* Length 0 in a long packet: BIG TCP, or a buffer that is yet to be cut up. */
static void test_offloaded_length(void **state)
{
	struct built four = {.length = 0}, six = {.length = 0};
	struct segment s;

	(void)state;
	put_ethernet(&four, ETHERTYPE_IPV4);
	put_ipv4(&four, 5, 0, 0, PROTOCOL_TCP);
	put_tcp(&four, 5, TCP_ACK);
	assert_int_equal(parse_part(&four, four.length, ETHERNET_HEADER + 40 + 70000, &s), PARSED_TCP);
	assert_int_equal(s.payload, 70000);
	assert_int_equal(s.ip_length, 70040);

	put_ethernet(&six, ETHERTYPE_IPV6);
	put_ipv6(&six, 0, PROTOCOL_TCP);
	put_tcp(&six, 5, TCP_ACK);
	assert_int_equal(parse_part(&six, six.length, ETHERNET_HEADER + 60 + 70000, &s), PARSED_TCP);
	assert_int_equal(s.payload, 70000);
	assert_int_equal(parse(&six, &s), PARSED_BAD_TCP);
}

/* A tun device hands over the packet alone. */
static void test_without_link_layer(void **state)
{
	struct built b = {.length = 0};
	struct segment s;
	struct sighting g = {0};
	struct frame f;

	(void)state;
	put_packet(&b);
	f = (struct frame){.data = b.bytes, .end = b.bytes + b.length, .length = b.length, .layer3 = true};
	assert_int_equal(dissect(&f, &s, &g), PARSED_TCP);
	f.end = f.data;
	f.length = 0;
	assert_int_equal(dissect(&f, &s, &g), PARSED_TRUNCATED);
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_fields),
		unit(test_key_is_canonical),
		unit(test_truncated_at_each_byte),
		unit(test_snapped_at_each_byte),
		unit(test_padding_is_no_payload),
		unit(test_all_flags),
		unit(test_ipv4_header_lengths),
		unit(test_ipv4_lying_lengths),
		unit(test_wrong_version),
		unit(test_ipv4_fragments),
		unit(test_tcp_data_offset),
		unit(test_transports),
		unit(test_other_networks),
		unit(test_vlan_tags),
		unit(test_vlan_beside_the_frame),
		unit(test_mpls),
		unit(test_pppoe),
		unit(test_links_truncated),
		unit(test_ipv6),
		unit(test_ipv6_extensions),
		unit(test_ipv6_extension_chain),
		unit(test_ipv6_mapped_addresses),
		unit(test_ipv6_fragments),
		unit(test_ipv6_lying_extension),
		unit(test_offloaded_length),
		unit(test_without_link_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
