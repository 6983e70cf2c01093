#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every field that `--json` prints is in loader/JSON.md: those of replays of each capture, in every view, and of `status`.

usage: fields_are_documented.py SYNSCOPE FOLDER...     (all *.pcap in the folders)

Ends with `N passed, N failed, N skipped`.
"""
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
VIEWS = ("timeline", "conns", "events", "counters")


def documented():
    """The words between backticks."""
    with open(os.path.join(ROOT, "loader", "JSON.md"), encoding="utf-8") as f:
        return set(re.findall(r"`([^`\s]+)`", f.read()))


def fields(value):
    """The names of all fields in an object, at any depth; a number names none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not name.isdigit():
                yield name
            yield from fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner)


def printed(*command):
    output = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60).stdout
    return {name for line in output.splitlines() for name in fields(json.loads(line))}


def main():
    synscope, *folders = sys.argv[1:]
    captures = [path for folder in folders for path in sorted(glob.glob(os.path.join(folder, "*.pcap")))]
    known = documented()
    commands = [("replay", path, "--view", view, "-q") for view in VIEWS for path in captures] + [("status",)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        found = set().union(*workers.map(lambda command: printed(synscope, *command, "--json"), commands))
    for name in sorted(found - known):
        print(f"FAIL  {name} is not in loader/JSON.md")
    passed, failed = len(found & known), len(found - known)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return bool(failed) or not passed


sys.exit(main())
