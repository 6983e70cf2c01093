#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""AMQP 0-9-1, and a client of AMQP 1.0, with RabbitMQ as the server."""

import os
import signal
import socket
import subprocess

from lib import (
    Live, die_with_parent, equal, eventually, host, inside_host, main, must, need, skip, temporary_directory,
)  # fmt: skip

RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"

if not os.path.exists(RABBITMQ):
    skip("needs rabbitmq-server")
need("hosts")

from namespace import inside  # noqa: E402

B = os.environ["ADDR_B"]
HEADER_0_9_1, HEADER_1_0 = b"AMQP\0\0\x09\x01", b"AMQP\0\x01\0\0"


def everything_of(which):
    """Also what made itself a daemon (epmd); the namespace is this test's own."""
    return [int(pid) for pid in must(None, "ip", "netns", "pids", host(which)).split()]


def start(directory, log):
    settings = {
        "HOME": directory,
        "RABBITMQ_NODENAME": "synscope@127.0.0.1",  # a machine need not know a name of its own
        "RABBITMQ_USE_LONGNAME": "true",
        "RABBITMQ_MNESIA_BASE": directory / "mnesia",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_ENABLED_PLUGINS_FILE": directory / "plugins",
        "RABBITMQ_CONFIG_FILE": directory / "none",
        "RABBITMQ_PID_FILE": directory / "pid",
        "RABBITMQ_NODE_IP_ADDRESS": B,
        "RABBITMQ_NODE_PORT": "5672",
    }
    return subprocess.Popen(inside_host("b", [RABBITMQ]), env=os.environ | {k: str(v) for k, v in settings.items()},
                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                            preexec_fn=die_with_parent)


def greet(header):
    """Says what it speaks; RabbitMQ answers with Connection.Start, or with what it speaks itself."""
    with inside(host("a")):
        client = socket.create_connection((B, 5672), timeout=10)
    client.sendall(header)
    answer = client.recv(4096)
    client.close()
    return answer


def named_by_rabbitmq():
    with temporary_directory() as directory:
        log = open(os.path.join(directory, "log"), "w+", encoding="utf-8", errors="replace")
        process = start(directory, log)
        try:
            eventually(lambda: ":5672 " in must("b", "ss", "-Hltn") or process.poll() is not None, "RabbitMQ", 90)
            if process.poll() is not None:
                log.seek(0)
                skip("RabbitMQ does not start on this machine: " + " ".join(log.read().split())[:200])
            with Live("a", "run", "eth0", "--view", "conns", "--json", "--linger", "100ms") as live:
                equal(greet(HEADER_0_9_1)[:1], b"\x01", "Connection.Start is a method frame")
                equal(greet(HEADER_1_0)[:4], b"AMQP", "the answer to a version that it does not speak")
                eventually(lambda: len(live.objects()) == 2, "two records")
                live.stop()
        finally:
            for pid in everything_of("b"):
                os.kill(pid, signal.SIGKILL)
            process.wait(10)
    for record in live.objects():
        equal((record["service"], record["service_missed"]), ("amqp", False), "service, service_missed")


main(named_by_rabbitmq)
