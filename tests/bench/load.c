// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic between two network namespaces, made by pairs of one client thread and one server thread:
 *
 *   load short     CLIENT SERVER ADDRESS SECONDS   connections: a request, an answer, a close
 *   load upload    CLIENT SERVER ADDRESS SECONDS   one connection a pair, as fast as it goes
 *   load download  CLIENT SERVER ADDRESS SECONDS
 *   load held      CLIENT SERVER ADDRESS COUNT     connections that stay open, in use: see load_held.c
 *   load echo      CLIENT SERVER ADDRESS 0         the other end of these, a process of its own: together
 *                                                  they could have too many files open
 *
 * CLIENT and SERVER are names of namespaces, ADDRESS the server's. The threads are on the CPUs that load
 * itself may use (taskset). What was done is printed as one JSON object.
 */
#include "load.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct kind {
	const char *name;
	void *(*client)(void *pair);
	void *(*server)(void *pair);
	bool download;
	bool alone; /* one of it, wherever the scheduler puts it */
};

static const struct kind kinds[] = {
	{"short", short_client, short_server, false, false},
	{"upload", bulk_client, bulk_server, false, false},
	{"download", bulk_client, bulk_server, true, false},
	{"held", held_client, NULL, false, true},
	{"echo", NULL, held_server, false, true},
};

double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void fail(const char *what)
{
	err(1, "load: %s", what);
}

int make_epoll(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		fail("epoll");
	return epoll;
}

void add_to_epoll(int epoll, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = {.events = events, .data.u64 = data};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e))
		fail("epoll");
}

static struct sockaddr_in address_of(const struct pair *p, uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, p->load->address, &a.sin_addr) != 1)
		errx(2, "load: %s: no IPv4 address", p->load->address);
	return a;
}

static int make_socket(void)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (s < 0)
		fail("socket");
	return s;
}

int listen_on(const struct pair *p, uint16_t port)
{
	struct sockaddr_in a = address_of(p, port);
	int s = make_socket(), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 4096))
		fail("listen");
	return s;
}

int begin_connect(const struct pair *p, uint16_t port)
{
	struct sockaddr_in a = address_of(p, port);
	int s = make_socket();

	if (connect(s, (struct sockaddr *)&a, sizeof(a)) && errno != EINPROGRESS)
		fail("connect");
	return s;
}

static void enter_namespace(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail(name);
	close(fd);
}

struct role {
	const char *name_space;
	void *(*run)(void *pair);
	struct pair *pair;
	int cpu; /* -1: any */
};

static void *play(void *context)
{
	const struct role *r = context;
	cpu_set_t set;

	enter_namespace(r->name_space);
	if (r->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((unsigned)r->cpu, &set);
		pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	}
	return r->run(r->pair);
}

static void allow_many_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		fail("limit of open files");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		fail("limit of open files");
}

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	errx(2, "load: %s: short, upload, download, held or echo", name);
}

static void print_sum(const struct pair *pairs, int count)
{
	struct pair sum = {0};

	for (int i = 0; i < count; i++) {
		sum.connections += pairs[i].connections;
		sum.failed += pairs[i].failed;
		sum.bytes += pairs[i].bytes;
		if (pairs[i].seconds > sum.seconds)
			sum.seconds = pairs[i].seconds;
	}
	printf("{\"connections\": %llu, \"failed\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n",
	       (unsigned long long)sum.connections, (unsigned long long)sum.failed,
	       (unsigned long long)sum.bytes, sum.seconds);
}

static void begin_role(struct role *r, pthread_t *thread)
{
	if (pthread_create(thread, NULL, play, r))
		fail("thread");
}

struct processors {
	int count;
	int each[CPU_SETSIZE];
};

static void find_processors(struct processors *p)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		fail("processors");
	p->count = 0;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((unsigned)i, &set))
			p->each[p->count++] = i;
}

/* A pair is on two processors of its own, where there are so many: whatever else runs, runs beside them. */
static void run_pairs(const struct kind *kind, const struct load *load, const struct processors *on)
{
	int count = kind->alone || on->count < 4 ? 1 : on->count / 2, n = 0;
	struct pair *pairs = calloc((size_t)count, sizeof(*pairs));
	struct role *roles = calloc((size_t)count * 2, sizeof(*roles));
	pthread_t *threads = calloc((size_t)count * 2, sizeof(*threads));

	if (!pairs || !roles || !threads)
		fail("memory");
	for (int i = 0; i < count; i++) {
		struct pair *p = &pairs[i];
		int cpu = kind->alone ? -1 : on->each[2 * i % on->count];
		int other = kind->alone ? -1 : on->each[(2 * i + 1) % on->count];

		p->load = load;
		p->port = (uint16_t)(FIRST_PORT + i * PORTS_OF_A_PAIR);
		pthread_barrier_init(&p->listening, NULL, kind->alone ? 1 : 2);
		if (kind->client)
			roles[n++] = (struct role){load->client_namespace, kind->client, p, cpu};
		if (kind->server)
			roles[n++] = (struct role){load->server_namespace, kind->server, p, other};
	}
	for (int i = 0; i < n; i++)
		begin_role(&roles[i], &threads[i]);
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	print_sum(pairs, count);
	free(pairs);
	free(roles);
	free(threads);
}

int main(int argc, char **argv)
{
	const struct kind *kind;
	struct processors processors;
	struct load load;

	if (argc != 6)
		errx(2, "usage: load short|upload|download|held|echo CLIENT SERVER ADDRESS SECONDS|COUNT");
	kind = kind_of(argv[1]);
	load = (struct load){argv[2], argv[3], argv[4], strtod(argv[5], NULL), kind->download};
	signal(SIGPIPE, SIG_IGN);
	allow_many_descriptors();
	find_processors(&processors);
	run_pairs(kind, &load, &processors);
	return 0;
}
