#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
tcp.completeness of random connections, by synscope and by tshark.

usage: completeness_agrees.py SYNSCOPE [SEED [CONNECTIONS]]

Prints the segments of each connection that differs, and `N passed, N failed, N skipped`.
"""
import collections
import os
import subprocess
import sys
import tempfile

import random_segments
from replay import Replay

FIELDS = ("ip.src", "tcp.stream", "tcp.flags.str", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.completeness")


def number_of(address):
    """The connection's number is in the last two bytes of both addresses."""
    high, low = address.split(".")[2:]
    return int(high) * 256 + int(low)


def by_tshark(path):
    """The segments of each connection, each with what the stream's completeness is in the end."""
    fields = [word for name in FIELDS for word in ("-e", name)]
    run = subprocess.run(["tshark", "-2", "-n", "-r", path, "-T", "fields", "-E", "separator=,", *fields],
                         capture_output=True, text=True, timeout=200, check=True)
    found = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        row = dict(zip(FIELDS, line.split(",")))
        found[number_of(row["ip.src"])].append(row)
    return found


def streams(segments):
    """The final value of each stream; none of one that is a single frame: `tshark -2` gives 0 there."""
    final, frames = {}, collections.Counter()
    for s in segments:
        final[s["tcp.stream"]] = int(s["tcp.completeness"])
        frames[s["tcp.stream"]] += 1
    return None if 1 in frames.values() else list(final.values())


def main():
    synscope = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    connections = int(sys.argv[3]) if len(sys.argv) > 3 else 4000
    passed = failed = skipped = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "random.pcap")
        random_segments.write(path, seed, connections)
        try:
            theirs = by_tshark(path)
        except FileNotFoundError:
            print("skip: tshark is not installed")
            print("0 passed, 0 failed, 1 skipped")
            return 0
        ours = collections.defaultdict(list)
        for record in sorted(Replay(synscope).records(path), key=lambda r: r["start"]):
            ours[number_of(record["id.orig_h"])].append(record["completeness"])
    for number, segments in theirs.items():
        want = streams(segments)
        if want is None:
            skipped += 1
        elif want == ours[number]:
            passed += 1
        else:
            failed += 1
            print(f"FAIL  connection {number} of seed {seed}: tshark {want}, synscope {ours[number]}")
            for s in segments:
                print("        " + " ".join(s[name] for name in FIELDS))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
