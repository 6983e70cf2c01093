#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What watching costs two hosts that talk to each other: connections a second and bytes a second, with each tool
at work on one of them, next to the same without its work right before and right after; and which share of the
time is the tool's.

usage: endtoend.py [--json] [--rounds N] [--seconds S] [WORD...]

WORDs choose tools and kinds of traffic (short, upload, download): those with a WORD in their names. An empty
XDP program, programs that only parse and count or only keep records, a reader that does only what any must, and
tcpdump are measured whenever anything is. Each measurement has hosts of its own. CPU time is the tool's own, in user space and in
system calls, from half a second of traffic on until it has told of all it saw; what its programs and the copies
for its sockets take in the kernel shows in the rate and in the shares, which are sampled in a measurement of
their own.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
from dataclasses import dataclass

from endtoend_report import Report, median, quartiles
from endtoend_tools import EMPTY_PROGRAM, PARSER, PARSER_TC, PLAIN, RECORDS, RECORDS_TC, TOOLS, exit_on_signals

HERE = pathlib.Path(__file__).resolve().parent
RIVAL = "tcpdump -w"
BESIDES = (EMPTY_PROGRAM, PARSER, PARSER_TC, RECORDS, RECORDS_TC, PLAIN, RIVAL)  # measured whenever anything is
OURS = [t.name for t in TOOLS if t.name.startswith(("run ", "attached"))]
RATE_AT_LEAST, CPU_AT_MOST, MEMORY_AT_MOST = 0.98, 0.333, 32
PROGRAMS_AT_MOST = round(100 * (1 - RATE_AT_LEAST), 6)
SAMPLED_FOR = 2.0  # seconds


@dataclass(frozen=True)
class Kind:
    name: str
    traffic: str
    apart: bool = False  # the tool's process has a CPU of its own, and the traffic another

    def unit(self):
        return "connections/s" if self.traffic == "short" else "Gbit/s"

    def rate(self, result):
        done = result["connections"] if self.traffic == "short" else result["bytes"] * 8e-9
        return done / result["seconds"]

    def is_for(self, tool):
        return not self.apart or tool.name in (*BESIDES, *OURS)


KINDS = (
    Kind("short", "short"),
    Kind("short, reader on a CPU of its own", "short", apart=True),
    Kind("upload", "upload"),
    Kind("download", "download"),
)


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


def cases_of(name, rounds):
    return [r[name] for r in rounds if name in r]


def per_million(figure, what):
    return lambda case: None if case[figure] is None else case[figure] / case[what] * 1e6


def megabytes(what):
    return lambda case: None if case[what] is None else case[what] / (1 << 20)


def to_floor(kind, cases):
    """The ratios of rates to the mean of what was measured right before and right after."""
    return [kind.rate(c) / statistics.mean(map(kind.rate, c["floors"])) for c in cases]


def bounds_of(tool, figure):
    """A figure of the programs that are attached as the tool's are, and do a part of the work; figure(name)."""
    parser, records = (PARSER, RECORDS) if tool.floor == EMPTY_PROGRAM else (PARSER_TC, RECORDS_TC)
    found = {"parsing alone": figure(parser), "keeping records alone": figure(records)}
    return {what: value for what, value in found.items() if value is not None}


def show_rate(report, kind, tool, rounds):
    """Ours next to programs that are attached alike, and only read the headers, or keep records."""
    cases = cases_of(tool.name, rounds)
    ratios, ours = to_floor(kind, cases), tool.name in OURS
    bounds = bounds_of(tool, lambda name: median(to_floor(kind, cases_of(name, rounds))))
    report.figure(f"{kind.name}: {tool.name}", median(map(kind.rate, cases)), kind.unit(), median(ratios), tool.floor,
                  at_least=RATE_AT_LEAST if ours else None, of_ratio=True, bounds=bounds, **quartiles(ratios))  # fmt: skip


def show_shares(report, kind, tool, sampled):
    """What the programs leave of the time is the rate that is possible where the reader has a CPU of its own."""
    name, ours = f"{kind.name}: {tool.name}", tool.name in OURS
    unit, of_tool = "% of the busy time", sampled[tool.name]
    if "cannot" in of_tool:
        report.words(f"{name}: programs", of_tool["cannot"])
        return
    bounds = bounds_of(tool, lambda other: sampled.get(other, {}).get("programs"))
    report.figure(f"{name}: programs", of_tool["programs"], unit, at_most=PROGRAMS_AT_MOST if ours else None, bounds=bounds)
    report.figure(f"{name}: programs, where most", of_tool["programs_most"], "% of one CPU's")
    if tool.command:
        report.figure(f"{name}: reader", of_tool["reader"], unit)


def beside_rival(rounds, tool, figure, rivals):
    """The median of a figure, and its ratios to the rival's in the same round."""
    pairs = [(figure(r[tool]), rivals(r[RIVAL])) for r in rounds if tool in r and RIVAL in r]
    ratios = [mine / its for mine, its in pairs if mine is not None and its]
    return median(figure(r[tool]) for r in rounds if tool in r), ratios


def show_cpu(report, kind, tool, rounds):
    """Of the tool, and of a loop that only writes what it has written: with less no program can do."""
    name, ours = f"{kind.name}: {tool.name}", tool.name in OURS
    for what in ("connections", "packets")[kind.traffic != "short" :]:
        unit, cpu = f"CPU s/million {what}", per_million("cpu", what)
        value, ratios = beside_rival(rounds, tool.name, cpu, cpu)
        alone, of_it = beside_rival(rounds, tool.name, per_million("output", what), cpu)
        bounds = {"reading and writing alone": beside_rival(rounds, PLAIN, cpu, cpu)[1], "writing its output alone": of_it}
        bounds = {what: median(its) for what, its in bounds.items() if its}
        report.figure(f"{name}: CPU", value, unit, median(ratios), RIVAL, at_most=CPU_AT_MOST if ours else None, of_ratio=True,
                      bounds=bounds, **quartiles(ratios))  # fmt: skip
        if what == "connections":
            report.figure(f"{name}: its output's bytes alone", alone, unit, median(of_it), RIVAL, **quartiles(of_it))


def show(report, kind, tool, rounds, sampled):
    ours = tool.name in OURS
    name = f"{kind.name}: {tool.name}"
    cases = cases_of(tool.name, rounds)
    show_rate(report, kind, tool, rounds)
    show_shares(report, kind, tool, sampled)
    show_cpu(report, kind, tool, rounds)
    report.figure(f"{name}: CPU to begin and to end", median(c["cpu_besides"] for c in cases), "CPU s")
    report.figure(f"{name}: peak memory", median(map(megabytes("peak"), cases)), "MiB")
    if ours:
        besides = median(map(megabytes("besides"), cases))
        report.figure(f"{name}: memory besides the table", besides, "MiB", at_most=MEMORY_AT_MOST)
    missed = [c["missed"] for c in cases if c["missed"] is not None]
    if missed:
        unit = "packets" if tool.name == RIVAL else "connections"
        report.figure(f"{name}: missed", sum(missed), f"{unit} in all rounds", at_most=0 if ours else None)
    failed = sum(c["failed"] for c in cases)
    if failed:
        report.figure(f"{name}: connections that failed", failed, "in all rounds")


def measure(kind, tools, rounds, seconds):
    """Each round measures all tools, in an order of its own; then each is sampled."""
    cannot, results = {}, []

    def case(tool, seconds, *words):
        return run_case("endtoend_case.py", tool.name, kind.traffic, str(seconds), *["apart"] * kind.apart, *words)

    for _ in range(rounds):
        order = [t for t in tools if t.name not in cannot]
        random.shuffle(order)
        results.append({})
        for tool in order:
            got = case(tool, seconds)
            if "cannot" in got:
                cannot[tool.name] = got["cannot"]
            else:
                results[-1][tool.name] = got
    return results, cannot, {t.name: case(t, SAMPLED_FOR, "sampled") for t in tools if t.name not in cannot}


def chosen(words):
    """Kinds and tools: a word that is in no kind's name chooses tools, and the other way round."""
    kinds = [k for k in KINDS if any(w in k.name for w in words)] or list(KINDS)
    tools = [t for t in TOOLS if any(w in t.name for w in words)] or list(TOOLS)
    return kinds, [t for t in TOOLS if t in tools or t.name in BESIDES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.75, help="of each measurement")
    parser.add_argument("words", nargs="*", metavar="WORD")
    arguments = parser.parse_args()
    if os.geteuid():
        sys.exit("endtoend.py: needs root")
    if pathlib.Path("/proc/sys/kernel/bpf_stats_enabled").read_text(encoding="ascii").strip() != "0":
        sys.exit("endtoend.py: each run of a program would be timed by the kernel, too: sysctl kernel.bpf_stats_enabled=0")
    exit_on_signals()
    report = Report(arguments.json)
    kinds, tools = chosen(arguments.words)
    missing = [t for t in tools if not t.is_installed()]
    for kind in kinds:
        report.heading(f"{kind.name}, {arguments.rounds} rounds of {arguments.seconds:g} s")
        here = [t for t in tools if kind.is_for(t)]
        installed = [t for t in here if t not in missing]
        rounds, cannot, sampled = measure(kind, installed, arguments.rounds, arguments.seconds)
        for tool in here:
            if tool in missing or tool.name in cannot:
                report.words(f"{kind.name}: {tool.name}", cannot.get(tool.name, "not installed"))
            else:
                show(report, kind, tool, rounds, sampled)


if __name__ == "__main__":
    main()
