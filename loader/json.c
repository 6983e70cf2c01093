// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

#include <string.h>

#include "format.h"

static void flush(struct json *j)
{
	fwrite(j->text, 1, j->used, j->out);
	j->used = 0;
}

static void put(struct json *j, const char *text, size_t length)
{
	if (length > sizeof(j->text) - j->used)
		flush(j);
	if (length > sizeof(j->text)) {
		fwrite(text, 1, length, j->out);
		return;
	}
	memcpy(j->text + j->used, text, length);
	j->used += (u32)length;
}

static void put_text(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

static void put_character(struct json *j, char c)
{
	put(j, &c, 1);
}

static bool needs_escape(unsigned char c)
{
	return c == '"' || c == '\\' || c < 0x20 || c == 0x7f;
}

static void escape(struct json *j, unsigned char c)
{
	char text[8];

	snprintf(text, sizeof(text), c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
	put_text(j, text);
}

/* RFC 8259 section 7: quotes, backslashes and control characters. UTF-8 passes as it is. */
static void quote(struct json *j, const char *text)
{
	put_character(j, '"');
	while (*text) {
		size_t plain = 0;

		while (text[plain] && !needs_escape((unsigned char)text[plain]))
			plain++;
		put(j, text, plain);
		text += plain;
		if (*text)
			escape(j, (unsigned char)*text++);
	}
	put_character(j, '"');
}

/* The comma and the name in front of a value. Names are the program's own: nothing to escape. */
static void begin(struct json *j, const char *name)
{
	if (j->comma)
		put(j, ", ", 2);
	j->comma = true;
	if (!name)
		return;
	put_character(j, '"');
	put_text(j, name);
	put(j, "\": ", 3);
}

static void open_with(struct json *j, const char *name, char bracket)
{
	begin(j, name);
	put_character(j, bracket);
	j->comma = false;
	j->depth++;
}

static void close_with(struct json *j, char bracket)
{
	put_character(j, bracket);
	j->comma = true;
	if (!--j->depth)
		flush(j);
}

void json_object(struct json *j, const char *name)
{
	open_with(j, name, '{');
}

void json_array(struct json *j, const char *name)
{
	open_with(j, name, '[');
}

void json_end_object(struct json *j)
{
	close_with(j, '}');
}

void json_end_array(struct json *j)
{
	close_with(j, ']');
}

void json_end_line(struct json *j)
{
	put_character(j, '\n');
	flush(j);
	j->comma = false;
}

void json_string(struct json *j, const char *name, const char *value)
{
	begin(j, name);
	if (value)
		quote(j, value);
	else
		put(j, "null", 4);
}

void json_u64(struct json *j, const char *name, u64 value)
{
	char digits[DECIMAL_MAX] = "";

	begin(j, name);
	put(j, digits, (size_t)(write_decimal(digits, value, 1) - digits));
}

void json_s64(struct json *j, const char *name, s64 value)
{
	char digits[DECIMAL_MAX] = "";

	begin(j, name);
	if (value < 0)
		put_character(j, '-');
	put(j, digits, (size_t)(write_decimal(digits, value < 0 ? -(u64)value : (u64)value, 1) - digits));
}

void json_bool(struct json *j, const char *name, bool value)
{
	begin(j, name);
	put_text(j, value ? "true" : "false");
}

void json_null(struct json *j, const char *name)
{
	begin(j, name);
	put(j, "null", 4);
}

/* A number that is text already: "0.410000". */
static void json_number(struct json *j, const char *name, const char *digits)
{
	begin(j, name);
	put_text(j, digits);
}

void json_ms(struct json *j, const char *name, u64 ns)
{
	json_number(j, name, text_ms((s64)ns).text);
}

void json_seconds(struct json *j, const char *name, s64 ns)
{
	json_number(j, name, text_seconds(ns).text);
}

void json_share(struct json *j, const char *name, u64 part, u64 whole)
{
	char digits[32];

	if (!whole) {
		json_null(j, name);
		return;
	}
	snprintf(digits, sizeof(digits), "%.6f", (double)part / (double)whole);
	json_number(j, name, digits);
}
