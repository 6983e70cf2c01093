#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A flood of SYNs, while connections that are open are in use; a reader follows with one view.

    tests/net.sh hosts tests/bench/endtoend_flood.py VIEW SECONDS HELD

Prints one JSON object: the rate of the flood, what the reader needed, which records of the open connections
are not what their client counted, and the two sides of each equation that the counters promise.
"""

import collections
import json
import os
import subprocess
import sys
import threading
import time

from endtoend_tools import BENCHES, SYNSCOPE, CannotRun, Running, Tool, cpu_seconds, exit_on_signals, resident_besides_table

from lib import die_with_parent, host, must, need, pinned, temporary_directory

PORT = 8000
SAMPLE_EVERY, SETTLE = 0.1, 2.0
# What the reader says that the programs did not.
OWN_EVENTS = {"scan", "flood", "expired", "lost"}
# What must be so of a record whose connection is open, besides its bytes.
OPEN = {"orig_state": "ESTABLISHED", "resp_state": "ESTABLISHED", "seen": "both", "conn_state": "S1", "missed_bytes": 0}


def start(*command, **options):
    return subprocess.Popen(
        [str(c) for c in command], stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent, **options
    )


class Held:
    """Connections that are open, and in use until they are asked what they carried."""

    def __init__(self, count):
        ends = (host("a"), host("b"), os.environ["ADDR_B"])
        self.server = start(BENCHES / "load", "echo", *ends, 0, stdin=subprocess.PIPE)
        self.said(self.server, "ready")
        self.client = start(BENCHES / "load", "held", *ends, count, stdin=subprocess.PIPE)
        self.said(self.client, "ready")

    @staticmethod
    def said(process, word):
        lines = []
        for line in process.stdout:
            if line.strip() == word:
                return lines
            lines.append(line)
        sys.exit(f"endtoend: the held connections ended: {lines}")

    def carried(self):
        """Port of the client -> bytes sent, bytes received."""
        self.client.stdin.write("\n")
        self.client.stdin.flush()
        each = [map(int, line.split()) for line in self.said(self.client, "end")]
        return {port: (sent, received) for port, sent, received in each}

    def close(self):
        for process in (self.client, self.server):
            process.stdin.close()
            process.stdout.read()
            process.wait()


class Sampler(threading.Thread):
    """Resident memory of the reader while the block runs."""

    def __init__(self, pid):
        super().__init__()
        self.pid, self.over, self.samples = pid, threading.Event(), [resident_besides_table(pid)]

    def run(self):
        while not self.over.wait(SAMPLE_EVERY):
            self.samples.append(resident_besides_table(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.over.set()
        self.join()


def counters(place):
    return json.loads(must("b", SYNSCOPE, "counters", *place))


def packets():
    """Received and sent by host b's interface, as it counts them."""
    stats = json.loads(must("b", "ip", "-j", "-s", "link", "show", "dev", "eth0"))[0]["stats64"]
    return stats["rx"]["packets"] + stats["tx"]["packets"]


def records_of_held(place, directory):
    """What the table says of the connections to the server's port, by the client's port."""
    must("b", SYNSCOPE, "conns", "--json", "-o", directory / "conns", *place)
    found = {}
    with open(directory / "conns", encoding="utf-8") as f:
        for line in f:
            if f'"id.resp_p": {PORT},' in line:
                record = json.loads(line)
                found[record["id.orig_p"]] = record
    return found


def wrong_records(carried, records):
    """Of the open connections: how many are not in the table, and how many are told wrongly; one of these."""
    lost, wrong, example = 0, 0, None
    for port, (sent, got) in carried.items():
        record = records.get(port)
        if not record:
            lost += 1
            continue
        expected = OPEN | {"orig_bytes": sent, "resp_bytes": got}
        differs = {k: (record[k], v) for k, v in expected.items() if record[k] != v}
        if differs:
            wrong += 1
            example = example or {"port": port, **differs}
    return lost, wrong, example


def read_events(path):
    """Events by kind, and lost ones by kind, as the reader told of them."""
    seen, lost = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8") as f:
        for line in f:
            kind = line.split('"event": "', 1)[1].split('"', 1)[0]
            seen[kind] += 1
            if kind == "lost":
                lost.update(json.loads(line)["events"])
    return seen, lost


def equations_of_events(path, now):
    """[what, one side, other side]"""
    seen, lost = read_events(path)
    told = sum(n for kind, n in seen.items() if kind not in OWN_EVENTS)
    events = now["events"]
    kinds = sorted(set(lost) | set(events["lost_by_kind"]))
    return [
        ["events read = events emitted", told, events["emitted"]],
        *([f"lost events told = lost events counted: {k}", lost[k], events["lost_by_kind"].get(k, 0)] for k in kinds),
        [
            "SYN events read + lost + left out = connections opened",
            seen["syn"] + lost["syn"] + events["aggregated"],
            now["connections"]["opened"],
        ],
    ]


def equations_of_records(path, now):
    with open(path, encoding="utf-8") as f:
        told = sum(1 for line in f)
    events, c = now["events"], now["connections"]
    return [
        [
            "records told + lost + left out, and connections still open = connections opened",
            told + events["lost_records"] + events["aggregated_records"] + c["tracked"],
            c["opened"],
        ]
    ]


def equations_of_counters(now, frames):
    c, h = now["connections"], now["handshakes"]
    parts = ("completed", "refused", "unanswered", "aborted", "half_open")
    return [
        ["frames seen = packets of the interface", now["layers"]["frames"], frames],
        ["handshakes started = their outcomes", h["started"], sum(h[k] for k in parts)],
        ["connections opened = their ends", c["opened"], c["closed"] + c["expired"] + c["evicted"] + c["tracked"]],
        ["SYNs = connections opened + untracked", now["segments"]["syn"], c["opened"] + c["untracked"]],
    ]


def flood(seconds, reader, place):
    """The flood itself; what it was, and what the reader needed for it."""
    cpu = cpu_seconds(reader.process.pid)
    with Sampler(reader.process.pid) as sampler:
        command = (BENCHES / "flood", host("a"), "eth0", os.environ["ADDR_B"], seconds, BENCHES / "flood.bpf.o")
        with start(*command) as process:
            result = json.loads(process.stdout.read())
        time.sleep(SETTLE)
    result |= {"cpu": cpu_seconds(reader.process.pid) - cpu, "resident": sampler.samples[0]}
    half = sampler.samples[len(sampler.samples) // 2]
    return result | {"grown": max(sampler.samples), "growth_late": max(0, max(sampler.samples) - half)}


def measure(view, seconds, count, directory):
    for which in "ab":
        must(which, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")  # nothing but what is sent here
    before_attach = packets()
    with pinned("b") as place:
        tail = Tool("tail", lambda d: [SYNSCOPE, "tail", "--view", view, "--json", "-o", d / "out", *place])
        reader = Running(tail, directory)
        held = Held(count)
        time.sleep(SETTLE + 1)  # each has been used
        before = counters(place)
        result = flood(seconds, reader, place)
        after = counters(place)
        carried = held.carried()
        time.sleep(0.1)  # the last ACK
        lost, wrong, example = wrong_records(carried, records_of_held(place, directory))
        reader.stop()
        now = counters(place)
        frames = packets() - before_attach
        held.close()
    equations = equations_of_counters(now, frames)
    equations += (equations_of_events if view == "events" else equations_of_records)(directory / "out", now)
    return result | {
        "seen": after["in"]["segments"] - before["in"]["segments"],
        "events": now["events"],
        "connections": now["connections"],
        "held": {"count": len(carried), "lost": lost, "wrong": wrong, "example": example},
        "unequal": [e for e in equations if e[1] != e[2]],
        "equations": len(equations),
        "peak": reader.peak,
    }


def main():
    need("hosts")
    exit_on_signals()
    with temporary_directory() as directory:
        try:
            print(json.dumps(measure(sys.argv[1], sys.argv[2], sys.argv[3], directory)))
        except CannotRun as error:
            print(json.dumps({"cannot": str(error)}))


if __name__ == "__main__":
    main()
