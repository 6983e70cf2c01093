#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The application protocol, by real servers and clients: nginx, openssl, dropbear; and who is slow."""

import contextlib
import http.server
import os
import socket
import subprocess
import threading
import time

from lib import (
    Live, check, contains, die_with_parent, equal, eventually, host, inside_host, json_lines, main, must, need,
    pinned, run, synscope, temporary_directory,
)  # fmt: skip

need("hosts", "nginx", "curl", "openssl", "dropbear", "dbclient")

from namespace import inside  # noqa: E402

A, B, B6 = (os.environ[name] for name in ("ADDR_A", "ADDR_B", "ADDR6_B"))
NAME = "www.example.org"

NGINX = """
daemon off; master_process off; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ }}
http {{
    access_log off; client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    server {{ listen 80; listen [::]:80; location / {{ return 200 "hello"; }} }}
    server {{ listen 8080 http2; location / {{ return 200 "hello"; }} }}
}}
"""


def listens(port):
    """Whether somebody on b takes connections; asked of the kernel, so that no connection is made."""
    return f":{port} " in must("b", "ss", "-Hltn")


@contextlib.contextmanager
def server(port, *command):
    process = subprocess.Popen(inside_host("b", command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
    try:
        eventually(lambda: listens(port), f"{command[0]} on port {port}", 10)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def nginx():
    with temporary_directory() as directory:
        (directory / "nginx.conf").write_text(NGINX.format(directory=directory))
        with server(80, "nginx", "-p", directory, "-c", directory / "nginx.conf"):
            yield


def record_of(traffic, *options):
    """The one record of what `traffic` does, as it is told live."""
    with Live("a", "run", "eth0", "--view", "conns", "--json", "--linger", "100ms", *options) as live:
        traffic()
        eventually(live.objects, "a record")
        live.stop()
    records = live.objects()
    equal(len(records), 1, "records")
    return records[0]


def named(traffic, service, server_name=None):
    record = record_of(traffic)
    got = (record["service"], record["server_name"], record["service_missed"])
    equal(got, (service, server_name, False), "service, server_name, service_missed")
    return record


def curl(*arguments):
    equal(must("a", "curl", "-s", "--max-time", "5", *arguments), "hello", "answer")


def http_by_nginx():
    with nginx():
        record = named(lambda: curl("--resolve", f"{NAME}:80:{B}", f"http://{NAME}/"), "http", NAME)
        check(record["first_response_ms"] > 0, "first_response_ms")
        named(lambda: curl(f"http://[{B6}]/"), "http", f"[{B6}]")


def http2_with_prior_knowledge():
    with nginx():
        named(lambda: curl("--http2-prior-knowledge", f"http://{B}:8080/"), "http2")


def tls_by_openssl():
    with temporary_directory() as directory:
        files = ["-keyout", directory / "key", "-out", directory / "cert"]
        must(None, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=" + NAME, "-days", "2", *files)
        with server(443, "openssl", "s_server", "-accept", "443", "-quiet", "-www", "-key", directory / "key",
                    "-cert", directory / "cert"):
            def client(*options):
                run("a", "openssl", "s_client", "-connect", f"{B}:443", *options, stdin=subprocess.DEVNULL,
                    capture_output=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

            named(lambda: client("-servername", NAME), "ssl", NAME)
            named(lambda: client("-noservername", "-tls1_2"), "ssl")


def ssh_by_dropbear():
    with temporary_directory() as directory:
        must(None, "dropbearkey", "-t", "ed25519", "-f", directory / "key")
        with server(22, "dropbear", "-F", "-E", "-r", directory / "key", "-P", directory / "pid", "-p", "22"):
            named(lambda: run("a", "dbclient", "-y", "-y", f"nobody@{B}", "true", stdin=subprocess.DEVNULL), "ssh")


def on_any_port():
    """What is spoken counts, not the port: HTTP on SSH's."""
    def traffic():
        with inside(host("b")):
            listener = socket.create_server((B, 22))
        with inside(host("a")):
            client = socket.create_connection((B, 22))
        peer = listener.accept()[0]
        client.sendall(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        peer.recv(100)
        peer.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        client.recv(100)
        for one in (client, peer, listener):
            one.close()

    named(traffic, "http", "example.org")


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.4)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *unused):
        pass


def slow_application():
    with inside(host("b")):
        slow = http.server.HTTPServer((B, 8000), Slow)
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    with Live("a", "run", "eth0", "--linger", "100ms", "--port", "8000") as live:
        must("a", "curl", "-s", "--max-time", "5", f"http://{B}:8000/")
        eventually(lambda: any("closed by" in line for line in list(live.lines)), "a block")
        live.stop()
    slow.shutdown()
    slow.server_close()
    text = " ".join(" ".join(live.lines).split())
    contains(text, [f"{B}:8000 http ({B}) on eth0", "the application is slow, not the network"], "timeline")


def a_reader_that_comes_late():
    """What an earlier reader took out of the ring, the next one has missed, and says so."""
    with pinned("a") as place, inside(host("b")):
        listener = socket.create_server((B, 5001))
        with inside(host("a")):
            client = socket.create_connection((B, 5001))
        peer = listener.accept()[0]
        client.sendall(b"SSH-2.0-client\r\n")
        peer.sendall(b"SSH-2.0-server\r\n")
        client.recv(100)
        tail = ["tail", "eth0", "--view", "conns", "--json", "-d", "300ms", *place]
        equal(json_lines(synscope("a", *tail)), [], "the first reader, which leaves what is open to the second")
        now = json_lines(synscope("a", "conns", "eth0", "--json", *place))[0]
        for one in (client, peer, listener):
            one.close()
        second = json_lines(synscope("a", *tail))[0]
    equal((second["service"], second["service_missed"]), (None, True), "the second reader")
    equal((now["service"], now["service_missed"]), (None, None), "conns, which reads the table only")


main(http_by_nginx, http2_with_prior_knowledge, tls_by_openssl, ssh_by_dropbear, on_any_port, slow_application,
     a_reader_that_comes_late)
