#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""After any way of ending, in the middle of a burst, the interface is as it was before."""

import contextlib
import os
import signal
import subprocess
import threading
import time

from lib import (
    SYNSCOPE, Live, attached, check, contains, equal, eventually, inside_host, json_lines, main, must, need,
    nothing_attached, programs_of, run, synscope, unloaded,
)  # fmt: skip

need("hosts")

from burst import Burst  # noqa: E402

@contextlib.contextmanager
def spare_interface():
    run("a", "ip", "link", "del", "spare")  # what a test that failed has left
    must("a", "ip", "link", "add", "spare", "type", "veth", "peer", "name", "spare2")
    must("a", "ip", "link", "set", "spare", "up")
    yield
    run("a", "ip", "link", "del", "spare")


def ended_by(number, mode, status):
    with Burst(), Live("a", "run", "eth0", "--mode", mode, "--view", "events", "--json") as live:
        eventually(lambda: len(live.lines) > 50, "events of the burst")
        equal(len(attached("a")), 2, "programs attached while it runs")
        programs = programs_of(live.process.pid)
        check(programs, "it holds its programs")
        live.stop(number, status)
        nothing_attached("a")
        unloaded(programs)
    if status == 0:
        live.objects()  # every line is whole


def interrupted():
    for mode in ("native", "tc"):
        ended_by(signal.SIGINT, mode, 0)


def terminated():
    for mode in ("native", "tc", "generic"):
        ended_by(signal.SIGTERM, mode, 0)


def killed():
    for mode in ("native", "tc", "generic"):
        ended_by(signal.SIGKILL, mode, -signal.SIGKILL)


def killed_while_it_attaches():
    """Whatever it was doing."""
    for delay in (0.005, 0.02, 0.05, 0.1, 0.2):
        with Live("a", "run", "eth0", ready=False) as live:
            time.sleep(delay)
            live.stop(signal.SIGKILL, None)
        nothing_attached("a")


def interrupted_between_two_interfaces():
    with spare_interface(), Live("a", "run", "eth0", "spare") as live:
        live.stop(signal.SIGINT, 0)
        nothing_attached("a")
        nothing_attached("a", "spare")


def read_slowly(pipe, a_second):
    while os.read(pipe.fileno(), a_second // 100):
        time.sleep(0.01)


def terminated_while_the_reader_is_behind():
    """The ring fills as fast as the output takes it, so it is never empty."""
    command = inside_host("a", [SYNSCOPE, "run", "eth0", "--view", "events", "--segments"])
    with Burst(), subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        reader = threading.Thread(target=read_slowly, args=(process.stdout, 1000000))
        process.stderr.readline()
        reader.start()
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        equal(process.wait(30), 0, "exit status")
        reader.join()
    nothing_attached("a")


def ended_by_duration_and_count():
    started = time.monotonic()
    equal(synscope("a", "run", "eth0", "--duration", "500ms").returncode, 0, "exit status")
    check(0.4 < time.monotonic() - started < 5, "it ended after its duration")
    with Burst():
        lines = json_lines(synscope("a", "run", "eth0", "--count", "7", "--view", "events", "--json"))
    equal(len(lines), 7, "--count 7")
    nothing_attached("a")


def the_interface_is_deleted():
    """Its records are shown, and the run ends by itself."""
    with spare_interface(), Live("a", "run", "spare") as live:
        programs = programs_of(live.process.pid)
        must("a", "ip", "link", "del", "spare")
        status = live.process.wait(10)
        live.stop(status=None)
        equal(status, 1, f"exit status ({live.errors})")
        contains("\n".join(live.errors), ["spare", "gone"], "error")
    unloaded(programs)


def one_of_two_interfaces_is_deleted():
    with spare_interface(), Live("a", "run", "eth0", "spare", "--view", "events", "--json", interfaces=2) as live:
        must("a", "ip", "link", "del", "spare")
        eventually(lambda: any("gone" in line for line in live.errors), "a word about it")
        with Burst():
            eventually(lambda: live.lines or live.process.poll() is not None, "events of the other one")
        live.stop(status=None)
    nothing_attached("a")


def the_interface_is_down():
    must("a", "ip", "link", "set", "eth0", "down")
    try:
        result = synscope("a", "run", "eth0", "--duration", "200ms")
    finally:
        must("a", "ip", "link", "set", "eth0", "up")
        must("a", "ip", "addr", "replace", os.environ["ADDR6_A"] + "/64", "dev", "eth0", "nodad")
    equal(result.returncode, 0, "exit status")
    contains(result.stderr, "down", "a word that nothing will be seen")
    nothing_attached("a")


def a_foreign_filter_stays():
    """A clsact qdisc and a filter of somebody else are not ours to remove."""
    must("a", "tc", "qdisc", "add", "dev", "eth0", "clsact")
    must("a", "tc", "filter", "add", "dev", "eth0", "egress", "protocol", "ip", "u32", "match", "u32", "0", "0")
    before = must("a", "tc", "filter", "show", "dev", "eth0", "egress")
    equal(synscope("a", "run", "eth0", "--duration", "100ms").returncode, 0, "exit status")
    equal(must("a", "tc", "filter", "show", "dev", "eth0", "egress"), before, "filters")
    run("a", "tc", "qdisc", "del", "dev", "eth0", "clsact")


main(
    interrupted,
    terminated,
    killed,
    killed_while_it_attaches,
    interrupted_between_two_interfaces,
    terminated_while_the_reader_is_behind,
    ended_by_duration_and_count,
    the_interface_is_deleted,
    one_of_two_interfaces_is_deleted,
    the_interface_is_down,
    a_foreign_filter_stays,
)
