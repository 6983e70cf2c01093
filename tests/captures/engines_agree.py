#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Both engines print the same bytes: each capture, replayed by the native analyzer and by the BPF
programs in the kernel, in every view.

usage: engines_agree.py SYNSCOPE FOLDER...     (all *.pcap and *.pcapng below the folders; needs root)

With --quick only the timeline view (records and their steps), and only files up to 200 kB. Ends with `N passed, N failed, N skipped`.
"""
import concurrent.futures
import os
import subprocess
import sys

VIEWS = ("timeline", "events", "conns", "counters")
QUICK_VIEWS = ("timeline",)
QUICK_BYTES = 200_000


def captures(folders):
    for folder in folders:
        for path, _, names in sorted(os.walk(folder)):
            for name in sorted(names):
                if name.endswith((".pcap", ".pcapng")):
                    yield os.path.join(path, name)


def replay(synscope, path, view, engine):
    command = [synscope, "replay", path, "--view", view, "--json", "-q", "--segments", "-e", engine]
    run = subprocess.run(command, capture_output=True, timeout=300, check=False)
    return run.stdout, run.returncode


def engines_agree(synscope, path, view):
    return replay(synscope, path, view, "native") == replay(synscope, path, view, "bpf")


def main():
    quick = "--quick" in sys.argv
    synscope, *folders = [a for a in sys.argv[1:] if not a.startswith("--")]
    passed = failed = skipped = 0
    if os.geteuid() != 0:
        print("skip: loading BPF programs needs root")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    replays = []
    for path in captures(folders):
        if quick and os.path.getsize(path) > QUICK_BYTES:
            skipped += 1
        else:
            replays += [(path, view) for view in (QUICK_VIEWS if quick else VIEWS)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        for (path, view), agree in zip(replays, workers.map(lambda r: engines_agree(synscope, *r), replays)):
            if agree:
                passed += 1
            else:
                failed += 1
                print(f"FAIL  {path} --view {view}: the engines differ")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
