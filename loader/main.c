// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.h"

int main(int argc, char **argv)
{
	struct arguments a;
	int status = arguments_parse(&a, argc, argv);

	if (status == EXIT_DONE && a.command)
		status = a.command->run(&a);
	arguments_free(&a);
	return status;
}
