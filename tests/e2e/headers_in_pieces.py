#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A packet of the kernel's may lie in several pieces, its headers too, cut anywhere. They are read all the same,
where they are sent and where they are received.
"""

import socket
import struct

from lib import check_invariants, counters, equal, host, json_lines, main, must, need, pinned, silent, synscope

need("hosts", "nft")

import rawframes  # noqa: E402
from namespace import inside  # noqa: E402
from path import SOL_PACKET, PACKET_VNET_HDR  # noqa: E402

# A packet socket cuts what is longer than a page (4096 here), where its struct virtio_net_hdr asks for it.
LENGTH, MTU = 5000, 6000
# Behind the link layer, within the IP header, at its end, within the TCP header, at its end, within the options.
CUTS = (14, 20, 34, 40, 54, 70)
GROUPS = (rawframes.offsets, rawframes.options, rawframes.flags, rawframes.others, rawframes.tags)


def frames_of_that_length():
    for which in "ab":
        must(which, "ip", "link", "set", "eth0", "mtu", str(MTU))


def send(cut, frames):
    """From host b to host a, each frame cut behind so many bytes. Padding behind the packet is no part of it."""
    with inside(host("b")):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    link.bind(("eth0", 0))
    ends = rawframes.hardware_address("A") + rawframes.hardware_address("B")
    for ethertype, packet in frames:
        frame = ends + struct.pack("!H", ethertype) + packet
        link.send(struct.pack("<BBHHHH", 0, 0, cut, 0, 0, 0) + frame.ljust(LENGTH, b"\0"))


def every_frame(which, mode):
    for cut in CUTS:
        frames = [frame for group in GROUPS for frame in group()]
        reasons = [reason for reasons, _, _ in frames for reason in reasons.split()]
        with silent("a", "b"), pinned(which, "--mode", mode) as place:
            send(cut, [frame[1:] for frame in frames])
            now = counters(place, which)
        layers = {"frames": len(frames), "bytes": len(frames) * LENGTH}
        layers |= {name: reasons.count(name) for name in ("tcp", "udp", "icmp", "arp", "other", "fragments")}
        equal({name: now["layers"][name] for name in layers}, layers, f"cut behind {cut} bytes: layers")
        malformed = {name: reasons.count(name) for name in ("truncated", "bad_ip", "bad_tcp")}
        equal(now["malformed"], now["malformed"] | malformed, f"cut behind {cut} bytes: malformed")
        check_invariants(now)


def as_they_are_sent():
    every_frame("b", "native")


def as_they_are_received():
    every_frame("a", "tc")


def options_and_errors():
    """What a SYN offers, and the ICMP error that quotes it."""
    offer = b"\x02\x04\x05\xb4\x01\x01\x04\x02\x01\x03\x03\x07"
    syn = rawframes.ipv4(rawframes.tcp(options=offer))
    quote = struct.pack("!BBHI", 3, 1, 0, 0) + syn
    refused = rawframes.ipv4(quote, protocol=rawframes.ICMP)
    for cut in CUTS:
        with silent("a", "b"), pinned("b") as place:
            send(cut, [(rawframes.IPV4, syn), (rawframes.IPV4, refused)])
            records = json_lines(synscope("b", "conns", "eth0", "--json", *place))
        equal(len(records), 1, f"cut behind {cut} bytes: records")
        options = records[0]["options"]
        equal((options["orig_mss"], options["orig_wscale"]), (1460, 7), f"cut behind {cut} bytes: options")
        equal(records[0]["diagnosis"], ["unanswered", "unreachable"], f"cut behind {cut} bytes: diagnosis")


frames_of_that_length()
main(as_they_are_sent, as_they_are_received, options_and_errors)
