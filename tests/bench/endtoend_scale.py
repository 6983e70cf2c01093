#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What grows: tables for 1k to 4M connections, and a flood of SYNs while 10,000 connections are in use.

usage: endtoend_scale.py [--json] [--seconds S] [--held N] [WORD...]

WORDs choose parts: table, flood. What a packet costs in a table of each size is told by the bench of packets.
"""

import argparse
import os
import sys

from endtoend import run_case
from endtoend_report import Report
from endtoend_tools import exit_on_signals

TABLES = (1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20)
BYTES_AT_MOST = 264
MEMORY_AT_MOST, GROWTH_AT_MOST = 32, 1  # MiB


def short(n):
    return f"{n >> 20}M" if n >= 1 << 20 else f"{n >> 10}k"


def show_tables(report):
    report.heading("tables")
    for connections in TABLES:
        name = f"table of {short(connections)}"
        got = run_case("endtoend_table.py", str(connections))
        if "cannot" in got:
            report.words(name, got["cannot"])
            continue
        report.figure(f"{name}: a slot", got["table_bytes"] / got["slots"], "bytes in the kernel", at_most=BYTES_AT_MOST)
        report.figure(f"{name}: a connection", got["bytes"] / connections, "bytes in the kernel, all maps")
        report.figure(f"{name}: all maps", got["bytes"] / (1 << 20), "MiB in the kernel")
        report.figure(f"{name}: ready after", got["seconds"], "s")
        report.figure(f"{name}: memory besides the table", got["besides"] / (1 << 20), "MiB")


def show_flood(report, view, seconds, held):
    name = f"flood, {view}"
    got = run_case("endtoend_flood.py", view, str(seconds), str(held))
    if "cannot" in got:
        report.words(name, got["cannot"])
        return
    million, mib = got["seen"] / 1e6, 1 << 20
    report.figure(f"{name}: sent", got["sent"] / got["seconds"] / 1e6, "million SYNs/s")
    report.figure(f"{name}: arrived", million / got["seconds"], "million segments/s")
    for what, unit in (("lost", "open connections' records"), ("wrong", "open connections' records")):
        report.figure(f"{name}: {what}, of {got['held']['count']:,}", got["held"][what], unit, at_most=0)
    if got["held"]["example"]:
        report.words(f"{name}: one of the wrong ones", str(got["held"]["example"]))
    report.figure(f"{name}: equations that do not hold", len(got["unequal"]), f"of {got['equations']}", at_most=0)
    for what, one, other in got["unequal"]:
        report.words(f"{name}: {what}", f"{one} is not {other}")
    e, c = got["events"], got["connections"]
    report.figure(f"{name}: events emitted", e["emitted"], "events")
    report.figure(f"{name}: events lost, counted", e["lost"], "events")
    report.figure(f"{name}: openings without an event, counted", e["aggregated"], "connections")
    report.figure(f"{name}: records lost, counted", e["lost_records"], "records")
    report.figure(f"{name}: segments untracked, counted", c["untracked"], "segments")
    report.figure(f"{name}: reader's CPU", got["cpu"] / million, "CPU s/million segments")
    report.figure(f"{name}: memory besides the table", got["grown"] / mib, "MiB", at_most=MEMORY_AT_MOST)
    report.figure(f"{name}: growth in its second half", got["growth_late"] / mib, "MiB", at_most=GROWTH_AT_MOST)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each flood")
    parser.add_argument("--held", type=int, default=10000, help="connections in use meanwhile")
    parser.add_argument("words", nargs="*", metavar="WORD")
    arguments = parser.parse_args()
    if os.geteuid():
        sys.exit("endtoend_scale.py: needs root")
    exit_on_signals()
    report = Report(arguments.json)
    wanted = arguments.words or ["table", "flood"]
    if any(w in "table" for w in wanted):
        show_tables(report)
    if any(w in "flood" for w in wanted):
        report.heading(f"a flood of SYNs for {arguments.seconds:g} s, {arguments.held:,} connections in use")
        for view in ("events", "conns"):
            show_flood(report, view, arguments.seconds, arguments.held)


if __name__ == "__main__":
    main()
