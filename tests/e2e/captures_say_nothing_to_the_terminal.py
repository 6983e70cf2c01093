#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Names in a capture, and the names of files: no control character of them comes out, and JSON is UTF-8."""

import json
import struct
import subprocess

from lib import SYNSCOPE, check, contains, equal, main, temporary_directory

NASTY = b"\x1b[31mEV\nIL"


def block(kind, body):
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def capture(interface_name):
    """A pcapng with one SYN."""
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 1, 0, 64, 6, 0, bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2)))
    syn = ip + struct.pack("!HHIIHHHH", 40000, 80, 1000, 0, 5 << 12 | 2, 1024, 0, 0)
    name = option(2, interface_name) if interface_name else b""
    return (
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack("<HHI", 101, 0, 0) + name + option(0, b""))
        + block(6, struct.pack("<IIIII", 0, 0x60A24, 0, len(syn), len(syn)) + syn)
    )


def replay(path, *options):
    return subprocess.run([SYNSCOPE, "replay", path, *options], capture_output=True, timeout=30)


def interface_of(path):
    """The name in the JSON, which must be valid; no view and no summary may have a control character."""
    for view in ("timeline", "events", "conns", "counters"):
        for options in ([], ["--json"]):
            result = replay(path, "--view", view, "--color", "never", *options)
            equal(result.returncode, 0, f"exit status ({result.stderr!r})")
            for text in (result.stdout.decode(), result.stderr.decode()):
                check(all(c.isprintable() or c == "\n" for c in text), f"{view} {options}: {text!r}")
                check("\nIL" not in text, f"{view} {options}: {text!r}")
    return json.loads(replay(path, "--view", "conns", "--json").stdout)["interface"]


def the_name_of_an_interface():
    with temporary_directory() as directory:
        path = directory / "capture"
        for name, expected in (
            (b"eth0", "eth0"), ("cafétéria".encode(), "cafétéria"), (NASTY, "?[31mEV?IL"), (b"\xff\xfe", "??"),
            ("x" * 30 + "é", "x" * 30), ("x" * 29 + "€", "x" * 29), ("x" * 27 + "😀y", "x" * 27 + "😀"),
        ):  # fmt: skip
            path.write_bytes(capture(name if isinstance(name, bytes) else name.encode()))
            equal(interface_of(path), expected, f"interface {name!r}")


def the_name_of_a_file():
    with temporary_directory() as directory:
        path = bytes(directory) + b"/" + NASTY + b"\xff"
        with open(path, "wb") as file:
            file.write(capture(None))
        equal(interface_of(path), "?[31mEV?IL?", "interface")


def an_error_is_one_line():
    with temporary_directory() as directory:
        path = bytes(directory) + b"/" + NASTY + "é".encode()
        for content in (None, b"", b"no capture at all, but some text", capture(None)[:-1]):
            if content is not None:
                with open(path, "wb") as file:
                    file.write(content)
            result = replay(path, "--json", "-q")
            equal(result.returncode, 1, f"exit status of {content!r}")
            text = result.stderr.decode()
            equal(text.count("\n"), 1, f"lines of {text!r}")
            contains(text, "?[31mEV?ILé: ", "error")


main(the_name_of_an_interface, the_name_of_a_file, an_error_is_one_line)
