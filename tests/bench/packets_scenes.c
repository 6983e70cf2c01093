// SPDX-License-Identifier: GPL-2.0-or-later
#include "packets_scenes.h"

#include <string.h>

#include "wire.h"

/* Bytes of a data segment. */
enum { PAYLOAD = 100 };

enum { DATA = TCP_ACK | TCP_PSH };

const u32 scene_sizes[SCENE_SIZES] = {1, 1 << 10, 1 << 14, 1 << 18, 1 << 20};

#define ALL_SIZES                                                                                            \
	{                                                                                                    \
		true, false, true, true, true                                                                \
	}
#define NEW_SIZES                                                                                            \
	{                                                                                                    \
		false, false, true, true, true                                                               \
	}
#define TABLE_SIZES                                                                                          \
	{                                                                                                    \
		false, false, true, true, false                                                              \
	}
/* 1k: a table that lies in the cache */
#define FULL_SIZES                                                                                           \
	{                                                                                                    \
		false, true, true, true, false                                                               \
	}
#define ONE_SIZE                                                                                             \
	{                                                                                                    \
		true                                                                                         \
	}

#define STEP_SYN .steps = 1, .list = {{.from = 0, .flags = TCP_SYN}}, .effects = {OPENS}

/* clang-format off */
#define STEPS_HANDSHAKE                                                                                      \
	{.from = 0, .flags = TCP_SYN},                                                                       \
	{.from = 1, .flags = TCP_SYN | TCP_ACK, .ack = 1},                                                   \
	{.from = 0, .flags = TCP_ACK, .seq = 1, .ack = 1}

/* A handshake, a request, a response, and a close of four steps. */
#define STEPS_SHORT                                                                                          \
	.steps = 9, .deep = 1,                                                                               \
	.list = {STEPS_HANDSHAKE,                                                                            \
		 {.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD},                         \
		 {.from = 1, .flags = DATA, .seq = 1, .ack = 1 + PAYLOAD, .payload = PAYLOAD},               \
		 {.from = 0, .flags = TCP_FIN | TCP_ACK, .seq = 1 + PAYLOAD, .ack = 1 + PAYLOAD},            \
		 {.from = 1, .flags = TCP_ACK, .seq = 1 + PAYLOAD, .ack = 2 + PAYLOAD},                      \
		 {.from = 1, .flags = TCP_FIN | TCP_ACK, .seq = 1 + PAYLOAD, .ack = 2 + PAYLOAD},            \
		 {.from = 0, .flags = TCP_ACK, .seq = 2 + PAYLOAD, .ack = 2 + PAYLOAD}},                     \
	.effects = {OPENS, 0, COMPLETES, 0, 0, 0, 0, 0, CLOSES}

#define STEP_DATA                                                                                            \
	.steps = 1, .advance = {PAYLOAD, 0},                                                                 \
	.list = {{.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD}}

/* ECE keeps header prediction off: what is told of a segment has gone the long way. */
#define STEP_DATA_LONG                                                                                       \
	.steps = 1, .advance = {PAYLOAD, 0},                                                                 \
	.list = {{.from = 0, .flags = DATA | TCP_ECE, .seq = 1, .ack = 1, .payload = PAYLOAD}}
/* clang-format on */

const struct scene scene_handshake = {
	.steps = 3, .deep = 1, .list = {STEPS_HANDSHAKE}, .effects = {OPENS, 0, COMPLETES}};
const struct scene scene_syn = {STEP_SYN};
const struct scene scene_short = {STEPS_SHORT};
const struct scene scene_data = {.name = "data", STEP_DATA};
const struct scene scene_data_silent = {.name = "silent", STEP_DATA_LONG};
const struct scene scene_data_told = {.name = "told", .ring = RING_READ, .segments = true, STEP_DATA_LONG};
const struct scene scene_data_lost = {.name = "lost", .ring = RING_FULL, .segments = true, STEP_DATA_LONG};

const struct scene scenes[] = {
	{.name = "data", .sizes = ALL_SIZES, .targets = {15, 0, 30, 0, 220}, STEP_DATA},
	{.name = "data-long", .sizes = ALL_SIZES, STEP_DATA_LONG},
	{.name = "ack",
	 .sizes = ALL_SIZES,
	 .targets = {15, 0, 30, 0, 220},
	 .steps = 1,
	 .list = {{.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1}}},
	{.name = "ack-new",
	 .sizes = ALL_SIZES,
	 .targets = {15, 0, 30, 0, 220},
	 .steps = 1,
	 .advance = {1, 0},
	 .sent_ahead = 1,
	 .list = {{.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1 + PAYLOAD}}},
	{.name = "data-sampled",
	 .sizes = ALL_SIZES,
	 .steps = 2,
	 .advance = {PAYLOAD, PAYLOAD},
	 .list = {{.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD},
		  {.from = 1, .flags = DATA, .seq = 1, .ack = 1 + PAYLOAD, .payload = PAYLOAD}}},
	{.name = "data-acked",
	 .sizes = ALL_SIZES,
	 .steps = 2,
	 .advance = {PAYLOAD, 0},
	 .list = {{.from = 0, .flags = DATA, .seq = 1, .ack = 1, .payload = PAYLOAD},
		  {.from = 1, .flags = TCP_ACK, .seq = 1, .ack = 1 + PAYLOAD}}},
	{.name = "syn", .table = TABLE_EMPTY, .ring = RING_READ, .sizes = NEW_SIZES, STEP_SYN},
	{.name = "syn-full",
	 .table = TABLE_HALF_OPEN,
	 .ring = RING_FULL,
	 .sizes = FULL_SIZES,
	 .targets = {0, 120, 120, 120, 120},
	 STEP_SYN},
	{.name = "syn-full-event",
	 .table = TABLE_HALF_OPEN,
	 .ring = RING_READ,
	 .sizes = FULL_SIZES,
	 STEP_SYN},
	{.name = "syn-flood",
	 .table = TABLE_HALF_ESTABLISHED,
	 .ring = RING_FULL,
	 .sizes = FULL_SIZES,
	 .targets = {0, 120, 120, 120, 120},
	 STEP_SYN},
	{.name = "short", .table = TABLE_EMPTY, .ring = RING_READ, .sizes = TABLE_SIZES, STEPS_SHORT},
	{.name = "short-full", .table = TABLE_CLOSED, .ring = RING_READ, .sizes = TABLE_SIZES, STEPS_SHORT},
	{.name = "short-full-unread",
	 .table = TABLE_CLOSED,
	 .ring = RING_FULL,
	 .sizes = TABLE_SIZES,
	 STEPS_SHORT},
	{.name = "udp", .sizes = ONE_SIZE, .ethertype = ETHERTYPE_IPV4},
	{.name = "arp", .sizes = ONE_SIZE, .ethertype = ETHERTYPE_ARP},
	{0},
};

/* NOP NOP TIMESTAMPS; and a SYN's MSS, SACK, timestamps and window scale, as Linux sends them. */
static void set_options(struct script *s)
{
	static const u8 other[] = {1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0};
	static const u8 syn[] = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 1, 0, 0, 0, 0, 0, 1, 3, 3, 7};

	memcpy(s->options[0], syn, sizeof(syn));
	memcpy(s->options[1], other, sizeof(other));
}

void scene_script(const struct scene *scene, struct script *s)
{
	*s = (struct script){.steps = scene->steps, .deep = scene->deep, .turns = 1};
	memcpy(s->advance, scene->advance, sizeof(s->advance));
	memcpy(s->list, scene->list, sizeof(s->list));
	set_options(s);
}
