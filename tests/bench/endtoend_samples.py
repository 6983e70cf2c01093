# SPDX-License-Identifier: GPL-2.0-or-later
"""
Where the time of all processors goes while a command runs, by samples of perf's: how much of it is a tool's.
"""

import collections
import re
import shutil
import subprocess

# So many samples a second of each processor; cpu-clock needs no counters of the hardware.
RECORD = ("perf", "record", "-q", "-a", "-e", "cpu-clock", "-F", "1999", "-g", "--kernel-callchains")
SCRIPT = ("perf", "script", "-F", "comm,pid,cpu,ip,sym")
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
    """PID, CPU, and the names of the functions of the kernel that it was in, the innermost first; none: in none."""
    out = subprocess.run([*SCRIPT, "-i", directory / "samples"], stdout=subprocess.PIPE, text=True, errors="replace", check=True)
    found = []
    for line in out.stdout.split("\n"):
        if line[:1].isspace():
            found[-1][2].append(line.split(None, 1)[1])
        elif line:
            pid, cpu = line.split()[-2:]
            found.append((int(pid), cpu, []))
    return found


def shares(directory, pids):
    """
    Percent of all busy time that was in a tool's programs, the same of the CPU alone that has most of these,
    and in the tool's own processes. What these are interrupted for, packets of anybody's, is not theirs.
    """
    busy, programs, reader = collections.Counter(), collections.Counter(), 0
    for pid, cpu, functions in samples(directory):
        interrupted = any("softirq" in f for f in functions)
        if pid == IDLE and not interrupted:
            continue
        busy[cpu] += 1
        if any(PROGRAMS.match(f) for f in functions):
            programs[cpu] += 1
        elif pid in pids and not interrupted:
            reader += 1
    most = max(busy, key=lambda cpu: programs[cpu])
    return {
        "programs": 100 * programs.total() / busy.total(),
        "programs_most": 100 * programs[most] / busy[most],
        "reader": 100 * reader / busy.total(),
    }
