// SPDX-License-Identifier: GPL-2.0-or-later
#include "paragraph.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "ladder.h"

static void add(struct paragraph *p, const char *format, va_list arguments)
{
	size_t room = sizeof(p->text) - p->length;
	int wanted = vsnprintf(p->text + p->length, room, format, arguments);

	if (wanted > 0)
		p->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
}

void paragraph_add(struct paragraph *p, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(p, format, arguments);
	va_end(arguments);
}

void paragraph_item(struct paragraph *p, const char *format, ...)
{
	va_list arguments;

	if (p->length)
		paragraph_add(p, ", ");
	va_start(arguments, format);
	add(p, format, arguments);
	va_end(arguments);
}

static bool may_break(const char *text, size_t i, enum line_break at)
{
	return !text[i] || (text[i] == ' ' && (at == BREAK_WORDS || (i && text[i - 1] == ',')));
}

/* Bytes of the longest run of whole words that fits; one word that is too long is taken whole. */
static size_t fitting(const char *text, enum line_break at, unsigned columns)
{
	unsigned used = 0;
	size_t end = 0;

	for (size_t i = 0;; i++) {
		if (may_break(text, i, at)) {
			if (used > columns && end)
				return end;
			end = i;
		}
		if (!text[i])
			return end;
		used += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
}

const char *next_line(const char **text, enum line_break at, unsigned columns, char line[256])
{
	size_t length;

	*text += strspn(*text, " ");
	if (!**text)
		return NULL;
	length = fitting(*text, at, columns);
	snprintf(line, 256, "%.*s", (int)length, *text);
	*text += length;
	return line;
}

void paragraph_print(FILE *out, const struct paragraph *p, const char *mark, unsigned columns)
{
	unsigned indent = text_columns(mark);
	const char *rest = p->text, *line;
	char buffer[256];

	for (int i = 0; (line = next_line(&rest, BREAK_WORDS, columns - indent, buffer)); i++) {
		if (i)
			fprintf(out, "%*s%s\n", (int)indent, "", line);
		else
			fprintf(out, "%s%s\n", mark, line);
	}
}
