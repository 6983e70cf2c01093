# SPDX-License-Identifier: GPL-2.0-or-later
"""
tcptrace: its long report of each connection (expected/*.long): both columns, packets, payload, SYNs and
FINs, retransmissions, zero windows, and what the SYNs agreed.
"""
import datetime
import os
import re

from replay import between, side

BOTH_SYNS, RST = 1 | 2, 32  # of tcp.completeness
CONNECTION = re.compile(r"^TCP connection (\d+):")
HOST = re.compile(r"^\thost (\w+): +(\S+):(\d+)")
ELAPSED = re.compile(r"^\telapsed time: +(\d+):(\d\d):(\d\d)\.(\d+)")
COMPLETE = re.compile(r"^\tcomplete conn: +(\w+)")
PAIR = re.compile(r"^ {5}(\S.*?): +(\S+)(?: \w+)? +(\S.*?): +(\S+)")


def reports(path):
    """A dictionary for each connection: its hosts, its lines by name, each a pair of both directions."""
    found = []
    with open(path, encoding="utf-8") as f:
        for line in f:
            if CONNECTION.match(line):
                found.append({"hosts": []})
            elif found:
                read_line(found[-1], line)
    return found


def read_line(report, line):
    host, elapsed, complete, pair = (p.match(line) for p in (HOST, ELAPSED, COMPLETE, PAIR))
    if host:
        report["hosts"].append((host[2], int(host[3])))
    elif elapsed:
        hours, minutes, seconds = (int(elapsed[i]) for i in (1, 2, 3))
        report["elapsed"] = f"{hours * 3600 + minutes * 60 + seconds}.{elapsed[4]}"
    elif complete:
        report["complete"] = complete[1]
    elif pair:
        report[pair[1]] = (pair[2], pair[4])


def compare(replay, folder, ledger):
    for name in sorted(os.listdir(os.path.join(folder, "expected"))):
        capture, kind = os.path.splitext(name)
        if kind != ".long":
            continue
        path = os.path.join(folder, capture + ".pcap")
        path = path if os.path.exists(path) else path + ".gz"
        found = reports(os.path.join(folder, "expected", name))
        records = replay.records(path)
        ledger.check("tcptrace", capture, "connections", "all", len(found), len(records))
        taken = set()
        for report in found:
            candidates = [r for r in between(records, *report["hosts"]) if r["uid"] not in taken]
            who = "{}:{}-{}:{}".format(*report["hosts"][0], *report["hosts"][1])
            who += f" {len(taken) + 1}"
            if not candidates:
                ledger.check("tcptrace", capture, "connection", who, "one", "none")
                continue
            taken.add(candidates[0]["uid"])
            compare_one(ledger, capture, who, report, candidates[0], replay.segments(path, {candidates[0]["uid"]}))


def flags_of(segment):
    return set(segment["flags"].split(","))


def with_flag(segments, flag):
    return sum(flag in flags_of(s) for s in segments)


def is_pure_ack(segment):
    return not segment["payload"] and "ACK" in flags_of(segment) and not flags_of(segment) & {"SYN", "FIN", "RST"}


def of_direction(record, segments, me):
    """
    What tcptrace prints of one direction, from the record and its segments; 0 of one that was not seen.
    Its unique bytes are those seen, ours those sent: the missed ones of both directions are one number.
    """
    mine = [s for s in segments if s["from"] == me]
    data = [s for s in mine if s["payload"]]
    options, retransmits = record["options"], record["retransmits"][me]
    scale = options[me + "_wscale"]
    return {
        "total packets": len(mine),
        "ack pkts sent": with_flag(mine, "ACK"),
        "pure acks sent": sum(map(is_pure_ack, mine)),
        "unique bytes sent": {record[me + "_bytes"], record[me + "_bytes"] - record["missed_bytes"]},
        "actual data pkts": len(data),
        "actual data bytes": sum(s["payload"] for s in data),
        "rexmt data pkts": retransmits,
        "outoforder pkts": record["out_of_order"][me],
        "pushed data pkts": sum("PSH" in flags_of(s) for s in data),
        "SYN/FIN pkts sent": f"{with_flag(mine, 'SYN')}/{with_flag(mine, 'FIN')}",
        "urgent data pkts": with_flag(mine, "URG"),
        "adv wind scale": 0 if scale is None else scale,
        "mss requested": options[me + "_mss"] or 0,
        "zero win adv": record["zero_windows"][me],
    }


def microseconds(text):
    seconds, fraction = text.split(".")
    return int(seconds) * 1000000 + int(fraction[:6])


def elapsed(segments):
    """Between the first and the last segment, which may be days later."""
    days = [datetime.date.fromisoformat(s["ts"][:10]).toordinal() for s in (segments[0], segments[-1])]
    clocks = [(int(s["ts"][11:13]) * 60 + int(s["ts"][14:16])) * 60 * 1000000 + microseconds(s["ts"][17:29])
              for s in (segments[0], segments[-1])]
    return (days[1] - days[0]) * 86400 * 1000000 + clocks[1] - clocks[0]


def complete(record):
    """Both SYNs and both FINs; or any reset, also one after the close."""
    if record["completeness"] & RST:
        return "RESET"
    return "yes" if record["conn_state"] == "SF" and record["completeness"] & BOTH_SYNS == BOTH_SYNS else "no"


def compare_one(ledger, capture, who, report, record, segments):
    if "elapsed" in report:
        theirs, ours = microseconds(report["elapsed"]), elapsed(segments)
        # theirs went through a floating-point number
        ledger.check("tcptrace", capture, "elapsed time", who, theirs, theirs if abs(theirs - ours) <= 1 else ours)
    ledger.check("tcptrace", capture, "complete conn", who, report["complete"], complete(record))
    for column, host in enumerate(report["hosts"]):
        for field, ours in of_direction(record, segments, side(record, host)).items():
            if field not in report:
                continue
            theirs = report[field][column]
            ours = {str(value or 0) for value in (ours if isinstance(ours, set) else {ours})}
            ledger.check("tcptrace", capture, field, f"{who} {'ab'[column]}", theirs,
                         theirs if theirs in ours else min(ours))
