# SPDX-License-Identifier: Apache-2.0
"""A counter that answers by script, for what a real terminal cannot be made to do on demand: answers cut short, terms that change
while the cashier thinks, texts that try to disturb a screen. Everything else is tested against the real one (tests/e2e)."""
import contextlib
import http.server
import json
import socketserver
import threading

CHECKOUT = "01KJVX8N00CHECK0VTAAAAAAAA"
SALE = "01KJVX8N00SA0EAAAAAAAAAAAA"
QUOTED = {"checkout_id": CHECKOUT, "rev": 2, "state": "quoted", "verdict": "member", "by": "qr", "card_last4": "0001",
          "name_masked": "*建涛", "total_fen": 12800, "discount_fen": 1536, "pay_fen": 11264, "offer_title": "八八折",
          "own_price": False, "text": {"zh": "会员有效", "en": "A valid member."}}
APPLIED = {**QUOTED, "rev": 3, "state": "applied", "sale_id": SALE, "receipt": "RECEIPT 112.64\n"}
CUT = object()


def problem(status, code):
    return status, {"code": code, "status": status, "text": {"zh": code, "en": code}}


class Counter(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """answers: {"POST /v1/checkouts": [answer, ...]}; an answer is an object, (status, object), bytes, a function of nothing that
    gives one of these, or CUT. The last one of a list is given again and again. `asked` has what was asked: (line, body, headers)."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, path, answers):
        self.answers, self.asked, self.lock = {k: list(v) for k, v in answers.items()}, [], threading.Lock()
        super().__init__(str(path), Handler)

    def lines(self):
        with self.lock:
            return [line for line, _, _ in self.asked]

    def bodies(self, line):
        with self.lock:
            return [body for asked, body, _ in self.asked if asked.split("?")[0] == line]

    def next(self, line, body, headers):
        with self.lock:
            self.asked.append((line, body, headers))
            script = self.answers.get(line.split("?")[0], [])
            answer = (script.pop(0) if len(script) > 1 else script[0]) if script else problem(404, "not_found")
        return answer() if callable(answer) and answer is not CUT else answer

    @property
    def path(self):
        return self.server_address

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("socket", 0)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.server.next(f"{self.command} {self.path}", json.loads(raw) if raw else None, dict(self.headers))
        if answer is CUT:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"chec")
            self.close_connection = True
            return
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = answer


@contextlib.contextmanager
def counter(path, **answers):
    """Keys: begin, look, confirm, cancel, or a request line in `lines`."""
    names = {"begin": "POST /v1/checkouts", "look": f"GET /v1/checkouts/{CHECKOUT}",
             "confirm": f"POST /v1/checkouts/{CHECKOUT}/confirm", "cancel": f"POST /v1/checkouts/{CHECKOUT}/cancel"}
    lines = answers.pop("lines", {})
    script = {"begin": [(201, QUOTED)], "look": [QUOTED], "confirm": [APPLIED], "cancel": [{**QUOTED, "state": "cancelled"}]}
    script.update(answers)
    server = Counter(path, {**{names[k]: v for k, v in script.items()}, **lines})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
