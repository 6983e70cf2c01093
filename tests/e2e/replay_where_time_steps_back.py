#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Captures that were joined, or whose clock was set: what comes after the step is judged like any other."""

import json
import subprocess

from lib import SYNSCOPE, check, contains, equal, main, temporary_directory

from raw_capture import RST_ACK, SYN, header, segment  # isort: skip

BEGIN, LATER = 1700000000, 1700000000 + 10**6
CLIENT, SERVER = (10, 9, 0, 1), (10, 9, 0, 2)


def syn(microseconds, source_port, port):
    return segment(microseconds / 10**6, (CLIENT, source_port), (SERVER, port), SYN, 1000, 0)


def scan(begin, first=50000):
    """Twenty ports within 20 ms, all of them silent, and time for that to mean something."""
    probes = [syn(begin * 10**6 + 1000 * i, first + i, 1000 + i) for i in range(20)]
    return probes + [syn((begin + after) * 10**6, first - 1, 3 + after) for after in (4, 5, 70)]


def replay(frames, *options):
    with temporary_directory() as directory:
        path = directory / "capture"
        path.write_bytes(header() + b"".join(frames))
        result = subprocess.run([SYNSCOPE, "replay", path, *options], capture_output=True, check=True, timeout=30, text=True)
        return result.stdout


def events(frames, *options):
    return [json.loads(line) for line in replay(frames, "--json", *options).splitlines()]


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


def what_lies_before_the_beginning_took_no_time():
    """Within a connection: nothing is known of how long it took."""
    frames = [syn(LATER * 10**6, 40000, 80), segment(BEGIN, (SERVER, 80), (CLIENT, 40000), RST_ACK, 0, 1001)]
    (record,) = events(frames, "--view", "conns")
    equal((record["conn_state"], record["duration"], record["teardown"]["rst_ms"]), ("REJ", 0, None), "record")
    contains(replay(frames), "answered with RST in 0 ", "timeline")


def flood(begin, network):
    """For eight seconds a SYN every half a millisecond, each from another port or address."""
    return [segment(begin + n / 2000, ((10, network, n >> 8 & 255, n & 255), 1024 + n), (SERVER, 80), SYN, n, 0) for n in range(16000)]


def a_flood_of_each_part_has_its_own_time():
    told = [e for e in events(flood(LATER, 7) + flood(BEGIN, 8) + [syn((BEGIN + 20) * 10**6, 1, 2)], "--view", "events")
            if e["event"] == "flood"]  # fmt: skip
    equal([e["phase"] for e in told], ["start", "end"] * 2, "phases")
    for e in told:
        check(e["peak_per_s"] <= 2010 and e["total"] <= 16000, f"as many as there were: {e}")
        check(e["until"] is None or e["until"] > e["since"], f"it ends after it began: {e}")


def what_jumps_ahead_makes_records_final_in_the_order_of_their_silence():
    """In every view, also in one that would have announced them in another order meanwhile."""
    frames = [syn(BEGIN * 10**6 + after, port, 80) for after, port in ((0, 1), (1000, 2), (500_000, 1))]
    frames.append(syn((BEGIN + 1000) * 10**6, 3, 80))
    for view in ("conns", "timeline"):
        equal([r["id.orig_p"] for r in events(frames, "--view", view)], [2, 1, 3], f"order of {view}")


main(a_scan_is_told_of, both_scans_are_told_of, their_records_say_so, what_lies_before_the_beginning_took_no_time,
     a_flood_of_each_part_has_its_own_time, what_jumps_ahead_makes_records_final_in_the_order_of_their_silence)
