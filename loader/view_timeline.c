// SPDX-License-Identifier: GPL-2.0-only
#include "view.h"

#include "json_record.h"

static void print_json(FILE *out, const struct record *r)
{
	struct json j = {.out = out};

	json_object(&j, NULL);
	json_connection(&j, r);
	json_array(&j, "steps");
	json_steps(&j, r);
	json_end_array(&j);
	json_u64(&j, "steps_omitted", steps_omitted(r));
	json_end_object(&j);
	json_end_line(&j);
}

static unsigned show_final(FILE *out, const struct view_options *o, const struct record *r)
{
	if (!record_is_wanted(o, r))
		return 0;
	if (o->json)
		print_json(out, r);
	return 1;
}

const struct view view_timeline = {
	.name = "timeline",
	.wants_steps = true,
	.final = show_final,
};
