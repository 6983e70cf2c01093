# SPDX-License-Identifier: GPL-2.0-or-later
"""
Connections of random segments, as a capture. Each has a tuple of its own, and its segments are drawn with
little regard to what TCP allows. A SYN is always the originator's first, and comes neither in a connection
that was seen too late nor after a reset or a FIN: there each tool has its own mind about where one
connection ends and the next one begins.
"""
import random
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
# What a segment is, and how often: those that are met most often come first.
KINDS = (
    (SYN, 6), (SYN | ACK, 5), (ACK, 8), (PSH | ACK, 8), (FIN | ACK, 5), (RST, 3), (RST | ACK, 3), (FIN, 1),
    (0, 1), (FIN | PSH | URG, 1), (SYN | FIN, 1), (SYN | RST, 1), (FIN | RST | ACK, 1), (FIN | PSH | ACK, 2),
    (SYN | FIN | ACK, 1), (RST | PSH | ACK, 1), (PSH, 1),
)
OPENINGS = ((SYN, 8), (SYN | ACK, 1))
BETWEEN = 20_000  # microseconds


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(number, from_originator, flags, seq, ack, payload, identification):
    """Ethernet, IPv4 and TCP; the connection's number is in both addresses' last bytes and in the port."""
    originator = struct.pack(">BBH", 10, 1, number & 0xFFFF)
    responder = struct.pack(">BBH", 10, 2, number & 0xFFFF)
    source, destination = (originator, responder) if from_originator else (responder, originator)
    ports = (40000, 2000) if from_originator else (2000, 40000)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 1000, 0, 0)
    tcp += b"x" * payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), identification & 0xFFFF, 0x4000, 64, 6, 0, source,
                     destination)
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return bytes(12) + b"\x08\x00" + ip + tcp


class Walk:
    """One connection: each end's next number, and what it acknowledges."""

    def __init__(self, number, chance):
        self.number = number
        self.first = True
        self.seen = [False, False]
        self.may_open = chance.random() < 0.7
        self.chance = chance
        self.isn = [chance.randrange(1 << 32) for _ in range(2)]
        self.next = [isn + 1 for isn in self.isn]
        self.identification = [chance.randrange(1 << 16) for _ in range(2)]

    def draw(self):
        """Who sends, and which flags."""
        chance = self.chance
        kinds = [kind for kind in KINDS if self.may_open or not kind[0] & SYN]
        if self.first:
            kinds = OPENINGS if self.may_open else [kind for kind in kinds if not kind[0] & RST]
        flags = chance.choices([kind for kind, _ in kinds], [often for _, often in kinds])[0]
        sender = chance.randrange(2)
        if flags & (SYN | ACK) == SYN:
            sender = 0
        elif self.first and flags == SYN | ACK:
            sender = 1
        self.first = False
        self.may_open = self.may_open and not flags & (FIN | RST)
        return sender, flags

    def error(self):
        return self.chance.choice((-1000, -10, -1, 1, 10, 1000)) if self.chance.random() < 0.12 else 0

    def step(self):
        chance = self.chance
        me, flags = self.draw()
        payload = chance.choice((0, 1, 10, 1000)) if flags & PSH or chance.random() < 0.05 else 0
        seq = self.isn[me] if flags & SYN else self.next[me]
        ack = self.next[1 - me] if flags & ACK else 0
        if all(self.seen):  # the first numbers are those that all others are held against
            seq += self.error() if not flags & SYN else 0
            ack += self.error() if flags & ACK else 0
        self.seen[me] = True
        end = seq + payload + bool(flags & SYN) + bool(flags & FIN)
        if end > self.next[me] and not flags & RST:
            self.next[me] = end
        self.identification[me] += 1
        return frame(self.number, me == 0, flags, seq, ack, payload, self.identification[me])


def write(path, seed, connections):
    """One connection behind the other, each of 2 to 12 segments."""
    chance = random.Random(seed)
    time = 1_700_000_000 * 1_000_000
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(connections):
            walk = Walk(number, chance)
            for _ in range(chance.randint(2, 12)):
                data = walk.step()
                f.write(struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(data), len(data)) + data)
                time += BETWEEN
