// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"

#include <string.h>

static void put16(u8 *at, u16 v)
{
	at[0] = v >> 8;
	at[1] = v & 255;
}

static void put32(u8 *at, u32 v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

/* The sum of RFC 1071, not yet folded. */
static u64 sum(const u8 *at, u32 length)
{
	u64 total = 0;

	for (u32 i = 0; i + 1 < length; i += 2)
		total += (u32)at[i] << 8 | at[i + 1];
	return length & 1 ? total + ((u32)at[length - 1] << 8) : total;
}

static u16 fold(u64 total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (u16)~total;
}

/* 10.9.0.1 or 2001:db8::1 for the originator, .2 and ::2 for the responder. */
static void put_address(u8 *at, bool ipv6, bool originator)
{
	static const u8 four[4] = {10, 9, 0, 0}, six[16] = {0x20, 0x01, 0x0d, 0xb8};

	memcpy(at, ipv6 ? six : four, ipv6 ? 16 : 4);
	at[ipv6 ? 15 : 3] = originator ? 1 : 2;
}

static u32 put_link(const struct frame_text *f, u8 *out)
{
	u32 at = ETHERNET_TYPE_AT;

	memset(out, 0, ETHERNET_TYPE_AT);
	out[0] = out[6] = 2; /* locally administered */
	out[5] = f->from_originator ? 2 : 1;
	out[11] = f->from_originator ? 1 : 2;
	if (f->vlan) {
		put16(out + at, f->inner_vlan ? ETHERTYPE_8021AD : ETHERTYPE_8021Q);
		put16(out + at + 2, f->vlan);
		at += VLAN_TAG;
	}
	if (f->inner_vlan) {
		put16(out + at, ETHERTYPE_8021Q);
		put16(out + at + 2, f->inner_vlan);
		at += VLAN_TAG;
	}
	put16(out + at, f->ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	return at + 2;
}

static u32 put_ipv4(const struct frame_text *f, u8 *ip, u32 segment, u8 protocol)
{
	memset(ip, 0, IPV4_HEADER);
	ip[0] = 0x45;
	put16(ip + IPV4_TOTAL_LENGTH_AT, IPV4_HEADER + segment);
	put16(ip + IPV4_ID_AT, f->ip_id);
	ip[8] = 64;
	ip[IPV4_PROTOCOL_AT] = protocol;
	put_address(ip + IPV4_SOURCE_AT, false, f->from_originator);
	put_address(ip + IPV4_DESTINATION_AT, false, !f->from_originator);
	put16(ip + 10, fold(sum(ip, IPV4_HEADER)));
	return IPV4_HEADER;
}

static u32 put_ipv6(const struct frame_text *f, u8 *ip, u32 segment, u8 protocol)
{
	memset(ip, 0, IPV6_HEADER);
	ip[0] = 0x60;
	put16(ip + IPV6_PAYLOAD_LENGTH_AT, segment);
	ip[IPV6_NEXT_HEADER_AT] = protocol;
	ip[7] = 64;
	put_address(ip + IPV6_SOURCE_AT, true, f->from_originator);
	put_address(ip + IPV6_DESTINATION_AT, true, !f->from_originator);
	return IPV6_HEADER;
}

static u32 put_tcp(const struct frame_text *f, u8 *tcp)
{
	u32 header = TCP_HEADER + f->options_length;

	put16(tcp, f->from_originator ? f->orig_port : f->resp_port);
	put16(tcp + 2, f->from_originator ? f->resp_port : f->orig_port);
	put32(tcp + TCP_SEQ_AT, f->seq);
	put32(tcp + TCP_ACK_AT, f->flags & TCP_ACK ? f->ack : 0);
	put16(tcp + TCP_FLAGS_AT, (header / 4) << 12 | f->flags);
	put16(tcp + TCP_WINDOW_AT, f->window);
	put16(tcp + 16, 0);
	put16(tcp + TCP_URGENT_AT, f->urgent);
	memcpy(tcp + TCP_HEADER, f->options, f->options_length);
	memset(tcp + header, 'x', f->payload);
	return header + f->payload;
}

static u32 put_ip(const struct frame_text *f, u8 *ip, u32 length, u8 protocol)
{
	return f->ipv6 ? put_ipv6(f, ip, length, protocol) : put_ipv4(f, ip, length, protocol);
}

/* The checksum of what stands behind the addresses, with the pseudo-header (RFC 9293 section 3.1). */
static u16 checksum(const struct frame_text *f, const u8 *at, u32 length, u8 protocol)
{
	u32 addresses = f->ipv6 ? 32 : 8;

	return fold(sum(at - addresses, addresses + length) + protocol + length);
}

static u32 put_packet(const struct frame_text *f, u8 *ip)
{
	u32 segment = TCP_HEADER + f->options_length + f->payload;
	u32 header = put_ip(f, ip, segment, PROTOCOL_TCP);

	put_tcp(f, ip + header);
	put16(ip + header + 16, checksum(f, ip + header, segment, PROTOCOL_TCP));
	return header + segment;
}

/* Destination unreachable, from the receiver of the packet that is quoted. */
static u32 put_unreachable(const struct frame_text *f, u8 *ip)
{
	u32 header = f->ipv6 ? IPV6_HEADER : IPV4_HEADER;
	u8 *icmp = ip + header;
	u32 length = ICMP_HEADER + put_packet(f, icmp + ICMP_HEADER);
	struct frame_text outer = *f;

	outer.from_originator = !f->from_originator;
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = f->ipv6 ? ICMPV6_DESTINATION_UNREACHABLE : ICMP_DESTINATION_UNREACHABLE;
	icmp[1] = f->code;
	put_ip(&outer, ip, length, f->ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP);
	put16(icmp + 2, f->ipv6 ? checksum(f, icmp, length, PROTOCOL_ICMPV6) : fold(sum(icmp, length)));
	return header + length;
}

u32 frame_build(const struct frame_text *f, u8 *out)
{
	struct frame_text link_of = *f;
	u32 link;

	link_of.from_originator ^= f->unreachable;
	link = put_link(&link_of, out);
	return link + (f->unreachable ? put_unreachable(f, out + link) : put_packet(f, out + link));
}
