# SPDX-License-Identifier: GPL-2.0-or-later
"""What `synscope replay` says of captures: records, and each segment as an event. Each capture is replayed once."""
import gzip
import json
import subprocess

# What makes two events of one time one segment: a segment may be several events.
IDENTITY = ("ts", "uid", "src", "sport", "flags", "seq", "ack", "payload", "window")


class Replay:
    def __init__(self, synscope):
        self.synscope = synscope
        self.known = {}

    def _lines(self, path, *options):
        """Packed captures are unpacked here: synscope reads them from its standard input."""
        packed = path.endswith(".gz")
        command = [self.synscope, "replay", "-" if packed else path, "--json", "-q", *options]
        given = gzip.open(path).read() if packed else None
        run = subprocess.run(command, input=given, capture_output=True, timeout=120, check=False)
        return [json.loads(line) for line in run.stdout.splitlines()]

    def _once(self, path, *options):
        key = (path, options)
        if key not in self.known:
            self.known[key] = self._lines(path, *options)
        return self.known[key]

    def records(self, path):
        return self._once(path, "--view", "conns")

    def segments(self, path, uids=None):
        """One event for each TCP segment, of the connections `uids` or of all."""
        seen, last = [], None
        for event in self._once(path, "--view", "events", "--segments"):
            if event.get("flags") is None or (uids is not None and event.get("uid") not in uids):
                continue
            identity = tuple(event[field] for field in IDENTITY)
            if identity == last and event["n"] == seen[-1]["n"] + 1 and event["event"] != seen[-1]["event"]:
                seen[-1] = {**seen[-1], "n": event["n"]}
                continue
            last = identity
            seen.append(event)
        return seen

    def counters(self, path):
        return self._once(path, "--view", "counters")[-1]


def endpoints(record):
    return (record["id.orig_h"], record["id.orig_p"]), (record["id.resp_h"], record["id.resp_p"])


def between(records, a, b):
    """The records between two endpoints, in either direction, in the order of their start."""
    found = [r for r in records if set(endpoints(r)) == {a, b}]
    return sorted(found, key=lambda r: r["start"])


def side(record, endpoint):
    """Which end of the record an endpoint is: orig or resp."""
    return "orig" if endpoints(record)[0] == endpoint else "resp"
