// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

void json_flush(struct json *j)
{
	fwrite(j->text, 1, j->used, j->out);
	j->used = 0;
}

static void put(struct json *j, const char *text, size_t length)
{
	if (length > sizeof(j->text) - j->used)
		json_flush(j);
	if (length > sizeof(j->text)) {
		fwrite(text, 1, length, j->out);
		return;
	}
	memcpy(j->text + j->used, text, length);
	j->used += (u32)length;
}

static bool needs_escape(unsigned char c)
{
	return c == '"' || c == '\\' || c < 0x20 || c == 0x7f;
}

static void escape(struct json *j, unsigned char c)
{
	char text[8];

	snprintf(text, sizeof(text), c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
	put(j, text, strlen(text));
}

/* How much of a text goes on without anything to escape. */
static size_t plain_length(const char *text)
{
	size_t plain = 0;

	while (text[plain] && !needs_escape((unsigned char)text[plain]))
		plain++;
	return plain;
}

/* RFC 8259 section 7: quotes, backslashes and control characters. UTF-8 passes as it is. */
static void quote(struct json *j, const char *text)
{
	put(j, "\"", 1);
	while (*text) {
		size_t plain = plain_length(text);

		put(j, text, plain);
		text += plain;
		if (*text)
			escape(j, (unsigned char)*text++);
	}
	put(j, "\"", 1);
}

static void close_with(struct json *j, char bracket)
{
	put(j, &bracket, 1);
	j->comma = true;
	if (!--j->depth)
		json_flush(j);
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
	size_t plain = value ? plain_length(value) : 0;

	if (!value || (!value[plain] && plain < JSON_ROOM / 2)) {
		json_word(j, name, value); /* as nearly all are: short, and nothing to escape */
		return;
	}
	json_end_at(j, put_name(json_room(j), name), true);
	quote(j, value);
}

void json_share(struct json *j, const char *name, u64 part, u64 whole)
{
	char digits[32];

	if (!whole) {
		json_null(j, name);
		return;
	}
	snprintf(digits, sizeof(digits), "%.6f", (double)part / (double)whole);
	json_used(j, put_separator(stpcpy(put_name(json_room(j), name), digits)));
}
