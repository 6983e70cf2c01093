// SPDX-License-Identifier: GPL-2.0-or-later
#include "scans.h"

#include <stdlib.h>
#include <string.h>

#include "bucket.h"
#include "hash.h"
#include "identity.h"
#include "scan_probe.h"

/* For SCAN_GRACE, where the run ends before that; ns. */
static const u64 last_grace = 500000000ULL;

/* The first probes of a new minute are told of as before, until they show whether it goes on; ns. */
static const u64 patience = 10000000000ULL;

static const u64 look_every = 250000000ULL;

struct scans *scans_open(u64 seed, scan_tell *tell, void *context)
{
	struct scans *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->seed = seed;
	s->tell = tell;
	s->context = context;
	s->purse = SCAN_PURSE;
	return s;
}

void scans_close(struct scans *s)
{
	for (u32 i = 0; s && i < SCANNERS; i++)
		scanner_release(&s->scanners[i], &s->purse);
	free(s);
}

static void tell(const struct scans *s, struct scanner *scanner, enum scan_news news)
{
	scanner->changed = false;
	if (s->tell)
		s->tell(s->context, scanner, news);
}

/* ---- suspects, and the scans that end with them ----------------------------- */

ALWAYS_INLINE u64 suspect_hash(const struct scans *s, const union address *source, enum scan_kind kind)
{
	return hash_mix(hash_address(source, s->seed) + kind);
}

static struct suspect *find_suspect(struct scans *s, const union address *source, enum scan_kind kind)
{
	return suspect_table_find(&s->suspects, source, kind, suspect_hash(s, source, kind));
}

static void end_scan(struct scans *s, struct scanner *scanner)
{
	if (scanner->over)
		return;
	scanner->over = true;
	s->active--;
	tell(s, scanner, SCAN_IS_OVER);
}

/* The last word on a scan. */
static void drop_scan(struct scans *s, struct scanner *scanner)
{
	struct suspect *p = find_suspect(s, &scanner->source, scanner->kind);

	end_scan(s, scanner);
	tell(s, scanner, SCAN_IS_GONE);
	if (p)
		p->scanner = NULL;
	scanner_release(scanner, &s->purse);
}

static void give_up(struct scans *s, struct suspect *p, u64 now)
{
	if (suspect_worth(p, now) != WORTH_NOTHING)
		s->forgotten++;
	if (p->scanner) {
		s->displaced += !p->scanner->over;
		drop_scan(s, p->scanner);
	}
	suspect_table_set_undecided(&s->suspects, p, false);
}

/*
 * The suspect's place; where it has none, it takes that of the one with the least to say. `modest`: only of
 * one with nothing to say, else NULL.
 */
static struct suspect *suspect_of(struct scans *s, const union address *source, enum scan_kind kind, u64 now,
				  bool modest)
{
	u64 hash = suspect_hash(s, source, kind);
	struct suspect *p = suspect_table_find(&s->suspects, source, kind, hash);

	if (p)
		return p;
	p = suspect_table_place(&s->suspects, hash, now);
	if (modest && p->kind && suspect_worth(p, now) != WORTH_NOTHING)
		return NULL;
	if (p->kind)
		give_up(s, p, now);
	suspect_table_put(&s->suspects, p, source, kind, hash, now);
	return p;
}

/* ---- the rule --------------------------------------------------------------- */

static bool meets_rule(const struct suspect *p)
{
	if (is_opening(p->kind))
		return p->count >= SCAN_TARGETS_LEAST && p->failed * 2 > p->count;
	return (is_stray(p->kind) ? p->failed : p->probes) >= SCAN_PROBES_LEAST;
}

/* A free place, or that of the scan with the fewest targets, of one that is over if there is one. */
static struct scanner *scanner_place(struct scans *s)
{
	struct scanner *chosen = s->scanners;

	for (struct scanner *i = s->scanners; i < s->scanners + SCANNERS; i++) {
		if (!i->kind)
			return i;
		if (i->over > chosen->over ||
		    (i->over == chosen->over && i->targets.count < chosen->targets.count))
			chosen = i;
	}
	s->displaced += !chosen->over;
	drop_scan(s, chosen);
	return chosen;
}

static void begin_scan(struct scans *s, struct suspect *p)
{
	if (p->scanner)
		drop_scan(s, p->scanner);
	p->scanner = scanner_place(s);
	p->scanner->kind = p->kind;
	p->scanner->ingress_only = s->ingress_only;
	p->scanner->source = p->source;
	p->scanner->since = p->count ? attempt_time(p, &p->sample[0]) : p->begin;
	s->active++;
	s->seen++;
}

/* What of this minute was not counted yet, since nobody knew. */
static void count_sample(struct scans *s, struct suspect *p)
{
	struct scanner *scanner = p->scanner;

	for (u32 i = 0; i < p->count; i++) {
		struct target t = attempt_target(&p->sample[i]);

		scanner_probe(scanner, &t, p->sample[i].probes, p->sample[i].answer, &s->purse);
	}
	scanner->last = max_u64(scanner->last, p->last);
	scanner->latest = p->latest;
}

static void flag(struct scans *s, struct suspect *p)
{
	bool goes_on = p->scanner && !p->scanner->over;

	if (!goes_on) {
		memmove(p->flags + 1, p->flags, sizeof(p->flags) - sizeof(p->flags[0]));
		p->flags[0].begin = p->begin;
		begin_scan(s, p);
	}
	p->flags[0].end = p->begin + SCAN_MINUTE;
	suspect_table_set_undecided(&s->suspects, p, false);
	count_sample(s, p);
	if (goes_on)
		return;
	p->scanner->tell_at = 2 * p->scanner->targets.count;
	tell(s, p->scanner, SCAN_BEGINS);
}

static void decide(struct scans *s, struct suspect *p)
{
	if (suspect_is_flagged_now(p))
		return;
	if (meets_rule(p))
		flag(s, p);
	else if (p->count >= SCAN_TARGETS_LEAST && is_opening(p->kind))
		suspect_table_set_undecided(&s->suspects, p, true);
}

static void begin_minute(struct scans *s, struct suspect *p, u64 now)
{
	suspect_table_set_undecided(&s->suspects, p, false);
	p->begin = now;
	p->count = p->failed = p->probes = 0;
}

/* Where answers are not looked at, whoever goes on behind a SYN had one. */
static u64 with_answer(const struct scans *s, u64 state)
{
	if (s->ingress_only && state & SAW_SYN && state & (SAW_ACK | SAW_DATA))
		state |= ESTABLISHED_ONCE | SAW_SYN << RESPONDER;
	return state;
}

/* There no event tells of the ACK of a stack: only its record can say that it did not go on. */
static void note_silence(const struct scans *s, struct suspect *p, u64 now)
{
	if (!s->ingress_only || p->kind != SCAN_CONNECT)
		suspect_note_silence(p, now);
}

/* A new minute begins, if it is time: what was tried has had time to be answered. */
static void turn(struct scans *s, struct suspect *p, u64 now)
{
	if (!suspect_minute_is_over(p, now))
		return;
	if (!suspect_is_flagged_now(p) && p->count >= SCAN_TARGETS_LEAST) {
		note_silence(s, p, now);
		decide(s, p);
	}
	begin_minute(s, p, now);
}

/* ---- what comes in ---------------------------------------------------------- */

/* A probe of a scan that is known. */
static void count_probe(struct scans *s, struct suspect *p, const struct target *t)
{
	struct scanner *scanner = p->scanner;

	if (!scanner)
		return;
	scanner->last = max_u64(scanner->last, p->last);
	scanner->latest = p->latest;
	if (!scanner_probe(scanner, t, 1, ANSWER_NONE, &s->purse) ||
	    scanner->targets.count < scanner->tell_at)
		return;
	scanner->tell_at *= 2;
	tell(s, scanner, SCAN_GROWS);
}

static void on_probe(struct scans *s, const struct event *e, enum scan_kind kind)
{
	struct party from = party_of(&e->key, e->state, ORIGINATOR);
	struct target t = target_of(&e->key, e->state, s->seed);
	struct suspect *p = suspect_of(s, &from.address, kind, e->time, false);

	turn(s, p, e->time);
	p->last = max_u64(p->last, e->time);
	p->latest = *e;
	suspect_add_attempt(p, &t, e->time);
	if (suspect_is_flagged_now(p))
		count_probe(s, p, &t);
	else
		decide(s, p);
}

static void on_answer(struct scans *s, const struct connection_key *key, u64 state, enum scan_kind kind)
{
	struct party from = party_of(key, state, ORIGINATOR);
	struct suspect *p = find_suspect(s, &from.address, kind);
	struct target t = target_of(key, state, s->seed);

	if (!p)
		return;
	state = with_answer(s, state);
	suspect_note_state(p, &t, state);
	if (p->scanner)
		scanner_answer(p->scanner, &t, answer_of(state));
	decide(s, p);
}

void scans_event(struct scans *s, const struct event *e, enum scan_kind kind)
{
	if (kind == SCAN_NONE)
		return;
	if (e->number == 1)
		on_probe(s, e, kind);
	if (e->number > 1 || e->state & SAW_SEGMENT << RESPONDER) /* the first ones may have had no event */
		on_answer(s, &e->key, e->state, kind);
}

bool scans_folds(struct scans *s, const struct event *e, enum scan_kind kind)
{
	struct party from = party_of(&e->key, e->state, ORIGINATOR);
	struct suspect *p = s->active && kind ? find_suspect(s, &from.address, kind) : NULL;
	struct scanner *scanner = p ? p->scanner : NULL;

	if (!scanner || scanner->over || e->state & SAW_DATA)
		return false;
	if (!suspect_is_flagged(p, e->start) &&
	    (e->start < scanner->since || e->time > scanner->last + patience))
		return false;
	scanner->folded += (u32)__builtin_popcount(e->kinds);
	scanner->changed = true;
	return true;
}

/* The probe's event, as far as the record remembers it: without kinds, since no event told of it. */
static struct event event_of(const struct connection *c)
{
	return (struct event){
		.time = c->start,
		.start = c->start,
		.state = c->state,
		.key = c->key,
		.generation = c->generation,
		.number = 1,
		.seq = DIRECTION(c, ORIGINATOR)->isn,
		.isn = {DIRECTION(c, ORIGINATOR)->isn, DIRECTION(c, RESPONDER)->isn},
		.options.window_scale = NO_WINDOW_SCALE,
	};
}

void scans_record(struct scans *s, const struct connection *c)
{
	enum scan_kind kind = probe_of_record(c);
	struct event e = event_of(c);

	if (kind == SCAN_NONE)
		return;
	on_probe(s, &e, kind);
	on_answer(s, &c->key, c->state, kind);
}

/* A record whose first event was lost is a probe that was not counted yet. */
static void make_good(struct scans *s, struct suspect *p, const struct connection *c, const struct target *t)
{
	struct scanner *scanner = p->scanner;

	if (!suspect_is_flagged(p, c->start)) {
		if (c->start >= p->begin && !suspect_attempt(p, t))
			suspect_add_attempt(p, t, c->start);
	} else if (scanner && c->start >= scanner->since) {
		scanner->probes +=
			scanner_probe(scanner, t, 0, answer_of(with_answer(s, c->state)), &s->purse);
	}
}

static void note_final_silence(struct suspect *p, const struct connection *c, const struct target *t, u64 now,
			       u64 wait)
{
	struct attempt *a = suspect_attempt(p, t);

	if (a && !a->opened && c->start >= p->begin && now > c->start && now - c->start >= wait)
		attempt_set_failed(p, a, true);
}

/*
 * What the whole record says, and that nothing more comes after `wait` (ns). NULL: its source was forgotten.
 */
static struct suspect *consider(struct scans *s, const struct connection *c, enum scan_kind kind, u64 now,
				u64 wait)
{
	struct party from = party_of(&c->key, c->state, ORIGINATOR);
	struct target t = target_of(&c->key, c->state, s->seed);
	struct suspect *p;

	if (now < c->start) /* time has stepped back since, and no minute begins in the future */
		return find_suspect(s, &from.address, kind);
	p = suspect_of(s, &from.address, kind, c->start, true);
	if (!p)
		return NULL;
	turn(s, p, c->start);
	p->last = max_u64(p->last, c->start);
	if (!p->latest.generation)
		p->latest = event_of(c);
	make_good(s, p, c, &t);
	suspect_note_state(p, &t, with_answer(s, c->state));
	note_final_silence(p, c, &t, now, wait);
	decide(s, p);
	return p;
}

void scans_settle(struct scans *s, const struct connection *c, u64 now)
{
	enum scan_kind kind = probe_of_record(c);

	if (kind != SCAN_NONE)
		consider(s, c, kind, now, last_grace);
}

enum scan_kind scans_judge(struct scans *s, const struct connection *c, u64 now)
{
	enum scan_kind kind = probe_of_record(c);
	const struct suspect *p = kind ? consider(s, c, kind, now, SCAN_GRACE) : NULL;

	if (!p || !suspect_is_flagged(p, c->start))
		return SCAN_NONE;
	if (kind == SCAN_SYN && c->state & ESTABLISHED_ONCE)
		kind = SCAN_CONNECT; /* a stack without SACK, or a scanner that goes on */
	s->counts[kind]++;
	return kind;
}

/* ---- what time brings ------------------------------------------------------- */

static void look_at_scanners(struct scans *s, u64 now)
{
	for (struct scanner *i = s->scanners; s->active && i < s->scanners + SCANNERS; i++) {
		if (!i->kind || i->over)
			continue;
		if (now > i->last && now - i->last > SCAN_MINUTE)
			end_scan(s, i);
		else if (i->changed)
			tell(s, i, SCAN_CHANGES);
	}
}

static void look_at_undecided(struct scans *s, u64 now)
{
	for (u32 word = 0; word < COUNT_OF(s->suspects.undecided); word++)
		for (u64 bits = s->suspects.undecided[word]; bits; bits &= bits - 1) {
			struct suspect *p = &s->suspects.places[word * 64 + (u32)__builtin_ctzll(bits)];

			note_silence(s, p, now);
			decide(s, p);
		}
}

/*
 * A capture begins a second time: a scan that begins later than that is over, and a minute begins now. What
 * was flagged stays so, for records that are not final yet.
 */
static void begin_again(struct scans *s, u64 now)
{
	for (struct scanner *i = s->scanners; i < s->scanners + SCANNERS; i++)
		if (i->kind && i->since > now)
			end_scan(s, i);
	for (struct suspect *p = s->suspects.places; p < s->suspects.places + SCAN_SUSPECTS; p++)
		if (p->kind && p->begin > now) {
			begin_minute(s, p, now);
			p->last = now;
		}
	s->next_look = now;
}

void scans_advance(struct scans *s, u64 now)
{
	if (s->next_look > now + look_every)
		begin_again(s, now);
	if (now < s->next_look)
		return;
	s->next_look = now + look_every;
	look_at_undecided(s, now);
	look_at_scanners(s, now);
}

void scans_finish(struct scans *s)
{
	for (u32 i = 0; i < SCANNERS; i++)
		if (s->scanners[i].kind)
			drop_scan(s, &s->scanners[i]);
}
