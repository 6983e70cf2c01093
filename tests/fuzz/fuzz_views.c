// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames in sequence (frames.h) through a lane of `synscope replay`: engine, book, scans and floods, and one
 * of the views as text or as JSON. What is printed must be lines without a control character, and JSON lines
 * one object each.
 */
#include <stdio.h>

#include "arguments.h"
#include "frames.h"
#include "lane.h"
#include "message.h"
#include "output.h"
#include "summary.h"
#include "totals.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* The command line that the settings stand for. */
static void read_settings(struct arguments *a, u8 settings)
{
	static char *views[][3] = {{"timeline"},
				   {"timeline", "--json"},
				   {"timeline", "--segments"},
				   {"timeline", "--failed"},
				   {"timeline", "--json", "--segments"},
				   {"events"},
				   {"events", "--json"},
				   {"events", "--segments"},
				   {"events", "--json", "--segments"},
				   {"conns"},
				   {"conns", "--json"},
				   {"conns", "--failed"},
				   {"counters"},
				   {"counters", "--json"}};
	char *line[] = {"synscope", "replay", "x", "--max-connections", "8", "--view", NULL, NULL, NULL};
	char **view = views[settings % COUNT_OF(views)];
	int many = 6;

	for (u32 i = 0; i < COUNT_OF(views[0]) && view[i]; i++)
		line[many++] = view[i];
	if (arguments_parse(a, many, line) != EXIT_DONE)
		abort();
}

/* Where the string at a quotation mark ends: behind the closing one. NULL: nowhere in the line. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"' && *at != '\n'; at++)
		if (*at == '\\')
			at++;
	return *at == '"' ? at + 1 : NULL;
}

/* An object from brace to brace, with nothing behind it. */
static void check_object(const char *line)
{
	int depth = 0;

	if (*line != '{')
		abort();
	do {
		depth += (*line == '{' || *line == '[') - (*line == '}' || *line == ']');
		line = *line == '"' ? skip_string(line) : line + 1;
		if (!line || *line == '\n')
			break;
	} while (depth);
	if (!line || depth || *line != '\n')
		abort();
}

static void check_text(const char *text, size_t size, bool json)
{
	const char *line = text;

	for (size_t i = 0; i < size; i++) {
		if ((u8)text[i] < ' ' && text[i] != '\n')
			abort();
		if (text[i] != '\n')
			continue;
		if (json)
			check_object(line);
		line = text + i + 1;
	}
	if (line != text + size)
		abort();
}

static void play(struct lane *l, struct frames *f, struct output *o)
{
	struct fuzzed_frame frame;
	struct totals t;

	while (frames_next(f, &frame)) {
		lane_advance(l, f->now);
		book_advance(&l->book, f->now);
		engine_frame(&l->native, f->now, frame.data, frame.captured, frame.length);
		free(frame.data);
	}
	lane_finish_floods(l, f->now);
	book_finish(&l->book, f->now);
	book_finish_scans(&l->book);
	if (lane_totals(l, f->now, &t))
		abort();
	if (o->view->counters)
		o->view->counters(o->file, &o->options, &l->interface, &t);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct summary summary;
	struct frames frames = {.now = 1000000000000ULL};
	struct lane *l = malloc(sizeof(*l));
	struct output output = {.name = "memory"};
	struct arguments a;
	char *text;
	size_t length;

	if (!size || !l) {
		free(l);
		return 0;
	}
	frames.at = data + 1;
	frames.left = size - 1;
	verbosity = -1;
	read_settings(&a, *data);
	output.file = open_memstream(&text, &length);
	output.view = a.view;
	output.options = a.view_options;
	output.options.width = 80;
	memset(&summary, 0, sizeof(summary));
	if (!output.file || lane_open(l, &a, "x", 0, frames.now, &output, &summary))
		abort();
	play(l, &frames, &output);
	lane_close(l);
	fclose(output.file);
	check_text(text, length, a.view_options.json);
	free(text);
	free(l);
	arguments_free(&a);
	return 0;
}
