/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loader/memory.h for a fuzzer: from malloc(), so that the sanitizer sees what reads or writes beside it. */
#ifndef SYNSCOPE_CHECKED_MEMORY_H
#define SYNSCOPE_CHECKED_MEMORY_H

#include <stdlib.h>
#include <string.h>

#include "memory.h"

void *memory_open(size_t size)
{
	enum { CACHE_LINE = 64 };
	void *memory = aligned_alloc(CACHE_LINE, (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);

	return memory ? memset(memory, 0, size) : NULL;
}

void memory_close(void *memory, size_t size)
{
	(void)size;
	free(memory);
}

#endif
