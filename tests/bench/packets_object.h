/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compiled object with synscope's maps, loaded by hand: synscope.bpf.o, beside.bpf.o. */
#ifndef SYNSCOPE_PACKETS_OBJECT_H
#define SYNSCOPE_PACKETS_OBJECT_H

#include "config.h"

struct bpf_object;
struct bpf_map;

/* A configuration for so many connections, in which time ends nothing; segments: an event for each. */
void object_config(struct config *config, u32 connections, bool segments);

/* Loads those of an object's programs whose names have this ending. NULL: said. */
struct bpf_object *object_load(const char *path, const char *ending, const struct config *config);

/* The descriptor of the program whose name the format makes of `a` and `b`; -1: there is none. */
int object_program(const struct bpf_object *o, const char *format, const char *a, const char *b);

/* The map whose name has this ending; NULL: there is none. */
struct bpf_map *object_map_ending(const struct bpf_object *o, const char *ending);

#endif
