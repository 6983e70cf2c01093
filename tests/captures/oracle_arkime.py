# SPDX-License-Identifier: GPL-2.0-or-later
"""
Arkime: packets, payload bytes, a counter for each flag, zero windows, and the check of the handshake's
numbers, of each session (SESSIONS.tsv). A session that Arkime cut in two is compared as their sum.
"""
import os

from ledger import rows
from replay import between, endpoints

# The header in front of the IP header, by the link type in the file's header.
LINK_HEADERS = {0: 4, 1: 14, 101: 0, 113: 16}
VLAN = 4


def link_header(path):
    """Bytes; None where the link type has no fixed one, or the file is no pcap."""
    with open(path, "rb") as f:
        header = f.read(24)
    order = {b"\xd4\xc3\xb2\xa1": "little", b"\xa1\xb2\xc3\xd4": "big"}.get(header[:4])
    return LINK_HEADERS.get(int.from_bytes(header[20:24], order)) if order else None


def total(sessions, field):
    return sum(int(s[field]) for s in sessions if s[field])


def flags_of(segment):
    return set(segment["flags"].split(",")) if segment["flags"] else set()


def count_flags(segments):
    """In Arkime's order: a SYN is nothing else, ACK only where it stands alone."""
    counts = dict.fromkeys(("syn", "syn-ack", "ack", "psh", "fin", "rst", "urg", "ece", "cwr", "ae"), 0)
    for flags in map(flags_of, segments):
        if "SYN" in flags:
            counts["syn-ack" if "ACK" in flags else "syn"] += 1
        else:
            for name in ("RST", "FIN", "PSH"):
                counts[name.lower()] += name in flags
            counts["ack"] += flags & {"FIN", "RST", "PSH", "ACK"} == {"ACK"}
        for name in ("URG", "ECE", "CWR", "AE"):
            counts[name.lower()] += name in flags
    return counts


def compare(replay, folder, ledger):
    by_connection = {}
    for row in rows(os.path.join(folder, "SESSIONS.tsv")):
        by_connection.setdefault((row["pcap"], row["src"], row["sport"], row["dst"], row["dport"]), []).append(row)
    for (capture, src, sport, dst, dport), sessions in by_connection.items():
        path = os.path.join(folder, capture)
        source, destination = (src, int(sport)), (dst, int(dport))
        records = between(replay.records(path), source, destination)
        who = f"{src}:{sport}-{dst}:{dport}"
        if not records:
            ledger.check("arkime", capture, "connection", who, "one", "none")
            continue
        segments = replay.segments(path, {r["uid"] for r in records})
        compare_volume(ledger, capture, who, sessions, records, source)
        compare_frame_bytes(ledger, capture, who, sessions, records, source, link_header(path))
        compare_flags(ledger, capture, who, sessions, segments, source)
        compare_times(ledger, capture, who, sessions, segments)
        compare_handshake(ledger, capture, who, sessions, records[0])


def of_source(records, source):
    """(their name, ours) of each direction."""
    same = endpoints(records[0])[0] == source
    return (("src", "orig" if same else "resp"), ("dst", "resp" if same else "orig"))


def compare_volume(ledger, capture, who, sessions, records, source):
    for theirs, ours in of_source(records, source):
        packets = sum(r[ours + "_pkts"] for r in records)
        ledger.check("arkime", capture, theirs + "_pkts", who, total(sessions, theirs + "_pkts"), packets)
        # theirs are the bytes seen, ours those sent: the missed ones of both directions are one number
        sent = sum(r[ours + "_bytes"] for r in records)
        seen, wanted = sent - sum(r["missed_bytes"] for r in records), total(sessions, theirs + "_databytes")
        ledger.check("arkime", capture, theirs + "_databytes", who, wanted, seen if wanted == seen else sent)


def compare_frame_bytes(ledger, capture, who, sessions, records, source, link):
    """Frames may be padded to 60 bytes, which a TCP packet in Ethernet misses by 6 at most."""
    tags = sum(records[0][tag] is not None for tag in ("vlan", "inner_vlan"))
    if link is None:
        return
    for theirs, ours in of_source(records, source):
        packets = sum(r[ours + "_pkts"] for r in records)
        padding = total(sessions, theirs + "_bytes") - sum(r[ours + "_ip_bytes"] for r in records)
        padding -= (link + VLAN * tags) * packets
        ledger.check("arkime", capture, theirs + "_bytes", who, "0 to 6 a packet more",
                     "0 to 6 a packet more" if 0 <= padding <= 6 * packets else f"{padding} more")


def compare_flags(ledger, capture, who, sessions, segments, source):
    for name, ours in count_flags(segments).items():
        ledger.check("arkime", capture, "f_" + name, who, total(sessions, "f_" + name), ours)
    for field, mine in (("f_srcZero", True), ("f_dstZero", False)):
        zero = [s for s in segments if not s["window"] and "RST" not in flags_of(s) and
                ((s["src"], s["sport"]) == source) == mine]
        ledger.check("arkime", capture, field, who, total(sessions, field), len(zero))


def milliseconds(stamp):
    """Of an event's time, the part that both print: Arkime cuts off below the millisecond."""
    return stamp[11:23]


def clock(stamp):
    seconds, ms = divmod(int(stamp), 1000)
    return f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms:03}"


def compare_times(ledger, capture, who, sessions, segments):
    first = min(int(s["firstPacket_ms"]) for s in sessions)
    last = max(int(s["lastPacket_ms"]) for s in sessions)
    stamps = sorted(s["ts"] for s in segments)
    ledger.check("arkime", capture, "firstPacket", who, clock(first), milliseconds(stamps[0]))
    ledger.check("arkime", capture, "lastPacket", who, clock(last), milliseconds(stamps[-1]))


def compare_handshake(ledger, capture, who, sessions, record):
    handshake = record["handshake"]
    for field, ours, needs in (("tcpSynValidated", "syn_ack_valid", ("f_syn", "f_syn-ack")),
                               ("tcpSynAckValidated", "ack_valid", ("f_syn-ack",))):
        if sessions[0][field] and all(total(sessions, n) for n in needs):
            ledger.check("arkime", capture, field, who, sessions[0][field] == "True", handshake[ours])
    if sessions[0]["initRTT"] and handshake["ack_ms"] is not None:
        # half of SYN to ACK, in whole milliseconds, of times that were cut to them before or after
        ours = (handshake["ack_ms"] - handshake["syn_ms"]) / 2
        theirs = int(sessions[0]["initRTT"])
        ledger.check("arkime", capture, "initRTT", who, theirs, theirs if abs(theirs - ours) <= 1 else ours)
