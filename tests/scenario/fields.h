/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks one field up in an object of JSON, as a scenario names it. */
#ifndef SYNSCOPE_TEST_FIELDS_H
#define SYNSCOPE_TEST_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the value of `path` ("conn_state", "teardown.by", "id.orig_p") to `value`: strings without their
 * quotes, arrays and objects without quotes and spaces. False: there is no such field.
 */
bool field_find(const char *json, const char *path, char *value, size_t room);

#endif
