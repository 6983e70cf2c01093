// SPDX-License-Identifier: GPL-2.0-or-later
/* Where keys belong: how their hash spreads them over a table. */
#include "analyzer_host.h"
#include "random.h"

static void test_hash_spreads_and_depends_on_the_seed(void **state)
{
	enum { KEYS = 4096 };
	u32 load[4] = {0}, moved = 0;

	(void)state;
	test_config.buckets = 4;
	for (u32 i = 0; i < HASH_KEYS; i++)
		test_config.hash_seed[i] = 0x9e3779b97f4a7c15ULL * (i + 1);
	for (u16 n = 0; n < KEYS; n++) {
		struct segment s = test_segment(n, true, 0, 0, 0);
		u32 before = place_of(&s.key).bucket;

		load[before]++;
		test_config.hash_seed[0] ^= 0x1234567;
		moved += place_of(&s.key).bucket != before;
		test_config.hash_seed[0] ^= 0x1234567;
		assert_int_not_equal(place_of(&s.key).tag, 0);
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(load[i], KEYS / 4 - KEYS / 16, KEYS / 4 + KEYS / 16);
	assert_in_range(moved, KEYS / 2, KEYS);
}

enum { SPREAD_BUCKETS = 4096, SPREAD_KEYS = SPREAD_BUCKETS * WAYS / 2, SPREAD_SEEDS = 100 };

static struct connection_key ipv4_key(u32 source, u32 destination, u16 low_port, u16 high_port)
{
	struct connection_key key = {.low_port = low_port, .high_port = high_port};

	source = __builtin_bswap32(source);
	destination = __builtin_bswap32(destination);
	ipv4_mapped(&key.low, (const u8 *)&source);
	ipv4_mapped(&key.high, (const u8 *)&destination);
	return key;
}

/* 2001:db8::host and 2001:db8:1::1. */
static struct connection_key ipv6_key(u32 host, u16 port)
{
	struct connection_key key = {.low_port = port, .high_port = 443};

	key.low.halves[0] = __builtin_bswap64(0x20010db800000000);
	key.low.halves[1] = __builtin_bswap64(host);
	key.high.halves[0] = __builtin_bswap64(0x20010db800010000);
	key.high.halves[1] = __builtin_bswap64(1);
	return key;
}

/* What hosts are known to use: ports and addresses in sequence, one client's to many servers. */
enum { SPREAD_PATTERNS = 7 };

static struct connection_key key_of_pattern(u32 pattern, u32 n)
{
	const u32 client = 0x0a000000, server = 0xc0000201;

	switch (pattern) {
	case 0:
		return ipv4_key(client, server, (u16)(1024 + n), 443);
	case 1:
		return ipv4_key(client, server, (u16)(1024 + 2 * n), 443);
	case 2:
		return ipv4_key(client + n, server, 40000, 443);
	case 3:
		return ipv4_key(client, server + n, 40000, 443);
	case 4:
		return ipv4_key(client + n % 128, server, (u16)(1024 + n / 128), 443);
	case 5:
		return ipv6_key(0x0a000000 + n, 40000);
	default:
		return ipv6_key(0x0a000000 + n % 128, (u16)(1024 + n / 128));
	}
}

/* How many keys find their bucket full. Adds what it found of the ways and tags. */
static u32 spread(u32 pattern, u32 by_way[WAYS], u32 *same_tag)
{
	static struct {
		u32 used;
		u16 tags[WAYS];
	} buckets[SPREAD_BUCKETS];
	u32 refused = 0;

	memset(buckets, 0, sizeof(buckets));
	for (u32 n = 0; n < SPREAD_KEYS; n++) {
		struct connection_key key = key_of_pattern(pattern, n);
		struct place p = place_of(&key);
		u32 used = buckets[p.bucket].used;

		by_way[p.way]++;
		for (u32 i = 0; i < used; i++)
			*same_tag += buckets[p.bucket].tags[i] == p.tag;
		if (used == WAYS) {
			refused++;
			continue;
		}
		buckets[p.bucket].tags[used] = p.tag;
		buckets[p.bucket].used++;
	}
	return refused;
}

/*
 * Keys drawn by lot find their bucket full in 0.84 % of all cases at half load, and share its tag in one of
 * 2^15: of keys in sequence it may not be more. Without the shift one seed in fourteen crowds them.
 */
static void test_keys_in_sequence_spread_like_any(void **state)
{
	(void)state;
	seed = 1;
	test_config.buckets = SPREAD_BUCKETS;
	for (u32 pattern = 0; pattern < SPREAD_PATTERNS; pattern++) {
		u32 by_way[WAYS] = {0}, same_tag = 0;

		for (u32 draw = 0; draw < SPREAD_SEEDS; draw++) {
			for (u32 i = 0; i < HASH_KEYS; i++)
				test_config.hash_seed[i] = (u64)random_below(~0U) << 32 | random_below(~0U);
			assert_in_range(spread(pattern, by_way, &same_tag), 0, SPREAD_KEYS / 50);
		}
		for (u32 way = 0; way < WAYS; way++)
			assert_in_range(by_way[way], SPREAD_SEEDS * SPREAD_KEYS / WAYS * 9 / 10,
					SPREAD_SEEDS * SPREAD_KEYS / WAYS * 11 / 10);
		assert_in_range(same_tag, 0, 4 * SPREAD_SEEDS);
	}
}

#define unit(function) cmocka_unit_test_setup(function, analyzer_reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit(test_hash_spreads_and_depends_on_the_seed),
		unit(test_keys_in_sequence_spread_like_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
