#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A run begins and ends in the middle of traffic. Its two hooks are attached one after the other, which takes up
to 30 ms, and taken off likewise: what opens meanwhile must not look refused by nobody, or be seen from one side.
"""

import json
import os
import subprocess
import sys

from burst import Burst
from lib import SYNSCOPE, check, inside_host, main, must, need, pinned

need("hosts")

CLOSED_PORT = 5001
REFUSED = """
import socket, sys
while True:
    try:
        socket.create_connection((sys.argv[1], int(sys.argv[2])))
    except OSError:
        pass
"""
RUNS = 4
STRADDLING = 2 * 2  # in a run: what each of two clients had on its way as it began, and as it ended


class Traffic(Burst):
    """Connections that are served, and others that are refused."""

    def __enter__(self):
        super().__enter__()
        command = [sys.executable, "-c", REFUSED, os.environ["ADDR_A"], str(CLOSED_PORT)]
        self.processes.append(subprocess.Popen(inside_host("b", command)))
        return self


def half_seen(record):
    """Begun by a SYN, and yet without the other side's word."""
    return record["handshake"]["syn_ms"] == 0 and record["seen"] != "both"


def check_records(lines, what):
    records = [json.loads(line) for line in lines.splitlines()]
    bad = [r for r in records if half_seen(r)]
    check(len(records) > 50, f"{what}: there was traffic: {len(records)} records")
    check(len(bad) <= RUNS * STRADDLING, f"{what}: {len(bad)} of {len(records)} were seen from one side, as {bad[:1]}")


def run_in(mode):
    lines = "".join(
        must("a", SYNSCOPE, "run", "eth0", "--view", "conns", "--json", "-q",
             "-m", mode, "-d", "300ms") for _ in range(RUNS)
    )  # fmt: skip
    check_records(lines, mode)


def native():
    with Traffic():
        run_in("native")


def tc():
    with Traffic():
        run_in("tc")


def attached():
    """From attach to detach, by the counters' word: nothing stays half-open."""
    with Traffic(), pinned("a") as place:
        lines = must("a", SYNSCOPE, "conns", "eth0", "--json", *place)
    bad = [r for r in map(json.loads, lines.splitlines()) if half_seen(r)]
    check(len(bad) <= STRADDLING, f"{len(bad)} of {len(lines.splitlines())} were seen from one side, as {bad[:1]}")


main(native, tc, attached)
