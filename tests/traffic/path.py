# SPDX-License-Identifier: GPL-2.0-or-later
"""The path between two hosts, carried frame by frame: it can delay, hold and drop what it carries."""

import collections
import heapq
import select
import socket
import struct
import threading
import time

from namespace import inside

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
ETH_P_ALL = 3
# A frame comes with what its checksum and segmentation still want: a struct virtio_net_hdr.
OFFLOAD_HEADER = 10
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def open_link(namespace, interface):
    with inside(namespace):
        link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    link.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    link.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    link.bind((interface, ETH_P_ALL))
    return link


def tcp_flags(frame):
    """The flags of a frame's TCP segment; None where there is none."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0800 and frame[23] == 6:
        at = 14 + (frame[14] & 15) * 4
    elif kind == 0x86DD and frame[20] == 6:
        at = 54
    else:
        return None
    return frame[at + 13] if len(frame) > at + 13 else None


class Path(threading.Thread):
    """Carries frames between the two links of a namespace; side "a" is what host a sends."""

    def __init__(self, namespace, delay=0.0):
        super().__init__(daemon=True)
        self.links = {"a": open_link(namespace, "left"), "b": open_link(namespace, "right")}
        self.delay = delay
        self.lock = threading.Lock()
        self.waiting = []  # heap of (due, number, side, frame)
        self.number = 0
        self.held = {}  # side -> frames kept back
        self.drops = collections.defaultdict(list)  # side -> [[flags, mask, count]]
        self.seen = []  # (side, flags), for a scenario that wants to know what crossed the path
        self.start()

    def hold(self, sides):
        with self.lock:
            for side in sides:
                self.held.setdefault(side, [])

    def release(self, sides):
        with self.lock:
            for side in sides:
                for frame in self.held.pop(side, []):
                    self.pass_on(side, frame)

    def drop(self, side, flags, mask=SYN | ACK | FIN | RST, count=1):
        """The next `count` segments of a side whose flags, under the mask, are these."""
        with self.lock:
            self.drops[side].append([flags, mask, count])

    def clear(self):
        """Nothing is held or dropped any more."""
        with self.lock:
            self.drops.clear()
        self.release("ab")

    def is_dropped(self, side, flags):
        for rule in self.drops[side]:
            if flags is not None and rule[2] and flags & rule[1] == rule[0]:
                rule[2] -= 1
                return True
        return False

    def pass_on(self, side, frame):
        try:
            self.links["b" if side == "a" else "a"].send(frame)
        except OSError:
            pass  # the link is down: a real path would lose the frame, too

    def take(self, side):
        frame = self.links[side].recv(1 << 17)
        flags = tcp_flags(frame[OFFLOAD_HEADER:])
        with self.lock:
            self.seen.append((side, flags))
            if self.is_dropped(side, flags):
                return
            if side in self.held:
                self.held[side].append(frame)
            elif self.delay:
                self.number += 1
                heapq.heappush(self.waiting, (time.monotonic() + self.delay, self.number, side, frame))
            else:
                self.pass_on(side, frame)

    def flush(self):
        """Passes on what is due. The time until the next frame is, or None."""
        with self.lock:
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, side, frame = heapq.heappop(self.waiting)
                self.pass_on(side, frame)
            return max(0, self.waiting[0][0] - time.monotonic()) if self.waiting else None

    def run(self):
        sides = {link: side for side, link in self.links.items()}
        while True:
            for link in select.select(list(sides), [], [], self.flush())[0]:
                self.take(sides[link])
