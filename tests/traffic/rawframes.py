#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Frames that no stack would send, by a raw socket: truncated headers at each level, lengths that lie, data
offsets below 5, overlapping options, all combinations of the flags, VLAN tags.

    tests/net.sh hosts tests/traffic/rawframes.py [GROUP...]

They go from host b to host a. What was sent is printed as one JSON object, counted under the reason
that a reader of the frames must give.
"""

import collections
import json
import os
import socket
import struct
import sys

from namespace import inside

FIN, SYN, RST, ACK = 1, 2, 4, 16
TCP, UDP, ICMP, HOP_BY_HOP, ROUTING, FRAGMENT, AH, DESTINATION = 6, 17, 1, 0, 43, 44, 51, 60
IPV4, IPV6, ARP, QTAG, ADTAG = 0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8
PORTS = iter(range(10000, 60000))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1]))
    total += data[-1] << 8 if len(data) & 1 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


SOURCE4, TARGET4 = packed(os.environ["ADDR_B"]), packed(os.environ["ADDR_A"])
SOURCE6, TARGET6 = packed(os.environ["ADDR6_B"]), packed(os.environ["ADDR6_A"])


def tcp(flags=SYN, offset=None, options=b"", payload=b"", seq=1000, version=4):
    """A segment from a port of its own; the checksum is right, so that only what is meant is wrong."""
    flags_word = (5 + len(options) // 4 if offset is None else offset) << 12 | flags
    header = struct.pack("!HHIIHHHH", next(PORTS), 9, seq, 0, flags_word, 1024, 0, 0)
    segment = header + options + payload
    ends = SOURCE4 + TARGET4 if version == 4 else SOURCE6 + TARGET6
    value = checksum(ends + struct.pack("!II", len(segment), TCP) + segment)
    return segment[:16] + struct.pack("!H", value) + segment[18:]


def ipv4(payload, version=4, words=None, length=None, protocol=TCP, fragment=0, options=b""):
    words = 5 + len(options) // 4 if words is None else words
    length = 20 + len(options) + len(payload) if length is None else length
    header = struct.pack("!BBHHHBBH4s4s", version << 4 | words, 0, length, 7, fragment, 64, protocol, 0, SOURCE4, TARGET4)
    header += options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(payload, version=6, length=None, protocol=TCP):
    length = len(payload) if length is None else length
    return struct.pack("!IHBB16s16s", version << 28, length, protocol, 64, SOURCE6, TARGET6) + payload


def extension(following, words=0, body=6):
    return struct.pack("!BB", following, words) + bytes(body)


def truncations():
    """Headers that end too early, at each level."""
    whole4, whole6 = ipv4(tcp()), ipv6(tcp(version=6))
    for size in (0, 1, 10, 19):
        yield "truncated", IPV4, whole4[:size]
    for size in (20, 21, 30, 39):  # the IP header announces 40
        yield "truncated", IPV4, whole4[:size]
    for size in (0, 1, 39, 40, 41, 59):
        yield "truncated", IPV6, whole6[:size]
    yield "truncated", IPV4, ipv4(b"", words=15, length=60)[:30]
    yield "truncated", IPV6, ipv6(extension(TCP)[:4], protocol=HOP_BY_HOP)
    yield "truncated", IPV6, ipv6(extension(TCP, words=200), protocol=DESTINATION)


def truncated_tags():
    """The receiving stack drops these before its tc hook: only XDP can count them."""
    yield "truncated", QTAG, b""
    yield "truncated", QTAG, b"\0"
    yield "truncated", ADTAG, b"\0\7\0"


def lengths():
    """Lengths that lie."""
    for length in (0, 1, 19):
        yield "bad_ip", IPV4, ipv4(tcp(), length=length)
    for length in (41, 100, 65535):
        yield "truncated", IPV4, ipv4(tcp(), length=length)
    for words in (0, 1, 4):
        yield "bad_ip", IPV4, ipv4(tcp(), words=words)
    for version in (0, 3, 5, 6, 15):
        yield "bad_ip", IPV4, ipv4(tcp(), version=version)
    for version in (0, 4, 7):
        yield "bad_ip", IPV6, ipv6(tcp(version=6), version=version)
    for length in (21, 1000, 65535):
        yield "truncated", IPV6, ipv6(tcp(version=6), length=length)
    for length in (1, 19):  # the packet ends within the TCP header
        yield "bad_tcp", IPV4, ipv4(tcp()[:length])
        yield "bad_tcp", IPV6, ipv6(tcp(version=6)[:length])
    yield "bad_tcp", IPV4, ipv4(tcp(), length=30)
    yield "bad_ip", IPV6, ipv6(extension(DESTINATION) * 9 + tcp(version=6), protocol=DESTINATION)
    # Padding behind the packet is no lie.
    yield "tcp", IPV4, ipv4(tcp(RST)) + bytes(6)


def offsets():
    """Data offsets that can't be."""
    for offset in range(5):
        yield "bad_tcp", IPV4, ipv4(tcp(offset=offset))
        yield "bad_tcp", IPV6, ipv6(tcp(offset=offset, version=6))
    for offset in (6, 15):
        yield "bad_tcp", IPV4, ipv4(tcp(offset=offset))


OPTIONS = (
    b"\x02\x04\x05",  # MSS without its end
    b"\x02\x00\x05\xb4",  # length 0
    b"\x02\x01\x05\xb4",  # length 1
    b"\x03\xff\x07\x01",  # longer than all options
    b"\x02\x08\x05\xb4\x03\x03\x07\x01",  # an MSS that covers the window scale
    b"\x08\x0a\x00\x00\x00\x01\x00\x00",  # timestamps cut off by the end of the header
    b"\x05\x28" + bytes(6),
    b"\x01" * 39 + b"\x02",  # a kind in the last octet
    b"\x00\x02\x04\x05",  # behind the end of the list
    b"\xfe" * 40,
    b"\x22\x02\x01\x01",  # Fast Open without a cookie
    b"\x03\x03\xff\x00",  # a shift of 255
)


def options():
    """Options that overlap, or reach over the end: the segment around them is one nevertheless."""
    for octets in OPTIONS:
        octets += bytes(-len(octets) % 4)
        yield "tcp", IPV4, ipv4(tcp(options=octets))
        yield "tcp", IPV6, ipv6(tcp(options=octets, version=6))


def flags():
    """All 512 combinations, each on a connection of its own."""
    for combination in range(512):
        yield "tcp", IPV4, ipv4(tcp(combination))


def others():
    """What is no TCP, or only a piece of it."""
    yield "udp", IPV4, ipv4(struct.pack("!HHHH", 9, 9, 8, 0), protocol=UDP)
    yield "icmp", IPV4, ipv4(struct.pack("!BBHI", 8, 0, 0, 0), protocol=ICMP)
    yield "none", IPV4, ipv4(b"", protocol=132)
    yield "fragments", IPV4, ipv4(bytes(24), fragment=3)
    yield "fragments tcp", IPV4, ipv4(tcp(RST), fragment=0x2000)
    yield "fragments", IPV6, ipv6(struct.pack("!BBHI", TCP, 0, 8, 1) + bytes(16), protocol=FRAGMENT)
    yield "tcp", IPV6, ipv6(extension(TCP) + tcp(RST, version=6), protocol=DESTINATION)
    yield "tcp", IPV6, ipv6(extension(DESTINATION) + extension(TCP) + tcp(RST, version=6), protocol=HOP_BY_HOP)
    yield "tcp", IPV6, ipv6(extension(TCP, words=4, body=22) + tcp(RST, version=6), protocol=AH)
    yield "tcp", IPV4, ipv4(tcp(RST), options=b"\x94\x04\0\0")  # router alert
    yield "other", 0x88B5, bytes(46)
    yield "arp", ARP, bytes(28)


def tags():
    """802.1Q and 802.1ad; what is behind a tag is read as without it."""
    yield "tcp", QTAG, struct.pack("!HH", 7, IPV4) + ipv4(tcp())
    yield "tcp", QTAG, struct.pack("!HH", 0xE007, IPV6) + ipv6(tcp(version=6))
    yield "tcp", ADTAG, struct.pack("!HHHH", 8, QTAG, 9, IPV4) + ipv4(tcp())
    yield "other", ADTAG, struct.pack("!HHHHHH", 8, QTAG, 9, QTAG, 10, IPV4) + ipv4(tcp())


GROUPS = (truncations, truncated_tags, lengths, offsets, options, flags, others, tags)


def hardware_address(which):
    with inside(os.environ["HOST_" + which]), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind(("eth0", 0))
        return s.getsockname()[4]


def main():
    names = sys.argv[1:] or [group.__name__ for group in GROUPS]
    sent = collections.Counter()
    ends = hardware_address("A") + hardware_address("B")
    with inside(os.environ["HOST_B"]):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(("eth0", 0))
    for group in GROUPS:
        if group.__name__ not in names:
            continue
        for reasons, ethertype, packet in group():
            frame = ends + struct.pack("!H", ethertype) + packet
            link.send(frame)
            sent.update(reasons.split())
            sent.update(frames=1, bytes=len(frame))
    print(json.dumps(sent))


if __name__ == "__main__":
    main()
