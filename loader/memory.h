/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Large tables that are looked up at random: in huge pages where the kernel has them, since each look-up
 * would else miss the TLB too, and each first one be a page fault. What was never touched takes no memory.
 */
#ifndef SYNSCOPE_MEMORY_H
#define SYNSCOPE_MEMORY_H

#include <stddef.h>

/* Zeroed, on a page of its own; NULL: there is none. */
void *memory_open(size_t size);

/* Safe on NULL. */
void memory_close(void *memory, size_t size);

#endif
