// SPDX-License-Identifier: GPL-2.0-or-later
/* `synscope run IFACE...`: attach, watch, detach. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capabilities.h"
#include "commands.h"
#include "ending.h"
#include "instrument.h"
#include "message.h"
#include "output.h"
#include "service.h"
#include "watch.h"

static int open_all(struct instrument *instruments, const struct arguments *a)
{
	struct instrument_options o = {
		.mode = a->mode,
		.ingress_only = a->ingress_only,
		.max_connections = a->max_connections,
		.config = a->config,
	};
	int failed = 0;

	o.config.untold = a->view->untold;
	ending_hold_signals();
	for (int i = 0; i < a->operand_count && !failed; i++)
		failed = instrument_open(&instruments[i], a->operands[i], &o);
	ending_release_signals();
	return failed;
}

int command_run(const struct arguments *a)
{
	struct instrument *instruments = calloc((size_t)a->operand_count, sizeof(*instruments));
	struct output output;
	int status = EXIT_FAILED;

	if (!instruments) {
		say_error("run: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	ending_watch_signals();
	if (a->config.payloads)
		service_prepare();
	/* In this order: what is in the file already goes when it is opened. */
	if (!open_all(instruments, a) && !output_open(&output, a)) {
		capabilities_drop();
		status = watch(a, &output, instruments, a->operand_count, false);
	}
	for (int i = 0; i < a->operand_count; i++)
		instrument_close(&instruments[i]);
	free(instruments);
	return status;
}
