#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
For every way in which a real stack opens and closes a connection: the states that synscope infers from
the segments are those that the kernels of both hosts say. On the client's host by native XDP, on the
server's by tc; events and the table are asked alike.
"""

import socket

from lib import Live, check, eventually, host, json_lines, main, need, pinned, synscope

need("path", "ss")

from connections import SCENARIOS, play  # noqa: E402
from kernel import sockets  # noqa: E402
from path import Path  # noqa: E402

PORT_A, PORT_B = 30000, 9000
DIAGNOSIS = {
    "refused": "refused",
    "simultaneous_close": "simultaneous_close",
    "simultaneous_open": "simultaneous_open",
    "reset_by_client": "reset_by_orig",
    "reset_by_server": "reset_by_resp",
    "syn_retransmitted": "syn_retransmitted",
    "port_reused": "port_reused",
}


def ends_of(record):
    """{endpoint: state} of a connection record or an event."""
    if "id.orig_h" in record:
        orig = record["id.orig_h"], record["id.orig_p"]
        resp = record["id.resp_h"], record["id.resp_p"]
    else:
        source, target = (record["src"], record["sport"]), (record["dst"], record["dport"])
        orig, resp = (source, target) if record["from"] == "orig" else (target, source)
    return {orig: record["orig_state"], resp: record["resp_state"]}


def last_states(objects, a, b):
    """What the newest object that tells of a connection says of its ends."""
    for told in reversed(objects):
        ends = ends_of(told) if "orig_state" in told else {}
        if a in ends and b in ends:
            return {"A": ends[a] or "CLOSED", "B": ends[b] or "CLOSED"}
    return {"A": "CLOSED", "B": "CLOSED"}


class NotAsPlanned(AssertionError):
    """The kernels did not get where the scenario wants them: that says nothing of synscope."""


def compare(which, objects, hosts, checkpoint):
    """First the kernels are where the scenario wants them; then synscope on host `which` must say so."""
    a, b = (hosts.address("a"), hosts.port_a), (hosts.address("b"), hosts.port_b)
    expected = {"A": checkpoint.state_a, "B": checkpoint.state_b}

    def kernel():
        return {"A": sockets("a").get((a, b), "CLOSED"), "B": sockets("b").get((b, a), "CLOSED")}

    def says():
        states = last_states(objects(), a, b)
        return {end: state for end, state in states.items() if which + end in checkpoint.seen}

    known = {end: state for end, state in expected.items() if which + end in checkpoint.seen}
    try:
        eventually(lambda: kernel() == expected, lambda: f"kernel {kernel()}, expected {expected}")
    except AssertionError as error:
        raise NotAsPlanned(error) from error
    eventually(lambda: says() == known, lambda: f"seen on host {which}: {says()}, kernel {known}", 1)


def play_and_compare(name, number, which, objects, family):
    """With ports of its own, and once more where the kernels went another way."""
    def once():
        play(name, PATHS[0], family, next(PORTS), 9000 + number,
             lambda hosts, point: compare(which, objects, hosts, point))

    try:
        once()
    except NotAsPlanned:
        once()


def play_all(which, objects, family=socket.AF_INET):
    """Plays every scenario; a disagreement in one does not hide those of the others."""
    wrong = []
    for number, name in enumerate(SCENARIOS):
        try:
            play_and_compare(name, number, which, objects, family)
        except (AssertionError, OSError) as error:
            wrong.append(f"{name}: {error}")
    check(not wrong, "\n  ".join(["", *wrong]))


def events_agree(which, mode, family=socket.AF_INET):
    with Live(which, "run", "eth0", "--mode", mode, "--view", "events", "--json") as live:
        play_all(which, live.objects, family)
        live.stop()


def events_of_native_xdp_on_the_client():
    events_agree("a", "native")


def events_of_tc_on_the_server():
    events_agree("b", "tc")


def events_of_ipv6():
    events_agree("a", "tc", socket.AF_INET6)


def table_agrees():
    with pinned("b", "--mode", "native") as place:
        play_all("b", lambda: json_lines(synscope("b", "conns", "eth0", "--json", *place)))


def records_name_what_happened():
    """The verdict of the connections that a kernel can be made to open and close in a peculiar way."""
    with Live("a", "run", "eth0", "--view", "conns", "--json") as live:
        ports = {name: next(PORTS) for name in DIAGNOSIS}
        for name, port in ports.items():
            play(name, PATHS[0], port_a=port, port_b=9100)
        live.stop()
    for name, port in ports.items():
        records = [r for r in live.objects() if r["id.orig_p"] == port or r["id.resp_p"] == port]
        said = [word for r in records for word in r["diagnosis"]]
        check(DIAGNOSIS[name] in said, f"{name}: diagnosis {DIAGNOSIS[name]} in {records}")


PATHS = [Path(host("m"))]
PORTS = iter(range(30000, 32000))
main(
    events_of_native_xdp_on_the_client,
    events_of_tc_on_the_server,
    events_of_ipv6,
    table_agrees,
    records_name_what_happened,
)
