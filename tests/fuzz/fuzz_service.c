// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first payloads of connections, as they come from the network, through the signatures, the parsers
 * of server names, and nDPI. The input: one byte for each payload, whose lowest bit says who sends it
 * and whose next two which connection it is; two bytes of its length; the payload.
 */
#include <stdlib.h>
#include <string.h>

#include "service.h"

enum { PAYLOAD_HEADER = 3, CONNECTIONS = 4 };

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* What a record may say of it. */
static void check(const struct service *s)
{
	struct connection c = {.state = 0};
	struct record r = {.connection = &c};

	service_of_record(&r, s);
	if (!r.service_sought || (r.service && r.service_missed) || (r.server_name && !r.service))
		abort();
	if (r.server_name && (!strlen(r.server_name) || strlen(r.server_name) > 255))
		abort();
	for (const char *name = r.server_name; name && *name; name++)
		if (*name <= ' ' || *name > '~')
			abort();
}

/* An item of exactly the payload's size, so that a byte read behind it is seen. */
static void hand_over(struct service *s, u8 from, const u8 *bytes, u16 length)
{
	struct first_payload *p = malloc(sizeof(*p) + length);

	if (!p)
		abort();
	memset(p, 0, sizeof(*p));
	p->item.type = ITEM_PAYLOAD;
	p->from = from;
	p->length = length;
	memcpy(p->bytes, bytes, length);
	service_payload(s, p);
	free(p);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct service services[CONNECTIONS] = {0};

	while (size > PAYLOAD_HEADER) {
		u8 which = data[0] >> 1 & (CONNECTIONS - 1);
		u32 length = (u32)data[1] << 8 | data[2];

		if (length > size - PAYLOAD_HEADER)
			length = (u32)(size - PAYLOAD_HEADER);
		if (length > PAYLOAD_LARGE)
			length = PAYLOAD_LARGE;
		hand_over(&services[which], data[0] & 1, data + PAYLOAD_HEADER, (u16)length);
		check(&services[which]);
		data += PAYLOAD_HEADER + length;
		size -= PAYLOAD_HEADER + length;
	}
	for (u32 i = 0; i < CONNECTIONS; i++)
		service_close(&services[i]);
	return 0;
}
