// SPDX-License-Identifier: GPL-2.0-or-later
#include "summary.h"

#include <string.h>

#include "flood_words.h"
#include "format.h"
#include "json_counters.h"
#include "paragraph.h"
#include "scan_words.h"
#include "totals.h"
#include "verdict.h"

enum { SUMMARY_COLUMNS = 78 };

static const char *const outcome_names[OUTCOMES] = {
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_UNANSWERED] = "unanswered",
	[OUTCOME_REJECTED] = "rejected by ICMP",
	[OUTCOME_UNFINISHED] = "unfinished",
	[OUTCOME_RESET] = "reset",
	[OUTCOME_PROBE] = "probes",
	[OUTCOME_CLOSED] = "closed",
	[OUTCOME_EVICTED] = "evicted",
	[OUTCOME_IDLE] = "idle for too long",
	[OUTCOME_REUSED] = "open until their ports were used anew",
	[OUTCOME_OPEN] = "still open",
	[OUTCOME_UNWATCHED] = "whose end was not looked at",
};

static enum outcome_kind ended_by(const struct record *r)
{
	if (is_closed(r->connection))
		return OUTCOME_CLOSED;
	if (is_half_watched(r))
		return OUTCOME_UNWATCHED;
	switch (r->ending) {
	case ENDING_IDLE:
		return OUTCOME_IDLE;
	case ENDING_EVICTED:
		return OUTCOME_EVICTED;
	case ENDING_REUSED:
		return OUTCOME_REUSED;
	default:
		return OUTCOME_OPEN;
	}
}

static enum outcome_kind outcome_kind_of(const struct record *r)
{
	u32 found = diagnose(r);

	if (found & 1U << DIAGNOSIS_REFUSED)
		return OUTCOME_REFUSED;
	if (found & 1U << DIAGNOSIS_UNANSWERED)
		return found & 1U << DIAGNOSIS_UNREACHABLE ? OUTCOME_REJECTED : OUTCOME_UNANSWERED;
	if (found & 1U << DIAGNOSIS_HANDSHAKE_UNFINISHED)
		return OUTCOME_UNFINISHED;
	if (found & (1U << DIAGNOSIS_RESET_BY_ORIG | 1U << DIAGNOSIS_RESET_BY_RESP))
		return OUTCOME_RESET;
	return is_probe(r->connection) ? OUTCOME_PROBE : ended_by(r);
}

static bool party_equal(const struct party *a, const struct party *b)
{
	return a->port == b->port && !memcmp(&a->address, &b->address, sizeof(a->address));
}

/* The pair's own place, a free one, or that of the pair with the fewest failures. */
static struct summary_pair *pair_of(struct summary *s, const struct party *peer)
{
	struct summary_pair *fewest = &s->pairs[0];

	for (u32 i = 0; i < s->pair_count; i++) {
		if (party_equal(&s->pairs[i].peer, peer))
			return &s->pairs[i];
		if (s->pairs[i].failures < fewest->failures)
			fewest = &s->pairs[i];
	}
	if (s->pair_count < SUMMARY_PAIRS)
		fewest = &s->pairs[s->pair_count++];
	memset(fewest->by_kind, 0, sizeof(fewest->by_kind));
	fewest->peer = *peer;
	return fewest;
}

void summary_add(struct summary *s, const struct record *r)
{
	const struct connection *c = r->connection;
	struct party peer = party_of(&c->key, c->state, RESPONDER);
	enum outcome_kind outcome = outcome_kind_of(r);
	struct summary_pair *pair;

	s->outcomes[outcome]++;
	if (outcome >= FAILURES || r->scan != SCAN_NONE) /* a scan's failures are told with the scan */
		return;
	pair = pair_of(s, &peer);
	pair->failures++;
	pair->by_kind[outcome]++;
}

/* Larger ones stay before it, smaller ones move back; the smallest of too many is left out. */
void summary_scan(struct summary *s, const struct interface *i, const struct scanner *scanner)
{
	u32 kept = s->scan_count < SUMMARY_SCANS ? s->scan_count : SUMMARY_SCANS, at = kept;
	struct paragraph p = {0};

	s->scan_count++;
	while (at && s->scans[at - 1].targets < scanner->targets.count)
		at--;
	if (at == SUMMARY_SCANS)
		return;
	memmove(&s->scans[at + 1], &s->scans[at],
		(kept - at - (kept == SUMMARY_SCANS)) * sizeof(s->scans[0]));
	scan_parties(&p, scanner);
	paragraph_add(&p, "  %s since %s: ", scan_title(scanner->kind),
		      text_clock((s64)scanner->since + i->wall_offset).text);
	scan_numbers(&p, scanner);
	s->scans[at].targets = scanner->targets.count;
	snprintf(s->scans[at].text, sizeof(s->scans[at].text), "%s", p.text);
}

static void print_scans(const struct summary *s, FILE *out)
{
	if (s->scan_count)
		fputs("scans:\n", out);
	for (u32 i = 0; i < s->scan_count && i < SUMMARY_SCANS; i++)
		fprintf(out, "  %s\n", s->scans[i].text);
	if (s->scan_count > SUMMARY_SCANS)
		fprintf(out, "  and %u smaller ones\n", s->scan_count - SUMMARY_SCANS);
}

static void add_count(struct paragraph *p, u64 n, const char *what)
{
	if (n)
		paragraph_item(p, "%llu %s", (unsigned long long)n, what);
}

/* "1 frame cut short", "2 frames cut short" */
static void add_things(struct paragraph *p, u64 n, const char *thing, const char *which)
{
	if (n)
		paragraph_item(p, "%llu %s%s%s", (unsigned long long)n, thing, n == 1 ? "" : "s", which);
}

static void print_outcomes(const struct summary *s, FILE *out)
{
	struct paragraph p = {0};
	u64 all = 0;

	/* what went well, then the failures */
	for (u32 i = 0; i < OUTCOMES; i++) {
		u32 kind = (i + OUTCOME_CLOSED) % OUTCOMES;

		all += s->outcomes[kind];
		add_count(&p, s->outcomes[kind], outcome_names[kind]);
	}
	fprintf(out, "%llu connection%s%s\n", (unsigned long long)all, all == 1 ? "" : "s", all ? ":" : "");
	paragraph_print(out, &p, "  ", SUMMARY_COLUMNS);
}

/* The pair with the most failures after those of `before`; NULL: there is no more. */
static const struct summary_pair *next_worst(const struct summary *s, const struct summary_pair *before)
{
	const struct summary_pair *worst = NULL;

	for (const struct summary_pair *p = s->pairs; p < s->pairs + s->pair_count; p++) {
		if (before &&
		    (p->failures > before->failures || (p->failures == before->failures && p <= before)))
			continue;
		if (!worst || p->failures > worst->failures)
			worst = p;
	}
	return worst;
}

static void print_worst(const struct summary *s, FILE *out)
{
	const struct summary_pair *pair = NULL;

	for (int i = 0; i < SUMMARY_WORST && (pair = next_worst(s, pair)); i++) {
		struct paragraph p = {0};

		for (int kind = 0; kind < FAILURES; kind++)
			add_count(&p, pair->by_kind[kind], outcome_names[kind]);
		if (!i)
			fputs("most failures with:\n", out);
		fprintf(out, "  %-24s %s\n", text_party(&pair->peer).text, p.text);
	}
}

static void add_unseen(struct paragraph *p, const struct counters *n)
{
	add_things(p, saturating_subtract(n->untracked, n->busy), "segment",
		   " untracked (connection table full: --max-connections)");
	add_things(p, n->busy, "segment", " untracked (table busy)");
	/* those whose tuple was used anew are counted with them, and lost nothing */
	add_things(p, saturating_subtract(n->evicted, n->reused), "connection",
		   " evicted before their end was seen");
	add_things(p, n->displaced, "closed record", " that left a full table early");
	add_things(p, n->fragments, "fragment", "");
	add_things(p, n->truncated, "frame", " cut short");
	add_things(p, n->bad_ip, "malformed IP packet", "");
	add_things(p, n->bad_tcp, "malformed TCP segment", "");
	add_things(p, n->bad_options, "segment", " with malformed options");
}

/* Under its title, where there is something; then it is empty again. */
static void print_not_seen(FILE *out, const char *title, struct paragraph *p)
{
	if (!p->length)
		return;
	fprintf(out, "%s\n", title);
	paragraph_print(out, p, "  ", SUMMARY_COLUMNS);
	*p = (struct paragraph){0};
}

void summary_print(const struct summary *s, FILE *out, const struct totals *totals,
		   const struct losses *losses)
{
	struct paragraph p = {0};

	print_outcomes(s, out);
	print_worst(s, out);
	print_scans(s, out);
	if (totals)
		print_flood_summary(out, totals);
	if (losses) {
		add_things(&p, events_lost(losses->events), "event",
			   losses->records ? " lost" : " lost (the records are complete)");
		add_things(&p, losses->records, "record", " lost");
	}
	if (s->since_attach)
		print_not_seen(out, "lost or not seen:", &p);
	if (totals) {
		add_things(&p, totals->counters.lost_payloads, "first payload",
			   " lost, whose protocol is not named");
		add_unseen(&p, &totals->counters);
		add_things(&p, totals->scans_displaced, "scan", " displaced before the end");
		add_things(&p, totals->sources_forgotten, "source", " forgotten before the scan rule judged");
	}
	print_not_seen(out, s->since_attach ? "lost or not seen since attach:" : "lost or not seen:", &p);
}
