#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whatever it waits for: a reader that does not read, a pipe that nobody opens, a writer that does not end."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import threading
import time

from lib import (
    SYNSCOPE, Live, attached, check, contains, die_with_parent, equal, eventually, host, inside_host, main, need,
    nothing_attached, synscope, temporary_directory,
)  # fmt: skip

need("hosts")

from burst import Burst  # noqa: E402
from namespace import inside  # noqa: E402
from raw_capture import SYN, header, segment  # noqa: E402

CLIENT, SERVER = ((10, 9, 0, 1), 40000), ((10, 9, 0, 2), 80)


def start(*arguments, which="a", **options):
    return subprocess.Popen(inside_host(which, [SYNSCOPE, *arguments]), stderr=subprocess.PIPE, text=True,
                            preexec_fn=options.pop("preexec_fn", die_with_parent), **options)  # fmt: skip


def stuck(*arguments):
    """A run that writes into a pipe which is full, and which nobody reads."""
    reader, writer = os.pipe()
    process = start("run", "eth0", "--view", "events", "--segments", *arguments, stdout=writer)
    os.close(writer)
    contains(process.stderr.readline(), "ingress", "what it attached")
    return process, reader


def ended_in_time(process, reader):
    started = time.monotonic()
    equal(process.wait(15), 1, "exit status")
    check(time.monotonic() - started < 8, "it ended in time")
    contains(process.stderr.read(), "standard output: nobody reads it: the rest is lost", "standard error")
    os.close(reader)
    nothing_attached("a")


def though_nobody_reads_what_it_writes():
    with Burst():
        process, reader = stuck()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        ended_in_time(process, reader)


def after_its_duration_though_nobody_reads():
    with Burst():
        process, reader = stuck("--duration", "1s")
        ended_in_time(process, reader)


def though_nobody_opens_the_pipe_that_it_writes_to():
    with temporary_directory() as place:
        os.mkfifo(place / "pipe")
        process = start("run", "eth0", "-o", str(place / "pipe"))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        equal(process.wait(5), 1, "exit status")
        contains(process.stderr.read(), ["synscope: ", "/pipe: "], "error")
        nothing_attached("a")


def ignore_hangups():
    die_with_parent()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def but_not_with_the_terminal_under_nohup():
    process = start("run", "eth0", stdout=subprocess.DEVNULL, preexec_fn=ignore_hangups)
    contains(process.stderr.readline(), "ingress", "what it attached")
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    equal(process.poll(), None, "exit status after SIGHUP")
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 0, "exit status after SIGTERM")


def though_its_capture_goes_on():
    """A replay of a pipe tells of what is open."""
    process = start("replay", "-", "--view", "conns", which=None, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.buffer.write(header() + segment(1700000000, CLIENT, SERVER, SYN, 1000, 0))
    process.stdin.buffer.flush()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    equal(process.wait(10), 0, "exit status")
    contains(process.stdout.read(), "10.9.0.1:40000", "the record")


def though_its_capture_stops_in_the_middle():
    """Of a packet, of the header, or before it: what a writer that is asked to end at the same time leaves."""
    frames = header() + segment(1700000000, CLIENT, SERVER, SYN, 1000, 0)
    processes = []
    for length in (0, 7, len(frames) - 5):
        processes.append(start("replay", "-q", "-", which=None, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))
        processes[-1].stdin.buffer.write(frames[:length])
        processes[-1].stdin.buffer.flush()
    time.sleep(0.5)
    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        equal((process.wait(10), process.stderr.read()), (0, ""), "exit status, and standard error")


def though_its_capture_brings_blocks_without_packets_for_ever():
    section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    statistics = struct.pack("<IIIIII", 5, 24, 0, 0, 0, 24)
    process = start("replay", "-", which=None, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    process.stdin.buffer.write(section)

    def feed():
        with contextlib.suppress(BrokenPipeError):
            while True:
                process.stdin.buffer.write(statistics * 1000)

    threading.Thread(target=feed, daemon=True).start()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    equal(process.wait(10), 0, "exit status")


def a_replay_when_nobody_reads_it_any_more():
    """Long before the end of the capture."""
    with temporary_directory() as place, open(place / "large.pcap", "wb") as capture:
        capture.write(header())
        capture.writelines(segment(1700000000, ((10, n >> 16 & 255, n >> 8 & 255, n & 255), 40000), SERVER, SYN, n, 0)
                           for n in range(200000))  # fmt: skip
        capture.flush()
        process = start("replay", capture.name, "--view", "events", which=None, stdout=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        equal(process.wait(20), 0, "exit status")
        equal(process.stderr.read(), "", "standard error")


def but_attach_does_what_it_was_asked_though_nobody_reads_its_words():
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(inside_host("a", [SYNSCOPE, "attach", "eth0", "lo", "--bpffs", os.environ["BPFFS"]]), stderr=writer)
    os.close(writer)
    equal(process.returncode, 0, "exit status")
    check(attached("a") and attached("a", "lo"), "both are attached")
    equal(synscope("a", "detach", "--all", "--bpffs", os.environ["BPFFS"]).returncode, 0, "detach")
    nothing_attached("a")


def an_interrupted_attach_leaves_nothing():
    for delay in (0.02, 0.1, 0.4):
        process = start("attach", "eth0", "lo", "--bpffs", os.environ["BPFFS"])
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        status = process.wait(20)
        if status == 0:
            equal(synscope("a", "detach", "--all", "--bpffs", os.environ["BPFFS"]).returncode, 0, "detach")
        eventually(lambda: not attached("a") and not attached("a", "lo"), "nothing attached")
        equal(os.path.exists(os.environ["BPFFS"] + "/synscope"), False, "something is pinned")


def a_tail_when_what_it_follows_is_detached():
    place = ["--bpffs", os.environ["BPFFS"]]
    equal(synscope("a", "attach", "eth0", *place).returncode, 0, "attach")
    with Live("a", "tail", "eth0", "--view", "conns", "--json", *place, ready=False) as live:
        time.sleep(0.5)
        equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")
        equal(live.process.wait(5), 0, "exit status")
        live.stop()
        contains("\n".join(live.errors), "eth0: was detached", "standard error")


def when_its_reader_goes_away_though_nothing_happens():
    reader, writer = os.pipe()
    process = start("run", "eth0", "--view", "events", stdout=writer)
    os.close(writer)
    contains(process.stderr.readline(), "ingress", "what it attached")
    os.close(reader)
    equal(process.wait(3), 0, "exit status")


def what_count_leaves_out_is_in_its_summary():
    with Live("b", "run", "eth0", "--view", "conns", "-c", "1", "--linger", "100ms") as live:
        for port in (81, 82, 83):
            with inside(host("a")), contextlib.suppress(ConnectionRefusedError):
                socket.create_connection((os.environ["ADDR_B"], port), timeout=5)
        equal(live.process.wait(5), 0, "exit status")
        live.stop()
        contains("\n".join(live.errors), "3 connections:", "summary")


main(
    when_its_reader_goes_away_though_nothing_happens,
    what_count_leaves_out_is_in_its_summary,
    though_nobody_reads_what_it_writes,
    after_its_duration_though_nobody_reads,
    though_nobody_opens_the_pipe_that_it_writes_to,
    but_not_with_the_terminal_under_nohup,
    though_its_capture_goes_on,
    though_its_capture_stops_in_the_middle,
    though_its_capture_brings_blocks_without_packets_for_ever,
    a_replay_when_nobody_reads_it_any_more,
    but_attach_does_what_it_was_asked_though_nobody_reads_its_words,
    an_interrupted_attach_leaves_nothing,
    a_tail_when_what_it_follows_is_detached,
)
