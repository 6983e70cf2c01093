// SPDX-License-Identifier: GPL-2.0-or-later
#include "format.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire.h"

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_SECOND = 1000000000, MS_PER_SECOND = 1000 };

__attribute__((format(printf, 1, 2))) static struct text text(const char *format, ...)
{
	struct text t = {.text = ""};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(t.text, sizeof(t.text), format, arguments);
	va_end(arguments);
	return t;
}

char *write_decimal(char *at, u64 value, u32 width)
{
	char digits[DECIMAL_MAX];
	u32 n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value || n < width);
	while (n)
		*at++ = digits[--n];
	return at;
}

/* As inet_ntop() does, which goes through printf() for four numbers. Without a NUL. */
static char *write_ipv4(char *at, const u8 *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = write_decimal(at, bytes[i], 1);
	}
	return at;
}

static char *write_address(char *at, const union address *a)
{
	if (is_mapped_ipv4(a))
		return write_ipv4(at, a->bytes + 12);
	inet_ntop(AF_INET6, a->bytes, at, INET6_ADDRSTRLEN);
	return at + strlen(at);
}

struct text text_address(const union address *a)
{
	struct text t = {.text = ""};

	*write_address(t.text, a) = 0;
	return t;
}

struct text text_party(const struct party *p)
{
	bool bare = is_mapped_ipv4(&p->address);
	struct text t = {.text = ""};
	char *at = t.text;

	if (!bare)
		*at++ = '[';
	at = write_address(at, &p->address);
	if (!bare)
		*at++ = ']';
	*at++ = ':';
	*write_decimal(at, p->port, 1) = 0;
	return t;
}

/* A moment as calendars and clocks have it, in UTC. */
struct moment {
	struct tm tm;
	u32 ns; /* into the second */
};

static struct moment split(s64 ns)
{
	time_t seconds = ns / NS_PER_SECOND - (ns % NS_PER_SECOND < 0);
	struct moment m = {.ns = (u32)(ns - seconds * NS_PER_SECOND)};

	gmtime_r(&seconds, &m.tm);
	return m;
}

/* Numbers of `width` digits each, every one followed by its character of `marks`. */
static char *write_numbers(char *at, const int *numbers, const char *marks, u32 width)
{
	for (; *marks; marks++) {
		at = write_decimal(at, (u64)*numbers++, width);
		*at++ = *marks;
	}
	return at;
}

static char *write_date(char *at, const struct tm *t, char mark)
{
	const int rest[] = {t->tm_mon + 1, t->tm_mday};
	const char marks[] = {'-', mark, 0};

	at = write_decimal(at, (u64)t->tm_year + 1900, 4);
	*at++ = '-';
	return write_numbers(at, rest, marks, 2);
}

/* "22:13:20.", and the fraction in `digits` digits. */
static char *write_clock(char *at, const struct moment *m, u32 fraction, u32 digits)
{
	const int parts[] = {m->tm.tm_hour, m->tm.tm_min, m->tm.tm_sec};

	return write_decimal(write_numbers(at, parts, "::.", 2), fraction, digits);
}

struct text text_rfc3339(s64 ns)
{
	struct moment m = split(ns);
	struct text t = {.text = ""};

	memcpy(write_clock(write_date(t.text, &m.tm, 'T'), &m, m.ns, 9), "Z", 2);
	return t;
}

struct text text_clock(s64 ns)
{
	struct moment m = split(ns);
	struct text t = {.text = ""};

	*write_clock(t.text, &m, m.ns / NS_PER_US, 6) = 0;
	return t;
}

struct text text_moment(s64 ns)
{
	struct moment m = split(ns);
	struct text t = {.text = ""};

	memcpy(write_clock(write_date(t.text, &m.tm, ' '), &m, m.ns / NS_PER_US, 6), " UTC", 5);
	return t;
}

/* ns in units of `unit`, the fraction cut off after `digits` decimal digits. */
static struct text fixed(s64 ns, u64 unit, u32 digits)
{
	u64 magnitude = ns < 0 ? -(u64)ns : (u64)ns, cut = unit;
	struct text t = {.text = ""};
	char *at = t.text;

	for (u32 i = 0; i < digits; i++)
		cut /= 10;
	if (ns < 0)
		*at++ = '-';
	at = write_decimal(at, magnitude / unit, 1);
	*at++ = '.';
	*write_decimal(at, magnitude % unit / cut, digits) = 0;
	return t;
}

struct text text_seconds(s64 ns)
{
	return fixed(ns, NS_PER_SECOND, 6);
}

struct text text_ms(s64 ns)
{
	return fixed(ns, NS_PER_MS, 6);
}

struct text text_short_ms(s64 ns)
{
	return fixed(ns, NS_PER_MS, 3);
}

struct text text_span(u64 ns)
{
	static const char *const units[] = {"ms", "s"};
	u64 unit = ns < NS_PER_SECOND ? NS_PER_MS : NS_PER_SECOND, seconds = ns / NS_PER_SECOND;
	u32 digits = ns / unit >= 100 ? 0 : ns / unit >= 10 ? 1 : ns / unit >= 1 ? 2 : 3;

	if (seconds >= 7200)
		return text("%llu h %llu min", (unsigned long long)(seconds / 3600),
			    (unsigned long long)(seconds / 60 % 60));
	if (seconds >= 120)
		return text("%llu min %llu s", (unsigned long long)(seconds / 60),
			    (unsigned long long)(seconds % 60));
	if (!digits || ns % unit == 0)
		return text("%llu %s", (unsigned long long)(ns / unit), units[unit == NS_PER_SECOND]);
	return text("%s %s", fixed((s64)ns, unit, digits).text, units[unit == NS_PER_SECOND]);
}

struct text text_bytes(u64 bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	u64 unit = 1;
	int i = 0;

	while (bytes / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	if (bytes / unit >= 100 || !i)
		return text("%llu %s", (unsigned long long)(bytes / unit), units[i]);
	return text("%llu.%llu %s", (unsigned long long)(bytes / unit),
		    (unsigned long long)(bytes % unit / (unit / 10)), units[i]);
}

s64 relative_number(u32 number, u32 isn)
{
	enum { BELOW_MAX = 0xffff };
	u32 above = number - isn;

	return above >= 0U - BELOW_MAX ? (s64)(s32)above : (s64)above;
}

struct text text_flags(u16 flags, char separator)
{
	static const char *const names[] = {"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
	static const u16 bits[] = {TCP_SYN, TCP_FIN, TCP_RST, TCP_PSH, TCP_ACK,
				   TCP_URG, TCP_ECE, TCP_CWR, TCP_AE};
	struct text t = {.text = ""};
	char *at = t.text;

	for (u32 i = 0; i < COUNT_OF(bits); i++) {
		if (!(flags & bits[i]))
			continue;
		if (at != t.text)
			*at++ = separator;
		at = stpcpy(at, names[i]);
	}
	return at == t.text ? text("none") : t;
}
