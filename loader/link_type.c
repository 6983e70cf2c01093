// SPDX-License-Identifier: GPL-2.0-or-later
/* The numbers and layouts are those of the Tcpdump Group's list of link-layer header types. */
#include "link_type.h"

#include <pcap/pcap.h>

#include "wire.h"

struct link_type {
	int number;
	u32 header;						       /* bytes, where it is always as long */
	u16 (*ethertype)(const u8 *frame, u32 captured);	       /* of such a header */
	u32 (*measure)(const u8 *frame, u32 captured, u16 *ethertype); /* of any other */
};

const char link_types_read[] =
	"Ethernet, raw IP, Linux cooked, null, loop, NFLOG, PPP, HDLC, FDDI and ATM are";

/* Numbers that not every libpcap has a name for, or of which each system has one of its own. */
enum {
	RAW_OPENBSD = 14,
	RAW_LINKTYPE = 101,
	ATM_LINKTYPE = 100,
};

/* BSD's address families, as seen in loopback captures of the systems that have them. */
enum {
	AF_ANY_INET = 2,
	AF_LINUX_INET6 = 10,
	AF_NETBSD_INET6 = 24,
	AF_FREEBSD_INET6 = 28,
	AF_DARWIN_INET6 = 30,
};

enum {
	COOKED_HEADER = 16,
	COOKED_V2_HEADER = 20,
	NULL_HEADER = 4,
	ENC_HEADER = 12,
	HDLC_HEADER = 4,
	SNAP_HEADER = 8,	    /* aa aa 03, an organization, an ethertype (RFC 1042) */
	FDDI_HEADER = 13,	    /* frame control and two addresses */
	FIREWIRE_HEADER = 18,	    /* two addresses of eight bytes, an ethertype */
	NFLOG_HEADER = 4,	    /* family, version, resource */
	NFLOG_ATTRIBUTE = 4,	    /* length with this header, type: in the order of the machine */
	NFLOG_PAYLOAD = 9,	    /* NFULA_PAYLOAD */
	NFLOG_TYPE_MAX = 255,	    /* far above the last one that there is */
	PPP_ADDRESS = 0xff,	    /* RFC 1662: all stations, */
	PPP_CONTROL = 3,	    /*   unnumbered information */
	HDLC_UNICAST = 0x0f,	    /* Cisco's HDLC begins with one of these, */
	HDLC_BROADCAST = 0x8f,	    /*   as RFC 1547 section 4.3.1 says */
	PPP_COMPRESSED_IPV4 = 0x21, /* RFC 1661 section 6.5: a protocol in one byte is odd */
	PPP_COMPRESSED_IPV6 = 0x57,
	PPP_MPLS = 0x0281, /* RFC 3032 section 4.2 */
};

static u16 ethertype_at(const u8 *frame, u32 captured, u32 at)
{
	return captured < at + 2 ? 0 : load_be16(frame + at);
}

static u16 of_raw_ip(const u8 *frame, u32 captured)
{
	if (!captured)
		return 0;
	return frame[0] >> 4 == 4 ? ETHERTYPE_IPV4 : frame[0] >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

static u16 of_cooked(const u8 *frame, u32 captured)
{
	return ethertype_at(frame, captured, COOKED_HEADER - 2);
}

static u16 of_cooked_v2(const u8 *frame, u32 captured)
{
	return ethertype_at(frame, captured, 0);
}

static u16 of_hdlc(const u8 *frame, u32 captured)
{
	return ethertype_at(frame, captured, HDLC_HEADER - 2);
}

static u16 of_firewire(const u8 *frame, u32 captured)
{
	return ethertype_at(frame, captured, FIREWIRE_HEADER - 2);
}

static u16 of_snap(const u8 *frame, u32 captured)
{
	bool snap = captured >= SNAP_HEADER && frame[0] == 0xaa && frame[1] == 0xaa && frame[2] == 3;

	return snap ? load_be16(frame + SNAP_HEADER - 2) : 0;
}

static u16 of_fddi(const u8 *frame, u32 captured)
{
	return captured < FDDI_HEADER ? 0 : of_snap(frame + FDDI_HEADER, captured - FDDI_HEADER);
}

static u16 of_family(u32 family)
{
	switch (family) {
	case AF_ANY_INET:
		return ETHERTYPE_IPV4;
	case AF_LINUX_INET6:
	case AF_NETBSD_INET6:
	case AF_FREEBSD_INET6:
	case AF_DARWIN_INET6:
		return ETHERTYPE_IPV6;
	default:
		return 0;
	}
}

/* The family is in the byte order of the machine that captured; it is small, so either order tells. */
static u16 of_null(const u8 *frame, u32 captured)
{
	u32 family;

	if (captured < NULL_HEADER)
		return 0;
	family = load_raw32(frame);
	return of_family(family > 0xffff ? load_be32(frame) : family);
}

static u16 of_pppoe(const u8 *frame, u32 captured)
{
	(void)frame;
	return captured ? ETHERTYPE_PPPOE_SESSION : 0;
}

static u16 ethertype_of_ppp(u16 protocol)
{
	switch (protocol) {
	case PPP_IPV4:
		return ETHERTYPE_IPV4;
	case PPP_IPV6:
		return ETHERTYPE_IPV6;
	case PPP_MPLS:
		return ETHERTYPE_MPLS;
	default:
		return 0;
	}
}

/* PPP with or without its address and control bytes, and Cisco's HDLC, which goes by the same number. */
static u32 measure_ppp(const u8 *frame, u32 captured, u16 *ethertype)
{
	u32 at = 0;

	if (captured < HDLC_HEADER)
		return 0;
	if (frame[0] == HDLC_UNICAST || frame[0] == HDLC_BROADCAST) {
		*ethertype = of_hdlc(frame, captured);
		return HDLC_HEADER;
	}
	if (frame[0] == PPP_ADDRESS && frame[1] == PPP_CONTROL)
		at = 2;
	if (frame[at] == PPP_COMPRESSED_IPV4 || frame[at] == PPP_COMPRESSED_IPV6) {
		*ethertype = ethertype_of_ppp(frame[at]);
		return at + 1;
	}
	*ethertype = ethertype_of_ppp(load_be16(frame + at));
	return at + 2;
}

/*
 * Attributes, of which one is the packet: each a length and a type, in the order of the machine that captured
 * them. libpcap brings those of a pcap into this machine's. The first one tells, by a type that there is.
 */
static u32 measure_nflog(const u8 *frame, u32 captured, u16 *ethertype)
{
	u32 at = NFLOG_HEADER, length;
	bool swapped = at + NFLOG_ATTRIBUTE <= captured && load_raw32(frame + at) >> 16 > NFLOG_TYPE_MAX;

	for (; at + NFLOG_ATTRIBUTE <= captured; at += (length + 3) & ~3U) {
		u32 word = load_raw32(frame + at), type = word >> 16;

		length = word & 0xffff;
		if (swapped) {
			length = swap16((u16)length);
			type = swap16((u16)type);
		}
		if (type == NFLOG_PAYLOAD) {
			*ethertype = of_family(frame[0]);
			return at + NFLOG_ATTRIBUTE;
		}
		if (length < NFLOG_ATTRIBUTE)
			break;
	}
	return 0;
}

static const struct link_type link_types[] = {
	{DLT_EN10MB, 0, NULL, NULL},
	{DLT_RAW, 0, of_raw_ip, NULL},
	{RAW_OPENBSD, 0, of_raw_ip, NULL},
	{RAW_LINKTYPE, 0, of_raw_ip, NULL},
	{DLT_IPV4, 0, of_raw_ip, NULL},
	{DLT_IPV6, 0, of_raw_ip, NULL},
	{DLT_LINUX_SLL, COOKED_HEADER, of_cooked, NULL},
	{DLT_LINUX_SLL2, COOKED_V2_HEADER, of_cooked_v2, NULL},
	{DLT_NULL, NULL_HEADER, of_null, NULL},
	{DLT_LOOP, NULL_HEADER, of_null, NULL},
	{DLT_ENC, ENC_HEADER, of_null, NULL},
	{DLT_C_HDLC, HDLC_HEADER, of_hdlc, NULL},
	{DLT_PPP_ETHER, 0, of_pppoe, NULL},
	{DLT_FDDI, FDDI_HEADER + SNAP_HEADER, of_fddi, NULL},
	{DLT_ATM_RFC1483, SNAP_HEADER, of_snap, NULL},
	{ATM_LINKTYPE, SNAP_HEADER, of_snap, NULL},
	{DLT_APPLE_IP_OVER_IEEE1394, FIREWIRE_HEADER, of_firewire, NULL},
	{DLT_PPP, 0, NULL, measure_ppp},
	{DLT_PPP_SERIAL, 0, NULL, measure_ppp},
	{DLT_NFLOG, 0, NULL, measure_nflog},
};

const struct link_type *link_type_find(int number)
{
	for (size_t i = 0; i < COUNT_OF(link_types); i++)
		if (link_types[i].number == number)
			return &link_types[i];
	return NULL;
}

bool link_type_is_ethernet(const struct link_type *t)
{
	return t->number == DLT_EN10MB;
}

u32 link_type_header(const struct link_type *t, const u8 *frame, u32 captured, u16 *ethertype)
{
	*ethertype = 0;
	if (t->measure)
		return t->measure(frame, captured, ethertype);
	if (t->ethertype)
		*ethertype = t->ethertype(frame, captured);
	return t->header < captured ? t->header : captured;
}
