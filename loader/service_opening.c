// SPDX-License-Identifier: GPL-2.0-or-later
#include "service_opening.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

struct opening {
	u32 users; /* connections that wait, and the memory below */
	u32 uses;  /* connections that began with it */
	struct spoken first;
	enum service_id id;
	struct spoken second; /* the latest answer, and what both come to; NULL bytes: none yet */
	enum service_id id_of_both;
};

enum { REMEMBERED = 64 };

static struct opening *remembered[REMEMBERED];
static u32 waiting;

static bool is_same(const struct spoken *a, const struct spoken *b)
{
	return a->from == b->from && a->length == b->length && !memcmp(a->bytes, b->bytes, a->length);
}

/* By its beginning. Where two of them meet, each is asked for anew. */
static struct opening **place_of(const struct spoken *s)
{
	u64 hash = s->length << 1 | s->from, words[4] = {0};

	memcpy(words, s->bytes, s->length < sizeof(words) ? s->length : sizeof(words));
	for (u32 i = 0; i < COUNT_OF(words); i++)
		hash = hash_mix(hash ^ words[i]);
	return &remembered[hash % REMEMBERED];
}

/* False: there is no memory. */
static bool copy(struct spoken *to, const struct spoken *from)
{
	u8 *bytes = malloc(from->length);

	if (!bytes)
		return false;
	memcpy(bytes, from->bytes, from->length);
	*to = (struct spoken){.from = from->from, .length = from->length, .bytes = bytes};
	return true;
}

static void forget_answer(struct opening *o)
{
	free((void *)o->second.bytes);
	o->second.bytes = NULL;
}

static void release(struct opening *o)
{
	if (!o || --o->users)
		return;
	forget_answer(o);
	free((void *)o->first.bytes);
	free(o);
}

static struct opening *begin(const struct spoken *first)
{
	struct opening *o = calloc(1, sizeof(*o));

	if (!o || !copy(&o->first, first)) {
		free(o);
		return NULL;
	}
	o->id = ndpi_ask(first, NULL);
	o->users = 1;
	return o;
}

struct opening *opening_first(const struct spoken *first, enum service_id *id)
{
	struct opening **place = place_of(first), *o = *place;

	if (waiting == OPENINGS_MAX || !ndpi_load())
		return NULL;
	if (!o || !is_same(&o->first, first)) {
		o = begin(first);
		if (!o)
			return NULL;
		release(*place);
		*place = o;
	}
	waiting++;
	o->users++;
	o->uses++;
	*id = o->id;
	return o;
}

/* An answer is remembered of what was seen twice: most others are never seen again. */
enum service_id opening_second(struct opening *o, const struct spoken *second)
{
	if (o->second.bytes && is_same(&o->second, second))
		return o->id_of_both;
	forget_answer(o);
	o->id_of_both = ndpi_ask(&o->first, second);
	if (o->uses > 1)
		copy(&o->second, second);
	return o->id_of_both;
}

void opening_close(struct opening *o)
{
	if (!o)
		return;
	waiting--;
	release(o);
}
