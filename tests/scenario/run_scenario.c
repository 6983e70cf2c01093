// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays scenarios through the native engine: texts of segments and of what is to be expected.
 *
 *   run_scenario [-v] [--pcap FILE] SCENARIO...
 *
 * README.md beside this file has the language.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "script.h"
#include "stage.h"
#include "verdict.h"

enum { LINE_MAX_LENGTH = 1024, VALUE_MAX = 1024, BLOCK_LINES_MAX = 32 };

/* Segments are relative to this; ns. */
static const u64 BEGINNING = 1700000000ULL * 1000000000;

/* Lines between `repeat` and `again`. */
struct block {
	char lines[BLOCK_LINES_MAX][LINE_MAX_LENGTH];
	u32 count;
	u32 rounds; /* 0: no block is open */
	u64 every;  /* ns */
	u16 orig_port_step;
	u16 resp_port_step;
};

struct play {
	const char *path;
	const char *capture; /* --pcap */
	u32 line;
	u32 failures;
	bool finished;
	struct script script;
	struct config config;
	struct stage stage;
	struct block block;
	u64 time;
	u64 offset;	 /* ns; of the round of a block */
	u32 events_told; /* by `expect events` so far */
};

static bool verbose;

static void fail(struct play *p, const char *what, const char *wanted, const char *got)
{
	printf("%s:%u: %s: wanted %s, got %s\n", p->path, p->line, what, wanted, got);
	p->failures++;
}

static void start(struct play *p)
{
	if (!p->stage.open)
		stage_open(&p->stage, &p->config, p->capture);
}

static void finish(struct play *p)
{
	start(p);
	if (!p->finished)
		stage_finish(&p->stage, p->time);
	p->finished = true;
}

/* Seconds with up to nine decimals, exactly. */
static bool read_time(const char *text, u64 *ns)
{
	char *end;
	u64 unit = 1000000000;

	*ns = strtoull(text, &end, 10) * unit;
	if (end == text)
		return false;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
			unit /= 10;
			*ns += (u64)(*end - '0') * unit;
		}
	return !*end;
}

static void play_segment(struct play *p, char *const words[], u32 count)
{
	static u8 frame[FRAME_MAX];
	struct frame_text text;
	const char *wrong;
	u64 at;

	if (!read_time(words[0], &at)) {
		fail(p, "a line", "a time or a directive", words[0]);
		return;
	}
	wrong = script_segment(&p->script, words + 1, count - 1, &text);
	if (wrong) {
		fail(p, "a segment", "words that are known", wrong);
		return;
	}
	start(p);
	p->time = BEGINNING + p->offset + at;
	stage_frame(&p->stage, p->time, frame, frame_build(&text, frame));
}

/* `expect states A B`: of the connection of the latest event; a dash for an endpoint never seen. */
static void expect_states(struct play *p, char *const words[], u32 count)
{
	const struct stage *s = &p->stage;
	char wanted[VALUE_MAX], got[VALUE_MAX];
	const struct connection *latest = NULL;
	const char *names[ENDPOINTS];

	for (u32 i = 0; s->open && i < s->engine.config.buckets * WAYS; i++) {
		const struct bucket *b = &s->engine.table[i / WAYS];

		if (b->tags[i % WAYS] && (!latest || last_seen(&b->ways[i % WAYS]) >= last_seen(latest)))
			latest = &b->ways[i % WAYS];
	}
	if (!latest || count != 2) {
		fail(p, "states", "a connection, and two states", "none");
		return;
	}
	for (u32 who = 0; who < ENDPOINTS; who++)
		names[who] = state_name(endpoint_state(latest->state, who));
	snprintf(got, sizeof(got), "%s %s", names[0] ? names[0] : "-", names[1] ? names[1] : "-");
	snprintf(wanted, sizeof(wanted), "%s %s", words[0], words[1]);
	if (strcmp(wanted, got))
		fail(p, "states", wanted, got);
}

/* The names of the events since the last time. One segment may be several. */
static void events_since(struct play *p, char *text, size_t room)
{
	const struct stage *s = &p->stage;

	*text = 0;
	for (; p->events_told < s->event_count; p->events_told++)
		for (u32 kind = 0; kind < EVENT_KINDS; kind++) {
			char name[64], *json;
			struct event one = s->events[p->events_told];
			struct stage alone = {.events = &one, .event_count = 1};

			if (!(one.kinds >> kind & 1))
				continue;
			one.kinds = 1U << kind;
			json = stage_event_json(&alone, 0);
			if (field_find(json, "event", name, sizeof(name)))
				snprintf(text + strlen(text), room - strlen(text), "%s%s", *text ? " " : "",
					 name);
			free(json);
		}
}

static void expect_events(struct play *p, char *const words[], u32 count)
{
	char wanted[VALUE_MAX] = "", got[VALUE_MAX];

	for (u32 i = 0; i < count; i++)
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s%s", i ? " " : "",
			 words[i]);
	events_since(p, got, sizeof(got));
	if (strcmp(wanted, got))
		fail(p, "events", wanted, got);
}

/* Holds each "path=value" against the object. */
static void expect_fields(struct play *p, const char *json, char *const words[], u32 count)
{
	for (u32 i = 0; i < count; i++) {
		char got[VALUE_MAX], *value = strchr(words[i], '=');

		if (!value) {
			fail(p, words[i], "field=value", "no '='");
			continue;
		}
		*value++ = 0;
		if (!field_find(json, words[i], got, sizeof(got)))
			fail(p, words[i], value, "no such field");
		else if (strcmp(value, got))
			fail(p, words[i], value, got);
	}
}

/* `expect event FIELD=VALUE...`: of the latest event, by its first kind. */
static void expect_event(struct play *p, char *const words[], u32 count)
{
	char *json;

	if (!p->stage.event_count) {
		fail(p, "event", "one", "none");
		return;
	}
	json = stage_event_json(&p->stage, p->stage.event_count - 1);
	expect_fields(p, json, words, count);
	free(json);
}

/* `expect record [N] FIELD=VALUE...`: the N-th by its start, from 1. Ends the run. */
static void expect_record(struct play *p, char *const words[], u32 count)
{
	u32 n = 1, skip = 0;
	char *json, got[32];

	finish(p);
	if (count && !strchr(words[0], '=')) {
		n = (u32)atoi(words[0]);
		skip = 1;
	}
	if (!n || n > p->stage.final_count) {
		snprintf(got, sizeof(got), "%u", p->stage.final_count);
		fail(p, "records", words[0], got);
		return;
	}
	json = stage_record_json(&p->stage, n - 1);
	if (verbose)
		printf("%s:%u: %s\n", p->path, p->line, json);
	expect_fields(p, json, words + skip, count - skip);
	free(json);
}

static void expect_records(struct play *p, const char *wanted)
{
	char got[32];

	finish(p);
	snprintf(got, sizeof(got), "%u", p->stage.final_count);
	if (strcmp(wanted, got))
		fail(p, "records", wanted, got);
}

static void expect_counters(struct play *p, char *const words[], u32 count)
{
	char *json;

	start(p);
	p->stage.now = p->time;
	json = stage_counters_json(&p->stage);
	expect_fields(p, json, words, count);
	free(json);
}

static void expect(struct play *p, char *const words[], u32 count)
{
	const char *what = count ? words[0] : "";

	if (!strcmp(what, "states"))
		expect_states(p, words + 1, count - 1);
	else if (!strcmp(what, "events"))
		expect_events(p, words + 1, count - 1);
	else if (!strcmp(what, "event"))
		expect_event(p, words + 1, count - 1);
	else if (!strcmp(what, "record"))
		expect_record(p, words + 1, count - 1);
	else if (!strcmp(what, "records") && count == 2)
		expect_records(p, words[1]);
	else if (!strcmp(what, "counters"))
		expect_counters(p, words + 1, count - 1);
	else
		fail(p, "expect", "states, events, event, record, records or counters", what);
}

/* `isn o 1 r 2`: what relative numbers count from, from here on. */
static void set_isn(struct play *p, char *const words[], u32 count)
{
	for (u32 i = 0; i + 1 < count; i += 2)
		p->script.isn[*words[i] == 'o' ? ORIGINATOR : RESPONDER] =
			(u32)strtoul(words[i + 1], NULL, 0);
}

static bool set(struct play *p, char *const words[], u32 count)
{
	u64 second = 1000000000, value = count > 1 ? strtoull(words[1], NULL, 0) : 0;

	if (!strcmp(words[0], "isn"))
		set_isn(p, words + 1, count - 1);
	else if (!strcmp(words[0], "ports") && count == 3) {
		p->script.orig_port = (u16)value;
		p->script.resp_port = (u16)atoi(words[2]);
	} else if (!strcmp(words[0], "vlan")) {
		p->script.vlan = (u16)value;
		p->script.inner_vlan = (u16)(count > 2 ? atoi(words[2]) : 0);
	} else if (!strcmp(words[0], "ipv6"))
		p->script.ipv6 = true;
	else if (!strcmp(words[0], "idle-timeout"))
		p->config.idle_timeout = value * second;
	else if (!strcmp(words[0], "time-wait"))
		p->config.time_wait = value * second;
	else if (!strcmp(words[0], "linger"))
		p->config.linger = value * second;
	else if (!strcmp(words[0], "buckets"))
		p->config.buckets = (u32)value;
	else if (!strcmp(words[0], "segments"))
		p->config.segments = 1;
	else if (!strcmp(words[0], "ingress-only"))
		p->config.one_way = 1;
	else
		return false;
	return true;
}

static void play_words(struct play *p, char *words[], u32 count)
{
	if (!strcmp(words[0], "expect"))
		expect(p, words + 1, count - 1);
	else if (!strcmp(words[0], "end") && count == 2) {
		if (read_time(words[1], &p->time))
			p->time += BEGINNING;
		finish(p);
	} else if (!set(p, words, count))
		play_segment(p, words, count);
}

/* Takes a line apart where it stands. */
static u32 split(char *line, char *words[WORDS_MAX])
{
	char *rest = NULL;
	u32 count = 0;

	line[strcspn(line, "#\n")] = 0;
	for (char *w = strtok_r(line, " \t", &rest); w && count < WORDS_MAX; w = strtok_r(NULL, " \t", &rest))
		words[count++] = w;
	return count;
}

/* `repeat ROUNDS SECONDS [ports O R]` */
static void begin_block(struct play *p, char *const words[], u32 count)
{
	struct block *b = &p->block;
	bool has_ports = count == 6 && !strcmp(words[3], "ports");

	b->count = 0;
	b->rounds = count > 1 ? (u32)atoi(words[1]) : 0;
	if (!b->rounds || !(count == 3 || has_ports) || !read_time(words[2], &b->every))
		fail(p, "repeat", "ROUNDS SECONDS [ports O R]", count > 1 ? words[1] : "nothing");
	b->orig_port_step = has_ports ? (u16)atoi(words[4]) : 0;
	b->resp_port_step = has_ports ? (u16)atoi(words[5]) : 0;
}

/* Each round is later by b->every, and its ports are other ones. */
static void play_block(struct play *p)
{
	struct block *b = &p->block;
	u16 orig_port = p->script.orig_port, resp_port = p->script.resp_port;

	for (u32 round = 0; round < b->rounds; round++) {
		p->offset = round * b->every;
		p->script.orig_port = (u16)(orig_port + round * b->orig_port_step);
		p->script.resp_port = (u16)(resp_port + round * b->resp_port_step);
		for (u32 i = 0; i < b->count; i++) {
			char line[LINE_MAX_LENGTH], *words[WORDS_MAX];
			u32 count;

			memcpy(line, b->lines[i], sizeof(line));
			count = split(line, words);
			if (count)
				play_words(p, words, count);
		}
	}
	b->rounds = 0;
	p->offset = 0;
	p->script.orig_port = orig_port;
	p->script.resp_port = resp_port;
}

static void play_line(struct play *p, const char *line)
{
	char copy[LINE_MAX_LENGTH], *words[WORDS_MAX];
	struct block *b = &p->block;
	u32 count;

	snprintf(copy, sizeof(copy), "%s", line);
	count = split(copy, words);
	if (!count)
		return;
	if (!strcmp(words[0], "again"))
		play_block(p);
	else if (b->rounds && b->count < BLOCK_LINES_MAX)
		snprintf(b->lines[b->count++], LINE_MAX_LENGTH, "%s", line);
	else if (b->rounds)
		fail(p, "repeat", "a block that ends", "a longer one");
	else if (!strcmp(words[0], "repeat"))
		begin_block(p, words, count);
	else
		play_words(p, words, count);
}

/* 0: passed, 1: failed. */
static u32 play(const char *path, const char *capture)
{
	struct play p = {
		.path = path, .capture = capture, .script = script_begin(), .config = stage_config()};
	char line[LINE_MAX_LENGTH];
	FILE *in = fopen(path, "r");

	if (!in) {
		perror(path);
		return 1;
	}
	for (p.line = 1; fgets(line, sizeof(line), in); p.line++)
		play_line(&p, line);
	fclose(in);
	if (p.block.rounds)
		fail(&p, "repeat", "again", "the end");
	if (!p.stage.open)
		fail(&p, "a scenario", "segments", "none");
	stage_close(&p.stage);
	return p.failures != 0;
}

int main(int argc, char **argv)
{
	const char *capture = NULL;
	u32 passed = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-v"))
			verbose = true;
		else if (!strcmp(argv[i], "--pcap") && i + 1 < argc)
			capture = argv[++i];
		else if (play(argv[i], capture))
			failed++;
		else
			passed++;
	}
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed || !passed;
}
