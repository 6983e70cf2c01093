// SPDX-License-Identifier: GPL-2.0-or-later
#include "script.h"

#include <stdlib.h>
#include <string.h>

struct script script_begin(void)
{
	return (struct script){
		.isn = {1000, 5000}, .orig_port = 40000, .resp_port = 80, .ip_id = {100, 7000}};
}

static bool number(const char *text, u32 *value)
{
	char *end;

	if (!text)
		return false;
	*value = (u32)strtoul(text, &end, 0);
	return *text && !*end;
}

/* "o>r", "r>o"; a digit behind the first letter names another connection, by the originator's port. */
static bool read_direction(const struct script *s, const char *text, struct frame_text *f)
{
	const char *arrow = strchr(text, '>');
	u32 other = 0;

	if (!arrow || (*text != 'o' && *text != 'r') || (arrow[1] != 'o' && arrow[1] != 'r') ||
	    *text == arrow[1])
		return false;
	if (arrow != text + 1)
		other = (u32)atoi(text + 1) - 1;
	f->from_originator = *text == 'o';
	f->orig_port = (u16)(s->orig_port + other);
	f->resp_port = s->resp_port;
	return other < CONNECTIONS_MAX;
}

static bool read_flags(const char *text, u16 *flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};

	*flags = 0;
	if (!strcmp(text, "NULL"))
		return true;
	while (*text) {
		size_t length = strcspn(text, ",");
		u32 i = 0;

		while (i < COUNT_OF(names) && (strlen(names[i]) != length || strncmp(text, names[i], length)))
			i++;
		if (i == COUNT_OF(names))
			return false;
		*flags |= (u16)(1U << i);
		text += length + (text[length] == ',');
	}
	return true;
}

static void add_option(struct frame_text *f, u8 kind, u8 length, u64 value)
{
	u8 *at = f->options + f->options_length;

	if (f->options_length + length > TCP_OPTIONS_MAX)
		return;
	at[0] = kind;
	if (length > 1)
		at[1] = length;
	for (u32 i = length; i > 2; i--, value >>= 8)
		at[i - 1] = value & 255;
	f->options_length += length;
}

/* Words that stand alone. */
static bool read_mark(const char *word, struct frame_text *f)
{
	if (!strcmp(word, "sack"))
		add_option(f, TCP_OPTION_SACK_PERMITTED, 2, 0);
	else if (!strcmp(word, "ts"))
		add_option(f, TCP_OPTION_TIMESTAMPS, 10, 0x100000001ULL);
	else if (!strcmp(word, "tfo"))
		add_option(f, TCP_OPTION_FAST_OPEN, 10, 0x1122334455667788ULL);
	else if (!strcmp(word, "tfo-request"))
		add_option(f, TCP_OPTION_FAST_OPEN, 2, 0);
	else if (!strcmp(word, "mptcp"))
		add_option(f, TCP_OPTION_MPTCP, 4, 0x0081);
	else if (!strcmp(word, "noid"))
		f->no_ip_id = true;
	else
		return false;
	return true;
}

/* Words with a number behind. */
static bool read_value(const struct script *s, const char *word, u32 value, struct frame_text *f)
{
	if (!strcmp(word, "seq"))
		f->seq = s->isn[f->from_originator ? ORIGINATOR : RESPONDER] + value;
	else if (!strcmp(word, "ack"))
		f->ack = s->isn[f->from_originator ? RESPONDER : ORIGINATOR] + value;
	else if (!strcmp(word, "len"))
		f->payload = value;
	else if (!strcmp(word, "win"))
		f->window = (u16)value;
	else if (!strcmp(word, "urgent"))
		f->urgent = (u16)value;
	else if (!strcmp(word, "code"))
		f->code = (u8)value;
	else if (!strcmp(word, "id"))
		f->ip_id = (u16)value;
	else if (!strcmp(word, "mss"))
		add_option(f, TCP_OPTION_MSS, 4, value);
	else if (!strcmp(word, "wscale"))
		add_option(f, TCP_OPTION_WINDOW_SCALE, 3, value);
	else
		return false;
	return true;
}

const char *script_segment(struct script *s, char *const words[], u32 count, struct frame_text *f)
{
	enum endpoint who;

	memset(f, 0, sizeof(*f));
	if (count < 2 || !read_direction(s, words[0], f))
		return "no direction, as o>r";
	if (!strcmp(words[1], "UNREACHABLE")) { /* what it quotes was sent by the other one */
		f->unreachable = true;
		f->flags = TCP_SYN;
		f->from_originator = !f->from_originator;
	} else if (!read_flags(words[1], &f->flags)) {
		return "no flags, as SYN,ACK, and no UNREACHABLE";
	}
	who = f->from_originator ? ORIGINATOR : RESPONDER;
	f->ipv6 = s->ipv6;
	f->vlan = s->vlan;
	f->inner_vlan = s->inner_vlan;
	f->window = 1000;
	f->ip_id = ++s->ip_id[who];
	read_value(s, "seq", 0, f);
	for (u32 i = 2; i < count; i++) {
		u32 value;

		if (read_mark(words[i], f))
			continue;
		if (i + 1 >= count || !number(words[i + 1], &value) || !read_value(s, words[i], value, f))
			return words[i];
		i++;
	}
	s->ip_id[who] = f->ip_id;
	if (f->no_ip_id)
		f->ip_id = 0;
	while (f->options_length % 4)
		add_option(f, TCP_OPTION_NOP, 1, 0);
	return NULL;
}
