/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection as JSON, by the field names that scripts rely on: JSON.md. */
#ifndef SYNSCOPE_JSON_RECORD_H
#define SYNSCOPE_JSON_RECORD_H

#include "json.h"
#include "record.h"

/* The fields of a connection, into an object that is open. */
void json_connection(struct json *j, const struct record *r);

#endif
