#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A SYN with another number inside an open connection, and its answer: the old one is over, and nothing was lost."""

import json
import struct
import subprocess

from lib import SYNSCOPE, check, contains, equal, main, temporary_directory

SYN, ACK, RAW_IP = 2, 16, 101


def segment(seconds, flags, numbers, back=False):
    ends, ports = [bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2))], [40000, 80]
    if back:
        ends, ports = ends[::-1], ports[::-1]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, seconds, 0, 64, 6, 0, *ends)
    tcp = struct.pack("!HHIIHHHH", *ports, *numbers, 5 << 12 | flags, 1024, 0, 0)
    return struct.pack("<IIII", seconds, 0, 40, 40) + ip + tcp


def handshake(begin, orig, resp):
    yield segment(begin, SYN, (orig, 0))
    yield segment(begin + 1, SYN | ACK, (resp, orig + 1), True)
    yield segment(begin + 2, ACK, (orig + 1, resp + 1))


def replay(*options):
    with temporary_directory() as directory:
        path = directory / "capture"
        frames = b"".join([*handshake(100, 1000, 5000), *handshake(110, 900000, 70000)])
        path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP) + frames)
        return subprocess.run([SYNSCOPE, "replay", path, *options], capture_output=True, check=True, timeout=30, text=True)


def the_records():
    old, new = [json.loads(line) for line in replay("--view", "conns", "--json").stdout.splitlines()]
    equal([old["teardown"]["how"], new["teardown"]["how"]], ["open", "open"], "how they ended")
    equal([old["diagnosis"], new["diagnosis"]], [[], ["port_reused"]], "diagnosis")


def the_summary():
    said = replay("--view", "conns").stderr
    contains(said, ["2 connections", "1 open until their ports were used anew", "1 still open"], "summary")
    check("lost" not in said and "evicted" not in said, f"nothing was lost: {said}")


def the_words():
    said = " ".join(replay().stdout.split())
    contains(said, ["then a new SYN took its ports", "its SYN came while the previous connection seemed open"], "timeline")
    check("its SYN was not seen" not in said, f"it was: {said}")


main(the_records, the_summary, the_words)
