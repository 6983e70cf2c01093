#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Real connections between two hosts, one for each way in which TCP can go.

    tests/net.sh path tests/traffic/connections.py [--delay SECONDS] [NAME...]

Each is a generator: it does a step, and yields a Checkpoint that says in which states the kernels of
both hosts should be then. Run from the command line nobody looks; tests/e2e holds synscope against it.
"""

import argparse
import contextlib
import os
import socket
import struct
import sys
import time
from dataclasses import dataclass

from namespace import inside
from path import ACK, FIN, RST, SYN, Path

TCP_QUICKACK = getattr(socket, "TCP_QUICKACK", 12)
TCP_FASTOPEN = getattr(socket, "TCP_FASTOPEN", 23)
RETRANSMITTED = 1.3  # seconds until the first retransmission of a SYN or SYN-ACK has come


@dataclass
class Checkpoint:
    """The states that the kernels are in. `seen` names what can be known on each host: "aB" is what
    is known on host a of the connection's end on host B, which is not so while a frame is held."""

    state_a: str
    state_b: str
    seen: str = "aA aB bA bB"


BOTH_OPEN = Checkpoint("ESTABLISHED", "ESTABLISHED")
GONE = Checkpoint("CLOSED", "CLOSED")


@dataclass
class Hosts:
    """Two hosts and the path between them; sockets of a scenario are closed when it ends."""

    a: str
    b: str
    path: Path
    stack: contextlib.ExitStack
    family: int = socket.AF_INET
    port_a: int = 0
    port_b: int = 0

    def address(self, host):
        name = ("ADDR6_" if self.family == socket.AF_INET6 else "ADDR_") + host.upper()
        return os.environ[name]

    def socket(self, host, port=0):
        with inside(self.a if host == "a" else self.b):
            s = self.stack.enter_context(socket.socket(self.family, socket.SOCK_STREAM))
        s.settimeout(10)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.address(host), port))
        return s

    def listener(self, backlog=8):
        s = self.socket("b", self.port_b)
        s.listen(backlog)
        return s

    def client(self):
        return self.socket("a", self.port_a)

    def target(self):
        return (self.address("b"), self.port_b)

    def connect(self):
        """An open connection: (on host a, on host b)."""
        listener = self.listener()
        client = self.client()
        client.connect(self.target())
        server = self.stack.enter_context(listener.accept()[0])
        server.settimeout(10)
        listener.close()
        return client, server


def begin_connect(client, target):
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        client.connect(target)


def exchange(client, server, request=b"ping", answer=b"pong"):
    """One question and its answer; they are short enough to come in one piece."""
    client.sendall(request)
    server.recv(65536)
    server.sendall(answer)
    client.recv(65536)


def finish(s):
    """Sends a FIN and keeps the socket, so that it can be looked at."""
    s.shutdown(socket.SHUT_WR)


def wait_for_end(s):
    while s.recv(65536):
        pass


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


def http(h):
    """An HTTP exchange; the server closes, as HTTP/1.0 has it."""
    client, server = h.connect()
    client.sendall(b"GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n")
    server.recv(65536)
    body = b"<p>Hello.</p>\n" * 40
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
    finish(server)
    wait_for_end(client)
    finish(client)
    yield Checkpoint("CLOSED", "TIME_WAIT")


def four_step_close(h):
    client, server = h.connect()
    yield BOTH_OPEN
    exchange(client, server)
    yield BOTH_OPEN
    finish(client)
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")
    finish(server)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def server_closes_first(h):
    client, server = h.connect()
    finish(server)
    yield Checkpoint("CLOSE_WAIT", "FIN_WAIT_2")
    finish(client)
    yield Checkpoint("CLOSED", "TIME_WAIT")


def three_segment_close(h):
    """FIN, FIN with ACK, ACK: the server's own ACK of the FIN is lost, as a delayed one would not be sent."""
    client, server = h.connect()
    exchange(client, server)
    time.sleep(0.1)  # what is acknowledged late is acknowledged by now
    h.path.drop("b", ACK)
    finish(client)
    wait_for_end(server)
    finish(server)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def half_close(h):
    """Data flows on after the FIN of the other side."""
    client, server = h.connect()
    finish(client)
    wait_for_end(server)
    server.sendall(b"x" * 3000)
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")
    server.sendall(b"y" * 3000)
    finish(server)
    wait_for_end(client)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def last_ack_lost(h):
    """The server stays in LAST_ACK until one of its retransmitted FINs is acknowledged."""
    client, server = h.connect()
    finish(client)
    wait_for_end(server)
    h.path.drop("a", ACK, count=100)
    finish(server)
    wait_for_end(client)
    yield Checkpoint("TIME_WAIT", "LAST_ACK", "aA bB")
    h.path.clear()
    yield Checkpoint("TIME_WAIT", "CLOSED")


def fin_on_its_way(h):
    client, server = h.connect()
    h.path.hold("a")
    finish(client)
    yield Checkpoint("FIN_WAIT_1", "ESTABLISHED", "aA bB")
    h.path.release("a")
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")


def simultaneous_close(h):
    """Both FINs are on the path before either is seen by the other side."""
    client, server = h.connect()
    exchange(client, server)
    time.sleep(0.1)
    h.path.hold("ab")
    finish(client)
    finish(server)
    yield Checkpoint("FIN_WAIT_1", "FIN_WAIT_1", "aA bB")
    h.path.release("b")
    yield Checkpoint("CLOSING", "FIN_WAIT_1", "aA bB")
    h.path.release("a")
    yield Checkpoint("TIME_WAIT", "TIME_WAIT")


def simultaneous_open(h):
    client, server = h.socket("a", h.port_a), h.socket("b", h.port_b)
    h.path.hold("ab")
    begin_connect(client, h.target())
    begin_connect(server, (h.address("a"), h.port_a))
    yield Checkpoint("SYN_SENT", "SYN_SENT", "aA bB")
    h.path.release("ab")
    yield BOTH_OPEN
    finish(client)
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")
    finish(server)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def refused(h):
    with contextlib.suppress(ConnectionRefusedError):
        h.client().connect(h.target())
    yield GONE


def unanswered(h):
    h.path.drop("a", SYN, count=8)
    begin_connect(h.client(), h.target())
    time.sleep(RETRANSMITTED)
    yield Checkpoint("SYN_SENT", "CLOSED", "aA aB")


def reset_by_client(h):
    client, server = h.connect()
    exchange(client, server)
    reset(client)
    yield GONE


def reset_by_server(h):
    client, server = h.connect()
    exchange(client, server)
    reset(server)
    yield GONE


def reset_after_half_close(h):
    client, server = h.connect()
    finish(client)
    wait_for_end(server)
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")
    reset(server)
    yield GONE


def closed_with_data_unread(h):
    """The kernel of the server answers with a RST, because data would be lost (RFC 2525, 2.17)."""
    client, server = h.connect()
    client.sendall(b"nobody reads this")
    time.sleep(0.1)
    server.close()
    yield GONE


def data_to_a_closed_socket(h):
    client, server = h.connect()
    client.close()
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")
    server.sendall(b"anyone there?")
    yield GONE


def handshake_unfinished(h):
    """The last ACK of the handshake is lost, again and again."""
    h.listener()
    h.path.drop("a", ACK, count=100)
    begin_connect(h.client(), h.target())
    yield Checkpoint("ESTABLISHED", "SYN_RECEIVED", "aA bB")


def syn_retransmitted(h):
    h.listener()
    h.path.drop("a", SYN)
    begin_connect(h.client(), h.target())
    time.sleep(RETRANSMITTED)
    yield BOTH_OPEN


def syn_ack_retransmitted(h):
    h.listener()
    h.path.drop("b", SYN | ACK)
    begin_connect(h.client(), h.target())
    time.sleep(RETRANSMITTED)
    yield BOTH_OPEN


def fin_retransmitted(h):
    client, server = h.connect()
    exchange(client, server)
    time.sleep(0.1)
    h.path.drop("a", FIN | ACK)
    finish(client)
    wait_for_end(server)
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")
    finish(server)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def fin_of_server_retransmitted(h):
    client, server = h.connect()
    exchange(client, server)
    time.sleep(0.1)
    finish(client)
    wait_for_end(server)
    h.path.drop("b", FIN | ACK)
    finish(server)
    wait_for_end(client)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def fast_open(h):
    """The first connection fetches the cookie, the second carries data in its SYN."""
    listener = h.listener()
    listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 8)
    first = h.socket("a")
    first.settimeout(None)
    first.sendto(b"cookie, please", socket.MSG_FASTOPEN, h.target())
    with listener.accept()[0] as served:
        served.recv(100)
        first.close()
    client = h.client()
    client.settimeout(None)
    client.sendto(b"data in the SYN", socket.MSG_FASTOPEN, h.target())
    server = h.stack.enter_context(listener.accept()[0])
    server.recv(100)
    listener.close()
    yield BOTH_OPEN
    finish(client)
    wait_for_end(server)
    finish(server)
    yield Checkpoint("TIME_WAIT", "CLOSED")


def port_reused(h):
    """A new connection on a tuple of which the server is still in TIME_WAIT."""
    client, server = h.connect()
    finish(server)
    wait_for_end(client)
    client.close()
    yield Checkpoint("CLOSED", "TIME_WAIT")
    client, server = h.connect()
    yield BOTH_OPEN
    exchange(client, server)
    finish(client)
    yield Checkpoint("FIN_WAIT_2", "CLOSE_WAIT")


def zero_window(h):
    """The server reads nothing until its buffer is full."""
    listener = h.listener()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client = h.client()
    client.connect(h.target())
    server = h.stack.enter_context(listener.accept()[0])
    client.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        client.sendall(b"x" * 200_000)
    yield BOTH_OPEN
    reset(client)
    yield GONE


SCENARIOS = {
    f.__name__: f
    for f in (
        http, four_step_close, server_closes_first, three_segment_close, half_close, last_ack_lost,
        fin_on_its_way, simultaneous_close, simultaneous_open, refused, unanswered, reset_by_client,
        reset_by_server, reset_after_half_close, closed_with_data_unread, data_to_a_closed_socket,
        handshake_unfinished, syn_retransmitted, syn_ack_retransmitted, fin_retransmitted,
        fin_of_server_retransmitted, fast_open, port_reused, zero_window,
    )
}  # fmt: skip


def play(name, path, family=socket.AF_INET, port_a=0, port_b=8080, look=None):
    """Runs one scenario to its end; look(hosts, checkpoint) is called at each checkpoint."""
    with contextlib.ExitStack() as stack:
        stack.callback(path.clear)
        hosts = Hosts(os.environ["HOST_A"], os.environ["HOST_B"], path, stack, family, port_a, port_b)
        for checkpoint in SCENARIOS[name](hosts):
            if look:
                look(hosts, checkpoint)
            else:
                time.sleep(0.05 + 3 * path.delay)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds, of the path in each direction")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a scenario, with :6 for IPv6; default all")
    arguments = parser.parse_args()
    names = arguments.names or list(SCENARIOS)
    unknown = [name for name in names if name.split(":")[0] not in SCENARIOS]
    if unknown:
        sys.exit(f"connections.py: {unknown[0]}: not one of {', '.join(SCENARIOS)}")
    path = Path(os.environ["HOST_M"], arguments.delay)
    for number, name in enumerate(names):
        name, _, version = name.partition(":")
        port_b = {"http": 80, "refused": 81, "unanswered": 82}.get(name, 7000 + number)
        play(name, path, socket.AF_INET6 if version == "6" else socket.AF_INET, 40000 + number, port_b)


if __name__ == "__main__":
    main()
