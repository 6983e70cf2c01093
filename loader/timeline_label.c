// SPDX-License-Identifier: GPL-2.0-or-later
#include "timeline_label.h"

#include <string.h>

#include "format.h"
#include "ladder.h"
#include "wire.h"

enum { LABEL_MAX = LADDER_INSIDE - 5 };

/* What the label is made of; a number that is not known is not shown. */
struct label_parts {
	struct text flags;
	bool has_seq;
	bool has_ack;
	s64 seq;
	s64 ack;
	u32 payload;
};

static bool fits(const struct paragraph *p)
{
	return text_columns(p->text) <= LABEL_MAX;
}

static void write_in_words(struct paragraph *p, const struct label_parts *l)
{
	memset(p, 0, sizeof(*p));
	paragraph_add(p, "%s", l->flags.text);
	if (l->has_seq)
		paragraph_add(p, " seq %lld", (long long)l->seq);
	if (l->has_ack)
		paragraph_add(p, " ack %lld", (long long)l->ack);
}

/* Without the words for the numbers: seq:ack. */
static void write_in_numbers(struct paragraph *p, const struct label_parts *l, int flag_letters)
{
	memset(p, 0, sizeof(*p));
	paragraph_add(p, "%.*s", flag_letters, l->flags.text);
	if (l->has_seq)
		paragraph_add(p, " %lld", (long long)l->seq);
	if (l->has_seq && l->has_ack)
		paragraph_add(p, ":%lld", (long long)l->ack);
}

/* Shorter and shorter until it fits; the ACK flag goes last, since its number says as much. */
static void write_label(struct paragraph *p, const struct label_parts *l)
{
	enum { ALL = 64, FIRST_FLAG = 3 };
	struct paragraph with_payload;

	write_in_words(p, l);
	if (!fits(p))
		write_in_numbers(p, l, ALL);
	if (!fits(p))
		write_in_numbers(p, l, FIRST_FLAG);
	if (!l->payload)
		return;
	with_payload = *p;
	paragraph_add(&with_payload, ", %s", text_bytes(l->payload).text);
	if (fits(&with_payload))
		*p = with_payload;
}

/* PSH and URG change no state and are left out, and ECN where it is not agreed; of a probe, every flag
 * counts. */
static struct text shown_flags(const struct timeline_step *s)
{
	u16 control = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK;

	if (!s->flags)
		return (struct text){.text = "no SYN, FIN, RST, ACK"};
	if (s->flags & TCP_SYN)
		control |= TCP_ECE | TCP_CWR | TCP_AE;
	if (s->event && s->event->state & PROBE)
		return text_flags(s->flags, ' ');
	return text_flags(s->flags & control ? s->flags & control : s->flags, ' ');
}

void timeline_label(struct paragraph *label, const struct timeline_step *s)
{
	enum endpoint from = s->from, to = other_endpoint(from);
	struct label_parts l = {.flags = shown_flags(s)};
	const struct event *e = s->event;

	if (e) {
		/* a pure ACK takes no number, so its own is of no interest */
		l.has_seq = e->payload || s->flags & (TCP_SYN | TCP_FIN | TCP_RST);
		l.has_ack = e->flags & TCP_ACK && e->state & SAW_SEGMENT << to;
		l.seq = relative_number(e->seq, e->isn[from]);
		l.ack = relative_number(e->ack, e->isn[to]);
		l.payload = e->payload;
	}
	write_label(label, &l);
}
