#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A run ends in the middle of a flood that fills a small table, so that records leave it all the while: however
it ends, each connection that was announced has its record, and is in the counters.
"""

import os
import re
import signal
import subprocess
import time

from lib import TESTS, Live, check, check_invariants, equal, eventually, host, inside_host, main, must, need, temporary_directory

need("hosts", "nft")

RATE = 20000
SMALL = ("--mode", "tc", "--max-connections", "1000", "--linger", "1s")

must(None, "ip", "-n", host("a"), "route", "add", "198.18.0.0/16", "via", os.environ["ADDR_B"])
must("a", "nft", "-f", "-", input="""
    table inet quiet {
        chain in { type filter hook input priority 0; drop; }
    }""")


class Flood:
    """SYNs, each of its own source, until the block ends."""

    def __enter__(self):
        command = [str(TESTS / "traffic" / "flood.py"), str(RATE), "60", "syn"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait()


def records_told(live):
    """By the summary."""
    return next(int(m[1]) for line in live.errors if (m := re.match(r"(\d+) connections?", line)))


def ends(end, *arguments):
    """Ten times, since it is a matter of microseconds."""
    for _ in range(10):
        with temporary_directory() as directory, Flood():
            said = directory / "events"
            options = ("--view", "events", "--json", "-o", str(said), *SMALL, *arguments)
            with Live("a", "run", "eth0", *options) as live:
                end(live)
                live.stop()
            begun = sum('"n": 1,' in line for line in said.open())
        check(not re.search("(events|records) lost", " ".join(live.errors)), f"nothing lost: {live.errors}")
        equal(records_told(live), begun, "records of the connections that were announced")


def by_duration():
    ends(lambda live: eventually(lambda: live.process.poll() is not None, "its end"), "--duration", "400ms")


def by_signal():
    ends(lambda live: time.sleep(0.4))


def the_counters_are_the_last():
    """Once the programs are off: each SYN that was counted is in the last object."""
    with Flood(), Live("a", "run", "eth0", "--view", "counters", "--json", *SMALL) as live:
        time.sleep(1)
        live.stop(signal.SIGTERM)
    last = live.objects()[-1]
    check_invariants(last)
    equal(last["handshakes"]["started"], last["segments"]["syn"], "handshakes started, by the SYNs seen")


main(by_duration, by_signal, the_counters_are_the_last)
