// SPDX-License-Identifier: GPL-2.0-or-later
/* The counters of an interface as a block of a dozen lines, or as one JSON object. */
#include "view.h"

#include "format.h"
#include "json_counters.h"
#include "totals.h"

struct count {
	const char *name; /* NULL: left out */
	u64 value;
};

/* A line of a block: what it is about, then name and number of each count. */
static void print_counts(FILE *out, const char *about, const struct count *counts, u32 how_many)
{
	const char *separator = "";

	fprintf(out, "  %-12s", about);
	for (u32 i = 0; i < how_many; i++) {
		if (!counts[i].name)
			continue;
		fprintf(out, "%s %s %llu", separator, counts[i].name, (unsigned long long)counts[i].value);
		separator = ",";
	}
	putc('\n', out);
}

#define PRINT_COUNTS(out, about, ...)                                                                        \
	print_counts(out, about, (struct count[]){__VA_ARGS__}, COUNT_OF(((struct count[]){__VA_ARGS__})))

static void print_heading(FILE *out, const struct interface *i, const struct totals *t)
{
	u64 watched = saturating_subtract(t->at, i->since);

	fprintf(out, "%s  %s", text_clock((s64)t->at + i->wall_offset).text, i->name ? i->name : "capture");
	if (!i->replay)
		fprintf(out, "  in %s, out %s", i->ingress ? i->ingress : "not watched",
			i->egress ? i->egress : "not watched");
	fprintf(out, "  watched for %s\n", text_span(watched).text);
}

static void print_layers(FILE *out, const struct counters *n)
{
	struct layers l = layers_of(n);

	PRINT_COUNTS(out, "frames", {"all", l.frames}, {"bytes", l.bytes}, {"ipv4", l.ipv4}, {"ipv6", l.ipv6},
		     {"arp", n->arp}, {"other", n->other}, {"fragments", n->fragments});
	PRINT_COUNTS(out, "packets", {"tcp", l.tcp}, {"udp", n->udp}, {"icmp", n->icmp},
		     {"filtered", l.filtered}, {"arp requests", n->arp_requests},
		     {"arp replies", n->arp_replies});
	PRINT_COUNTS(out, "malformed", {"truncated", n->truncated}, {"bad ip", n->bad_ip},
		     {"bad tcp", n->bad_tcp}, {"bad options", n->bad_options});
}

static void print_segments(FILE *out, const struct interface *i, const struct counters *n)
{
	struct layers l = layers_of(n);

	PRINT_COUNTS(out, "segments", {i->replay ? "all" : "in", l.segments[HOOK_IN]},
		     {i->egress ? "out" : NULL, l.segments[HOOK_OUT]},
		     {"data", n->acks[ACK_WITH_DATA] + n->data_on_other}, {"pure ack", n->acks[ACK_PURE]});
	PRINT_COUNTS(out, "", {"syn", segments_with(n, TCP_SYN, TCP_ACK)},
		     {"syn-ack", segments_with(n, TCP_SYN | TCP_ACK, 0)},
		     {"fin", segments_with(n, TCP_FIN, 0)}, {"rst", segments_with(n, TCP_RST, 0)});
	PRINT_COUNTS(out, "", {"retransmitted", n->retransmitted}, {"out of order", n->out_of_order},
		     {"zero window", n->zero_window}, {"keepalive", n->keepalive});
}

static void print_connections(FILE *out, const struct totals *t)
{
	const struct counters *n = &t->counters;

	PRINT_COUNTS(out, "handshakes", {"started", n->started}, {"completed", n->completed},
		     {"refused", n->refused}, {"unanswered", n->unanswered}, {"aborted", n->aborted},
		     {"half-open", t->half_open});
	PRINT_COUNTS(out, "connections", {"opened", n->opened}, {"tracked", t->tracked},
		     {"closed", n->closed}, {"expired", n->expired}, {"evicted", n->evicted},
		     {"reused", n->reused});
	PRINT_COUNTS(out, "", {"closed by fin", n->closed_by_fin}, {"by rst", n->closed_by_rst},
		     {"by idling", n->closed_by_idle}, {"midstream", n->midstream},
		     {"untracked", n->untracked});
}

static void print_floods(FILE *out, const struct totals *t)
{
	const struct flood_totals *f = &t->floods;
	const u64 *strays = t->counters.strays;

	PRINT_COUNTS(out, "strays", {"syn", strays[STRAY_SYN]}, {"syn-ack", strays[STRAY_SYN_ACK]},
		     {"ack", strays[STRAY_ACK]}, {"rst", strays[STRAY_RST]}, {"fin", strays[STRAY_FIN]},
		     {"other", strays[STRAY_OTHER]});
	if (f->watched)
		PRINT_COUNTS(out, "floods", {"syn", f->begun[FLOOD_SYN]},
			     {"syn-ack", f->begun[FLOOD_SYN_ACK]}, {"ack", f->begun[FLOOD_ACK]},
			     {"rst", f->begun[FLOOD_RST]}, {"fin", f->begun[FLOOD_FIN]});
	if (f->measured)
		PRINT_COUNTS(out, "", {"connections begun a second", f->half_open_rate});
	if (f->cookies.known)
		PRINT_COUNTS(out, "syn cookies", {"sent", f->cookies.sent}, {"received", f->cookies.received},
			     {"failed", f->cookies.failed});
}

static void print_handshake_times(FILE *out, const struct counters *n)
{
	u64 p50 = 0, p90 = 0, p99 = 0;

	if (!handshake_percentile(n, 50, &p50) || !handshake_percentile(n, 90, &p90) ||
	    !handshake_percentile(n, 99, &p99))
		return;
	fprintf(out, "  %-12s half within %s, 90%% %s, 99%% %s, slowest %s\n", "opened in",
		text_span(p50).text, text_span(p90).text, text_span(p99).text,
		text_span(n->handshake_max).text);
}

static unsigned show_counters(FILE *out, const struct view_options *o, const struct interface *i,
			      const struct totals *t)
{
	struct json j;

	if (o->json) {
		json_to(&j, out);
		json_counters(&j, i, t);
		json_end_line(&j);
		return 1;
	}
	print_heading(out, i, t);
	print_layers(out, &t->counters);
	print_segments(out, i, &t->counters);
	print_connections(out, t);
	print_floods(out, t);
	print_handshake_times(out, &t->counters);
	PRINT_COUNTS(out, "events", {"emitted", t->counters.emitted}, {"lost", events_lost(t->counters.lost)},
		     {"lost records", t->counters.lost_records}, {"aggregated", t->counters.aggregated});
	return 1;
}

const struct view view_counters = {
	.name = "counters",
	.counters = show_counters,
};
