// SPDX-License-Identifier: GPL-2.0-or-later
#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "service_opening.h"
#include "service_server_name.h"
#include "service_signatures.h"

/* The one of a set that has only one; else SERVICE_UNKNOWN. */
static enum service_id single(u64 set)
{
	return set && !(set & (set - 1)) ? (enum service_id)__builtin_ctzll(set) : SERVICE_UNKNOWN;
}

/* A ClientHello in one record (RFC 8446 5.1). */
static bool is_whole_hello(const struct first_payload *p)
{
	enum { RECORD_HEADER = 5 };

	return p->length >= RECORD_HEADER && load_be16(p->bytes + 3) == p->length - RECORD_HEADER;
}

/* A request is whole where its header ends and no body belongs to it. */
static bool is_whole_request(const struct first_payload *p)
{
	static const char *const bodiless[] = {"GET ", "HEAD "};
	static const char end[] = "\r\n\r\n";
	const u32 size = sizeof(end) - 1;

	for (u32 i = 0; i < COUNT_OF(bodiless); i++)
		if (p->length >= size + strlen(bodiless[i]) &&
		    !memcmp(p->bytes, bodiless[i], strlen(bodiless[i])))
			return !memcmp(p->bytes + p->length - size, end, size);
	return false;
}

static void look_at_request(struct service *s, const struct first_payload *p)
{
	char name[SERVER_NAME_SIZE];
	u32 length = 0;

	if (s->id == SERVICE_SSL) {
		length = tls_server_name(p->bytes, p->length, name);
		s->whole_request = is_whole_hello(p);
	} else if (s->id == SERVICE_HTTP) {
		length = http_host(p->bytes, p->length, name);
		s->whole_request = is_whole_request(p);
	}
	if (length)
		s->server = strdup(name);
}

static void ask_ndpi(struct service *s, const struct first_payload *p)
{
	struct spoken spoken = {.from = p->from, .length = p->length, .bytes = p->bytes};
	enum service_id id = SERVICE_UNKNOWN;

	if (s->opening)
		id = opening_second(s->opening, &spoken);
	else if (!(s->heard & ~(1U << p->from)))
		s->opening = opening_first(&spoken, &id);
	s->missed = !s->opening;
	s->id = (u8)id;
	s->guessed = s->id != SERVICE_UNKNOWN;
}

static void identify(struct service *s, const struct first_payload *p)
{
	bool first = !(s->heard & ~(1U << p->from));
	struct signature_match match = signature_match(p->from, first, p->bytes, p->length);

	if (match.candidates && s->candidates)
		s->candidates &= match.candidates;
	else
		s->candidates |= match.candidates;
	s->greeting |= match.greeting;
	s->id = (u8)single(s->candidates);
	if (!s->id && !s->candidates && !match.candidates)
		ask_ndpi(s, p);
}

void service_prepare(void)
{
	ndpi_load();
}

void service_payload(struct service *s, const struct first_payload *p)
{
	const u8 both = 1 << ORIGINATOR | 1 << RESPONDER;

	if (p->offset || !p->length || p->length > PAYLOAD_LARGE || p->from >= ENDPOINTS)
		return;
	if (s->heard & 1 << p->from)
		return;
	s->heard |= (u8)(1 << p->from);
	if (!s->id)
		identify(s, p);
	if (p->from == ORIGINATOR)
		look_at_request(s, p);
	if (s->id || s->candidates || s->heard == both) {
		opening_close(s->opening);
		s->opening = NULL;
	}
}

/* Whether a direction has a beginning that was not looked at. */
static bool is_missed(const struct connection *c, const struct service *s)
{
	if (s->missed)
		return true;
	for (enum endpoint who = ORIGINATOR; who < ENDPOINTS; who++)
		if (c->state & SAW_DATA << who && (c->state & MIDSTREAM || !(s->heard & 1 << who)))
			return true;
	return false;
}

/* Whether the name stands, by what the record knows of the beginning of the connection. */
static bool is_certain(const struct connection *c, const struct service *s)
{
	const u64 both = SAW_DATA << ORIGINATOR | SAW_DATA << RESPONDER;

	if (!s->id || (c->state & MIDSTREAM && (s->guessed || s->greeting)))
		return false;
	return !s->greeting || (c->state & both) != both || c->at.data[RESPONDER] <= c->at.data[ORIGINATOR];
}

void service_of_record(struct record *r, const struct service *s)
{
	r->service_sought = true;
	if (is_certain(r->connection, s)) {
		r->service = service_name(s->id);
		r->server_name = s->server;
		r->answers = service_answers(s->id);
		r->whole_request = s->whole_request;
	} else {
		r->service_missed = is_missed(r->connection, s);
	}
}

void service_close(struct service *s)
{
	opening_close(s->opening);
	free(s->server);
	memset(s, 0, sizeof(*s));
}
