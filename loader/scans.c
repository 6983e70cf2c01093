// SPDX-License-Identifier: GPL-2.0-only
#include "scans.h"

#include "bucket.h"

#include <string.h>

static const u64 minute = 60000000000ULL;

const char *scan_name(enum scan_kind kind)
{
	static const char *const names[SCAN_KINDS] = {
		[SCAN_SYN] = "syn",	  [SCAN_CONNECT] = "connect", [SCAN_FIN] = "fin",
		[SCAN_NULL] = "null",	  [SCAN_XMAS] = "xmas",	      [SCAN_ACK] = "ack",
		[SCAN_MAIMON] = "maimon", [SCAN_OTHER] = "other",
	};

	return (u32)kind < SCAN_KINDS ? names[kind] : NULL;
}

static u64 mix(u64 v)
{
	v ^= v >> 33;
	v *= 0xff51afd7ed558ccdULL;
	v ^= v >> 33;
	v *= 0xc4ceb9fe1a85ec53ULL;
	return v ^ v >> 33;
}

static u64 hash_address(const union address *a)
{
	return mix(a->halves[0] ^ mix(a->halves[1]));
}

/* The source's entry; where it has none, the least recent of its places is given to it. */
static struct scan_source *source_of(struct scans *s, const union address *address, u64 now)
{
	u32 set = (u32)hash_address(address) % (SCAN_SOURCES / SCAN_WAYS);
	struct scan_source *ways = &s->sources[(size_t)set * SCAN_WAYS], *oldest = ways;

	for (u32 i = 0; i < SCAN_WAYS; i++) {
		if (ways[i].last && !memcmp(&ways[i].address, address, sizeof(*address)))
			return &ways[i];
		if (ways[i].last < oldest->last)
			oldest = &ways[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->address = *address;
	oldest->begin = now;
	return oldest;
}

static const union address *originator(const struct connection_key *key, u64 state)
{
	return state & ORIGINATOR_IS_HIGH ? &key->high : &key->low;
}

static void add_pair(struct scan_source *source, const struct connection_key *key, u64 state)
{
	const union address *host = state & ORIGINATOR_IS_HIGH ? &key->low : &key->high;
	u16 port = state & ORIGINATOR_IS_HIGH ? key->low_port : key->high_port;
	u64 bit = mix(hash_address(host) ^ port) % 128;

	source->pairs[bit / 64] |= 1ULL << bit % 64;
}

/* Two pairs may share a bit, so a scan of ten pairs may show as nine; the next probe makes it ten. */
static u32 pairs(const struct scan_source *source)
{
	return (u32)(__builtin_popcountll(source->pairs[0]) + __builtin_popcountll(source->pairs[1]));
}

static bool meets_rule(const struct scan_source *source, enum scan_kind kind)
{
	if (kind == SCAN_SYN || kind == SCAN_CONNECT)
		return pairs(source) >= SCAN_PAIRS_LEAST && source->established * 2 < source->attempts;
	return source->probes[kind] >= SCAN_PROBES_LEAST;
}

static enum scan_kind kind_of_flags(u16 flags)
{
	flags &= TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG;
	switch (flags) {
	case 0:
		return SCAN_NULL;
	case TCP_FIN:
		return SCAN_FIN;
	case TCP_FIN | TCP_PSH | TCP_URG:
		return SCAN_XMAS;
	default:
		return SCAN_OTHER;
	}
}

/* Notes that the rule is met in this minute. True: it was not met before. */
static bool flag(struct scan_source *source, enum scan_kind kind)
{
	bool before = source->flag_end[kind] > source->begin;

	if (before || !meets_rule(source, kind))
		return false;
	if (source->flag_end[kind] != source->begin)
		source->flag_begin[kind] = source->begin;
	source->flag_end[kind] = source->begin + minute;
	return true;
}

static bool is_flagged(const struct scan_source *source, enum scan_kind kind, u64 start)
{
	return start >= source->flag_begin[kind] && start < source->flag_end[kind];
}

/* A minute ends: its SYNs have had time to be answered, and the next minute counts anew. */
static void turn(struct scan_source *source, u64 now)
{
	source->last = later(source->last, now);
	if (now <= source->begin || now - source->begin <= minute)
		return;
	for (enum scan_kind kind = SCAN_SYN; kind <= SCAN_CONNECT; kind++)
		if (flag(source, kind))
			source->untold |= 1U << kind;
	source->begin = now;
	source->attempts = source->established = 0;
	memset(source->pairs, 0, sizeof(source->pairs));
	memset(source->probes, 0, sizeof(source->probes));
}

/* A connection begins. Whether SYNs are a scan shows only when they have had time to be answered. */
static bool begin(struct scan_source *source, const struct connection_key *key, u64 state, u16 flags,
		  enum scan_kind *kind)
{
	if (state & PROBE) {
		*kind = kind_of_flags(flags);
		source->probes[*kind]++;
		return flag(source, *kind);
	}
	if (state & SAW_SYN) {
		source->attempts++;
		add_pair(source, key, state);
	}
	return false;
}

bool scans_event(struct scans *s, const struct event *e, enum scan_kind *kind)
{
	bool opened = e->kinds & 1 << EVENT_ESTABLISHED;
	struct scan_source *source;

	if (e->number != 1 && !opened)
		return false;
	source = source_of(s, originator(&e->key, e->state), e->time);
	turn(source, e->time);
	if (opened && source->attempts)
		source->established++;
	return e->number == 1 && begin(source, &e->key, e->state, e->flags, kind);
}

void scans_record(struct scans *s, const struct connection *c)
{
	struct scan_source *source = source_of(s, originator(&c->key, c->state), c->start);
	enum scan_kind kind;

	turn(source, c->start);
	begin(source, &c->key, c->state, (u16)c->probe_flags, &kind);
	if (c->state & ESTABLISHED_ONCE)
		source->established++;
}

/* What a record would be part of, were its source a scanner. */
static enum scan_kind shape(const struct connection *c)
{
	const struct direction *d = c->direction;

	if (c->state & PROBE)
		return kind_of_flags(c->probe_flags);
	if (c->state & MIDSTREAM) {
		if (d[ORIGINATOR].segments != 1 || c->state & (SAW_DATA | SAW_DATA << RESPONDER) ||
		    (c->state & SAW_SEGMENT << RESPONDER && !(c->state & RESET_BY << RESPONDER)))
			return SCAN_NONE;
		return c->state & SAW_FIN ? SCAN_MAIMON : SCAN_ACK;
	}
	if (c->state & (SAW_DATA | SAW_DATA << RESPONDER))
		return SCAN_NONE;
	/* a stack's own SYN offers what the stack can do; a scanner's bare one does not */
	if (c->state & ESTABLISHED_ONCE || c->options[ORIGINATOR].offered & OFFER_SACK)
		return SCAN_CONNECT;
	return SCAN_SYN;
}

enum scan_kind scans_judge(struct scans *s, const struct connection *c, bool *first)
{
	enum scan_kind kind = shape(c);
	struct scan_source *source;

	*first = false;
	if (kind == SCAN_NONE)
		return SCAN_NONE;
	/* what counts is when the probe was sent, not how much later its silence was judged */
	source = source_of(s, originator(&c->key, c->state), c->start);
	if (kind == SCAN_ACK || kind == SCAN_MAIMON) {
		turn(source, c->start);
		source->probes[kind]++;
	}
	*first = flag(source, kind) || source->untold >> kind & 1;
	source->untold &= ~(1U << kind);
	if (!*first && !is_flagged(source, kind, c->start))
		return SCAN_NONE;
	s->counts[kind]++;
	return kind;
}
