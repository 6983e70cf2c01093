/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, written as it comes: no tree is built. The writer knows where commas go and escapes strings;
 * it does not check that the calls make sense. `name` is NULL for an element of an array.
 */
#ifndef SYNSCOPE_JSON_H
#define SYNSCOPE_JSON_H

#include <stdio.h>

#include "json_fields.h"

/* What a run of fields takes at most. */
enum { JSON_ROOM = 2048 };

struct json {
	FILE *out;
	bool comma; /* one is due before the next element */
	u32 depth;  /* of objects and arrays */
	u32 used;   /* bytes of text: they go to `out` when the outermost object ends */
	char text[2 * JSON_ROOM];
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

/* Room for a run of fields in the object that is open: where the first one is to be put. */
ALWAYS_INLINE char *json_room(struct json *j)
{
	char *at;

	if (JSON_ROOM > sizeof(j->text) - j->used)
		json_flush(j);
	at = j->text + j->used;
	return j->comma ? put_separator(at) : at;
}

/* The text ends here; `comma`: one is due before what comes next. */
ALWAYS_INLINE void json_end_at(struct json *j, const char *at, bool comma)
{
	j->used = (u32)(at - j->text);
	j->comma = comma;
}

/* The run ends here, behind its last separator. */
ALWAYS_INLINE void json_used(struct json *j, const char *at)
{
	json_end_at(j, at - 2, true);
}

/* After the outermost object: one object a line. */
void json_end_line(struct json *j);

void json_end_object(struct json *j);
void json_end_array(struct json *j);

ALWAYS_INLINE void json_open(struct json *j, const char *name, char bracket)
{
	char *at = put_name(json_room(j), name);

	*at++ = bracket;
	json_end_at(j, at, false);
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
	json_used(j, put_null(json_room(j), name));
}

ALWAYS_INLINE void json_bool(struct json *j, const char *name, bool value)
{
	json_used(j, put_bool(json_room(j), name, value));
}

/* Any text; NULL is written as null. */
void json_string(struct json *j, const char *name, const char *value);

/* A word of the program's own, shorter than half of JSON_ROOM: nothing to escape. NULL is written as null. */
ALWAYS_INLINE void json_word(struct json *j, const char *name, const char *value)
{
	json_used(j, put_word(json_room(j), name, value));
}

ALWAYS_INLINE void json_u64(struct json *j, const char *name, u64 value)
{
	json_used(j, put_u64(json_room(j), name, value));
}

/* A number of milliseconds from nanoseconds. */
ALWAYS_INLINE void json_ms(struct json *j, const char *name, u64 ns)
{
	json_used(j, put_ms(json_room(j), name, ns));
}

ALWAYS_INLINE void json_address(struct json *j, const char *name, const union address *a)
{
	json_used(j, put_address(json_room(j), name, a));
}

/* ns since the epoch. */
ALWAYS_INLINE void json_time(struct json *j, const char *name, s64 ns)
{
	json_used(j, put_time(json_room(j), name, ns));
}

/* A part of a whole as a number from 0 to 1, with six decimals; null where there is no whole. */
void json_share(struct json *j, const char *name, u64 part, u64 whole);

#endif
