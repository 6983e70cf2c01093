// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope tail [IFACE...]`: the backlog of what attach left running, then live. */
#include "capabilities.h"
#include "commands.h"
#include "ending.h"
#include "pinned.h"
#include "watch.h"

int command_tail(const struct arguments *a)
{
	struct instrument *instruments;
	struct output output;
	int count, status = EXIT_FAILED;

	ending_watch_signals();
	count = pinned_open(&instruments, a);
	if (count < 0)
		return EXIT_FAILED;
	/* Only now: what is in the file already goes when it is opened. */
	if (!output_open(&output, a)) {
		capabilities_drop();
		status = watch(a, &output, instruments, count, true);
	}
	pinned_close(instruments, count);
	return status;
}
