#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
A flood of segments of one kind or of several in turn, at a steady rate, for so long, then it ends.

    tests/net.sh hosts tests/traffic/flood.py RATE SECONDS KIND...

From host b to port 5000 of host a, by a raw socket, as from any port of any address in 198.18.0.0/16
(RFC 2544's range); host a needs a route there. All checksums are right. Prints how many were sent.
"""

import errno
import os
import random
import socket
import struct
import sys
import time

from rawframes import ACK, FIN, RST, SYN, TARGET4, checksum, hardware_address, inside

FLAGS = {"syn": SYN, "syn_ack": SYN | ACK, "ack": ACK, "rst": RST, "fin": FIN | ACK}
PORT, NETWORK, BURST = 5000, bytes((198, 18)), 0.002


def template(flags):
    """
    A frame whose checksums hold for all sources: what an address or a port adds to a sum is taken off
    again by a field that may hold anything: the identification, and the two halves of the number.
    """
    source = NETWORK + bytes(2)
    segment = struct.pack("!HHHHIHHHH", 0, PORT, 0xFFFF, 0xFFFF, 77, 5 << 12 | flags, 1024, 0, 0)
    value = checksum(source + TARGET4 + struct.pack("!II", len(segment), 6) + segment)
    segment = segment[:16] + struct.pack("!H", value) + segment[18:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0xFFFF, 0, 64, 6, 0, source, TARGET4)
    header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
    ends = hardware_address("A") + hardware_address("B")
    return bytearray(ends + b"\x08\x00" + header + segment)


def flood(link, frames, rate, seconds):
    ip, tcp = 14, 34
    begin, sent = time.monotonic(), 0
    pack = struct.Struct("!H").pack_into
    while (now := time.monotonic() - begin) < seconds:
        while sent < rate * now:
            port, address = random.randrange(1024, 65536), random.randrange(65536)
            frame = frames[sent % len(frames)]
            pack(frame, ip + 4, 0xFFFF - address)
            pack(frame, ip + 14, address)
            pack(frame, tcp, port)
            pack(frame, tcp + 4, 0xFFFF - address)
            pack(frame, tcp + 6, 0xFFFF - port)
            try:
                link.send(frame)
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                break  # the other end is behind
            sent += 1
        time.sleep(BURST)
    return sent


def main():
    rate, seconds, kinds = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    with inside(os.environ["HOST_B"]):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(("eth0", 0))
    print(flood(link, [template(FLAGS[kind]) for kind in kinds], rate, seconds))


if __name__ == "__main__":
    main()
