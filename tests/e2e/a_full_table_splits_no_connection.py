#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A busy host's table is full of what is closed, and many handshakes are under way at any time, since the path is
long. Each connection has one record all the same, from its SYN to its last FIN.
"""

import asyncio
import collections
import os
import socket
import time

from lib import Live, equal, host, main, need

need("path")

from namespace import inside  # noqa: E402
from path import Path  # noqa: E402

CONNECTIONS, AT_ONCE, PORT = 2600, 30, 9000
DELAY = 0.01  # s, each way
# 256 buckets of eight, in which closed ones stay: full after 2,048
OPTIONS = ("--view", "conns", "--json", "--max-connections", "1000", "--linger", "0s")


async def serve(reader, writer):
    writer.write(await reader.read(100))
    writer.close()


async def connect(limit):
    async with limit:
        with inside(host("a")):
            s = socket.socket()
        s.setblocking(False)
        await asyncio.get_running_loop().sock_connect(s, (os.environ["ADDR_B"], PORT))
        reader, writer = await asyncio.open_connection(sock=s)
        writer.write(b"x" * 100)
        while await reader.read(100):
            pass
        writer.close()


async def traffic():
    with inside(host("b")):
        listener = socket.create_server(("", PORT), backlog=AT_ONCE)
    limit = asyncio.Semaphore(AT_ONCE)
    async with await asyncio.start_server(serve, sock=listener):
        await asyncio.gather(*(connect(limit) for _ in range(CONNECTIONS)))


def whole(*more, state="SF"):
    with Live("b", "run", "eth0", *OPTIONS, *more) as live:
        asyncio.run(traffic())
        time.sleep(0.5)  # for what is still on the way
        live.stop()
    states = collections.Counter((r["conn_state"], r["history"][0]) for r in live.objects())
    equal(states, {(state, "S"): CONNECTIONS}, f"conn_state and first letter of the history ({live.errors[1:]})")


def by_xdp():
    whole()


def by_tc():
    whole("--mode", "tc")


def where_one_side_is_looked_at():
    """The client's FIN is the end, as far as it can be seen."""
    whole("--ingress-only", state="SH")


Path(host("m"), delay=DELAY)
main(by_xdp, by_tc, where_one_side_is_looked_at)
