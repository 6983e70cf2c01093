#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the seed corpus of fuzz_service: seed_service.py OUTPUT

Beginnings of streams, both directions where both matter. A capital name in the table below: the
responder speaks first.
"""
import os
import struct
import sys


def vector(size, data):
    return len(data).to_bytes(size, "big") + data


def client_hello(server):
    name = vector(2, b"\0" + vector(2, server))
    extensions = struct.pack("!HHHH", 0x0A0A, 0, 23, 0) + struct.pack("!H", 0) + vector(2, name)
    body = b"\3\3" + bytes(32) + vector(1, b"") + vector(2, b"\x13\1\x13\2") + vector(1, b"\0") + vector(2, extensions)
    return b"\x16\3\1" + vector(2, b"\1" + vector(3, body))


def dns(query):
    header = struct.pack("!6H", 7, 0x0100 if query else 0x8180, 1, 0, 0, 0)
    return vector(2, header + b"\7example\3org\0\0\1\0\1")


STREAMS = {
    "http": (b"GET /a HTTP/1.1\r\nHost: example.org:8080\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"),
    "http2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0\0\0\4\0\0\0\0\0"),
    "tls": (client_hello(b"example.org"), b"\x16\3\3\0\x31\2"),
    "amqp091": (b"AMQP\0\0\x09\1", b"\1\0\0\0\0\0\x0b\0\x0a\0\x0a"),
    "amqp1": (b"AMQP\0\1\0\0", b"AMQP\0\1\0\0"),
    "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-2.0-dropbear\r\n"),
    "SMTP": (b"220 mail.example.org ESMTP\r\n", b"EHLO localhost\r\n"),
    "FTP": (b"220 ready\r\n", b"USER anonymous\r\n"),
    "POP3": (b"+OK ready\r\n", b"CAPA\r\n"),
    "IMAP": (b"* OK ready\r\n", b"a CAPABILITY\r\n"),
    "RFB": (b"RFB 003.008\n", b"RFB 003.008\n"),
    "TELNET": (b"\xff\xfd\x18\xff\xfd\x20", b"\xff\xfb\x18\xff\xfb\x20"),
    "MYSQL": (b"\x4a\0\0\0\x0a5.7.30\0" + bytes(66), b"\x20\0\0\1\x85\xa6\xff\1" + bytes(28)),
    "NATS": (b'INFO {"server_id":"x"} \r\n', b"CONNECT {}\r\n"),
    "redis": (b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n"),
    "memcached": (b"get foo\r\n", b"END\r\n"),
    "mqtt": (b"\x10\x10\0\4MQTT\4\2\0\x3c\0\4abcd", b"\x20\2\0\0"),
    "ldap": (b"0\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0", b"0\x0c\2\1\1\x61\7\x0a\1\0\4\0\4\0"),
    "dns": (dns(True), dns(False)),
    "smb": (b"\0\0\0\x40\xfeSMB\x40\0" + bytes(58), b"\0\0\0\x40\xfeSMB\x40\0" + bytes(58)),
    "socks5": (b"\5\1\0", b"\5\0"),
    "socks4": (b"\4\1\0\x50\x0a\0\0\1\0", b"\0\x5a" + bytes(6)),
    "postgresql": (b"\0\0\0\x08\4\xd2\x16\x2f", b"N"),
    "mongodb": (struct.pack("<4i", 58, 1, 0, 2004) + bytes(42), b""),
    "rdp": (b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", b"\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\0\x08\0\2\0\0\0"),
    "dce_rpc": (b"\5\0\x0b\3\x10\0\0\0\x48\0\0\0\1\0\0\0" + bytes(56), b"\5\0\x0c\3\x10\0\0\0\x3c\0\0\0\1\0\0\0" + bytes(44)),
    "nfs": (bytes.fromhex("80000028000000010000000000000002000186a300000003") + bytes(20), b""),
    "xmpp": (b"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client'>", b""),
    "ajp": (b"\x12\x34\0\1\2" + bytes(10), b""),
    "fix": (b"8=FIX.4.2\x019=70\x0135=A\1", b""),
    "giop": (b"GIOP\1\2\0\0" + bytes(20), b""),
    "pptp": (bytes.fromhex("009c00011a2b3c4d00010000") + bytes(144), b""),
    "smpp": (bytes.fromhex("0000002f00000002000000000000000161") + bytes(30), b""),
    "zabbix": (b"ZBXD\1\5" + bytes(7) + b"hello", b""),
    "drda": (bytes.fromhex("0029d041000100231041001f115e") + bytes(27), b""),
    "afp": (bytes.fromhex("000400010000000000000000000000000000") + bytes(8), b""),
    "oracle": (bytes.fromhex("00e20000010000000138012c00000800") + bytes(210), b""),
}


def main():
    for name, payloads in STREAMS.items():
        first = name.isupper()
        out = b""
        for i, payload in enumerate(payloads):
            out += bytes([i ^ first]) + vector(2, payload)
        with open(os.path.join(sys.argv[1], name.lower()), "wb") as f:
            f.write(out)


main()
