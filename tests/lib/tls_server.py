# SPDX-License-Identifier: Apache-2.0
"""A service that does what the link's unit tests ask of it, over real TLS. Started by them: argument is a directory, where it
leaves ca.crt, client.crt and client.key; prints one "NAME PORT" line for each way of listening, then "ready"; ends when
standard input does. Paths say what is to happen (see `answer`)."""
import datetime
import email.utils
import json
import os
import pathlib
import socket
import ssl
import sys
import threading

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

import impostor

DAY = 86400
seen = {"connections": 0}
begun = []  # answers that were begun, in the order of their beginning
PARTS = {"/record": b"\x17\x03\x03\x01\x00" + bytes(100), "/header": b"\x17\x03\x03\x01\x00", "/bit": b"\x17\x03",  # of a TLS record
         "/head": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
         "/body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n{}"}
idle = []  # connections that were asked to be dropped when the next /drop comes


def problem(code, status, **more):
    body = json.dumps({"type": "about:blank", "title": code, "status": status, "code": code, **more}).encode()
    return status, "application/problem+json", body


def answer(method, path, headers, body, sock):
    """(status, type, body), or None when the connection was dealt with."""
    if path == "/echo":
        text = {"method": method, "type": headers.get("content-type"), "auth": headers.get("authorization"), "len": len(body),
                "expect": headers.get("expect")}
        return 200, "application/json; charset=utf-8", json.dumps(text).encode()
    if path == "/count":
        return 200, "application/json", json.dumps({**seen, "open": len(idle)}).encode()
    if path == "/big":
        return 200, "application/octet-stream", b"x" * (2 << 20)
    if path == "/problem":
        return problem("chain_gap", 409, expected=7)
    if path == "/unknown":
        return problem("no_such_code", 400)
    if path == "/odd":
        return 503, "text/html", b"<h1>no</h1>"
    if path == "/moved":
        return 302, "text/plain", b""
    if path == "/cut":
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"half\":")
        return None
    if path == "/nothing":
        return None
    if path == "/garbage":
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        return None
    if path == "/slow":
        while sock.recv(1):
            pass
        return None
    if path in PARTS:
        if path in ("/record", "/header", "/bit"):
            with socket.socket(fileno=os.dup(sock.fileno())) as raw:
                raw.sendall(PARTS[path])
        else:
            sock.sendall(PARTS[path])
            begun.append(sock)
        while sock.recv(1):
            pass
        return None
    if path == "/more":
        begun[-1].sendall(b" ")
        return 200, "application/json", b"{}"
    if path == "/drop":
        while idle:
            other = idle.pop()
            if other is not sock:
                other.shutdown(socket.SHUT_RDWR)
        return 200, "application/json", b"{}"
    return 200, "application/json", b"{\"ok\":true}"


def serve(sock, date):
    f = sock.makefile("rb")
    try:
        while True:
            line = f.readline()
            if not line:
                return
            method, path, _ = line.decode().split(" ")
            headers = {}
            while (h := f.readline().strip()):
                k, v = h.decode().split(":", 1)
                headers[k.lower()] = v.strip()
            body = f.read(int(headers.get("content-length", 0)))
            if sock not in idle:
                idle.append(sock)
            out = answer(method, path, headers, body, sock)
            if out is None:
                return
            status, kind, text = out
            when = email.utils.formatdate(datetime.datetime.now().timestamp() + date, usegmt=True)
            sock.sendall(f"HTTP/1.1 {status} X\r\nDate: {when}\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\n\r\n"
                         .encode() + text)
    except (OSError, ValueError):
        pass
    finally:
        if sock in idle:
            idle.remove(sock)
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()


def handle(raw, context, date):
    try:
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is None:
            raw.recv(4096)
            raw.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            raw.close()
            return
        keep = raw.dup()
        keep.settimeout(10)
        with keep:
            try:
                sock = context.wrap_socket(raw, server_side=True)
            except ssl.SSLError:
                # Closed with something unread the kernel would send a reset, and the alert that says why would be lost.
                keep.shutdown(socket.SHUT_WR)
                while keep.recv(4096):
                    pass
                return
        serve(sock, date)
    except OSError:
        raw.close()


def listen(name, context, date=0):
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("127.0.0.1", 0))
    server.listen(64)

    def accept():
        while True:
            raw, _ = server.accept()
            seen["connections"] += 1
            threading.Thread(target=handle, args=(raw, context, date), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(name, server.getsockname()[1], flush=True)


def main(directory):
    directory = pathlib.Path(directory)
    key, ca = impostor.foreign_ca()
    other_key, other = impostor.foreign_ca(like=ca)
    (directory / "ca.crt").write_bytes(ca.public_bytes(Encoding.PEM))
    cert, private = impostor.issue(key, ca, usage=ExtendedKeyUsageOID.CLIENT_AUTH, uri="urn:huika:terminal:x", start=-1, end=30)
    (directory / "client.crt").write_bytes(cert)
    (directory / "client.key").write_bytes(private)

    def tls(name, pair, client_ca=None):
        chain = directory / f"{name}.pem"
        chain.write_bytes(pair[0] + pair[1])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=client_ca.public_bytes(Encoding.PEM).decode())
        return context

    good = impostor.issue(key, ca)
    listen("good", tls("good", good))
    listen("mutual", tls("mutual", good, ca))
    listen("rejecting", tls("rejecting", good, other))
    listen("expired", tls("expired", impostor.issue(key, ca, start=-20, end=-2)))
    listen("notyet", tls("notyet", impostor.issue(key, ca, start=2, end=20)))
    listen("stopped", tls("stopped", impostor.issue(key, ca, start=-20, end=-2)), -10 * DAY)
    listen("elsewhere", tls("elsewhere", impostor.issue(key, ca, host="other.example")))
    listen("foreign", tls("foreign", impostor.issue(other_key, other)))
    listen("client", tls("client", impostor.issue(key, ca, usage=ExtendedKeyUsageOID.CLIENT_AUTH)))
    old = tls("old", good)
    old.minimum_version = ssl.TLSVersion.TLSv1_2
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    listen("old", old)
    listen("plain", None)
    print("ready", 0, flush=True)
    sys.stdin.read()


main(sys.argv[1])
