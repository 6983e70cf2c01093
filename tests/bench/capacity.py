#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Works out CAPACITY.md's tables from what the bench of packets measures, and writes them into it.

usage: capacity.py PACKETS          runs the program build/tests/bench/packets for the rows that are needed
       capacity.py --from FILE      takes its lines (packets --json) from FILE instead
"""

import json
import pathlib
import subprocess
import sys

DOCUMENT = pathlib.Path(__file__).resolve().parent / "CAPACITY.md"
BEGIN, END = "<!-- written by capacity.py -->\n", "<!-- to here -->\n"
ROWS = (
    ["^data ", "xdp", "ipv4"],
    ["^short ", "xdp", "ipv4"],
    ["^syn-flood ", "xdp", "ipv4"],
    ["^two-cpus", "xdp", "ipv4"],
    ["^event reader"],
)
SIZES = ("1", "16k", "256k", "1M")
LINKS = (10, 25, 100, 400)  # Gbit/s
FRAMES = (64, 300, 1500)  # bytes, with the check sequence
# Preamble, start of frame, and the gap between frames (IEEE 802.3): on the wire, and in no frame.
BESIDES_FRAME = 20
SEGMENTS_OF_SHORT = 9
COMFORT = 0.2  # of a core, for watching, beside what the host has it for


def lines_of(program):
    """What the program measures, row by row."""
    for words in ROWS:
        yield from subprocess.run([program, "--json", *words], check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()


def figures(lines):
    objects = [json.loads(line) for line in lines if line.startswith("{")]
    return {o["name"].removeprefix("packet "): o for o in objects if o["value"] is not None}


def frames_a_second(gigabits, frame):
    return gigabits * 1e9 / 8 / (frame + BESIDES_FRAME)


def cores(share):
    return f"{share:.3f}" if share < 0.1 else f"{share:.2f}" if share < 10 else f"{share:,.0f}"


def table(heads, rows):
    yield "| " + " | ".join(heads) + " |\n"
    yield "| " + " | ".join("---:" for _ in heads) + " |\n"
    for row in rows:
        yield "| " + " | ".join(row) + " |\n"


def link_rows(ns):
    for gigabits in LINKS:
        for frame in FRAMES:
            rate = frames_a_second(gigabits, frame)
            shares = [rate * ns[size] * 1e-9 for size in SIZES]
            queues = max(1, -int(-shares[SIZES.index("16k")] // COMFORT))
            yield [f"{gigabits}", f"{frame:,}", f"{rate / 1e6:,.2f}", *map(cores, shares), f"{queues:,}"]


def links(got):
    ns = {size: got[f"data xdp ipv4 {size}"]["value"] for size in SIZES}
    floor = got["data xdp ipv4 1"]["floor"]
    yield "Nanoseconds of a data segment, above an empty program (whose test run takes "
    yield f"{floor:.0f}): " + ", ".join(f"{ns[s]:.0f} with {s} connection{'' if s == '1' else 's'}" for s in SIZES) + ".\n\n"
    heads = ["Gbit/s", "bytes a frame", "million frames/s", *[f"cores, {s}" for s in SIZES], f"queues at {COMFORT:.0%}, 16k"]
    yield from table(heads, link_rows(ns))


def shared_rows(got):
    for size in SIZES[1:3]:
        short, flood = got.get(f"short xdp ipv4 {size}"), got.get(f"syn-flood xdp ipv4 {size}")
        if short:
            rate = 1e3 / (short["value"] * SEGMENTS_OF_SHORT)
            yield [f"whole connections, {size}", f"{short['value'] * SEGMENTS_OF_SHORT:,.0f} ns", f"{rate:.2f} million/s a core"]
        if flood:
            yield [f"SYNs of a flood, full table, {size}", f"{flood['value']:,.0f} ns", f"{1e3 / flood['value']:.2f} million/s a core"]
        two = got.get(f"two-cpus data xdp ipv4 {size}")
        if two:
            yield [f"both directions on two CPUs, {size}", f"{two['value']:.2f} times one", ""]
    for name in ("event reader, alone", "event reader, live"):
        if name in got:
            rate = got[name]["value"]
            yield [name, f"{rate:.1f} million events/s", f"{rate / SEGMENTS_OF_SHORT:.2f} million connections/s, an event for each segment"]


def written(got):
    yield BEGIN
    yield from links(got)
    yield "\n"
    yield from table(["shared part", "measured", "so at most"], shared_rows(got))
    yield END


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--from":
        got = figures(pathlib.Path(sys.argv[2]).read_text().splitlines())
    elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
        got = figures(lines_of(sys.argv[1]))
    else:
        sys.exit(__doc__.strip())
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    try:
        DOCUMENT.write_text(before + "".join(written(got)) + after)
    except KeyError as missing:
        sys.exit(f"capacity.py: no row named {missing}")


if __name__ == "__main__":
    main()
