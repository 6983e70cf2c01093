/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kinds of load share. */
#ifndef SYNSCOPE_BENCH_LOAD_H
#define SYNSCOPE_BENCH_LOAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { FIRST_PORT = 8000, PORTS_OF_A_PAIR = 64, BATCH = 256 };

/* What was asked for. */
struct load {
	const char *client_namespace;
	const char *server_namespace;
	const char *address;
	double amount; /* seconds, or how many connections are held */
	bool download;
};

/* A client thread and a server thread that talk to each other alone. */
struct pair {
	const struct load *load;
	uint16_t port; /* the first one of the server */
	pthread_barrier_t listening;
	volatile bool done; /* the client wants no more */
	/* results */
	uint64_t connections;
	uint64_t failed;
	uint64_t bytes;
	double seconds;
};

double now_seconds(void);
void fail(const char *what) __attribute__((noreturn));
int make_epoll(void);
void add_to_epoll(int epoll, int fd, uint32_t events, uint64_t data);
int listen_on(const struct pair *p, uint16_t port);
/* A socket that is not connected yet. */
int begin_connect(const struct pair *p, uint16_t port);

void *short_client(void *pair);
void *short_server(void *pair);
void *bulk_client(void *pair);
void *bulk_server(void *pair);
void *held_client(void *pair);
void *held_server(void *pair);

#endif
