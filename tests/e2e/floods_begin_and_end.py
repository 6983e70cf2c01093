#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Floods of each kind begin and end by one event each, beside connections in use whose records are right
afterwards; what is merely much is none.
"""

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time

from lib import (
    TESTS, Live, check, check_invariants, contains, equal, eventually, host, inside_host, json_lines, main,
    must, need, pinned, synscope, temporary_directory,
)  # fmt: skip

need("hosts")

from namespace import inside  # noqa: E402

PORT, RATE, SECONDS = 5000, 4000, 3.2  # of each kind
SMALL = ("--max-connections", "8192")  # so that records of the floods make way
KINDS = ("syn", "syn_ack", "ack", "rst", "fin")
QUESTION, ANSWER = b"q" * 100, b"a" * 300

must(None, "ip", "-n", host("a"), "route", "add", "198.18.0.0/16", "via", os.environ["ADDR_B"])
must("a", "sysctl", "-qw", "net.ipv4.tcp_syncookies=1")

# Answers each question until the client closes. Its queue of connections to come is short.
SERVER = f"""
import socket, threading
def serve(c):
    while c.recv({len(QUESTION)}):
        c.sendall({ANSWER!r})
    c.close()
s = socket.create_server(("", {PORT}), backlog=16)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
"""


@contextlib.contextmanager
def server():
    process = subprocess.Popen(inside_host("a", [sys.executable, "-c", SERVER]), stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


class Client:
    """A connection from b to a that is in use now and then."""

    def __init__(self):
        with inside(host("b")):
            self.socket = socket.create_connection((os.environ["ADDR_A"], PORT), timeout=10)
        self.port = self.socket.getsockname()[1]
        self.questions = 0

    def ask(self):
        self.socket.sendall(QUESTION)
        left = len(ANSWER)
        while left:
            left -= len(self.socket.recv(left))
        self.questions += 1

    def close(self):
        self.socket.shutdown(socket.SHUT_WR)
        self.socket.recv(1)
        self.socket.close()


def flood(*kinds, rate=RATE, seconds=SECONDS):
    """How many segments of each kind were sent."""
    rate *= len(kinds)
    return int(must(None, str(TESTS / "traffic" / "flood.py"), str(rate), str(seconds), *kinds)) // len(kinds)


def flood_while(clients, *kinds, **options):
    """A flood during which these connections are in use, and others come and go; the latter, and its size."""
    result, others = [], []
    thread = threading.Thread(target=lambda: result.append(flood(*kinds, **options)))
    thread.start()
    while thread.is_alive():
        others.append(Client())
        for client in [*clients, others[-1]]:
            client.ask()
        others[-1].close()
        time.sleep(0.1)
    thread.join()
    equal(len(result), 1, "floods sent")
    return others, result[0]


def check_records(records, clients):
    """A whole record of each of these connections, with all that it carried."""
    found = {r["id.orig_p"]: r for r in records if r["id.orig_h"] == os.environ["ADDR_B"]}
    for client in clients:
        r = found.get(client.port)
        check(r, f"a record of port {client.port}")
        equal(r["conn_state"], "SF", f"conn_state of {r}")
        equal(r["teardown"]["how"], "fin", "teardown")
        equal(r["orig_bytes"], client.questions * len(QUESTION), f"orig_bytes of port {client.port}")
        equal(r["resp_bytes"], client.questions * len(ANSWER), f"resp_bytes of port {client.port}")
        equal(r["missed_bytes"], 0, "missed_bytes")
        check(r["completeness"] & 31 == 31, f"completeness of {r}")
        check("midstream" not in r["diagnosis"], f"a handshake that was seen: {r}")


def flood_events(lines):
    return [e for e in map(json.loads, lines) if e["event"] == "flood"]


def check_events(events, kind, sent):
    """One start and one end, with what both say of a flood of so many segments."""
    mine = [e for e in events if e["kind"] == kind]
    equal([e["phase"] for e in mine], ["start", "end"], f"{kind}: events")
    begin, end = mine
    for e in mine:
        # RSTs are four times as many: the host answers the other kinds with them
        check(RATE / 5 < e["rate_per_s"] < 5 * RATE, f"{kind}: rate: {e}")
        check(e["rate_per_s"] <= e["peak_per_s"] < 6 * RATE, f"{kind}: peak: {e}")
        # the answers to the other floods are of the same kinds, and counted: SYN-ACKs to the SYNs, RSTs to most others
        check(e["share_failed"] > (0.15 if kind == "rst" else 0.4), f"{kind}: share: {e}")
        equal(e["interface"], "eth0", f"{kind}: interface")
        equal(e["since"], begin["since"], f"{kind}: since")
    check(begin["until"] is None and begin["since"] < end["until"] <= end["ts"], f"{kind}: until: {end}")
    check(begin["total"] <= end["total"] < 4 * sent, f"{kind}: total: {end} of {sent}")


def each_kind():
    """Host a, which is flooded, shows events; host b, from which all of it comes, records."""
    with temporary_directory() as directory, server():
        paths = [directory / "events", directory / "conns"]  # what is much goes to a file
        with Live("a", "run", "eth0", "--view", "events", "--json", "-o", str(paths[0]), *SMALL) as events, \
                Live("b", "run", "eth0", "--view", "conns", "--json", "-o", str(paths[1])) as conns:  # fmt: skip
            lasting = [Client() for _ in range(5)]
            others, sent = flood_while(lasting, *KINDS)
            for client in lasting:
                client.close()
            time.sleep(6.1)
            events.stop()
            conns.stop()
        told = flood_events(paths[0].read_text().splitlines())
        lines = [line for line in paths[1].read_text().splitlines() if os.environ["ADDR_B"] in line]
    for kind in KINDS:
        check_events(told, kind, sent)
    equal(len(told), 2 * len(KINDS), "flood events")
    check(all(e["syn_cookies"] for e in told if e["kind"] == "syn"), f"SYN cookies: {told}")
    check_records(list(map(json.loads, lines)), others + lasting)
    for live in (events, conns):
        contains("\n".join(live.errors), ["floods:", "  SYN ", "  SYN-ACK ", "  ACK ", "  RST ", "  FIN "], "summary")


def counters_of_a_flood():
    """And the counters of one that looks only now."""
    with pinned("a", *SMALL) as place, server():
        with Live("a", "tail", "eth0", "--view", "counters", "--json", *place, ready=False) as tail:
            eventually(lambda: tail.lines, "the first counters")
            sent = flood("syn")
            now = json_lines(synscope("a", "counters", "eth0", *place))[0]
            tail.stop()
    last = tail.objects()[-1]
    check_invariants(last)
    equal(last["floods"], {**dict.fromkeys(KINDS, 0), "syn": 1}, "floods")
    check(sent / 4 < last["strays"]["syn"] <= sent, f"strays.syn of {sent}: {last['strays']}")
    rates = [c["half_open_rate"] for c in tail.objects() if c["half_open_rate"] is not None]
    check(RATE / 4 < max(rates) < 2 * RATE and rates[0] < RATE / 4, f"half_open_rate: {rates}")
    check(last["syn_cookies"]["sent"] > sent / 4, f"the host answered with SYN cookies: {last['syn_cookies']}")
    contains("\n".join(tail.errors), ["  SYN     once, and goes on: "], "summary")
    for name in ("floods", "half_open_rate", "syn_cookies"):
        equal(now[name], None, f"{name} of `counters`, which looks once")
    equal(now["strays"].keys(), {*KINDS, "other"}, "strays")


def events_are_aggregated_and_records_stay():
    """With nobody reading, a flood fills half of the ring and not more: the rest is for those that open."""
    with pinned("a", "--max-connections", "16384") as place, server():
        before = Client()
        before.ask()
        clients, sent = flood_while([before], "syn", rate=12000, seconds=1.6)
        before.close()
        counters = json_lines(synscope("a", "counters", "eth0", *place))[0]
        timeline = json_lines(synscope("a", "tail", "eth0", "--json", "-d", "1s", *place))
    check_invariants(counters)
    equal(counters["events"]["lost"], 0, "events lost")
    equal(counters["events"]["lost_records"], 0, "records lost")
    check(counters["events"]["aggregated"] > 1000, f"aggregated: {counters['events']} of {sent}")
    check_records(timeline, [before, *clients])
    mine = {r["id.orig_p"]: r for r in timeline if r["id.orig_h"] == os.environ["ADDR_B"]}
    for client in clients:
        steps = [s["event"] for s in mine[client.port]["steps"]]
        check("established" in steps and "fin" in steps, f"steps: {steps}")


def much_is_no_flood():
    """As many connections as a process makes in three seconds."""
    code = f"""
import socket, struct, time
end = time.monotonic() + 3
n = 0
while time.monotonic() < end:
    s = socket.create_connection(("{os.environ['ADDR_A']}", {PORT}))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
    n += 1
print(n)
"""
    with temporary_directory() as directory:
        path = directory / "events"
        with Live("a", "run", "eth0", "--view", "events", "--json", "-o", str(path)) as live, inside(host("a")):
            with socket.create_server(("", PORT), backlog=4096) as s:
                stop = threading.Event()
                thread = threading.Thread(target=accept_all, args=(s, stop))
                thread.start()
                made = int(must("b", sys.executable, "-c", code))
                stop.set()
                thread.join()
            live.stop()
        equal(flood_events(path.read_text().splitlines()), [], f"floods in {made} connections")
    check(made > 3000, f"a test of many connections: {made}")


def accept_all(listening, stop):
    listening.settimeout(0.1)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            listening.accept()[0].close()


FLAGS = {"syn": (2, None), "syn_ack": (18, 4), "ack": (16, 4), "rst": (4, None), "fin": (17, 4)}
MICROSECOND = 1_000_000


def write_capture(path, kind, rate=1200, seconds=4):
    """A flood of one kind and what a host answers to it, and a frame six seconds after the last."""
    flags, answer = FLAGS[kind]
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))

        def segment(at, i, source, target, ports, numbers, segment_flags):
            ip = struct.pack("!BBHHHBBHII", 0x45, 0, 40, i & 0xFFFF, 0, 64, 6, 0, source, target)
            tcp = struct.pack("!HHIIHHHH", *ports, *numbers, 5 << 12 | segment_flags, 1024, 0, 0)
            at += 1_700_000_000 * MICROSECOND
            file.write(struct.pack("<IIII", at // MICROSECOND, at % MICROSECOND, 54, 54))
            file.write(bytes(12) + b"\x08\x00" + ip + tcp)

        for i in range(rate * seconds + 1):
            at = i * MICROSECOND // rate + (i == rate * seconds) * 6 * MICROSECOND
            source, port = 0xC6120000 + i, 1024 + i % 60000
            segment(at, i, source, 0x0A090001, (port, 80), (i, 77), flags)
            if answer:
                segment(at + 20, i, 0x0A090001, source, (80, port), (77, 0), answer)


def replayed(path, view, engine="native"):
    return json_lines(synscope(None, "replay", str(path), "--view", view, "--json", "-e", engine))


def each_kind_alone_in_a_capture():
    """And no other kind by its answers."""
    with temporary_directory() as directory:
        path = directory / "flood.pcap"
        for kind in KINDS:
            write_capture(path, kind)
            told = [e for e in replayed(path, "events") if e["event"] == "flood"]
            equal([(e["kind"], e["phase"]) for e in told], [(kind, "start"), (kind, "end")], f"{kind}: events")
            equal([e["total"] for e in told], [3600, 4800], f"{kind}: totals")
            equal([e["share_failed"] for e in told], [1, 1], f"{kind}: shares")


def both_engines_say_the_same():
    with temporary_directory() as directory:
        path = directory / "flood.pcap"
        write_capture(path, "syn")
        said = {}
        for engine in ("native", "bpf"):
            said[engine] = [e for e in replayed(path, "events", engine) if e["event"] == "flood"]
            counters = replayed(path, "counters", engine)
            equal(counters[-1]["floods"]["syn"], 1, f"{engine}: floods.syn")
            equal(counters[1]["half_open_rate"], 1200, f"{engine}: half_open_rate")
            equal(counters[-1]["syn_cookies"], None, f"{engine}: syn_cookies")
    equal(said["bpf"], said["native"], "events of both engines")
    begin, end = said["native"]
    equal((begin["ts"], begin["rate_per_s"]), ("2023-11-14T22:13:23.000000000Z", 1200), "begin")
    equal((end["ts"], end["until"]), ("2023-11-14T22:13:29.000000000Z", "2023-11-14T22:13:24.000000000Z"), "end")
    equal(end["syn_cookies"], None, "cookies of a capture")


main(
    each_kind,
    counters_of_a_flood,
    events_are_aggregated_and_records_stay,
    much_is_no_flood,
    each_kind_alone_in_a_capture,
    both_engines_say_the_same,
)
