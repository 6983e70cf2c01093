#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--host, --port, -4, -6, --segments, --ingress-only; several interfaces, loopback, and one without Ethernet."""

import fcntl
import os
import socket
import struct
import threading

from lib import (
    Live, check, equal, eventually, host, json_lines, main, must, need, nothing_attached, pinned, run, synscope,
)  # fmt: skip

need("hosts")

from namespace import inside  # noqa: E402

A, B, A6, B6 = (os.environ[name] for name in ("ADDR_A", "ADDR_B", "ADDR6_A", "ADDR6_B"))

TCP_CLOSE = 7  # include/net/tcp_states.h


def connect(source, target, port, source_host="a", target_host="b"):
    """One connection with a question and an answer, closed by the client."""
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with inside(host(target_host)):
        server = socket.create_server((target, port), family=family)
    with inside(host(source_host)):
        client = socket.create_connection((target, port), source_address=(source, 0))
    other = server.accept()[0]
    client.sendall(b"question")
    other.recv(100)
    other.sendall(b"answer")
    client.recv(100)
    client.close()
    other.recv(1)
    other.shutdown(socket.SHUT_WR)
    # What carries the frames may be behind (a tun device's threads are): until the last ACK is there, it isn't over.
    eventually(lambda: other.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_CLOSE, "the last ACK")
    other.close()
    server.close()


def mixture():
    connect(A, B, 5001)
    connect(A, B, 5002)
    connect(A6, B6, 5001)
    connect(A6, B6, 5003)


def selected(*options):
    """The ports and addresses of the connections that pass a filter, on each command that looks at them."""
    with pinned("a", *options) as place:
        mixture()
        eventually(lambda: json_lines(synscope("a", "counters", "eth0", *place))[0]["layers"]["tcp"] > 30, "segments")
        records = json_lines(synscope("a", "conns", "eth0", "--json", *place))
        events = json_lines(synscope("a", "tail", "eth0", "--view", "events", "--json", "-d", "300ms", *place))
        now = json_lines(synscope("a", "counters", "eth0", *place))[0]
    found = sorted((r["id.resp_h"], r["id.resp_p"]) for r in records)
    equal(sorted({(e["dst"], e["dport"]) for e in events if e["event"] == "syn"}), found, f"{options}: events")
    equal(now["handshakes"]["started"], len(found), f"{options}: counters")
    return found


def filters():
    equal(selected(), [(B, 5001), (B, 5002), (B6, 5001), (B6, 5003)], "no filter")
    equal(selected("-4"), [(B, 5001), (B, 5002)], "-4")
    equal(selected("-6"), [(B6, 5001), (B6, 5003)], "-6")
    equal(selected("--port", "5001"), [(B, 5001), (B6, 5001)], "--port")
    equal(selected("--host", B6), [(B6, 5001), (B6, 5003)], "--host")
    equal(selected("--host", "10.9.0.0/24", "--port", "5002"), [(B, 5002)], "--host with a length, and --port")
    equal(selected("--host", "::/0"), [(B6, 5001), (B6, 5003)], "--host with a prefix of IPv6")
    equal(selected("--host", "192.0.2.1"), [], "--host of nobody")


def every_segment():
    with Live("a", "run", "eth0", "--segments", "--view", "events", "--json") as live:
        connect(A, B, 5001)
        eventually(lambda: any(e["event"] == "closed" for e in live.objects()), "the close")
        live.stop()
    events = [e for e in live.objects() if "flags" in e]
    segments = {(e["src"], e["seq"], e["ack"], e["flags"], e["payload"]) for e in events}
    with Live("a", "run", "eth0", "--view", "counters", "--json", "--interval", "10s") as live:
        connect(A, B, 5001)
        live.stop()
    now = live.objects()[-1]
    check(len(segments) >= 9, f"segments: {len(segments)}")
    equal(len(segments), now["in"]["segments"] + now["out"]["segments"], "segments with an event")


def received_frames_only():
    """What was not looked at is not known: it is null, and never 0."""
    with Live("b", "run", "eth0", "--ingress-only", "--view", "conns", "--json") as live:
        connect(A, B, 5001)
        live.stop()
    record = live.objects()[0]
    check("one_sided" in record["diagnosis"], f"diagnosis {record['diagnosis']}")
    equal(record["seen"], "orig", "seen")
    for name in ("resp_bytes", "resp_pkts", "resp_ip_bytes", "missed_bytes"):
        equal(record[name], None, name)
    equal((record["handshake"]["syn_retransmits"], record["handshake"]["syn_ack_retransmits"]), (0, None), "retransmits")
    equal((record["orig_bytes"], record["teardown"]["fin_resp_retransmits"]), (8, None), "orig_bytes, fin_resp_retransmits")
    nothing_attached("b")


def refused(*options):
    with Live("a", "run", "eth0", *options) as live:
        with inside(host("a")):
            for _ in range(2):
                socket.socket().connect_ex((B, 5009))
        live.stop()
    return live


def refused_and_received_frames_only():
    for record in refused("--ingress-only", "--view", "conns", "--json").objects():
        equal((record["id.resp_p"], record["diagnosis"]), (5009, ["refused", "one_sided"]), "port, diagnosis")
        equal((record["orig_pkts"], record["resp_pkts"]), (None, 1), "orig_pkts, resp_pkts")
        equal(record["handshake"]["syn_retransmits"], None, "syn_retransmits")
    text = " ".join(refused("--ingress-only").lines)
    check("refused: port 5009" in text and "--ingress-only" in text, text)
    check("already open" not in text, text)
    line = refused("--ingress-only", "--view", "conns").lines[-1].split()
    equal(line[-5:], ["-", "0", "B", "refused", "one_sided"], "what it sent, received, diagnosis")


def counters_of_received_frames_only():
    for options, known in (([], True), (["--ingress-only"], False)):
        counters = refused(*options, "--view", "counters", "--json").objects()[-1]
        equal(counters["in"]["segments"], 2, "in.segments")
        equal(counters["out"]["segments"], 2 if known else None, "out.segments")
        equal(counters["out"]["bytes"] is not None, known, "out.bytes")
        text = refused(*options, "--view", "counters").lines
        equal(any(" out 2" in line for line in text), known, "the word of it")


def two_interfaces():
    must("a", "ip", "link", "add", "second", "type", "veth", "peer", "name", "eth1", "netns", host("b"))
    try:
        for which, name, address in (("a", "second", "10.10.0.1/24"), ("b", "eth1", "10.10.0.2/24")):
            must(which, "ip", "addr", "add", address, "dev", name)
            must(which, "ip", "link", "set", name, "up")
        with Live("a", "run", "eth0", "second", "--view", "conns", "--json", interfaces=2) as live:
            for port in (5001, 5003):
                connect(A, B, port)
                connect("10.10.0.1", "10.10.0.2", port + 1)
            live.stop()
    finally:
        run("a", "ip", "link", "del", "second")
    found = [(r["interface"], r["id.resp_p"]) for r in live.objects()]
    equal(found, [("eth0", 5001), ("second", 5002), ("eth0", 5003), ("second", 5004)], "records, by their start")


def loopback():
    """Each segment is seen once, although it is sent and received on the same interface."""
    with Live("a", "run", "lo", "--view", "conns", "--json") as live:
        connect("127.0.0.1", "127.0.0.1", 5001, "a", "a")
        live.stop()
    equal(len(live.objects()), 1, "records")
    record = live.objects()[0]
    equal((record["conn_state"], record["retransmits"]), ("SF", {"orig": 0, "resp": 0}), "conn_state, retransmits")
    equal((record["orig_bytes"], record["resp_bytes"]), (8, 6), "bytes")


TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 1, 0x1000


def open_tun(which, name):
    with inside(host(which)):
        tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def carry(source, target):
    """Packets of one tun device to the other, until it is closed."""
    try:
        while True:
            os.write(target, os.read(source, 65536))
    except OSError:
        pass


def one_interface_named_twice():
    """It is one: watched, attached, and told of once."""
    must("a", "ip", "link", "property", "add", "dev", "eth0", "altname", "uplink")
    for other in ("eth0", "uplink"):
        with Live("a", "run", "eth0", other, "--mode", "tc", "--view", "counters", "--json", "--interval", "1h") as live:
            connect(A, B, 5001)
            live.stop()
        equal([c["handshakes"]["started"] for c in live.objects()], [1], "handshakes.started of each object")
        place = ["--bpffs", os.environ["BPFFS"]]
        for command in (["attach"], ["counters"], ["conns"], ["tail", "-d", "100ms"], ["status"], ["detach"]):
            result = synscope("a", *command, "eth0", other, *place)
            equal(result.returncode, 0, f"{command[0]} eth0 {other}: exit status ({result.stderr.strip()})")
            if command == ["counters"]:
                equal(len(result.stdout.splitlines()), 1, "objects of counters")
        nothing_attached("a")
    equal(synscope(None, "replay", "a.pcap", "a.pcap").returncode, 2, "a capture named twice")


def without_ethernet():
    """A tun device: frames begin with the IP header."""
    if not os.path.exists("/dev/net/tun"):
        print("without_ethernet: /dev/net/tun is missing: left out")
        return
    tuns = [open_tun(which, "tun0") for which in "ab"]
    for which, address in (("a", "10.11.0.1/24"), ("b", "10.11.0.2/24")):
        must(which, "ip", "addr", "add", address, "dev", "tun0")
        must(which, "ip", "link", "set", "tun0", "up")
    for pair in (tuns, tuns[::-1]):
        threading.Thread(target=carry, args=pair, daemon=True).start()
    with Live("a", "run", "tun0", "--view", "conns", "--json") as live:
        connect("10.11.0.1", "10.11.0.2", 5001)
        live.stop()
    equal([(r["conn_state"], r["seen"]) for r in live.objects()], [("SF", "both")], "conn_state, seen")
    result = synscope("a", "run", "tun0", "--mode", "native", "-d", "100ms")
    equal(result.returncode, 1, "native XDP on tun")
    for which in "ab":
        run(which, "ip", "link", "del", "tun0")


main(
    filters, every_segment, received_frames_only, refused_and_received_frames_only, counters_of_received_frames_only,
    two_interfaces, one_interface_named_twice, loopback, without_ethernet,
)  # fmt: skip
