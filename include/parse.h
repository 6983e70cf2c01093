/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frame, packet, segment: three levels, each parsed with every bound checked. parse_frame() ends with
 * a segment, or with the reason why there is none; each reason is a counter.
 */
#ifndef SYNSCOPE_PARSE_H
#define SYNSCOPE_PARSE_H

#include "connection.h"
#include "platform.h"
#include "wire.h"

struct frame {
	const u8 *data; /* the first byte that can be read */
	const u8 *end;	/* one past the last byte that can be read; the frame may be longer */
	u32 length;	/* of the frame on the wire, bytes; no less than end - data */
	u16 vlan;	/* tag that the hardware took off and delivered beside the frame; 0: none */
	bool layer3;	/* the frame begins with its IP header (tun) */
};

/* What the network layer of a frame was; the counters of enum parsed come on top of it. */
enum network { NETWORK_OTHER, NETWORK_ARP, NETWORK_IPV4, NETWORK_IPV6 };

enum parsed {
	PARSED_TCP,
	PARSED_FILTERED, /* TCP too, left out by --host, --port, -4 or -6: dissect() alone says so */
	PARSED_UDP,
	PARSED_ICMP,
	PARSED_UNREACHABLE, /* ICMP too: an error that says so, and quotes the packet that it is about */
	PARSED_OTHER,	    /* neither IP nor ARP, or a transport that is not counted apart */
	PARSED_FRAGMENT,    /* a later fragment: it has no transport header */
	PARSED_TRUNCATED,   /* the frame ends before what its headers announce */
	PARSED_BAD_IP,	    /* a version, header length or total length that can't be */
	PARSED_BAD_TCP,	    /* a data offset below 5, or behind the end of the packet */
};

/* A TCP segment with what its packet and frame say of it. All numbers in host byte order. */
struct segment {
	struct connection_key key;
	u32 seq;
	u32 ack;       /* meaningful with TCP_ACK */
	u32 payload;   /* bytes, from the lengths of the IP header */
	u32 ip_length; /* bytes of the IP packet, headers included */
	u16 flags;     /* enum tcp_flag */
	u16 window;    /* as on the wire */
	u16 urgent;
	u16 ip_id;	   /* IPv4; 0 in IPv6 */
	u8 header;	   /* bytes of the TCP header, 20 to 60 */
	u8 options_length; /* bytes, 0 to 40 */
	u8 version;	   /* 4 or 6 */
	u8 from_high;	   /* 1: sent by the higher half of the key */
	u8 network;	   /* enum network */
	u8 fragment;	   /* 1: the packet is a fragment */
	u8 protocol;	   /* enum protocol; of ARP its operation; 0: it could not be read */
	u8 reserved;
	u16 transport; /* bytes from the first of the frame to the transport header */
};

/*
 * Where the transport header may begin at most, in bytes: a bound for the verifier, far above what is sent.
 * The eight extension headers that are followed could be longer still: such a packet counts as bad_ip.
 */
enum { HEADERS_END_MAX = 0x2fff };

/* A place in a frame, what is left of the wire length from there, and what comes next. */
struct cursor {
	const u8 *at;
	const u8 *begin;
	const u8 *end;
	u32 left; /* bytes on the wire from `at` on */
	u16 next; /* enum ethertype, or enum protocol */
};

/* Whether n bytes can be read at the cursor. */
ALWAYS_INLINE bool cursor_has(const struct cursor *c, u32 n)
{
	return c->at + n <= c->end && n <= c->left;
}

/* Steps over n bytes that cursor_has() found. */
ALWAYS_INLINE void cursor_advance(struct cursor *c, u32 n)
{
	c->at += n;
	c->left -= n;
}

/*
 * Where several ways through the headers meet: the place is the same, but the verifier forgets which
 * way led to it and need not follow each to the end. False: beyond HEADERS_END_MAX.
 */
ALWAYS_INLINE bool cursor_settle(struct cursor *c)
{
	u64 offset = (u64)(c->at - c->begin);

	hide_value(offset);
	if (offset > HEADERS_END_MAX)
		return false;
	c->at = c->begin + offset;
	return true;
}

ALWAYS_INLINE bool is_vlan(u16 ethertype)
{
	return ethertype == ETHERTYPE_8021Q || ethertype == ETHERTYPE_8021AD;
}

/* 802.1Q and 802.1ad: up to two tags are the key's, the hardware's being the outer one. */
ALWAYS_INLINE bool parse_vlan_tag(struct cursor *c, struct connection_key *key)
{
	u16 id;

	if (!cursor_has(c, VLAN_TAG))
		return false;
	id = load_be16(c->at) & VLAN_ID_MASK;
	if (!key->vlan)
		key->vlan = id;
	else
		key->inner_vlan = id;
	c->next = load_be16(c->at + 2);
	cursor_advance(c, VLAN_TAG);
	return true;
}

/* The first nibble of what MPLS carries tells IPv4 from IPv6 (RFC 4928 section 3). */
ALWAYS_INLINE u16 ethertype_of_nibble(u8 first)
{
	return first >> 4 == 4 ? ETHERTYPE_IPV4 : first >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

enum { MPLS_LABELS_MAX = 4 };

ALWAYS_INLINE bool parse_mpls(struct cursor *c)
{
	bool bottom = false;

	for (int i = 0; i < MPLS_LABELS_MAX && !bottom; i++) {
		if (!cursor_has(c, MPLS_LABEL + 1))
			return false;
		bottom = load_be32(c->at) & MPLS_BOTTOM_OF_STACK;
		cursor_advance(c, MPLS_LABEL);
	}
	if (!cursor_has(c, 1))
		return false;
	c->next = bottom ? ethertype_of_nibble(*c->at) : 0;
	return true;
}

ALWAYS_INLINE bool parse_pppoe(struct cursor *c)
{
	u16 protocol;

	if (!cursor_has(c, PPPOE_HEADER))
		return false;
	protocol = load_be16(c->at + PPPOE_HEADER - 2);
	c->next = protocol == PPP_IPV4 ? ETHERTYPE_IPV4 : protocol == PPP_IPV6 ? ETHERTYPE_IPV6 : 0;
	cursor_advance(c, PPPOE_HEADER);
	return true;
}

/* Everything in front of the network layer. Leaves the ethertype of that layer in c->next. */
ALWAYS_INLINE bool parse_link(struct cursor *c, struct connection_key *key)
{
	bool outer_taken_off = key->vlan != 0; /* then one more tag makes two */

	if (!cursor_has(c, ETHERNET_HEADER))
		return false;
	c->next = load_be16(c->at + ETHERNET_TYPE_AT);
	cursor_advance(c, ETHERNET_HEADER);
	if (is_vlan(c->next) && !parse_vlan_tag(c, key))
		return false;
	if (!outer_taken_off && is_vlan(c->next) && !parse_vlan_tag(c, key))
		return false;
	if (c->next == ETHERTYPE_MPLS || c->next == ETHERTYPE_MPLS_MULTICAST)
		return parse_mpls(c);
	if (c->next == ETHERTYPE_PPPOE_SESSION)
		return parse_pppoe(c);
	return true;
}

/* A tun device hands over the packet alone: its version is the only sign of what it is. */
ALWAYS_INLINE bool parse_no_link(struct cursor *c)
{
	if (!cursor_has(c, 1))
		return false;
	c->next = ethertype_of_nibble(*c->at);
	return true;
}

/* An offload leaves the length 0 in a packet that is too long for the field (BIG TCP), or not yet cut up. */
enum { OFFLOADED_LENGTH_MIN = 1501 };

/* The packet's length: what its header says, which padding and a short capture do not change. */
ALWAYS_INLINE u32 packet_length(u32 announced, bool zero, u32 left)
{
	return zero && left >= OFFLOADED_LENGTH_MIN ? left : announced;
}

ALWAYS_INLINE void ipv4_mapped(union address *address, const u8 *at)
{
	address->halves[0] = 0;
	address->halves[1] = (u64)load_raw32(at) << 32 | IPV4_MAPPED; /* as one word: it is read as one */
}

ALWAYS_INLINE void ipv6_address(union address *address, const u8 *at)
{
	address->halves[0] = load_raw64(at);
	address->halves[1] = load_raw64(at + 8);
}

/* The addresses of an IP header, as they are on the wire; order_key() puts them in their order. */
ALWAYS_INLINE void read_addresses_ipv4(struct connection_key *key, const u8 *ip)
{
	ipv4_mapped(&key->low, ip + IPV4_SOURCE_AT);
	ipv4_mapped(&key->high, ip + IPV4_DESTINATION_AT);
}

ALWAYS_INLINE void read_addresses_ipv6(struct connection_key *key, const u8 *ip)
{
	ipv6_address(&key->low, ip + IPV6_SOURCE_AT);
	ipv6_address(&key->high, ip + IPV6_DESTINATION_AT);
}

ALWAYS_INLINE enum parsed parse_ipv4(struct cursor *c, struct segment *s)
{
	u32 header, length;
	u16 fragment;

	if (!cursor_has(c, IPV4_HEADER))
		return PARSED_TRUNCATED;
	header = (*c->at & 15) * 4;
	if (*c->at >> 4 != 4 || header < IPV4_HEADER)
		return PARSED_BAD_IP;
	length = load_be16(c->at + IPV4_TOTAL_LENGTH_AT);
	length = packet_length(length, length == 0, c->left);
	if (length < header)
		return PARSED_BAD_IP;
	if (length > c->left || !cursor_has(c, header))
		return PARSED_TRUNCATED;
	fragment = load_be16(c->at + IPV4_FRAGMENT_AT);
	c->next = *(c->at + IPV4_PROTOCOL_AT);
	read_addresses_ipv4(&s->key, c->at);
	s->version = 4;
	s->ip_id = load_be16(c->at + IPV4_ID_AT);
	s->ip_length = length;
	s->fragment = (fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)) != 0;
	c->left = length;
	cursor_advance(c, header);
	return fragment & IPV4_FRAGMENT_OFFSET ? PARSED_FRAGMENT : PARSED_TCP;
}

enum { IPV6_EXTENSIONS_MAX = 8 };

ALWAYS_INLINE bool is_extension(u8 next)
{
	return next == PROTOCOL_HOP_BY_HOP || next == PROTOCOL_ROUTING || next == PROTOCOL_DESTINATION ||
	       next == PROTOCOL_AUTHENTICATION || next == PROTOCOL_FRAGMENT;
}

/* The length in bytes of the extension header at the cursor; 0: it is not one. */
ALWAYS_INLINE u32 extension_length(const struct cursor *c)
{
	switch (c->next) {
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_DESTINATION:
		return (*(c->at + 1) + 1) * 8;
	case PROTOCOL_AUTHENTICATION:
		return (*(c->at + 1) + 2) * 4;
	case PROTOCOL_FRAGMENT:
		return IPV6_FRAGMENT_HEADER;
	default:
		return 0;
	}
}

/* RFC 8200 section 4. Leaves the transport protocol in c->next. */
ALWAYS_INLINE enum parsed parse_extensions(struct cursor *c, struct segment *s)
{
	for (int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		u32 length;
		u16 fragment;

		if (!is_extension(c->next))
			return PARSED_TCP;
		if (!cursor_has(c, IPV6_FRAGMENT_HEADER))
			return PARSED_TRUNCATED;
		length = extension_length(c);
		if (c->next == PROTOCOL_FRAGMENT) {
			fragment = load_be16(c->at + 2);
			s->fragment = (fragment & (IPV6_FRAGMENT_OFFSET | IPV6_MORE_FRAGMENTS)) != 0;
			if (fragment & IPV6_FRAGMENT_OFFSET)
				return PARSED_FRAGMENT;
		}
		if (length > c->left)
			return PARSED_TRUNCATED;
		c->next = *c->at;
		cursor_advance(c, length);
		if (!cursor_settle(c))
			return PARSED_BAD_IP;
		forget_value(c->left, &s->payload); /* which is set later */
	}
	return is_extension(c->next) ? PARSED_BAD_IP : PARSED_TCP;
}

/* Leaves the transport protocol in c->next. */
ALWAYS_INLINE enum parsed parse_ipv6(struct cursor *c, struct segment *s)
{
	u32 payload;

	if (!cursor_has(c, IPV6_HEADER))
		return PARSED_TRUNCATED;
	if (*c->at >> 4 != 6)
		return PARSED_BAD_IP;
	payload = load_be16(c->at + IPV6_PAYLOAD_LENGTH_AT);
	payload = packet_length(payload, payload == 0, c->left - IPV6_HEADER);
	if (payload > c->left - IPV6_HEADER)
		return PARSED_TRUNCATED;
	c->next = *(c->at + IPV6_NEXT_HEADER_AT);
	read_addresses_ipv6(&s->key, c->at);
	s->version = 6;
	s->ip_length = IPV6_HEADER + payload;
	c->left = IPV6_HEADER + payload;
	cursor_advance(c, IPV6_HEADER);
	return parse_extensions(c, s);
}

/* Whether a is the higher half of the key: by address, then by port. Any total order does. */
ALWAYS_INLINE bool comes_last(const union address *a, u16 a_port, const union address *b, u16 b_port)
{
	if (a->halves[0] != b->halves[0])
		return a->halves[0] > b->halves[0];
	if (a->halves[1] != b->halves[1])
		return a->halves[1] > b->halves[1];
	return a_port > b_port;
}

/*
 * Puts the halves of the key in their order, of which the lower one was the sender's until now. In words of
 * eight octets, since the hash and the table read such words.
 */
ALWAYS_INLINE void order_key(struct segment *s, u16 source_port, u16 destination_port)
{
	struct connection_key *key = &s->key;
	const union address source = key->low, destination = key->high;
	u64 vlans = (u64)key->vlan << 32 | (u64)key->inner_vlan << 48,
	    ports = (u64)destination_port << 16 | source_port;
	u32 from_high = comes_last(&source, source_port, &destination, destination_port), copy = from_high;

	hide_value(copy); /* else the verifier goes on with two states, one for each order */
	s->from_high = (u8)copy;
	if (from_high) {
		key->low.halves[0] = destination.halves[0];
		key->low.halves[1] = destination.halves[1];
		key->high.halves[0] = source.halves[0];
		key->high.halves[1] = source.halves[1];
		ports = (u64)source_port << 16 | destination_port;
	}
	key->ports_and_vlans = vlans | ports;
}

ALWAYS_INLINE enum parsed parse_tcp(struct cursor *c, struct segment *s)
{
	u16 offset_and_flags;

	if (c->left < TCP_HEADER)
		return PARSED_BAD_TCP;
	if (!cursor_has(c, TCP_HEADER))
		return PARSED_TRUNCATED;
	offset_and_flags = load_be16(c->at + TCP_FLAGS_AT);
	s->header = (offset_and_flags >> 12) * 4;
	if (s->header < TCP_HEADER || s->header > c->left)
		return PARSED_BAD_TCP;
	if (s->version == 6 && (is_ipv4_mapped(&s->key.low) || is_ipv4_mapped(&s->key.high)))
		return PARSED_BAD_IP; /* never on the wire; its key would be that of an IPv4 connection */
	order_key(s, load_be16(c->at), load_be16(c->at + 2));
	s->flags = offset_and_flags & TCP_FLAGS;
	s->seq = load_be32(c->at + TCP_SEQ_AT);
	s->ack = load_be32(c->at + TCP_ACK_AT);
	s->window = load_be16(c->at + TCP_WINDOW_AT);
	s->urgent = load_be16(c->at + TCP_URGENT_AT);
	s->options_length = s->header - TCP_HEADER;
	s->payload = c->left - s->header;
	return PARSED_TCP;
}

/* Destination unreachable: RFC 792, RFC 4443 section 3.1. Packet too big is a code of it in IPv4. */
ALWAYS_INLINE bool is_unreachable(const struct cursor *c)
{
	if (!cursor_has(c, 1))
		return false;
	if (c->next == PROTOCOL_ICMP)
		return *c->at == ICMP_DESTINATION_UNREACHABLE;
	return *c->at == ICMPV6_DESTINATION_UNREACHABLE || *c->at == ICMPV6_PACKET_TOO_BIG;
}

ALWAYS_INLINE enum parsed parse_transport(struct cursor *c, struct segment *s)
{
	switch (c->next) {
	case PROTOCOL_TCP:
		return parse_tcp(c, s);
	case PROTOCOL_UDP:
		return PARSED_UDP;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return is_unreachable(c) ? PARSED_UNREACHABLE : PARSED_ICMP;
	default:
		return PARSED_OTHER;
	}
}

ALWAYS_INLINE enum parsed parse_arp(const struct cursor *c, struct segment *s)
{
	if (cursor_has(c, ARP_OPERATION_END))
		s->protocol = (u8)load_be16(c->at + ARP_OPERATION_AT);
	return PARSED_OTHER;
}

/*
 * Parses a frame down to its TCP segment. On PARSED_TCP `s` is filled, and `*tcp` is where the TCP header
 * begins. Of the other results only s->network, s->fragment and s->protocol are meaningful; s->transport
 * where a transport header was reached, for which the caller clears it; and of ICMP s->version and
 * s->key.low, which is its sender.
 */
ALWAYS_INLINE enum parsed parse_frame(const struct frame *f, struct segment *s, const u8 **tcp)
{
	struct cursor c = {.at = f->data, .begin = f->data, .end = f->end, .left = f->length};
	enum parsed parsed;

	s->network = NETWORK_OTHER;
	s->fragment = 0;
	s->protocol = 0;
	s->ip_id = 0;
	s->key.vlan = f->vlan;
	s->key.inner_vlan = 0;
	if (f->layer3 ? !parse_no_link(&c) : !parse_link(&c, &s->key) || !cursor_settle(&c))
		return PARSED_TRUNCATED;
	switch (c.next) {
	case ETHERTYPE_IPV4:
		s->network = NETWORK_IPV4;
		parsed = parse_ipv4(&c, s);
		break;
	case ETHERTYPE_IPV6:
		s->network = NETWORK_IPV6;
		parsed = parse_ipv6(&c, s);
		break;
	case ETHERTYPE_ARP:
		s->network = NETWORK_ARP;
		return parse_arp(&c, s);
	default:
		return PARSED_OTHER;
	}
	if (parsed != PARSED_TCP && parsed != PARSED_FRAGMENT)
		return parsed;
	if (!cursor_settle(&c))
		return PARSED_BAD_IP;
	*tcp = c.at;
	s->transport = (u16)(c.at - c.begin);
	s->protocol = (u8)c.next;
	return parsed == PARSED_TCP ? parse_transport(&c, s) : parsed;
}

#endif
