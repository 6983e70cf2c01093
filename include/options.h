/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a TCP header (RFC 9293 section 3.2 and the RFCs of each option). */
#ifndef SYNSCOPE_OPTIONS_H
#define SYNSCOPE_OPTIONS_H

#include "connection.h"
#include "platform.h"
#include "wire.h"

/* What the options of one segment said. */
struct options {
	u16 mss;	 /* bytes; 0: absent */
	u8 window_scale; /* as sent, 255 as 254; NO_WINDOW_SCALE: absent */
	u8 offered;	 /* enum offer */
	u32 tsval;	 /* with OFFER_TIMESTAMPS */
	u32 tsecr;
};

ALWAYS_INLINE void options_clear(struct options *o)
{
	o->mss = 0;
	o->window_scale = NO_WINDOW_SCALE;
	o->offered = 0;
	o->tsval = 0;
	hide_value(o); /* else the next two are one store of eight bytes, which is made of single ones */
	o->tsecr = 0;
}

/*
 * A copy of the options with zeros behind: a zero is the end of the options, so a parser that keeps its
 * index below OPTION_INDEX_MASK needs no other bound.
 */
enum { OPTION_INDEX_MASK = 63, OPTION_LONGEST_READ = 12 };

struct option_bytes {
	u8 bytes[OPTION_INDEX_MASK + 1 + OPTION_LONGEST_READ];
};

/* Copies the options of the header at `tcp`, as far as the frame can be read: how many bytes. */
ALWAYS_INLINE u32 options_copy(struct option_bytes *to, const u8 *tcp, const u8 *end, u32 length)
{
	const u8 *from = tcp + TCP_HEADER;

	__builtin_memset(to, 0, sizeof(*to));
	for (u32 i = 0; i < TCP_OPTIONS_MAX / 4; i++) {
		if (i * 4 >= length || from + i * 4 + 4 > end)
			return i * 4;
		*(u32 *)(void *)(to->bytes + i * 4) = load_raw32(from + i * 4);
	}
	return TCP_OPTIONS_MAX;
}

/* Whether an option has the length that its kind has to have. */
ALWAYS_INLINE bool option_fits(u8 kind, u8 length)
{
	switch (kind) {
	case TCP_OPTION_MSS:
		return length == 4;
	case TCP_OPTION_WINDOW_SCALE:
		return length == 3;
	case TCP_OPTION_SACK_PERMITTED:
		return length == 2;
	case TCP_OPTION_TIMESTAMPS:
		return length == 10;
	default:
		return true;
	}
}

/* A shift of 255 is taken for 254, so that it isn't taken for none; both mean 14 (RFC 7323 section 2.3). */
ALWAYS_INLINE u8 window_scale_of(u8 shift)
{
	return shift == NO_WINDOW_SCALE ? NO_WINDOW_SCALE - 1 : shift;
}

ALWAYS_INLINE void option_read(struct options *o, const u8 *at, u8 length)
{
	switch (*at) {
	case TCP_OPTION_MSS:
		o->mss = load_be16(at + 2);
		break;
	case TCP_OPTION_WINDOW_SCALE:
		o->window_scale = window_scale_of(at[2]);
		break;
	case TCP_OPTION_SACK_PERMITTED:
		o->offered |= OFFER_SACK;
		break;
	case TCP_OPTION_SACK:
		o->offered |= OFFER_SACK_BLOCKS;
		break;
	case TCP_OPTION_TIMESTAMPS:
		o->offered |= OFFER_TIMESTAMPS;
		o->tsval = load_be32(at + 2);
		o->tsecr = load_be32(at + 6);
		break;
	case TCP_OPTION_MD5:
		o->offered |= OFFER_MD5;
		break;
	case TCP_OPTION_AO:
		o->offered |= OFFER_AO;
		break;
	case TCP_OPTION_MPTCP:
		o->offered |= OFFER_MPTCP;
		break;
	case TCP_OPTION_FAST_OPEN:
		o->offered |= OFFER_FAST_OPEN;
		break;
	case TCP_OPTION_EXPERIMENT:
		if (length >= 4 && load_be16(at + 2) == TCP_EXPERIMENT_FAST_OPEN)
			o->offered |= OFFER_FAST_OPEN;
		break;
	default:
		break;
	}
}

/*
 * Parses `length` bytes (0 to 40) of options. What does not fit sets OFFER_MALFORMED and ends the
 * parsing there; what was read before stays. Never fails.
 */
VERIFIED_ALONE int options_parse(const struct option_bytes *from, u32 length, struct options *o)
{
	u32 at = 0;

	if (!from || !o)
		return 0;
	options_clear(o);
	for (u32 i = 0; i < TCP_OPTIONS_MAX; i++) {
		u8 kind, size;

		hide_value(at);
		at &= OPTION_INDEX_MASK;
		kind = from->bytes[at];
		size = from->bytes[at + 1];
		if (at >= length || kind == TCP_OPTION_END)
			break;
		if (kind == TCP_OPTION_NOP) {
			at++;
			continue;
		}
		if (size < 2 || at + size > length || !option_fits(kind, size)) {
			o->offered |= OFFER_MALFORMED;
			break;
		}
		option_read(o, from->bytes + at, size);
		at += size;
	}
	return 0;
}

#endif
