// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity.h"

#include <endian.h>
#include <sha1.h>
#include <string.h>

#include "wire.h"

struct party party_of(const struct connection_key *key, u64 state, enum endpoint who)
{
	bool originator_is_high = state & ORIGINATOR_IS_HIGH;

	if (originator_is_high == (who == ORIGINATOR))
		return (struct party){key->high, key->high_port};
	return (struct party){key->low, key->low_port};
}

struct siphash {
	u64 v[4];
};

static u64 rotate(u64 x, int by)
{
	return x << by | x >> (64 - by);
}

static void siphash_rounds(struct siphash *h, int rounds)
{
	u64 *v = h->v;

	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

static void siphash_word(struct siphash *h, u64 word)
{
	h->v[3] ^= word;
	siphash_rounds(h, 2);
	h->v[0] ^= word;
}

/* SipHash-2-4 (Aumasson, Bernstein) of whole 64-bit words, with the 128-bit result of its authors. */
static void siphash(const u64 *words, u32 count, const u64 key[2], u64 result[2])
{
	struct siphash h = {{key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d ^ 0xee,
			     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573}};

	for (u32 i = 0; i < count; i++)
		siphash_word(&h, words[i]);
	siphash_word(&h, (u64)count * sizeof(u64) << 56);
	h.v[2] ^= 0xee;
	siphash_rounds(&h, 4);
	result[0] = h.v[0] ^ h.v[1] ^ h.v[2] ^ h.v[3];
	h.v[1] ^= 0xdd;
	siphash_rounds(&h, 4);
	result[1] = h.v[0] ^ h.v[1] ^ h.v[2] ^ h.v[3];
}

ALWAYS_INLINE void base62(char *text, u32 digits, u32 value)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	while (digits--) {
		text[digits] = alphabet[value % 62];
		value /= 62;
	}
}

/* In eleven digits, by parts of 32 bits: short divisions, none of which waits for those of another part. */
static void base62_of_64_bits(char *text, u64 value)
{
	enum { FIVE_DIGITS = 62 * 62 * 62 * 62 * 62 };

	base62(text, 1, (u32)(value / FIVE_DIGITS / FIVE_DIGITS));
	base62(text + 1, 5, (u32)(value / FIVE_DIGITS % FIVE_DIGITS));
	base62(text + 6, 5, (u32)(value % FIVE_DIGITS));
}

/* As long as Zeek's: 96 bits in 17 digits. Seventeen digits of base 62 hold 101 bits. */
struct uid uid_of(const struct interface *i, const struct connection_key *key, u64 start, u32 generation)
{
	/* Fixed: a uid is to find the same connection again, not to keep a secret. */
	static const u64 fixed_key[2] = {0x73796e73636f7065, 0x636f6e6e65637400};
	enum { KEY_WORDS = sizeof(*key) / sizeof(u64) };
	u64 words[KEY_WORDS + 2], hash[2];
	struct uid uid = {.text = "C"};

	memcpy(words, key, sizeof(*key));
	words[KEY_WORDS] = i->replay ? start + (u64)i->wall_offset : start;
	words[KEY_WORDS + 1] = (u64)i->ifindex << 32 | generation;
	siphash(words, COUNT_OF(words), fixed_key, hash);
	base62_of_64_bits(uid.text + 1, hash[0]);
	base62(uid.text + 12, 6, (u32)hash[1]);
	return uid;
}

static void base64(char *text, const u8 *bytes, u32 length)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (u32 i = 0; i < length; i += 3) {
		u32 left = length - i;
		u32 group =
			bytes[i] << 16 | (left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);

		*text++ = alphabet[group >> 18];
		*text++ = alphabet[group >> 12 & 63];
		*text++ = left > 1 ? alphabet[group >> 6 & 63] : '=';
		*text++ = left > 2 ? alphabet[group & 63] : '=';
	}
	*text = 0;
}

/* The specification's order: the lower address first, and of one address the lower port. */
static bool comes_first(const struct party *a, const struct party *b)
{
	int order = memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));

	return order < 0 || (order == 0 && a->port <= b->port);
}

static u8 *put_address(u8 *at, const union address *a)
{
	u32 skip = is_ipv4_mapped(a) ? 12 : 0;

	memcpy(at, a->bytes + skip, sizeof(a->bytes) - skip);
	return at + sizeof(a->bytes) - skip;
}

static u8 *put_be16(u8 *at, u32 v)
{
	*at++ = (u8)(v >> 8);
	*at++ = (u8)v;
	return at;
}

/* SHA-1 of a message that fits one block with its padding (FIPS 180-4 section 5.1.1). */
static void sha1_of_block(u8 block[SHA1_BLOCK_LENGTH], u32 length, u8 digest[SHA1_DIGEST_LENGTH])
{
	SHA1_CTX hash;

	block[length] = 0x80;
	put_be16(block + SHA1_BLOCK_LENGTH - 2, length * 8);
	SHA1Init(&hash);
	SHA1Transform(hash.state, block);
	for (u32 i = 0; i < SHA1_DIGEST_LENGTH / 4; i++) {
		u32 word = htobe32(hash.state[i]);

		memcpy(digest + 4 * i, &word, sizeof(word));
	}
}

struct community_id community_id_of(const struct connection_key *key)
{
	struct party low = {key->low, key->low_port}, high = {key->high, key->high_port};
	const struct party *a = comes_first(&low, &high) ? &low : &high, *b = a == &low ? &high : &low;
	u8 block[SHA1_BLOCK_LENGTH] = {0}, digest[SHA1_DIGEST_LENGTH], *at = block;
	struct community_id id = {.text = "1:"};

	at = put_be16(at, 0); /* the seed */
	at = put_address(at, &a->address);
	at = put_address(at, &b->address);
	*at++ = PROTOCOL_TCP;
	*at++ = 0;
	at = put_be16(at, a->port);
	at = put_be16(at, b->port);
	sha1_of_block(block, (u32)(at - block), digest);
	base64(id.text + 2, digest, sizeof(digest));
	return id;
}
