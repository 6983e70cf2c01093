# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel's own word of its sockets and of its traffic."""

import ipaddress

from lib import must

NAMES = {"ESTAB": "ESTABLISHED", "SYN-RECV": "SYN_RECEIVED", "UNCONN": "CLOSED"}


def endpoint(text):
    """("10.9.0.1", 80) of "10.9.0.1:80", "[::1]:80" and "10.9.0.1%eth0:80"."""
    address, _, port = text.rpartition(":")
    address = ipaddress.ip_address(address.strip("[]").split("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address), int(port)


def sockets(which):
    """{(own endpoint, peer's endpoint): state} of a host, in the names of RFC 9293."""
    found = {}
    for line in must(which, "ss", "-tanH").splitlines():
        state, _, _, own, peer = line.split()[:5]
        if state != "LISTEN":
            found[endpoint(own), endpoint(peer)] = NAMES.get(state, state.replace("-", "_"))
    return found


def snmp(which):
    """{"Tcp.InSegs": 5, ...} of what the stack of a host counts."""
    counts = {}
    for name in ("snmp", "netstat"):
        lines = must(which, "cat", f"/proc/net/{name}").splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            kind = names.split(":")[0]
            for key, value in zip(names.split()[1:], values.split()[1:]):
                counts[f"{kind}.{key}"] = int(value)
    for line in must(which, "cat", "/proc/net/snmp6").splitlines():
        key, value = line.split()
        counts[key] = int(value)
    return counts
