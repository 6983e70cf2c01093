# SPDX-License-Identifier: GPL-2.0-or-later
"""Wireshark: tcp.completeness of each stream (COMPLETENESS.tsv)."""
import os

from ledger import rows
from replay import between


def compare(replay, folder, ledger):
    table = "completeness/" + os.path.basename(folder)
    taken = set()
    for row in rows(os.path.join(folder, "COMPLETENESS.tsv")):
        if not row["completeness(-2 final)"]:
            continue
        capture = row["pcap"]
        records = replay.records(os.path.join(folder, capture))
        found = between(records, (row["a"], int(row["aport"])), (row["b"], int(row["bport"])))
        found = [r for r in found if (capture, r["uid"]) not in taken]
        who = f"stream {row['tcp.stream']}"
        if not found:
            ledger.check(table, capture, "connection", who, "one", "none")
            continue
        taken.add((capture, found[0]["uid"]))
        ledger.check(table, capture, "completeness", who, int(row["completeness(-2 final)"]), found[0]["completeness"])
