/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as text. Each function returns a small struct that holds its text, so that a caller needs no
 * buffer: printf("%s", text_span(ns).text). Times stay integers all the way.
 */
#ifndef SYNSCOPE_FORMAT_H
#define SYNSCOPE_FORMAT_H

#include "connection.h"
#include "identity.h"

struct text {
	char text[64];
};

/*
 * What writes a text in place: no NUL, and they return where the text goes on. A number with `width`
 * digits at least; the others as the functions of their names below have them.
 */
char *write_decimal(char *at, u64 value, u32 width);
char *write_signed(char *at, s64 value);
char *write_ms(char *at, s64 ns);      /* "0.410000" */
char *write_seconds(char *at, s64 ns); /* "1700000000.123456" */
char *write_address(char *at, const union address *a);
char *write_rfc3339(char *at, s64 ns);
char *write_flags(char *at, u16 flags, char separator);

/* A number as it is: most are of one digit. */
ALWAYS_INLINE char *write_number(char *at, u64 value)
{
	if (value > 9)
		return write_decimal(at, value, 1);
	*at = (char)('0' + value);
	return at + 1;
}

/* "10.0.0.1", "2001:db8::1" */
struct text text_address(const union address *a);

/* "10.0.0.1:80", "[2001:db8::1]:80" */
struct text text_party(const struct party *p);

/* "2023-11-14T22:13:20.123456789Z"; ns since the epoch. */
struct text text_rfc3339(s64 ns);

/* "22:13:20.123456"; ns since the epoch. */
struct text text_clock(s64 ns);

/* "2023-11-14 22:13:20.123456 UTC"; ns since the epoch. */
struct text text_moment(s64 ns);

/* Milliseconds for a column of text: "0.041", "1203.118". */
struct text text_short_ms(s64 ns);

/* For people, three digits or so: "55 us" is "0.055 ms", then "1.20 s", "3 min 4 s", "2 h 5 min". */
struct text text_span(u64 ns);

/* "never", "once", "twice", "3 times". */
struct text text_times(u32 n);

/* "142 B", "1.2 kB", "5.4 GB"; decimal, as storage and networks count. */
struct text text_bytes(u64 bytes);

/*
 * A sequence number as counted from the initial one. A little below it is negative, the rest is modulo
 * 2^32 as on the wire.
 */
s64 relative_number(u32 number, u32 isn);

/* The flags with a separator: "SYN,ACK"; "none" where there are none. */
struct text text_flags(u16 flags, char separator);

#endif
