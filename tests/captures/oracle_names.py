# SPDX-License-Identifier: GPL-2.0-or-later
"""
The application protocol, by the names that the keepers of captures gave them. Where a connection of such
a capture is named at all, it is named so; and at least one of them is.
"""
import os

# The first that the capture's name begins with counts.
SERVICES = (
    ("http2-nghttp2", "http2"), ("https2-", "ssl"), ("https-connect", "http"), ("http", "http"), ("websocket", "http"),
    ("v6-http", "http"), ("tls", "ssl"), ("openssl", "ssl"), ("curl-enabled-tls13", "ssl"), ("ssh", "ssh"),
    ("smtp", "smtp"), ("wireshark-bdat", "smtp"), ("ftp", "ftp"), ("imap", "imap"), ("pop3", "pop3"), ("smb", "smb"),
    ("ldap", "ldap_tcp"), ("mongo", "mongodb"), ("mqtt", "mqtt"), ("mysql", "mysql"), ("postgres", "postgresql"),
    ("socks", "socks"), ("tds", "tds"), ("irc", "irc"), ("y2038-bgp", "bgp"),
)  # fmt: skip


def service_of(capture):
    for beginning, service in SERVICES:
        if capture.startswith(beginning):
            return service
    return None


def compare(replay, folder, ledger):
    for capture in sorted(os.listdir(folder)):
        want = service_of(capture)
        if not want or not capture.endswith((".pcap", ".pcapng")):
            continue
        records = replay.records(os.path.join(folder, capture))
        found = sorted({r["service"] for r in records if r["service"]})
        ledger.check("names", capture, "service", "all", want, " ".join(found) or None)
