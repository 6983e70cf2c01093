/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that is not data goes to standard error, one line each: "synscope: WHAT: WHY". In all headers
 * "-1, said" means that the function has said, once, why it failed.
 */
#ifndef SYNSCOPE_MESSAGE_H
#define SYNSCOPE_MESSAGE_H

/* 0: errors only (-q); 1: as usual; 2: -v; 3: -vv, libbpf's words too; 4: -vvv, and all that it debugs with.
 */
extern int verbosity;

/* Always said. Returns -1, so that a failing function can end with it. */
__attribute__((format(printf, 1, 2))) int say_error(const char *format, ...);

/* What to do about an error number, from its semicolon on; empty where there is nothing to say. */
const char *limit_advice(int error);

/* That a table for so many connections, of so many bytes, can't be had: an error number. Returns -1. */
int say_no_room(unsigned connections, unsigned long long bytes, int error);

/* Said unless -q. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* On a terminal, and not with -q: a line without an end, which the next one takes the place of. */
__attribute__((format(printf, 1, 2))) void say_progress(const char *format, ...);

/* Before what does not go through here is written to standard error. */
void end_progress(void);

/* Said with -v. */
__attribute__((format(printf, 1, 2))) void say_verbose(const char *format, ...);

#endif
