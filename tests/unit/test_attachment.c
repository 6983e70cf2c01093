// SPDX-License-Identifier: GPL-2.0-or-later
/* The attach ladder where it can't be seen from outside: tc on a kernel without TCX. Skipped without root. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <bpf/libbpf.h>

#include "attachment.h"
#include "capabilities.h"
#include "message.h"
#include "program.h"

static int own_namespace;

/* In the place of libc's, through which this program reads the kernel's answers; libbpf reads otherwise. */
static int deaf;

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	if (!deaf)
		return recvfrom(fd, buffer, size, flags, NULL, NULL);
	errno = ENOBUFS;
	return -1;
}

static int enter_namespace(void **state)
{
	char missing[128];

	(void)state;
	verbosity = 0;
	if (!capabilities_missing(missing, sizeof(missing)) || unshare(CLONE_NEWNET))
		return 0;
	own_namespace = !system("ip link set lo up && ip link add va type veth peer name vb && "
				"ip link set va up && ip link set vb up");
	return 0;
}

static struct attachment_plan plan_of(enum receive_mode mode)
{
	struct attachment_plan p = {.mode = mode, .egress = true, .no_tcx = true};

	assert_int_equal(link_find(&p.link, "va"), 0);
	return p;
}

static struct synscope_bpf *load(const struct attachment_plan *p)
{
	struct config config = {.buckets = 1, .ifindex = (u32)p->link.ifindex};
	struct synscope_bpf *s = program_load(&config, attachment_programs(p));

	assert_non_null(s);
	return s;
}

static void count(const char *name, u32 id, void *context)
{
	(void)name;
	(void)id;
	++*(int *)context;
}

static int filters(const struct link *l)
{
	int n = 0;

	clsact_each(l->ifindex, false, count, &n);
	clsact_each(l->ifindex, true, count, &n);
	return n;
}

static bool has_qdisc(void)
{
	return !system("tc qdisc show dev va | grep -q clsact");
}

static void attaches_by_filters_and_leaves_nothing(void **state)
{
	struct attachment_plan p;
	struct synscope_bpf *s;
	struct attachment a;

	(void)state;
	if (!own_namespace)
		skip();
	p = plan_of(MODE_TC);
	s = load(&p);
	assert_int_equal(attachment_make(&a, &p, s), 0);
	assert_string_equal(ingress_name(a.ingress.way), "tc");
	assert_string_equal(egress_name(a.egress.way), "clsact");
	assert_int_equal(filters(&p.link), 2);
	/* Another run finds them in use, and leaves them. */
	assert_int_equal(clsact_clear(p.link.ifindex, false), 0);
	attachment_undo(&a);
	assert_int_equal(filters(&p.link), 0);
	assert_false(has_qdisc());
	program_unload(s);
}

static void leave_filters(const struct attachment_plan *p, int expected)
{
	struct attachment a;

	if (!fork()) {
		struct synscope_bpf *s = load(p);

		_exit(attachment_make(&a, p, s) ? 1 : 0);
	}
	wait(NULL);
	assert_int_equal(filters(&p->link), expected);
}

static void clears_what_a_killed_run_left(void **state)
{
	struct attachment_plan p;

	(void)state;
	if (!own_namespace)
		skip();
	p = plan_of(MODE_AUTO);
	leave_filters(&p, 1);
	assert_int_equal(clsact_clear(p.link.ifindex, false), 1);
	assert_false(has_qdisc());
	p = plan_of(MODE_TC);
	leave_filters(&p, 2);
	assert_int_equal(clsact_clear(p.link.ifindex, false), 2);
	assert_int_equal(filters(&p.link), 0);
	assert_false(has_qdisc());
}

static void leaves_what_attach_left_and_others_made(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, foreign, .handle = 1, .priority = 7);
	struct attachment_plan p;
	struct synscope_bpf *s;

	(void)state;
	if (!own_namespace)
		skip();
	p = plan_of(MODE_TC);
	s = load(&p);
	hook.ifindex = p.link.ifindex;
	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	foreign.prog_fd = program_fd(s, PROGRAM_EGRESS);
	assert_int_equal(bpf_tc_attach(&hook, &foreign), 0);
	p.stays = true;
	leave_filters(&p, 3);
	assert_int_equal(clsact_clear(p.link.ifindex, false), 0);
	assert_int_equal(filters(&p.link), 3);
	assert_int_equal(clsact_clear(p.link.ifindex, true), 2);
	assert_int_equal(filters(&p.link), 1);
	assert_true(has_qdisc());
	program_unload(s);
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

static void leaves_the_qdisc_where_it_cannot_see_the_filters(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, foreign, .handle = 1, .priority = 7);
	struct attachment_plan p;
	struct synscope_bpf *s;
	struct attachment a;

	(void)state;
	if (!own_namespace)
		skip();
	p = plan_of(MODE_TC);
	s = load(&p);
	assert_int_equal(attachment_make(&a, &p, s), 0);
	hook.ifindex = p.link.ifindex;
	foreign.prog_fd = program_fd(s, PROGRAM_EGRESS);
	assert_int_equal(bpf_tc_attach(&hook, &foreign), 0);
	deaf = true;
	attachment_undo(&a);
	assert_int_equal(clsact_clear(p.link.ifindex, true), -1);
	deaf = false;
	assert_int_equal(filters(&p.link), 1);
	assert_true(has_qdisc());
	program_unload(s);
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

static void clears_nothing_where_there_are_more_filters_than_it_can_list(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_EGRESS);
	struct attachment_plan p;
	struct synscope_bpf *s;

	(void)state;
	if (!own_namespace)
		skip();
	p = plan_of(MODE_TC);
	s = load(&p);
	hook.ifindex = p.link.ifindex;
	assert_int_equal(bpf_tc_hook_create(&hook), 0);
	for (u32 n = 1; n <= 65; n++) {
		LIBBPF_OPTS(bpf_tc_opts, foreign, .handle = n, .priority = 1);

		foreign.prog_fd = program_fd(s, PROGRAM_EGRESS);
		assert_int_equal(bpf_tc_attach(&hook, &foreign), 0);
	}
	assert_int_equal(clsact_clear(p.link.ifindex, true), -1);
	program_unload(s);
	assert_int_equal(system("tc qdisc del dev va clsact"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attaches_by_filters_and_leaves_nothing),
		cmocka_unit_test(clears_what_a_killed_run_left),
		cmocka_unit_test(leaves_what_attach_left_and_others_made),
		cmocka_unit_test(leaves_the_qdisc_where_it_cannot_see_the_filters),
		cmocka_unit_test(clears_nothing_where_there_are_more_filters_than_it_can_list),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
