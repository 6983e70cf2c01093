/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that are put together piece by piece, then printed with line breaks between them. */
#ifndef SYNSCOPE_PARAGRAPH_H
#define SYNSCOPE_PARAGRAPH_H

#include <stdio.h>

struct paragraph {
	char text[1024]; /* what does not fit is left out */
	size_t length;
};

__attribute__((format(printf, 2, 3))) void paragraph_add(struct paragraph *p, const char *format, ...);

/* Like paragraph_add(), with ", " before it unless it is the first. */
__attribute__((format(printf, 2, 3))) void paragraph_item(struct paragraph *p, const char *format, ...);

/* Where a line may end: at any blank, or only between items. */
enum line_break { BREAK_WORDS, BREAK_ITEMS };

/* The next line of at most `columns`, taken off the front of *text; NULL where nothing is left. */
const char *next_line(const char **text, enum line_break at, unsigned columns, char line[256]);

/* `mark` before the first line, as many blanks before the others. */
void paragraph_print(FILE *out, const struct paragraph *p, const char *mark, unsigned columns);

#endif
