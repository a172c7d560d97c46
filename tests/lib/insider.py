# SPDX-License-Identifier: Apache-2.0
"""Somebody inside of TLS: a load balancer that lies, or whoever holds the service's server key. He sees every request and answer in
clear and gives other answers; what was asked of the service has happened all the same."""
import base64
import contextlib
import http.client
import http.server
import json
import re
import ssl
import threading

from cryptography.hazmat.primitives.serialization import load_pem_private_key

import codec
from world import DEADLINE_S, free_port


class Insider:
    """An HTTPS server on .port with the service's own certificate and key. It forwards requests with the terminal's certificate, as a load
    balancer passes its identity on. .change(method, path, status, body) gives what the terminal gets: (status, body), with a third value
    a Content-Length that may be a lie; or None, and the connection ends without an answer. Long polls are asked one second at a time, and not
    held at all while something is changed. .asked lists (method, path). What is asked on .lost, a path, never reaches the service."""

    def __init__(self, service):
        self.port, self.service = free_port(), service
        self.state = None  # the terminal's, set by who has one
        self.change, self.asked, self.lost = None, [], None
        insider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *args):  # pylint: disable=arguments-differ
                pass

            def do_GET(self):
                insider.forward(self)

            do_POST = do_DELETE = do_GET

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.server.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(service.dir / "server.crt", service.dir / "server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def heal(self):
        self.change = self.lost = None

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def ask(self, method, path, body, headers):
        if path == self.lost:
            return 503, None, b""
        context = ssl.create_default_context(cafile=self.service.dir / "server-ca.crt")
        context.load_cert_chain(self.state / "terminal.crt", self.state / "terminal.key")
        with contextlib.closing(http.client.HTTPSConnection("localhost", self.service.port, context=context, timeout=DEADLINE_S)) as c:
            c.request(method, path, body, headers)
            a = c.getresponse()
            return a.status, a.getheader("Content-Type"), a.read()

    def forward(self, h):
        body = h.rfile.read(int(h.headers.get("Content-Length", 0))) or None
        headers = {k: h.headers[k] for k in ("Content-Type",) if k in h.headers}
        h.close_connection = True
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, kind, got = self.ask(h.command, re.sub(r"wait=\d+", f"wait={0 if self.change else 1}", h.path), body, headers)
            self.asked.append((h.command, h.path))
            out = self.change(h.command, h.path, status, got) if self.change else (status, got)
            if out is None:
                return
            length = out[2] if len(out) > 2 else len(out[1])
            h.close_connection = length != len(out[1])
            h.send_response(out[0])
            if kind:
                h.send_header("Content-Type", kind)
            h.send_header("Content-Length", str(length))
            h.end_headers()
            h.wfile.write(out[1])

    def on(self, start, change):
        """Answers on paths that begin so become change(status, body)."""
        self.change = lambda m, path, status, got: change(status, got) if path.startswith(start) else (status, got)

    def inject(self, *envelopes):
        """Every poll is answered with these instead."""
        text = json.dumps({"notices": envelopes}).encode()
        self.on("/v1/notices", lambda status, got: (200, text))

    def each_notice(self, change):
        """Of every poll: each notice becomes change(notice), None drops it."""
        def of(status, got):
            notices = [out for e in json.loads(got)["notices"] if (out := change(e)) is not None]
            return status, json.dumps({"notices": notices}).encode()
        self.on("/v1/notices", of)


def kind_of(envelope):
    return envelope["payloadType"].split(".")[2]


def said(envelope):
    return json.loads(base64.b64decode(envelope["payload"]))


def signed(service, key, envelope, **changes):
    """The notice with other words, signed by that key of the service's directory."""
    private = load_pem_private_key((service.dir / key).read_bytes(), None)
    return json.loads(codec.notice_seal(kind_of(envelope), {**said(envelope), **changes}, private))


def with_payload(envelope, change):
    """The payload's bytes changed, the signature left as it was."""
    return {**envelope, "payload": base64.b64encode(change(base64.b64decode(envelope["payload"]))).decode()}
