// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The beginnings that protocols are known by, as their specifications have them. Here are those that
 * nDPI 4.2 cannot tell from the first payload of each direction: it waits for more (SMTP, FTP, POP3,
 * IMAP, a ClientHello in two segments), knows them by port (DNS, SMB, BGP, Kerberos), does not know
 * them (HTTP/2, AMQP), or takes others for them (LDAP for MQTT, TPKT for TDS, SIP's OPTIONS for HTTP).
 */
#include "service_signatures.h"

#include <string.h>

#define SET(id) (1ULL << SERVICE_##id)

enum side {
	FROM_ORIGINATOR = 1 << ORIGINATOR,
	FROM_RESPONDER = 1 << RESPONDER,
	FROM_EITHER = FROM_ORIGINATOR | FROM_RESPONDER,
	GREETING = 4 | FROM_RESPONDER, /* the responder speaks first */
};

struct signature {
	enum side from;
	u8 length;
	const char *bytes;    /* '?' stands for any byte */
	const char *contains; /* somewhere behind them; NULL: need not */
	u64 candidates;
};

#define ROW(side, pattern, candidates)                                                                       \
	{                                                                                                    \
		side, sizeof(pattern) - 1, pattern, NULL, candidates                                         \
	}
#define ROW_WITH(side, pattern, text, candidates)                                                            \
	{                                                                                                    \
		side, sizeof(pattern) - 1, pattern, text, candidates                                         \
	}

#define BGP_MARKER "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

/* The first that fits counts. */
static const struct signature signatures[] = {
	/* RFC 9113 3.4: the preface; a server's is a SETTINGS frame */
	ROW(FROM_ORIGINATOR, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", SET(HTTP2)),
	ROW(FROM_RESPONDER, "\0\0?\4\0\0\0\0\0", SET(HTTP2)),
	/* AMQP 0-9-1 4.2.2; 1.0 2.2, with TLS 5.2.1 and SASL 5.3.1 */
	ROW(FROM_EITHER, "AMQP\0\0\x09\1", SET(AMQP)),
	ROW(FROM_EITHER, "AMQP\0\1\0\0", SET(AMQP)),
	ROW(FROM_EITHER, "AMQP\2\1\0\0", SET(AMQP)),
	ROW(FROM_EITHER, "AMQP\3\1\0\0", SET(AMQP)),
	/* RFC 4253 4.2: other lines may come before a server's version */
	ROW(FROM_EITHER, "SSH-2.0-", SET(SSH)),
	ROW(FROM_EITHER, "SSH-1.", SET(SSH)),
	ROW_WITH(GREETING, "", "\nSSH-2.0-", SET(SSH)),
	/* RFC 8446 5.1 and B.3: ClientHello, ServerHello, a fatal alert; RFC 5246 E.2: the old ClientHello */
	ROW(FROM_ORIGINATOR, "\x16\3???\1", SET(SSL)),
	ROW(FROM_RESPONDER, "\x16\3???\2", SET(SSL)),
	ROW(FROM_RESPONDER, "\x15\3?\0\2\2", SET(SSL)),
	ROW(FROM_ORIGINATOR, "\x80?\1\3", SET(SSL)),
	/* RFC 5321 4.2 and RFC 959 5.4: both greet with 220 */
	ROW_WITH(GREETING, "220", "SMTP", SET(SMTP)),
	ROW_WITH(GREETING, "220", "FTP", SET(FTP)),
	ROW(GREETING, "220 ", SET(SMTP) | SET(FTP)),
	ROW(GREETING, "220-", SET(SMTP) | SET(FTP)),
	ROW(FROM_ORIGINATOR, "EHLO ", SET(SMTP)),
	ROW(FROM_ORIGINATOR, "HELO ", SET(SMTP)),
	ROW(FROM_ORIGINATOR, "AUTH TLS\r\n", SET(FTP)),
	ROW(FROM_ORIGINATOR, "USER ", SET(FTP) | SET(POP3) | SET(IRC)),
	/* RFC 1939 4, RFC 2449 5; RFC 3501 7.1 */
	ROW(GREETING, "+OK", SET(POP3)),
	ROW(FROM_ORIGINATOR, "CAPA\r\n", SET(POP3)),
	ROW(GREETING, "* OK", SET(IMAP)),
	ROW(GREETING, "* PREAUTH", SET(IMAP)),
	/* RFC 3977 5.1 and 5.2 */
	ROW(GREETING, "200 ", SET(NNTP)),
	ROW(GREETING, "201 ", SET(NNTP)),
	/* RFC 2812 3.1; IRCv3 capability negotiation */
	ROW(FROM_ORIGINATOR, "NICK ", SET(IRC)),
	ROW(FROM_ORIGINATOR, "CAP LS", SET(IRC)),
	/* RFC 6143 7.1.1; rsync; git-protocol-pack(5); RFC 854: two commands in a row */
	ROW(GREETING, "RFB 003.", SET(RFB)),
	ROW(FROM_EITHER, "@RSYNCD: ", SET(RSYNC)),
	ROW(FROM_ORIGINATOR, "????git-upload-pack ", SET(GIT)),
	ROW(FROM_ORIGINATOR, "????git-receive-pack ", SET(GIT)),
	ROW(FROM_EITHER, "\xff\xfb?\xff", SET(TELNET)),
	ROW(FROM_EITHER, "\xff\xfc?\xff", SET(TELNET)),
	ROW(FROM_EITHER, "\xff\xfd?\xff", SET(TELNET)),
	ROW(FROM_EITHER, "\xff\xfe?\xff", SET(TELNET)),
	/* MQTT 3.1.1 and 5: CONNECT; before that its name was another */
	ROW(FROM_ORIGINATOR, "\x10?\0\4MQTT", SET(MQTT)),
	ROW(FROM_ORIGINATOR, "\x10??\0\4MQTT", SET(MQTT)),
	ROW(FROM_ORIGINATOR, "\x10?\0\6MQIsdp", SET(MQTT)),
	ROW(FROM_ORIGINATOR, "\x10??\0\6MQIsdp", SET(MQTT)),
	/* BEP 3; RESP; ZMTP 3 */
	ROW(FROM_EITHER,
	    "\x13"
	    "BitTorrent protocol",
	    SET(BITTORRENT)),
	ROW(FROM_ORIGINATOR, "*?\r\n$", SET(REDIS)),
	ROW(FROM_EITHER, "\xff\0\0\0\0\0\0\0?\x7f", SET(ZMTP)),
	/* RFC 1928 3: several methods; nDPI knows the greeting with one */
	ROW(FROM_ORIGINATOR, "\5\2\0\1", SET(SOCKS)),
	ROW(FROM_ORIGINATOR, "\5\2\0\2", SET(SOCKS)),
	ROW(FROM_ORIGINATOR, "\5\3\0\1\2", SET(SOCKS)),
	/* RTMP 5.2.2 and 5.2.3: version 3, a time, zeros */
	ROW(FROM_EITHER, "\3????\0\0\0\0", SET(RTMP)),
	/* MS-SMB2 2.1: the session's header, then SMB 1, 2 or an encrypted message */
	ROW(FROM_EITHER, "\0???\xffSMB", SET(SMB)),
	ROW(FROM_EITHER, "\0???\xfeSMB", SET(SMB)),
	ROW(FROM_EITHER, "\0???\xfdSMB", SET(SMB)),
	/* PostgreSQL, message formats: SSLRequest, GSSENCRequest, StartupMessage */
	ROW(FROM_ORIGINATOR, "\0\0\0\x08\4\xd2\x16\x2f", SET(POSTGRESQL)),
	ROW(FROM_ORIGINATOR, "\0\0\0\x08\4\xd2\x16\x30", SET(POSTGRESQL)),
	ROW_WITH(FROM_ORIGINATOR, "\0\0??\0\3\0\0", "user", SET(POSTGRESQL)),
	/* MS-TDS 2.2.3.1: PRELOGIN, LOGIN7; TDS 5 LOGIN */
	ROW(FROM_ORIGINATOR, "\x12\1??\0\0", SET(TDS)),
	ROW(FROM_ORIGINATOR, "\x10\1??\0\0", SET(TDS)),
	ROW(FROM_ORIGINATOR, "\2\0\2\0\0\0", SET(TDS)),
	/* RFC 4271 4.1: OPEN */
	ROW(FROM_EITHER, BGP_MARKER "??\1", SET(BGP)),
	/* RFC 4120 7.2.2 and 5.4.1: AS-REQ and TGS-REQ, pvno 5, lengths of one or two bytes */
	ROW(FROM_ORIGINATOR, "\0\0??\x6a\x81?\x30\x81?\xa1\3\2\1\5", SET(KRB_TCP)),
	ROW(FROM_ORIGINATOR, "\0\0??\x6a\x82??\x30\x82??\xa1\3\2\1\5", SET(KRB_TCP)),
	ROW(FROM_ORIGINATOR, "\0\0??\x6c\x81?\x30\x81?\xa1\3\2\1\5", SET(KRB_TCP)),
	ROW(FROM_ORIGINATOR, "\0\0??\x6c\x82??\x30\x82??\xa1\3\2\1\5", SET(KRB_TCP)),
};

static bool fits(const struct signature *s, const u8 *bytes, u32 length)
{
	if (length < s->length)
		return false;
	for (u32 i = 0; i < s->length; i++)
		if (s->bytes[i] != '?' && (u8)s->bytes[i] != bytes[i])
			return false;
	return !s->contains ||
	       memmem(bytes + s->length, length - s->length, s->contains, strlen(s->contains));
}

static bool ends_with(const u8 *line, u32 length, const char *end)
{
	u32 size = (u32)strlen(end);

	return length > size && !memcmp(line + length - size, end, size);
}

static bool begins_with(const u8 *line, u32 length, const char *begin)
{
	u32 size = (u32)strlen(begin);

	return length >= size && !memcmp(line, begin, size);
}

static bool is_in_method(u8 c)
{
	return (c >= 'A' && c <= 'Z') || c == '-';
}

/* A method: letters in capitals, then a blank (RFC 9112 3, RFC 2326 6.1, RFC 3261 7.1). */
static bool begins_with_method(const u8 *line, u32 length)
{
	enum { METHOD_MAX = 20 };
	u32 n = 0;

	while (n < length && n <= METHOD_MAX && is_in_method(line[n]))
		n++;
	return n > 0 && n <= METHOD_MAX && n < length && line[n] == ' ';
}

/* The protocols whose first line, a request's or a response's, names them. */
static u64 by_first_line(enum endpoint from, const u8 *bytes, u32 length)
{
	static const struct {
		const char *begin; /* of a response */
		const char *end;   /* of a request */
		u64 candidates;
	} kinds[] = {
		{"HTTP/1.0 ", " HTTP/1.0", SET(HTTP)},
		{"HTTP/1.1 ", " HTTP/1.1", SET(HTTP)},
		{"RTSP/1.0 ", " RTSP/1.0", SET(RTSP)},
		{"SIP/2.0 ", " SIP/2.0", SET(SIP)},
	};
	static const char *const methods[] = {"GET /", "POST /", "HEAD /", "PUT /"};
	const u8 *end;
	u32 line;

	if (!is_in_method(bytes[0])) /* nor does a response begin with anything else */
		return 0;
	end = memchr(bytes, '\n', length);
	line = end ? (u32)(end - bytes) : 0;
	if (line && bytes[line - 1] == '\r')
		line--;
	for (u32 i = 0; i < COUNT_OF(kinds); i++)
		if (begins_with(bytes, length, kinds[i].begin) ||
		    (begins_with_method(bytes, line) && ends_with(bytes, line, kinds[i].end)))
			return kinds[i].candidates;
	/* a request line that goes on in the next segment, or HTTP/0.9's */
	for (u32 i = 0; from == ORIGINATOR && i < COUNT_OF(methods); i++)
		if (begins_with(bytes, length, methods[i]))
			return SET(HTTP);
	return 0;
}

/* The bytes of a length in BER, and in *value what it says; 0: it is none. */
static u32 ber_length(const u8 *bytes, u32 length, u32 *value)
{
	u32 more;

	if (!length)
		return 0;
	*value = bytes[0];
	if (bytes[0] < 0x80)
		return 1;
	more = bytes[0] & 0x7fU;
	if (!more || more > 4 || length < 1 + more)
		return 0;
	*value = 0;
	for (u32 i = 1; i <= more; i++)
		*value = *value << 8 | bytes[i];
	return 1 + more;
}

/* RFC 4511 4.1.1: a sequence of a number and an operation of its own tag. */
static bool is_ldap(enum endpoint from, const u8 *bytes, u32 length)
{
	/* bind, search, extended; and the responses to them */
	static const char tags[ENDPOINTS][5] = {"\x60\x63\x77", "\x61\x64\x65\x78"};
	u32 size, number, at;

	if (length < 2 || bytes[0] != 0x30)
		return false;
	at = 1 + ber_length(bytes + 1, length - 1, &size);
	if (at == 1 || length < at + 2 || bytes[at] != 2)
		return false;
	number = bytes[at + 1];
	if (number < 1 || number > 4 || length < at + 2 + number + 1 || size < 2 + number + 2)
		return false;
	return strchr(tags[from], bytes[at + 2 + number]) != NULL && bytes[at + 2 + number];
}

/*
 * RFC 1035 4.1.1 behind its length (4.2.2): a standard query or an update, with questions, the reserved
 * bit clear, and no more records than a message has.
 */
static bool is_dns(enum endpoint from, const u8 *bytes, u32 length)
{
	enum { PREFIX = 2, HEADER = 12, QUESTION = 5, FEW = 64 };
	const u8 *header = bytes + PREFIX;
	u32 opcode;

	if (length < PREFIX + HEADER + QUESTION || load_be16(bytes) < HEADER + QUESTION)
		return false;
	if (from == ORIGINATOR && load_be16(bytes) != length - PREFIX)
		return false;
	opcode = header[2] >> 3 & 0xf;
	if (header[2] >> 7 != (from == RESPONDER) || (opcode != 0 && opcode != 5) || header[3] & 0x40)
		return false;
	return load_be16(header + 4) == 1 && load_be16(header + 6) <= FEW && load_be16(header + 8) <= FEW &&
	       load_be16(header + 10) <= FEW && header[HEADER] < 64 &&
	       (from == RESPONDER || !load_be16(header + 6));
}

enum { ROWS = COUNT_OF(signatures) };

/* For each first byte the rows that it may begin, in their order, up to the one that ends them: ROWS. */
static u8 rows_by_first_byte[256][ROWS + 1];

static void fill_rows_by_first_byte(void)
{
	for (u32 byte = 0; byte < COUNT_OF(rows_by_first_byte); byte++) {
		u8 *at = rows_by_first_byte[byte];

		for (u32 row = 0; row < ROWS; row++)
			if (!signatures[row].length || signatures[row].bytes[0] == '?' ||
			    (u8)signatures[row].bytes[0] == byte)
				*at++ = (u8)row;
		*at = ROWS;
	}
}

struct signature_match signature_match(enum endpoint from, bool first, const u8 *bytes, u32 length)
{
	static bool filled;

	if (!filled)
		fill_rows_by_first_byte();
	filled = true;
	for (const u8 *row = rows_by_first_byte[bytes[0]]; *row < ROWS; row++) {
		const struct signature *s = &signatures[*row];
		bool greeting = s->from == GREETING;

		if (s->from >> from & 1 && (first || !greeting) && fits(s, bytes, length))
			return (struct signature_match){s->candidates, greeting};
	}
	if (is_ldap(from, bytes, length))
		return (struct signature_match){SET(LDAP_TCP), false};
	if (is_dns(from, bytes, length))
		return (struct signature_match){SET(DNS), false};
	return (struct signature_match){by_first_line(from, bytes, length), false};
}
