#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the seed corpus of fuzz_capture: seed_capture.py OUTPUT

Captures of a SYN and its RST, in both formats, both byte orders, and several link types.
"""
import os
import struct
import sys

ETHERNET, NULL, RAW, COOKED = 1, 0, 101, 113
LINK_HEADERS = {
    ETHERNET: b"\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0",
    NULL: b"\2\0\0\0",
    RAW: b"",
    COOKED: bytes(14) + b"\x08\0",
}


def packets(link_type):
    for source, destination, sport, dport, seq, ack, flags in (
            (1, 2, 40000, 80, 1000, 0, 2), (2, 1, 80, 40000, 0, 1001, 0x14)):
        ip = struct.pack("!BBHHHBBHII", 0x45, 0, 40, 1, 0x4000, 64, 6, 0, 0x0A000000 + source,
                         0x0A000000 + destination)
        tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 0x50, flags, 65535, 0, 0)
        yield LINK_HEADERS[link_type] + ip + tcp


def pcap(order, link_type, magic):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for i, packet in enumerate(packets(link_type)):
        out += struct.pack(order + "IIII", 1700000000, i, len(packet), len(packet)) + packet
    return out


def padded(data):
    return data + bytes(-len(data) % 4)


def block(order, kind, body):
    length = 12 + len(body)
    return struct.pack(order + "II", kind, length) + body + struct.pack(order + "I", length)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link_type, name):
    options = struct.pack(order + "HH", 2, len(name)) + padded(name)
    options += struct.pack(order + "HH", 9, 1) + b"\x09\0\0\0"
    options += struct.pack(order + "HHq", 14, 8, 3600) + bytes(4)
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, 65535) + options)


def pcapng(order, link_types):
    out = section(order)
    for number, link_type in enumerate(link_types):
        out += interface(order, link_type, b"if%d" % number)
    for number, link_type in enumerate(link_types):
        for i, packet in enumerate(packets(link_type)):
            stamp = 1700000000 * 10**9 + i
            head = struct.pack(order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(packet), len(packet))
            out += block(order, 6, head + padded(packet))
    simple = next(packets(link_types[0]))
    out += block(order, 3, struct.pack(order + "I", len(simple)) + padded(simple))
    head = struct.pack(order + "HHIIII", 0, 0, 395812, 0, len(simple), len(simple))
    return out + block(order, 2, head + padded(simple))


def main(output):
    os.makedirs(output, exist_ok=True)
    seeds = {
        "pcap": pcap("<", ETHERNET, 0xA1B2C3D4),
        "pcap_nanoseconds_swapped": pcap(">", RAW, 0xA1B23C4D),
        "pcap_cooked": pcap("<", COOKED, 0xA1B2C3D4),
        "pcap_null": pcap("<", NULL, 0xA1B2C3D4),
        "pcapng": pcapng("<", [ETHERNET, RAW]),
        "pcapng_swapped": pcapng(">", [COOKED, NULL]),
        "pcapng_two_sections": pcapng("<", [ETHERNET]) + pcapng(">", [RAW]),
    }
    for name, data in seeds.items():
        with open(os.path.join(output, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
