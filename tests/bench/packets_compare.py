#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Two builds of synscope against each other, packet by packet.

usage: packets_compare.py OLD_BUILD NEW_BUILD [--rounds N] [WORD...]

Each build's own tests/bench/packets measures its own programs, so their layouts may differ. The two take
turns, a round each, so that what the machine does meanwhile hits both; the figures are medians over the
rounds. Build each with `make bench-packets` (BUILD=... for a folder other than build).
"""
import argparse
import json
import os
import statistics
import subprocess
import sys


def measure(build, words):
    """The rows of one round: name -> figure."""
    object_beside = os.path.join(build, "tests/bench/beside.bpf.o")
    beside = ["--beside", object_beside] if os.path.exists(object_beside) else []  # older builds have none
    command = [os.path.join(build, "tests/bench/packets"), "--json", "--rounds", "1", "--ms", "50",
               "--object", os.path.join(build, "synscope.bpf.o"),
               "--stamp", os.path.join(build, "tests/bench/stamp.bpf.o"),
               *beside, *words]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {row["name"]: row for row in map(json.loads, output.splitlines())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("words", nargs="*", help="rows that have all of these in their names")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    a = parser.parse_intermixed_args()
    rounds = {build: [] for build in (a.old, a.new)}
    if len(rounds) < 2:
        sys.exit("packets_compare: that is one build, not two")
    for _ in range(a.rounds):
        for build in (a.old, a.new):
            rounds[build].append(measure(build, a.words))
    for name, row in rounds[a.new][0].items():
        if not all(name in r for r in rounds[a.old]):
            continue
        old, new = ([r[name]["value"] for r in rounds[b]] for b in (a.old, a.new))
        middle_old, middle_new = statistics.median(old), statistics.median(new)
        change = statistics.median(n - o for o, n in zip(old, new))
        if a.json:
            print(json.dumps({"name": name, "value": round(middle_new, 2), "unit": row["unit"],
                              "ratio": round(middle_new / middle_old, 3) if middle_old else None,
                              "against": "the old build", "old": round(middle_old, 2), "change": round(change, 2)}))
        else:
            print(f"{name:40} {middle_old:9.1f} -> {middle_new:9.1f} {row['unit']:10} {change:+8.1f}")


if __name__ == "__main__":
    main()
