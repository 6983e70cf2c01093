// SPDX-License-Identifier: GPL-2.0-or-later
/* One connection, as fast as it goes, in one direction; the reader counts. */
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 128 << 10 };

static void wait_for(int s, short what)
{
	struct pollfd p = {.fd = s, .events = what};

	poll(&p, 1, 1000);
}

static void send_until(struct pair *p, int s, double end)
{
	char *piece = calloc(1, PIECE);

	if (!piece)
		fail("memory");
	while (!p->done && now_seconds() < end)
		if (send(s, piece, PIECE, 0) < 0) {
			if (errno != EAGAIN)
				break;
			wait_for(s, POLLOUT);
		}
	shutdown(s, SHUT_WR);
	free(piece);
}

static void receive_all(struct pair *p, int s)
{
	char *piece = malloc(PIECE);
	double begin = now_seconds();
	ssize_t n;

	if (!piece)
		fail("memory");
	while ((n = recv(s, piece, PIECE, 0)) != 0) {
		if (n > 0)
			p->bytes += (uint64_t)n;
		else if (errno == EAGAIN)
			wait_for(s, POLLIN);
		else
			break;
	}
	p->seconds = now_seconds() - begin;
	free(piece);
}

static void transfer(struct pair *p, int s, bool sends)
{
	if (sends)
		send_until(p, s, now_seconds() + p->load->amount);
	else
		receive_all(p, s);
	close(s);
}

void *bulk_client(void *pair)
{
	struct pair *p = pair;
	int s;

	pthread_barrier_wait(&p->listening);
	s = begin_connect(p, p->port);
	wait_for(s, POLLOUT);
	p->connections = 1;
	transfer(p, s, !p->load->download);
	return NULL;
}

void *bulk_server(void *pair)
{
	struct pair *p = pair;
	int listener = listen_on(p, p->port), s;

	pthread_barrier_wait(&p->listening);
	wait_for(listener, POLLIN);
	s = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s < 0)
		fail("accept");
	transfer(p, s, p->load->download);
	close(listener);
	return NULL;
}
