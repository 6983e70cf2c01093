// SPDX-License-Identifier: GPL-2.0-or-later
#include "capabilities.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "message.h"
#include "printable.h"

/* A capability, and the older one that includes it. */
static const struct right {
	cap_value_t capability, instead;
	const char *name;
} rights[] = {
	{CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF"},
	{CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON"},
	{CAP_NET_ADMIN, CAP_NET_ADMIN, "CAP_NET_ADMIN"},
};

enum { RIGHTS = sizeof(rights) / sizeof(rights[0]) };

static bool keep_net_admin;

static bool has(cap_t state, cap_flag_t set, cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;

	return !cap_get_flag(state, capability, set, &value) && value == CAP_SET;
}

/* Granted with setcap +p only, a capability is there and sleeps. */
static void wake_permitted(cap_t state)
{
	for (int i = 0; i < RIGHTS; i++) {
		const cap_value_t pair[] = {rights[i].capability, rights[i].instead};

		for (int n = 0; n < 2; n++)
			if (has(state, CAP_PERMITTED, pair[n]))
				cap_set_flag(state, CAP_EFFECTIVE, 1, &pair[n], CAP_SET);
	}
	cap_set_proc(state);
}

const char *capabilities_grant(void)
{
	static char command[PATH_MAX + 80];
	char program[PATH_MAX] = "synscope"; /* where there is no /proc */
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length > 0)
		program[length] = 0;
	make_printable(program);
	snprintf(command, sizeof(command), "sudo setcap cap_bpf,cap_perfmon,cap_net_admin+ep %s", program);
	return command;
}

bool capabilities_missing(char *missing, size_t size)
{
	cap_t state = cap_get_proc();
	size_t used = 0;

	*missing = 0;
	if (!state)
		return true;
	wake_permitted(state);
	for (int i = 0; i < RIGHTS; i++)
		if (!has(state, CAP_EFFECTIVE, rights[i].capability) &&
		    !has(state, CAP_EFFECTIVE, rights[i].instead) && used < size)
			used += (size_t)snprintf(missing + used, size - used, "%s%s", used ? ", " : "",
						 rights[i].name);
	cap_free(state);
	return !used;
}

bool capabilities_in_user_namespace(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned inside = 0, outside = 0, count = 0;
	int fields;

	if (!f)
		return false;
	fields = fscanf(f, "%u %u %u", &inside, &outside, &count);
	fclose(f);
	return fields == 3 && (inside || outside || count != 4294967295u);
}

int capabilities_require(const char *what)
{
	char missing[128];

	if (!capabilities_missing(missing, sizeof(missing)))
		return say_error("%s: %s missing: run it as root, or grant: %s", what, missing,
				 capabilities_grant());
	return 0;
}

void capabilities_keep_net_admin(void)
{
	keep_net_admin = true;
}

/*
 * Before 5.19 a kernel whose sysctl kernel.unprivileged_bpf_disabled is set refuses every bpf(2) call
 * without CAP_BPF, reading a map through an open descriptor included. A call that must fail tells how.
 */
static bool reading_needs_bpf(void)
{
	int key = 0;
	long value;

	return bpf_map_lookup_elem(-1, &key, &value) && errno == EPERM;
}

static void keep(cap_t state, cap_t before, cap_value_t capability)
{
	if (!has(before, CAP_PERMITTED, capability))
		return;
	cap_set_flag(state, CAP_PERMITTED, 1, &capability, CAP_SET);
	cap_set_flag(state, CAP_EFFECTIVE, 1, &capability, CAP_SET);
}

void capabilities_drop(void)
{
	cap_t before = cap_get_proc(), asleep = cap_get_proc(), after = cap_init();

	if (before && asleep && after) {
		cap_clear_flag(asleep, CAP_EFFECTIVE);
		cap_set_proc(asleep);
		if (reading_needs_bpf()) {
			keep(after, before, CAP_BPF);
			keep(after, before, CAP_SYS_ADMIN);
		}
		if (keep_net_admin)
			keep(after, before, CAP_NET_ADMIN);
		if (cap_set_proc(after))
			say_verbose("capabilities: not dropped: %s", strerror(errno));
		/* And no execve() gives them back, to root neither. */
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	}
	cap_free(before);
	cap_free(asleep);
	cap_free(after);
}
