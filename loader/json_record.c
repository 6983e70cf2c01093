// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_record.h"

#include "format.h"
#include "identity.h"
#include "verdict.h"

/* Two numbers of which each is known where its endpoint was seen. */
ALWAYS_INLINE char *put_pair(char *at, const char *name, const struct connection *c, u64 orig, u64 resp)
{
	at = put_object(at, name);
	at = put_known_u64(at, "orig", endpoint_seen(c, ORIGINATOR), orig);
	at = put_known_u64(at, "resp", endpoint_seen(c, RESPONDER), resp);
	return put_end(at);
}

static char *identity(char *at, const struct record *r)
{
	const struct connection *c = r->connection;
	struct party orig = party_of(&c->key, c->state, ORIGINATOR);
	struct party resp = party_of(&c->key, c->state, RESPONDER);

	at = put_seconds(at, "ts", (s64)c->start + r->interface->wall_offset);
	at = put_text(at, "uid", uid_of(r->interface, &c->key, c->start, c->generation).text, UID_LENGTH);
	at = put_text(at, "community_id", community_id_of(&c->key).text, COMMUNITY_ID_LENGTH);
	at = put_address(at, "id.orig_h", &orig.address);
	at = put_u64(at, "id.orig_p", orig.port);
	at = put_address(at, "id.resp_h", &resp.address);
	at = put_u64(at, "id.resp_p", resp.port);
	at = put_word(at, "proto", "tcp");
	return put_word(at, "service", r->service);
}

static char *traffic(char *at, const struct record *r)
{
	const struct connection *c = r->connection;
	bool orig = endpoint_watched(r, ORIGINATOR), resp = endpoint_watched(r, RESPONDER);
	char history[HISTORY_MAX + 1];

	history_text(c, history);
	at = put_seconds(at, "duration", (s64)duration(c));
	at = put_known_u64(at, "orig_bytes", orig, payload_bytes(c, ORIGINATOR));
	at = put_known_u64(at, "resp_bytes", resp, payload_bytes(c, RESPONDER));
	at = put_word(at, "conn_state", conn_state(c));
	at = put_known_u64(at, "missed_bytes", orig && resp, missed_bytes(c));
	at = put_word(at, "history", history);
	at = put_known_u64(at, "orig_pkts", orig, DIRECTION(c, ORIGINATOR)->segments);
	at = put_known_u64(at, "orig_ip_bytes", orig, DIRECTION(c, ORIGINATOR)->bytes);
	at = put_known_u64(at, "resp_pkts", resp, DIRECTION(c, RESPONDER)->segments);
	at = put_known_u64(at, "resp_ip_bytes", resp, DIRECTION(c, RESPONDER)->bytes);
	at = put_known_u64(at, "vlan", c->key.vlan, c->key.vlan);
	return put_known_u64(at, "inner_vlan", c->key.inner_vlan, c->key.inner_vlan);
}

static const char *seen(const struct connection *c)
{
	if (!endpoint_seen(c, RESPONDER))
		return "orig";
	return endpoint_seen(c, ORIGINATOR) ? "both" : "resp";
}

static char *progress(char *at, const struct record *r)
{
	const struct connection *c = r->connection;

	at = put_time(at, "start", (s64)c->start + r->interface->wall_offset);
	at = put_word(at, "seen", seen(c));
	at = put_word(at, "orig_state", state_name(endpoint_state(c->state, ORIGINATOR)));
	at = put_word(at, "resp_state", state_name(endpoint_state(c->state, RESPONDER)));
	return put_u64(at, "completeness", completeness(c));
}

/* Whether a check of the handshake was passed; null where it could not be made. */
ALWAYS_INLINE char *put_validity(char *at, const char *name, bool passed, bool failed)
{
	return put_known_bool(at, name, passed || failed, passed);
}

/* The time since the first segment; null also where a capture's time has stepped back in between. */
ALWAYS_INLINE char *put_since(char *at, const char *name, const struct connection *c, bool known, u64 time)
{
	return put_known_ms(at, name, known && time >= c->start, time - c->start);
}

static char *handshake(char *at, const struct record *r)
{
	const struct connection *c = r->connection;
	bool established = c->state & ESTABLISHED_ONCE, syn_ack = c->state & SAW_SYN_ACK;

	at = put_object(at, "handshake");
	at = put_known_ms(at, "syn_ms", c->state & SAW_SYN << ORIGINATOR && !(c->state & FLIPPED), 0);
	at = put_since(at, "syn_ack_ms", c, syn_ack, c->at.syn_ack);
	at = put_since(at, "ack_ms", c, established, c->at.established);
	at = put_known_u64(at, "syn_retransmits", endpoint_watched(r, ORIGINATOR), c->syn_retransmits);
	at = put_known_u64(at, "syn_ack_retransmits", endpoint_watched(r, RESPONDER), c->syn_ack_retransmits);
	at = put_validity(at, "syn_ack_valid",
			  syn_ack && c->state & SYN_ACKED << ORIGINATOR &&
				  (established || !(c->state & SYN_ACK_WRONG)),
			  c->state & SYN_ACK_WRONG);
	at = put_validity(at, "ack_valid", established && c->state & SYN_ACKED << RESPONDER,
			  c->state & ACK_WRONG);
	return put_end(at);
}

static char *teardown(char *at, const struct record *r)
{
	const struct connection *c = r->connection;
	bool reset = c->state & (RESET_BY | RESET_BY << 1 | RESET_NOT_ACCEPTED);

	at = put_object(at, "teardown");
	at = put_word(at, "by", teardown_by(r));
	at = put_word(at, "how", teardown_how(r));
	at = put_since(at, "fin_orig_ms", c, c->state & SAW_FIN << ORIGINATOR, c->at.fin[ORIGINATOR]);
	at = put_since(at, "fin_resp_ms", c, c->state & SAW_FIN << RESPONDER, c->at.fin[RESPONDER]);
	at = put_since(at, "rst_ms", c, reset, c->at.reset);
	at = put_known_u64(at, "fin_orig_retransmits", endpoint_watched(r, ORIGINATOR),
			   c->fin_retransmits[ORIGINATOR]);
	at = put_known_u64(at, "fin_resp_retransmits", endpoint_watched(r, RESPONDER),
			   c->fin_retransmits[RESPONDER]);
	return put_end(at);
}

/* What both have to offer; null unless both SYNs were seen. */
ALWAYS_INLINE char *put_agreed(char *at, const char *name, const struct connection *c, enum offer what)
{
	return put_known_bool(at, name, both(c->state, SAW_SYN),
			      c->options[ORIGINATOR].offered & c->options[RESPONDER].offered & what);
}

static char *options(char *at, const struct connection *c)
{
	const struct direction_options *o = &c->options[ORIGINATOR], *r = &c->options[RESPONDER];

	at = put_object(at, "options");
	at = put_known_u64(at, "orig_mss", o->mss, o->mss);
	at = put_known_u64(at, "resp_mss", r->mss, r->mss);
	at = put_known_u64(at, "orig_wscale", o->window_scale != NO_WINDOW_SCALE, o->window_scale);
	at = put_known_u64(at, "resp_wscale", r->window_scale != NO_WINDOW_SCALE, r->window_scale);
	at = put_agreed(at, "sack", c, OFFER_SACK);
	at = put_agreed(at, "timestamps", c, OFFER_TIMESTAMPS);
	at = put_word(at, "fast_open", fast_open(c));
	at = put_agreed(at, "mptcp", c, OFFER_MPTCP);
	return put_end(at);
}

static char *quality(char *at, const struct connection *c)
{
	const struct direction *o = DIRECTION(c, ORIGINATOR), *r = DIRECTION(c, RESPONDER);

	at = put_pair(at, "retransmits", c, o->retransmits, r->retransmits);
	at = put_pair(at, "out_of_order", c, c->quality[ORIGINATOR].out_of_order,
		      c->quality[RESPONDER].out_of_order);
	return put_pair(at, "zero_windows", c, c->options[ORIGINATOR].zero_windows,
			c->options[RESPONDER].zero_windows);
}

static char *times(char *at, const struct connection *c)
{
	struct round_trip rtt = {0};
	u64 responder = 0, originator = 0, response = 0;
	bool halves = handshake_halves(c, &responder, &originator), measured = round_trip(c, &rtt);
	bool answered = first_response(c, &response);

	at = put_object(at, "rtt_ms");
	at = put_known_ms(at, "handshake", halves, responder + originator);
	at = put_known_ms(at, "min", measured, rtt.min);
	at = put_known_ms(at, "smoothed", measured, rtt.smoothed);
	at = put_known_ms(at, "max", measured, rtt.max);
	at = put_end(at);
	return put_known_ms(at, "first_response_ms", answered, response);
}

/* Between the texts that others chose, which may be of any length. */
static void up_to_server_name(struct json *j, const struct record *r)
{
	json_used(j, identity(json_room(j), r));
}

static void up_to_interface(struct json *j, const struct record *r)
{
	char *at = json_room(j);

	at = put_known_bool(at, "service_missed", r->service_sought, r->service_missed);
	json_used(j, traffic(at, r));
}

static void up_to_diagnosis(struct json *j, const struct record *r)
{
	char *at = json_room(j);

	at = progress(at, r);
	at = handshake(at, r);
	at = teardown(at, r);
	at = options(at, r->connection);
	at = quality(at, r->connection);
	json_used(j, times(at, r->connection));
}

static void diagnosis(struct json *j, const struct record *r)
{
	json_array(j, "diagnosis");
	for (u32 found = diagnose(r); found; found &= found - 1)
		json_word(j, NULL, diagnosis_name((enum diagnosis)__builtin_ctz(found)));
	json_end_array(j);
}

void json_connection(struct json *j, const struct record *r)
{
	up_to_server_name(j, r);
	json_string(j, "server_name", r->server_name);
	up_to_interface(j, r);
	json_string(j, "interface", r->interface->name);
	up_to_diagnosis(j, r);
	diagnosis(j, r);
}
