// SPDX-License-Identifier: GPL-2.0-only
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
	struct text t;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(t.text, sizeof(t.text), format, arguments);
	va_end(arguments);
	return t;
}

struct text text_address(const union address *a)
{
	struct text t;

	if (is_mapped_ipv4(a))
		inet_ntop(AF_INET, a->bytes + 12, t.text, sizeof(t.text));
	else
		inet_ntop(AF_INET6, a->bytes, t.text, sizeof(t.text));
	return t;
}

struct text text_party(const struct party *p)
{
	char address[INET6_ADDRSTRLEN];

	if (is_mapped_ipv4(&p->address)) {
		inet_ntop(AF_INET, p->address.bytes + 12, address, sizeof(address));
		return text("%s:%u", address, p->port);
	}
	inet_ntop(AF_INET6, p->address.bytes, address, sizeof(address));
	return text("[%s]:%u", address, p->port);
}

static struct tm split(s64 ns)
{
	time_t seconds = ns / NS_PER_SECOND;
	struct tm parts;

	gmtime_r(&seconds, &parts);
	return parts;
}

struct text text_rfc3339(s64 ns)
{
	struct tm t = split(ns);

	return text("%04d-%02d-%02dT%02d:%02d:%02d.%09lldZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
		    t.tm_hour, t.tm_min, t.tm_sec, (long long)(ns % NS_PER_SECOND));
}

struct text text_clock(s64 ns)
{
	struct tm t = split(ns);

	return text("%02d:%02d:%02d.%06lld", t.tm_hour, t.tm_min, t.tm_sec,
		    (long long)(ns % NS_PER_SECOND / NS_PER_US));
}

struct text text_moment(s64 ns)
{
	struct tm t = split(ns);

	return text("%04d-%02d-%02d %02d:%02d:%02d.%06lld UTC", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
		    t.tm_hour, t.tm_min, t.tm_sec, (long long)(ns % NS_PER_SECOND / NS_PER_US));
}

/* ns in units of `unit`, the fraction cut off after `digits` decimal digits. */
static struct text fixed(s64 ns, u64 unit, int digits)
{
	u64 magnitude = ns < 0 ? -(u64)ns : (u64)ns, cut = unit;

	for (int i = 0; i < digits; i++)
		cut /= 10;
	return text("%s%llu.%0*llu", ns < 0 ? "-" : "", (unsigned long long)(magnitude / unit), digits,
		    (unsigned long long)(magnitude % unit / cut));
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
	int digits = ns / unit >= 100 ? 0 : ns / unit >= 10 ? 1 : ns / unit >= 1 ? 2 : 3;

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
