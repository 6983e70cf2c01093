# SPDX-License-Identifier: GPL-2.0-or-later
"""A scan of 2,000 ports by nmap: how many of its streams Wireshark gives which tcp.completeness."""
import collections
import os

CAPTURE = "synscan.pcap"
STREAMS = {1: 1986, 37: 5, 3: 3}


def compare(replay, folder, ledger):
    found = collections.Counter(r["completeness"] for r in replay.records(os.path.join(folder, CAPTURE)))
    for value in sorted(set(STREAMS) | set(found)):
        ledger.check("scans", CAPTURE, f"streams of completeness {value}", "all", STREAMS.get(value, 0), found[value])
