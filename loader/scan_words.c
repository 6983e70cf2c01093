// SPDX-License-Identifier: GPL-2.0-or-later
#include "scan_words.h"

#include "format.h"
#include "identity.h"

const char *scan_title(enum scan_kind kind)
{
	static const char *const titles[SCAN_KINDS] = {
		[SCAN_NONE] = "no scan",
		[SCAN_SYN] = "SYN scan",
		[SCAN_CONNECT] = "connect scan",
		[SCAN_FIN] = "FIN scan",
		[SCAN_NULL] = "NULL scan",
		[SCAN_XMAS] = "Xmas scan",
		[SCAN_ACK] = "ACK scan",
		[SCAN_MAIMON] = "Maimon scan",
		[SCAN_OTHER] = "scan by impossible flags",
	};

	return titles[kind];
}

static const char *plural(u64 n)
{
	return n == 1 ? "" : "s";
}

void scan_parties(struct paragraph *p, const struct scanner *s)
{
	struct party to = party_of(&s->latest.key, s->latest.state, RESPONDER);

	paragraph_add(p, "%s > ", text_address(&s->source).text);
	if (s->hosts.count == 1 && !s->capped)
		paragraph_add(p, "%s", text_address(&to.address).text);
	else
		paragraph_add(p, "%s%u hosts", s->capped ? "at least " : "", s->hosts.count);
}

static void add_port_states(struct paragraph *p, const struct scanner *s)
{
	const char *separator = s->hosts.count > 1 ? "; of the targets " : ": ";

	for (enum port_state state = PORT_OPEN; state < PORT_STATES; state++) {
		u32 n;

		if (!scanner_counts(s, state, &n))
			continue;
		paragraph_add(p, "%s%u %s", separator, n, port_state_name(state));
		separator = ", ";
	}
}

void scan_numbers(struct paragraph *p, const struct scanner *s)
{
	u64 rate = scanner_rate(s);

	paragraph_add(p, "%s%u port%s", s->capped ? "at least " : "", s->ports.count, plural(s->ports.count));
	add_port_states(p, s);
	paragraph_add(p, "; %llu probe%s in %s", (unsigned long long)s->probes, plural(s->probes),
		      text_span(s->last - s->since).text);
	if (rate)
		paragraph_add(p, " (%llu/s)", (unsigned long long)rate);
	if (s->folded)
		paragraph_add(p, "; %llu event%s folded", (unsigned long long)s->folded, plural(s->folded));
}
