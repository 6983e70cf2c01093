/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that others wrote: names in a capture, names of files. They go to terminals, which obey what is in
 * them, into lines, and into JSON, which is UTF-8.
 */
#ifndef SYNSCOPE_PRINTABLE_H
#define SYNSCOPE_PRINTABLE_H

/* Puts a question mark in the place of each byte that is no part of a printable character in UTF-8. */
void make_printable(char *text);

#endif
