#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Two processors see segments of the same few connections at once, which end and begin anew all the while: each
beginning and each end is counted once, so what the counters say is open is what the table holds.
"""

import json
import os
import random
import socket
import struct
import subprocess
import sys
import time

from lib import SYNSCOPE, check, check_invariants, equal, inside_host, main, must, need, pinned, skip

CPUS = sorted(os.sched_getaffinity(0))[:2]
SECONDS = 2
FLAGS = (0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14)  # SYN, SYN-ACK, ACK, PSH ACK, FIN ACK, RST, RST ACK


def frame(number, from_responder, flags):
    """Small sequence numbers, so that many of them fit."""
    ports = (443, 10000 + number) if from_responder else (10000 + number, 443)
    hosts = ("198.18.0.2", "198.18.0.1") if from_responder else ("198.18.0.1", "198.18.0.2")
    tcp = struct.pack(">HHIIBBHHH", *ports, random.randrange(3), random.randrange(3), 5 << 4, flags, 1000, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40, random.randrange(1 << 16), 0, 64, 6, 0, *map(socket.inet_aton, hosts))
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + ip + tcp


def send(cpu, tuples):
    os.sched_setaffinity(0, {cpu})
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("eth0", 0))
    frames = [frame(random.randrange(tuples), random.randrange(2), random.choice(FLAGS)) for _ in range(20000)]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for one in frames:
            out.send(one)


def counted_once(tuples, *options):
    with pinned("a", *options) as place:
        senders = [subprocess.Popen(inside_host("a", [sys.executable, __file__, str(cpu), str(tuples)])) for cpu in CPUS]
        for sender in senders:
            equal(sender.wait(30), 0, "a sender's exit status")
        counters = json.loads(must("a", SYNSCOPE, "counters", "eth0", *place))
        records = [json.loads(line) for line in must("a", SYNSCOPE, "conns", "eth0", "--json", *place).splitlines()]
    check_invariants(counters)
    check(counters["connections"]["opened"] > 1000, f"connections began: {counters['connections']}")
    still_open = [r for r in records if r["teardown"]["how"] not in ("fin", "rst")]
    equal(counters["connections"]["tracked"], len(still_open), f"tracked, by the table: {counters['connections']}")


def few_tuples():
    for _ in range(3):
        counted_once(3)


def a_small_table():
    for _ in range(3):
        counted_once(40, "--max-connections", "1")


if len(sys.argv) == 3 and sys.argv[1].isdigit():
    send(int(sys.argv[1]), int(sys.argv[2]))
else:
    need("hosts")
    if len(CPUS) < 2:
        skip("needs two processors")
    main(few_tuples, a_small_table)
