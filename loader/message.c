// SPDX-License-Identifier: GPL-2.0-or-later
#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "printable.h"

int verbosity = 1;

static bool in_progress;

/*
 * One write for the whole line, so that lines of two processes do not mix; and one line, whatever is in the
 * name of a file.
 */
static void line(const char *format, va_list arguments)
{
	char text[4096];

	vsnprintf(text, sizeof(text), format, arguments);
	make_printable(text);
	end_progress();
	fprintf(stderr, "synscope: %s\n", text);
}

void end_progress(void)
{
	if (in_progress)
		fputs("\r\033[K", stderr);
	in_progress = false;
}

void say_progress(const char *format, ...)
{
	va_list arguments;

	if (verbosity < 1 || !isatty(STDERR_FILENO))
		return;
	in_progress = true;
	putc('\r', stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputs("\033[K", stderr);
}

int say_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	line(format, arguments);
	va_end(arguments);
	return -1;
}

const char *limit_advice(int error)
{
	return error == EMFILE || error == ENFILE ? "; raise the limit: ulimit -n" : "";
}

int say_no_room(unsigned connections, unsigned long long bytes, int error)
{
	return say_error("table of %u connections: needs %llu MiB: %s; give a smaller --max-connections",
			 connections, bytes >> 20, strerror(error));
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
