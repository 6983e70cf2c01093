// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "packets_bed.h"
#include "packets_report.h"

/* bpf_attr.log_level: statistics alone. */
enum { LOG_STATISTICS = 4 };

struct cost {
	double instructions; /* that the verifier went through */
	double translated;   /* bytes */
	double jited;	     /* bytes */
	double milliseconds; /* with the maps */
};

static struct bpf_program *only_program(struct bpf_object *o, const char *name)
{
	struct bpf_program *p;

	bpf_object__for_each_program(p, o) bpf_program__set_autoload(p, !strcmp(bpf_program__name(p), name));
	return bpf_object__find_program_by_name(o, name);
}

static void read_sizes(const struct bpf_program *p, struct cost *c)
{
	struct bpf_prog_info info = {0};
	u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &length))
		return;
	c->translated = info.xlated_prog_len;
	c->jited = info.jited_prog_len;
}

static int load_once(const char *object, const char *program, struct cost *c)
{
	struct bpf_object *o = bpf_object__open_file(object, NULL);
	struct bpf_program *p = o ? only_program(o, program) : NULL;
	static char log[1 << 16];
	const char *processed;
	double begin;

	if (!p)
		return say_error("%s: has no program %s", object, program);
	bpf_program__set_log_level(p, LOG_STATISTICS);
	bpf_program__set_log_buf(p, log, sizeof(log));
	begin = cpu_time();
	if (bpf_object__load(o)) {
		bpf_object__close(o);
		return say_error("%s: %s does not load", object, program);
	}
	c->milliseconds = (cpu_time() - begin) / 1e6;
	processed = strstr(log, "processed ");
	c->instructions = processed ? strtod(processed + strlen("processed "), NULL) : 0;
	read_sizes(p, c);
	bpf_object__close(o);
	return c->instructions > 0 ? 0 : say_error("%s: the verifier told no statistics", object);
}

static void print(const struct settings *s, const char *name, const char *what, const char *unit,
		  double value)
{
	char line[96];

	snprintf(line, sizeof(line), "%s %s", name, what);
	report_print(s, &(struct report){.name = line, .unit = unit, .value = value});
}

static int measure_program(const struct settings *s, const char *object, const char *name,
			   const char *program)
{
	double milliseconds[ROUNDS_MAX];
	struct cost c = {0};

	for (u32 r = 0; r < s->rounds; r++) {
		if (load_once(object, program, &c))
			return -1;
		milliseconds[r] = c.milliseconds;
	}
	print(s, name, "instructions", "verified", c.instructions);
	print(s, name, "translated", "bytes", c.translated);
	print(s, name, "jited", "bytes", c.jited);
	print(s, name, "time", "ms", median(milliseconds, s->rounds));
	return 0;
}

/* The compiler in the name of an object, which is synscope-COMPILER.bpf.o. */
static void compiler_of(const char *object, char *compiler, size_t size)
{
	char path[256];
	const char *base;

	snprintf(path, sizeof(path), "%s", object);
	base = basename(path);
	snprintf(compiler, size, "%.*s", (int)strcspn(base + strlen("synscope-"), "."),
		 base + strlen("synscope-"));
}

int measure_loading(const struct settings *s)
{
	static const char *const programs[] = {"synscope_xdp", "synscope_ingress", "synscope_egress"};
	int failed = 0;
	glob_t objects;

	if (glob(s->compiled, 0, NULL, &objects))
		return 0;
	for (size_t i = 0; i < objects.gl_pathc; i++)
		for (u32 p = 0; p < COUNT_OF(programs); p++) {
			char compiler[32], name[64];

			compiler_of(objects.gl_pathv[i], compiler, sizeof(compiler));
			snprintf(name, sizeof(name), "load %s %s", programs[p] + strlen("synscope_"),
				 compiler);
			if (settings_want(s, name, false) &&
			    measure_program(s, objects.gl_pathv[i], name, programs[p]))
				failed = -1;
		}
	globfree(&objects);
	return failed;
}
