#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Alternative names, new ones, and odd ones: what is attached is found by each, and no name speaks to the terminal."""

import json
import os

from lib import (
    attached, check, contains, equal, expect_error, inside_host, json_lines, main, must, need, nothing_attached, run,
    synscope,
)  # fmt: skip

need("hosts")

PLACE = ["--bpffs", os.environ["BPFFS"]]


def done(*arguments):
    result = synscope("a", *arguments, *PLACE)
    equal(result.returncode, 0, f"{' '.join(arguments)}: {result.stderr.strip()}: status")
    return result


def an_alternative_name():
    for name in ("uplink", "a-name-that-is-longer-than-any-first-one-may-be"):
        must("a", "ip", "link", "property", "add", "dev", "eth0", "altname", name)
        try:
            done("attach", name)
            equal(json_lines(done("counters", name))[0]["interface"], "eth0", "interface")
            equal(json_lines(done("counters", "eth0"))[0]["interface"], "eth0", "interface")
            done("conns", name)
            done("tail", name, "-d", "100ms")
            check("nothing that stays" not in done("status", name).stdout, "status knows that it is attached")
            expect_error(synscope("a", "attach", name, *PLACE), 1, "eth0: is attached already")
            done("detach", name)
            nothing_attached("a")
        finally:
            synscope("a", "detach", "--all", *PLACE)
            must("a", "ip", "link", "property", "del", "dev", "eth0", "altname", name)


def all_or_nothing_by_an_alternative_name():
    must("a", "ip", "link", "property", "add", "dev", "eth0", "altname", "uplink")
    try:
        equal(synscope("a", "attach", "uplink", "nowhere", *PLACE).returncode, 1, "status")
        nothing_attached("a")
    finally:
        must("a", "ip", "link", "property", "del", "dev", "eth0", "altname", "uplink")


def spare(action):
    must("a", "ip", "link", *action.split())


def a_new_name():
    spare("add first type veth peer name peer")
    try:
        done("attach", "first")
        spare("set first name second")
        equal(json_lines(done("counters", "second"))[0]["interface"], "second", "interface")
        equal([c["interface"] for c in json_lines(done("counters"))], ["second"], "interfaces")
        check("nothing that stays" not in done("status", "second").stdout, "status knows that it is attached")
        spare("add first type veth peer name peer2")
        expect_error(synscope("a", "counters", "first", *PLACE), 1, "first: nothing is attached here that stays")
        expect_error(synscope("a", "attach", "first", *PLACE), 1, "goes on as second", "synscope detach second")
        check("nothing that stays" in done("status", "first").stdout, "status of the next one")
        done("detach", "second")
        done("attach", "first")
        done("detach", "first")
    finally:
        synscope("a", "detach", "--all", *PLACE)
        run("a", "ip", "link", "del", "first")
        run("a", "ip", "link", "del", "second")


def odd_names():
    for name in ("a\x1b[2Jb", b"\xff\xfe"):
        must("a", "ip", "link", "add", name, "type", "veth", "peer", "name", "peer")
        must("a", "ip", "link", "set", name, "up")
        try:
            for command in (["run", name, "--view", "counters", "--json", "-d", "100ms"], ["status", name, "--json"], ["status", name]):
                result = synscope("a", *command, *(PLACE if command[0] == "status" else []))
                equal(result.returncode, 0, f"status ({result.stderr})")
                check("\x1b" not in result.stdout + result.stderr, "no escape sequence")
                if "--json" in command:
                    [json.loads(line) for line in result.stdout.splitlines()]
        finally:
            must("a", "ip", "link", "del", name)


def one_that_cannot_be_read_hides_no_other():
    done("attach", "eth0", "lo")
    try:
        (info,) = [p for p in os.listdir(os.environ["BPFFS"] + "/synscope") if p.startswith("eth0@")]
        os.unlink(f"{os.environ['BPFFS']}/synscope/{info}/info")
        for command in ("counters", "conns"):
            result = synscope("a", command, "--json", *PLACE)
            equal(result.returncode, 1, f"{command}: status")
            contains(result.stderr, "eth0", f"{command}: error")
            if command == "counters":
                equal([json.loads(line)["interface"] for line in result.stdout.splitlines()], ["lo"], "interfaces")
    finally:
        synscope("a", "detach", "--all", *PLACE)
    nothing_attached("a")


main(
    an_alternative_name,
    all_or_nothing_by_an_alternative_name,
    a_new_name,
    odd_names,
    one_that_cannot_be_read_hides_no_other,
)
