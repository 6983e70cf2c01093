#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
How fast a large capture is replayed, next to the tools that people would use instead.

usage: replay.py SYNSCOPE [MEGABYTES] [--json]

Makes captures of MEGABYTES (default 1024) in a temporary folder, one kind after the other. Each program
that is installed reads each of them three times, in turn, after one reading that brings the file into
memory; what is printed are medians. Peak memory is the largest resident set; that of synscope is held
against its own for a file of a quarter of the size, each the median of as many runs in turn, since how
many large pages are touched differs from run to run of the same file. Timings fail nobody's build.
"""
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROUNDS = 3
MEMORY_ROUNDS = 7
GIVE_UP_AFTER = 300  # seconds; for a program that a capture is too much for
TIMES_TSHARK = 30  # targets: as many times as fast as tshark, ahead of tcptrace, and flat memory
TIMES_TCPTRACE = 1
TIMES_MEMORY = 1.1

SYN, SYN_ACK, ACK, PSH_ACK, FIN_ACK = 0x02, 0x12, 0x10, 0x18, 0x11
SEGMENT = 1448  # bytes of payload beside a timestamps option, at an MTU of 1500


class Host:
    """One end of a connection: address, port and initial sequence number."""

    def __init__(self, address, port, isn):
        self.address, self.port, self.isn = address, port, isn


def frame(source, target, seq, ack, flags, payload=b"", options=b"", number=0):
    """seq and ack count from the initial numbers."""
    ip = struct.pack("!BBHHHBBHII", 0x45, 0, 40 + len(options) + len(payload), number & 0xFFFF, 0x4000, 64, 6, 0,
                     source.address, target.address)
    ack = target.isn + ack if flags & ACK else 0
    tcp = struct.pack("!HHIIBBHHH", source.port, target.port, (source.isn + seq) & 0xFFFFFFFF, ack & 0xFFFFFFFF,
                      (20 + len(options)) << 2, flags, 65535, 0, 0)
    return b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0" + ip + tcp + options + payload


def short_connection(number):
    """A handshake, a request, an answer of ten segments, a close."""
    client = Host(0x0A000000 + (number >> 14 & 0xFFFF), 1024 + (number & 0x3FFF), number * 7919)
    server = Host(0x0AFE0001 + (number & 3), 80, number * 104729)
    data, size, request = 10, 1000, b"GET / HTTP/1.0\r\n\r\n"
    answer = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n".ljust(size, b"x")
    sent = 1 + len(request)
    yield frame(client, server, 0, 0, SYN, number=number)
    yield frame(server, client, 0, 1, SYN_ACK, number=number)
    yield frame(client, server, 1, 1, ACK, number=number + 1)
    yield frame(client, server, 1, 1, PSH_ACK, request, number=number + 2)
    for i in range(data):
        yield frame(server, client, 1 + i * size, sent, PSH_ACK, b"x" * size if i else answer, number=number + 1 + i)
        yield frame(client, server, sent, 1 + (i + 1) * size, ACK, number=number + 3 + i)
    end = 1 + data * size
    yield frame(server, client, end, sent, FIN_ACK, number=number + data + 1)
    yield frame(client, server, sent, end + 1, FIN_ACK, number=number + data + 3)
    yield frame(server, client, end + 1, sent + 1, ACK, number=number + data + 2)


def short_connections():
    """256 at a time, dealt out frame by frame."""
    number = 0
    while True:
        for turn in zip(*[short_connection(number + i) for i in range(256)]):
            yield from turn
        number += 256


def stamps(number):
    return b"\1\1\x08\x0a" + struct.pack("!II", number & 0xFFFFFFFF, number & 0xFFFFFFFF)


def bulk_transfers():
    """16 of them that never end, to a port (iperf's) of no protocol that tshark would take apart."""
    pairs = [(Host(0x0A000001 + i, 40000 + i, i * 7919), Host(0x0AFE0001, 5001, i * 104729)) for i in range(16)]
    body, sent, number = b"x" * SEGMENT, 1, 0
    for client, server in pairs:
        yield frame(client, server, 0, 0, SYN, options=stamps(0))
        yield frame(server, client, 0, 1, SYN_ACK, options=stamps(0))
        yield frame(client, server, 1, 1, ACK, options=stamps(0), number=1)
    while True:
        for client, server in pairs:
            number += 2
            yield frame(server, client, sent, 1, ACK, body, stamps(number), number)
            yield frame(server, client, sent + SEGMENT, 1, ACK, body, stamps(number), number + 1)
            yield frame(client, server, 1, sent + 2 * SEGMENT, ACK, b"", stamps(number), number)
        sent += 2 * SEGMENT


KINDS = {"short connections": short_connections, "bulk transfers": bulk_transfers}


def make_capture(path, frames, megabytes):
    """A frame every 3 microseconds. How many there are."""
    packets, microseconds, size = 0, 1700000000000000, 0
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for one in frames:
            microseconds += 3
            f.write(struct.pack("<IIII", microseconds // 1000000, microseconds % 1000000, len(one), len(one)) + one)
            size += 16 + len(one)
            packets += 1
            if size >= megabytes << 20:
                return packets
    return packets


def commands(synscope, path):
    views = (["conns", "--json"], ["conns"], ["timeline"], ["events", "--json"], ["counters"])
    ours = {"synscope " + " ".join(v): [synscope, "replay", path, "-q", "--view"] + v for v in views}
    return ours | {"tshark conv,tcp": ["tshark", "-r", path, "-q", "-z", "conv,tcp"], "tcptrace": ["tcptrace", path]}


REFERENCE = "synscope conns --json"  # what the other tools come closest to


def run(command):
    """Seconds and peak memory in MiB; None: it failed, or took too long."""
    begin = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        limit = threading.Timer(GIVE_UP_AFTER, process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.monotonic() - begin
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    return None if process.returncode else (taken, usage.ru_maxrss / 1024)


class Report:
    def __init__(self, as_json):
        self.as_json = as_json

    def heading(self, text):
        if not self.as_json:
            print(f"\n{text}")

    def skip(self, what, reason):
        print(f"skip: {what}: {reason}", file=sys.stderr)

    def figure(self, name, value, unit, ratio, against, target=None, met=None, memory=None):
        if self.as_json:
            line = {"name": "replay " + name, "value": value, "unit": unit, "ratio": round(ratio, 3),
                    "against": against}
            if target is not None:
                line |= {"target": target, "met": met}
            if memory is not None:
                line["memory_mib"] = round(memory)
            print(json.dumps(line), flush=True)
            return
        goal = "" if target is None else f"   target {target:g}: {'met' if met else 'missed'}"
        resident = "" if memory is None else f" {memory:6.0f} MiB"
        label = name.split(": ", 1)[-1]
        print(f"  {label:30} {value:10.2f} {unit:11}{resident}  {ratio:7.2f} times {against}{goal}", flush=True)


def measure(tools, report):
    """Each tool's runs, in turn; those that fail or take too long are left out."""
    results = {}
    for name, command in tools.items():
        if not shutil.which(command[0]):
            report.skip(name, "not installed")
        else:
            results[name] = []
    for turn in range(ROUNDS):
        for name in list(results):
            result = run(tools[name])
            if result is None:
                report.skip(name, f"failed, or took more than {GIVE_UP_AFTER} seconds")
                del results[name]
            else:
                results[name].append(result)
    return results


def ratio(results, one, other):
    """How many times as fast `one` is as `other`: the median over the rounds."""
    return statistics.median(b[0] / a[0] for a, b in zip(results[one], results[other]))


def tell_speed(report, kind, packets, results):
    for name, runs in results.items():
        value = packets / statistics.median(seconds for seconds, _ in runs) / 1e6
        report.figure(f"{kind}: {name}", round(value, 3), "M packets/s", ratio(results, name, REFERENCE), REFERENCE,
                      memory=max(memory for _, memory in runs))
    for name, target in (("tshark conv,tcp", TIMES_TSHARK), ("tcptrace", TIMES_TCPTRACE)):
        if name not in results:
            continue
        times = ratio(results, REFERENCE, name)
        report.figure(f"{kind}: speed", round(times, 1), "times", times, name, target, times >= target)


def tell_memory(report, kind, quarter, whole, small):
    peaks = [[run(command)[1] for command in (quarter, whole)] for _ in range(MEMORY_ROUNDS)]
    before, after = (statistics.median(column) for column in zip(*peaks))
    report.figure(f"{kind}: memory", round(after), "MiB", after / before, small, TIMES_MEMORY,
                  after / before <= TIMES_MEMORY)


def bench(synscope, kind, megabytes, folder, report):
    path, quarter = os.path.join(folder, "large.pcap"), os.path.join(folder, "quarter.pcap")
    packets = make_capture(path, KINDS[kind](), megabytes)
    make_capture(quarter, KINDS[kind](), megabytes // 4)
    tools = commands(synscope, path)
    report.heading(f"{kind}: {megabytes} MiB, {packets} packets")
    if run(tools[REFERENCE]) is None:
        sys.exit(f"{synscope}: fails on {path}")
    results = measure(tools, report)
    tell_speed(report, kind, packets, results)
    tell_memory(report, kind, commands(synscope, quarter)[REFERENCE], tools[REFERENCE], f"{megabytes // 4} MiB")


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    if not arguments:
        sys.exit(__doc__)
    megabytes = int(arguments[1]) if len(arguments) > 1 else 1024
    report = Report("--json" in sys.argv)
    for kind in KINDS:
        with tempfile.TemporaryDirectory(prefix="synscope-bench-") as folder:
            bench(os.path.abspath(arguments[0]), kind, megabytes, folder, report)


if __name__ == "__main__":
    main()
