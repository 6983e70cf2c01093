/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a connection is: its two parties, and the names by which other tools can find it again. */
#ifndef SYNSCOPE_IDENTITY_H
#define SYNSCOPE_IDENTITY_H

#include "connection.h"
#include "record.h"

struct party {
	union address address;
	u16 port; /* host byte order */
};

/* An endpoint's address and port; `state` says which half of the key the originator is. */
struct party party_of(const struct connection_key *key, u64 state, enum endpoint who);

enum { UID_LENGTH = 18, COMMUNITY_ID_LENGTH = 30 };

struct uid {
	char text[UID_LENGTH + 1];
};

struct community_id {
	char text[COMMUNITY_ID_LENGTH + 1];
};

/*
 * C and base62 of a hash with a fixed key over interface, key, start (ns) and generation: the same connection
 * has the same uid in any process and from either engine.
 */
struct uid uid_of(const struct interface *i, const struct connection_key *key, u64 start, u32 generation);

/* Community ID, version 1, seed 0 (https://github.com/corelight/community-id-spec): both directions alike. */
struct community_id community_id_of(const struct connection_key *key);

#endif
