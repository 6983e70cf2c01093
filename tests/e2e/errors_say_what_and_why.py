#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What synscope cannot do it says in one line, with what to do about it; 1 it could not, 2 wrong usage."""

import json
import os
import pathlib
import re
import shutil

from lib import (
    Live,
    SYNSCOPE, check, contains, equal, expect_error, main, must, need, nothing_attached, run,
    synscope, temporary_directory, inside_host, pinned,
)  # fmt: skip

need("hosts", "setpriv", "setcap", "clang")

OTHER_PROGRAM = """
__attribute__((section("xdp"), used)) int somebody_else(void *ctx) { return 2; }
char licence[] __attribute__((section("license"), used)) = "GPL";
"""
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def wrong_usage_ends_with_2():
    for arguments in (
        [], ["frobnicate"], ["run"], ["run", "eth0", "--no-such-option"], ["run", "eth0", "--view", "poem"],
        ["run", "eth0", "--duration", "5 parsecs"], ["run", "eth0", "--count", "-1"], ["run", "eth0", "--port", "65536"],
        ["run", "eth0", "--host", "10.9.0.1/33"], ["run", "eth0", "--host", "example"], ["run", "eth0", "-4", "-6"],
        ["run", "eth0", "--failed", "--view", "events"], ["run", "eth0", "--duration"], ["detach"],
        ["run", "eth0", "--mode", "magic"], ["run", "eth0", "--max-connections", "many"], ["run", "eth0", "--json=1"],
    ):  # fmt: skip
        result = synscope("a", *arguments)
        equal(result.returncode, 2, f"synscope {' '.join(arguments)}: exit status")
        equal(result.stdout, "", f"synscope {' '.join(arguments)}: standard output")
        check(result.stderr.startswith("synscope: "), f"{arguments}: {result.stderr!r}")
    nothing_attached("a")


def help_and_version_end_with_0():
    for option in ("--help", "-h", "--version", "-V"):
        result = synscope(None, option)
        equal((result.returncode, result.stderr), (0, ""), option)
        check(result.stdout, f"{option} says something")


def no_such_interface():
    for command in (["run", "eth9"], ["attach", "eth9", "--bpffs", os.environ["BPFFS"]]):
        expect_error(synscope("a", *command), 1, "eth9", "no such interface")
    nothing_attached("a")


def a_name_too_long_for_an_interface():
    """Cut to what a name may have, it would be that of another one."""
    name, place = "abcdefghijklmno", ["--bpffs", os.environ["BPFFS"]]
    must("a", "ip", "link", "add", name, "type", "veth", "peer", "name", "other")
    try:
        with pinned("a", interface=name):
            for command in ("run", "attach", "tail", "counters", "conns", "status", "detach"):
                result = synscope("a", command, name + "PQRS", *(place if command != "run" else []))
                equal(result.returncode, 1, f"{command}: exit status")
                contains(result.stderr, f"synscope: {name}PQRS: ", f"{command}: error")
                expect_error(synscope("a", command, 128 * "x", *(place if command != "run" else [])), 2, 128 * "x")
            equal(synscope("a", "counters", name, *place).returncode, 0, "the other one goes on")
    finally:
        must("a", "ip", "link", "del", name)


def one_bad_interface_of_two():
    result = synscope("a", "run", "eth0", "eth9")
    equal(result.returncode, 1, "exit status")
    contains(result.stderr, "eth9", "error")
    nothing_attached("a")


def no_privileges():
    with temporary_directory() as directory:
        directory.chmod(0o755)
        copy = shutil.copy(SYNSCOPE, directory / "synscope")
        result = run("a", *NOBODY, copy, "run", "eth0")
        expect_error(result, 1, "CAP_BPF", "CAP_NET_ADMIN", "setcap")
        equal(run("a", *NOBODY, copy, "--help").returncode, 0, "help needs nothing")
        must(None, "setcap", "cap_bpf,cap_perfmon,cap_net_admin+ep", copy)
        result = run("a", *NOBODY, copy, "run", "eth0", "--duration", "200ms")
        equal(result.returncode, 0, f"with the capabilities granted: {result.stderr.strip()}")
        must(None, "setcap", "cap_bpf,cap_net_admin+ep", copy)
        expect_error(run("a", *NOBODY, copy, "run", "eth0", "--duration", "200ms"), 1, "CAP_PERFMON")
    nothing_attached("a")


def a_small_memory_lock_limit_is_no_error():
    result = run("a", "prlimit", "--memlock=0", *NOBODY, "--inh-caps=+bpf,+perfmon,+net_admin",
                 "--ambient-caps=+bpf,+perfmon,+net_admin", SYNSCOPE, "run", "eth0", "--duration", "200ms")  # fmt: skip
    equal(result.returncode, 0, f"exit status ({result.stderr.strip()})")


def compile_other_program(directory, section):
    source = directory / "other.c"
    source.write_text(OTHER_PROGRAM.replace('"xdp"', f'"{section}"'))
    must(None, "clang", "-O2", "-g", "-target", "bpf", "-c", source, "-o", directory / "other.o")


def another_program_is_left_alone():
    with temporary_directory() as directory:
        compile_other_program(directory, "xdp")
        must("a", "ip", "link", "set", "eth0", "xdpdrv", "obj", str(directory / "other.o"), "sec", "xdp")
        try:
            before = must("a", "ip", "-d", "link", "show", "eth0")
            for mode in ("auto", "native", "generic"):
                expect_error(synscope("a", "run", "eth0", "--mode", mode), 1, "eth0", "somebody_else")
            equal(must("a", "ip", "-d", "link", "show", "eth0"), before, "the other program")
            result = synscope("a", "run", "eth0", "--mode", "tc", "--duration", "100ms")
            equal(result.returncode, 0, f"beside it by tc: {result.stderr.strip()}")
        finally:
            must("a", "ip", "link", "set", "eth0", "xdpdrv", "off")


def another_generic_program_hides_nothing():
    """It takes frames of several buffers: what passed it comes to tc without an Ethernet header (Linux 6.18)."""
    with temporary_directory() as directory:
        compile_other_program(directory, "xdp.frags")
        must("a", "ip", "link", "set", "eth0", "xdpgeneric", "obj", str(directory / "other.o"), "sec", "xdp.frags")
        try:
            with Live("a", "run", "eth0", "--mode", "tc", "--view", "counters", "--json") as live:
                run("b", "ping", "-c", "3", "-i", "0.1", os.environ["ADDR_A"])
                live.stop()
            layers = live.objects()[-1]["layers"]
            check(layers["icmp"] >= 6, f"three pings, and their answers: {layers}")
            equal(layers["other"], 0, "frames of no known layer")
        finally:
            must("a", "ip", "link", "set", "eth0", "xdpgeneric", "off")


def no_bpf_file_system():
    with temporary_directory() as directory:
        for place in (str(directory), str(directory / "missing")):
            result = synscope("a", "attach", "eth0", "--bpffs", place)
            expect_error(result, 1, place, "mount -t bpf")
    nothing_attached("a")


def a_private_bpf_file_system_is_warned_of():
    """What is mounted below `ip netns exec` is gone with the command."""
    with temporary_directory() as directory:
        script = f"""mount -t bpf bpf {directory} && {SYNSCOPE} attach eth0 --bpffs {directory} &&
            {SYNSCOPE} counters eth0 --bpffs {directory} >/dev/null && {SYNSCOPE} detach eth0 --bpffs {directory}"""
        result = run(None, "ip", "netns", "exec", os.environ["HOST_A"], "sh", "-c", script)
        equal(result.returncode, 0, f"exit status ({result.stderr.strip()})")
        contains(result.stderr, ["nsenter --net=", "--bpffs"], "warning")
    nothing_attached("a")


def pretend_another_version(version, other):
    """Writes another version into what `attach` pinned: the map that tells who made the pins."""
    (info,) = pathlib.Path(os.environ["BPFFS"]).glob("synscope/*/info")
    value = json.loads(must(None, "bpftool", "-j", "map", "dump", "pinned", info))[0]["value"]
    octets = bytearray(bytes(int(octet, 16) for octet in value).replace(version.encode(), other.encode()))
    octets[0] += 1  # the number of the layout
    must(None, "bpftool", "map", "update", "pinned", info, "key", *"0000", "value", *map(str, octets))


def pins_of_another_version():
    with pinned("a") as place:
        version = synscope(None, "--version").stdout.split()[-1]
        other = "9" + version[1:]
        pretend_another_version(version, other)
        for command in ("counters", "conns", "tail"):
            result = synscope("a", command, "eth0", *place)
            expect_error(result, 1, version, other, "detach")
        equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach of another version's pins")
        nothing_attached("a")


def replace(name, kind, size):
    """Somebody else's map in the place of one that `attach` pinned; its values are larger than what is asked for."""
    (pin,) = pathlib.Path(os.environ["BPFFS"]).glob(f"synscope/*/{name}")
    pin.unlink()
    must(None, "bpftool", "map", "create", pin, "type", kind, "key", "4", "value", str(size), "entries", "1", "name", "other")


def pins_that_somebody_else_made():
    with pinned("a") as place:
        replace("counters", "percpu_array", 32000)
        for command in ("counters", "conns", "tail"):
            expect_error(synscope("a", command, "eth0", *place), 1, "not synscope's")
        replace("info", "percpu_array", 32000)
        for command in ("counters", "attach"):
            equal(synscope("a", command, "eth0", *place).returncode, 1, f"{command}: exit status")
        contains(synscope("a", "status", "eth0", *place).stdout, "by another version", "status")
        equal(synscope("a", "detach", "eth0", *place).returncode, 0, "detach of what others pinned")
        nothing_attached("a")


def what_is_advised_names_the_file_system():
    place = ["--bpffs", os.environ["BPFFS"]]
    named = " ".join(place)
    for command in ("counters", "conns", "tail", "detach"):
        expect_error(synscope("a", command, "eth0", *place), 1, f"synscope status {named}")
    expect_error(synscope("a", "counters", *place), 1, f"synscope attach IFACE {named}")
    with pinned("a"):
        expect_error(synscope("a", "attach", "eth0", *place), 1, f"synscope detach eth0 {named}")
        version = synscope(None, "--version").stdout.split()[-1]
        pretend_another_version(version, "9" + version[1:])
        for command in ("counters", "attach"):
            expect_error(synscope("a", command, "eth0", *place), 1, f"synscope detach eth0 {named}", "9" + version[1:], version)
        contains(synscope("a", "status", "eth0", *place).stdout, f"synscope detach eth0 {named}", "status")


def says_that_root_can_look(result):
    expect_error(result, 1, "eth0", "Permission denied", "root")
    check("detach" not in result.stderr and "nothing" not in result.stderr, f"not to be detached: {result.stderr}")


def attached_and_not_for_everybody_to_read():
    """Neither absent nor broken, whether its directory or the whole file system is closed to this user."""
    bpffs = pathlib.Path(os.environ["BPFFS"])
    with temporary_directory() as directory, pinned("a") as place:
        directory.chmod(0o755)
        copy = shutil.copy(SYNSCOPE, directory / "synscope")
        for mode in (0o1777, 0o700):
            bpffs.chmod(mode)
            try:
                for command in ("counters", "conns", "tail", "detach"):
                    says_that_root_can_look(run("a", *NOBODY, copy, command, "eth0", *place))
                status = must("a", *NOBODY, copy, "status", "eth0", *place)
                everybody = run("a", *NOBODY, copy, "counters", *place)
            finally:
                bpffs.chmod(0o1777)
            contains(status, ["this user can't look", "sudo synscope status"], "status")
            for wrong in ("nothing that stays", "incomplete", "detach"):
                check(wrong not in status, f"status says {wrong!r}: {status}")
            equal(everybody.returncode, 1, "counters of everything")
            contains(everybody.stderr, "root", "counters of everything")
        equal(synscope("a", "counters", "eth0", *place).returncode, 0, "it goes on")


def nothing_is_attached():
    place = ["--bpffs", os.environ["BPFFS"]]
    for command in ("tail", "counters", "conns", "detach"):
        expect_error(synscope("a", command, "eth0", *place), 1, "eth0")


def a_file_stays_as_it_is_where_nothing_is_attached():
    with temporary_directory() as directory:
        output = directory / "kept"
        output.write_text("kept")
        for command in ("tail", "counters", "conns"):
            result = synscope("a", command, "eth0", "--bpffs", os.environ["BPFFS"], "-o", str(output))
            expect_error(result, 1, "nothing is attached")
            equal(output.read_text(), "kept", f"{command} -o")
        expect_error(synscope("a", "run", "nowhere", "-o", str(output)), 1, "no such interface")
        equal(output.read_text(), "kept", "run -o")


def what_is_no_capture():
    expect_error(synscope(None, "replay", "-", input="no capture at all, but some text"), 1, "standard input", "pcapng")


def a_table_that_memory_cannot_hold():
    """The largest table, on a machine that says it has 100 MB left."""
    with temporary_directory() as directory:
        said = pathlib.Path("/proc/meminfo").read_text()
        (directory / "meminfo").write_text(re.sub(r"(MemAvailable: +)\d+", r"\g<1>100000", said))
        pretend = f"mount --bind {directory}/meminfo /proc/meminfo && exec {SYNSCOPE} run eth0 -d 1s --max-connections {1 << 24}"
        expect_error(run("a", "unshare", "--mount", "sh", "-c", pretend), 1, "--max-connections", "MiB")
    nothing_attached("a")


def a_replay_that_cannot_begin():
    with temporary_directory() as directory:
        directory.chmod(0o755)
        copy, capture = shutil.copy(SYNSCOPE, directory / "synscope"), directory / "a.pcap"
        capture.write_bytes(bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000"))
        expect_error(run("a", *NOBODY, copy, "replay", "--engine", "bpf", capture), 1, "CAP_BPF")
        result = run("a", "prlimit", f"--as={2 << 30}", copy, "replay", "--max-connections", str(1 << 24), capture)
        expect_error(result, 1, "--max-connections")


def a_capture_is_not_written_over():
    """By itself, a link, or a descriptor; cp says so, too."""
    with temporary_directory() as directory:
        capture, content = directory / "a.pcap", bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000")
        capture.write_bytes(content)
        (directory / "hard").hardlink_to(capture)
        (directory / "soft").symlink_to(capture)
        for output in (capture, directory / "hard", directory / "soft"):
            expect_error(synscope(None, "replay", capture, "-o", output), 1, str(capture), "the same file")
        result = run(None, "sh", "-c", f"{SYNSCOPE} replay - -o {capture} <{capture}")
        expect_error(result, 1, "the same file")
        equal(capture.read_bytes(), content, "the capture")
        for output in ("/dev/stdout", directory / "new", "/dev/null"):
            equal(synscope(None, "replay", capture, "-o", output).returncode, 0, f"exit status with -o {output}")
        result = run(None, "sh", "-c", f"cat {capture} | {SYNSCOPE} replay - -o {directory}/new")
        equal(result.returncode, 0, f"exit status from a pipe ({result.stderr})")


def a_full_disk():
    result = synscope("a", "run", "eth0", "--view", "counters", "--interval", "100ms", "-d", "5s", "-o", "/dev/full")
    equal(result.returncode, 1, "exit status")
    contains(result.stderr, ["/dev/full", "No space left"], "error")
    command = inside_host("a", [SYNSCOPE, "run", "eth0", "--view", "counters", "--interval", "100ms", "-d", "5s"])
    result = run(None, "sh", "-c", '"$@" >/dev/full', "sh", *command)
    equal(result.returncode, 1, "exit status with a full standard output")
    result = synscope("a", "run", "eth0", "-o", "/no/such/place")
    equal(result.returncode, 1, "exit status with no such place")
    contains(result.stderr, "/no/such/place", "error")
    nothing_attached("a")


def a_closed_pipe_is_no_error():
    command = inside_host("a", [SYNSCOPE, "run", "eth0", "--view", "counters", "--json", "--interval", "50ms", "-d", "10s"])
    script = '("$@"; echo "status $?" >&2) | head -n 1'
    result = run(None, "bash", "-c", script, "bash", *command, timeout=8)
    contains(result.stderr, "status 0", "a closed pipe")
    equal(len(result.stdout.splitlines()), 1, "lines")
    check("roken pipe" not in result.stderr, f"quietly: {result.stderr!r}")
    nothing_attached("a")


def closing(descriptors, *command):
    """The shell's command without some of its standard descriptors."""
    return run(None, "sh", "-c", '"$@" ' + descriptors, "sh", *command, timeout=8)


def messages_do_not_get_into_the_data():
    """Numbers of descriptors that are closed are given to the next files that are opened."""
    watch = inside_host("a", [SYNSCOPE, "run", "eth0", "--view", "counters", "--json", "--interval", "50ms", "-d", "300ms"])
    for descriptors in ("2>&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-", "<&- >&-"):
        with temporary_directory() as directory:
            file = directory / "data"
            equal(closing(descriptors, *watch, "-v", "-o", file).returncode, 0, f"exit status with {descriptors}")
            lines = file.read_text().splitlines()
            check(len(lines) > 1, f"{descriptors}: lines of data")
            for line in lines:
                json.loads(line)
    equal(closing("2>&-", SYNSCOPE, "frobnicate").returncode, 2, "exit status of an error that nobody sees")
    equal(closing("<&-", SYNSCOPE, "replay", "-").returncode, 1, "exit status of a replay without an input")
    nothing_attached("a")


def a_closed_standard_output_is_no_error():
    for command in (["run", "eth0"], ["run", "eth0", "--view", "counters", "--interval", "50ms"], ["status"]):
        result = closing(">&-", *inside_host("a", [SYNSCOPE, *command]))
        equal(result.returncode, 0, f"{command}: exit status ({result.stderr})")
        check("synscope: standard output" not in result.stderr, f"{command}: quietly: {result.stderr!r}")
    with pinned("a") as place:
        for command in ("tail", "counters", "conns"):
            result = closing(">&-", *inside_host("a", [SYNSCOPE, command, "eth0", *place]))
            equal((result.returncode, result.stderr), (0, ""), f"{command}: exit status and standard error")
    nothing_attached("a")


main(
    wrong_usage_ends_with_2,
    help_and_version_end_with_0,
    no_such_interface,
    a_name_too_long_for_an_interface,
    one_bad_interface_of_two,
    no_privileges,
    a_small_memory_lock_limit_is_no_error,
    another_program_is_left_alone,
    another_generic_program_hides_nothing,
    no_bpf_file_system,
    a_private_bpf_file_system_is_warned_of,
    pins_of_another_version,
    pins_that_somebody_else_made,
    what_is_advised_names_the_file_system,
    attached_and_not_for_everybody_to_read,
    nothing_is_attached,
    a_file_stays_as_it_is_where_nothing_is_attached,
    what_is_no_capture,
    a_table_that_memory_cannot_hold,
    a_replay_that_cannot_begin,
    a_capture_is_not_written_over,
    a_full_disk,
    a_closed_pipe_is_no_error,
    messages_do_not_get_into_the_data,
    a_closed_standard_output_is_no_error,
)
