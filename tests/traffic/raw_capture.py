# SPDX-License-Identifier: GPL-2.0-or-later
"""A pcap of IPv4 packets, written byte by byte: TCP headers without payload."""

import struct

SYN, SYN_ACK, RST_ACK = 0x02, 0x12, 0x14
RAW_IP = 101


def header():
    return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW_IP)


def segment(seconds, source, destination, flags, seq, ack):
    """A packet; source and destination are (four bytes, port)."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, bytes(source[0]), bytes(destination[0]))
    tcp = struct.pack("!HHIIHHHH", source[1], destination[1], seq, ack, 5 << 12 | flags, 1024, 0, 0)
    microseconds = round(seconds * 10**6)
    return struct.pack("<IIII", microseconds // 10**6, microseconds % 10**6, 40, 40) + ip + tcp
