// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_record.h"

#include "format.h"
#include "identity.h"
#include "verdict.h"

static void json_count(struct json *j, const char *name, bool known, u64 value)
{
	if (known)
		json_u64(j, name, value);
	else
		json_null(j, name);
}

static void json_milestone(struct json *j, const char *name, bool known, u64 ns)
{
	if (known)
		json_ms(j, name, ns);
	else
		json_null(j, name);
}

/* Two numbers of which each is known where its endpoint was seen. */
static void json_pair(struct json *j, const char *name, const struct connection *c, u64 orig, u64 resp)
{
	json_object(j, name);
	json_count(j, "orig", endpoint_seen(c, ORIGINATOR), orig);
	json_count(j, "resp", endpoint_seen(c, RESPONDER), resp);
	json_end_object(j);
}

static void identity(struct json *j, const struct record *r)
{
	const struct connection *c = r->connection;
	struct party orig = party_of(&c->key, c->state, ORIGINATOR);
	struct party resp = party_of(&c->key, c->state, RESPONDER);

	json_seconds(j, "ts", (s64)c->start + r->interface->wall_offset);
	json_word(j, "uid", uid_of(r->interface, &c->key, c->start, c->generation).text);
	json_word(j, "community_id", community_id_of(&c->key).text);
	json_address(j, "id.orig_h", &orig.address);
	json_u64(j, "id.orig_p", orig.port);
	json_address(j, "id.resp_h", &resp.address);
	json_u64(j, "id.resp_p", resp.port);
	json_word(j, "proto", "tcp");
	json_word(j, "service", r->service);
	json_string(j, "server_name", r->server_name);
	if (r->service_sought)
		json_bool(j, "service_missed", r->service_missed);
	else
		json_null(j, "service_missed");
}

static void traffic(struct json *j, const struct record *r)
{
	const struct connection *c = r->connection;
	char history[HISTORY_MAX + 1];

	history_text(c, history);
	json_seconds(j, "duration", (s64)duration(c));
	json_u64(j, "orig_bytes", payload_bytes(c, ORIGINATOR));
	json_u64(j, "resp_bytes", payload_bytes(c, RESPONDER));
	json_word(j, "conn_state", conn_state(c));
	json_u64(j, "missed_bytes", missed_bytes(c));
	json_word(j, "history", history);
	json_u64(j, "orig_pkts", DIRECTION(c, ORIGINATOR)->segments);
	json_u64(j, "orig_ip_bytes", DIRECTION(c, ORIGINATOR)->bytes);
	json_u64(j, "resp_pkts", DIRECTION(c, RESPONDER)->segments);
	json_u64(j, "resp_ip_bytes", DIRECTION(c, RESPONDER)->bytes);
}

static const char *seen(const struct connection *c)
{
	if (!endpoint_seen(c, RESPONDER))
		return "orig";
	return endpoint_seen(c, ORIGINATOR) ? "both" : "resp";
}

static void place(struct json *j, const struct record *r)
{
	const struct connection *c = r->connection;

	json_count(j, "vlan", c->key.vlan, c->key.vlan);
	json_count(j, "inner_vlan", c->key.inner_vlan, c->key.inner_vlan);
	json_string(j, "interface", r->interface->name);
	json_time(j, "start", (s64)c->start + r->interface->wall_offset);
	json_word(j, "seen", seen(c));
	json_word(j, "orig_state", state_name(endpoint_state(c->state, ORIGINATOR)));
	json_word(j, "resp_state", state_name(endpoint_state(c->state, RESPONDER)));
	json_u64(j, "completeness", completeness(c));
}

/* Whether a check of the handshake was passed; null where it could not be made. */
static void validity(struct json *j, const char *name, bool passed, bool failed)
{
	if (passed || failed)
		json_bool(j, name, passed);
	else
		json_null(j, name);
}

static void handshake(struct json *j, const struct connection *c)
{
	bool established = c->state & ESTABLISHED_ONCE, syn_ack = c->state & SAW_SYN_ACK;

	json_object(j, "handshake");
	json_milestone(j, "syn_ms", c->state & SAW_SYN << ORIGINATOR && !(c->state & FLIPPED), 0);
	json_milestone(j, "syn_ack_ms", syn_ack, c->at.syn_ack - c->start);
	json_milestone(j, "ack_ms", established, c->at.established - c->start);
	json_u64(j, "syn_retransmits", c->syn_retransmits);
	json_u64(j, "syn_ack_retransmits", c->syn_ack_retransmits);
	validity(j, "syn_ack_valid",
		 syn_ack && c->state & SYN_ACKED << ORIGINATOR &&
			 (established || !(c->state & SYN_ACK_WRONG)),
		 c->state & SYN_ACK_WRONG);
	validity(j, "ack_valid", established && c->state & SYN_ACKED << RESPONDER, c->state & ACK_WRONG);
	json_end_object(j);
}

static void teardown(struct json *j, const struct record *r)
{
	const struct connection *c = r->connection;
	bool reset = c->state & (RESET_BY | RESET_BY << 1 | RESET_REFUSED);

	json_object(j, "teardown");
	json_word(j, "by", teardown_by(r));
	json_word(j, "how", teardown_how(r));
	json_milestone(j, "fin_orig_ms", c->state & SAW_FIN << ORIGINATOR, c->at.fin[ORIGINATOR] - c->start);
	json_milestone(j, "fin_resp_ms", c->state & SAW_FIN << RESPONDER, c->at.fin[RESPONDER] - c->start);
	json_milestone(j, "rst_ms", reset, c->at.reset - c->start);
	json_u64(j, "fin_orig_retransmits", c->fin_retransmits[ORIGINATOR]);
	json_u64(j, "fin_resp_retransmits", c->fin_retransmits[RESPONDER]);
	json_end_object(j);
}

/* What both have to offer; null unless both SYNs were seen. */
static void agreed(struct json *j, const char *name, const struct connection *c, enum offer what)
{
	if ((c->state & (SAW_SYN | SAW_SYN << 1)) == (SAW_SYN | SAW_SYN << 1))
		json_bool(j, name, c->options[ORIGINATOR].offered & c->options[RESPONDER].offered & what);
	else
		json_null(j, name);
}

static void options(struct json *j, const struct connection *c)
{
	const struct direction_options *o = &c->options[ORIGINATOR], *r = &c->options[RESPONDER];

	json_object(j, "options");
	json_count(j, "orig_mss", o->mss, o->mss);
	json_count(j, "resp_mss", r->mss, r->mss);
	json_count(j, "orig_wscale", o->window_scale != NO_WINDOW_SCALE, o->window_scale);
	json_count(j, "resp_wscale", r->window_scale != NO_WINDOW_SCALE, r->window_scale);
	agreed(j, "sack", c, OFFER_SACK);
	agreed(j, "timestamps", c, OFFER_TIMESTAMPS);
	json_word(j, "fast_open", fast_open(c));
	agreed(j, "mptcp", c, OFFER_MPTCP);
	json_end_object(j);
}

static void quality(struct json *j, const struct connection *c)
{
	const struct direction *o = DIRECTION(c, ORIGINATOR), *r = DIRECTION(c, RESPONDER);

	json_pair(j, "retransmits", c, o->retransmits, r->retransmits);
	json_pair(j, "out_of_order", c, c->quality[ORIGINATOR].out_of_order,
		  c->quality[RESPONDER].out_of_order);
	json_pair(j, "zero_windows", c, c->options[ORIGINATOR].zero_windows,
		  c->options[RESPONDER].zero_windows);
}

static void times(struct json *j, const struct connection *c)
{
	struct round_trip rtt = {0};
	u64 responder = 0, originator = 0, response = 0;
	bool halves = handshake_halves(c, &responder, &originator), measured = round_trip(c, &rtt);

	json_object(j, "rtt_ms");
	json_milestone(j, "handshake", halves, responder + originator);
	json_milestone(j, "min", measured, rtt.min);
	json_milestone(j, "smoothed", measured, rtt.smoothed);
	json_milestone(j, "max", measured, rtt.max);
	json_end_object(j);
	if (first_response(c, &response))
		json_ms(j, "first_response_ms", response);
	else
		json_null(j, "first_response_ms");
}

static void diagnosis(struct json *j, const struct record *r)
{
	u32 found = diagnose(r);

	json_array(j, "diagnosis");
	for (enum diagnosis d = 0; d < DIAGNOSES; d++)
		if (found >> d & 1)
			json_word(j, NULL, diagnosis_name(d));
	json_end_array(j);
}

void json_connection(struct json *j, const struct record *r)
{
	identity(j, r);
	traffic(j, r);
	place(j, r);
	handshake(j, r->connection);
	teardown(j, r);
	options(j, r->connection);
	quality(j, r->connection);
	times(j, r->connection);
	diagnosis(j, r);
}
