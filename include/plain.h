/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers that almost every segment has: Ethernet without tags, IP without options or extension headers,
 * TCP with no options but timestamps, all in one piece. They are read here for the short way (prediction.h);
 * parse.h reads any.
 */
#ifndef SYNSCOPE_PLAIN_H
#define SYNSCOPE_PLAIN_H

#include "options.h"
#include "parse.h"
#include "place.h"

/* A frame that the short way may be for. What is needed late is read late: it would only be in the way. */
struct plain {
	const u8 *ip;
	const u8 *tcp;
	u64 low[2]; /* the key's words, as in the key */
	u64 high[2];
	u64 ports;
	u64 from_high; /* 0 or 1 */
	u32 payload;   /* bytes; 0: a pure ACK */
	u32 ip_length; /* bytes */
};

/* Where its headers are. */
ALWAYS_INLINE void plain_point(struct plain *p, const u8 *ip, u32 ip_version)
{
	p->ip = ip;
	p->tcp = ip + (ip_version == 4 ? IPV4_HEADER : IPV6_HEADER);
}

/* A header of 20 bytes and no fragment. */
ALWAYS_INLINE bool plain_ipv4(struct plain *p)
{
	p->ip_length = load_be16(p->ip + IPV4_TOTAL_LENGTH_AT);
	return likely(*p->ip == (4 << 4 | IPV4_HEADER / 4)) &&
	       likely(*(p->ip + IPV4_PROTOCOL_AT) == PROTOCOL_TCP) &&
	       likely(!(load_be16(p->ip + IPV4_FRAGMENT_AT) & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)));
}

/* TCP follows the fixed header. */
ALWAYS_INLINE bool plain_ipv6(struct plain *p)
{
	u32 payload = load_be16(p->ip + IPV6_PAYLOAD_LENGTH_AT);

	p->ip_length = IPV6_HEADER + payload;
	return likely(*p->ip >> 4 == 6) && likely(*(p->ip + IPV6_NEXT_HEADER_AT) == PROTOCOL_TCP) &&
	       likely(payload);
}

/* ACK, and no options but timestamps as all lay them out (RFC 7323 appendix A). */
ALWAYS_INLINE bool plain_tcp(struct plain *p, const u8 *end)
{
	const u8 *tcp = p->tcp;
	u32 offset_and_flags = load_be16(tcp + TCP_FLAGS_AT), headers = (u32)(tcp - p->ip) + TCP_HEADER;

	if (unlikely((offset_and_flags & TCP_FLAGS & ~TCP_PSH) != TCP_ACK))
		return false;
	if (likely(offset_and_flags >> 12 == (TCP_HEADER + 12) / 4) && likely(tcp + TCP_HEADER + 12 <= end) &&
	    likely(load_be32(tcp + TCP_HEADER) == TCP_OPTIONS_ONLY_TIMESTAMPS))
		headers += 12;
	else if (offset_and_flags >> 12 != TCP_HEADER / 4)
		return false;
	if (unlikely(p->ip_length < headers))
		return false;
	p->payload = p->ip_length - headers;
	return true;
}

/*
 * The ports in the order of the key. `ports` are the source's and the destination's as they follow each other
 * on the wire; `from_high` has all bits, or none.
 */
ALWAYS_INLINE u64 plain_ports(u32 ports, u64 from_high)
{
	u32 differ = ports >> 16 ^ (ports & 0xffff);

	return ports ^ ((differ << 16 | differ) & ~(u32)from_high);
}

ALWAYS_INLINE void plain_key_ipv4(struct plain *p)
{
	u64 low = load_raw32(p->ip + IPV4_SOURCE_AT), high = load_raw32(p->ip + IPV4_DESTINATION_AT);
	u32 ports = load_be32(p->tcp);
	/* as comes_last() has it; the sign of the difference, since each side has 48 bits */
	u64 ahead = (high << 16 | (u16)ports) - (low << 16 | ports >> 16), differ;

	hide_value(ahead); /* else it is seen to be a comparison, and made into branches */
	p->from_high = ahead >> 63;
	differ = (low ^ high) & (u64)((s64)ahead >> 63);
	p->low[0] = 0;
	p->low[1] = (low ^ differ) << 32 | IPV4_MAPPED;
	p->high[0] = 0;
	p->high[1] = (high ^ differ) << 32 | IPV4_MAPPED;
	p->ports = plain_ports(ports, (u64)((s64)ahead >> 63));
}

/* False: it could be taken for an IPv4 connection's. */
ALWAYS_INLINE bool plain_key_ipv6(struct plain *p)
{
	union address source, destination;
	u32 ports = load_be32(p->tcp);

	ipv6_address(&source, p->ip + IPV6_SOURCE_AT);
	ipv6_address(&destination, p->ip + IPV6_DESTINATION_AT);
	if (unlikely(!(source.halves[0] | destination.halves[0])) &&
	    (is_ipv4_mapped(&source) || is_ipv4_mapped(&destination)))
		return false;
	p->from_high = comes_last(&source, (u16)(ports >> 16), &destination, (u16)ports);
	hide_value(p->from_high); /* else the verifier goes on with two states, one for each order */
	for (u32 i = 0; i < 2; i++) {
		u64 differ = (source.halves[i] ^ destination.halves[i]) & -p->from_high;

		p->low[i] = source.halves[i] ^ differ;
		p->high[i] = destination.halves[i] ^ differ;
	}
	p->ports = plain_ports(ports, -p->from_high);
	return true;
}

/* 4 or 6; 0: the frame has tags, no Ethernet header, another protocol, or not even the shortest headers. */
ALWAYS_INLINE u32 plain_version(const struct frame *f)
{
	u16 ethertype;

	if (unlikely(f->layer3) || unlikely(f->vlan) ||
	    unlikely(f->data + ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER > f->end))
		return 0;
	ethertype = load_be16(f->data + ETHERNET_TYPE_AT);
	return ethertype == ETHERTYPE_IPV4 ? 4 : ethertype == ETHERTYPE_IPV6 ? 6 : 0;
}

/* Of the version that plain_version() found. False: its headers are others, and `p` is not whole. */
ALWAYS_INLINE bool read_plain(const struct frame *f, u32 ip_version, struct plain *p)
{
	plain_point(p, f->data + ETHERNET_HEADER, ip_version);
	if (unlikely(p->tcp + TCP_HEADER > f->end) ||
	    unlikely(!(ip_version == 4 ? plain_ipv4(p) : plain_ipv6(p))) ||
	    unlikely(p->ip_length + ETHERNET_HEADER > f->length) || unlikely(!plain_tcp(p, f->end)))
		return false;
	if (ip_version == 6)
		return plain_key_ipv6(p);
	plain_key_ipv4(p);
	return true;
}

/* Where in the table the record of its key belongs. */
ALWAYS_INLINE struct place plain_place(const struct plain *p, u32 ip_version)
{
	return place_of_hash(ip_version == 4 ? hash_ipv4(p->low[1] >> 32, p->high[1] >> 32, p->ports)
					     : hash_ipv6(p->low, p->high, p->ports));
}

#endif
