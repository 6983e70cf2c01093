#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Whether the stack of the programs fits each kernel's verifier: 512 bytes for all functions that call one
another, each rounded up to 32 (kernel/bpf/verifier.c, check_max_stack_depth(); later ones round to 16).

usage: stack_fits.py OBJECT

The last line printed is: N passed, N failed, N skipped.
"""
import re
import subprocess
import sys

MAX_STACK, ROUNDED_TO = 512, 32


def disassemble(path):
    return subprocess.run(["llvm-objdump", "-dr", "--no-show-raw-insn", path],
                          stdout=subprocess.PIPE, text=True, check=True).stdout


def read_functions(text):
    """Name -> bytes of stack, and name -> the functions it calls."""
    stack, calls, name = {}, {}, None
    for line in text.splitlines():
        begins = re.match(r"[0-9a-f]+ <(\w+)>:", line)
        if begins and not begins[1].startswith("LBB"):
            name = begins[1]
            stack[name], calls[name] = 0, set()
        if name is None:
            continue
        for place in re.findall(r"\(r10 - (0x[0-9a-f]+|\d+)\)", line) + re.findall(r"r\d \+= -(0x[0-9a-f]+|\d+)$", line):
            if int(place, 0) <= MAX_STACK:  # else it is no place on the stack
                stack[name] = max(stack[name], int(place, 0))
        calls[name].update(re.findall(r"R_BPF_64_32\s+(\w+)", line))
    return stack, calls


def deepest(name, stack, calls):
    """The bytes that a function and what it calls take at most, and the way there."""
    below = max((deepest(c, stack, calls) for c in calls[name] if c in stack), default=(0, []))
    own = max(ROUNDED_TO, -(-stack[name] // ROUNDED_TO) * ROUNDED_TO)
    return own + below[0], [f"{name} {stack[name]}"] + below[1]


def main():
    stack, calls = read_functions(disassemble(sys.argv[1]))
    programs = [name for name in stack if name.startswith("synscope_")]
    failed = 0
    for name in programs:
        total, way = deepest(name, stack, calls)
        if total > MAX_STACK:
            failed += 1
            print(f"{total} bytes of stack: {', '.join(way)}")
    if not programs:
        sys.exit(f"{sys.argv[1]}: no programs")
    print(f"{len(programs) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(failed > 0)


main()
