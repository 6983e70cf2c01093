#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a table of so many connections takes: kernel memory for each, and the time until the programs are
attached. What a packet costs in a table of each size is measured by build/tests/bench/packets.

    tests/net.sh hosts tests/bench/endtoend_table.py CONNECTIONS

Prints one JSON object.
"""

import json
import sys
import time

from endtoend_tools import CannotRun, Running, Tool, exit_on_signals, maps_of, run_view

from lib import need, temporary_directory

ARRAY, WAYS = 2, 8  # BPF_MAP_TYPE_ARRAY; records of a bucket


def measure(connections, directory):
    tool = Tool("table", run_view("conns", "--max-connections", str(connections)), ": ingress")
    begin = time.monotonic()
    try:
        running = Running(tool, directory)
    except CannotRun as error:
        return {"cannot": str(error)}
    maps = maps_of(running.process.pid)
    running.stop()
    table = max((m for m in maps if int(m["map_type"]) == ARRAY), key=lambda m: int(m["memlock"]))
    return {
        "slots": int(table["max_entries"]) * WAYS,
        "bytes": sum(int(m["memlock"]) for m in maps),
        "table_bytes": int(table["memlock"]),
        "seconds": running.ready_at - begin,
        "besides": running.besides,
    }


def main():
    need("hosts")
    exit_on_signals()
    with temporary_directory() as directory:
        print(json.dumps(measure(int(sys.argv[1]), directory)))


if __name__ == "__main__":
    main()
