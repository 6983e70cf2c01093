#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
An interface is detached, or deleted, while a reader follows it: what was open there is final at that moment, as
open, whether other interfaces are followed besides or the reader ends at once.
"""

import os
import socket

from lib import Live, contains, equal, eventually, host, main, must, need, run, synscope

need("hosts")

from namespace import inside  # noqa: E402

CONNS = ("--view", "conns", "--json")
OPEN = {"conn_state": "S1", "how": "open"}


def spare(action):
    run("a", "ip", "link", action, "spare", *(["type", "veth", "peer", "name", "other"] if action == "add" else []))
    if action == "add":
        for name in ("spare", "other"):
            must("a", "ip", "link", "set", name, "up")


class OpenConnection:
    """From host b to host a."""

    def __enter__(self):
        with inside(host("a")):
            self.listener = socket.create_server((os.environ["ADDR_A"], 0))
        with inside(host("b")):
            self.client = socket.create_connection(self.listener.getsockname())
        self.port = self.client.getsockname()[1]
        return self

    def __exit__(self, *unused):
        self.client.close()
        self.listener.close()

    def records(self, live):
        return [r for r in live.objects() if r["id.orig_p"] == self.port]


def check_open(records):
    equal([{"conn_state": r["conn_state"], "how": r["teardown"]["how"]} for r in records], [OPEN], "its records")


def one_of_two_is_detached():
    place = ("--bpffs", os.environ["BPFFS"])
    spare("add")
    try:
        equal(synscope("a", "attach", "eth0", "spare", *place).returncode, 0, "attach")
        with OpenConnection() as c, Live("a", "tail", "eth0", "spare", *CONNS, *place, ready=False) as live:
            eventually(lambda: synscope("a", "conns", "eth0", *place).stdout.count(str(c.port)), "the connection")
            equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")
            eventually(lambda: c.records(live), "the record of what was open there", 3)
            live.stop()
        check_open(c.records(live))
        contains("\n".join(live.errors), "eth0: was detached", "standard error")
    finally:
        synscope("a", "detach", "--all", *place)
        spare("del")


def one_of_two_is_deleted():
    """A frame is sent into the other end: nobody answers it."""
    import rawframes  # needs the addresses of the hosts

    spare("add")
    try:
        with Live("a", "run", "eth0", "spare", *CONNS, interfaces=2) as live:
            with inside(host("a")), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
                link.bind(("other", 0))
                link.send(bytes(12) + rawframes.IPV4.to_bytes(2, "big") + rawframes.ipv4(rawframes.tcp()))
            spare("del")
            eventually(lambda: [r for r in live.objects() if r["interface"] == "spare"], "its record", 3)
            live.stop(status=1)
        equal([r["teardown"]["how"] for r in live.objects() if r["interface"] == "spare"], ["open"], "its records")
        contains("\n".join(live.errors), "spare: the interface that was watched is gone", "standard error")
    finally:
        spare("del")


def a_tail_that_ends_right_behind_a_detach():
    place = ("--bpffs", os.environ["BPFFS"])
    equal(synscope("a", "attach", "eth0", *place).returncode, 0, "attach")
    try:
        with OpenConnection() as c, Live("a", "tail", "eth0", *CONNS, *place, ready=False) as live:
            eventually(lambda: synscope("a", "conns", "eth0", *place).stdout.count(str(c.port)), "the connection")
            equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")
            live.stop()
        check_open(c.records(live))
    finally:
        synscope("a", "detach", "--all", *place)


main(one_of_two_is_detached, one_of_two_is_deleted, a_tail_that_ends_right_behind_a_detach)
