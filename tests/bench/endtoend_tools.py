# SPDX-License-Identifier: GPL-2.0-or-later
"""
What is held against each other end to end: how each tool is started on host b, when it is ready, what it
says of the traffic at its end.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable, Optional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

from lib import SYNSCOPE, die_with_parent, inside_host, must  # noqa: E402

BENCHES = pathlib.Path(SYNSCOPE).parent / "tests" / "bench"
EMPTY = os.environ.get("EMPTY_OBJECT", str(BENCHES / "empty.bpf.o"))
READY_WITHIN, ENDED_WITHIN = 60.0, 120.0
PLAIN_BYTES = 1400  # that plain_reader.c writes for each connection
TOLD_WITHIN = 0.5  # after the last segment
# Whole short connections, in synscope's own records (load_short.c sends 100 bytes and gets 1000).
WHOLE = '"orig_bytes": 100, "resp_bytes": 1000, "conn_state": "SF"'


def exit_on_signals():
    """So that what was begun is ended on the way out."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, frame: sys.exit(128 + got))


class CannotRun(Exception):
    """The tool's own words."""


def lines_with(path, text):
    with open(path, encoding="utf-8", errors="replace") as f:
        return sum(text in line for line in f)


def number_before(words, text):
    """The number in front of words such as "packets dropped by kernel"."""
    found = re.search(r"(\d+) packets? " + words, text)
    return int(found.group(1)) if found else 0


NOTHING, EMPTY_PROGRAM = "nothing attached", "empty XDP program"
PARSER, PARSER_TC = "parse and count only", "parse and count only, tc"
RECORDS, RECORDS_TC = "keep records only", "keep records only, tc"
PLAIN = "plain reader and writer"


@dataclass
class Tool:
    name: str
    command: Optional[Callable] = None  # (directory) -> the command; None: no process
    says: str = ""  # on standard error, when it is ready; else that is when it has BPF maps
    # (directory, what it said on standard error, connections made) -> how many it did not tell of
    missed: Optional[Callable] = None
    begin: Optional[Callable] = None  # where it is no process that goes on
    end: Optional[Callable] = None
    program: str = ""  # what must be installed
    floor: str = NOTHING  # the tool that its rate is compared with

    def is_installed(self):
        return not self.program or shutil.which(self.program) is not None


# A record is written --linger after its end: so these are while the traffic still goes on, as they are in a run of hours.
SOON = ("--linger", "200ms")


def run_view(view, *options):
    return lambda directory: [SYNSCOPE, "run", "eth0", "--view", view, "--json", "-o", directory / "out", *options]


def plain_reader(directory):
    """plain_reader.c beside synscope's own programs."""
    return [BENCHES / "plain_reader", "run", "eth0", "--view", "conns", "--json", "-o", directory / "out", *SOON]


def missed_plain(directory, errors, connections):
    return connections - (directory / "out").stat().st_size // PLAIN_BYTES


def missed_records(directory, errors, connections):
    return connections - lines_with(directory / "out", WHOLE)


def missed_ends(directory, errors, connections):
    return connections - lines_with(directory / "out", '"event": "closed"')


def attach():
    must("b", SYNSCOPE, "attach", "eth0", "--bpffs", os.environ["BPFFS"])


def attached_counters():
    return json.loads(must("b", SYNSCOPE, "counters", "--bpffs", os.environ["BPFFS"]))


def missed_by_table(directory, errors, connections):
    return connections - attached_counters()["teardowns"]["fin"]


def detach():
    must("b", SYNSCOPE, "detach", "--all", "--bpffs", os.environ["BPFFS"])


def attach_empty():
    must("b", "ip", "link", "set", "dev", "eth0", "xdpdrv", "obj", EMPTY, "sec", "xdp.frags")


def detach_empty():
    must("b", "ip", "link", "set", "dev", "eth0", "xdpdrv", "off")


class Beside:
    """One of the programs that `packets` measures beside synscope's, attached to both hooks."""

    def __init__(self, program, mode):
        self.words, self.process = [BENCHES / "beside", BENCHES / "beside.bpf.o", program, "eth0", mode], None

    def attach(self):
        self.process = subprocess.Popen(
            inside_host("b", self.words), stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
        )
        if not self.process.stdout.readline():
            raise CannotRun("beside.bpf.o can't be attached")

    def detach(self):
        self.process.terminate()
        self.process.wait()


def beside(name, program, mode, floor):
    attachment = Beside(program, mode)
    return Tool(name, begin=attachment.attach, end=attachment.detach, floor=floor)


def missed_packets(directory, errors, connections):
    return number_before("dropped by kernel", errors)


def missed_conversations(directory, errors, connections):
    return connections - lines_with(directory / "stdout", "<->")


def of_sockets(program):
    """Tracepoints need a tracefs: one that only the tool's own mount namespace has."""
    mount = f"mount -t tracefs tracefs /sys/kernel/tracing && exec {program}"
    return lambda directory: ["unshare", "--mount", "sh", "-c", mount]


def missed_lines(directory, errors, connections):
    """They see the sockets of both hosts: two lines for each connection."""
    return 2 * connections - lines_with(directory / "stdout", ".")


def missed_closes(directory, errors, connections):
    closes = lines_with(directory / "stdout", "-> CLOSE ") - lines_with(directory / "stdout", "LISTEN ")
    return 2 * connections - closes


READY = ": ingress"
TOOLS = (
    Tool(NOTHING, floor=EMPTY_PROGRAM),
    Tool(EMPTY_PROGRAM, begin=attach_empty, end=detach_empty, floor=EMPTY_PROGRAM),
    beside(PARSER, "parse", "native", EMPTY_PROGRAM),
    beside(PARSER_TC, "parse", "tc", NOTHING),
    beside(RECORDS, "records", "native", EMPTY_PROGRAM),
    beside(RECORDS_TC, "records", "tc", NOTHING),
    Tool("run conns", run_view("conns", *SOON), READY, missed_records, floor=EMPTY_PROGRAM),
    Tool(PLAIN, plain_reader, READY, missed_plain, floor=EMPTY_PROGRAM),
    Tool("run events", run_view("events"), READY, missed_ends, floor=EMPTY_PROGRAM),
    Tool("run conns, tc", run_view("conns", *SOON, "--mode", "tc"), READY, missed_records),
    Tool("attached, no reader", missed=missed_by_table, begin=attach, end=detach, floor=EMPTY_PROGRAM),
    Tool("tcpdump -w", lambda d: ["tcpdump", "-ni", "eth0", "-w", d / "out"], "listening on", missed_packets, program="tcpdump"),
    Tool(
        "tshark conv,tcp",
        lambda d: ["tshark", "-nqi", "eth0", "-z", "conv,tcp"],
        "Capturing on",
        missed_conversations,
        program="tshark",
    ),
    Tool("tcplife", of_sockets("tcplife"), "", missed_lines, program="tcplife"),
    Tool("tcpstates", of_sockets("tcpstates"), "", missed_closes, program="tcpstates"),
)


def maps_of(pid):
    """The BPF maps that a process holds, as /proc tells of them."""
    maps = {}
    for info in pathlib.Path(f"/proc/{pid}/fdinfo").glob("*"):
        try:
            fields = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        except OSError:
            continue  # it has been closed
        if "map_type" in fields:
            maps[fields["map_id"]] = {key: value.strip() for key, value in fields.items()}
    return list(maps.values())


def family_of(pid):
    """A process and those that it started."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        try:
            children = [p for t in pathlib.Path(f"/proc/{one}/task").iterdir() for p in (t / "children").read_text().split()]
        except OSError:
            continue
        found.append(one)
        waiting += [int(p) for p in children]
    return found


def cpu_seconds(pid):
    """What a process and its children have used until now."""
    ns = 0
    for one in family_of(pid):
        for task in pathlib.Path(f"/proc/{one}/task").iterdir():
            try:
                ns += int((task / "schedstat").read_text().split()[0])
            except OSError:
                pass  # it has ended
    return ns / 1e9


def mappings_of(pid):
    """Each mapping of a process: what is mapped, and its sizes by the names of /proc/PID/smaps, in bytes."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            found.append((" ".join(words[5:]), {}))
        elif words[-1] == "kB":
            found[-1][1][words[0][:-1]] = int(words[1]) << 10
    return found


def resident_besides_table(pid):
    """Bytes: all that is resident, but for the largest mapping of a BPF map; 0 where the process has ended.
    The pages of a ring are mapped twice, one after the other, and counted once, as their Pss does."""
    try:
        mappings = mappings_of(pid)
    except OSError:
        return 0
    maps = [sizes for what, sizes in mappings if "bpf-map" in what]
    rest = sum(sizes.get("Rss", 0) for what, sizes in mappings if "bpf-map" not in what)
    return rest + sum(m.get("Pss", 0) for m in maps) - max((m.get("Pss", 0) for m in maps), default=0)


class Running:
    """A tool at work, from when it is ready until it is stopped."""

    def __init__(self, tool, directory, cpus=None):
        self.tool, self.directory, self.cpus, self.process = tool, directory, cpus, None
        self.cpu_before = 0.0
        self.cpu = self.cpu_besides = self.peak = self.besides = None
        if tool.begin:
            tool.begin()
        if tool.command:
            self.start()

    def begin(self):
        die_with_parent()
        if self.cpus:
            os.sched_setaffinity(0, self.cpus)

    def start(self):
        with open(self.directory / "stdout", "wb") as out, open(self.directory / "stderr", "wb") as errors:
            self.process = subprocess.Popen(
                inside_host("b", self.tool.command(self.directory)), stdout=out, stderr=errors, preexec_fn=self.begin
            )
        end = time.monotonic() + READY_WITHIN
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise CannotRun(self.why_not())
            time.sleep(0.005)
        self.ready_at = time.monotonic()
        time.sleep(0.5)  # what it starts, or attaches, after that word

    def begin_to_count(self):
        """From here on its CPU time is counted; what it saw before, it has told by then."""
        if self.process:
            time.sleep(TOLD_WITHIN)
            self.cpu_before = cpu_seconds(self.process.pid)

    def errors(self):
        return (self.directory / "stderr").read_text(errors="replace")

    def why_not(self):
        words = [line for line in self.errors().splitlines() if line.strip()]
        return words[0] if words else "says nothing"

    def is_ready(self):
        if self.tool.says:
            return self.tool.says in self.errors()
        return bool(maps_of(self.process.pid))

    def sample(self):
        if self.process:
            self.besides = max(self.besides or 0, resident_besides_table(self.process.pid))

    def stop(self):
        """Ends it as a user would. Its CPU time is counted until it has told of all it saw; what it takes besides,
        to begin and to end, a run of hours takes once."""
        if not self.process:
            return
        time.sleep(TOLD_WITHIN)
        self.cpu = cpu_seconds(self.process.pid) - self.cpu_before
        self.sample()
        self.process.send_signal(signal.SIGINT)
        end = time.monotonic() + ENDED_WITHIN
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                self.process.kill()
            time.sleep(0.02)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_besides = max(0.0, usage.ru_utime + usage.ru_stime - self.cpu)
        self.peak = usage.ru_maxrss << 10

    def missed(self, connections):
        errors = self.errors() if self.process else ""
        return self.tool.missed(self.directory, errors, connections) if self.tool.missed else None

    def end(self):
        """Takes away what is no process."""
        if self.tool.end:
            self.tool.end()
