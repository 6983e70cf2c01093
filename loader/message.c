// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <stdarg.h>
#include <stdio.h>

#include "printable.h"

int verbosity = 1;

/*
 * One write for the whole line, so that lines of two processes do not mix; and one line, whatever is in the
 * name of a file.
 */
static void line(const char *format, va_list arguments)
{
	char text[4096];

	vsnprintf(text, sizeof(text), format, arguments);
	make_printable(text);
	fprintf(stderr, "synscope: %s\n", text);
}

int say_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	line(format, arguments);
	va_end(arguments);
	return -1;
}

void say(const char *format, ...)
{
	va_list arguments;

	if (verbosity < 1)
		return;
	va_start(arguments, format);
	line(format, arguments);
	va_end(arguments);
}

void say_verbose(const char *format, ...)
{
	va_list arguments;

	if (verbosity < 2)
		return;
	va_start(arguments, format);
	line(format, arguments);
	va_end(arguments);
}
