/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, written as it comes: no tree is built. The writer knows where commas go and escapes strings;
 * it does not check that the calls make sense. `name` is NULL for an element of an array.
 *
 * What writes a field is inline, since most of a line is names that the compiler knows: so they are
 * copied as words, without looking for their ends.
 */
#ifndef SYNSCOPE_JSON_H
#define SYNSCOPE_JSON_H

#include <stdio.h>
#include <string.h>

#include "format.h"
#include "platform.h"

/* What the marks around a name, and a value without a length of its own, take at most. */
enum { JSON_FIELD_MAX = 80 };

struct json {
	FILE *out;
	bool comma; /* one is due before the next element */
	u32 depth;  /* of objects and arrays */
	u32 used;   /* bytes of text: they go to `out` when the outermost object ends */
	char text[4096];
};

/* Writes to `out`. (An initializer would clear the text too, for each line anew.) */
ALWAYS_INLINE void json_to(struct json *j, FILE *out)
{
	j->out = out;
	j->comma = false;
	j->depth = 0;
	j->used = 0;
}

/* Hands the text to `out`. */
void json_flush(struct json *j);

/* Behind the copy. Inline, a length that is known becomes a store or two. */
ALWAYS_INLINE char *json_copy(char *at, const char *text, size_t length)
{
	memcpy(at, text, length);
	return at + length;
}

/* The comma and the name in front of a value, and room for the value. Names are the program's own:
 * nothing to escape. Where the value is to be written; json_end() behind it. */
ALWAYS_INLINE char *json_begin(struct json *j, const char *name)
{
	size_t length = name ? strlen(name) : 0;
	char *at;

	if (length + JSON_FIELD_MAX > sizeof(j->text) - j->used)
		json_flush(j);
	at = j->text + j->used;
	json_copy(at, ", ", 2);
	at += 2 * j->comma;
	j->comma = true;
	if (!name)
		return at;
	*at++ = '"';
	at = json_copy(at, name, length);
	return json_copy(at, "\": ", 3);
}

ALWAYS_INLINE void json_end(struct json *j, const char *at)
{
	j->used = (u32)(at - j->text);
}

/* After the outermost object: one object a line. */
void json_end_line(struct json *j);

void json_end_object(struct json *j);
void json_end_array(struct json *j);

ALWAYS_INLINE void json_open(struct json *j, const char *name, char bracket)
{
	char *at = json_begin(j, name);

	*at++ = bracket;
	json_end(j, at);
	j->comma = false;
	j->depth++;
}

ALWAYS_INLINE void json_object(struct json *j, const char *name)
{
	json_open(j, name, '{');
}

ALWAYS_INLINE void json_array(struct json *j, const char *name)
{
	json_open(j, name, '[');
}

ALWAYS_INLINE void json_null(struct json *j, const char *name)
{
	json_end(j, json_copy(json_begin(j, name), "null", 4));
}

ALWAYS_INLINE void json_bool(struct json *j, const char *name, bool value)
{
	json_end(j, json_copy(json_begin(j, name), value ? "true" : "false", 5 - value));
}

/* Any text; NULL is written as null. */
void json_string(struct json *j, const char *name, const char *value);

/* A word of the program's own, shorter than JSON_FIELD_MAX: nothing to escape. NULL is written as null. */
ALWAYS_INLINE void json_word(struct json *j, const char *name, const char *value)
{
	char *at;

	if (!value) {
		json_null(j, name);
		return;
	}
	at = json_begin(j, name);
	*at++ = '"';
	at = json_copy(at, value, strlen(value));
	*at++ = '"';
	json_end(j, at);
}

ALWAYS_INLINE void json_u64(struct json *j, const char *name, u64 value)
{
	json_end(j, write_number(json_begin(j, name), value));
}

ALWAYS_INLINE void json_s64(struct json *j, const char *name, s64 value)
{
	json_end(j, write_signed(json_begin(j, name), value));
}

/* A number of milliseconds from nanoseconds, and one of seconds. */
ALWAYS_INLINE void json_ms(struct json *j, const char *name, u64 ns)
{
	json_end(j, write_ms(json_begin(j, name), (s64)ns));
}

ALWAYS_INLINE void json_seconds(struct json *j, const char *name, s64 ns)
{
	json_end(j, write_seconds(json_begin(j, name), ns));
}

ALWAYS_INLINE void json_address(struct json *j, const char *name, const union address *a)
{
	char *at = json_begin(j, name);

	*at++ = '"';
	at = write_address(at, a);
	*at++ = '"';
	json_end(j, at);
}

/* ns since the epoch. */
ALWAYS_INLINE void json_time(struct json *j, const char *name, s64 ns)
{
	char *at = json_begin(j, name);

	*at++ = '"';
	at = write_rfc3339(at, ns);
	*at++ = '"';
	json_end(j, at);
}

/* A part of a whole as a number from 0 to 1, with six decimals; null where there is no whole. */
void json_share(struct json *j, const char *name, u64 part, u64 whole);

#endif
