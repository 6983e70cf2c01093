# SPDX-License-Identifier: GPL-2.0-or-later
"""
tcpdump: what it prints of each TCP segment (*.tcpdump.out): flags, numbers, window, options, payload.
Sequence numbers are printed as they are or relative to those of the SYN. Tunnels are not read.
"""
import os
import re

PACKET = re.compile(r"^ +\d+  (?:[\d-]{10} )?(\d\d:\d\d:\d\d\.\d+) (.*)")
SEGMENT = re.compile(
    r"(\S+)\.(\d+) > (\S+)\.(\d+): Flags \[([^\]]*)\],(?: cksum 0x\w+ \([^)]*\),)?"
    r"(?: seq (\d+)(?::(\d+))?,)?(?: ack (\d+),)?(?: win (\d+))?(?:,? urg (\d+))?"
    r"(?:,? options \[((?:[^\[\]]|\[[^\]]*\])*)\])?(?:, length (\d+))?")
BRIEF = re.compile(r"(\S+)\.(\d+) > (\S+)\.(\d+): tcp (\d+)")
TUNNEL = re.compile(r"VXLAN|Geneve|GRE")
FLAGS = {"F": "FIN", "S": "SYN", "R": "RST", "P": "PSH", ".": "ACK", "U": "URG", "E": "ECE", "W": "CWR", "e": "AE"}
OPTIONS = {
    "mss": re.compile(r"\bmss (\d+)"), "wscale": re.compile(r"\bwscale (\d+)"),
    "tsval": re.compile(r"\bTS val (\d+)"), "tsecr": re.compile(r"\becr (\d+)"),
}


def packets(path):
    """(time, all that is printed of it) of each packet; what follows its first line belongs to it."""
    found = []
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            begins = PACKET.match(line)
            if begins:
                found.append([begins[1], begins[2]])
            elif found:
                found[-1][1] += " " + line.strip()
    return found


def compare(replay, folder, ledger):
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".tcpdump.out"):
            continue
        capture = name[:-len(".tcpdump.out")]
        printed = [p for p in packets(os.path.join(folder, name))
                   if not TUNNEL.search(p[1]) and (SEGMENT.search(p[1]) or BRIEF.search(p[1]))]
        segments = replay.segments(os.path.join(folder, capture))
        ledger.check("tcpdump", capture, "segments", "all", len(printed), len(segments))
        for number, ((time, line), segment) in enumerate(zip(printed, segments), 1):
            compare_one(ledger, capture, f"segment {number}", time, line, segment)


def compare_one(ledger, capture, who, time, line, segment):
    def check(field, theirs, ours):
        ledger.check("tcpdump", capture, field, who, theirs, ours)

    def check_number(field, theirs, absolute, relative):
        check(field, int(theirs), relative if int(theirs) == relative else absolute)

    check("time", time, segment["ts"][11:11 + len(time)])
    brief = BRIEF.search(line)
    full = SEGMENT.search(line)
    src, sport, dst, dport = (brief or full).groups()[:4]
    check("source", f"{src}.{sport}", f"{segment['src']}.{segment['sport']}")
    check("destination", f"{dst}.{dport}", f"{segment['dst']}.{segment['dport']}")
    if brief:
        check("payload", int(brief[5]), segment["payload"])
        return
    _, _, _, _, flags, seq, end, ack, window, urgent, options, length = full.groups()
    check("flags", sorted(FLAGS[f] for f in flags if f in FLAGS), sorted(filter(None, segment["flags"].split(","))))
    if seq:
        check_number("seq", seq, segment["seq"], segment["relative_seq"])
    if end:
        check("length by numbers", int(end) - int(seq), segment["payload"])
    if ack:
        check_number("ack", ack, segment["ack"], segment["relative_ack"])
    if window:
        check("window", int(window), segment["window"])
    if urgent:
        check("urgent", int(urgent), segment["urgent"])
    if length:
        check("payload", int(length), segment["payload"])
    compare_options(check, options or "", segment["options"])


def compare_options(check, printed, ours):
    for name, pattern in OPTIONS.items():
        theirs = pattern.search(printed)
        check(name, int(theirs[1]) if theirs else None, ours.get(name))
    check("sack_permitted", "sackOK" in printed, bool(ours.get("sack_permitted")))
