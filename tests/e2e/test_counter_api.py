# SPDX-License-Identifier: Apache-2.0
"""The counter API as POS software and attackers meet it: every exchange is held against proto/counter-api.yaml."""
import contextlib
import http.client
import json
import os
import signal
import socket
import stat

import pytest
from api import Contract
from world import DEADLINE_S, MEMBERS, ROOT, UnixConnection, call, free_port, wait_for

CARD = MEMBERS[0][0]
CONTRACT = Contract(ROOT / "proto/counter-api.yaml")


class Till:
    """A terminal whose every answer is checked against the contract."""

    def __init__(self, world, **kw):
        self.t = world.terminal(**kw)
        self.qr = world.qr(CARD)

    def ask(self, method, path, body=None, headers=None, via=None):
        answer = (via or self.t.api)(method, path, body, headers)
        sent = {"Content-Type": "application/json", **(headers or {})} if body is not None else dict(headers or {})
        text = json.dumps(body) if body is not None and not isinstance(body, bytes) else body
        CONTRACT.check(method, path, sent, text, answer.status, answer.headers, answer.body)
        return answer

    def begin(self, body, key, wait=10):
        return self.ask("POST", f"/v1/checkouts?wait={wait}", body, {"Idempotency-Key": key})

    def sell(self, key, total_fen=10000, **more):
        c = self.begin({"total_fen": total_fen, "scan": self.qr, **more}, key).json
        assert c["state"] == "quoted", c
        return self.ask("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json

    def raw(self, request, tcp=True, answer=True):
        """Bytes as they are, and the beginning of what comes back; nothing does if what was sent is no request."""
        family, where = (socket.AF_INET, ("127.0.0.1", self.t.port)) if tcp else (socket.AF_UNIX, str(self.t.socket))
        with socket.socket(family) as s:
            s.settimeout(DEADLINE_S)
            s.connect(where)
            got = b""
            with contextlib.suppress(ConnectionError, OSError):  # it may hang up before it has heard all
                s.sendall(request)
                got = s.recv(65536) if answer else b""
            return got


@pytest.fixture
def till(world):
    return Till(world)


def after(ask, sale):
    """What comes after a sale, held against the contract."""
    part = ask("POST", f"/v1/sales/{sale}/return?lang=en", {"reason": "x", "amount_fen": 1000, "cashier": "07"}, {"Idempotency-Key": "r"}).json
    rest = ask("POST", f"/v1/sales/{sale}/void", {"reason": "x"}, {"Idempotency-Key": "v"}).json
    assert part["returned_fen"] == 1000 and rest["returned_fen"] == 10000 and "12351" in rest["receipt"]
    assert [v["kind"] for v in ask("GET", f"/v1/sales/{sale}/voids").json["voids"]] == ["return", "void"]
    assert ask("GET", f"/v1/sales/{sale}").json["returned_fen"] == 10000
    assert ask("POST", f"/v1/sales/{sale}/void", {"reason": "x"}, {"Idempotency-Key": "v2"}).json["code"] == "return_over"
    assert ask("GET", "/v1/day").json["voids"] == 2 and "日结单" in ask("POST", "/v1/day/close", {}).json["sheet_zh"]
    made = ask("POST", "/v1/disputes", {"kind": "amount_wrong", "reporter": "member", "sale_id": sale, "text": "多收", "cashier": "07"},
               {"Idempotency-Key": "d"}).json
    assert made["slip"] and ask("GET", f"/v1/disputes/{made['ref']}").json["text"] == "多收"
    assert ask("GET", "/v1/disputes?limit=1").json["disputes"][0]["ref"] == made["ref"]
    for page in (made["dispute_id"], part["void_id"]):
        assert ask("POST", f"/v1/pages/{page}/print?lang=en").json["text"].count("*** COPY ***") == 2
    assert ask("POST", f"/v1/pages/{sale}/print").json["code"] == "not_found"
    assert ask("POST", "/v1/disputes", {"kind": "other", "refusal_seq": 1}, {"Idempotency-Key": "d2"}).json["code"] == "not_found"


def test_every_operation_keeps_the_contract(world, till):
    ask = till.ask
    status = ask("GET", "/v1/status").json
    assert status["shop"]["standing"] == "listed" and status["terminal"]["epoch"] == 1 and status["cert_days"] > 300
    assert ask("GET", "/v1/checkouts/current").status == 404
    waiting = till.begin({"total_fen": 100}, "w", wait=0).json
    assert waiting["state"] == "waiting" and waiting["verdict"] is None
    path = f"/v1/checkouts/{waiting['checkout_id']}"
    assert ask("POST", path + "/amount?wait=1", {"total_fen": 200, "own_price_fen": 190, "cashier": "07"}).json["total_fen"] == 200
    assert ask("POST", path + "/card?wait=10", {"scan": "134567890123456789"}).json["reason"] == "payment_code"
    assert ask("POST", path + "/card?wait=10", {"scan": till.qr}).json["state"] == "quoted"
    assert ask("GET", "/v1/checkouts/current").json["checkout_id"] == waiting["checkout_id"]
    assert ask("POST", path + "/cancel", {}).json["state"] == "cancelled"
    assert ask("POST", path + "/cancel", {}).json["state"] == "cancelled"
    assert ask("GET", "/v1/checkouts/current").status == 404
    sale = till.sell("s", 10000, lines=[{"category": "food", "amount_fen": 4000}, {"amount_fen": 6000}], cashier="07")
    assert [ln["discount_fen"] for ln in sale["lines"]] == [480, 720]
    assert ask("POST", f"/v1/checkouts/{sale['checkout_id']}/cancel", {}).json["code"] == "wrong_state"
    assert ask("GET", f"/v1/checkouts/{sale['checkout_id']}?lang=en").json["receipt"] != sale["receipt"]
    assert ask("GET", f"/v1/sales/{sale['sale_id']}").json["cashier"] == "07"
    assert ask("GET", "/v1/sales").json["sales"][0]["sale_id"] == sale["sale_id"]
    assert ask("GET", "/v1/sales?day=2020-02-29").json["count"] == 0
    for query in ("", "?lang=en", "?lang=zh&copy=0&columns=48"):
        assert "12351" in ask("GET", f"/v1/sales/{sale['sale_id']}/receipt{query}").body.decode()
    for path in (f"/v1/sales/{sale['sale_id']}/print", "/v1/printer/test"):
        assert ask("POST", path).json["code"] == "printer_missing"
    till.t.stop()
    till.t.argv += ["--printer", world.root / "paper"]
    till.t.start()
    wait_for("the printer to be there", lambda: ask("GET", "/v1/status").json["printer"]["state"] == "unknown")
    for path in (f"/v1/sales/{sale['sale_id']}/print", "/v1/printer/test"):
        assert ask("POST", path).status == 202
    wait_for("both to be printed", lambda: [j["state"] for j in ask("GET", "/v1/status").json["printer"]["jobs"]] == ["done"] * 2)
    assert ask("POST", "/v1/scans?wait=10", {"text": till.qr}).json["state"] == "amount"
    number = till.begin({"total_fen": 100, "number": CARD, "luhn_ok": True, "input": "keyed"}, "n").json
    assert (number["by"], number["input"], "name_masked" in number) == ("number", "keyed", False)
    till.t.wait_synced()
    assert ask("GET", f"/v1/sales/{sale['sale_id']}").json["outcome"] == "counted"
    after(ask, sale["sale_id"])
    wait_for("a lease", lambda: ask("GET", "/v1/status").json["offline"]["possible"])
    world.service.stop()
    provisional = till.begin({"total_fen": 100, "scan": till.qr}, "o").json
    assert provisional["verdict"] == "provisional" and provisional["provisional"]["why"].startswith("net_"), provisional
    assert till.begin({"total_fen": 100, "number": CARD, "luhn_ok": True}, "on").json["reason"] == "offline_number"
    till.t.stop()
    (till.t.state / "lease.json").unlink()
    till.t.start()
    failed = till.begin({"total_fen": 100, "scan": till.qr}, "f").json
    assert failed["state"] == "failed" and failed["error"].startswith("net_") and failed["verdict"] is None
    assert ask("GET", "/v1/errors").json["errors"]["card_lost"]["retry"] is False
    assert till.t.api("GET", f"/v1/sales/{sale['sale_id']}/receipt.png").body.startswith(b"\x89PNG")
    assert ask("GET", "/v1/sandbox").status == 404
    CONTRACT.seen |= {("GET", "/v1/sales/{id}/receipt.png"), ("GET", "/v1/sandbox")}  # no text; tests/e2e/test_page_sandbox.py
    assert ask("GET", "/v1/enrolment").json == {"state": "done"}
    assert ask("POST", "/v1/enrolment", {"code": "x"}).json["code"] == "state_exists"
    CONTRACT.seen.add(("POST", "/v1/enrolment"))  # tests/e2e/test_page_first.py
    entry = ask("POST", "/v1/page").json
    via = till.t.tcp
    assert ask("POST", "/v1/session", {"code": entry["url"].partition("#")[2]}, via=via).json == {"entered": True}
    assert ask("DELETE", "/v1/session", via=via).json == {"left": True}
    assert ask("DELETE", "/v1/sessions").json == {"ended": 1}
    assert ask("POST", "/v1/token").json["token"] == (till.t.state / "counter.token").read_text()
    assert CONTRACT.operations() - CONTRACT.seen == {("GET", "/v1/events")}


@pytest.mark.parametrize("headers,status,code", [
    ({}, 401, "unauthorized"),
    ({"Authorization": "Bearer wrong"}, 401, "unauthorized"),
    ({"Authorization": "Bearer "}, 401, "unauthorized"),
    ({"Host": "evil.example"}, 421, "bad_host"),
    ({"Host": "127.0.0.1"}, 421, "bad_host"),
    ({"Host": "localhost:1"}, 421, "bad_host"),
    ({"Origin": "http://evil.example"}, 421, "bad_host"),
    ({"Origin": "null"}, 421, "bad_host"),
    ({"Origin": "https://127.0.0.1"}, 421, "bad_host"),
])
def test_who_may_not_call_over_tcp(till, headers, status, code):
    named = "Authorization" in headers or not headers
    a = till.ask("GET", "/v1/status", None, headers, via=lambda *r: till.t.tcp(*r, token=not named))
    assert (a.status, a.json["code"]) == (status, code), a


def test_everything_but_the_entrance_asks_who_is_there(till):
    for method, path in sorted(CONTRACT.operations() - {("POST", "/v1/session")}):
        path = path.replace("{id}", "01J00000000000000000000000").replace("{ref}", "1-1-1-A")
        a = till.t.tcp(method, path, {} if method == "POST" else None, {"Idempotency-Key": "k"}, token=False)
        assert (a.status, a.json["code"]) == (401, "unauthorized"), (method, path, a)


def test_who_may_call_over_tcp(till):
    port = till.t.port
    for headers in ({}, {"Host": f"localhost:{port}"}, {"Host": f"[::1]:{port}"}, {"Origin": f"http://localhost:{port}"},
                    {"Origin": f"http://127.0.0.1:{port}"}):
        assert till.ask("GET", "/v1/status", None, headers, via=till.t.tcp).status == 200, headers
    a = till.ask("POST", "/v1/scans", {"text": till.qr}, via=till.t.tcp)
    assert a.status == 404, "scans are the socket's"
    assert stat.S_IMODE(till.t.socket.stat().st_mode) == 0o660
    assert stat.S_IMODE((till.t.state / "counter.token").stat().st_mode) == 0o600


def test_every_answer_forbids_what_a_browser_might_do(till):
    for path in ("/v1/status", "/v1/nothing"):
        headers = till.t.api("GET", path).headers
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"] and headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers


def test_wrong_requests_have_their_own_problem(till):
    key = {"Idempotency-Key": "k"}
    good = {"total_fen": 100}
    cases = [
        ("GET", "/v1/nothing", None, {}, 404, "not_found"), ("GET", "/", None, {}, 404, "not_found"),
        ("GET", "/v1/checkouts/abc", None, {}, 404, "not_found"),
        ("GET", "/v1/checkouts/01J00000000000000000000000", None, {}, 404, "not_found"),
        ("DELETE", "/v1/status", None, {}, 405, "method"), ("PUT", "/v1/checkouts", good, {}, 405, "method"),
        ("POST", "/v1/checkouts", good, {}, 400, "idempotency_missing"),
        ("POST", "/v1/checkouts", good, {"Idempotency-Key": "x" * 65}, 422, "bad_value"),
        ("POST", "/v1/checkouts", b"{", key, 400, "bad_json"), ("POST", "/v1/checkouts", b"[]", key, 400, "bad_json"),
        ("POST", "/v1/checkouts", b'{"total_fen":1,"total_fen":2}', key, 400, "bad_json"),
        ("POST", "/v1/checkouts", b'{"total_fen":1}\xff', key, 400, "bad_json"),
        ("POST", "/v1/checkouts", b"", key, 400, "bad_json"),
        ("POST", "/v1/checkouts", b"{}", key, 422, "bad_amount"),
        ("POST", "/v1/checkouts", {**good, "own_price_fen": 101}, key, 422, "bad_amount"),
        ("POST", "/v1/checkouts", {**good, "lines": [{"amount_fen": 99}]}, key, 422, "bad_amount"),
        ("POST", "/v1/checkouts", {**good, "lines": []}, key, 422, "bad_value"),
        ("POST", "/v1/checkouts", {**good, "cashier": "x" * 65}, key, 422, "bad_value"),
        ("POST", "/v1/checkouts", {**good, "cashier": "07\x1b[2J"}, key, 422, "bad_text"),
        ("POST", "/v1/disputes", {"kind": "other", "text": "x", "cashier": "07\n"}, key, 422, "bad_text"),
        ("POST", "/v1/checkouts", {**good, "scan": till.qr, "number": CARD}, key, 422, "bad_value"),
        ("POST", "/v1/checkouts", {**good, "number": CARD}, key, 422, "number_luhn"),
        ("POST", "/v1/checkouts", {**good, "number": CARD, "input": "reader"}, key, 422, "bad_value"),
        ("POST", "/v1/checkouts?wait=31", {**good, "scan": till.qr}, key, 422, "bad_value"),
        ("GET", "/v1/sales?day=2023-02-29", None, {}, 422, "bad_value"),
        ("GET", "/v1/sales/01J00000000000000000000000", None, {}, 404, "not_found"),
    ]
    for method, path, body, headers, status, code in cases:
        if isinstance(body, bytes):
            headers = {**headers, "Content-Type": "application/json"}
        a = till.t.api(method, path, body, headers)
        assert (a.status, a.json["code"]) == (status, code), (method, path, body, a)
        assert a.headers["Content-Type"] == "application/problem+json" and a.json["text"]["zh"]
    a = till.t.api("POST", "/v1/checkouts", b"total_fen=1", {**key, "Content-Type": "application/x-www-form-urlencoded"})
    assert (a.status, a.json["code"]) == (415, "unsupported_media")
    assert till.t.api("DELETE", "/v1/checkouts", None, {}).headers["Allow"] == "POST"
    assert till.t.api("POST", "/v1/disputes/1-1-1-0", {}, {}).headers["Allow"] == "GET"
    a = till.t.api("POST", "/v1/checkouts", b" " * 65537, {**key, "Content-Type": "application/json"})
    assert (a.status, a.json["code"]) == (413, "too_large")
    assert till.t.huika("day").json["count"] == 0


def test_a_refused_request_leaves_its_key_free(till):
    assert till.begin({"total_fen": 100, "number": CARD}, "k").json["code"] == "number_luhn"
    assert till.begin({"total_fen": 100, "number": CARD, "luhn_ok": True}, "k").json["state"] == "quoted"
    assert till.begin({"luhn_ok": True, "number": CARD, "total_fen": 100}, "k").json["state"] == "quoted", "members in another order"
    assert till.begin({"total_fen": 100, "number": CARD}, "k").json["code"] == "idempotency_reuse"


def test_two_of_the_same_at_one_time(world, till):
    """While the service is being asked, the same request waits for the same answer; another under its key is refused."""
    sale = till.sell("s")["sale_id"]
    till.t.wait_synced()
    path, body, head = f"/v1/sales/{sale}/return", {"amount_fen": 1000, "reason": "x"}, {"Content-Type": "application/json", "Idempotency-Key": "r"}
    both = [UnixConnection(till.t.socket) for _ in range(2)]
    world.service.process.send_signal(signal.SIGSTOP)
    try:
        for one in both:
            one.request("POST", path, json.dumps(body), head)
        assert till.ask("GET", f"/v1/sales/{sale}/voids").json["voids"] == [], "the service does not answer yet"
        assert till.ask("POST", path, {**body, "amount_fen": 2000}, {"Idempotency-Key": "r"}).json["code"] == "idempotency_reuse"
    finally:
        world.service.process.send_signal(signal.SIGCONT)
    first, second = [json.loads(one.getresponse().read()) for one in both]
    assert first == second and first["amount_fen"] == 1000
    assert [v["void_id"] for v in till.ask("GET", f"/v1/sales/{sale}/voids").json["voids"]] == [first["void_id"]]


def test_a_wait_ends_when_the_checkout_changes(till):
    c = till.begin({"total_fen": 100}, "k", wait=0).json
    path = f"/v1/checkouts/{c['checkout_id']}"
    waiter = UnixConnection(till.t.socket)
    waiter.request("GET", f"{path}?wait=30&rev={c['rev']}")
    for _ in range(3):
        till.ask("GET", "/v1/status")  # the waiting one has been heard by now
    later = till.ask("POST", path + "/amount", {"total_fen": 200}).json
    assert json.loads(waiter.getresponse().read())["rev"] >= later["rev"] > c["rev"]
    waiter.close()
    same = till.ask("GET", f"{path}?wait=1&rev={later['rev']}").json
    assert same["rev"] == later["rev"], "time was over"


def test_confirming_what_is_no_longer_offered(world, till):
    c = till.begin({"total_fen": 10000, "scan": till.qr}, "k").json
    path = f"/v1/checkouts/{c['checkout_id']}"
    world.offers(till.t.shop, [{"title": "九五折", "kind": "percent", "rate_bp": 500}])
    new = wait_for("the new quote", lambda: (lambda k: k["pay_fen"] != c["pay_fen"] and k)(till.ask("GET", path).json))
    assert new["pay_fen"] == 9500 and new["rev"] > c["rev"]
    assert till.ask("POST", path + "/confirm", {"pay_fen": c["pay_fen"]}).json["code"] == "wrong_state"
    assert till.ask("POST", path + "/confirm", {"rev": c["rev"]}).json["code"] == "wrong_state"
    assert till.ask("POST", path + "/confirm", {"pay_fen": 9500, "rev": new["rev"]}).json["state"] == "applied"
    assert till.ask("POST", path + "/confirm", {"pay_fen": 1}).json["state"] == "applied", "already done: the same answer again"


def test_another_card_on_the_same_checkout(world, till):
    c = till.begin({"total_fen": 10000, "scan": till.qr}, "k").json
    path = f"/v1/checkouts/{c['checkout_id']}"
    other = till.ask("POST", path + "/card?wait=10", {"scan": world.qr(MEMBERS[1][0])}).json
    assert other["card_last4"] == "0002" and other["name_masked"] != c["name_masked"] and other["state"] == "quoted"
    assert till.ask("POST", path + "/confirm", {}).json["card_last4"] == "0002"


def test_a_trigger_pressed_twice_is_one_scan(world, till):
    first = till.ask("POST", "/v1/scans?wait=10", {"text": till.qr}).json
    again = till.ask("POST", "/v1/scans?wait=10", {"text": till.qr}).json
    assert first["state"] == "amount" and again == first
    other = till.ask("POST", "/v1/scans?wait=10", {"text": world.qr(MEMBERS[1][0])}).json
    assert other["checkout_id"] == first["checkout_id"] and other["card_last4"] == "0002" and other["rev"] > first["rev"]
    path = f"/v1/checkouts/{first['checkout_id']}"
    quoted = till.ask("POST", path + "/amount?wait=10", {"total_fen": 10000}).json
    assert till.ask("POST", "/v1/scans?wait=10", {"text": world.qr(MEMBERS[1][0])}).json["rev"] == quoted["rev"]
    assert till.ask("POST", path + "/confirm", {}).json["card_last4"] == "0002"
    third = till.ask("POST", "/v1/scans?wait=10", {"text": till.qr}).json
    assert third["checkout_id"] != first["checkout_id"], "an applied sale takes no other card"


def test_a_refused_scan_can_be_followed_by_the_right_one(till):
    c = till.begin({"total_fen": 10000}, "k", wait=0).json
    assert till.ask("POST", "/v1/scans", {"text": "134567890123456789"}).json["reason"] == "payment_code"
    got = till.ask("POST", "/v1/scans?wait=10", {"text": till.qr}).json
    assert (got["checkout_id"], got["state"]) == (c["checkout_id"], "quoted")


def test_goods_and_payment_codes_take_no_cards_place(till):
    quoted = till.begin({"total_fen": 10000, "scan": till.qr}, "k").json
    stream, answer = listen(till.t)
    for text, code in (("134567890123456789", "payment_code"), ("6901234567892", "card_unknown_scan")):
        assert till.ask("POST", "/v1/scans", {"text": text}).json == quoted
        while (told := event(answer))[0] != "scan":
            pass
        CONTRACT.validate({"$ref": "#/components/schemas/ScanEvent"}, told[1], True, "scan")
        assert (told[1]["kind"], told[1]["code"]) == ("other", code) and told[1]["text"]["zh"], told
    stream.close()
    assert till.ask("POST", f"/v1/checkouts/{quoted['checkout_id']}/confirm", {}).json["state"] == "applied"


def test_an_address_that_is_taken(world, till):
    other = world.terminal(till.t.shop, start=False)
    r = call(other.argv[0], "run", "--state", other.state, "--listen", f"127.0.0.1:{till.t.port}")
    assert r.code in (1, 3) and "address_busy" in r.err, r
    r = call(other.argv[0], "run", "--state", other.state, "--listen", "off", "--socket", till.t.socket)
    assert r.code in (1, 3) and "address_busy" in r.err, r
    assert till.sell("k")["state"] == "applied"


def test_a_sale_outlives_the_process_by_its_checkout_id(till):
    sale = till.sell("k", 10000, lines=[{"category": "food", "amount_fen": 10000}], cashier="07")
    till.t.kill()
    till.t.start()
    again = till.ask("GET", f"/v1/checkouts/{sale['checkout_id']}").json
    drop = ("rev",)
    assert {k: v for k, v in again.items() if k not in drop} == {k: v for k, v in sale.items() if k not in drop}


def test_more_checkouts_than_seats(till):
    first = till.sell("first")
    ids = [till.begin({"total_fen": 100}, f"k{i}", wait=0).json["checkout_id"] for i in range(40)]
    assert till.ask("GET", f"/v1/checkouts/{first['checkout_id']}").json["sale_id"] == first["sale_id"], "from the journal"
    assert till.ask("GET", f"/v1/checkouts/{ids[0]}").status == 404
    assert till.ask("GET", f"/v1/checkouts/{ids[-1]}").json["state"] == "waiting"


def listen(t, **headers):
    stream = UnixConnection(t.socket)
    stream.request("GET", "/v1/events", headers=headers)
    return stream, stream.getresponse()


def event(answer):
    """The next event as (name, data); comments are skipped."""
    name, data = None, None
    while True:
        line = answer.readline().decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data = json.loads(line[6:])
        elif not line and name:
            return name, data


def test_events_carry_the_whole_of_what_they_are_about(till):
    schemas = {"checkout": "Checkout", "status": "Status", "scan": "ScanEvent", "device": "Device"}
    stream, answer = listen(till.t)
    assert event(answer)[0] == "status"
    till.t.huika("simulate", "scan", "134567890123456789")
    till.sell("k")
    seen = set()
    while True:
        name, data = event(answer)
        CONTRACT.validate({"$ref": f"#/components/schemas/{schemas[name]}"}, data, True, name)
        assert "134567890123456789" not in json.dumps(data) and till.qr not in json.dumps(data)
        seen.add(name)
        if name == "checkout" and data["state"] == "applied":
            break
    assert seen >= {"scan", "checkout"}
    stream.close()


def test_two_terminals_on_one_state_directory(world, till):
    r = call(till.t.argv[0], "run", "--state", till.t.state, "--listen", f"127.0.0.1:{free_port()}")
    assert r.code in (1, 3) and "state_locked" in r.err, r
    assert till.sell("k")["state"] == "applied"


def test_it_ends_cleanly_and_takes_its_socket_along(till):
    stream, answer = listen(till.t)
    c = till.begin({"total_fen": 100}, "k", wait=0).json
    waiter = UnixConnection(till.t.socket)
    waiter.request("GET", f"/v1/checkouts/{c['checkout_id']}?wait=30&rev={c['rev']}")
    assert till.t.stop() == 0
    assert not till.t.socket.exists()
    stream.close()
    waiter.close()
    del answer


def test_ending_while_requests_are_on_their_way(till):
    """A wait that began while the terminal was ending stayed suspended, and libmicrohttpd aborts on those."""
    for i in range(12):
        c = till.begin({"total_fen": 100}, f"k{i}", wait=0).json
        paths = [f"/v1/checkouts/{c['checkout_id']}?wait=30&rev={c['rev']}", "/v1/events"] * 3
        streams = [UnixConnection(till.t.socket) for _ in paths]
        for stream, path in zip(streams, paths):
            stream.request("GET", path)
        assert till.t.stop() == 0
        for stream in streams:
            stream.close()
        till.t.start()


def test_ready_is_told_to_the_service_manager(world):
    t = world.terminal(start=False)
    path = str(world.root / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        s.settimeout(DEADLINE_S)
        t.environ = {**t.environ, "NOTIFY_SOCKET": path}
        t.start()
        assert s.recv(64) == b"READY=1"
        t.stop(signal.SIGINT)
        assert s.recv(64) == b"STOPPING=1"


def test_reading_a_number_back_is_impossible(till):
    """A number leaves no trace in the journal; nor in the process (test_memory.py)."""
    c = till.begin({"total_fen": 100, "number": CARD, "luhn_ok": True}, "k").json
    assert till.ask("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json["state"] == "applied"
    for f in till.t.state.iterdir():
        if f.is_file():
            assert CARD.encode() not in f.read_bytes(), f


def test_connection_stays_open_between_requests(till):
    conn = http.client.HTTPConnection("127.0.0.1", till.t.port, timeout=DEADLINE_S)
    token = (till.t.state / "counter.token").read_text().strip()
    for _ in range(3):
        conn.request("GET", "/v1/status", headers={"Authorization": "Bearer " + token})
        assert conn.getresponse().read()
        sock = conn.sock
    assert conn.sock is sock and sock is not None
    conn.close()
