/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on the wire, by the names of its RFCs. Numbers are in host byte order. */
#ifndef SYNSCOPE_WIRE_H
#define SYNSCOPE_WIRE_H

/* Ethernet (IEEE 802.3), its tags (802.1Q, 802.1ad), MPLS (RFC 3032) and PPPoE (RFC 2516). */
enum {
	ETHERNET_HEADER = 14,
	ETHERNET_TYPE_AT = 12,
	VLAN_TAG = 4,
	VLAN_ID_MASK = 0x0fff,
	MPLS_LABEL = 4,
	MPLS_BOTTOM_OF_STACK = 0x100,
	PPPOE_HEADER = 8, /* six octets of PPPoE and the two of the PPP protocol */
};

enum ethertype {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_8021Q = 0x8100,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE_SESSION = 0x8864,
	ETHERTYPE_8021AD = 0x88a8,
};

/* ARP, RFC 826. */
enum {
	ARP_OPERATION_AT = 6,
	ARP_OPERATION_END = 8,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

/* IPv4, RFC 791. */
enum {
	IPV4_HEADER = 20,
	IPV4_TOTAL_LENGTH_AT = 2,
	IPV4_ID_AT = 4,
	IPV4_FRAGMENT_AT = 6,
	IPV4_PROTOCOL_AT = 9,
	IPV4_SOURCE_AT = 12,
	IPV4_DESTINATION_AT = 16,
	IPV4_MORE_FRAGMENTS = 0x2000,
	IPV4_FRAGMENT_OFFSET = 0x1fff,
};

/* IPv6, RFC 8200, and its extension headers; the authentication header is RFC 4302's. */
enum {
	IPV6_HEADER = 40,
	IPV6_PAYLOAD_LENGTH_AT = 4,
	IPV6_NEXT_HEADER_AT = 6,
	IPV6_SOURCE_AT = 8,
	IPV6_DESTINATION_AT = 24,
	IPV6_FRAGMENT_HEADER = 8,
	IPV6_FRAGMENT_OFFSET = 0xfff8,
	IPV6_MORE_FRAGMENTS = 0x0001,
};

enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AUTHENTICATION = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
};

enum { UDP_HEADER = 8 }; /* RFC 768 */

/* ICMP (RFC 792) and ICMPv6 (RFC 4443): the errors that quote the packet they are about. */
enum {
	ICMP_HEADER = 8,
	ICMP_DESTINATION_UNREACHABLE = 3,
	ICMPV6_DESTINATION_UNREACHABLE = 1,
	ICMPV6_PACKET_TOO_BIG = 2,     /* RFC 8201 */
	ICMP_FRAGMENTATION_NEEDED = 4, /* the code that is no verdict on the destination (RFC 1191) */
	ICMP_QUOTED_TCP = 8,	       /* ports and sequence number: no error quotes less */
};

/* TCP, RFC 9293 section 3.1. */
enum {
	TCP_HEADER = 20,
	TCP_HEADER_MAX = 60,
	TCP_OPTIONS_MAX = TCP_HEADER_MAX - TCP_HEADER,
	TCP_SEQ_AT = 4,
	TCP_ACK_AT = 8,
	TCP_FLAGS_AT = 12,
	TCP_WINDOW_AT = 14,
	TCP_URGENT_AT = 18,
};

/* The nine flags: eight of RFC 9293, and AE of RFC 9768 (accurate ECN). */
enum tcp_flag {
	TCP_FIN = 0x001,
	TCP_SYN = 0x002,
	TCP_RST = 0x004,
	TCP_PSH = 0x008,
	TCP_ACK = 0x010,
	TCP_URG = 0x020,
	TCP_ECE = 0x040,
	TCP_CWR = 0x080,
	TCP_AE = 0x100,
	TCP_FLAGS = 0x1ff,
};

/* TCP option kinds, as assigned by IANA. */
enum tcp_option {
	TCP_OPTION_END = 0,
	TCP_OPTION_NOP = 1,
	TCP_OPTION_MSS = 2,
	TCP_OPTION_WINDOW_SCALE = 3,
	TCP_OPTION_SACK_PERMITTED = 4,
	TCP_OPTION_SACK = 5,
	TCP_OPTION_TIMESTAMPS = 8,
	TCP_OPTION_MD5 = 19,
	TCP_OPTION_AO = 29,
	TCP_OPTION_MPTCP = 30,
	TCP_OPTION_FAST_OPEN = 34,
	TCP_OPTION_EXPERIMENT = 254, /* RFC 6994; with the magic below it is Fast Open's first form */
	TCP_EXPERIMENT_FAST_OPEN = 0xf989,
};

/* RFC 7323: a larger shift count is to be taken as 14. */
enum { TCP_WINDOW_SCALE_MAX = 14 };

/* NOP NOP TIMESTAMPS 10: the options of almost every segment, as four octets (RFC 7323 appendix A). */
enum { TCP_OPTIONS_ONLY_TIMESTAMPS = 0x0101080a };

/* The words of MSS, SACK_PERMITTED and TIMESTAMPS, NOP and WINDOW_SCALE: what Linux puts into a SYN. */
enum {
	TCP_OPTIONS_MSS = 0x0204, /* and two octets of its value */
	TCP_OPTIONS_SACK_TIMESTAMPS = 0x0402080a,
	TCP_OPTIONS_NOP_WINDOW_SCALE = 0x010303, /* and one octet of its value */
};

#endif
