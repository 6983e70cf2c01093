// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Short connections: the client asks, the server answers and closes, the client closes. So many are
 * under way at a time, on many ports of the server, that no tuple is used twice in a run.
 */
#include "load.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { UNDER_WAY = 64, REQUEST = 100, ANSWER = 1000 };

struct client {
	struct pair *pair;
	int epoll;
	uint32_t started;
	uint32_t under_way;
};

static void begin_one(struct client *c)
{
	int s = begin_connect(c->pair, (uint16_t)(c->pair->port + c->started % PORTS_OF_A_PAIR));

	c->started++;
	c->under_way++;
	/* One edge when it is open, one for the answer, one for the end; two of them may come together. */
	add_to_epoll(c->epoll, s, EPOLLIN | EPOLLOUT | EPOLLET, (uint64_t)s);
}

static void end_one(struct client *c, int s, bool well)
{
	close(s);
	c->under_way--;
	if (well)
		c->pair->connections++;
	else
		c->pair->failed++;
}

/* True where the connection is over. */
static bool go_on(struct client *c, int s, uint32_t events)
{
	char buffer[4096] = {0};
	ssize_t n = 0;

	if (events & EPOLLERR) {
		end_one(c, s, false);
		return true;
	}
	if (events & EPOLLOUT && !(events & EPOLLIN))
		return send(s, buffer, REQUEST, 0) == REQUEST ? false : (end_one(c, s, false), true);
	while ((n = recv(s, buffer, sizeof(buffer), 0)) > 0)
		c->pair->bytes += (uint64_t)n;
	if (n < 0)
		return false;
	end_one(c, s, true);
	return true;
}

void *short_client(void *pair)
{
	struct client c = {.pair = pair, .epoll = make_epoll()};
	struct epoll_event events[BATCH];
	double begin, end;

	pthread_barrier_wait(&c.pair->listening);
	begin = now_seconds();
	end = begin + c.pair->load->amount;
	while (c.under_way < UNDER_WAY)
		begin_one(&c);
	while (c.under_way) {
		int n = epoll_wait(c.epoll, events, BATCH, 10000);

		if (n <= 0)
			break;
		for (int i = 0; i < n; i++)
			if (go_on(&c, (int)events[i].data.u64, events[i].events) && now_seconds() < end)
				begin_one(&c);
	}
	c.pair->failed += c.under_way;
	c.pair->seconds = now_seconds() - begin;
	c.pair->done = true;
	close(c.epoll);
	return NULL;
}

static void accept_all(int epoll, int listener)
{
	int s;

	while ((s = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		add_to_epoll(epoll, s, EPOLLIN, (uint64_t)s << 1);
}

static void answer(int s)
{
	static const char text[ANSWER];
	char request[REQUEST];

	if (recv(s, request, sizeof(request), 0) == REQUEST)
		(void)!send(s, text, sizeof(text), 0);
	close(s);
}

void *short_server(void *pair)
{
	struct pair *p = pair;
	struct epoll_event events[BATCH];
	int epoll = make_epoll();

	for (int i = 0; i < PORTS_OF_A_PAIR; i++) {
		int listener = listen_on(p, (uint16_t)(p->port + i));

		add_to_epoll(epoll, listener, EPOLLIN, (uint64_t)listener << 1 | 1);
	}
	pthread_barrier_wait(&p->listening);
	while (!p->done) {
		int n = epoll_wait(epoll, events, BATCH, 50);

		for (int i = 0; i < n; i++) {
			int s = (int)(events[i].data.u64 >> 1);

			if (events[i].data.u64 & 1)
				accept_all(epoll, s);
			else
				answer(s);
		}
	}
	close(epoll);
	return NULL;
}
