/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which counters a frame adds to. */
#ifndef SYNSCOPE_COUNTING_H
#define SYNSCOPE_COUNTING_H

#include "counters.h"
#include "parse.h"
#include "sighting.h"
#include "wire.h"

/* A frame without a TCP segment, by what its layers were. A GSO buffer counts as the packets it becomes. */
ALWAYS_INLINE void count_besides(const struct segment *s, const struct sighting *g, enum parsed parsed,
				 struct counters *n)
{
	n->frames_besides += g->count;
	n->bytes_besides += g->frame_length;
	n->arp += s->network == NETWORK_ARP;
	n->arp_requests += s->network == NETWORK_ARP && s->protocol == ARP_REQUEST;
	n->arp_replies += s->network == NETWORK_ARP && s->protocol == ARP_REPLY;
	n->other += s->network == NETWORK_OTHER && parsed == PARSED_OTHER;
	if (s->network == NETWORK_IPV4 || s->network == NETWORK_IPV6) {
		n->protocols[s->network == NETWORK_IPV6][s->protocol] += g->count;
		n->fragments += s->fragment;
	}
	switch (parsed) {
	case PARSED_UDP:
		n->udp += g->count;
		break;
	case PARSED_ICMP:
	case PARSED_UNREACHABLE:
		n->icmp++;
		break;
	case PARSED_TRUNCATED:
		n->truncated++;
		break;
	case PARSED_BAD_IP:
		n->bad_ip++;
		break;
	case PARSED_BAD_TCP:
		n->bad_tcp++;
		break;
	default:
		break;
	}
}

/* A TCP segment that the user did not ask for. */
ALWAYS_INLINE void count_filtered(const struct segment *s, const struct sighting *g, struct counters *n)
{
	n->frames_besides += g->count;
	n->bytes_besides += g->frame_length;
	n->filtered[s->version == 6] += g->count;
	n->fragments += s->fragment;
}

/*
 * Of merged segments all carry the flags, but FIN and PSH, which only the last one has, and CWR, which only
 * the first one has (RFC 3168 section 6.1.2) unless it is a part of the ACE field (RFC 9768 section 3.1).
 */
ALWAYS_INLINE void count_merged(const struct segment *s, u32 more, u64 *by_flags, struct counters *n)
{
	u16 once = TCP_FIN | TCP_PSH;

	if ((s->flags & (TCP_AE | TCP_CWR | TCP_ECE)) == TCP_CWR)
		once |= TCP_CWR;
	by_flags[s->flags & TCP_FLAGS & ~once] += more;
	if ((s->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK)
		n->acks[s->payload ? ACK_WITH_DATA : ACK_PURE] += more;
	else
		n->data_on_other += more;
}

ALWAYS_INLINE void count_segment(const struct segment *s, const struct sighting *g, struct counters *n)
{
	u64 *by_flags = n->segments[g->hook & 1][s->version == 6];

	by_flags[s->flags & TCP_FLAGS]++;
	n->bytes[g->hook & 1] += g->frame_length;
	if ((s->flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK)
		n->acks[s->payload ? ACK_WITH_DATA : ACK_PURE]++;
	else if (s->payload)
		n->data_on_other++;
	if (g->count > 1)
		count_merged(s, g->count - 1, by_flags, n);
	if (s->fragment)
		n->fragments++;
}

#endif
