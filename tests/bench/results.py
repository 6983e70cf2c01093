#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Writes RESULTS.md: every figure of `make bench`, beside its target where one is set.

usage: results.py FILE...     files of JSON lines, as the parts of the bench print them with --json
"""

import json
import os
import pathlib
import platform
import statistics
import sys

TARGETS_FLOOR = 28.6  # ns
DOCUMENT = pathlib.Path(__file__).resolve().parent / "RESULTS.md"
PARTS = (
    ("packet", "A packet", "Nanoseconds above an empty program in the same round, unless another unit stands there."),
    ("replay", "Replay", "The same capture, read by each."),
    ("short", "Short connections", "A request, a response, a close; between two namespaces."),
    ("upload", "Bulk, received", ""),
    ("download", "Bulk, sent", ""),
    ("", "Tables and floods", ""),
)


def part_of(name):
    return next(part for part, _, _ in PARTS if name.startswith(part))


def processor():
    for line in open("/proc/cpuinfo", encoding="ascii"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.machine()


def shown(value):
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def verdict(o, slowness):
    """
    Whether the target is met; and where it is missed, why, if its part of the bench knows, or whether it might as well be met,
    or what it comes to on a machine of the speed that the targets are for.
    """
    if "met" not in o:
        return ""
    met = "met" if o["met"] else "missed"
    if "why" in o:
        return f"{met}: {o['why']}"
    if not o["met"] and o["unit"].startswith("ns") and slowness:
        return f"{met}; {shown(o['value'] / slowness)} at the targets' speed"
    if o.get("low", o["target"]) < o["target"] < o.get("high", o["target"]):
        return f"{met}, within the scatter"
    return met


def ratio(o):
    """With its quartiles, where they are known."""
    return shown(o.get("ratio")) + (f" ({shown(o['low'])} to {shown(o['high'])})" if "low" in o else "")


def alone(o):
    """What memory takes by itself for a row; of an event with clock, number and ring."""
    parts = [o[part] for part in ("memory", "ring") if part in o]
    return sum(parts) if parts else None


def row(o, slowness):
    value = f"can't be had: {o['cannot']}" if "cannot" in o else shown(o["value"])
    cells = (o["name"].removeprefix("packet "), value, o["unit"] or "", shown(o.get("floor")), shown(o.get("parse")), shown(o.get("records")), shown(alone(o)),
             ratio(o), o.get("against") or "", shown(o.get("target")), verdict(o, slowness))  # fmt: skip
    return "| " + " | ".join(cells) + " |\n"


def section(title, words, rows, slowness):
    heads = ("what", "value", "unit", "empty program", "parse only", "records only", "memory alone (events: clock, number and ring, too)", "ratio", "to", "target", "")
    yield f"\n## {title}\n\n" + (f"{words}\n\n" if words else "")
    yield "| " + " | ".join(heads) + " |\n| --- |" + " ---: |" * (len(heads) - 1) + "\n"
    yield from (row(o, slowness) for o in rows)


def floor(rows):
    """What an empty XDP program took in this run, ns: a shared machine may be half as fast an hour later. None: not measured."""
    floors = [o["floor"] for o in rows if o["name"].startswith("packet data xdp") and "floor" in o]
    return statistics.median(floors) if floors else None


def speed(ns):
    if not ns:
        return ""
    return (f" An empty XDP program took {shown(ns)} ns in this run; the targets are set for machines on which it takes {TARGETS_FLOOR}: "
            f"where a time is above its target, and nothing that was measured beside it says why, it is given at that speed, too.")  # fmt: skip


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    found = {}
    for name in sys.argv[1:]:
        for line in open(name, encoding="utf-8"):
            if line.startswith("{"):
                o = json.loads(line)
                found[o["name"], o["unit"], o.get("against")] = o
    empty = floor(found.values())
    with open(DOCUMENT, "w", encoding="utf-8") as out:
        out.write(f"# What was measured\n\nWritten by `make results` on {processor()}, {os.cpu_count()} CPUs, "
                  f"Linux {platform.release().split('-')[0]}. What each row is: README.md beside this file."
                  f"{speed(empty)}\n")  # fmt: skip
        for part, title, words in PARTS:
            rows = [o for o in found.values() if part_of(o["name"]) == part]
            if rows:
                out.writelines(section(title, words, rows, empty and empty / TARGETS_FLOOR))


main()
