// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "message.h"

enum { COLUMNS_DEFAULT = 80 };

/* Bytes written at a time at most: whole pages, of which a file system has to fill up none from before. */
enum { WRITE_AT_ONCE = 256 << 10 };

static bool wants_color(const struct arguments *a, int fd)
{
	const char *no_color = getenv("NO_COLOR");

	if (a->color != COLOR_AUTO)
		return a->color == COLOR_ALWAYS;
	return isatty(fd) && !(no_color && *no_color);
}

static unsigned columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col ? COLUMNS_DEFAULT : size.ws_col;
}

/* Standard output was closed when the program began: see main.c. */
static bool is_closed(int fd)
{
	return (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
}

int output_open(struct output *o, const struct arguments *a)
{
	static char buffer[WRITE_AT_ONCE];

	memset(o, 0, sizeof(*o));
	signal(SIGPIPE, SIG_IGN);
	o->name = a->output ? a->output : "standard output";
	o->file = a->output ? fopen(a->output, "we") : stdout;
	if (!o->file)
		return say_error("%s: %s", o->name, strerror(errno));
	__fsetlocking(o->file, FSETLOCKING_BYCALLER); /* one thread writes */
	if (!isatty(fileno(o->file)))
		setvbuf(o->file, buffer, _IOFBF, sizeof(buffer));
	o->view = a->view;
	o->options = a->view_options;
	o->options.color = wants_color(a, fileno(o->file));
	o->options.width = columns(fileno(o->file));
	o->options.segments = a->config.segments;
	o->options.live = isatty(fileno(o->file)) ? &o->live : NULL;
	o->limit = a->count;
	o->closed = is_closed(fileno(o->file));
	return 0;
}

static void note_failure(struct output *o)
{
	if (o->closed || o->failed)
		return;
	if (errno == EPIPE) {
		o->closed = true;
		return;
	}
	o->failed = true;
	say_error("%s: %s", o->name, strerror(errno));
}

void output_flush(struct output *o)
{
	errno = 0;
	if (fflush(o->file) || ferror(o->file))
		note_failure(o);
}

int output_close(struct output *o)
{
	if (o->live.scanner)
		putc('\n', o->file);
	output_flush(o);
	if (o->file != stdout && fclose(o->file))
		note_failure(o);
	return o->failed ? EXIT_FAILED : EXIT_DONE;
}

bool output_is_full(const struct output *o)
{
	return o->closed || o->failed || (o->limit && o->units >= o->limit);
}
