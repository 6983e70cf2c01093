# SPDX-License-Identifier: GPL-2.0-or-later
"""Zeek: the conn.log lines that its own tests expect (EXPECTED.tsv)."""
import os

from ledger import rows
from replay import between, endpoints

TEXTS = ("conn_state", "history")
NUMBERS = ("orig_bytes", "resp_bytes", "missed_bytes", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes")


def compare(replay, folder, ledger):
    taken = set()
    for row in rows(os.path.join(folder, "EXPECTED.tsv")):
        capture = row["pcap"]
        candidates = replay.records(os.path.join(folder, capture))
        originator = None
        if row["id.orig_h"]:
            originator = (row["id.orig_h"], int(row["id.orig_p"]))
            candidates = between(candidates, originator, (row["id.resp_h"], int(row["id.resp_p"])))
        candidates = [r for r in candidates if (capture, r["uid"]) not in taken]
        who = f"{row['id.orig_h']}:{row['id.orig_p']}" if originator else "any"
        if not candidates:
            ledger.check("zeek", capture, "connection", who, "one", "none")
            continue
        exact = [r for r in candidates if r["history"] == row["history"]]
        record = (exact or candidates)[0]
        taken.add((capture, record["uid"]))
        if originator:
            ledger.check("zeek", capture, "originator", who, originator, endpoints(record)[0])
        for field in TEXTS:
            if row[field]:
                ledger.check("zeek", capture, field, who, row[field], record[field])
        for field in NUMBERS:
            if row[field]:
                ledger.check("zeek", capture, field, who, int(row[field]), record[field])
        if row["duration"] and row["duration"] != "-":
            ledger.check("zeek", capture, "duration", who, f"{float(row['duration']):.6f}", f"{record['duration']:.6f}")
