// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nDPI takes packets, so each payload is given to it behind headers made up for it. Neither the
 * addresses nor the ports are the connection's: it finds a protocol in the payload, or none.
 */
#include "service_ndpi.h"

#include <ndpi/ndpi_api.h>
#include <string.h>

#include "event.h"

enum {
	IP_HEADER = 20,
	HEADERS = IP_HEADER + 20,
	/* nDPI 4.2 has no name for these ports */
	ORIGINATOR_PORT = 40000,
	RESPONDER_PORT = 40001,
	/* dissectors that look a little too far find zeros */
	SLACK = 64,
};

/*
 * What it is asked for. Left out: what the signatures know better, what it tells from lengths alone
 * (Cassandra took SOCKS, RTMP took RDP and S7), what it remembers by address and then says of the
 * next connection (BitTorrent), and TLS and HTTP, whose parsers are its largest.
 */
static const struct {
	u16 ndpi;
	u16 service;
} known[] = {
	{NDPI_PROTOCOL_AFP, SERVICE_AFP},
	{NDPI_PROTOCOL_AJP, SERVICE_AJP},
	{NDPI_PROTOCOL_CITRIX, SERVICE_CITRIX},
	{NDPI_PROTOCOL_CORBA, SERVICE_GIOP},
	{NDPI_PROTOCOL_DCERPC, SERVICE_DCE_RPC},
	{NDPI_PROTOCOL_DRDA, SERVICE_DRDA},
	{NDPI_PROTOCOL_FIX, SERVICE_FIX},
	{NDPI_PROTOCOL_JABBER, SERVICE_XMPP},
	{NDPI_PROTOCOL_MEMCACHED, SERVICE_MEMCACHED},
	{NDPI_PROTOCOL_MONGODB, SERVICE_MONGODB},
	{NDPI_PROTOCOL_MYSQL, SERVICE_MYSQL},
	{NDPI_PROTOCOL_NATS, SERVICE_NATS},
	{NDPI_PROTOCOL_NFS, SERVICE_NFS},
	{NDPI_PROTOCOL_ORACLE, SERVICE_ORACLE},
	{NDPI_PROTOCOL_POSTGRES, SERVICE_POSTGRESQL},
	{NDPI_PROTOCOL_PPTP, SERVICE_PPTP},
	{NDPI_PROTOCOL_RDP, SERVICE_RDP},
	{NDPI_PROTOCOL_REDIS, SERVICE_REDIS},
	{NDPI_PROTOCOL_SMPP, SERVICE_SMPP},
	{NDPI_PROTOCOL_SOCKS, SERVICE_SOCKS},
	{NDPI_PROTOCOL_TEAMVIEWER, SERVICE_TEAMVIEWER},
	{NDPI_PROTOCOL_ZABBIX, SERVICE_ZABBIX},
};

static struct ndpi_detection_module_struct *module;

bool ndpi_load(void)
{
	NDPI_PROTOCOL_BITMASK wanted;
	static bool tried;

	if (tried)
		return module;
	tried = true;
	module = ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
	if (!module)
		return false;
	NDPI_BITMASK_RESET(wanted);
	for (u32 i = 0; i < COUNT_OF(known); i++)
		NDPI_BITMASK_ADD(wanted, known[i].ndpi);
	ndpi_set_protocol_detection_bitmask2(module, &wanted);
	ndpi_finalize_initialization(module);
	return true;
}

static void put16(u8 *at, u32 v)
{
	at[0] = (u8)(v >> 8);
	at[1] = (u8)v;
}

/* From 192.0.2.1 to 198.51.100.1 (RFC 5737), or back; numbered so that neither side repeats the other. */
static void put_headers(u8 *packet, enum endpoint from, u32 length, u32 before)
{
	static const u8 addresses[ENDPOINTS][4] = {{192, 0, 2, 1}, {198, 51, 100, 1}};
	static const u16 ports[ENDPOINTS] = {ORIGINATOR_PORT, RESPONDER_PORT};
	u8 *tcp = packet + IP_HEADER;

	memset(packet, 0, HEADERS);
	packet[0] = 0x45;
	put16(packet + 2, HEADERS + length);
	packet[8] = 64;
	packet[9] = IPPROTO_TCP;
	memcpy(packet + 12, addresses[from], 4);
	memcpy(packet + 16, addresses[other_endpoint(from)], 4);
	put16(tcp, ports[from]);
	put16(tcp + 2, ports[other_endpoint(from)]);
	tcp[7] = 1;		     /* sequence number */
	put16(tcp + 10, 1 + before); /* acknowledgment number */
	tcp[12] = 0x50;
	tcp[13] = TCP_PSH | TCP_ACK;
	put16(tcp + 14, 0xffff);
}

static enum service_id service_of(u16 protocol)
{
	for (u32 i = 0; i < COUNT_OF(known); i++)
		if (known[i].ndpi == protocol)
			return known[i].service;
	return SERVICE_UNKNOWN;
}

/* `before`: bytes of the other direction's payload. */
static enum service_id hand_over(struct ndpi_flow_struct *flow, const struct spoken *s, u32 before)
{
	u8 packet[HEADERS + PAYLOAD_LARGE + SLACK];
	u32 length = s->length < PAYLOAD_LARGE ? s->length : PAYLOAD_LARGE;
	ndpi_protocol p;

	put_headers(packet, s->from, length, before);
	memcpy(packet + HEADERS, s->bytes, length);
	memset(packet + HEADERS + length, 0, SLACK);
	p = ndpi_detection_process_packet(module, flow, packet, (u16)(HEADERS + length), 0);
	/* an application on top of it (a host's name) is the second of the two */
	return service_of(p.master_protocol ? p.master_protocol : p.app_protocol);
}

enum service_id ndpi_ask(const struct spoken *first, const struct spoken *second)
{
	static struct ndpi_flow_struct flow;
	enum service_id id = hand_over(&flow, first, 0);

	if (second)
		id = hand_over(&flow, second, first->length);
	ndpi_free_flow_data(&flow);
	memset(&flow, 0, sizeof(flow));
	return id;
}
