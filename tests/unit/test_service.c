// SPDX-License-Identifier: GPL-2.0-or-later
/* The names of application protocols, from the first payload of each direction: and none where it can't be
 * told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "service_opening.h"
#include "service_server_name.h"

static struct service service;
static struct connection connection;

static int begin(void **state)
{
	(void)state;
	memset(&service, 0, sizeof(service));
	memset(&connection, 0, sizeof(connection));
	return 0;
}

static int end(void **state)
{
	(void)state;
	service_close(&service);
	return 0;
}

/* From a buffer of its size: what reads behind it is seen by a sanitizer. */
static void hand_over_to(struct service *s, enum endpoint from, u32 offset, const void *bytes, size_t length)
{
	struct first_payload *p = calloc(1, sizeof(*p) + length);

	assert_non_null(p);
	p->from = (u8)from;
	p->offset = offset;
	p->length = (u16)length;
	memcpy(p->bytes, bytes, length);
	service_payload(s, p);
	free(p);
	connection.state |= SAW_DATA << from;
}

static void hand_over(enum endpoint from, const void *bytes, size_t length)
{
	hand_over_to(&service, from, 0, bytes, length);
}

#define ORIG(text) hand_over(ORIGINATOR, text, sizeof(text) - 1)
#define RESP(text) hand_over(RESPONDER, text, sizeof(text) - 1)

static struct record record(void)
{
	struct record r = {.connection = &connection};

	service_of_record(&r, &service);
	return r;
}

static void expect(const char *name)
{
	struct record r = record();

	assert_true(r.service_sought);
	assert_string_equal(r.service ? r.service : "none", name ? name : "none");
	assert_false(name && r.service_missed);
}

struct stream {
	const char *name; /* NULL: none is to be told */
	enum endpoint first;
	size_t length[2];
	const char *bytes[2];
};

#define STREAM(service_name, who, one, two)                                                                  \
	{                                                                                                    \
		service_name, who, {sizeof(one) - 1, sizeof(two) - 1},                                       \
		{                                                                                            \
			one, two                                                                             \
		}                                                                                            \
	}

#define ZEROS_8	 "\0\0\0\0\0\0\0\0"
#define ZEROS_24 ZEROS_8 ZEROS_8 ZEROS_8
#define FF_16	 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct stream streams[] = {
	STREAM("http", ORIGINATOR, "GET / HTTP/1.1\r\n\r\n", ""),
	STREAM("http", ORIGINATOR, "PROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n", ""),
	STREAM("http", ORIGINATOR, "CONNECT example.org:443 HTTP/1.0\n", ""),
	STREAM("http", ORIGINATOR, "GET /a-line-that-goes-on", ""),
	STREAM("http", RESPONDER, "HTTP/1.1 408 Request Timeout\r\n", ""),
	STREAM("http2", ORIGINATOR, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0", "\0\0\x12\4\0\0\0\0\0\0\3"),
	STREAM("http2", RESPONDER, "\0\0\x12\4\0\0\0\0\0\0\3", ""),
	STREAM("amqp", ORIGINATOR, "AMQP\0\0\x09\1", "\1\0\0\0\0\0\x0b"),
	STREAM("amqp", ORIGINATOR, "AMQP\0\1\0\0", "AMQP\0\1\0\0"),
	STREAM("amqp", ORIGINATOR, "AMQP\3\1\0\0", "AMQP\3\1\0\0"),
	STREAM("ssh", RESPONDER, "SSH-2.0-OpenSSH_9.2\r\n", ""),
	STREAM("ssh", ORIGINATOR, "SSH-2.0-dropbear\r\n", ""), STREAM("ssh", RESPONDER, "SSH-1.99-x\n", ""),
	STREAM("ssh", RESPONDER, "Authorized use only\r\nSSH-2.0-x\r\n", ""),
	STREAM("ssl", RESPONDER, "\x16\3\3\0\x31\2", ""),
	STREAM("ssl", ORIGINATOR, "\x80\x2e\1\3\1\0", "\x16\3\1\0\x31\2"),
	STREAM("ssl", RESPONDER, "\x15\3\1\0\2\2\x28", ""),
	STREAM("smtp", RESPONDER, "220 mail.example.org ESMTP\r\n", ""),
	STREAM("smtp", RESPONDER, "220 ready\r\n", "EHLO x\r\n"),
	STREAM("ftp", RESPONDER, "220 ready\r\n", "USER anonymous\r\n"),
	STREAM("ftp", RESPONDER, "220-FTP server\r\n", ""),
	STREAM("pop3", RESPONDER, "+OK\r\n", "USER x\r\n"),
	STREAM("imap", RESPONDER, "* OK [CAPABILITY]\r\n", "a CAPABILITY\r\n"),
	STREAM("nntp", RESPONDER, "200 ready\r\n", ""), STREAM("irc", ORIGINATOR, "NICK x\r\n", ""),
	STREAM("rfb", RESPONDER, "RFB 003.008\n", "RFB 003.008\n"),
	STREAM("rsync", RESPONDER, "@RSYNCD: 31.0\n", ""),
	STREAM("git", ORIGINATOR, "0032git-upload-pack /x.git\0host=h\0", ""),
	STREAM("telnet", RESPONDER, "\xff\xfd\x18\xff\xfd\x20", ""),
	STREAM("mqtt", ORIGINATOR, "\x10\x10\0\4MQTT\4\2\0\x3c\0\4abcd", ""),
	STREAM("bittorrent", ORIGINATOR,
	       "\x13"
	       "BitTorrent protocol" ZEROS_24 ZEROS_24,
	       ""),
	STREAM("redis", ORIGINATOR, "*1\r\n$4\r\nPING\r\n", "+OK\r\n"),
	STREAM("zmtp", ORIGINATOR, "\xff\0\0\0\0\0\0\0\1\x7f\3\0", ""),
	STREAM("smb", ORIGINATOR, "\0\0\0\x40\xfeSMB\x40\0", ""),
	STREAM("postgresql", ORIGINATOR, "\0\0\0\x08\4\xd2\x16\x2f", "N"),
	STREAM("postgresql", ORIGINATOR, "\0\0\0\x10\0\3\0\0user\0x\0\0", ""),
	STREAM("tds", ORIGINATOR, "\x12\1\0\x34\0\0\0\0", ""),
	STREAM("bgp", ORIGINATOR, FF_16 "\0\x1d\1\4", ""),
	STREAM("krb_tcp", ORIGINATOR, "\0\0\1\x10\x6a\x82\1\x0c\x30\x82\1\x08\xa1\3\2\1\5", ""),
	STREAM("rtmp", ORIGINATOR, "\3\1\2\3\4" ZEROS_24, ""),
	STREAM("ldap_tcp", ORIGINATOR, "0\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0", "0\x0c\2\1\1\x61\7"),
	STREAM("ldap_tcp", ORIGINATOR, "0\x84\0\0\0\x40\2\2\1\2\x63\x84\0\0\0\x37", ""),
	STREAM("dns", ORIGINATOR, "\0\x1d\0\7\1\0\0\1\0\0\0\0\0\0\7example\3org\0\0\1\0\1", ""),
	STREAM("rtsp", ORIGINATOR, "OPTIONS rtsp://h/x RTSP/1.0\r\nCSeq: 1\r\n\r\n", ""),
	STREAM("sip", ORIGINATOR, "OPTIONS sip:h SIP/2.0\r\n", "SIP/2.0 200 OK\r\n"),
	/* what nDPI tells */
	STREAM("rdp", ORIGINATOR, "\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", ""),
	STREAM("memcached", ORIGINATOR, "get foo\r\n", "END\r\n"),
	STREAM("nats", RESPONDER, "INFO {\"server_id\":\"x\"} \r\n", "CONNECT {}\r\n"),
	STREAM("mongodb", ORIGINATOR, "\x3a\0\0\0\1\0\0\0\0\0\0\0\xd4\7\0\0" ZEROS_24 ZEROS_8 ZEROS_8 "\0\0",
	       ""),
	STREAM("socks", ORIGINATOR, "\4\1\0\x50\x0a\0\0\1\0", "\0\x5a\0\0\0\0\0\0"),
	STREAM("socks", ORIGINATOR, "\5\2\0\1", "\5\0"),
	STREAM("smpp", ORIGINATOR,
	       "\0\0\0\x2f\0\0\0\2\0\0\0\0\0\0\0\1"
	       "a" ZEROS_24 "\0\0\0\0\0\0",
	       ""),
	/* nobody's */
	STREAM(NULL, ORIGINATOR, "hello world\n", "hi\n"), STREAM(NULL, ORIGINATOR, "\0", "\0"),
	STREAM(NULL, ORIGINATOR, "A", ""), STREAM(NULL, ORIGINATOR, "\xff\xff\xff\xff", "\xff\xff\xff\xff"),
	STREAM(NULL, ORIGINATOR, "GET x\r\n", ""),
	STREAM(NULL, ORIGINATOR, "\3\0\0\x16\x11\xe0\0\0\0\1\0\xc1\2\1\0\xc2\2\1\2\xc0\1\x0a", ""), /* S7 */
	STREAM(NULL, ORIGINATOR, "what?\r\n", "+OK\r\n"), /* no greeting */
	STREAM(NULL, RESPONDER, "220 ready\r\n", "QUIT\r\n"),
	STREAM(NULL, RESPONDER, "220 ready\r\n", "NICK x\r\n"), /* they contradict each other */
};

static void test_streams(void **state)
{
	for (u32 i = 0; i < COUNT_OF(streams); i++) {
		const struct stream *s = &streams[i];

		begin(state);
		hand_over(s->first, s->bytes[0], s->length[0]);
		if (s->length[1])
			hand_over(other_endpoint(s->first), s->bytes[1], s->length[1]);
		print_message("%.20s\n", s->bytes[0]); /* shown where it fails */
		expect(s->name);
		end(state);
	}
}

/* Every length that a stream may be cut to: some other name than its own is never told. */
static void test_truncated(void **state)
{
	for (u32 i = 0; i < COUNT_OF(streams); i++) {
		const struct stream *s = &streams[i];

		for (size_t length = 0; s->name && length < s->length[0]; length++) {
			struct record r;

			begin(state);
			hand_over(s->first, s->bytes[0], length);
			r = record();
			if (r.service)
				assert_string_equal(r.service, s->name);
			end(state);
		}
	}
}

static u64 next_random(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Random bytes of random length, as of an encrypted protocol: not one in a thousand is named. */
static void test_garbage(void **state)
{
	enum { TIMES = 20000 };
	u64 seed = 88172645463325252ULL;
	u8 bytes[PAYLOAD_LARGE];
	u32 named = 0;

	for (u32 i = 0; i < TIMES; i++) {
		begin(state);
		for (enum endpoint from = ORIGINATOR; from < ENDPOINTS; from++) {
			size_t length = 1 + next_random(&seed) % 200;

			for (size_t n = 0; n < length; n++)
				bytes[n] = (u8)(next_random(&seed) >> 24);
			hand_over(from, bytes, length);
		}
		named += record().service != NULL;
		end(state);
	}
	assert_in_range(named, 0, TIMES / 1000);
}

/* Only from where the stream begins. */
static void test_offset(void **state)
{
	(void)state;
	hand_over_to(&service, ORIGINATOR, 1448, "GET / HTTP/1.1\r\n\r\n", 18);
	expect(NULL);
	assert_true(record().service_missed);
}

/* Data that no payload came of: the ring was full. */
static void test_missed(void **state)
{
	(void)state;
	assert_false(record().service_missed);
	connection.state = SAW_DATA << ORIGINATOR;
	assert_true(record().service_missed);
	ORIG("hello\n");
	assert_false(record().service_missed);
	connection.state |= SAW_DATA << RESPONDER;
	assert_true(record().service_missed);
	RESP("hi\n");
	assert_false(record().service_missed);
}

/* The other direction may name it all the same. */
static void test_half_missed(void **state)
{
	(void)state;
	connection.state = SAW_DATA << ORIGINATOR;
	RESP("SSH-2.0-x\r\n");
	expect("ssh");
}

/* What seems to be the beginning may be any place: what nDPI makes of it is a guess. */
static void test_midstream(void **state)
{
	(void)state;
	connection.state = MIDSTREAM;
	ORIG("get foo\r\n");
	RESP("END\r\n");
	expect(NULL);
	assert_true(record().service_missed);
}

static void test_midstream_signature(void **state)
{
	(void)state;
	connection.state = MIDSTREAM;
	ORIG("GET / HTTP/1.1\r\n\r\n");
	expect("http");
}

/* An answer that looks like a greeting, to a question that the ring had no room for. */
static void test_no_greeting(void **state)
{
	(void)state;
	connection.state = SAW_DATA << ORIGINATOR;
	connection.at.data[ORIGINATOR] = 1;
	connection.at.data[RESPONDER] = 2;
	RESP("+OK\r\n");
	expect(NULL);
	assert_true(record().service_missed);
}

static void test_midstream_greeting(void **state)
{
	(void)state;
	connection.state = MIDSTREAM;
	RESP("+OK\r\n");
	expect(NULL);
}

static void test_again(void **state)
{
	(void)state;
	ORIG("hello\n");
	ORIG("GET / HTTP/1.1\r\n\r\n");
	expect(NULL);
}

/* More than may wait at once: those that are too many are missed, and their flows come back. */
static void test_flows_are_bounded(void **state)
{
	static struct service waiting[OPENINGS_MAX + 1];

	(void)state;
	for (u32 i = 0; i <= OPENINGS_MAX; i++)
		hand_over_to(&waiting[i], ORIGINATOR, 0, "hello\n", 6);
	connection.state = SAW_DATA << ORIGINATOR;
	service = waiting[0];
	assert_false(record().service_missed);
	service = waiting[OPENINGS_MAX];
	assert_true(record().service_missed);
	for (u32 i = 0; i <= OPENINGS_MAX; i++)
		service_close(&waiting[i]);
	memset(&service, 0, sizeof(service));
	ORIG("get foo\r\n");
	RESP("END\r\n");
	expect("memcached");
}

static void test_host(void **state)
{
	(void)state;
	ORIG("GET / HTTP/1.1\r\nAccept: */*\r\nhOST:\t example.org:8080 \r\n\r\n");
	expect("http");
	assert_string_equal(record().server_name, "example.org");
	assert_true(record().whole_request);
}

static const char *host_of(const char *header)
{
	static char name[SERVER_NAME_SIZE];

	return http_host((const u8 *)header, (u32)strlen(header), name) ? name : "";
}

static void test_hosts(void **state)
{
	char text[SERVER_NAME_SIZE + 32];

	(void)state;
	assert_string_equal(host_of("GET / HTTP/1.1\nHost: a\n\n"), "a");
	assert_string_equal(host_of("GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n"), "[2001:db8::1]");
	assert_string_equal(host_of("GET / HTTP/1.1\r\nHost: cut.off"), "");
	assert_string_equal(host_of("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "");
	assert_string_equal(host_of("GET / HTTP/1.1\r\n\r\nHost: in.the.body\r\n"), "");
	assert_string_equal(host_of("GET / HTTP/1.1\r\nHost: \033[31mred\r\n\r\n"), "");
	assert_string_equal(host_of("Host: first\r\nX: y\r\n\r\n"), "");
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %0*d\r\n", SERVER_NAME_SIZE - 1, 0);
	assert_int_equal(strlen(host_of(text)), SERVER_NAME_SIZE - 1);
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %0*d\r\n", SERVER_NAME_SIZE, 0);
	assert_string_equal(host_of(text), "");
}

/* A ClientHello with one extension before the server's name. */
static const char hello[] = "\x16\3\1\0\x49"
			    "\1\0\0\x45"
			    "\3\3" ZEROS_24 ZEROS_8 "\0"
			    "\0\2\x13\1"
			    "\1\0"
			    "\0\x1a"
			    "\x0a\x0a\0\2\0\0"
			    "\0\0\0\x10\0\x0e\0\0\x0b"
			    "example.org";

static void test_client_hello(void **state)
{
	(void)state;
	hand_over(ORIGINATOR, hello, sizeof(hello) - 1);
	expect("ssl");
	assert_string_equal(record().server_name, "example.org");
	assert_true(record().whole_request);
}

/* Cut anywhere: the name is whole, or there is none. */
static void test_client_hello_cut(void **state)
{
	char name[SERVER_NAME_SIZE];

	(void)state;
	for (u32 length = 0; length < sizeof(hello) - 1; length++) {
		u8 *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy, hello, length);
		assert_int_equal(tls_server_name(copy, length, name), 0);
		free(copy);
	}
	assert_int_equal(tls_server_name((const u8 *)hello, sizeof(hello) - 1, name), 11);
}

/* Every length in it is a lie: it is read within its bounds all the same. */
static void test_client_hello_lies(void **state)
{
	char name[SERVER_NAME_SIZE];
	u8 *copy = malloc(sizeof(hello) - 1);

	(void)state;
	assert_non_null(copy);
	for (u32 at = 0; at < sizeof(hello) - 1; at++)
		for (u32 value = 0; value < 256; value++) {
			u32 length;

			memcpy(copy, hello, sizeof(hello) - 1);
			copy[at] = (u8)value;
			length = tls_server_name(copy, sizeof(hello) - 1, name);
			assert_in_range(length, 0, SERVER_NAME_SIZE - 1);
			assert_true(!length || strlen(name) == length);
		}
	free(copy);
}

#define unit(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_garbage),
		unit(test_offset),
		unit(test_missed),
		unit(test_half_missed),
		unit(test_midstream),
		unit(test_midstream_signature),
		unit(test_no_greeting),
		unit(test_midstream_greeting),
		unit(test_again),
		unit(test_flows_are_bounded),
		unit(test_host),
		cmocka_unit_test(test_hosts),
		unit(test_client_hello),
		cmocka_unit_test(test_client_hello_cut),
		cmocka_unit_test(test_client_hello_lies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
