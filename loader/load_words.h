/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refused a program or a map: picked out of what libbpf prints while it loads. */
#ifndef SYNSCOPE_LOAD_WORDS_H
#define SYNSCOPE_LOAD_WORDS_H

#include <stdbool.h>

struct load_words {
	char text[512]; /* one line; empty: nothing said why */
	bool verifier;	/* it is the verifier's reason, which says more than any warning */
};

/* Takes a warning of libbpf into account; it may be many lines, where the verifier's log is in it. */
void load_words_take(struct load_words *w, const char *warning);

#endif
