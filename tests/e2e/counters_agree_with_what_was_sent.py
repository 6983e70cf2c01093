#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every frame is counted once, under the reason that it was sent for, in each mode; and the kernel's own
stack counts the same traffic with and without synscope.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

from lib import (
    TESTS, Live, check, check_invariants, counters, equal, eventually, host, inside_host, json_lines, main, must, need,
    pinned, silent, synscope,
)  # fmt: skip

need("hosts", "nft")

from kernel import snmp  # noqa: E402
from namespace import inside  # noqa: E402

HEARD_BY_TC = "truncations lengths offsets options flags others tags".split()
EVERYTHING = [*HEARD_BY_TC, "truncated_tags"]


def send(groups):
    """What tests/traffic/rawframes.py sent to host a, by reason."""
    return json.loads(must(None, str(TESTS / "traffic" / "rawframes.py"), *groups))


def every_frame(mode, groups):
    with silent("a", "b"), pinned("a", "--mode", mode) as place:
        before = counters(place)
        equal(before["layers"]["frames"], 0, "frames before any was sent")
        sent = send(groups)
        now = counters(place)
    layers, malformed = now["layers"], now["malformed"]
    for name in ("frames", "bytes", "tcp", "udp", "icmp", "arp", "other", "fragments"):
        equal(layers[name], sent.get(name, 0), f"{mode}: layers.{name}")
    for name in ("truncated", "bad_ip", "bad_tcp"):
        equal(malformed[name], sent.get(name, 0), f"{mode}: malformed.{name}")
    equal(now["in"]["segments"], sent["tcp"], f"{mode}: in.segments")
    equal(now["out"]["segments"], 0, f"{mode}: out.segments")
    check_invariants(now)


def every_frame_by_native_xdp():
    every_frame("native", EVERYTHING)


def every_frame_by_generic_xdp():
    every_frame("generic", EVERYTHING)


def every_frame_by_tc():
    every_frame("tc", HEARD_BY_TC)


def every_combination_of_flags():
    """Each of the nine flags is set in half of the 512 segments."""
    with silent("a"), pinned("a") as place:
        send(["flags"])
        now = counters(place)
    equal(set(now["flags"].values()), {256}, f"flags {now['flags']}")
    check_invariants(now)


def tags_are_part_of_the_key():
    with pinned("a") as place:
        send(["tags"])
        records = json_lines(synscope("a", "conns", "eth0", "--json", *place))
    equal(
        sorted((r["vlan"] or 0, r["inner_vlan"] or 0) for r in records),
        [(7, 0), (7, 0), (8, 9)],
        "tags of the connections",
    )


SERVER = """
import socket, sys
s = socket.create_server(("", 5000), backlog=64)
print("ready", flush=True)
while True:
    c = s.accept()[0]
    while c.recv(65536): pass
    c.close()
"""
CLIENT = """
import socket, sys
for _ in range(20):
    c = socket.create_connection((sys.argv[1], 5000))
    c.sendall(b"x" * 5000)
    c.shutdown(socket.SHUT_WR)
    c.recv(1)
    c.close()
for _ in range(5):
    try: socket.create_connection((sys.argv[1], 5001))
    except ConnectionRefusedError: pass
"""


def real_traffic():
    """Twenty connections and five refused ones, and the malformed frames."""
    server = subprocess.Popen(inside_host("a", [sys.executable, "-c", SERVER]), stdout=subprocess.PIPE)
    try:
        server.stdout.readline()
        must("b", sys.executable, "-c", CLIENT, os.environ["ADDR_A"])
        send(EVERYTHING)
        time.sleep(0.3)
    finally:
        server.kill()
        server.wait()


def growth(action):
    """By how much the kernel's own counters of both hosts grew."""
    before = [snmp("a"), snmp("b")]
    action()
    after = [snmp("a"), snmp("b")]
    return [{k: new[k] - old.get(k, 0) for k in new} for old, new in zip(before, after)]


# What depends on nothing but the frames: not on timing, nor on how segments were merged.
STEADY = """Tcp.ActiveOpens Tcp.PassiveOpens Tcp.AttemptFails Tcp.EstabResets Tcp.OutRsts Tcp.InErrs
    Tcp.InCsumErrors Tcp.RetransSegs Ip.InHdrErrors Ip.InDiscards Ip.InUnknownProtos Ip.InAddrErrors Icmp.InMsgs
    Icmp.OutMsgs Udp.InErrors Udp.InDatagrams Udp.NoPorts IpExt.InTruncatedPkts IpExt.InCsumErrors
    Ip6InHdrErrors Ip6InTruncatedPkts Ip6InUnknownProtos Ip6ReasmReqds""".split()


def no_clock_decides():
    """
    Of what the stack answers: it would limit its errors by the second, and report a fragment whose other half
    never came half a minute after it (ip-sysctl.rst: icmp_ratemask, ipfrag_time).
    """
    for which in "ab":
        must(which, "sysctl", "-qw", "net.ipv4.icmp_ratemask=0", "net.ipv4.ipfrag_time=3600")


def the_stack_sees_the_same():
    """Malformed or not, every frame passes on untouched."""
    real_traffic()  # what happens once only (caches, metrics) has happened
    without = growth(real_traffic)
    for mode in ("native", "tc"):
        with pinned("a", "--mode", mode):
            seen = growth(real_traffic)
        for which, expected, got in zip("ab", without, seen):
            for name in STEADY:
                equal(got.get(name), expected.get(name), f"{mode}: host {which}: {name}")


def connections_are_counted():
    with pinned("a") as place:
        server = subprocess.Popen(inside_host("a", [sys.executable, "-c", SERVER]), stdout=subprocess.PIPE)
        try:
            server.stdout.readline()
            before = snmp("a")
            must("b", sys.executable, "-c", CLIENT, os.environ["ADDR_A"])
            eventually(lambda: counters(place)["connections"]["closed"] == 25, "25 connections closed")
        finally:
            server.kill()
            server.wait()
        after, now = snmp("a"), counters(place)
    equal(now["handshakes"]["started"], 25, "handshakes.started")
    equal(now["handshakes"]["completed"], 20, "handshakes.completed")
    equal(now["handshakes"]["refused"], 5, "handshakes.refused")
    equal(now["teardowns"], {"fin": 20, "rst": 5, "idle": 0}, "teardowns")
    equal(now["segments"]["syn"], 25, "segments.syn")
    equal(now["segments"]["syn_ack"], 20, "segments.syn_ack")
    equal(now["segments"]["fin"], 40, "segments.fin")
    equal(now["segments"]["rst"], 5, "segments.rst")
    equal(now["handshake_ms"]["count"], 20, "handshake_ms.count")
    equal(now["out"]["segments"], after["Tcp.OutSegs"] - before["Tcp.OutSegs"], "out.segments")
    check_invariants(now)


def the_link_counts_the_same():
    """Frames and bytes of the counters are those that the peer's interface counted, bulk included."""
    with pinned("a", "--mode", "tc") as place:
        def link():
            shown = json.loads(must("b", "ip", "-j", "-s", "link", "show", "eth0"))[0]["stats64"]
            return {k: shown["rx"][k] + shown["tx"][k] for k in ("packets", "bytes")}

        old, first = counters(place), link()
        send(["flags"])
        last, new = link(), counters(place)
    equal(new["layers"]["frames"] - old["layers"]["frames"], last["packets"] - first["packets"], "frames")
    equal(new["layers"]["bytes"] - old["layers"]["bytes"], last["bytes"] - first["bytes"], "bytes")


def merged_datagrams():
    """UDP_SEGMENT (103): QUIC sends like that."""
    with pinned("a", "--mode", "tc") as place:
        old = counters(place)["layers"]
        with inside(host("a")), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.IPPROTO_UDP, 103, 1000)
            for _ in range(10):
                s.sendto(bytes(20000), (os.environ["ADDR_B"], 9))
        new = counters(place)["layers"]
    equal(new["udp"] - old["udp"], 200, "layers.udp")
    check(200 * 1042 <= new["bytes"] - old["bytes"] < 210 * 1042, f"layers.bytes of {old} and {new}")


@contextlib.contextmanager
def tap(which, name):
    """A tap as a virtual machine has it: with virtio's header, and segmentation left to the kernel (if_tun.h)."""
    set_interface, set_offload, tap_no_pi_virtio, offload_tcp4 = 0x400454CA, 0x400454D0, 0x5002, 0x03
    with inside(host(which)):
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, set_interface, struct.pack("16sH22x", name.encode(), tap_no_pi_virtio))
    fcntl.ioctl(fd, set_offload, offload_tcp4)
    must(which, "ip", "link", "set", name, "up")
    try:
        yield fd
    finally:
        os.close(fd)


def merged_by_a_guest():
    """Its kernel says how large the segments are, and not how many."""
    size, segments, headers = 1400, 10, 54
    ip = struct.pack("!BBHHHBBH8s", 0x45, 0, 40 + size * segments, 1, 0, 64, 6, 0, bytes([10, 7, 0, 1, 10, 7, 0, 2]))
    tcp = struct.pack("!HHIIHHHH", 40000, 80, 101, 501, 0x5018, 1000, 0, 0)
    virtio = struct.pack("<BBHHHH", 1, 1, headers, size, headers - 20, 16)
    frame = virtio + bytes(12) + b"\x08\x00" + ip + tcp + bytes(size * segments)
    with tap("a", "guest") as fd:
        with Live("a", "run", "guest", "--mode", "tc", "--view", "counters", "--json") as live:
            for _ in range(10):
                os.write(fd, frame)
            live.stop()
    last = live.objects()[-1]
    equal(last["in"], {"segments": 100, "bytes": 100 * (size + headers)}, "in")
    equal(last["segments"]["data"], 100, "segments.data")


def as_often_as_asked():
    """Below the pace at which the ring is read, too; what was missed while it was stopped does not come later."""
    options = ("--view", "counters", "--json", "--interval", "5ms", "--max-connections", "1000")
    with Live("a", "run", "eth0", *options) as live:
        time.sleep(1)
        shown = len(live.lines)
        live.process.send_signal(signal.SIGSTOP)
        time.sleep(0.2)
        before = len(live.lines)
        time.sleep(1)
        live.process.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        after = len(live.lines) - before
        live.stop()
    check(100 < shown <= 220, f"an object every 5 ms: {shown} in 1 s")
    check(0 < after <= 60, f"no burst behind a stop: {after} in 0.2 s")


no_clock_decides()
main(
    every_frame_by_native_xdp,
    every_frame_by_generic_xdp,
    every_frame_by_tc,
    every_combination_of_flags,
    tags_are_part_of_the_key,
    connections_are_counted,
    the_link_counts_the_same,
    the_stack_sees_the_same,
    merged_datagrams,
    merged_by_a_guest,
    as_often_as_asked,
)
