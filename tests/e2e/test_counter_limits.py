# SPDX-License-Identifier: Apache-2.0
"""What the counter bears: nonsense, bodies without an end, too many listeners, connections and requests, addresses it must not have."""
import json
import os
import pathlib
import socket
import time

import pytest
from test_counter_api import listen, till  # noqa: F401  pylint: disable=unused-import
from world import DEADLINE_S, call, wait_for


@pytest.mark.parametrize("length,expect", [(3000000, ""), (99999999999, ""), (70000, "Expect: 100-continue\r\n")])
def test_a_body_that_is_too_long_is_refused_before_it_is_sent(till, length, expect):
    """The connection broke off instead, after a "100 Continue"; the caller never heard why."""
    head = f"POST /v1/checkouts HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n{expect}Content-Length: {length}\r\n\r\n"
    answer = till.raw(head.encode(), tcp=False)
    assert answer.startswith(b"HTTP/1.1 413 ") and b"application/problem+json" in answer, answer


def test_a_body_in_pieces_beyond_the_bound(till):
    head = "POST /v1/checkouts HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n" \
           "Transfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"1000\r\n" + b" " * 4096 + b"\r\n" for _ in range(20)) + b"0\r\n\r\n"
    assert b" 413 " in till.raw(head.encode() + chunks, tcp=False).split(b"\r\n")[0]


def test_a_body_without_an_end(till):
    """It is read for a while, so that the refusal can be heard; then the connection is cut."""
    head = f"POST /v1/checkouts HTTP/1.1\r\nHost: 127.0.0.1:{till.t.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", till.t.port), DEADLINE_S) as s, pytest.raises(ConnectionError):
        s.sendall(head.encode())
        for _ in range(1000):
            s.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
    assert till.sell("k")["state"] == "applied"


NONSENSE = {
    "long header": b"GET /v1/status HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 40000 + b"\r\n\r\n",
    "long path": b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
    "empty lines": b"\r\n" * 5000,
    "negative length": b"POST /v1/checkouts HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "endless length": b"POST /v1/checkouts HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
}


@pytest.mark.parametrize("which", NONSENSE)
def test_nonsense_does_no_harm(till, which):
    for tcp in (True, False):
        got = till.raw(NONSENSE[which], tcp, which not in ("TLS", "empty lines"))
        assert not got or int(got.split()[1]) >= 400, got[:200]
        assert till.t.status["state"] == "ready"


def test_listeners_are_counted_and_leave(till):
    streams = [listen(till.t) for _ in range(16)]
    assert all(a.status == 200 for _, a in streams)
    stream, refused = listen(till.t)
    assert refused.status == 429
    assert json.loads(refused.read())["code"] == "too_many"
    stream.close()
    assert till.sell("k")["state"] == "applied"
    for stream, answer in streams:
        answer.close()
        stream.close()
    for i in range(3):  # what is sent finds them gone
        till.sell(f"k{i}")
    stream, answer = wait_for("a free place", lambda: (lambda s: s if s[1].status == 200 else None)(listen(till.t)))
    answer.close()
    stream.close()


def test_a_listener_that_does_not_read_delays_nobody(till):
    stream, _ = listen(till.t)
    for i in range(60):
        till.sell(f"k{i}")
    assert till.t.status["state"] == "ready"
    stream.close()


def accepted(t):
    """How many TCP connections the terminal itself holds; those beyond wait in the kernel."""
    mine = {os.readlink(f) for f in pathlib.Path(f"/proc/{t.process.pid}/fd").iterdir() if f.is_symlink()}
    rows = [ln.split() for ln in pathlib.Path(f"/proc/{t.process.pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(r[1].endswith(f":{t.port:04X}") and r[3] == "01" and f"socket:[{r[9]}]" in mine for r in rows)


def test_many_idle_connections_leave_room_at_the_other_door(till):
    """320 at a time; the rest are heard once others have gone."""
    held = []
    for _ in range(340):
        s = socket.create_connection(("127.0.0.1", till.t.port), DEADLINE_S)
        s.sendall(b"GET /v1/status HTTP/1.1\r\n")
        held.append(s)
    wait_for("320 connections", lambda: accepted(till.t) >= 320)
    assert till.sell("k")["state"] == "applied" and accepted(till.t) == 320
    for s in held[:320]:
        s.close()
    for s in held[320:]:
        s.sendall(f"Host: 127.0.0.1:{till.t.port}\r\n\r\n".encode())
        assert s.recv(64).startswith(b"HTTP/1.1 401 ")
        s.close()


def test_more_requests_than_are_allowed(till):
    """1000 at once and 500 a second beyond: the page's door says so, and is open again; the socket's does not count."""
    line = f"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1:{till.t.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", till.t.port), DEADLINE_S) as s:
        got, end = b"", time.monotonic() + DEADLINE_S
        while b" 429 " not in got:
            assert time.monotonic() < end
            s.sendall(line * 50)
            got = got[-8:] + s.recv(1 << 20)
    assert till.sell("k")["state"] == "applied"
    assert wait_for("the door to open", lambda: till.t.tcp("GET", "/v1/status").status == 200)


@pytest.mark.parametrize("address", ["0.0.0.0:8730", "192.168.1.1:8730", "[::]:8730", "example.org:80", "8730", "127.0.0.1", ":80",
                                     "127.0.0.1:99999", "127.0.0.1:x", ""])
def test_only_loopback_is_listened_on(world, address):
    t = world.terminal(start=False)
    r = call(t.argv[0], "run", "--state", t.state, "--listen", address)
    assert r.code == 2 and "--listen" in r.err, r
