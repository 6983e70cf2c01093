// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope detach IFACE...` or `--all`: takes off what `attach` left running. */
#include "commands.h"
#include "instrument.h"

int command_detach(const struct arguments *a)
{
	int failed = 0;

	if (a->all)
		failed = instrument_detach_pinned(a->bpffs, NULL);
	for (int i = 0; i < a->operand_count; i++)
		failed |= instrument_detach_pinned(a->bpffs, a->operands[i]);
	return failed ? EXIT_FAILED : EXIT_DONE;
}
