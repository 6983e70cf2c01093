#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
One tool and one kind of traffic, in hosts of their own, so that nothing is left of what was before.

    tests/net.sh hosts tests/bench/endtoend_case.py TOOL short|upload|download SECONDS

Prints one JSON object; with `cannot`, the tool's own words, where it can't run here.
"""

import json
import os
import pathlib
import subprocess
import sys
import threading

from endtoend_tools import SYNSCOPE, TOOLS, CannotRun, Running, exit_on_signals

from lib import die_with_parent, host, must, need, temporary_directory

LOAD = os.environ.get("LOAD", str(pathlib.Path(SYNSCOPE).parent / "tests" / "bench" / "load"))
SAMPLE_EVERY = 0.5


def packets():
    """Received and sent by host b's interface, as it counts them."""
    stats = json.loads(must("b", "ip", "-j", "-s", "link", "show", "dev", "eth0"))[0]["stats64"]
    return stats["rx"]["packets"] + stats["tx"]["packets"]


def load(kind, seconds, running):
    command = [LOAD, kind, host("a"), host("b"), os.environ["ADDR_B"], str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent) as process:
        over = threading.Event()

        def watch():
            while not over.wait(SAMPLE_EVERY):
                running.sample()

        watcher = threading.Thread(target=watch)
        watcher.start()
        result = process.stdout.read()
        over.set()
        watcher.join()
    if process.returncode:
        sys.exit(f"endtoend: {' '.join(command)}: status {process.returncode}")
    return json.loads(result)


def measure(tool, kind, seconds, directory):
    # Each tuple is used once.
    must("a", "sysctl", "-qw", "net.ipv4.ip_local_port_range=1024 65535")
    try:
        running = Running(tool, directory)
    except CannotRun as error:
        return {"cannot": str(error)}
    before = packets()
    result = load(kind, seconds, running)
    result["packets"] = packets() - before
    running.stop()
    result["missed"] = running.missed(result["connections"]) if kind == "short" else None
    result |= {"cpu": running.cpu, "peak": running.peak, "besides": running.besides}
    if tool.end:
        tool.end()
    return result


def main():
    need("hosts")
    exit_on_signals()
    name, kind, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    tool = next(t for t in TOOLS if t.name == name)
    with temporary_directory() as directory:
        print(json.dumps(measure(tool, kind, seconds, directory)))


if __name__ == "__main__":
    main()
