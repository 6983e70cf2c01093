// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <sys/mman.h>

/* Whole huge pages, of what is large enough for some. */
static size_t rounded(size_t size)
{
	enum { HUGE_PAGE = 2 << 20 };

	return size < HUGE_PAGE / 4 ? size : (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

void *memory_open(size_t size)
{
	void *memory = mmap(NULL, rounded(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, rounded(size), MADV_HUGEPAGE);
	return memory;
}

void memory_close(void *memory, size_t size)
{
	if (memory)
		munmap(memory, rounded(size));
}
