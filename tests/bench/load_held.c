// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connections that stay open and are in use: in turn, each sends a byte, which is answered by one.
 *
 * "ready" is printed when all are open. A line on standard input ends the sending: when all is answered,
 * a line for each connection says its client's port, the bytes that it sent and those it received, then
 * comes "end". The connections are open until standard input is closed; so is the other end's process.
 */
#include "load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Each connection has its turn every two seconds; connects go out in so small a batch that none waits. */
enum { TURNS_A_SECOND = 1000, SECONDS_FOR_ALL = 2, CONNECTS_AT_A_TIME = 64, PATIENCE = 60 };

struct held {
	int socket;
	uint32_t sent;
	uint32_t received;
};

struct client {
	struct pair *pair;
	struct held *all;
	uint32_t count;
	uint32_t next;
	uint64_t sent;
	uint64_t received;
	int epoll;
};

static void wait_until_open(int s)
{
	struct pollfd p = {.fd = s, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (poll(&p, 1, 10000) != 1 || getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size) || error)
		fail("connect");
}

static void open_all(struct client *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		c->all[i].socket = begin_connect(c->pair, c->pair->port);
		if (i >= CONNECTS_AT_A_TIME)
			wait_until_open(c->all[i - CONNECTS_AT_A_TIME].socket);
	}
	for (uint32_t i = 0; i < c->count; i++) {
		wait_until_open(c->all[i].socket);
		add_to_epoll(c->epoll, c->all[i].socket, EPOLLIN, i);
	}
}

static void send_in_turn(struct client *c)
{
	for (uint32_t i = 0; i <= c->count / (TURNS_A_SECOND * SECONDS_FOR_ALL); i++) {
		struct held *h = &c->all[c->next++ % c->count];

		if (send(h->socket, "", 1, 0) == 1) {
			h->sent++;
			c->sent++;
		}
	}
}

static void receive(struct client *c, int milliseconds)
{
	struct epoll_event events[BATCH];
	int n = epoll_wait(c->epoll, events, BATCH, milliseconds);
	char buffer[256];

	for (int i = 0; i < n; i++) {
		struct held *h = &c->all[events[i].data.u64];
		ssize_t got = recv(h->socket, buffer, sizeof(buffer), 0);

		if (got <= 0)
			fail("a held connection ended");
		h->received += (uint32_t)got;
		c->received += (uint64_t)got;
	}
}

static void say(const char *word)
{
	puts(word);
	fflush(stdout);
}

static bool is_told_to_stop(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void print_all(const struct client *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		struct sockaddr_in a = {0};
		socklen_t size = sizeof(a);

		getsockname(c->all[i].socket, (struct sockaddr *)&a, &size);
		printf("%u %u %u\n", ntohs(a.sin_port), c->all[i].sent, c->all[i].received);
	}
	say("end");
}

static void use_until_told(struct client *c)
{
	double turn = now_seconds();

	while (!is_told_to_stop()) {
		receive(c, 1);
		/* what was missed is not made up for: the point is not the rate */
		if (now_seconds() - turn < 1.0 / TURNS_A_SECOND)
			continue;
		turn = now_seconds();
		send_in_turn(c);
	}
}

static void close_all(struct client *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		close(c->all[i].socket);
	free(c->all);
	close(c->epoll);
}

void *held_client(void *pair)
{
	struct client c = {.pair = pair, .epoll = make_epoll()};
	double end;

	c.count = (uint32_t)c.pair->load->amount;
	c.all = calloc(c.count, sizeof(*c.all));
	if (!c.all || !c.count)
		fail("memory");
	open_all(&c);
	say("ready");
	use_until_told(&c);
	end = now_seconds() + PATIENCE;
	while (c.received < c.sent && now_seconds() < end)
		receive(&c, 10);
	print_all(&c);
	while (getchar() != EOF)
		continue;
	c.pair->connections = c.count;
	c.pair->bytes = c.sent + c.received;
	close_all(&c);
	return NULL;
}

static void accept_all(int epoll, int listener)
{
	int s;

	while ((s = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		add_to_epoll(epoll, s, EPOLLIN, (uint64_t)s);
}

static void echo(int s)
{
	char buffer[256];
	ssize_t n = recv(s, buffer, sizeof(buffer), 0);

	if (n <= 0)
		close(s);
	else
		(void)!send(s, buffer, (size_t)n, 0);
}

void *held_server(void *pair)
{
	struct pair *p = pair;
	struct epoll_event events[BATCH];
	int epoll = make_epoll(), listener = listen_on(p, p->port);
	bool stop = false;

	add_to_epoll(epoll, listener, EPOLLIN, (uint64_t)listener);
	add_to_epoll(epoll, STDIN_FILENO, EPOLLIN, STDIN_FILENO);
	say("ready");
	while (!stop) {
		int n = epoll_wait(epoll, events, BATCH, -1);

		for (int i = 0; i < n; i++) {
			int s = (int)events[i].data.u64;

			if (s == STDIN_FILENO)
				stop = true;
			else if (s == listener)
				accept_all(epoll, s);
			else
				echo(s);
		}
	}
	close(epoll);
	close(listener);
	return NULL;
}
