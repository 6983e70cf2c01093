#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
An interface is detached, or deleted, while a reader follows it: what was open there is final at that moment, as
open, whether other interfaces are followed besides or the reader ends at once.
"""

import contextlib
import os
import socket

from lib import Live, contains, equal, eventually, host, main, must, need, pinned, run, synscope

need("hosts")

from namespace import inside  # noqa: E402

CONNS = ("--view", "conns", "--json")
OPEN = {"conn_state": "S1", "how": "open"}


@contextlib.contextmanager
def spare_interface():
    """One more of host a, whose other end is there, too."""
    must("a", "ip", "link", "add", "spare", "type", "veth", "peer", "name", "other")
    for name in ("spare", "other"):
        must("a", "ip", "link", "set", name, "up")
    try:
        yield
    finally:
        run("a", "ip", "link", "del", "spare")  # it may be gone already


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

    def is_tracked(self, place):
        return str(self.port) in synscope("a", "conns", "eth0", *place).stdout

    def records(self, live):
        return [r for r in live.objects() if r["id.orig_p"] == self.port]


def check_open(records):
    equal([{"conn_state": r["conn_state"], "how": r["teardown"]["how"]} for r in records], [OPEN], "its records")


def one_of_two_is_detached():
    with spare_interface(), pinned("a") as place:
        equal(synscope("a", "attach", "spare", *place).returncode, 0, "attach")
        with OpenConnection() as c, Live("a", "tail", "eth0", "spare", *CONNS, *place, ready=False) as live:
            eventually(lambda: c.is_tracked(place), "the connection")
            equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")
            eventually(lambda: c.records(live), "the record of what was open there", 3)
            live.stop()
    check_open(c.records(live))
    contains("\n".join(live.errors), "eth0: was detached", "standard error")


def one_of_two_is_deleted():
    """A frame is sent into the other end: nobody answers it."""
    import rawframes  # needs the addresses of the hosts

    with spare_interface(), Live("a", "run", "eth0", "spare", *CONNS, interfaces=2) as live:
        with inside(host("a")), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
            link.bind(("other", 0))
            link.send(bytes(12) + rawframes.IPV4.to_bytes(2, "big") + rawframes.ipv4(rawframes.tcp()))
        must("a", "ip", "link", "del", "spare")
        eventually(lambda: [r for r in live.objects() if r["interface"] == "spare"], "its record", 3)
        live.stop(status=1)
    equal([r["teardown"]["how"] for r in live.objects() if r["interface"] == "spare"], ["open"], "its records")
    contains("\n".join(live.errors), "spare: the interface that was watched is gone", "standard error")


def a_tail_that_ends_right_behind_a_detach():
    with pinned("a") as place, OpenConnection() as c, Live("a", "tail", "eth0", *CONNS, *place, ready=False) as live:
        eventually(lambda: c.is_tracked(place), "the connection")
        equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")
        live.stop()
    check_open(c.records(live))


main(one_of_two_is_detached, one_of_two_is_deleted, a_tail_that_ends_right_behind_a_detach)
