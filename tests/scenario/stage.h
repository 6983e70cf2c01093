/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a scenario is played: the native engine, what came out of it, and the capture it leaves. */
#ifndef SYNSCOPE_TEST_STAGE_H
#define SYNSCOPE_TEST_STAGE_H

#include <pcap/pcap.h>

#include "engine_native.h"
#include "record.h"
#include "scans.h"

struct final_item {
	struct connection connection;
	enum ending ending;
	enum scan_kind scan;
};

/* What the events of a slot's connection showed it to be a probe of. */
struct probe {
	u32 generation;
	enum scan_kind kind;
};

struct stage {
	struct engine engine;
	bool open;
	u64 now;	      /* ns */
	struct event *events; /* all, in order */
	u32 event_count;
	struct final_item *finals; /* those that left the table, then, after stage_finish(), all, by start */
	u32 final_count;
	struct scans *scans;
	struct probe *probes; /* by slot */
	pcap_t *dead;	      /* of the capture; NULL: none is written */
	pcap_dumper_t *capture;
};

/* What a test of another kind puts before its first segment: 5 minutes, 1 minute, 5 seconds, 64 buckets. */
struct config stage_config(void);

void stage_open(struct stage *s, const struct config *config, const char *capture);
void stage_frame(struct stage *s, u64 time, const u8 *data, u32 length);

/* The run ends at `time`: every record is final. */
void stage_finish(struct stage *s, u64 time);
void stage_close(struct stage *s);

/* One line of JSON, to be freed: a record, an event, the counters. */
char *stage_record_json(const struct stage *s, u32 index);
char *stage_event_json(const struct stage *s, u32 index);
char *stage_counters_json(const struct stage *s);

#endif
