// SPDX-License-Identifier: GPL-2.0-or-later
#include "service_server_name.h"

#include <string.h>
#include <strings.h>

/* A place in bytes that came from the network. Once it would step behind their end, it stays broken. */
struct cursor {
	const u8 *at;
	u32 left;
	bool broken;
};

static const u8 *take(struct cursor *c, u32 n)
{
	const u8 *taken = c->at;

	if (c->broken || n > c->left) {
		c->broken = true;
		return NULL;
	}
	c->at += n;
	c->left -= n;
	return taken;
}

static u32 number(struct cursor *c, u32 bytes)
{
	const u8 *p = take(c, bytes);
	u32 value = 0;

	for (u32 i = 0; p && i < bytes; i++)
		value = value << 8 | p[i];
	return value;
}

/* A vector: a length of so many bytes, then that many. */
static void skip_vector(struct cursor *c, u32 bytes)
{
	take(c, number(c, bytes));
}

static u32 keep(const u8 *bytes, u32 length, char name[SERVER_NAME_SIZE])
{
	if (!length || length >= SERVER_NAME_SIZE)
		return 0;
	for (u32 i = 0; i < length; i++)
		if (bytes[i] <= ' ' || bytes[i] > '~')
			return 0;
	memcpy(name, bytes, length);
	name[length] = 0;
	return length;
}

/* RFC 6066 3: the list has one name of the type host_name. */
static u32 server_name_extension(struct cursor *c, char name[SERVER_NAME_SIZE])
{
	const u8 *bytes;
	u32 length;

	number(c, 2); /* of the list */
	if (number(c, 1) != 0)
		return 0;
	length = number(c, 2);
	bytes = take(c, length);
	return bytes ? keep(bytes, length, name) : 0;
}

/* RFC 8446 5.1, 4 and 4.1.2: record, handshake message, ClientHello. */
u32 tls_server_name(const u8 *bytes, u32 length, char name[SERVER_NAME_SIZE])
{
	enum { HANDSHAKE = 22, CLIENT_HELLO = 1, RANDOM = 32, SERVER_NAME = 0 };
	struct cursor c = {.at = bytes, .left = length};

	if (number(&c, 1) != HANDSHAKE || number(&c, 1) != 3)
		return 0;
	take(&c, 1 + 2); /* version, length of the record */
	if (number(&c, 1) != CLIENT_HELLO)
		return 0;
	take(&c, 3 + 2 + RANDOM); /* length, version */
	skip_vector(&c, 1);	  /* session */
	skip_vector(&c, 2);	  /* cipher suites */
	skip_vector(&c, 1);	  /* compression */
	take(&c, 2);		  /* length of the extensions */
	while (!c.broken) {
		u32 type = number(&c, 2);
		u32 size = number(&c, 2);

		if (!c.broken && type == SERVER_NAME)
			return server_name_extension(&c, name);
		take(&c, size);
	}
	return 0;
}

/* RFC 9110 4.2.1: a port may follow; an IPv6 address is in brackets. */
static u32 without_port(const u8 *host, u32 length)
{
	const u8 *bracket = memchr(host, ']', length);
	const u8 *from = bracket ? bracket : host;
	const u8 *colon = memchr(from, ':', length - (u32)(from - host));

	return colon ? (u32)(colon - host) : length;
}

static u32 host_field(const u8 *line, u32 length, char name[SERVER_NAME_SIZE])
{
	enum { FIELD = 5 };

	line += FIELD;
	length -= FIELD;
	while (length && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	while (length && (line[length - 1] == ' ' || line[length - 1] == '\t'))
		length--;
	return keep(line, without_port(line, length), name);
}

/* Only a line that is there to its end: half a name is none. */
u32 http_host(const u8 *bytes, u32 length, char name[SERVER_NAME_SIZE])
{
	const u8 *end;

	for (u32 at = 0; at < length; at += (u32)(end - (bytes + at)) + 1) {
		const u8 *line = bytes + at;
		u32 size;

		end = memchr(line, '\n', length - at);
		if (!end)
			return 0;
		size = (u32)(end - line);
		if (size && line[size - 1] == '\r')
			size--;
		if (!size)
			return 0; /* the header ends here */
		if (at && size >= 5 && !strncasecmp((const char *)line, "host:", 5))
			return host_field(line, size, name);
	}
	return 0;
}
