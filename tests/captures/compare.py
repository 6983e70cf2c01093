#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Holds the verdicts of `synscope replay` against those of tools that people trust.

usage: compare.py SYNSCOPE CAPTURES [-v]

CAPTURES is a folder with one folder for each tool; what lies in it is described where it is kept. What is
absent there is not compared. Prints what differs, each value of theirs and of ours, and
`N passed, N failed, N skipped`; skipped is what differs for a reason that stands in KNOWN.tsv.
"""
import os
import sys

import oracle_arkime
import oracle_names
import oracle_scans
import oracle_suricata
import oracle_tcpdump
import oracle_tcptrace
import oracle_tricky
import oracle_wireshark
import oracle_zeek
from ledger import Ledger
from replay import Replay

# (table in KNOWN.tsv, folder, file or folder that the tool's word is in, who compares)
ORACLES = (
    ("zeek", "zeek", "EXPECTED.tsv", oracle_zeek),
    ("completeness/zeek", "zeek", "COMPLETENESS.tsv", oracle_wireshark),
    ("arkime", "arkime", "SESSIONS.tsv", oracle_arkime),
    ("completeness/arkime", "arkime", "COMPLETENESS.tsv", oracle_wireshark),
    ("suricata", "suricata", "FLOWS.tsv", oracle_suricata),
    ("completeness/suricata", "suricata", "COMPLETENESS.tsv", oracle_wireshark),
    ("tcptrace", "tcptrace", "expected", oracle_tcptrace),
    ("tcpdump", "decode", "", oracle_tcpdump),
    ("scans", "scans", "synscan.pcap", oracle_scans),
    ("names", "arkime", "", oracle_names),
    ("names", "suricata", "", oracle_names),
    ("names", "zeek", "", oracle_names),
    ("tricky", "tricky", "EXPECTED.json", oracle_tricky),
)


def main():
    synscope, captures = sys.argv[1], sys.argv[2]
    ledger = Ledger("-v" in sys.argv)
    replay = Replay(synscope)
    compared = set()
    for table, folder, source, oracle in ORACLES:
        folder = os.path.join(captures, folder)
        if os.path.exists(os.path.join(folder, source)):
            oracle.compare(replay, folder, ledger)
            compared.add(table)
    if not compared:
        print(f"skip: no captures at {captures}")
        ledger.skipped += 1
    ledger.check_stale(compared)
    print(f"{ledger.passed} passed, {ledger.failed} failed, {ledger.skipped} skipped")
    return 1 if ledger.failed else 0


if __name__ == "__main__":
    sys.exit(main())
