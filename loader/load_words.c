// SPDX-License-Identifier: GPL-2.0-or-later
#include "load_words.h"

#include <stdio.h>
#include <string.h>

/* How libbpf frames the verifier's log. */
static const char log_begin[] = "-- BEGIN PROG LOAD LOG --", log_end[] = "-- END PROG LOAD LOG --";

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* What the verifier prints behind its reason: what it cost. */
static bool is_statistics(const char *line)
{
	return begins(line, "processed ") || begins(line, "verification time ") ||
	       begins(line, "stack depth ") || begins(line, log_end);
}

/* The last line of the log that is no statistics: there the verifier gave up. */
static void take_log(struct load_words *w, const char *log)
{
	size_t length;

	for (const char *line = strchr(log, '\n'); line; line = strchr(line, '\n')) {
		line++;
		length = strcspn(line, "\n");
		if (!length || is_statistics(line))
			continue;
		snprintf(w->text, sizeof(w->text), "%.*s", (int)length, line);
		w->verifier = true;
	}
}

/*
 * What follows from another failure: "failed to load object", "... BPF skeleton", "prog 'x': failed to load".
 */
static bool is_consequence(const char *warning)
{
	return strstr(warning, "failed to load");
}

void load_words_take(struct load_words *w, const char *warning)
{
	static const char prefix[] = "libbpf: ";
	const char *log = strstr(warning, log_begin);

	if (w->verifier)
		return;
	if (log) {
		take_log(w, log);
		return;
	}
	if (begins(warning, prefix))
		warning += strlen(prefix);
	if (*warning && *warning != '\n' && !is_consequence(warning))
		snprintf(w->text, sizeof(w->text), "%.*s", (int)strcspn(warning, "\n"), warning);
}
