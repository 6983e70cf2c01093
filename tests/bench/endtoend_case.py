#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
One tool and one kind of traffic, in hosts of their own, so that nothing is left of what was before. Right
before and right after the tool the same is measured with what it is compared with, its floor.

    tests/net.sh hosts tests/bench/endtoend_case.py TOOL short|upload|download SECONDS [apart] [sampled]

apart: the traffic is on the first CPU alone, the tool's process on the others. sampled: the tool alone, and
which share of the time it takes. Prints one JSON object; with `cannot`, the tool's own words, where it can't
run here.
"""

import json
import os
import subprocess
import sys
import threading
import time

from endtoend_samples import recording, shares, why_not
from endtoend_tools import BENCHES, TOOLS, CannotRun, Running, exit_on_signals, family_of

from lib import die_with_parent, host, must, need, temporary_directory

LOAD = os.environ.get("LOAD", str(BENCHES / "load"))
SAMPLE_EVERY = 0.5
WARM_UP = 0.2
FIRST_OF_TOOL = 0.5  # in which it finds the memory that it goes on with
WRITE_AT_ONCE = 256 << 10  # as loader/output.c does


def packets():
    """Received and sent by host b's interface, as it counts them."""
    stats = json.loads(must("b", "ip", "-j", "-s", "link", "show", "dev", "eth0"))[0]["stats64"]
    return stats["rx"]["packets"] + stats["tx"]["packets"]


class Traffic:
    """One kind of traffic, on some of the CPUs."""

    def __init__(self, kind, cpus):
        self.kind, self.cpus = kind, cpus

    def command(self, seconds):
        return [LOAD, self.kind, host("a"), host("b"), os.environ["ADDR_B"], str(seconds)]

    def begin(self):
        die_with_parent()
        os.sched_setaffinity(0, self.cpus)

    def run(self, command, meanwhile=lambda: None):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=self.begin) as process:
            over = threading.Event()

            def watch():
                while not over.wait(SAMPLE_EVERY):
                    meanwhile()

            watcher = threading.Thread(target=watch)
            watcher.start()
            try:
                result = process.stdout.read()
            except BaseException:
                process.terminate()
                raise
            finally:
                over.set()
                watcher.join()
        if process.returncode:
            sys.exit(f"endtoend: {' '.join(map(str, command))}: status {process.returncode}")
        return json.loads(result)


def with_floor(floor, traffic, seconds, directory):
    running = Running(floor, directory)
    result = traffic.run(traffic.command(seconds))
    running.stop()
    running.end()
    return result


def output_alone(path):
    """CPU time to write what a tool has written once more, by a plain loop, to the same file system."""
    content = memoryview(path.read_bytes())
    with open(path.with_suffix(".again"), "wb", buffering=0) as f:
        begin = time.thread_time()
        for at in range(0, len(content), WRITE_AT_ONCE):
            f.write(content[at : at + WRITE_AT_ONCE])
        return time.thread_time() - begin


def with_tool(tool, traffic, seconds, directory, tool_cpus, sampled):
    running = Running(tool, directory, tool_cpus)
    earlier = traffic.run(traffic.command(FIRST_OF_TOOL))["connections"]
    running.begin_to_count()
    before, command = packets(), traffic.command(seconds)
    result = traffic.run(recording(command, directory) if sampled else command, running.sample)
    result["packets"] = packets() - before
    if sampled:
        result |= shares(directory, family_of(running.process.pid) if running.process else [])
    running.stop()
    result["missed"] = running.missed(earlier + result["connections"]) if traffic.kind == "short" else None
    result |= {"cpu": running.cpu, "cpu_besides": running.cpu_besides, "peak": running.peak, "besides": running.besides}
    of_all = result["connections"] / (earlier + result["connections"])
    result["output"] = of_all * output_alone(directory / "out") if tool.name.startswith("run ") else None
    running.end()
    return result


def measure(tool, kind, seconds, directory, apart, sampled):
    every = sorted(os.sched_getaffinity(0))
    if apart and len(every) < 2:
        return {"cannot": "there is one CPU only"}
    if sampled and (why := why_not()):
        return {"cannot": why}
    # Each tuple is used once.
    must("a", "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535")
    traffic = Traffic(kind, every[:1] if apart else every)
    floor = next(t for t in TOOLS if t.name == tool.floor)
    try:
        with_floor(floor, traffic, WARM_UP, directory)
        floors = [] if sampled else [with_floor(floor, traffic, seconds, directory)]
        result = with_tool(tool, traffic, seconds, directory, every[1:] if apart else every, sampled)
        floors += [] if sampled else [with_floor(floor, traffic, seconds, directory)]
    except CannotRun as error:
        return {"cannot": str(error)}
    return result | {"floors": floors}


def main():
    need("hosts")
    exit_on_signals()
    name, kind, seconds, words = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:]
    tool = next(t for t in TOOLS if t.name == name)
    with temporary_directory() as directory:
        print(json.dumps(measure(tool, kind, seconds, directory, "apart" in words, "sampled" in words)))


if __name__ == "__main__":
    main()
