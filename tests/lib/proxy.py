# SPDX-License-Identifier: Apache-2.0
"""What stands between a terminal and its service. Relay: bytes of the connection, which it delays, loses, stalls, flips, cuts,
repeats and reorders, in user space, because not every kernel has netem. Insider: a man in the middle who holds the service's real
server key; it forwards requests with the terminal's own certificate and changes the answers."""
import base64
import contextlib
import http.client
import http.server
import json
import re
import socket
import ssl
import threading

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from world import DEADLINE_S, free_port


def shut(*sockets):
    for s in sockets:
        with contextlib.suppress(OSError):
            s.shutdown(socket.SHUT_RDWR)


class Relay:
    """Listens on .port, connects to .target. .mode says what becomes of bytes: a function of a chunk and its sender (True:
    the service) that gives what goes on, and whether the connection then ends. .changed counts chunks that went on otherwise."""

    def __init__(self, target):
        self.port, self.target, self.mode = free_port(), target, None
        self.flowing = threading.Event()
        self.flowing.set()
        self.open, self.changed, self.listener = [], 0, None
        self.listen()

    def listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self.listener,), daemon=True).start()

    def partition(self):
        """Nobody answers there, and what was open is reset."""
        shut(self.listener)
        self.listener.close()
        self.cut()

    def cut(self):
        while self.open:
            self.open.pop().end()

    def half_open(self):
        """The service's side of every connection ends; the terminal is not told, as after a router's restart."""
        for pair in list(self.open):
            pair.secret = True
            shut(pair.far)

    def heal(self):
        """Right again, for what comes and for what is held. Connections that were tampered with cannot go on, and end."""
        if self.mode:
            self.cut()
        self.mode = None
        self.flowing.set()
        with contextlib.suppress(OSError):
            self.listen()

    def close(self):
        self.flowing.set()
        self.partition()

    def _serve(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.target), DEADLINE_S)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        pair = _Pair(near, far)
        self.open.append(pair)
        threading.Thread(target=self._pump, args=(pair, far, near, True), daemon=True).start()
        self._pump(pair, near, far, False)

    def _pump(self, pair, source, sink, service):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                self.flowing.wait()
                out, last = self.mode(chunk, service) if self.mode else (chunk, False)
                self.changed += out != chunk
                sink.sendall(out)
                if last:
                    break
        if not pair.secret:
            pair.end()


class _Pair:
    """The two sides of one connection; secret: the near side must not hear of its end."""

    def __init__(self, near, far):
        self.near, self.far, self.secret = near, far, False

    def end(self):
        shut(self.near, self.far)


def flip(chunk, service):
    half = len(chunk) // 2
    return chunk[:half] + bytes([chunk[half] ^ 1]) + chunk[half + 1:] if service else chunk, False


def flip_upwards(chunk, service):
    return flip(chunk, not service)


def truncate(chunk, service):
    return (chunk[:len(chunk) // 2], True) if service else (chunk, False)


def lose(chunk, service):
    """Bytes out of the middle are lost; what follows still comes."""
    return chunk[:len(chunk) // 3] + chunk[len(chunk) // 3 * 2 + 1:] if service else chunk, False


def withhold(chunk, service):
    return b"" if service else chunk, False


def replay(chunk, service):
    return chunk * 2 if service else chunk, False


def reorder(chunk, service):
    half = len(chunk) // 2
    return chunk[half:] + chunk[:half] if service else chunk, False


class Insider:
    """An HTTPS server on .port with the service's certificate and key. .change(method, path, status, body) gives what the terminal
    gets, (status, body), or None: the connection ends without an answer, although the service did what was asked. Long polls are
    asked one second at a time, so that a change of mind is soon felt. .asked lists (method, path)."""

    def __init__(self, service, state):
        self.port, self.service, self.state = free_port(), service, state
        self.change, self.asked = None, []
        insider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

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

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def ask(self, method, path, body, headers):
        context = ssl.create_default_context(cafile=self.service.dir / "server-ca.crt")
        context.load_cert_chain(self.state / "terminal.crt", self.state / "terminal.key")
        with contextlib.closing(http.client.HTTPSConnection("localhost", self.service.port, context=context, timeout=DEADLINE_S)) as c:
            c.request(method, path, body, headers)
            a = c.getresponse()
            return a.status, a.getheader("Content-Type"), a.getheader("Date"), a.read()

    def forward(self, h):
        body = h.rfile.read(int(h.headers.get("Content-Length", 0))) or None
        headers = {k: h.headers[k] for k in ("Content-Type",) if k in h.headers}
        h.close_connection = True
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, kind, _, got = self.ask(h.command, re.sub(r"wait=\d+", "wait=1", h.path), body, headers)
            self.asked.append((h.command, h.path))
            out = self.change(h.command, h.path, status, got) if self.change else (status, got)
            if out is None:
                return
            h.close_connection = False
            h.send_response(out[0])
            if kind:
                h.send_header("Content-Type", kind)
            h.send_header("Content-Length", str(len(out[1])))
            h.end_headers()
            h.wfile.write(out[1])

    def inject(self, *envelopes):
        """Every poll is answered with these instead."""
        text = json.dumps({"notices": envelopes}).encode()
        self.change = lambda m, path, status, got: (200, text) if path.startswith("/v1/notices") else (status, got)


def signed(service, key_name, envelope, **changes):
    """The notice with other words, signed by that key of the service's directory under the key id that belongs to it."""
    payload = json.dumps({**json.loads(base64.b64decode(envelope["payload"])), **changes}, ensure_ascii=False).encode()
    key = serialization.load_pem_private_key((service.dir / key_name).read_bytes(), None)
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    kind = envelope["payloadType"].encode()
    r, s = utils.decode_dss_signature(key.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload), ec.ECDSA(hashes.SHA256())))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    keyid = digest.finalize()
    trust = json.loads(base64.b64decode(json.loads((service.dir / "trust.json").read_text())["payload"]))
    ids = [k["id"] for k in trust["keys"] if k["spki"] == base64.b64encode(spki).decode()]
    return {"payload": base64.b64encode(payload).decode(), "payloadType": envelope["payloadType"],
            "signatures": [{"keyid": ids[0] if ids else keyid.hex()[:16],
                            "sig": base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()}]}
