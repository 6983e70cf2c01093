#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the verifiers of older kernels refuse (kernel/bpf/verifier.c of 6.1), and this machine's may not:

  stack  more than 512 bytes for all functions that call one another, each rounded up to 32
         (check_max_stack_depth(); later ones round to 16)
  loops  one that begins again by no jump, but by going on to the next instruction (check_cfg())

usage: older_verifiers.py OBJECT

The last line printed is: N passed, N failed, N skipped.
"""
import re
import subprocess
import sys

MAX_STACK, ROUNDED_TO = 512, 32


class Function:
    """What is to be known of one."""

    def __init__(self):
        self.stack = 0  # bytes
        self.calls = set()
        self.next = {}  # number of an instruction -> those that may follow, first the next one


def disassemble(path):
    return subprocess.run(["llvm-objdump", "-dr", "--no-show-raw-insn", path],
                          stdout=subprocess.PIPE, text=True, check=True).stdout


def read_functions(text):
    """Name -> Function."""
    functions, f = {}, None
    for line in text.splitlines():
        begins = re.match(r"[0-9a-f]+ <(\w+)>:", line)
        if begins and not begins[1].startswith("LBB"):
            f = functions[begins[1]] = Function()
        if f is None:
            continue
        f.calls.update(re.findall(r"R_BPF_64_32\s+(\w+)", line))
        instruction = re.match(r"\s+(\d+):\t(.*)", line)
        if instruction:
            read_instruction(f, int(instruction[1]), instruction[2])
    return functions


def read_instruction(f, number, text):
    for place in re.findall(r"\(r10 - (0x[0-9a-f]+|\d+)\)", text) + re.findall(r"r\d \+= -(0x[0-9a-f]+|\d+)$", text):
        if int(place, 0) <= MAX_STACK:  # else it is no place on the stack
            f.stack = max(f.stack, int(place, 0))
    following = number + (2 if text.endswith(" ll") else 1)
    jump = re.search(r"goto ([+-](?:0x)?[0-9a-f]+)", text)
    target = [number + 1 + int(jump[1], 0)] if jump else []
    if text == "exit":
        f.next[number] = []
    elif text.startswith("goto"):
        f.next[number] = target
    else:
        f.next[number] = [following] + target


def deepest(name, functions):
    """The bytes that a function and what it calls take at most, and the way there."""
    f = functions[name]
    below = max((deepest(c, functions) for c in f.calls if c in functions), default=(0, []))
    own = max(ROUNDED_TO, -(-f.stack // ROUNDED_TO) * ROUNDED_TO)
    return own + below[0], [f"{name} {f.stack}"] + below[1]


def falls_back(f):
    """An instruction that is no jump, and behind which a loop begins again; None: there is none."""
    first = min(f.next)
    way, on_way, seen = [(first, iter(f.next[first]))], {first}, {first}
    while way:
        number, rest = way[-1]
        step = next(rest, None)
        if step is None:
            way.pop()
            on_way.discard(number)
        elif step in on_way:
            if len(f.next[number]) == 1 and 0 < step - number <= 2:
                return number
        elif step not in seen:
            seen.add(step)
            on_way.add(step)
            way.append((step, iter(f.next[step])))
    return None


def main():
    functions = read_functions(disassemble(sys.argv[1]))
    programs = [name for name in functions if name.startswith("synscope_")]
    if not programs:
        sys.exit(f"{sys.argv[1]}: no programs")
    checked = failed = 0
    for name in programs:
        total, way = deepest(name, functions)
        checked += 1
        if total > MAX_STACK:
            failed += 1
            print(f"{total} bytes of stack: {', '.join(way)}")
    for name, f in functions.items():
        checked += 1
        if (number := falls_back(f)) is not None:
            failed += 1
            print(f"{name}: a loop begins again behind instruction {number}, without a jump")
    print(f"{checked - failed} passed, {failed} failed, 0 skipped")
    sys.exit(failed > 0)


main()
