// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ending.h"
#include "floods.h"
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

static void note_failure(struct output *o)
{
	if (errno == EPIPE) {
		o->closed = true;
		return;
	}
	o->failed = true;
	say_error("%s: %s", o->name,
		  errno == ETIMEDOUT ? "nobody reads it: the rest is lost" : strerror(errno));
}

/* Whether to go on after a write that failed: it was interrupted, or would have had to wait. */
static bool may_try_again(const struct output *o, unsigned since)
{
	struct pollfd reader = {.fd = o->fd, .events = POLLOUT};

	if (errno == EAGAIN)
		poll(&reader, 1, -1);
	else if (errno != EINTR)
		return false;
	errno = ETIMEDOUT;
	return ending_ticks() - since < ENDING_PATIENCE;
}

/* In place of stdio's own: that takes an interrupted write for one that failed, and forgets the rest. */
static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
	struct output *o = cookie;
	unsigned since = ending_ticks();
	size_t done = 0;

	while (done < size && !o->closed && !o->failed) {
		ssize_t n = write(o->fd, bytes + done, size - done);

		if (n >= 0) {
			done += (size_t)n;
			since = ending_ticks();
		} else if (!may_try_again(o, since)) {
			note_failure(o);
		}
	}
	return (ssize_t)done;
}

static int close_file(void *cookie)
{
	struct output *o = cookie;

	if (o->fd != STDOUT_FILENO && close(o->fd) && !o->closed && !o->failed)
		note_failure(o);
	return 0;
}

static int open_file(struct output *o, const char *path)
{
	const cookie_io_functions_t functions = {.write = write_all, .close = close_file};

	o->name = path ? path : "standard output";
	o->fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO;
	if (o->fd >= 0)
		o->file = fopencookie(o, "w", functions);
	return o->file ? 0 : say_error("%s: %s", o->name, strerror(errno));
}

int output_open(struct output *o, const struct arguments *a)
{
	static char buffer[WRITE_AT_ONCE];

	memset(o, 0, sizeof(*o));
	if (open_file(o, a->output))
		return -1;
	__fsetlocking(o->file, FSETLOCKING_BYCALLER); /* one thread writes */
	if (!isatty(o->fd))
		setvbuf(o->file, buffer, _IOFBF, sizeof(buffer));
	o->view = a->view;
	o->options = a->view_options;
	o->options.color = wants_color(a, o->fd);
	o->options.width = columns(o->fd);
	o->options.segments = a->config.segments;
	o->options.live = isatty(o->fd) ? &o->live : NULL;
	o->limit = a->count;
	o->closed = is_closed(o->fd);
	return 0;
}

void output_flush(struct output *o)
{
	fflush(o->file);
}

void output_end_line(struct output *o)
{
	if (o->live.scanner)
		putc('\n', o->file);
	o->live.scanner = NULL;
}

int output_close(struct output *o)
{
	output_end_line(o);
	fclose(o->file);
	return o->failed ? EXIT_FAILED : EXIT_DONE;
}

void output_floods(struct output *o, const struct interface *i, const struct flood *floods, u32 count)
{
	for (u32 n = 0; n < count && o->view->flood && !output_is_full(o); n++)
		o->units += o->view->flood(o->file, &o->options, i, &floods[n]);
}

bool output_is_full(const struct output *o)
{
	return o->closed || o->failed || (o->limit && o->units >= o->limit);
}
