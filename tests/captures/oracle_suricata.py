# SPDX-License-Identifier: GPL-2.0-or-later
"""
Suricata: how many flows of a capture have the state, flags, packets and bytes that its tests expect
(FLOWS.tsv). Rows that name none of these are of other tests. Rows of runs that drop, bypass or leave
flows out on purpose are left out: their numbers are those of the policy, not of the traffic.
"""
import ipaddress
import os

from ledger import rows
from replay import endpoints

BITS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32, "ECE": 64, "CWR": 128, "AE": 0}
ETHERNET, VLAN = 14, 4
POLICIES = ("memcap", "-policy=", "simulate-")
CLOSING = {"FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "LAST_ACK", "CLOSING"}


def session_state(record):
    """Its one state of both endpoints; a flow closed in its time, or a FIN from either side in CLOSE_WAIT."""
    if record["teardown"]["how"] in ("fin", "rst"):
        return "closed"
    states = {record["orig_state"], record["resp_state"]}
    if states & CLOSING:
        return "close_wait"
    if record["handshake"]["ack_ms"] is not None or states == {"ESTABLISHED"}:
        return "established"
    return "syn_recv" if record["handshake"]["syn_ack_ms"] is not None else "syn_sent"


def flow_state(record):
    state = session_state(record)
    if state == "closed":
        return "closed"
    return "new" if state in ("syn_sent", "syn_recv") else "established"


def flags_by(segments, who):
    bits = 0
    for segment in segments:
        if who in (None, segment["from"]):
            for name in filter(None, segment["flags"].split(",")):
                bits |= BITS[name]
    return f"{bits:02x}"


def frame_bytes(record, who):
    tags = sum(record[tag] is not None for tag in ("vlan", "inner_vlan"))
    return record[who + "_ip_bytes"] + (ETHERNET + VLAN * tags) * record[who + "_pkts"]


def facts(record, segments):
    return {
        "flow.state": flow_state(record), "tcp.state": session_state(record),
        "tcp_flags": flags_by(segments, None), "tcp_flags_ts": flags_by(segments, "orig"),
        "tcp_flags_tc": flags_by(segments, "resp"),
        "pkts_ts": str(record["orig_pkts"]), "pkts_tc": str(record["resp_pkts"]),
        "bytes_ts": str(frame_bytes(record, "orig")), "bytes_tc": str(frame_bytes(record, "resp")),
    }


def selects(row, record):
    """Whether the row's tuple, as far as it has one, is the record's."""
    (src, sport), (dst, dport) = endpoints(record)
    for field, ours in (("sport", sport), ("dport", dport)):
        if row[field] and int(row[field]) != ours:
            return False
    for field, ours in (("src", src), ("dst", dst)):
        if row[field] and ipaddress.ip_address(row[field]) != ipaddress.ip_address(ours):
            return False
    return True


def compare(replay, folder, ledger):
    for row in rows(os.path.join(folder, "FLOWS.tsv")):
        fields = [f for f in ("flow.state", "tcp.state", "tcp_flags", "tcp_flags_ts", "tcp_flags_tc", "pkts_ts",
                              "pkts_tc", "bytes_ts", "bytes_tc") if row[f]]
        if not fields or row["flow.state"] == "bypassed":
            continue
        if any(policy in (row["args"] or "") for policy in POLICIES):
            continue
        path = os.path.join(folder, row["pcap"])
        records = [r for r in replay.records(path) if selects(row, r)]
        found = [facts(r, replay.segments(path, {r["uid"]})) for r in records]
        if row["src"]:
            for field in fields:
                theirs, ours = row[field], found[0][field] if found else None
                ledger.check("suricata", row["pcap"], field, row["test"], theirs, ours)
        else:
            matching = [f for f in found if all(f[field] == row[field] for field in fields)]
            ledger.check("suricata", row["pcap"], "flows with " + " ".join(fields), row["test"], int(row["count"]),
                         len(matching))
