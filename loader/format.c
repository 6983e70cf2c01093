// SPDX-License-Identifier: GPL-2.0-or-later
#include "format.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arithmetic.h"
#include "wire.h"

enum { SECONDS_PER_DAY = 86400, SECONDS_PER_HOUR = 3600 };

__attribute__((format(printf, 1, 2))) static struct text text(const char *format, ...)
{
	struct text t = {.text = ""};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(t.text, sizeof(t.text), format, arguments);
	va_end(arguments);
	return t;
}

static u32 digits_of(u64 value)
{
	u32 n = 1;

	for (; value >= 10000; value /= 10000)
		n += 4;
	return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

/* Two digits at a time: a division is what takes time here. */
static const char pairs[] = "00010203040506070809101112131415161718192021222324"
			    "25262728293031323334353637383940414243444546474849"
			    "50515253545556575859606162636465666768697071727374"
			    "75767778798081828384858687888990919293949596979899";

char *write_decimal(char *at, u64 value, u32 width)
{
	u32 n = digits_of(value);
	char *end;

	for (; n < width; width--)
		*at++ = '0';
	end = at + n;
	for (; n > 1; n -= 2, value /= 100)
		memcpy(at + n - 2, pairs + value % 100 * 2, 2);
	if (n)
		*at = (char)('0' + value);
	return end;
}

/* As many digits of a fraction. */
ALWAYS_INLINE char *write_fraction(char *at, u32 value, u32 digits)
{
	u32 n = digits;

	if (n % 2) {
		at[--n] = (char)('0' + value % 10);
		value /= 10;
	}
	for (; n; n -= 2, value /= 100)
		memcpy(at + n - 2, pairs + value % 100 * 2, 2);
	return at + digits;
}

/* Two digits, and a mark. */
ALWAYS_INLINE char *write_pair(char *at, u32 value, char mark)
{
	memcpy(at, pairs + 2 * value, 2);
	at[2] = mark;
	return at + 3;
}

char *write_signed(char *at, s64 value)
{
	if (value < 0)
		*at++ = '-';
	return write_number(at, value < 0 ? -(u64)value : (u64)value);
}

ALWAYS_INLINE char *write_byte(char *at, u32 value)
{
	if (value > 99) {
		*at++ = (char)('0' + value / 100);
		value %= 100;
	} else if (value < 10) {
		*at++ = (char)('0' + value);
		return at;
	}
	memcpy(at, pairs + 2 * value, 2);
	return at + 2;
}

/* As inet_ntop() does, which goes through printf() for four numbers. Without a NUL. */
static char *write_ipv4(char *at, const u8 *bytes)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = write_byte(at, bytes[i]);
	}
	return at;
}

char *write_address(char *at, const union address *a)
{
	if (is_ipv4_mapped(a))
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
	bool bare = is_ipv4_mapped(&p->address);
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
	const char *date; /* "2023-11-14": DATE_LENGTH characters */
	u32 second;	  /* of the day */
	u32 ns;		  /* into the second */
};

enum { DATE_LENGTH = 10 };

/* The calendar is asked once for each day: most moments are of the same one. */
static const char *date_of(time_t day)
{
	static time_t known = INT64_MIN; /* no day */
	static struct text date;
	time_t midnight = day * SECONDS_PER_DAY;
	struct tm t;

	if (day == known)
		return date.text;
	gmtime_r(&midnight, &t);
	date = text("%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
	known = day;
	return date.text;
}

static struct moment split(s64 ns)
{
	const s64 ns_per_day = (s64)NS_PER_SECOND * SECONDS_PER_DAY;
	time_t day = ns / ns_per_day - (ns % ns_per_day < 0);
	s64 rest = (s64)((u64)ns - (u64)day * (u64)ns_per_day);

	return (struct moment){
		.date = date_of(day),
		.second = (u32)(rest / NS_PER_SECOND),
		.ns = (u32)(rest % NS_PER_SECOND),
	};
}

/* "22:13:20.", and the fraction in `digits` digits. */
ALWAYS_INLINE char *write_clock(char *at, const struct moment *m, u32 fraction, u32 digits)
{
	at = write_pair(at, m->second / SECONDS_PER_HOUR, ':');
	at = write_pair(at, m->second / 60 % 60, ':');
	at = write_pair(at, m->second % 60, '.');
	return write_fraction(at, fraction, digits);
}

/* The date, a mark, and the clock as above. */
ALWAYS_INLINE char *write_moment(char *at, const struct moment *m, char mark, u32 fraction, u32 digits)
{
	memcpy(at, m->date, DATE_LENGTH);
	at[DATE_LENGTH] = mark;
	return write_clock(at + DATE_LENGTH + 1, m, fraction, digits);
}

char *write_rfc3339(char *at, s64 ns)
{
	struct moment m = split(ns);

	at = write_moment(at, &m, 'T', m.ns, 9);
	*at++ = 'Z';
	return at;
}

struct text text_rfc3339(s64 ns)
{
	struct text t = {.text = ""};

	*write_rfc3339(t.text, ns) = 0;
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

	memcpy(write_moment(t.text, &m, ' ', m.ns / NS_PER_US, 6), " UTC", 5);
	return t;
}

/* ns in units of `unit`, the fraction cut off after `digits` decimal digits. */
static char *write_fixed(char *at, s64 ns, u64 unit, u32 digits)
{
	u64 magnitude = ns < 0 ? -(u64)ns : (u64)ns, cut = unit;

	for (u32 i = 0; i < digits; i++)
		cut /= 10;
	if (ns < 0)
		*at++ = '-';
	at = write_decimal(at, magnitude / unit, 1);
	*at++ = '.';
	return write_decimal(at, magnitude % unit / cut, digits);
}

static struct text fixed(s64 ns, u64 unit, u32 digits)
{
	struct text t = {.text = ""};

	*write_fixed(t.text, ns, unit, digits) = 0;
	return t;
}

/* Seconds, or milliseconds: six digits behind the point. */
ALWAYS_INLINE char *write_six(char *at, s64 ns, u64 unit)
{
	u64 magnitude = ns < 0 ? -(u64)ns : (u64)ns, whole = magnitude / unit;

	if (ns < 0)
		*at++ = '-';
	at = write_number(at, whole);
	*at++ = '.';
	return write_fraction(at, (u32)((magnitude - whole * unit) / (unit / 1000000)), 6);
}

char *write_seconds(char *at, s64 ns)
{
	return write_six(at, ns, NS_PER_SECOND);
}

char *write_ms(char *at, s64 ns)
{
	return write_six(at, ns, NS_PER_MS);
}

struct text text_short_ms(s64 ns)
{
	return fixed(ns, NS_PER_MS, 3);
}

/* Decimals, so that there are three digits in all; or three decimals below one unit. */
static u32 span_decimals(u64 ns, u64 unit)
{
	return ns / unit >= 100 ? 0 : ns / unit >= 10 ? 1 : ns / unit >= 1 ? 2 : 3;
}

/* To the nearest that has so many decimals. */
static u64 round_span(u64 ns, u64 unit, u32 decimals)
{
	static const u32 powers[] = {1, 10, 100, 1000};
	u64 step = unit / powers[decimals];

	return (ns + step / 2) / step * step;
}

struct text text_span(u64 ns)
{
	u64 unit = ns < NS_PER_SECOND ? NS_PER_MS : NS_PER_SECOND, seconds = ns / NS_PER_SECOND;

	if (seconds >= 7200)
		return text("%llu h %llu min", (unsigned long long)(seconds / 3600),
			    (unsigned long long)(seconds / 60 % 60));
	if (seconds >= 120)
		return text("%llu min %llu s", (unsigned long long)(seconds / 60),
			    (unsigned long long)(seconds % 60));
	ns -= ns % NS_PER_US; /* as text_short_ms() shows it beside */
	ns = round_span(ns, unit, span_decimals(ns, unit));
	if (ns >= NS_PER_SECOND)
		unit = NS_PER_SECOND;
	if (!span_decimals(ns, unit) || ns % unit == 0)
		return text("%llu %s", (unsigned long long)(ns / unit), unit == NS_PER_SECOND ? "s" : "ms");
	return text("%s %s", fixed((s64)ns, unit, span_decimals(ns, unit)).text,
		    unit == NS_PER_SECOND ? "s" : "ms");
}

struct text text_times(u32 n)
{
	static const char *const words[] = {"never", "once", "twice"};

	return n < COUNT_OF(words) ? text("%s", words[n]) : text("%u times", n);
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

char *write_flags(char *at, u16 flags, char separator)
{
	static const char names[][4] = {"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
	static const u16 bits[] = {TCP_SYN, TCP_FIN, TCP_RST, TCP_PSH, TCP_ACK,
				   TCP_URG, TCP_ECE, TCP_CWR, TCP_AE};
	const char *begin = at;

	for (u32 i = 0; i < COUNT_OF(bits); i++) {
		if (!(flags & bits[i]))
			continue;
		if (at != begin)
			*at++ = separator;
		memcpy(at, names[i], sizeof(names[i]));
		at += bits[i] == TCP_AE ? 2 : 3;
	}
	return at == begin ? stpcpy(at, "none") : at;
}

struct text text_flags(u16 flags, char separator)
{
	struct text t = {.text = ""};

	*write_flags(t.text, flags, separator) = 0;
	return t;
}
