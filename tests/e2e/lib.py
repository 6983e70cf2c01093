# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the end-to-end tests share. A test is a script that calls need("hosts") or need("path") first:
outside of tests/net.sh it starts itself anew inside. Exit status 0: passed, 77: skipped, else failed.
"""

import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
SYNSCOPE = os.environ.get("SYNSCOPE", str(TESTS.parent / "build" / "synscope"))
LIBC = ctypes.CDLL(None)

sys.path.insert(0, str(TESTS / "traffic"))


def skip(reason):
    print(f"SKIP: {reason}")
    sys.exit(77)


def need(topology, *programs):
    """The hosts of tests/net.sh, and programs that must be installed."""
    if os.geteuid():
        skip("needs root")
    for program in programs:
        if not shutil.which(program):
            skip(f"needs {program}")
    if "HOST_A" not in os.environ:
        os.execv(TESTS / "net.sh", ["net.sh", topology, sys.executable, *sys.argv])


def host(which):
    return os.environ["HOST_" + which.upper()]


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def equal(got, expected, what):
    if got != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {got!r}")


def contains(text, words, what):
    for word in [words] if isinstance(words, str) else words:
        if word not in text:
            raise AssertionError(f"{what}: expected {word!r} in {text!r}")


def eventually(condition, what, seconds=5.0):
    """Waits until condition() is true and returns what it returned. `what` may be a function."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def die_with_parent():
    LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def inside_host(which, command):
    return ["nsenter", f"--net=/run/netns/{host(which)}", *command] if which else list(command)


def run(which, *command, **options):
    """A command on a host (None: where we are); its output as text."""
    options.setdefault("timeout", 30)
    options.setdefault("capture_output", True)
    return subprocess.run(inside_host(which, command), text=True, preexec_fn=die_with_parent, **options)


def must(which, *command, **options):
    result = run(which, *command, **options)
    equal(result.returncode, 0, f"{' '.join(map(str, command))}: {result.stderr.strip()}: status")
    return result.stdout


def synscope(which, *arguments, **options):
    return run(which, SYNSCOPE, *arguments, **options)


def expect_error(result, status, *words):
    """One line on standard error that begins as every error does, and nothing on standard output."""
    equal(result.returncode, status, f"exit status ({result.stderr.strip()})")
    equal(result.stdout, "", "standard output")
    lines = result.stderr.splitlines()
    equal(len(lines), 1, f"lines of standard error in {result.stderr!r}")
    check(lines[0].startswith("synscope: "), f"an error begins with synscope: but this: {lines[0]}")
    contains(lines[0], list(words), "error")


BPF_SYSCALL = {"x86_64": 321, "aarch64": 280}
BPF_PROG_QUERY, TCX_INGRESS, TCX_EGRESS = 16, 46, 47


def tcx_programs(which, interface, hook):
    """How many programs a TCX hook has; asked of the kernel, since an older bpftool does not know TCX."""
    from namespace import inside

    with inside(host(which)):
        ifindex = socket.if_nametoindex(interface)
        attributes = ctypes.create_string_buffer(struct.pack("IIIIQI", ifindex, hook, 0, 0, 0, 0), 64)
        failed = LIBC.syscall(BPF_SYSCALL[os.uname().machine], BPF_PROG_QUERY, attributes, 64)
    return 0 if failed else struct.unpack_from("I", attributes, 24)[0]


def attached(which, interface="eth0"):
    """What BPF programs there are on an interface, by the kernel's word."""
    names = []
    link = json.loads(must(which, "ip", "-j", "-d", "link", "show", "dev", interface))[0]
    if "xdp" in link:
        names.append("xdp")
    for name, hook in (("tcx ingress", TCX_INGRESS), ("tcx egress", TCX_EGRESS)):
        names += [name] * tcx_programs(which, interface, hook)
    for hook in ("ingress", "egress"):
        if "synscope" in run(which, "tc", "filter", "show", "dev", interface, hook).stdout:
            names.append("tc filter " + hook)
    return names


def nothing_attached(which, interface="eth0"):
    eventually(lambda: not attached(which, interface), lambda: f"detached: {attached(which, interface)}", 3)


def programs_of(pid):
    """Identifiers of the BPF programs that a process holds."""
    found = set()
    for info in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        found |= {int(line.split()[1]) for line in info.read_text().splitlines() if line.startswith("prog_id:")}
    return found


def unloaded(programs):
    """Waits until none of these programs is in the kernel."""

    def left():
        return programs & {p["id"] for p in json.loads(must(None, "bpftool", "-j", "prog", "show") or "[]")}

    eventually(lambda: not left(), lambda: f"programs unloaded: {left()} are left")


class Live:
    """A synscope that goes on: its lines are collected as they come."""

    def __init__(self, which, *arguments, interfaces=1, ready=True, **options):
        self.lines, self.errors, self.interfaces = [], [], interfaces
        self.process = subprocess.Popen(
            inside_host(which, [SYNSCOPE, *arguments]),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=die_with_parent,
            **options,
        )
        self.threads = [
            threading.Thread(target=self.collect, args=pair, daemon=True)
            for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for thread in self.threads:
            thread.start()
        if ready:
            self.wait_until_ready()

    @staticmethod
    def collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def wait_until_ready(self):
        """It says on standard error what it attached, when it has."""
        def said():
            return sum(": ingress " in line for line in list(self.errors))

        eventually(lambda: said() == self.interfaces or self.process.poll() is not None, "a word that it has attached", 15)
        check(self.process.poll() is None, f"it ended: {self.errors}")

    def objects(self):
        return [json.loads(line) for line in list(self.lines)]

    def stop(self, number=signal.SIGINT, status=0):
        """Ends it, and returns the JSON objects that it wrote in its life."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        got = self.process.wait(10)
        for thread in self.threads:
            thread.join(5)
        if status is not None:
            equal(got, status, f"exit status ({self.errors[-3:]})")
        return self

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def pinned(which, *arguments, interface="eth0", bpffs=None):
    """`synscope attach` for the length of a block."""
    place = ["--bpffs", bpffs or os.environ["BPFFS"]]
    result = synscope(which, "attach", interface, *place, *arguments)
    equal(result.returncode, 0, f"attach: {result.stderr.strip()}")
    try:
        yield place
    finally:
        synscope(which, "detach", "--all", *place)


def json_lines(result):
    equal(result.returncode, 0, f"exit status ({result.stderr.strip()})")
    return [json.loads(line) for line in result.stdout.splitlines()]


def counters(place, which="a"):
    """Those of eth0, of what `attach` left running."""
    return json_lines(synscope(which, "counters", "eth0", *place))[0]


@contextlib.contextmanager
def silent(*hosts):
    """They answer nothing, and say nothing of their own accord."""
    for which in hosts:
        must(which, "nft", "-f", "-", input="""
            table inet quiet {
                chain in { type filter hook input priority 0; drop; }
                chain out { type filter hook output priority 0; drop; }
            }""")
    try:
        yield
    finally:
        for which in hosts:
            run(which, "nft", "delete", "table", "inet", "quiet")


def check_invariants(counters):
    """What is always so (loader/JSON.md)."""
    h, c = counters["handshakes"], counters["connections"]
    parts = [h[k] for k in ("completed", "refused", "unanswered", "aborted", "half_open")]
    equal(sum(parts), h["started"], f"completed+refused+unanswered+aborted+half_open of {h}")
    parts = [c[k] for k in ("closed", "expired", "evicted", "tracked")]
    equal(sum(parts), c["opened"], f"closed+expired+evicted+tracked of {c}")


@contextlib.contextmanager
def temporary_directory():
    with tempfile.TemporaryDirectory(prefix="synscope-test.") as directory:
        yield pathlib.Path(directory)


def main(*tests):
    """Runs test functions in turn and says which one failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # on the way out everything is cleaned up
    wanted = sys.argv[1:]
    failed = 0
    for test in tests:
        if wanted and test.__name__ not in wanted:
            continue
        try:
            test()
        except (AssertionError, subprocess.TimeoutExpired, OSError, KeyError, ValueError) as error:
            kind = "" if isinstance(error, AssertionError) else type(error).__name__ + ": "
            print(f"{test.__name__}: {kind}{error}", flush=True)
            failed += 1
    sys.exit(1 if failed else 0)
