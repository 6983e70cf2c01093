#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Holds the verdicts of `synscope replay` against those of tools that people trust.

usage: compare.py SYNSCOPE CAPTURES [-v]

CAPTURES is a folder with one folder for each tool; what lies in it is described where it is kept. A
table of rows (EXPECTED.tsv, COMPLETENESS.tsv, SESSIONS.tsv) names the capture, the connection and what
the tool says of it; empty fields are not compared. Prints what differs, and `N passed, N failed, N skipped`.
"""
import csv
import json
import os
import subprocess
import sys

# Rows that differ for a reason, by (table, capture, field): the reason stands in KNOWN.tsv beside this file.
KNOWN_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "KNOWN.tsv")


def load_known():
    if not os.path.exists(KNOWN_FILE):
        return {}
    with open(KNOWN_FILE, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return {tuple(r[:3]): r[3] for r in rows}


class Replay:
    """The records of captures, each replayed once."""

    def __init__(self, synscope):
        self.synscope = synscope
        self.cache = {}

    def records(self, path):
        if path not in self.cache:
            run = subprocess.run([self.synscope, "replay", path, "--view", "conns", "--json", "-q"],
                                 capture_output=True, text=True, timeout=120, check=False)
            self.cache[path] = ([json.loads(line) for line in run.stdout.splitlines()], run)
        return self.cache[path]


def endpoints(r):
    return (r["id.orig_h"], r["id.orig_p"]), (r["id.resp_h"], r["id.resp_p"])


def between(records, a, b):
    """The records between two endpoints, in either direction, in the order of their start."""
    found = [r for r in records if set(endpoints(r)) == {a, b}]
    return sorted(found, key=lambda r: r["start"])


def rows(path):
    with open(path, newline="", encoding="utf-8") as f:
        yield from csv.DictReader(f, delimiter="\t")


class Tally:
    def __init__(self, verbose):
        self.passed = self.failed = self.skipped = 0
        self.known = load_known()
        self.verbose = verbose

    def check(self, table, capture, field, who, want, got):
        if want == got:
            self.passed += 1
        elif (table, capture, field) in self.known:
            self.skipped += 1
            if self.verbose:
                print(f"known {table} {capture} {who} {field}: want {want}, got {got}: "
                      f"{self.known[table, capture, field]}")
        else:
            self.failed += 1
            print(f"FAIL  {table} {capture} {who} {field}: want {want}, got {got}")


def zeek(replay, folder, tally):
    numbers = ("orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes")
    taken = set()
    for row in rows(os.path.join(folder, "EXPECTED.tsv")):
        records, _ = replay.records(os.path.join(folder, row["pcap"]))
        candidates = records
        if row["id.orig_h"]:
            a = (row["id.orig_h"], int(row["id.orig_p"]))
            b = (row["id.resp_h"], int(row["id.resp_p"]))
            candidates = between(records, a, b)
        candidates = [r for r in candidates if (row["pcap"], r["uid"]) not in taken]
        who = f"{row['id.orig_h']}:{row['id.orig_p']}"
        if not candidates:
            tally.check("zeek", row["pcap"], "connection", who, "one", "none")
            continue
        exact = [r for r in candidates if r["history"] == row["history"]]
        r = (exact or candidates)[0]
        taken.add((row["pcap"], r["uid"]))
        if row["id.orig_h"]:
            tally.check("zeek", row["pcap"], "originator", who, a, endpoints(r)[0])
        for field in ("conn_state", "history"):
            if row[field]:
                tally.check("zeek", row["pcap"], field, who, row[field], r[field])
        for field in numbers:
            if row[field]:
                tally.check("zeek", row["pcap"], field, who, int(row[field]), r[field])
        if row["duration"] and row["duration"] != "-":
            tally.check("zeek", row["pcap"], "duration", who, f"{float(row['duration']):.6f}", f"{r['duration']:.6f}")


def completeness(replay, folder, tally):
    name = os.path.basename(folder)
    taken = set()
    for row in rows(os.path.join(folder, "COMPLETENESS.tsv")):
        value = row["completeness(-2 final)"]
        if not value:
            continue
        records, _ = replay.records(os.path.join(folder, row["pcap"]))
        a, b = (row["a"], int(row["aport"])), (row["b"], int(row["bport"]))
        found = [r for r in between(records, a, b) if (row["pcap"], r["uid"]) not in taken]
        who = f"stream {row['tcp.stream']}"
        if not found:
            tally.check(name + "/completeness", row["pcap"], "connection", who, "one", "none")
            continue
        taken.add((row["pcap"], found[0]["uid"]))
        tally.check(name + "/completeness", row["pcap"], "completeness", who, int(value), found[0]["completeness"])


def arkime(replay, folder, tally):
    fields = {"src_pkts": "orig_pkts", "dst_pkts": "resp_pkts", "src_databytes": "orig_bytes",
              "dst_databytes": "resp_bytes"}
    seen = {}
    for row in rows(os.path.join(folder, "SESSIONS.tsv")):
        seen.setdefault((row["pcap"], row["src"], row["sport"], row["dst"], row["dport"]), []).append(row)
    for (capture, src, sport, dst, dport), sessions in seen.items():
        records, _ = replay.records(os.path.join(folder, capture))
        found = between(records, (src, int(sport)), (dst, int(dport)))
        who = f"{src}:{sport}-{dst}:{dport}"
        if not found:
            tally.check("arkime", capture, "connection", who, "one", "none")
            continue
        flipped = endpoints(found[0])[0] != (src, int(sport))
        for theirs, ours in fields.items():
            name = ours if not flipped else {"orig": "resp", "resp": "orig"}[ours[:4]] + ours[4:]
            want = sum(int(s[theirs]) for s in sessions if s[theirs])
            if theirs.endswith("databytes") and any(r["missed_bytes"] for r in found):
                continue  # Arkime counts the bytes seen, Zeek and we those that were sent
            tally.check("arkime", capture, theirs, who, want, sum(r[name] for r in found))


def tricky(replay, folder, tally):
    with open(os.path.join(folder, "EXPECTED.json"), encoding="utf-8") as f:
        expected = json.load(f)
    for capture, want in expected.items():
        records, _ = replay.records(os.path.join(folder, capture + ".pcap"))
        r = records[0] if records else None
        tally.check("tricky", capture, "conns", "", want["conns"], len(records))
        if not r:
            continue
        states = want.get("zeek", "").split(" ")[0].split(",")
        if states != [""]:
            tally.check("tricky", capture, "conn_state", "", states, [x["conn_state"] for x in records][:len(states)])
        if "hist" in want:
            wanted = want["hist"].rstrip("*")
            tally.check("tricky", capture, "history", "", wanted, r["history"][:len(wanted)])
        for field in ("completeness", "orig_bytes", "resp_bytes"):
            if field in want:
                tally.check("tricky", capture, field, "", want[field], r[field])
        if "syn_retx" in want:
            tally.check("tricky", capture, "syn_retransmits", "", want["syn_retx"],
                        r["handshake"]["syn_retransmits"])
        if "closer" in want:
            tally.check("tricky", capture, "teardown.by", "", {"client": "orig", "server": "resp"}[want["closer"]],
                        r["teardown"]["by"])
        for place in want.get("final", "").split("/"):
            if place:
                state, who = place.split("@")
                field = {"client": "orig_state", "server": "resp_state"}[who]
                tally.check("tricky", capture, field, "", state, r[field])


def main():
    synscope, captures = sys.argv[1], sys.argv[2]
    tally = Tally("-v" in sys.argv)
    replay = Replay(synscope)
    if not os.path.isdir(captures):
        print(f"skip: no captures at {captures}")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    for check, name in ((zeek, "zeek"), (arkime, "arkime"), (tricky, "tricky")):
        if os.path.isdir(os.path.join(captures, name)):
            check(replay, os.path.join(captures, name), tally)
    for name in ("zeek", "arkime", "suricata"):
        if os.path.exists(os.path.join(captures, name, "COMPLETENESS.tsv")):
            completeness(replay, os.path.join(captures, name), tally)
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
