// SPDX-License-Identifier: GPL-2.0-or-later
#include "quantity.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int parse_number(const char *text, u64 least, u64 most, u64 *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno || *end || *value < least || *value > most ? -1 : 0;
}

static u64 unit_of(const char *text)
{
	static const struct {
		const char *name;
		u64 ns;
	} units[] = {
		{"ns", 1},	  {"us", 1000},		 {"ms", 1000000},	  {"s", 1000000000},
		{"", 1000000000}, {"m", 60000000000ULL}, {"h", 3600000000000ULL},
	};

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (!strcmp(text, units[i].name))
			return units[i].ns;
	return 0;
}

/* The digits behind a point, in units of `unit`; moves *text behind them. */
static u64 fraction(const char **text, u64 unit)
{
	u64 sum = 0;

	for (; isdigit((unsigned char)**text); (*text)++) {
		unit /= 10;
		sum += (u64)(**text - '0') * unit;
	}
	return sum;
}

int parse_duration(const char *text, u64 *ns)
{
	const char *point, *rest;
	char *end;
	u64 whole, unit;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	whole = strtoull(text, &end, 10);
	if (errno)
		return -1;
	point = *end == '.' ? end + 1 : NULL;
	rest = point ? point + strspn(point, "0123456789") : end;
	unit = unit_of(rest);
	if (!unit || (point && rest == point) || whole > UINT64_MAX / 2 / unit)
		return -1;
	*ns = whole * unit + (point ? fraction(&point, unit) : 0);
	return 0;
}
