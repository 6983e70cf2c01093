# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections one after the other, for as long as a block takes."""

import os
import subprocess
import sys

from lib import inside_host

BURST = """
import socket
import threading
import time
s = socket.create_server(("", 5000), backlog=512)
def serve():
    while True:
        c = s.accept()[0]
        c.recv(100)
        c.close()
threading.Thread(target=serve, daemon=True).start()
print("ready", flush=True)
time.sleep(60)
"""
CLIENT = """
import socket, sys
while True:
    try:
        c = socket.create_connection((sys.argv[1], 5000))
        c.send(b"x")
        c.recv(1)
        c.close()
    except OSError:
        pass
"""


class Burst:
    """Connections from b to a, one after the other, until the block ends."""

    def __enter__(self):
        server = subprocess.Popen(inside_host("a", [sys.executable, "-c", BURST]), stdout=subprocess.PIPE)
        server.stdout.readline()
        client = subprocess.Popen(inside_host("b", [sys.executable, "-c", CLIENT, os.environ["ADDR_A"]]))
        self.processes = [server, client]
        return self

    def __exit__(self, *unused):
        for process in self.processes:
            process.kill()
            process.wait()
