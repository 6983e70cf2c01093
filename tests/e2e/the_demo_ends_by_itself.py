#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The demonstration runs, runs again, and leaves nothing behind, also when it is interrupted."""

import os
import signal
import subprocess
import time

from lib import TESTS, check, contains, equal, main, must, skip

if os.geteuid():
    skip("needs root")
ENVIRONMENT = {**os.environ, "NET_PREFIX": os.environ.get("NET_PREFIX", "synscope") + "-demo"}


def namespaces():
    names = [line.split()[0] for line in must(None, "ip", "netns", "list").splitlines() if line]
    return [name for name in names if name.startswith(ENVIRONMENT["NET_PREFIX"])]


def start():
    return subprocess.Popen(
        [TESTS / "demo.sh"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT,
        start_new_session=True,
    )  # fmt: skip


def runs():
    started = time.monotonic()
    demo = start()
    out, errors = demo.communicate(timeout=60)
    equal(demo.returncode, 0, f"exit status ({errors.strip()})")
    contains(out, ["SYN", "FIN_WAIT_1", "CLOSING", "refused", "nobody answered", "fd09::", '"handshakes"'], "the demo's output")
    check(time.monotonic() - started < 20, "it ends within 20 s")
    equal(namespaces(), [], "namespaces left behind")


def runs_again():
    runs()


def interrupted(number):
    for delay in (0.3, 1.0, 2.0):
        demo = start()
        time.sleep(delay)
        demo.send_signal(number) if number == signal.SIGTERM else os.killpg(demo.pid, number)
        demo.communicate(timeout=20)
        equal(namespaces(), [], f"namespaces left behind after signal {number} at {delay} s")


def interrupted_by_the_keyboard():
    interrupted(signal.SIGINT)


def terminated():
    interrupted(signal.SIGTERM)


main(runs, runs_again, interrupted_by_the_keyboard, terminated)
