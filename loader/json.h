/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON, written as it comes: no tree is built. The writer knows where commas go and escapes strings;
 * it does not check that the calls make sense. `name` is NULL for an element of an array.
 */
#ifndef SYNSCOPE_JSON_H
#define SYNSCOPE_JSON_H

#include <stdio.h>

#include "platform.h"

struct json {
	FILE *out;
	bool comma; /* one is due before the next element */
	u32 depth;  /* of objects and arrays */
	u32 used;   /* bytes of text: they go to `out` when the outermost object ends */
	char text[1024];
};

void json_object(struct json *j, const char *name);
void json_array(struct json *j, const char *name);
void json_end_object(struct json *j);
void json_end_array(struct json *j);

/* After the outermost object: one object a line. */
void json_end_line(struct json *j);

/* NULL is written as null. */
void json_string(struct json *j, const char *name, const char *value);
void json_u64(struct json *j, const char *name, u64 value);
void json_s64(struct json *j, const char *name, s64 value);
void json_bool(struct json *j, const char *name, bool value);
void json_null(struct json *j, const char *name);

/* A part of a whole as a number from 0 to 1, with six decimals; null where there is no whole. */
void json_share(struct json *j, const char *name, u64 part, u64 whole);

/* A number of milliseconds from nanoseconds, and one of seconds. */
void json_ms(struct json *j, const char *name, u64 ns);
void json_seconds(struct json *j, const char *name, s64 ns);

#endif
