// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A flood of SYNs out of an interface of a network namespace, by XDP live frames (Linux 5.18), which reach
 * the other end of a veth pair without a socket or an skb:
 *
 *   flood NAMESPACE INTERFACE ADDRESS SECONDS OBJECT [THREADS]
 *
 * OBJECT is the compiled flood.bpf.c. The other end needs an XDP program of its own. The frames are
 * whole and their checksums right, but they go to a hardware address that nobody has: the host's stack
 * drops them at once, so that what bounds the rate is what looks at them before.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"

enum { TARGET_PORT = 80, RUNS = 1 << 16, THREADS_MAX = 64, LONGEST = 60 };

struct flood {
	int program;
	struct flood_frame frame;
	double end;
};

struct thread {
	const struct flood *flood;
	pthread_t thread;
	unsigned long long sent;
	int error;
};

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void enter_namespace(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "flood: %s", name);
	close(fd);
}

static struct flood_frame first_frame(const char *target)
{
	struct flood_frame f = {
		.to = {2, 0, 0, 0, 0xf1, 0x0d},
		.from = {2, 0, 0, 0, 0xf1, 0x0e},
		.ethertype = htons(0x0800),
		.version_and_length = 0x45,
		.total_length = htons(40),
		.hops = 64,
		.protocol = IPPROTO_TCP,
		.target_port = htons(TARGET_PORT),
		.offset_and_flags = htons(5 << 12 | 2),
		.window = htons(64240),
	};
	struct in_addr address;

	if (inet_pton(AF_INET, target, &address) != 1)
		errx(2, "flood: %s: no IPv4 address", target);
	f.target = address.s_addr;
	return f;
}

static __u32 add_words(const void *from, const void *end)
{
	__u32 sum = 0;
	__u16 word;

	for (const char *p = from; p < (const char *)end; p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += word;
	}
	return sum;
}

static void set_constants(struct bpf_object *object, const struct flood_frame *f, unsigned ifindex)
{
	const char *ip = (const char *)&f->version_and_length, *tcp = (const char *)&f->source_port;
	struct flood_constants c = {
		.ifindex = ifindex,
		.ip_sum = add_words(ip, tcp),
		.tcp_sum = add_words(tcp, f->padding) + add_words(&f->target, tcp) + htons(IPPROTO_TCP) +
			   htons(20),
	};

	if (bpf_map__set_initial_value(bpf_object__find_map_by_name(object, ".rodata"), &c, sizeof(c)))
		errx(1, "flood: the object's constants are others");
}

static int load_program(const char *path, const char *interface, const struct flood_frame *f)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	unsigned ifindex = if_nametoindex(interface);

	if (!ifindex)
		err(1, "flood: %s", interface);
	if (!object)
		err(1, "flood: %s", path);
	set_constants(object, f, ifindex);
	if (bpf_object__load(object))
		err(1, "flood: %s", path);
	return bpf_program__fd(bpf_object__find_program_by_name(object, "flood"));
}

static void *send_frames(void *context)
{
	struct thread *t = context;
	struct flood_frame frame = t->flood->frame;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = &frame, .data_size_in = sizeof(frame), .repeat = RUNS,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);

	while (now_seconds() < t->flood->end) {
		t->error = bpf_prog_test_run_opts(t->flood->program, &run);
		if (t->error)
			break;
		t->sent += RUNS;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct thread threads[THREADS_MAX] = {0};
	unsigned long long sent = 0;
	struct flood flood;
	double begin, seconds;
	long count;

	if (argc != 6 && argc != 7)
		errx(2, "usage: flood NAMESPACE INTERFACE ADDRESS SECONDS OBJECT [THREADS]");
	seconds = strtod(argv[4], NULL);
	count = argc == 7 ? strtol(argv[6], NULL, 10) : sysconf(_SC_NPROCESSORS_ONLN);
	if (seconds <= 0 || seconds > LONGEST || count < 1 || count > THREADS_MAX)
		errx(2, "flood: at most %d seconds and %d threads", LONGEST, THREADS_MAX);
	enter_namespace(argv[1]);
	flood.frame = first_frame(argv[3]);
	flood.program = load_program(argv[5], argv[2], &flood.frame);
	begin = now_seconds();
	flood.end = begin + seconds;
	for (long i = 0; i < count; i++) {
		threads[i].flood = &flood;
		if (pthread_create(&threads[i].thread, NULL, send_frames, &threads[i]))
			err(1, "flood: thread");
	}
	for (long i = 0; i < count; i++) {
		pthread_join(threads[i].thread, NULL);
		if (threads[i].error)
			errx(1, "flood: live frames: %s", strerror(-threads[i].error));
		sent += threads[i].sent;
	}
	printf("{\"sent\": %llu, \"seconds\": %.6f}\n", sent, now_seconds() - begin);
	return 0;
}
