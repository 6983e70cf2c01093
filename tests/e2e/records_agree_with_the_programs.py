#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Connections of random shapes and sizes, many at once, over IPv4 and IPv6: both hosts' records say what the
programs did. SOAK=N plays N times as many.
"""

import array
import concurrent.futures
import contextlib
import dataclasses
import fcntl
import os
import random
import socket
import struct
import termios
import threading

from lib import Live, check, eventually, host, main, need, run

need("hosts")

from namespace import inside  # noqa: E402

CONNECTIONS = 40 * int(os.environ.get("SOAK", 1))
AT_ONCE = 8
SIZES = (0, 1, 2, 100, 1448, 1449, 10_000, 65_536, 300_000, 1 << 20)
PORTS = iter(range(20_000, 60_000))
IN_ORDER, EITHER = ("SF",), ("orig", "resp", "both")


@dataclasses.dataclass
class Plan:
    """A connection to be, and what its record has to say. Bytes None: not known."""

    shape: str
    family: int
    port: int
    up: int
    down: int
    states: tuple = IN_ORDER
    by: tuple = (None,)

    def address(self, which):
        return os.environ[("ADDR6_" if self.family == socket.AF_INET6 else "ADDR_") + which.upper()], self.port

    def socket(self, which):
        with inside(host(which)):
            s = socket.socket(self.family, socket.SOCK_STREAM)
        s.settimeout(20)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(self.address(which))
        return s


def open_connection(plan):
    with plan.socket("b") as listener:
        listener.listen(1)
        client = plan.socket("a")
        client.connect(plan.address("b"))
        server = listener.accept()[0]
    server.settimeout(20)
    return client, server


def read(s, size):
    while size:
        got = len(s.recv(min(size, 1 << 18)))
        check(got, f"{size} bytes more")
        size -= got


def transfer(sender, receiver, size):
    thread = threading.Thread(target=sender.sendall, args=(b"x" * size,))
    thread.start()
    read(receiver, size)
    thread.join()


def exchange(client, server, plan):
    """Both ways, at once or in turn."""
    thread = threading.Thread(target=transfer, args=(client, server, plan.up))
    thread.start()
    if plan.port % 2:
        thread.join()
    transfer(server, client, plan.down)
    thread.join()


def finish(s):
    s.shutdown(socket.SHUT_WR)


def wait_for_end(s):
    check(not s.recv(1), "the end of what the other side sends")


def reset(s, peer):
    """Waits until it came, so that nothing of the other side crosses it."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    eventually(lambda: peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), "the reset has come")


def client_closes_first(client, server, plan):
    exchange(client, server, plan)
    finish(client)
    wait_for_end(server)
    finish(server)
    plan.by = ("orig",)


def server_closes_first(client, server, plan):
    exchange(client, server, plan)
    finish(server)
    wait_for_end(client)
    finish(client)
    plan.by = ("resp",)


def both_close(client, server, plan):
    exchange(client, server, plan)
    thread = threading.Thread(target=finish, args=(client,))
    thread.start()
    finish(server)
    thread.join()
    wait_for_end(client)
    wait_for_end(server)
    plan.by = EITHER


def half_close(client, server, plan):
    """The client's FIN comes right behind its data, and the answer after it."""
    client.sendall(b"x" * min(plan.up, 30_000))
    plan.up = min(plan.up, 30_000)
    finish(client)
    read(server, plan.up)
    wait_for_end(server)
    transfer(server, client, plan.down)
    server.close()
    wait_for_end(client)
    plan.by = ("orig",)


# A RST that overtakes an ACK between two CPUs: that ACK is answered by a RST, which is the last one Zeek sees.
RESET_BY_CLIENT = ("RSTO", "RSTR")


def client_resets(client, server, plan):
    exchange(client, server, plan)
    reset(client, server)
    plan.states, plan.by = RESET_BY_CLIENT, ("orig",)


def server_resets(client, server, plan):
    exchange(client, server, plan)
    reset(server, client)
    plan.states, plan.by = ("RSTR",), ("resp",)


def reset_answers_fin(client, server, plan):
    exchange(client, server, plan)
    finish(client)
    wait_for_end(server)
    reset(server, client)
    plan.states, plan.by = ("RSTR",), ("resp",)


def waiting_bytes(s):
    count = array.array("i", [0])
    fcntl.ioctl(s, termios.FIONREAD, count)
    return count[0]


def closed_unread(client, server, plan):
    """A kernel resets where it throws data away (RFC 2525 section 2.17)."""
    plan.up, plan.down = 1 + plan.up % 10_000, 0
    client.sendall(b"x" * plan.up)
    eventually(lambda: waiting_bytes(server) == plan.up, "what was sent has come")
    server.close()
    eventually(lambda: client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), "the reset has come")
    plan.states, plan.by = ("RSTR",), ("resp",)


def reset_under_way(client, server, plan):
    """In the middle of what nobody reads."""
    client.settimeout(0.05)
    with contextlib.suppress(TimeoutError):
        client.sendall(b"x" * (8 << 20))
    reset(client, server)
    plan.up, plan.down = None, 0
    plan.states, plan.by = RESET_BY_CLIENT, ("orig",)


def refused(plan):
    with plan.socket("a") as client, contextlib.suppress(ConnectionRefusedError):
        client.connect(plan.address("b"))
    plan.up = plan.down = 0
    plan.states, plan.by = ("REJ",), ("resp",)


SHAPES = (
    client_closes_first, server_closes_first, both_close, half_close, client_resets, server_resets,
    reset_answers_fin, closed_unread, reset_under_way,
)  # fmt: skip


def play(plan):
    if plan.shape == "refused":
        return refused(plan)
    client, server = open_connection(plan)
    with client, server:
        globals()[plan.shape](client, server, plan)


def plans(number):
    names = [shape.__name__ for shape in SHAPES] + ["refused"]
    for _ in range(number):
        family = random.choice((socket.AF_INET, socket.AF_INET6))
        yield Plan(random.choice(names), family, next(PORTS), random.choice(SIZES), random.choice(SIZES))


def differences(plan, record):
    """What of a record is not as it was."""
    wanted = {"orig_bytes": (plan.up,), "resp_bytes": (plan.down,), "missed_bytes": (0,), "conn_state": plan.states}
    told = {**record, "by": record["teardown"]["by"]}
    wanted["by"] = plan.by
    return [f"{k} {told[k]} for {v}" for k, v in wanted.items() if v != (None,) and told[k] not in v]


def compare(all_plans, records, where):
    by_port = {}
    for record in records:
        by_port.setdefault(record["id.resp_p"], []).append(record)
    wrong = []
    for plan in all_plans:
        told = by_port.get(plan.port, [])
        said = differences(plan, told[0]) if len(told) == 1 else [f"{len(told)} records"]
        if said:
            wrong.append(f"{where}: {plan.shape} {plan.up}/{plan.down}: {', '.join(said)}: {told}")
    return wrong


def all_closed():
    """No socket of ours has anything to send any more."""
    states = ("established", "syn-sent", "fin-wait-1", "fin-wait-2", "close-wait", "last-ack", "closing")
    filters = [word for state in states for word in ("state", state)]
    return not any(run(which, "ss", "-Htn", *filters).stdout for which in "ab")


def agree(mode_a, mode_b, all_plans):
    arguments = ("run", "eth0", "--view", "conns", "--json", "--mode")
    with Live("a", *arguments, mode_a) as a, Live("b", *arguments, mode_b) as b:
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(play, all_plans))
        eventually(all_closed, "all is closed", 20)
        a.stop()
        b.stop()
    wrong = compare(all_plans, a.objects(), f"a, {mode_a}") + compare(all_plans, b.objects(), f"b, {mode_b}")
    check(not wrong, "\n  ".join(["", *wrong]))


def native_and_tc():
    agree("native", "tc", list(plans(CONNECTIONS)))


def tc_and_native():
    agree("tc", "native", list(plans(CONNECTIONS)))


def tc_and_tc():
    agree("tc", "tc", list(plans(CONNECTIONS)))


def bulk_by_tc():
    """One at a time is so fast that two CPUs receive segments of one direction at once."""
    for _ in range(3):
        agree("tc", "tc", [Plan("client_closes_first", socket.AF_INET, next(PORTS), 256 << 20, 0)])


random.seed(os.environ.get("SEED", "1"))
main(native_and_tc, tc_and_native, tc_and_tc, bulk_by_tc)
