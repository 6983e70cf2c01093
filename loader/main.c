// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "message.h"

/*
 * Where one of the descriptors 0 to 2 is closed, the next file that is opened would get its number, and what
 * is meant for it would be written there. Standard output is opened for reading only: so it is still known
 * for closed (output.c).
 */
static int fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

/* What --help and --version print. */
static int flush_standard_output(void)
{
	if (!fflush(stdout) || errno == EPIPE || errno == EBADF)
		return EXIT_DONE; /* nobody wants it */
	say_error("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	struct arguments a;
	int status;

	if (fill_standard_descriptors())
		return say_error("/dev/null: %s", strerror(errno)), EXIT_FAILED;
	signal(SIGPIPE, SIG_IGN); /* who reads what is said may go away while there is something left to do */
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow any more is an error like a full disk */
	libbpf_set_print(NULL);	  /* until programs are loaded: then its words are taken (program.c) */
	status = arguments_parse(&a, argc, argv);
	if (status == EXIT_DONE)
		status = a.command ? a.command->run(&a) : flush_standard_output();
	arguments_free(&a);
	return status;
}
