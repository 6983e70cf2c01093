#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What watching costs two hosts that talk to each other: connections a second and bytes a second, with each tool
at work on one of them, next to an empty XDP program in the same round.

usage: endtoend.py [--json] [--rounds N] [--seconds S] [WORD...]

WORDs choose tools and kinds of traffic (short, upload, download): those with a WORD in their names. An empty
XDP program and tcpdump are measured whenever anything is. Each measurement has hosts of its own. CPU time is
the tool's own, in user space and in system calls, from when it is ready until it has ended; what its programs
and the copies for its sockets take in the kernel shows in the rate.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys

from endtoend_report import Report, median
from endtoend_tools import TOOLS, exit_on_signals

HERE = pathlib.Path(__file__).resolve().parent
KINDS = {"short": ("connections/s", "connections"), "upload": ("Gbit/s", "bytes"), "download": ("Gbit/s", "bytes")}
FLOOR, RIVAL = "empty XDP program", "tcpdump -w"
OURS = [t.name for t in TOOLS if t.name.startswith(("run ", "attached"))]
RATE_AT_LEAST, CPU_AT_MOST, MEMORY_AT_MOST = 0.98, 0.333, 32


def run_case(script, *arguments):
    """A script in hosts of its own; what it printed."""
    command = [HERE.parent / "net.sh", "hosts", sys.executable, HERE / script, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            out = process.stdout.read()
        except BaseException:
            process.terminate()  # it takes its hosts away
            process.wait()
            raise
    if process.returncode:
        sys.exit(f"endtoend: {script} {' '.join(map(str, arguments))}: status {process.returncode}")
    return json.loads(out)


def rate(kind, case):
    if kind == "short":
        return case["connections"] / case["seconds"]
    return case["bytes"] * 8e-9 / case["seconds"]


def per_million(what):
    return lambda kind, case: None if case["cpu"] is None else case["cpu"] / case[what] * 1e6


def megabytes(what):
    return lambda kind, case: None if case[what] is None else case[what] / (1 << 20)


def compare(rounds, tool, other, figure, kind):
    """The median of a figure, and of its ratio to another tool's in the same round."""
    values = [figure(kind, r[tool]) for r in rounds if tool in r]
    pairs = [(figure(kind, r[tool]), figure(kind, r[other])) for r in rounds if tool in r and other in r]
    return median(values), median([mine / its for mine, its in pairs if mine is not None and its])


def show(report, kind, tool, rounds):
    ours = tool in OURS
    name = f"{kind}: {tool}"
    value, ratio = compare(rounds, tool, FLOOR, rate, kind)
    report.figure(name, value, KINDS[kind][0], ratio, FLOOR, at_least=RATE_AT_LEAST if ours else None, of_ratio=True)
    units = [("connections", "CPU s/million connections")] if kind == "short" else []
    for what, unit in [*units, ("packets", "CPU s/million packets")]:
        value, ratio = compare(rounds, tool, RIVAL, per_million(what), kind)
        report.figure(f"{name}: CPU", value, unit, ratio, RIVAL, at_most=CPU_AT_MOST if ours else None, of_ratio=True)
    value, _ = compare(rounds, tool, FLOOR, megabytes("peak"), kind)
    report.figure(f"{name}: peak memory", value, "MiB")
    value, _ = compare(rounds, tool, FLOOR, megabytes("besides"), kind)
    if ours:
        report.figure(f"{name}: memory besides the table", value, "MiB", at_most=MEMORY_AT_MOST)
    missed = [r[tool]["missed"] for r in rounds if tool in r and r[tool]["missed"] is not None]
    if missed:
        unit = "packets" if tool == RIVAL else "connections"
        report.figure(f"{name}: missed", sum(missed), f"{unit} in all rounds", at_most=0 if ours else None)
    failed = sum(r[tool]["failed"] for r in rounds if tool in r)
    if failed:
        report.figure(f"{name}: connections that failed", failed, "in all rounds")


def measure(kind, tools, rounds, seconds):
    """Each round measures all tools, in an order of its own."""
    cannot, results = {}, []
    for _ in range(rounds):
        order = [t for t in tools if t.name not in cannot]
        random.shuffle(order)
        results.append({})
        for tool in order:
            case = run_case("endtoend_case.py", tool.name, kind, str(seconds))
            if "cannot" in case:
                cannot[tool.name] = case["cannot"]
            else:
                results[-1][tool.name] = case
    return results, cannot


def chosen(words):
    """Kinds and tools: a word that is in no kind's name chooses tools, and the other way round."""
    kinds = [k for k in KINDS if any(w in k for w in words)] or list(KINDS)
    tools = [t for t in TOOLS if any(w in t.name for w in words)] or list(TOOLS)
    return kinds, [t for t in TOOLS if t in tools or t.name in (FLOOR, RIVAL)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("words", nargs="*", metavar="WORD")
    arguments = parser.parse_args()
    if os.geteuid():
        sys.exit("endtoend.py: needs root")
    exit_on_signals()
    report = Report(arguments.json)
    kinds, tools = chosen(arguments.words)
    missing = [t for t in tools if not t.is_installed()]
    for kind in kinds:
        report.heading(f"{kind}, {arguments.rounds} rounds of {arguments.seconds:g} s")
        rounds, cannot = measure(kind, [t for t in tools if t not in missing], arguments.rounds, arguments.seconds)
        for tool in tools:
            if tool in missing or tool.name in cannot:
                report.words(f"{kind}: {tool.name}", cannot.get(tool.name, "not installed"))
            else:
                show(report, kind, tool.name, rounds)


if __name__ == "__main__":
    main()
