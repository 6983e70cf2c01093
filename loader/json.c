// SPDX-License-Identifier: GPL-2.0-only
#include "json.h"

#include "format.h"

/* RFC 8259 section 7: quotes, backslashes and control characters. UTF-8 passes as it is. */
static void quote(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

/* The comma and the name in front of a value. */
static void begin(struct json *j, const char *name)
{
	if (j->comma)
		fputs(", ", j->out);
	j->comma = true;
	if (!name)
		return;
	quote(j->out, name);
	fputs(": ", j->out);
}

static void open_with(struct json *j, const char *name, char bracket)
{
	begin(j, name);
	putc(bracket, j->out);
	j->comma = false;
}

static void close_with(struct json *j, char bracket)
{
	putc(bracket, j->out);
	j->comma = true;
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
	putc('\n', j->out);
	j->comma = false;
}

void json_string(struct json *j, const char *name, const char *value)
{
	begin(j, name);
	if (value)
		quote(j->out, value);
	else
		fputs("null", j->out);
}

void json_u64(struct json *j, const char *name, u64 value)
{
	begin(j, name);
	fprintf(j->out, "%llu", (unsigned long long)value);
}

void json_s64(struct json *j, const char *name, s64 value)
{
	begin(j, name);
	fprintf(j->out, "%lld", (long long)value);
}

void json_bool(struct json *j, const char *name, bool value)
{
	begin(j, name);
	fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *name)
{
	begin(j, name);
	fputs("null", j->out);
}

/* A number that is text already: "0.410000". */
static void json_number(struct json *j, const char *name, const char *digits)
{
	begin(j, name);
	fputs(digits, j->out);
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
