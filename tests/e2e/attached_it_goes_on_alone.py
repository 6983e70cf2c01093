#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""attach, tail, counters, conns, status, detach: with nobody reading, the truth is kept."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

from lib import (
    SYNSCOPE, Live, attached, check, check_invariants, contains, counters, die_with_parent, equal, eventually, expect_error,
    host, inside_host, json_lines, main, need, nothing_attached, pinned, synscope,
)  # fmt: skip

need("hosts")

from namespace import inside  # noqa: E402

PORT = 5000


def listening(which="b", port=PORT):
    with inside(host(which)):
        s = socket.create_server((os.environ["ADDR_" + which.upper()], port), backlog=512)
    return s


def connections(number, port=PORT, payload=b"hello"):
    """Short connections from a to b, one after the other."""
    with listening(port=port) as server, inside(host("a")):
        for _ in range(number):
            client = socket.create_connection((os.environ["ADDR_B"], port))
            other = server.accept()[0]
            client.sendall(payload)
            other.recv(100)
            client.close()
            other.recv(1)
            other.close()


def tail(place, *arguments):
    return json_lines(synscope("a", "tail", "eth0", "--json", "-d", "500ms", *arguments, *place))


def one_life():
    with pinned("a") as place:
        check(attached("a"), "programs are attached")
        contains(synscope("a", "status", *place).stdout, "eth0", "status")
        connections(5)
        eventually(lambda: counters(place)["connections"]["closed"] == 5, "5 connections closed")
        check_invariants(counters(place))
        records = json_lines(synscope("a", "conns", "eth0", "--json", *place))
        equal(len(records), 5, "records of conns")
        equal({r["conn_state"] for r in records}, {"SF"}, "conn_state")
        events = tail(place, "--view", "events")
        equal(len([e for e in events if e["event"] == "syn"]), 5, "SYNs in the backlog")
        equal(len([e for e in events if e["event"] == "closed"]), 5, "closes in the backlog")
        equal({r["uid"] for r in records}, {e["uid"] for e in events}, "uid of table and events")
        expect_error(synscope("a", "attach", "eth0", *place), 1, "eth0", "detach")
        equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")
        nothing_attached("a")
        expect_error(synscope("a", "counters", "eth0", *place), 1, "eth0")
        equal(os.listdir(os.environ["BPFFS"] + "/synscope") if os.path.isdir(os.environ["BPFFS"] + "/synscope") else [],
              [], "what is pinned")  # fmt: skip


def detach_of_everything():
    with pinned("a") as place:
        equal(synscope("b", "attach", "eth0", *place).returncode, 0, "attach in the other namespace")
        check(attached("a") and attached("b"), "both are attached")
        equal(synscope("a", "detach", "--all", *place).returncode, 0, "detach --all")
        nothing_attached("a")
        nothing_attached("b")


def two_hosts_do_not_collide():
    """Interfaces of one name in two network namespaces."""
    with pinned("a") as place:
        equal(synscope("b", "attach", "eth0", *place).returncode, 0, "attach in the other namespace")
        connections(3)
        for which, outgoing in (("a", "out"), ("b", "in")):
            now = json_lines(synscope(which, "counters", "eth0", *place))[0]
            equal(now["handshakes"]["started"], 3, f"host {which}: handshakes.started")
            check(now[outgoing]["segments"] > 0, f"host {which}: segments {outgoing}")
        equal(synscope("b", "detach", "eth0", *place).returncode, 0, "detach of the one")
        check(attached("a"), "the other one stays")


def one_tail_at_a_time():
    with pinned("a") as place:
        with Live("a", "tail", "eth0", *place, ready=False) as first:
            time.sleep(0.5)
            expect_error(synscope("a", "tail", "eth0", "-d", "1s", *place), 1, "eth0")
            first.stop()
        check(attached("a"), "it stays attached")
        equal(synscope("a", "tail", "eth0", "-d", "100ms", *place).returncode, 0, "the next tail")


def a_killed_tail_leaves_it_running():
    with pinned("a") as place:
        with Live("a", "tail", "eth0", *place, ready=False) as live:
            time.sleep(0.3)
            live.stop(signal.SIGKILL, None)
        check(attached("a"), "it stays attached")
        connections(2)
        equal(counters(place)["handshakes"]["started"], 2, "handshakes.started")
        equal(len([e for e in tail(place, "--view", "events") if e["event"] == "syn"]), 2, "SYNs")


def uids(place, *arguments):
    return [r["uid"] for r in tail(place, "--view", "conns", *arguments)]


def a_record_is_told_once():
    """By one of many tails; those of a small table come from the ring, too, when their place is needed."""
    with pinned("a", "--linger", "100ms", "--max-connections", "4") as place:
        connections(3)
        time.sleep(0.3)
        told = uids(place, "-c", "1") + uids(place, "-c", "1")
        equal(len(told), 2, "records of two tails with --count 1")
        told += uids(place)
        equal(uids(place), [], "records of a tail with nothing to tell")
        connections(20)
        told += uids(place, "-c", "7")
        told += uids(place) + uids(place)
        equal((len(told), len(set(told))), (23, 23), "records, and connections that they are of")


def a_record_is_told_once_though_it_is_detached_meanwhile():
    """While a tail is behind, since nobody reads it: what the one before told is not told again."""
    with pinned("a", "--linger", "100ms") as place:
        connections(300)
        time.sleep(0.3)
        told = uids(place)
        connections(1500)
        time.sleep(0.3)
        with subprocess.Popen(
            inside_host("a", [SYNSCOPE, "tail", "eth0", "--view", "timeline", "--json", *place]),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=die_with_parent,
        ) as process:  # fmt: skip
            time.sleep(0.5)
            synscope("a", "detach", "eth0", *place)
            told += [json.loads(line)["uid"] for line in process.stdout]
        equal((len(told), len(set(told))), (1800, 1800), "records, and connections that they are of")


def a_record_that_could_not_be_written_is_told_by_the_next():
    with pinned("a") as place:
        connections(5)
        eventually(lambda: counters(place)["connections"]["closed"] == 5, "five closed connections")
        with open("/dev/full", "w") as full:
            result = synscope("a", "tail", "eth0", "--view", "conns", "--json", "-d", "500ms", *place, capture_output=False,
                              stdout=full, stderr=subprocess.PIPE)  # fmt: skip
        equal(result.returncode, 1, "a tail that can't write")
        equal(len(uids(place)), 5, "records of the next tail")
        equal(uids(place), [], "records of the one behind it")


def events_are_told_one_by_one():
    """--count takes no more from the ring than it shows, and less of an item that is several events."""
    with pinned("a") as place:
        connections(1)
        told = []
        while one := tail(place, "--view", "events", "-c", "1"):
            equal(len(one), 1, "events of --count 1")
            told += one
        equal([e["n"] for e in told], list(range(1, len(told) + 1)), "numbers of the events")
        equal(told[-1]["event"], "closed", "the last event")
        connections(3)
        two = tail(place, "--view", "events", "-c", "2")
        rest = tail(place, "--view", "events")
        equal(len(two + rest), 3 * len(told), "events of three more connections")


def an_open_connection_is_told_by_the_tail_that_sees_it_end():
    with pinned("a", "--linger", "100ms") as place:
        with listening() as server, inside(host("a")):
            client = socket.create_connection((os.environ["ADDR_B"], PORT))
            other = server.accept()[0]
        equal(uids(place), [], "records of what is open")
        other.close()
        client.close()
        equal([r["conn_state"] for r in tail(place, "--view", "conns")], ["SF"], "conn_state, once it has ended")
        equal(uids(place), [], "records of a tail with nothing to tell")


def what_was_attached_before_a_tail_could_go_on_is_tailed():
    """Without the map that tells how far the tails have come: the first one makes it."""
    with pinned("a", "--linger", "100ms") as place:
        connections(2)
        time.sleep(0.3)
        equal(len(uids(place)), 2, "records")
        (made,) = pathlib.Path(os.environ["BPFFS"]).glob("synscope/*/told")
        made.unlink()
        equal(len(uids(place)), 2, "records, with nothing known of the tail before")
        equal(uids(place), [], "records of the next one")


def a_full_ring_loses_events_and_no_facts():
    """With nobody reading: emitted + lost is what would have been said; the counters stay exact."""
    number = 8000
    with pinned("a", "--segments", "--max-connections", "16384") as place:
        connections(number)
        now = eventually(lambda: (lambda c: c["events"]["lost"] and c)(counters(place)), "events lost", 2)
        h = now["handshakes"]
        equal((h["started"], h["completed"], now["teardowns"]["fin"]), (number,) * 3, "handshakes and teardowns")
        check_invariants(now)
        with Live("a", "tail", "eth0", "--view", "events", "--json", *place, ready=False) as live:
            eventually(lambda: len(live.lines) >= now["events"]["emitted"], "the backlog", 20)
            live.stop()
        told = live.objects()
        events = [e for e in told if e["event"] != "lost"]
        equal(len(events), now["events"]["emitted"], "events of the backlog")
        segments = now["in"]["segments"] + now["out"]["segments"]
        check(now["events"]["emitted"] + now["events"]["lost"] >= segments, "an event for each segment, or its loss")
        check(any(e["event"] == "lost" for e in told), "a line about what was lost")
        equal(tail(place, "--view", "events"), [], "a second line about it, by the next tail")
        records = json_lines(synscope("a", "conns", "eth0", "--json", *place, timeout=60))
        gone = now["connections"]["evicted"] + now["connections"]["displaced"]
        equal(len(records) + gone, number, "records of conns, and those whose place was needed")
        equal({r["conn_state"] for r in records}, {"SF"}, "conn_state")


class Transfer:
    """Data from a to b until it is told to end."""

    def __enter__(self):
        self.sent = self.received = 0
        self.ending = False
        with listening() as server, inside(host("a")):
            self.client = socket.create_connection((os.environ["ADDR_B"], PORT))
            self.server = server.accept()[0]
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self.send, self.receive)]
        for thread in self.threads:
            thread.start()
        return self

    def send(self):
        while not self.ending:
            self.client.sendall(bytes(1 << 18))
            self.sent += 1 << 18
            time.sleep(0.002)
        self.client.shutdown(socket.SHUT_WR)

    def receive(self):
        while piece := self.server.recv(1 << 20):
            self.received += len(piece)

    def __exit__(self, *unused):
        self.ending = True
        for thread in self.threads:
            thread.join(20)
        self.client.close()
        self.server.close()


def a_long_transfer_is_not_disturbed():
    """Attaching and detaching while it flows; what arrives is what was sent."""
    with Transfer() as transfer:
        for mode in ("tc", "native"):
            with pinned("a", "--mode", mode) as place:
                time.sleep(0.2)
                now = counters(place)
                check(now["segments"]["data"] > 0, f"{mode}: data segments")
                equal(now["connections"]["midstream"], 1, f"{mode}: connections.midstream")
            nothing_attached("a")
        before = transfer.received
        eventually(lambda: transfer.received > before, "it goes on")
    equal(transfer.received, transfer.sent, "bytes received")


def a_pinned_link_outlives_its_interface():
    """status and detach cope with an interface that is gone."""
    subprocess.run(inside_host("a", ["ip", "link", "add", "spare", "type", "veth", "peer", "name", "spare2"]), check=True)
    place = ["--bpffs", os.environ["BPFFS"]]
    equal(synscope("a", "attach", "spare", *place).returncode, 0, "attach")
    subprocess.run(inside_host("a", ["ip", "link", "del", "spare"]), check=True)
    result = synscope("a", "status", *place)
    equal(result.returncode, 0, f"status ({result.stderr.strip()})")
    equal(synscope("a", "detach", "--all", *place).returncode, 0, "detach --all")
    equal(synscope("a", "attach", "eth0", *place).returncode, 0, "attach anew")
    equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach")


def spare(action):
    subprocess.run(inside_host("a", ["ip", "link", *action.split()]), check=True)


def what_is_left_of_an_interface_does_not_stand_for_the_next_one():
    place = ["--bpffs", os.environ["BPFFS"]]
    for mode in ("native", "tc"):
        spare("add spare type veth peer name spare2")
        equal(synscope("a", "attach", "spare", "--mode", mode, *place).returncode, 0, "attach")
        spare("del spare")
        spare("add spare type veth peer name spare2")
        try:
            expect_error(synscope("a", "attach", "spare", *place), 1, "is gone", "synscope detach spare --bpffs")
            for command in ("counters", "conns"):
                result = synscope("a", command, "spare", *place)
                equal(result.returncode, 0, command)
                contains(result.stderr, ["synscope: spare: ", "is gone", "synscope detach spare --bpffs"], command)
            result = synscope("a", "tail", "spare", *place)
            equal(result.returncode, 1, "tail")
            contains(result.stderr, ["is gone", "synscope detach spare --bpffs"], "tail")
            contains(synscope("a", "status", "spare", *place).stdout, ["is gone", "synscope detach spare --bpffs"], "status")
            equal(synscope("a", "detach", "spare", *place).returncode, 0, "detach")
            equal(synscope("a", "attach", "spare", "--mode", mode, *place).returncode, 0, "attach anew")
            equal(synscope("a", "counters", "spare", *place).stderr, "", "counters of the new one")
            spare("set spare name renamed")
            spare("set renamed name spare")
            equal(synscope("a", "counters", "spare", *place).stderr, "", "it was renamed, and is the same")
        finally:
            synscope("a", "detach", "--all", *place)
            spare("del spare")


main(
    one_life,
    detach_of_everything,
    two_hosts_do_not_collide,
    one_tail_at_a_time,
    a_killed_tail_leaves_it_running,
    a_record_is_told_once,
    a_record_is_told_once_though_it_is_detached_meanwhile,
    a_record_that_could_not_be_written_is_told_by_the_next,
    events_are_told_one_by_one,
    an_open_connection_is_told_by_the_tail_that_sees_it_end,
    what_was_attached_before_a_tail_could_go_on_is_tailed,
    a_full_ring_loses_events_and_no_facts,
    a_long_transfer_is_not_disturbed,
    a_pinned_link_outlives_its_interface,
    what_is_left_of_an_interface_does_not_stand_for_the_next_one,
)
