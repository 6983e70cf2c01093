#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A capture that is still being written, through a pipe: what is known is shown before the next frame comes."""

import select
import subprocess
import time

from lib import SYNSCOPE, check, contains, equal, main

from raw_capture import SYN, SYN_ACK, header, segment  # isort: skip


def line_within(pipe, seconds):
    check(select.select([pipe], [], [], seconds)[0], f"no line within {seconds} s")
    return pipe.readline().decode()


def shows_each_event_as_it_comes():
    client, server = ((10, 9, 0, 1), 40000), ((10, 9, 0, 2), 80)
    replay = subprocess.Popen([SYNSCOPE, "replay", "-", "--view", "events"], bufsize=0,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    replay.stdin.write(header())
    replay.stdin.write(segment(1700000000, client, server, SYN, 1000, 0))
    contains(line_within(replay.stdout, 5), " syn ", "the first line")
    time.sleep(0.2)
    replay.stdin.write(segment(1700000001, server, client, SYN_ACK, 5000, 1001))
    contains(line_within(replay.stdout, 5), " syn_ack ", "the second line")
    replay.stdin.close()
    equal(replay.wait(10), 0, "exit status")


main(shows_each_event_as_it_comes)
