/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that is not data goes to standard error, one line each: "synscope: WHAT: WHY". */
#ifndef SYNSCOPE_MESSAGE_H
#define SYNSCOPE_MESSAGE_H

/* 0: errors only (-q); 1: as usual; 2 and more: -v, -vv. */
extern int verbosity;

/* Always said. Returns -1, so that a failing function can end with it. */
__attribute__((format(printf, 1, 2))) int say_error(const char *format, ...);

/* Said unless -q. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* Said with -v. */
__attribute__((format(printf, 1, 2))) void say_verbose(const char *format, ...);

#endif
