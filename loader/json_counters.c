// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_counters.h"

#include <stdio.h>

#include "format.h"
#include "json_event.h"
#include "scans.h"
#include "totals.h"

static u64 handshakes_measured(const struct counters *n)
{
	u64 sum = 0;

	for (u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		sum += n->handshakes[i];
	return sum;
}

/* The upper end of the bucket in which it falls, so at most an eighth too much; never above the maximum. */
bool handshake_percentile(const struct counters *n, u32 percent, u64 *ns)
{
	u64 count = handshakes_measured(n), rank = (count * percent + 99) / 100, below = 0;

	for (u32 i = 0; count && i < HISTOGRAM_BUCKETS; i++) {
		below += n->handshakes[i];
		if (below < rank)
			continue;
		*ns = histogram_upper(i) < n->handshake_max ? histogram_upper(i) : n->handshake_max;
		return true;
	}
	return false;
}

u64 events_lost(const u64 lost[EVENT_KINDS])
{
	u64 sum = 0;

	for (u32 i = 0; i < EVENT_KINDS; i++)
		sum += lost[i];
	return sum;
}

static void heading(struct json *j, const struct interface *i, const struct totals *t)
{
	json_string(j, "interface", i->name);
	if (i->replay)
		json_null(j, "ifindex");
	else
		json_u64(j, "ifindex", i->ifindex);
	json_word(j, "ingress", i->ingress);
	json_word(j, "egress", i->egress);
	json_time(j, "since", (s64)i->since + i->wall_offset);
	json_time(j, "at", (s64)t->at + i->wall_offset);
}

/* By protocol number (IANA, Assigned Internet Protocol Numbers), those that were seen. */
static void protocols(struct json *j, const char *name, const struct counters *n, u32 version)
{
	char number[4];

	json_object(j, name);
	for (u32 protocol = 1; protocol < COUNT_OF(n->protocols[version]); protocol++) {
		u64 packets = packets_of(n, version, (u8)protocol);

		if (!packets)
			continue;
		snprintf(number, sizeof(number), "%u", (unsigned)(u8)protocol);
		json_u64(j, number, packets);
	}
	json_end_object(j);
}

static void layers(struct json *j, const struct counters *n)
{
	struct layers l = layers_of(n);

	json_object(j, "layers");
	json_u64(j, "frames", l.frames);
	json_u64(j, "bytes", l.bytes);
	json_u64(j, "arp", n->arp);
	json_u64(j, "ipv4", l.ipv4);
	json_u64(j, "ipv6", l.ipv6);
	json_u64(j, "other", n->other);
	json_u64(j, "fragments", n->fragments);
	json_u64(j, "tcp", l.tcp);
	json_u64(j, "udp", n->udp);
	json_u64(j, "icmp", n->icmp);
	json_u64(j, "filtered", l.filtered);
	json_u64(j, "arp_requests", n->arp_requests);
	json_u64(j, "arp_replies", n->arp_replies);
	json_u64(j, "unreachable", n->unreachable);
	protocols(j, "ipv4_protocols", n, INDEX_IPV4);
	protocols(j, "ipv6_protocols", n, INDEX_IPV6);
	json_end_object(j);
}

static void hook(struct json *j, const char *name, bool known, const struct counters *n, enum hook h)
{
	char *at = json_room(j);

	at = put_object(at, name);
	at = put_known_u64(at, "segments", known, layers_of(n).segments[h]);
	at = put_known_u64(at, "bytes", known, n->bytes[h]);
	json_used(j, put_end(at));
}

static void flags(struct json *j, const struct counters *n)
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ae"};

	json_object(j, "flags");
	for (u32 i = 0; i < COUNT_OF(names); i++)
		json_u64(j, names[i], segments_with(n, (u16)(1U << i), 0));
	json_end_object(j);
}

static void segments(struct json *j, const struct counters *n)
{
	json_object(j, "segments");
	json_u64(j, "syn", segments_with(n, TCP_SYN, TCP_ACK));
	json_u64(j, "syn_ack", segments_with(n, TCP_SYN | TCP_ACK, 0));
	json_u64(j, "fin", segments_with(n, TCP_FIN, 0));
	json_u64(j, "rst", segments_with(n, TCP_RST, 0));
	json_u64(j, "data", n->acks[ACK_WITH_DATA] + n->data_on_other);
	json_u64(j, "pure_ack", n->acks[ACK_PURE]);
	json_u64(j, "retransmitted", n->retransmitted);
	json_u64(j, "out_of_order", n->out_of_order);
	json_u64(j, "zero_window", n->zero_window);
	json_u64(j, "keepalive", n->keepalive);
	json_end_object(j);
}

static void outcomes(struct json *j, const struct totals *t)
{
	const struct counters *n = &t->counters;

	json_object(j, "handshakes");
	json_u64(j, "started", n->started);
	json_u64(j, "completed", n->completed);
	json_u64(j, "refused", n->refused);
	json_u64(j, "unanswered", n->unanswered);
	json_u64(j, "aborted", n->aborted);
	json_u64(j, "half_open", t->half_open);
	json_end_object(j);
	json_object(j, "teardowns");
	json_u64(j, "fin", n->closed_by_fin);
	json_u64(j, "rst", n->closed_by_rst);
	json_u64(j, "idle", n->closed_by_idle);
	json_end_object(j);
}

static void connections(struct json *j, const struct totals *t)
{
	const struct counters *n = &t->counters;

	json_object(j, "connections");
	json_u64(j, "tracked", t->tracked);
	json_u64(j, "opened", n->opened);
	json_u64(j, "closed", n->closed);
	json_u64(j, "expired", n->expired);
	json_u64(j, "evicted", n->evicted);
	json_u64(j, "midstream", n->midstream);
	json_u64(j, "untracked", n->untracked);
	json_u64(j, "displaced", n->displaced);
	json_u64(j, "busy", n->busy);
	json_u64(j, "reused", n->reused);
	json_end_object(j);
}

static void scans(struct json *j, const struct totals *t)
{
	json_object(j, "scans");
	for (enum scan_kind kind = SCAN_SYN; kind < SCAN_KINDS; kind++)
		json_u64(j, scan_name(kind), t->scans[kind]);
	json_end_object(j);
	json_object(j, "scanners");
	json_u64(j, "seen", t->scans_seen);
	json_u64(j, "displaced", t->scans_displaced);
	json_u64(j, "sources_forgotten", t->sources_forgotten);
	json_end_object(j);
}

static void floods(struct json *j, const struct flood_totals *f)
{
	if (!f->watched) {
		json_null(j, "floods");
	} else {
		json_object(j, "floods");
		for (enum flood_kind kind = 0; kind < FLOOD_KINDS; kind++)
			json_u64(j, flood_name(kind), f->begun[kind]);
		json_end_object(j);
	}
	if (f->measured)
		json_u64(j, "half_open_rate", f->half_open_rate);
	else
		json_null(j, "half_open_rate");
}

/* Segments that came while no connection of theirs was in the table: those that open one, too. */
static void strays(struct json *j, const struct counters *n)
{
	json_object(j, "strays");
	for (enum flood_kind kind = 0; kind < FLOOD_KINDS; kind++)
		json_u64(j, flood_name(kind), n->strays[kind]);
	json_u64(j, "other", n->strays[STRAY_OTHER]);
	json_end_object(j);
}

static void syn_cookies(struct json *j, const struct syn_cookies *c)
{
	if (!c->known) {
		json_null(j, "syn_cookies");
		return;
	}
	json_object(j, "syn_cookies");
	json_u64(j, "sent", c->sent);
	json_u64(j, "received", c->received);
	json_u64(j, "failed", c->failed);
	json_end_object(j);
}

static void malformed(struct json *j, const struct counters *n)
{
	json_object(j, "malformed");
	json_u64(j, "truncated", n->truncated);
	json_u64(j, "bad_ip", n->bad_ip);
	json_u64(j, "bad_tcp", n->bad_tcp);
	json_u64(j, "bad_options", n->bad_options);
	json_end_object(j);
}

static void events(struct json *j, const struct counters *n)
{
	json_object(j, "events");
	json_u64(j, "emitted", n->emitted);
	json_u64(j, "lost", events_lost(n->lost));
	json_object(j, "lost_by_kind");
	for (enum event_kind kind = 0; kind < EVENT_KINDS; kind++)
		if (n->lost[kind] && event_name(kind))
			json_u64(j, event_name(kind), n->lost[kind]);
	json_end_object(j);
	json_u64(j, "lost_records", n->lost_records);
	json_u64(j, "lost_payloads", n->lost_payloads);
	json_u64(j, "aggregated", n->aggregated);
	json_u64(j, "aggregated_records", n->aggregated_records);
	json_end_object(j);
}

static void percentile(struct json *j, const char *name, const struct counters *n, u32 percent)
{
	u64 ns = 0;

	if (handshake_percentile(n, percent, &ns))
		json_ms(j, name, ns);
	else
		json_null(j, name);
}

static void handshake_times(struct json *j, const struct counters *n)
{
	u64 count = handshakes_measured(n);

	json_object(j, "handshake_ms");
	json_u64(j, "count", count);
	percentile(j, "p50", n, 50);
	percentile(j, "p90", n, 90);
	percentile(j, "p99", n, 99);
	if (count)
		json_ms(j, "max", n->handshake_max);
	else
		json_null(j, "max");
	json_end_object(j);
}

void json_counters(struct json *j, const struct interface *i, const struct totals *t)
{
	const struct counters *n = &t->counters;

	json_object(j, NULL);
	heading(j, i, t);
	layers(j, n);
	hook(j, "in", true, n, HOOK_IN);
	hook(j, "out", i->egress || i->replay, n, HOOK_OUT);
	flags(j, n);
	segments(j, n);
	outcomes(j, t);
	connections(j, t);
	scans(j, t);
	floods(j, &t->floods);
	strays(j, n);
	syn_cookies(j, &t->floods.cookies);
	malformed(j, n);
	events(j, n);
	handshake_times(j, n);
	json_end_object(j);
}
