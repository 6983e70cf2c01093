// SPDX-License-Identifier: GPL-2.0-or-later
#include "fields.h"

#include <ctype.h>
#include <string.h>

static const char *skip_blanks(const char *at)
{
	while (isspace((unsigned char)*at) || *at == ',')
		at++;
	return at;
}

/* Behind the string that begins at the quote `at`. */
static const char *skip_string(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

/* Behind the value that begins at `at`. */
static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		if (*at == '}' || *at == ']')
			depth--;
		at++;
	} while (*at && (depth > 0 || (*at != ',' && *at != '}' && *at != ']')));
	return at;
}

static void copy_value(const char *at, const char *end, char *value, size_t room)
{
	size_t length = 0;

	for (; at < end && length + 1 < room; at++)
		if (*at != '"' && !isspace((unsigned char)*at))
			value[length++] = *at;
	value[length] = 0;
}

bool field_find(const char *json, const char *path, char *value, size_t room)
{
	const char *at = skip_blanks(json);

	if (*at++ != '{')
		return false;
	for (at = skip_blanks(at); *at == '"'; at = skip_blanks(at)) {
		const char *name = at + 1, *name_end = skip_string(at) - 1, *end;
		size_t length = (size_t)(name_end - name);

		at = skip_blanks(name_end + 1);
		if (*at == ':')
			at = skip_blanks(at + 1);
		end = skip_value(at);
		if (!strncmp(path, name, length) && !path[length]) {
			copy_value(at, end, value, room);
			return true;
		}
		if (!strncmp(path, name, length) && path[length] == '.' && *at == '{')
			return field_find(at, path + length + 1, value, room);
		at = end;
	}
	return false;
}
