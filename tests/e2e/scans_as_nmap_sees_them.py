#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
nmap scans a host that has open, closed and filtered ports, with each of its scan types; what synscope says of
each port is what nmap says, from either end, by native XDP and by tc, in a replay, and in words for people.
Then traffic that looks a little like a scan and is none.
"""

import collections
import math
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree

from lib import (
    SYNSCOPE, Live, check, contains, equal, eventually, host, inside_host, json_lines, main, must, need, run, synscope,
    temporary_directory,
)  # fmt: skip

need("hosts", "nmap", "nft", "tcpdump")

from namespace import inside  # noqa: E402

A, B, A6, B6 = (os.environ[name] for name in ("ADDR_A", "ADDR_B", "ADDR6_A", "ADDR6_B"))
OPEN, CLOSED, SILENT, REJECTED = range(9000, 9006), range(9006, 9026), range(9026, 9032), range(9032, 9040)
PORTS = [*OPEN, *CLOSED, *SILENT, *REJECTED]

# The kind of scan by synscope's names, and nmap's options. Both ACK scans send the same; nmap's window scan reads
# more into the RST's window, which Linux leaves at 0: closed.
TYPES = (
    ("syn", "-sS"),
    ("connect", "-sT"),
    ("fin", "-sF"),
    ("null", "-sN"),
    ("xmas", "-sX"),
    ("ack", "-sA"),
    ("maimon", "-sM"),
    ("other", "-sF", "--scanflags", "SYNFIN"),
)
TYPES_IPV6 = (("syn", "-6", "-sS"), ("ack", "-6", "-sW"))

# What no answer, a RST, a SYN-ACK and an ICMP error mean: nmap.org/book/man-port-scanning-techniques.html
OPENING = {"silence": "filtered", "rst": "closed", "syn_ack": "open", "icmp": "filtered"}
STEALTH = {"silence": "open|filtered", "rst": "closed", "icmp": "filtered"}
MEANING = collections.defaultdict(lambda: STEALTH, {
    "syn": OPENING,
    "connect": OPENING,
    "ack": {"silence": "filtered", "rst": "unfiltered", "icmp": "filtered"},
})
RANKS = ("silence", "icmp", "rst", "syn_ack")


def prepare_target():
    """Listeners, and a firewall that drops some ports and says of others that they are prohibited."""
    must("b", "nft", "-f", "-", input=f"""
        table inet guard {{
            chain in {{
                type filter hook input priority 0;
                tcp dport {SILENT[0]}-{SILENT[-1]} drop
                tcp dport {REJECTED[0]}-{REJECTED[-1]} reject with icmpx admin-prohibited
            }}
        }}""")
    run("b", "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
    run("b", "sysctl", "-qw", "net.ipv4.icmp_msgs_per_sec=100000")
    with inside(host("b")):
        return [socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=512)
                for port in OPEN]


LISTENERS = prepare_target()


def ports_of(ranges):
    for piece in ranges.split(","):
        first, _, last = piece.partition("-")
        yield from range(int(first), int(last or first) + 1)


def nmap(*options, target=B):
    """{port: state} by nmap's own word."""
    report = must("a", "nmap", "-n", "-Pn", "-T4", "--max-retries", "1", "-p", f"{PORTS[0]}-{PORTS[-1]}",
                  *options, target, "-oX", "-")
    tree = xml.etree.ElementTree.fromstring(report).find("host/ports")
    states = {int(port.get("portid")): port.find("state").get("state") for port in tree.iter("port")}
    for extra in tree.iter("extraports"):
        for reason in extra.iter("extrareasons"):
            states.update(dict.fromkeys(ports_of(reason.get("ports")), extra.get("state")))
    equal(sorted(states), PORTS, "ports that nmap tells of")
    return states


def answer(record):
    """What came back to a probe, by the facts of its record."""
    if record["handshake"]["syn_ack_ms"] is not None or "h" in record["history"]:
        return "syn_ack"
    if "r" in record["history"]:
        return "rst"
    return "icmp" if "unreachable" in record["diagnosis"] else "silence"


def scans_in(record):
    return [word[:-5] for word in record["diagnosis"] if word.endswith("_scan")]


def states_by_records(records, source, kind):
    """{port: state} by the connections' records; a port that was probed twice is as good as its best answer."""
    best = {}
    for record in records:
        if (record["id.orig_h"], scans_in(record)) != (source, [kind]):
            continue
        port = record["id.resp_p"]
        best[port] = max(best.get(port, "silence"), answer(record), key=RANKS.index)
    return {port: MEANING[kind][rank] for port, rank in best.items()}


def check_scan(event, kind, states, what):
    """The last word on a scan, against nmap's."""
    scanner, count = event["scanner"], collections.Counter(states.values())
    equal((event["scan"], scanner["kind"], scanner["news"]), (kind, kind, "over"), f"{what}: the last event")
    equal((scanner["hosts"], scanner["ports"], scanner["targets"]), (1, len(PORTS), len(PORTS)), f"{what}: size")
    check(scanner["exact"], f"{what}: exact")
    for name in ("open", "closed", "unfiltered", "open_filtered", "filtered"):
        possible = name.replace("_", "|") in MEANING[kind].values() or (kind, name) == ("other", "open")
        expected = count[name.replace("_", "|")] if possible else None
        equal(scanner[name], expected, f"{what}: {name}")
    check(len(PORTS) <= scanner["probes"] <= 3 * len(PORTS), f"{what}: {scanner['probes']} probes")
    check(scanner["since"] <= scanner["last"], f"{what}: since {scanner['since']} to {scanner['last']}")


def check_events(events, source, kind, states, what):
    scans = [event for event in events if event["event"] == "scan" and (event["src"], event["scan"]) == (source, kind)]
    check(2 <= len(scans) <= 2 + math.log2(len(PORTS)), f"{what}: {len(scans)} scan events")
    equal(scans[0]["scanner"]["news"], "begins", f"{what}: the first event")
    equal({event["scanner"]["source"] for event in scans}, {source}, f"{what}: source")
    check_scan(scans[-1], kind, states, what)


def check_words(lines, source, title, what):
    """For people it is one line that grows."""
    scans = [line for line in lines if " scan " in line and f" {source} > " in line and f"  {title}" in line]
    check(2 <= len(scans) <= 2 + math.log2(len(PORTS)), f"{what}: {len(scans)} lines of the scan")
    contains(scans[-1], [" is over: ", f"{len(PORTS)} ports: ", " folded"], what)
    folded = int(re.search(r"(\d+) events folded", scans[-1])[1])
    check(folded > len(PORTS) / 2, f"{what}: {folded} events folded")


TITLES = {"syn": "SYN scan", "connect": "connect scan", "fin": "FIN scan", "null": "NULL scan", "xmas": "Xmas scan",
          "ack": "ACK scan", "maimon": "Maimon scan", "other": "scan by impossible flags"}


def unfiltered(states):
    return {port: "unfiltered" if state in ("open", "closed") else state for port, state in states.items()}


def each_type_of_scan():
    """One after the other from one host, seen by five observers at once."""
    small = ["--max-connections", "4096"]
    with (
        Live("b", "run", "eth0", "-m", "native", "--view", "events", "--json", *small) as native_events,
        Live("b", "run", "eth0", "-m", "tc", "--view", "conns", "--json", *small) as tc_records,
        Live("b", "run", "eth0", "-m", "tc", "--view", "events", *small) as words,
        Live("a", "run", "eth0", "-m", "native", "--view", "conns", "--json", *small) as native_records,
        Live("a", "run", "eth0", "-m", "tc", "--view", "events", "--json", *small) as tc_events,
    ):
        found = {(A, kind): nmap(*options) for kind, *options in TYPES}
        found |= {(A6, kind): nmap(*options, target=B6) for kind, *options in TYPES_IPV6}
        for live in (native_events, tc_records, words, native_records, tc_events):
            live.stop()
    found[A6, "ack"] = unfiltered(found[A6, "ack"])
    for (source, kind), states in found.items():
        what = f"{kind} scan by {source}"
        check(len(set(states.values())) > 1, f"{what}: nmap found {states}")
        for live, where in ((tc_records, "tc on the target"), (native_records, "native on the scanner")):
            equal(states_by_records(live.objects(), source, kind), states, f"{what}: records, {where}")
        check_events(native_events.objects(), source, kind, states, f"{what}: native on the target")
        check_events(tc_events.objects(), source, kind, states, f"{what}: tc on the scanner")
        check_words(words.lines, source, TITLES[kind], f"{what}: lines")
        contains("\n".join(words.errors), [f"{source} > ", f"  {TITLES[kind]} since ", f" {len(PORTS)} ports: "],
                 f"{what}: summary")
    for record in tc_records.objects() + native_records.objects():
        equal(len(scans_in(record)), 1, f"scans that this is a part of: {record}")
    others = [line for line in words.lines if " scan " not in line]
    check(len(others) < 20 * len(found), f"{len(others)} lines besides the scans'")


def a_capture_of_a_scan():
    """From a capture, the same numbers and the same folded lines."""
    with temporary_directory() as directory:
        capture = directory / "scan.pcap"
        dump = subprocess.Popen(inside_host("b", ["tcpdump", "-U", "-i", "eth0", "-w", str(capture)]),
                                stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: capture.exists() and capture.stat().st_size, "tcpdump's file")
            states = nmap("-sS")
            time.sleep(0.3)
        finally:
            dump.send_signal(signal.SIGINT)
            dump.wait(5)
        events = json_lines(synscope(None, "replay", str(capture), "--view", "events", "--json"))
        records = json_lines(synscope(None, "replay", str(capture), "--view", "conns", "--json"))
        text = synscope(None, "replay", str(capture), "--view", "events")
        all_segments = synscope(None, "replay", str(capture), "--view", "events", "--segments").stdout
    check_events(events, A, "syn", states, "replay")
    equal(states_by_records(records, A, "syn"), states, "replay: records")
    check_words(text.stdout.splitlines(), A, "SYN scan", "replay: lines")
    contains(text.stderr, ["scans:", f"{A} > {B}  SYN scan since "], "replay: summary")
    check(len(all_segments.splitlines()) > 2 * len(PORTS), "with --segments nothing is folded")


def read_all(fd, into):
    try:
        while data := os.read(fd, 65536):
            into += data
    except OSError:
        pass  # the other end was closed


def a_terminal_keeps_one_line():
    """The line is rewritten in its place, as wide as the terminal; at the end it stays, in full."""
    master, slave = pty.openpty()
    process = subprocess.Popen(inside_host("b", [SYNSCOPE, "run", "eth0", "--view", "events", "--color", "never"]),
                               stdout=slave, stderr=subprocess.PIPE, text=True, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    said, output = [], bytearray()
    threads = [threading.Thread(target=lambda: said.extend(process.stderr), daemon=True),
               threading.Thread(target=read_all, args=(master, output), daemon=True)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: any(": ingress " in line for line in list(said)), "a word that it has attached", 15)
        nmap("-sS")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        equal(process.wait(10), 0, "exit status")
    finally:
        process.kill()
        for thread in threads:
            thread.join(5)
        os.close(master)
    text = output.decode()
    lines = [line for line in text.split("\n") if " scan " in line]
    equal(len(lines), 1, f"lines with a scan on the terminal, of {text!r}")
    check(lines[0].count("\r\x1b[K") >= 3, f"the line was rewritten: {lines[0]!r}")
    for shown in lines[0].split("\r\x1b[K")[1:-1]:
        check(len(shown) < 80, f"a line that is rewritten fits: {shown!r}")
    contains(lines[0].split("\r\x1b[K")[-1], [" is over: ", f"{len(PORTS)} ports: "], "the line that stays")


def connect(port, timeout=0.2, reset=False, source="a", target=B):
    """A connection that ends at once; whether it was opened."""
    with inside(host(source)):
        client = socket.socket()
    client.settimeout(timeout)
    try:
        client.connect((target, port))
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return True
    except OSError:
        return False
    finally:
        client.close()


def established(ports, source="a", target=B):
    clients = []
    for port in ports:
        with inside(host(source)):
            clients.append(socket.create_connection((target, port), 2))
    return clients


def accepted():
    """What waits in the listeners' queues."""
    servers = []
    for listener in LISTENERS:
        listener.setblocking(False)
        try:
            while True:
                servers.append(listener.accept()[0])
        except BlockingIOError:
            pass
    return servers


def ordinary_traffic_is_no_scan():
    for server in accepted():
        server.close()
    old = established([*OPEN] * 8)  # there before the watching begins
    servers = accepted()
    with (
        Live("b", "run", "eth0", "-m", "native", "--view", "events", "--json") as events,
        Live("a", "run", "eth0", "-m", "tc", "--view", "conns", "--json") as records,
        Live("a", "run", "eth0", "-m", "tc", "--view", "counters", "--json") as counters,
    ):
        for client in old[::4]:  # goes on
            client.sendall(b"more")
        for server in servers[1::4]:  # the server ends it
            server.close()
        for client in old[2::4]:  # it is reset in the middle
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        for client in old[3::4]:
            client.close()
        for _ in range(30):  # retries: a server that refuses, one that is dead
            connect(CLOSED[0])
        for _ in range(15):
            connect(SILENT[0], timeout=0.05)
        for _ in range(5):  # health checks of many, of which a few are down
            for port in [*OPEN] * 2 + [*CLOSED[:5]]:
                connect(port, reset=True)
        for _ in range(80):  # many clients behind one address
            check(connect(OPEN[0]), "the server answers")
        time.sleep(3.5)
        for live in (events, records, counters):
            live.stop()
    scans = [event for event in events.objects() if event["event"] == "scan"]
    equal(scans, [], "scan events")
    for record in records.objects():
        check(not any(word.endswith("_scan") for word in record["diagnosis"]), f"diagnosis of {record}")
    check(len(records.objects()) > 150, f"{len(records.objects())} connections")
    equal(set(counters.objects()[-1]["scans"].values()), {0}, "probes counted")
    equal(counters.objects()[-1]["scanners"]["seen"], 0, "scans counted")
    equal([line for line in events.errors + records.errors if "scan" in line], [], "scans in the summary")


main(
    each_type_of_scan,
    a_capture_of_a_scan,
    a_terminal_keeps_one_line,
    ordinary_traffic_is_no_scan,
)
