# SPDX-License-Identifier: GPL-2.0-or-later
"""
Where the time of all processors goes while a command runs, by samples of perf's: how much of it is a tool's.
"""

import re
import shutil
import subprocess

# So many samples a second of each processor; cpu-clock needs no counters of the hardware.
RECORD = ("perf", "record", "-q", "-a", "-e", "cpu-clock", "-F", "1999", "-g", "--kernel-callchains")
SCRIPT = ("perf", "script", "-F", "comm,pid,ip,sym")
# What a tool has the kernel do for each packet or socket: BPF programs, and what calls them of tracepoints;
# the copies for packet sockets. With whatever these call.
PROGRAMS = re.compile(r"bpf_prog_[0-9a-f]{16}|trace_call_bpf$|bpf_trace_run\d|t?packet_rcv$|dev_queue_xmit_nit$")
IDLE = 0  # its PID


def why_not():
    """Why there are no samples here; nothing, where there are."""
    if not shutil.which(RECORD[0]):
        return "perf is not installed"
    tried = subprocess.run([*RECORD, "-o", "/dev/null", "true"], capture_output=True, text=True)
    words = tried.stderr.split("\n")[0]
    return f"perf: {words or tried.returncode}" if tried.returncode else None


def recording(command, directory):
    """The same command, sampled for as long as it runs."""
    return [*RECORD, "-o", directory / "samples", "--", *command]


def samples(directory):
    """PID, and the names of the functions of the kernel that it was in, the innermost first; none: in none."""
    out = subprocess.run([*SCRIPT, "-i", directory / "samples"], stdout=subprocess.PIPE, text=True, errors="replace", check=True)
    pid, functions = None, []
    for line in out.stdout.split("\n"):
        if line[:1].isspace():
            functions.append(line.split(None, 1)[1])
        elif line:
            if pid is not None:
                yield pid, functions
            pid, functions = int(line.split()[-1]), []
    if pid is not None:
        yield pid, functions


def shares(directory, pids):
    """
    Percent of all busy time that was in a tool's programs, and in its own processes. What these are
    interrupted for, packets of anybody's, is not theirs.
    """
    busy = programs = reader = 0
    for pid, functions in samples(directory):
        interrupted = any("softirq" in f for f in functions)
        if pid == IDLE and not interrupted:
            continue
        busy += 1
        if any(PROGRAMS.match(f) for f in functions):
            programs += 1
        elif pid in pids and not interrupted:
            reader += 1
    return {"programs": 100 * programs / busy, "reader": 100 * reader / busy}
