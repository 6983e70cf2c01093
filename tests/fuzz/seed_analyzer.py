#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turns captures into the seed corpus of fuzz_analyzer: seed_analyzer.py OUTPUT CAPTURE...

The captures are those that `run_scenario --pcap FILE` writes: pcap with nanoseconds, little-endian.
"""
import os
import struct
import sys

HEADER, RECORD = 24, 16


def frames(capture):
    at = HEADER
    while at + RECORD <= len(capture):
        seconds, nanoseconds, captured, _ = struct.unpack_from("<IIII", capture, at)
        at += RECORD
        yield seconds * 10**9 + nanoseconds, capture[at:at + captured]
        at += captured


def step(nanoseconds):
    """The inverse of time_step() in fuzz_analyzer.c, as near as it goes."""
    if nanoseconds < 1_000_000_000:
        return min(nanoseconds // 5000, 191)
    return min(191 + max(nanoseconds // 4_000_000_000, 1), 255)


def seed(capture):
    out, before = bytearray([0]), None
    for time, frame in frames(capture):
        gap = 0 if before is None else max(time - before, 0)
        out += struct.pack(">HB", len(frame), step(gap)) + frame
        before = time
    return bytes(out)


def main(output, captures):
    os.makedirs(output, exist_ok=True)
    for path in captures:
        with open(path, "rb") as f:
            data = seed(f.read())
        name = os.path.splitext(os.path.basename(path))[0]
        with open(os.path.join(output, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
