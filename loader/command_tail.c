// SPDX-License-Identifier: GPL-2.0-only
/* `synscope tail [IFACE...]`: the backlog of what attach left running, then live. */
#include "capabilities.h"
#include "commands.h"
#include "pinned.h"
#include "watch.h"

int command_tail(const struct arguments *a)
{
	struct instrument *instruments;
	int count, status;

	watch_block_signals();
	count = pinned_open(&instruments, a, true);
	if (count < 0)
		return EXIT_FAILED;
	capabilities_drop();
	status = watch(a, instruments, count, true);
	pinned_close(instruments, count);
	return status;
}
