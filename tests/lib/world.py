# SPDX-License-Identifier: Apache-2.0
"""A small world of real programs for a test: a service, its administrator, shops, members and terminals, each in a temporary
directory and on a free port. Nothing is mocked; every program is the one that ships."""
import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HUIKA_BUILD", ROOT / "build"))
DEADLINE_S = 30.0

# Invented people; numbers of a test range. The second name has one character, the fourth is not Chinese.
MEMBERS = [
    ("6200000000000001", "张建涛", "410100"),
    ("6200000000000002", "王", "410100"),
    ("6200000000000000013", "欧阳春华", "410200"),
    ("6200000000000004", "Anna Beispiel", "410100"),
    ("6200000000000005", "李试验", "410200"),
]


def env(**more):
    """The environment for a program: no locale but what is asked for, no leftovers of the caller."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return {**keep, "LC_ALL": "C.UTF-8", **more}


def _ports():
    """Ports below the ephemeral range; each test worker has its own thousand, so that a port which a stopped program has left
    is not taken by another test."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 12
    while True:
        yield from range(20000 + 1000 * worker, 21000 + 1000 * worker)


_next_port = _ports()


def free_port():
    for port in _next_port:
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def wait_for(what, condition, deadline_s=DEADLINE_S):
    """Polls `condition` until it is true and returns its value; fails with `what` after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s} s for {what}")
        time.sleep(0.01)


class Result:
    """What a finished program left: exit code, text, and JSON where it printed any."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [json.loads(ln) for ln in self.out.splitlines() if ln.strip()]

    def __repr__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


def call(*argv, stdin=None, environ=None, timeout=DEADLINE_S):
    source = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, timeout=timeout, env=environ or env(),
                          check=False, **source)
    return Result(done)


class Daemon:
    """A program that keeps running; its output goes to a log file that tests may search."""

    def __init__(self, argv, log, environ=None):
        self.argv, self.log, self.environ = [str(a) for a in argv], pathlib.Path(log), environ or env()
        self.process = None

    def start(self):
        out = open(self.log, "ab")
        with out:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environ)
        return self

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def stop(self, sig=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            code = self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None
        return code

    def kill(self):
        """As a power cut: no chance to tidy up."""
        return self.stop(signal.SIGKILL)


class Service(Daemon):
    def __init__(self, root, host="localhost"):
        self.dir, self.port, self.public_port, self.host = root / "service", free_port(), free_port(), host
        super().__init__([BUILD / "huika-service", "run", self.dir, "--verbose"], root / "service.log")

    def init(self):
        r = call(BUILD / "huika-service", "init", self.dir, "--host", self.host, "--port", self.port,
                 "--public-port", self.public_port)
        assert r.code == 0, r
        return self

    def start(self):
        before = self.text.count(" listens on ")
        super().start()
        wait_for("the service to listen", lambda: self.text.count(" listens on ") > before or self._died())
        return self

    def _died(self):
        if not self.running:
            raise AssertionError("the service ended:\n" + self.text)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:2000]!r}"


def ask(connection, method, path, body=None, headers=None):
    """One request with a JSON body (or bytes as they are) and its whole answer."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body, ensure_ascii=False).encode()
        headers.setdefault("Content-Type", "application/json")
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())


class Terminal(Daemon):
    def __init__(self, world, name, environ=None):
        self.state, self.port = world.root / name, free_port()
        self.socket = self.state / "huika.sock"
        super().__init__([BUILD / "huika-terminal", "run", "--state", self.state, "--listen", f"127.0.0.1:{self.port}"],
                         world.root / f"{name}.log", environ)

    def enroll(self, code, **kw):
        return call(BUILD / "huika-terminal", "enroll", code, "--state", self.state, **kw)

    def start(self):
        super().start()
        wait_for("the terminal to answer", lambda: self._answers() or self._died())
        return self

    def _died(self):
        if not self.running:
            raise AssertionError("the terminal ended:\n" + self.text)

    def _answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.api("GET", "/v1/status").status == 200
        return False

    def api(self, method, path, body=None, headers=None):
        return ask(UnixConnection(self.socket), method, path, body, headers)

    def tcp(self, method, path, body=None, headers=None, token=True):
        headers = dict(headers or {})
        if token:
            headers.setdefault("Authorization", "Bearer " + (self.state / "counter.token").read_text().strip())
        return ask(http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S), method, path, body, headers)

    def huika(self, *argv, json_out=True, **kw):
        return call(BUILD / "huika", "--socket", self.socket, *(["--json"] if json_out else []), *argv, **kw)

    @property
    def status(self):
        return self.api("GET", "/v1/status").json

    def wait_online(self):
        wait_for("the terminal to be online", lambda: self.status["online"])
        return self

    def wait_leased(self):
        """Until it could sell offline: a lease is held, and all that it names."""
        wait_for("a lease and all that it names", lambda: self.status["offline"]["possible"])
        return self

    def forget_lease(self):
        """As one that never had a lease. Only while it is stopped."""
        (self.state / "lease.json").unlink(missing_ok=True)

    def wait_synced(self):
        wait_for("every record to be sent", lambda: self.status["unsent"] == 0)
        return self


class World:
    """`world.service`, `world.admin(...)`, `world.shop(...)`, `world.terminal(...)`: what a test needs of a province."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.service = Service(self.root)
        self.daemons = [self.service]
        self._tokens = {}

    def policy(self, **settings):
        """[policy] of the service; it starts again, so terminals that run notice a short absence."""
        self.service.stop()
        with open(self.service.dir / "service.ini", "a", encoding="utf-8") as ini:
            ini.write("\n[policy]\n" + "".join(f"{k} = {v}\n" for k, v in settings.items()))
        self.service.start()
        return self

    def begin(self):
        self.service.init().start()
        for code, name in (("410100", "郑州市总工会"), ("410200", "开封市总工会")):
            assert self.admin("org", "add", code, name, "--parent", "410000").code == 0
        self.members(MEMBERS)
        return self

    def end(self):
        for d in reversed(self.daemons):
            d.stop()

    def admin(self, *argv, json_out=True, profile=None, **kw):
        return call(BUILD / "huika-admin", "--profile", profile or self.service.dir / "admin", *(["--json"] if json_out else []),
                    *argv, **kw)

    def members(self, rows, status="active"):
        """Imports (number, name, org[, status]) rows; returns the command's result."""
        path = self.root / f"members-{len(list(self.root.glob('members-*.csv')))}.csv"
        lines = ["card_number,name,org,status"]
        lines += [",".join([*row[:3], row[3] if len(row) > 3 else status]) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.admin("member", "import", path)

    def qr(self, number):
        """The text of a card's QR, as the card printer gets it."""
        if number not in self._tokens:
            out = self.root / f"card-{len(list(self.root.glob('card-*')))}.txt"
            r = self.admin("card", "print", number, "--out", out)
            assert r.code == 0, r
            self._tokens[number] = out.read_text().strip()
        return self._tokens[number]

    def shop(self, name="示例饭店", offers=None, org="410100", category="dining", region="410102"):
        r = self.admin("shop", "add", "--org", org, "--name", name, "--category", category, "--region", region)
        assert r.code == 0, r
        shop = r.json["shop"]
        if offers:
            assert self.offers(shop, offers).code == 0
        return shop

    def offers(self, shop, offers):
        path = self.root / f"offer-{shop}.json"
        path.write_text(json.dumps(offers, ensure_ascii=False), encoding="utf-8")
        return self.admin("offer", "set", shop, "--file", path)

    def invite(self, shop):
        r = self.admin("terminal", "invite", shop)
        assert r.code == 0, r
        return r.json["code"]

    def terminal(self, shop=None, start=True, offers=None, environ=None):
        """An enrolled terminal, running and online unless start is False. Without a shop one with 12 % off is made."""
        shop = shop or self.shop(offers=offers or [{"title": "八八折", "kind": "percent", "rate_bp": 1200}])
        t = Terminal(self, f"terminal-{len(self.daemons)}", environ)
        t.shop = shop
        r = t.enroll(self.invite(shop))
        assert r.code == 0, r
        self.daemons.append(t)
        if start:
            t.start().wait_online()
        return t


def ulid():
    """A fresh ULID as text."""
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value >> 5 * i & 31] for i in reversed(range(26)))
