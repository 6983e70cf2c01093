#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
How fast a large capture is replayed, next to the tools that people would use instead.

usage: replay.py SYNSCOPE [MEGABYTES] [--json]

Makes a capture of MEGABYTES (default 1024) in a temporary folder, lets each program that is installed
read it three times in turn, and prints the medians: seconds, packets a second, and the ratio to
synscope's time. Timings fail nobody's build.
"""
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROUNDS = 3
DATA = 10  # data segments of a connection
PAYLOAD = 1000


def ipv4_tcp(src, dst, sport, dport, seq, ack, flags, payload, number):
    total = 40 + len(payload)
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, total, number & 0xFFFF, 0x4000, 64, 6, 0, src, dst)
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + ip + tcp + payload


def connection(number):
    """The frames of one connection: a handshake, a request, a long answer, a close."""
    client, server = 0x0A000000 + (number >> 14 & 0xFFFF), 0x0AFE0001 + (number & 3)
    sport, dport = 1024 + (number & 0x3FFF), 80
    x, y, body = number * 7919, number * 104729, b"x" * PAYLOAD
    c = lambda seq, ack, flags, data=b"": ipv4_tcp(client, server, sport, dport, x + seq, y + ack, flags, data, number)
    s = lambda seq, ack, flags, data=b"": ipv4_tcp(server, client, dport, sport, y + seq, x + ack, flags, data, number)
    frames = [c(0, 0, 2), s(0, 1, 18), c(1, 1, 16), c(1, 1, 24, b"GET / HTTP/1.0\r\n\r\n")]
    for i in range(DATA):
        frames.append(s(1 + i * PAYLOAD, 19, 24, body))
        frames.append(c(19, 1 + (i + 1) * PAYLOAD, 16))
    end = 1 + DATA * PAYLOAD
    return frames + [s(end, 19, 17), c(19, end + 1, 17), s(end + 1, 20, 16)]


def make_capture(path, megabytes):
    """Connections overlap: each batch of 256 is dealt out frame by frame."""
    packets, microseconds = 0, 1700000000000000
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        number = 0
        while f.tell() < megabytes << 20:
            batch = [connection(number + i) for i in range(256)]
            number += 256
            for turn in zip(*batch):
                out = bytearray()
                for frame in turn:
                    microseconds += 3
                    out += struct.pack("<IIII", microseconds // 1000000, microseconds % 1000000, len(frame), len(frame))
                    out += frame
                    packets += 1
                f.write(out)
    return packets


def seconds(command):
    begin = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - begin


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    synscope, megabytes = arguments[0], int(arguments[1]) if len(arguments) > 1 else 1024
    with tempfile.TemporaryDirectory(prefix="synscope-bench-") as folder:
        path = os.path.join(folder, "large.pcap")
        packets = make_capture(path, megabytes)
        commands = {"synscope conns": [synscope, "replay", path, "--view", "conns", "--json", "-q"],
                    "tshark conv,tcp": ["tshark", "-r", path, "-q", "-z", "conv,tcp"],
                    "tcptrace": ["tcptrace", path]}
        commands = {n: c for n, c in commands.items() if shutil.which(c[0]) or os.path.exists(c[0])}
        times = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(seconds(command))
    ours = statistics.median(times["synscope conns"])
    for name, each in times.items():
        median = statistics.median(each)
        if "--json" in sys.argv:
            print(json.dumps({"name": f"replay {name}", "value": round(median, 3), "unit": "s",
                              "ratio": round(median / ours, 2), "against": "synscope conns"}))
        else:
            print(f"{name:18} {median:8.2f} s  {packets / median / 1e6:6.2f} M packets/s  "
                  f"{median / ours:6.1f} times synscope's time")


if __name__ == "__main__":
    main()
