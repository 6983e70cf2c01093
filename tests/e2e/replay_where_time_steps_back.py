#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that were joined, or whose clock was set: what comes after the step is judged like any other."""

import json
import struct
import subprocess

from lib import SYNSCOPE, equal, main, temporary_directory

SYN, RAW_IP, BEGIN, LATER = 2, 101, 1700000000, 1700000000 + 10**6


def syn(microseconds, source_port, port):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2)))
    tcp = struct.pack("!HHIIHHHH", source_port, port, 1000, 0, 5 << 12 | SYN, 1024, 0, 0)
    return struct.pack("<IIII", microseconds // 10**6, microseconds % 10**6, 40, 40) + ip + tcp


def scan(begin, first=50000):
    """Twenty ports within 20 ms, all of them silent, and time for that to mean something."""
    probes = [syn(begin * 10**6 + 1000 * i, first + i, 1000 + i) for i in range(20)]
    return probes + [syn((begin + after) * 10**6, first - 1, 3 + after) for after in (4, 5, 70)]


def events(frames, *options):
    with temporary_directory() as directory:
        path = directory / "capture"
        path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP) + b"".join(frames))
        result = subprocess.run([SYNSCOPE, "replay", path, "--json", *options], capture_output=True, check=True, timeout=30)
        return [json.loads(line) for line in result.stdout.splitlines()]


def scans(frames):
    return [e["scanner"]["targets"] for e in events(frames, "--view", "events") if e["event"] == "scan"]


def a_scan_is_told_of():
    expected = scans([syn((BEGIN - 1) * 10**6, 1, 2)] + scan(BEGIN))
    equal(len(expected), 2, "a scan that begins and is over")
    equal(scans([syn(LATER * 10**6, 1, 2)] + scan(BEGIN))[-1] + 1, expected[-1], "targets after the step")


def both_scans_are_told_of():
    equal(scans(scan(LATER) + scan(BEGIN, 51000)), scans(scan(BEGIN)) * 2, "targets of both")


def their_records_say_so():
    records = events([syn(LATER * 10**6, 1, 2)] + scan(BEGIN), "--view", "conns")
    probes = [r for r in records if r["ts"] < BEGIN + 1]
    equal(["syn_scan" in r["diagnosis"] for r in probes], [True] * 20, "syn_scan in their diagnosis")


main(a_scan_is_told_of, both_scans_are_told_of, their_records_say_so)
