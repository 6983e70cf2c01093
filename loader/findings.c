// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings.h"

#include <stdarg.h>

#include "printable.h"

static const char *const state_names[] = {"fine", "note", "lacking"};
static const char state_marks[] = {' ', '!', '-'};

struct finding *find(struct findings *f, const char *check, enum finding_state state, const char *format, ...)
{
	struct finding *one = &f->list[f->count];
	va_list arguments;

	if (f->count == FINDINGS_MAX)
		return NULL;
	f->count++;
	*one = (struct finding){.check = check, .state = state};
	va_start(arguments, format);
	vsnprintf(one->says, sizeof(one->says), format, arguments);
	va_end(arguments);
	make_printable(one->says);
	return one;
}

void mend(struct finding *one, const char *format, ...)
{
	va_list arguments;

	if (!one)
		return;
	va_start(arguments, format);
	vsnprintf(one->mend, sizeof(one->mend), format, arguments);
	va_end(arguments);
	make_printable(one->mend);
}

static void print_check(FILE *out, const struct finding *one)
{
	char name[32];

	snprintf(name, sizeof(name), "%s", one->check);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = ' ';
	fprintf(out, " %c %-13s %s\n", state_marks[one->state], name, one->says);
	if (*one->mend)
		fprintf(out, "                 > %s\n", one->mend);
}

void findings_print(FILE *out, const struct findings *f)
{
	for (unsigned n = 0; n < f->count; n++)
		print_check(out, &f->list[n]);
}

void findings_json(struct json *j, const struct findings *f)
{
	json_array(j, "checks");
	for (unsigned n = 0; n < f->count; n++) {
		const struct finding *one = &f->list[n];

		json_object(j, NULL);
		json_string(j, "check", one->check);
		json_string(j, "state", state_names[one->state]);
		json_string(j, "says", one->says);
		json_string(j, "mend", *one->mend ? one->mend : NULL);
		json_end_object(j);
	}
	json_end_array(j);
}
