# SPDX-License-Identifier: Apache-2.0
"""The service's door: who is let in, what is refused before anything looks at it, what a hostile client can hold up."""
import contextlib
import hashlib
import http.client
import json
import re
import secrets
import socket
import sqlite3
import ssl
import threading
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from impostor import issue, load_ca
from service import CONTRACT, Client, Device, Province, certs_of, drain, new_key, ulid, ulid_bytes
from world import BUILD, Service, call, wait_for

GUARDED = sorted((method, path, role) for method, path in CONTRACT.operations() for role in ("terminal", "admin")
                 if role in CONTRACT.operation(method, path)[0]["tags"])
REQUEST_S = 2


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    root = tmp_path_factory.mktemp("service")
    s = Service(root).init()
    with open(s.dir / "service.ini", "a", encoding="utf-8") as ini:
        ini.write(f"\n[http]\nrequest_s = {REQUEST_S}\n")
    p = Province(s.start(), root)
    try:
        p.org("410100", "郑州市总工会")
        yield p
    finally:
        p.close()
        assert s.stop() == 0, s.text


@pytest.fixture(scope="module")
def device(province):
    return province.device(province.shop()[0])


def code(answer, status):
    assert answer.status == status, answer
    return answer.json["code"]


def fill(path):
    return re.sub(r"\{(\w+)\}", lambda m: "7" if m[1] in ("version", "older") else ulid(), path)


def with_cert(province, pem, key):
    path = province.root / f"cert-{secrets.token_hex(4)}.pem"
    path.write_bytes(key + pem)
    return Client(province.service, path)


def held(province, ca, uri, **kw):
    """A client with a certificate that the service's own authority signed, right in every way but what is asked for."""
    key, cert = load_ca(province.service.dir / f"{ca}-ca.key", province.service.dir / f"{ca}-ca.crt")
    kw.setdefault("usage", ExtendedKeyUsageOID.CLIENT_AUTH)
    return with_cert(province, *issue(key, cert, uri=uri, **kw))


@pytest.mark.parametrize("method, path, role", GUARDED)
def test_every_path_wants_its_own_role(province, device, method, path, role):
    path, body = fill(path), {} if method in ("POST", "PUT") else None
    assert code((province.admin if role == "terminal" else device).ask(method, path, body), 403) == "forbidden"
    assert code(province.nobody.ask(method, path, body), 401) == "unauthorized"


def test_certificates_that_do_not_hold(province, device):
    name = f"urn:huika:terminal:{device.id}"
    for client, want in (
            (held(province, "terminal", name), "cert_revoked"),  # good, but never issued
            (held(province, "terminal", name, start=-30, end=-1), "cert_expired"),
            (held(province, "terminal", name, start=1, end=30), "cert_not_yet"),
            (held(province, "terminal", name, usage=ExtendedKeyUsageOID.SERVER_AUTH), "unauthorized"),
            (held(province, "terminal", name, usage=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE), "unauthorized"),
            (held(province, "terminal", f"urn:huika:admin:{ulid()}"), "unauthorized"),  # an administrator's name from the terminals' authority
            (held(province, "admin", name), "unauthorized"),
            (held(province, "terminal", name.lower()), "unauthorized"),
            (held(province, "terminal", "https://localhost/"), "unauthorized"),
            (held(province, "terminal", None), "unauthorized")):
        assert code(client.ask("GET", "/v1/terminal"), 401) == want
        assert code(client.ask("GET", "/v1/orgs"), 401) == want
        assert client.ask("GET", "/healthz").status == 200
        client.close()


def test_foreign_authorities_are_nobody(province, device):
    """One that signs for itself, and one whose authority only calls itself like ours."""
    name = f"urn:huika:terminal:{device.id}"
    pem, key = issue(None, None, usage=ExtendedKeyUsageOID.CLIENT_AUTH, uri=name)
    assert code(with_cert(province, pem, key).ask("GET", "/v1/terminal"), 401) == "unauthorized"
    _, ours = load_ca(province.service.dir / "terminal-ca.key", province.service.dir / "terminal-ca.crt")
    pem, key = issue(new_key(), ours, usage=ExtendedKeyUsageOID.CLIENT_AUTH, uri=name)
    assert code(with_cert(province, pem, key).ask("GET", "/v1/terminal"), 401) == "unauthorized"


def test_only_tls_1_3(province):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(province.service, tls=ssl.TLSVersion.TLSv1_2).ask("GET", "/healthz")
    with socket.create_connection(("localhost", province.service.port), 10) as s:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" not in drain(s)


def test_what_is_not_listed_does_not_exist(province, device):
    for client in (province.nobody, device, province.admin):
        for path in ("/", "/v1", "/v1/", "/v1/verify/", "/v1//verify", "/v1/orgs/410100", "/V1/orgs", "/v1/%6frgs", "/v1/shops/%2e%2e/orgs",
                     "/v1/shops/..", "/v1/shops/" + "A" * 41, "/healthz%00", "/healthz/"):
            assert code(client.ask("GET", path, check=False), 404) == "not_found", path
    for method, path, allow in (("GET", "/v1/verify", "POST"), ("DELETE", "/v1/orgs", "GET, HEAD, POST"), ("POST", "/healthz", "GET, HEAD"),
                                ("PATCH", f"/v1/shops/{ulid()}/offers", "GET, HEAD, PUT"), ("OPTIONS", "/v1/records", "POST")):
        a = province.admin.ask(method, path, {} if method != "GET" else None)
        assert code(a, 405) == "method" and a.headers["Allow"] == allow


def test_bodies_are_bounded_before_they_are_read(province, device):
    big = {"Content-Type": "application/json"}
    assert code(device.ask("POST", "/v1/verify", b"{" + b" " * 65536, big), 413) == "too_large"
    assert code(device.ask("POST", "/v1/records", b"{" + b" " * 1048576, big), 413) == "too_large"
    assert code(device.ask("GET", "/v1/terminal", b"x", big), 413) == "too_large"
    announced = (f"POST /v1/members/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: {4 * 1024 * 1024 + 1}\r\n"
                 "Expect: 100-continue\r\n\r\n").encode()
    got = province.admin.raw(announced, b"false}")
    assert got.startswith(b"HTTP/1.1 413 ") and b"100 Continue" not in got
    # after a refusal that was read to its end the connection goes on
    connection = device.connection
    assert connection and device.ask("GET", "/v1/terminal").status == 200 and device.connection is connection


def test_bodies_must_be_what_they_say(province, device):
    verify, kind = "/v1/verify", {"Content-Type": "application/json"}
    good = json.dumps({"checkout_id": ulid(), "token": "A" * 16}).encode()
    for body, status, want in (
            (b'{"checkout_id":"%s","token":"AAAAAAAAAAAAAAAA","token":"AAAAAAAAAAAAAAAB"}' % ulid().encode(), 400, "bad_json"),
            (b"[" * 100 + b"]" * 100, 400, "bad_json"), (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "bad_json"), (good + b"x", 400, "bad_json"),
            (good[:-1], 400, "bad_json"), (b"\xff" + good, 400, "bad_json"), (b"", 400, "bad_json"), (b"[]", 400, "bad_json"),
            (good.replace(b"AAAAAAAAAAAAAAAA", b"AAAAAAAAAAAAAA"), 422, "bad_value"), (b"{}", 422, "bad_value"),
            (good.replace(b"AAAAAAAAAAAAAAAA", b"\\u0000AAAAAAAAAAAAAAA"), None, None)):
        a = device.ask("POST", verify, body, kind)
        assert status is None and a.status in (400, 422) or code(a, status) == want, (body, a)
    assert device.ask("POST", verify, good, {"Content-Type": "application/json; charset=utf-8"}).status == 200
    for wrong in ("text/plain", "application/jsonx", ""):
        assert code(device.ask("POST", verify, good, {"Content-Type": wrong}), 415) == "unsupported_media"
    both = {**json.loads(good), "number": "6200000000000001"}
    assert code(device.ask("POST", verify, both), 422) == "bad_value"
    assert code(device.ask("POST", verify, {"checkout_id": ulid(), "number": "123"}), 422) == "bad_number"


def test_lengths_must_be_named_once(device):
    head = "POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert device.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n".encode(), b"false}").startswith(b"HTTP/1.1 411 ")
    body = json.dumps({"checkout_id": ulid(), "token": "A" * 16})
    for twice in (f"Content-Length: {len(body)}\r\nContent-Length: {len(body) + 2}", f"Content-Length: {len(body)}\r\n" * 2 + "X: y"):
        got = device.raw(f"{head}{twice}\r\n\r\n{body}  ".encode(), b"false}")
        assert got.split(b" ")[1] in (b"400", b"422"), got
    got = device.raw(f"{head}Content-Length: -1\r\n\r\n".encode(), b"\r\n\r\n")
    assert got == b"" or got.split(b" ")[1] in (b"400", b"413", b"422"), got


def test_headers_are_bounded_in_number_and_size(device):
    many = "".join(f"X-{i}: y\r\n" for i in range(70))
    assert device.raw(f"GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}\r\n".encode(), b"false}").startswith(b"HTTP/1.1 431 ")
    long = device.raw(f"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {'y' * 40000}\r\n\r\n".encode(), b"</html>")
    assert b"200 OK" not in long
    long = device.raw(f"GET /healthz?{'y' * 40000} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), b"</html>")
    assert b"200 OK" not in long
    assert device.ask("GET", "/healthz").status == 200


def test_query_parameters_are_whole_numbers_in_range(device):
    for query in ("wait=51", "wait=-1", "wait=1.0", "wait=", "trust=9007199254740993", "shop=0x1", "shop=99999999999999999999"):
        a = device.ask("GET", "/v1/notices?" + query)
        assert code(a, 422) == "bad_value" and a.json["detail"] == query.split("=")[0]


def trickle(s, parts, done):
    """Sends one part at a time until the peer has had enough; how long that took."""
    begun = time.monotonic()
    s.settimeout(0.2)
    for part in parts:
        try:
            s.sendall(part)
            if s.recv(4096) == b"":
                break
        except TimeoutError:
            continue
        except (ConnectionError, ssl.SSLError):
            break
        finally:
            if done.is_set():
                break  # pylint: disable=lost-exception
    return time.monotonic() - begun


@pytest.mark.parametrize("where", ["handshake", "first line", "header", "body"])
def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(province, device, where):
    """It would go on for 2,000 bytes, some 400 s; the service has enough after a few times request_s."""
    head = {"handshake": b"", "first line": b"GET /heal", "header": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ",
            "body": b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n"}[where]
    done = threading.Event()
    timer = threading.Timer(60, done.set)
    timer.start()
    with socket.create_connection(("localhost", province.service.port), 10) as s:
        if where == "handshake":
            trickle(s, [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] + [b"x"] * 500, done)
        else:
            with device.context.wrap_socket(s, server_hostname="localhost") as tls:
                tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert b"200 OK" in drain(tls, b"}")
                tls.sendall(head)
                trickle(tls, [b"x"] * 2000, done)
    timer.cancel()
    assert not done.is_set(), "it was still being listened to after 60 s"


def test_an_idle_connection_outlives_the_bound_of_a_request(province, device):
    """A warm connection is what makes a verdict quick: silence between two requests is no slowness."""
    c = Device(device.service, province.root, device.cert, device.key)
    assert c.ask("GET", "/v1/terminal").status == 200
    first, end = c.connection, time.monotonic() + 3 * REQUEST_S + 1
    wait_for("three bounds to pass", lambda: time.monotonic() > end)
    assert c.ask("GET", "/v1/terminal").status == 200 and c.connection is first


def test_a_guest_does_not_linger(province):
    """Without a certificate that holds, silence is bounded as well: idle places are for those who work here."""
    with socket.create_connection(("localhost", province.service.port), 30) as s:
        with province.nobody.context.wrap_socket(s, server_hostname="localhost") as tls:
            tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert drain(tls).endswith(b"}")  # and then the end, for drain reads until the service closes


def test_a_revoked_identity_ends_on_the_open_connection(province):
    shop, _ = province.shop()
    code_, key = province.invite(shop), new_key()
    d = Device(province.service, province.root, certs_of(province.enroll(code_, key))[0], key)
    assert d.ask("GET", "/v1/terminal").status == 200
    province.enroll(code_, new_key())
    assert code(d.ask("GET", "/v1/terminal"), 401) == "cert_revoked"


def second_admin(service, org):
    """Its certificate and key; put into the store by hand, for inviting administrators is not offered yet."""
    who = ulid()
    pem, key = issue(*load_ca(service.dir / "admin-ca.key", service.dir / "admin-ca.crt"), usage=ExtendedKeyUsageOID.CLIENT_AUTH,
                     uri=f"urn:huika:admin:{who}")
    der = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    with contextlib.closing(sqlite3.connect(service.dir / "service.db")) as db:
        db.execute("INSERT INTO admin(id, org, name, state, at_ms) SELECT ?, id, '开封管理员', 1, 0 FROM org WHERE code = ?",
                   (ulid_bytes(who), org))
        db.execute("INSERT INTO cert(hash, role, holder, state, not_after_ms, der) VALUES(?, 2, ?, 1, ?, ?)",
                   (hashlib.sha256(der).digest(), ulid_bytes(who), 1 << 42, der))
        db.commit()
    return pem, key


def test_an_administrator_sees_nothing_outside_the_own_org(tmp_path):
    s = Service(tmp_path).init()
    p = Province(s.start(), tmp_path)
    for org in ("410100", "410200"):
        p.org(org)
    p.org("410224", parent="410200")
    p.members([("6200000000000001", "张建涛", "410100", "active"), ("6200000000000002", "王", "410224", "active")])
    (foreign, _), (own, _) = p.shop(org="410100"), p.shop(org="410224")
    d = p.device(foreign)
    p.close()
    s.stop()
    pem, key = second_admin(s, "410200")
    p = Province(s.start(), tmp_path)
    try:
        k = with_cert(p, pem, key)
        assert [o["code"] for o in k.ask("GET", "/v1/orgs").json["orgs"]] == ["410200", "410224"]
        assert [v["shop"] for v in k.ask("GET", "/v1/shops").json["shops"]] == [own]
        assert k.ask("GET", "/v1/terminals").json["terminals"] == [] and k.ask("GET", f"/v1/terminals?shop={own}").status == 200
        assert {e["target"] for e in k.ask("GET", "/v1/audit").json["entries"]}.isdisjoint({foreign, d.id, "410100"})
        number, mine = {"number": "6200000000000001"}, {"number": "6200000000000002"}
        for method, path, body in (
                ("GET", f"/v1/shops/{foreign}", None), ("GET", f"/v1/shops/{foreign}/offers", None), ("GET", f"/v1/terminals?shop={foreign}", None),
                ("PUT", f"/v1/shops/{foreign}/offers", []), ("POST", f"/v1/shops/{foreign}/invitations", {}),
                ("POST", f"/v1/shops/{foreign}/standing", {"standing": "delisted", "reason": "x"}),
                ("POST", "/v1/orgs", {"code": "1", "name": "x", "parent": "410000"}), ("GET", "/v1/cards/export?org=410100", None),
                ("POST", "/v1/members/status", {**number, "status": "lost"}), ("POST", "/v1/cards/print", number),
                ("POST", "/v1/cards/reissue", number)):
            assert code(k.ask(method, path, body), 404) == "not_found", path
        new = {"name": "x", "category": "dining", "region": "410102"}
        assert code(k.ask("POST", "/v1/shops", {"org": "410000", **new}), 422) == "org_unknown"
        assert k.ask("POST", "/v1/cards/print", mine).status == 200 and k.ask("GET", f"/v1/shops/{own}").status == 200
        rows = b"6200000000000001,x,410224,active\n6200000000000003,x,410100,active\n6200000000000004,x,410224,active\n"
        a = k.ask("POST", "/v1/members/import", rows, {"Content-Type": "text/csv"}).json
        assert a["imported"] == 1 and {r["line"]: r["reason"] for r in a["rejected"]} == {1: "member_elsewhere", 2: "org_unknown"}
        assert p.admin.ask("GET", f"/v1/shops/{foreign}").json["standing"] == "listed"
        k.close()
    finally:
        p.close()
        assert s.stop() == 0


def test_a_taken_port_and_a_running_service_are_named(province, tmp_path):
    other = Service(tmp_path)
    other.port = province.service.port
    other.init()
    r = call(BUILD / "huika-service", "run", other.dir)
    assert r.code != 0 and f"port {other.port}" in r.err and "address_busy" in r.err, r
    r = call(BUILD / "huika-service", "run", province.service.dir)
    assert r.code != 0 and "service_running" in r.err, r


def test_sigterm_answers_what_is_under_way_and_ends(tmp_path):
    s = Service(tmp_path).init()
    p = Province(s.start(), tmp_path)
    p.org("410100")
    d = p.device(p.shop()[0])
    have = [n for n in d.ask("GET", "/v1/notices").json["notices"]]
    assert len(have) == 2
    got = []
    waiting = threading.Thread(target=lambda: got.append(d.ask("GET", "/v1/notices?trust=99&shop=99&wait=50")))
    waiting.start()
    other = Device(s, tmp_path, d.cert, d.key)
    wait_for("the wait to have begun", lambda: other.ask("GET", "/v1/terminal").status == 200)
    begun = time.monotonic()
    assert s.stop() == 0 and time.monotonic() - begun < 30
    waiting.join()
    assert got and got[0].json == {"notices": []}
    with pytest.raises(OSError):
        p.admin.ask("GET", "/v1/orgs")
    p.close()


def test_the_log_holds_patterns_and_no_secrets(province, device):
    token, number = "Q" * 16, "6200000000007777"

    def logged():
        """Lines are limited to so many a second: asked again until there was room for both."""
        device.verify(token=token)
        device.ask("POST", "/v1/verify", {"checkout_id": "x", "number": number})
        province.admin.ask("GET", f"/v1/shops/{ulid()}")
        province.admin.ask("GET", "/v1/cards/export?org=geheim")
        text = province.service.text
        return text if "GET /v1/shops/{shop} 404 not_found" in text and "POST /v1/verify 422" in text else None

    text = wait_for("both refusals in the log", logged)
    assert token not in text and number not in text and "geheim" not in text and device.id not in text


def test_many_clients_that_break_off_leave_the_service_whole(province, device):
    for data in (b"", b"\r\n\r\n", b"\x00" * 100, b"GET", b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/verify HTTP/1.1\r\nContent-Length: 10\r\n\r\n123"):
        for _ in range(5):
            with socket.create_connection(("localhost", province.service.port), 10) as s:
                with device.context.wrap_socket(s, server_hostname="localhost") as tls:
                    tls.sendall(data)
    assert device.ask("GET", "/v1/terminal").status == 200 and province.service.running


def test_a_refused_connection_says_why(province):
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        Client(province.service, ca=province.service.dir / "terminal-ca.crt").ask("GET", "/healthz")
