#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A connection that is given up for its silence is an event of its own: in run, tail and replay."""

import json
import os
import socket
import struct
import subprocess

from lib import (
    SYNSCOPE, Live, check, contains, equal, eventually, host, json_lines, main, must, need, pinned, synscope,
    temporary_directory,
)  # fmt: skip

need("hosts")

from namespace import inside  # noqa: E402

SYN, ACK, RAW_IP = 2, 16, 101
NOBODY = "10.9.0.99"
OF_A_SEGMENT = ("flags", "seq", "ack", "relative_seq", "relative_ack", "window", "urgent", "header", "payload",
                "seq_ok", "ack_ok", "accepted")  # fmt: skip


def segment(seconds, flags, ports, numbers, back=False):
    ends = [bytes((10, 9, 0, 2)), bytes((10, 9, 0, 1))] if back else [bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2))]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, *ends)
    tcp = struct.pack("!HHIIHHHH", *ports, *numbers, 5 << 12 | flags, 1024, 0, 0)
    return struct.pack("<IIII", seconds, 0, 40, 40) + ip + tcp


CAPTURE = [
    segment(100, SYN, (40000, 80), (1000, 0)),
    segment(100, SYN | ACK, (80, 40000), (5000, 1001), True),
    segment(100, ACK, (40000, 80), (1001, 5001)),
    segment(101, SYN, (40001, 81), (1000, 0)),
    segment(200, SYN, (40002, 82), (1000, 0)),
]


def replay(*options):
    with temporary_directory() as directory:
        path = directory / "capture"
        path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP) + b"".join(CAPTURE))
        command = [SYNSCOPE, "replay", path, "--idle-timeout", "10s", *options]
        return subprocess.run(command, capture_output=True, check=True, timeout=30, text=True).stdout


def expired(objects):
    return [e for e in objects if e["event"] == "expired"]


def check_event(e, ports, states):
    equal((e["src"], e["sport"], e["dport"]), (os.environ["ADDR_A"], *ports), "its ends, the originator first")
    equal([e["orig_state"], e["resp_state"]], states, "states")
    equal((e["direction"], e["from"]), (None, None), "nobody sent it")
    equal([e[name] for name in OF_A_SEGMENT], [None] * len(OF_A_SEGMENT), "there is no segment")


def in_a_replay():
    objects = [json.loads(line) for line in replay("--view", "events", "--json").splitlines()]
    opened, unanswered = expired(objects)
    check_event(opened, (40000, 80), ["ESTABLISHED", "ESTABLISHED"])
    check_event(unanswered, (40001, 81), ["SYN_SENT", None])
    equal((opened["n"], opened["ts"], opened["since_ms"]), (4, "1970-01-01T00:01:50.000000000Z", 10000), "n, ts, since_ms")
    uids = {e["uid"] for e in objects if e["sport"] == 40000 and e["event"] == "syn"}
    equal(uids, {opened["uid"]}, "uid")
    equal([e["event"] for e in objects[-3:]], ["expired", "expired", "syn"], "what came when")
    counters = json.loads(replay("--view", "counters", "--json").splitlines()[-1])
    equal(counters["connections"]["expired"], 2, "counted")


def as_text():
    lines = [line for line in replay("--view", "events").splitlines() if " expired " in line]
    equal(len(lines), 2, f"lines of {lines}")
    contains(lines[0], ["00:01:50", "10.9.0.1:40000 > 10.9.0.2:80", "silent", "ESTABLISHED/ESTABLISHED"], "line")
    contains(lines[1], ["10.9.0.1:40001 > 10.9.0.2:81", "SYN_SENT/-"], "line")
    check("not accepted" not in "".join(lines), "nothing was to be accepted")


def by_either_engine():
    for options in (["--json"], []):
        native, bpf = (replay("--view", "events", *options, "--engine", engine) for engine in ("native", "bpf"))
        equal(native, bpf, f"both engines {options}")


def silent_connections():
    """One that is open and one that nobody answers; both stay so until they are closed."""
    with inside(host("b")):
        server = socket.create_server((os.environ["ADDR_B"], 5001))
    with inside(host("a")):
        client = socket.create_connection((os.environ["ADDR_B"], 5001))
        lost = socket.socket()
    lost.setblocking(False)
    lost.connect_ex((NOBODY, 5002))
    return server, client, server.accept()[0], lost


def close_all(sockets):
    for s in sockets:
        s.close()


def ports_of(events):
    return sorted(e["dport"] for e in expired(events))


def in_a_run():
    must("a", "ip", "neigh", "replace", NOBODY, "lladdr", "02:00:00:00:00:99", "dev", "eth0")
    with Live("a", "run", "eth0", "--view", "events", "--json", "--idle-timeout", "700ms") as live:
        sockets = silent_connections()
        eventually(lambda: {5001, 5002} <= set(ports_of(live.objects())), lambda: f"both: {live.lines}")
        close_all(sockets)
        live.stop()
    check_event(next(e for e in expired(live.objects()) if e["dport"] == 5001), (sockets_port(live), 5001),
                ["ESTABLISHED", "ESTABLISHED"])  # fmt: skip


def sockets_port(live):
    return next(e["sport"] for e in live.objects() if e["event"] == "syn" and e["dport"] == 5001)


def in_a_tail():
    with pinned("a", "--idle-timeout", "700ms") as place:
        sockets = silent_connections()
        with Live("a", "tail", "eth0", "--view", "events", "--json", *place, ready=False) as live:
            eventually(lambda: {5001, 5002} <= set(ports_of(live.objects())), lambda: f"both: {live.lines}")
            live.stop()
        close_all(sockets)
        counted = json_lines(synscope("a", "counters", "eth0", *place))[0]
    check(counted["connections"]["expired"] >= 2, "counted")


main(in_a_replay, as_text, by_either_engine, in_a_run, in_a_tail)
