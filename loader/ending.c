// SPDX-License-Identifier: GPL-2.0-or-later
#include "ending.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "arithmetic.h"

static volatile sig_atomic_t asked, ticks;

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};

static void on_tick(int number)
{
	(void)number;
	ticks++;
	alarm(1);
}

static void on_ending(int number)
{
	asked = 1;
	on_tick(number);
}

/* Without SA_RESTART: what waits is interrupted. */
static void handle(int number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static bool is_ignored(int number)
{
	struct sigaction action;

	return !sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN;
}

void ending_watch_signals(void)
{
	handle(SIGALRM, on_tick);
	for (size_t i = 0; i < COUNT_OF(ending_signals); i++)
		if (ending_signals[i] != SIGHUP || !is_ignored(SIGHUP))
			handle(ending_signals[i], on_ending);
}

static void mask_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT_OF(ending_signals); i++)
		sigaddset(&set, ending_signals[i]);
	sigprocmask(how, &set, NULL);
}

void ending_hold_signals(void)
{
	mask_signals(SIG_BLOCK);
}

void ending_release_signals(void)
{
	mask_signals(SIG_UNBLOCK);
}

void ending_watch_time(u64 after)
{
	const u64 longest = 1 << 30;
	u64 seconds = after / NS_PER_SECOND + 1;

	alarm((unsigned)(seconds < longest ? seconds : longest));
}

bool ending_is_asked(void)
{
	return asked;
}

unsigned ending_ticks(void)
{
	return (unsigned)ticks;
}

bool ending_is_overdue(void)
{
	return ending_is_asked() && ending_ticks() >= ENDING_PATIENCE;
}
