/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON at a cursor: fields, written one behind the other into room that was found once for all of them.
 * json.h writes single ones by them; lines of which there are millions are written in long runs:
 *
 *   char *at = json_room(j);
 *
 *   at = put_u64(at, "window", e->window);
 *   at = put_object(at, "options");
 *   ...
 *   at = put_end(at);
 *   json_used(j, at);
 *
 * Each field ends with the separator of the next one, which an end takes back. Names and words are the
 * program's own: nothing to escape. An element of an array has no name: NULL. All is inline, so that the
 * cursor stays in a register, and names that the compiler knows are copied as words.
 */
#ifndef SYNSCOPE_JSON_FIELDS_H
#define SYNSCOPE_JSON_FIELDS_H

#include <string.h>

#include "format.h"
#include "platform.h"

/* Behind the copy. Inline, a length that is known becomes a store or two. */
ALWAYS_INLINE char *json_copy(char *at, const char *text, size_t length)
{
	memcpy(at, text, length);
	return at + length;
}

ALWAYS_INLINE char *put_separator(char *at)
{
	return json_copy(at, ", ", 2);
}

ALWAYS_INLINE char *put_name(char *at, const char *name)
{
	if (!name)
		return at;
	*at++ = '"';
	at = json_copy(at, name, strlen(name));
	return json_copy(at, "\": ", 3);
}

ALWAYS_INLINE char *put_null(char *at, const char *name)
{
	return json_copy(put_name(at, name), "null, ", 6);
}

ALWAYS_INLINE char *put_bool(char *at, const char *name, bool value)
{
	return json_copy(put_name(at, name), value ? "true, " : "false, ", 7 - value);
}

ALWAYS_INLINE char *put_u64(char *at, const char *name, u64 value)
{
	return put_separator(write_number(put_name(at, name), value));
}

ALWAYS_INLINE char *put_s64(char *at, const char *name, s64 value)
{
	return put_separator(write_signed(put_name(at, name), value));
}

ALWAYS_INLINE char *put_ms(char *at, const char *name, u64 ns)
{
	return put_separator(write_ms(put_name(at, name), (s64)ns));
}

ALWAYS_INLINE char *put_seconds(char *at, const char *name, s64 ns)
{
	return put_separator(write_seconds(put_name(at, name), ns));
}

/* The same, or null where the value is not known. */
ALWAYS_INLINE char *put_known_u64(char *at, const char *name, bool known, u64 value)
{
	return known ? put_u64(at, name, value) : put_null(at, name);
}

ALWAYS_INLINE char *put_known_ms(char *at, const char *name, bool known, u64 ns)
{
	return known ? put_ms(at, name, ns) : put_null(at, name);
}

ALWAYS_INLINE char *put_known_bool(char *at, const char *name, bool known, bool value)
{
	return known ? put_bool(at, name, value) : put_null(at, name);
}

/* The marks around a text: put_quote(), the text, put_unquote(). */
ALWAYS_INLINE char *put_quote(char *at, const char *name)
{
	at = put_name(at, name);
	*at++ = '"';
	return at;
}

ALWAYS_INLINE char *put_unquote(char *at)
{
	return json_copy(at, "\", ", 3);
}

ALWAYS_INLINE char *put_text(char *at, const char *name, const char *text, size_t length)
{
	return put_unquote(json_copy(put_quote(at, name), text, length));
}

/* NULL is written as null. */
ALWAYS_INLINE char *put_word(char *at, const char *name, const char *value)
{
	return value ? put_text(at, name, value, strlen(value)) : put_null(at, name);
}

ALWAYS_INLINE char *put_address(char *at, const char *name, const union address *a)
{
	return put_unquote(write_address(put_quote(at, name), a));
}

/* ns since the epoch. */
ALWAYS_INLINE char *put_time(char *at, const char *name, s64 ns)
{
	return put_unquote(write_rfc3339(put_quote(at, name), ns));
}

ALWAYS_INLINE char *put_object(char *at, const char *name)
{
	at = put_name(at, name);
	*at++ = '{';
	return at;
}

/* Of an object; it may be empty. */
ALWAYS_INLINE char *put_end(char *at)
{
	at -= at[-1] == ' ' ? 2 : 0;
	return json_copy(at, "}, ", 3);
}

#endif
