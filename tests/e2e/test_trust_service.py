# SPDX-License-Identifier: Apache-2.0
"""Leases and revocation as the service gives them, asked over real TLS by a client that shares no code with it."""
import base64
import calendar
import http.client
import threading
import time

import pytest
from notices import Holder, body, envelope_id, kind, payload, sha256, token_value, revoked_values
from service import CONTRACT, TRUST, Device, Province, certs_of, csr_base64, new_key, sale, token_of
from world import Service, wait_for

ZHENGZHOU = "410100"
CARD, OTHER = "6200000000000001", "6200000000000002"
LOST = [f"62000000000005{n:02}" for n in range(30)]  # enough for a delta to be shorter than the file
PERCENT = {"title": "八八折", "kind": "percent", "rate_bp": 1200}


@pytest.fixture
def province(tmp_path):
    s = Service(tmp_path).init()
    with open(s.dir / "service.ini", "a", encoding="utf-8") as ini:
        ini.write("\n[policy]\nrevoked_every_s = 0\noffline_sales = 3\noffline_amount_fen = 100000\noffline_per_card_day = 2\n")
    p = Province(s.start(), tmp_path)
    try:
        p.org(ZHENGZHOU, "郑州市总工会")
        p.members([(CARD, "张建涛", ZHENGZHOU, "active"), (OTHER, "王", ZHENGZHOU, "active"), *((n, "李试验", ZHENGZHOU, "lost") for n in LOST)])
        yield p
    finally:
        p.close()
        assert s.stop() == 0, s.text


def holder(province, shop=None):
    return Holder(province.device(shop or province.shop([PERCENT])[0]))


def settled(h):
    """Polls until it has everything, a lease too that names the list with the lost card: making it may take a moment."""
    wait_for("a lease", lambda: h.settle() is not None and "lease" in h.held and body(h.held["revoked"])["count"])
    assert h.settle() == []
    return h


def test_a_lease_names_what_the_terminal_holds(province):
    h = settled(holder(province))
    lease, me = body(h.held["lease"]), h.device.ask("GET", "/v1/terminal").json
    assert lease["terminal_id"] == h.device.id and lease["shop_id"] == me["shop_id"] and lease["epoch"] == me["epoch"]
    assert abs(lease["issued_ms"] / 1000 - time.time()) < 60 and lease["stop_at_ms"] - lease["issued_ms"] == 72 * 3600000
    assert lease["allowance"] == {"sales": 3, "amount_fen": 100000, "starts": 20, "per_card_day": 2, "keyed_sales": 20, "keyed_amount_fen": 200000}
    for what in ("trust", "shop", "revoked"):
        assert lease[what] == {"version": h.version(what), "sha256": sha256(h.held[what])}


def test_a_lease_is_renewed_when_what_it_names_changes_and_not_before(province):
    shop, _ = province.shop([PERCENT])
    h = settled(holder(province, shop))
    first = h.held["lease"]
    assert h.poll() == []
    province.offers(shop, [{**PERCENT, "rate_bp": 500}])
    assert h.poll() == ["shop"] and h.poll() == ["lease"] and h.version("lease") == body(first)["version"] + 1
    again = h.device.ask("GET", h.query(lease=0)).json["notices"]  # lost on the way: a newer one
    assert body(again[0])["version"] == h.version("lease") + 1
    assert payload(first) != payload(again[0])


def test_who_does_not_ask_for_a_kind_does_not_get_it(province):
    h = settled(holder(province))
    a = h.device.ask("GET", f"/v1/notices?trust={h.version('trust')}&shop={h.version('shop')}").json
    assert a == {"notices": []}
    a = h.device.ask("GET", "/v1/notices?trust=0&shop=0&lease=0&revoked=0").json["notices"]
    assert sorted(e["payloadType"].split(".")[2] for e in a) == ["revoked", "shop", "trust"]


def test_what_a_terminal_refuses_is_not_offered_again_and_holds_up_nothing_else(province):
    shop, _ = province.shop([PERCENT])
    h = settled(holder(province, shop))
    asked = h.query(shop=h.version("shop") - 1)
    offered = h.device.ask("GET", asked).json["notices"]
    assert [kind(e) for e in offered] == ["shop"]
    bad = envelope_id(offered[0])
    assert h.device.ask("GET", asked + f"&refused={'0' * 16},{bad}").json == {"notices": []}
    other = envelope_id({**offered[0], "signatures": []})
    assert h.device.ask("GET", asked + "&refused=" + other).json["notices"] == offered, "the same payload in another envelope"
    number = h.device.ask("GET", "/v1/terminal").json["number"]
    assert f"terminal {number} refuses what it was offered: {'0' * 16},{bad}" in province.service.text
    province.post(f"/v1/shops/{shop}/standing", {"standing": "delisted", "reason": "示例"})
    news = h.device.ask("GET", asked + "&refused=" + bad).json["notices"]
    assert body(news[0])["standing"] == "delisted"
    for wrong in ("", "0", bad.upper(), bad + ",", ",".join([bad] * 9), bad + ";" + bad):
        assert h.device.ask("GET", asked + "&refused=" + wrong, check=False).json["code"] == "bad_value", wrong


def test_revocation_reaches_those_who_wait(province):
    h = settled(holder(province))
    token = province.token(CARD)
    assert token_value(province.token(LOST[0])) in revoked_values(h.file) and len(revoked_values(h.file)) == len(LOST)
    file, version = h.file, h.version("revoked")
    province.post("/v1/members/status", {"number": CARD, "status": "frozen"})
    wait_for("the new list", lambda: "revoked" in h.poll(wait=5))
    assert h.version("revoked") == version + 1 and body(h.held["revoked"])["deltas"][0]["from"] == version and h.file != file
    assert token_value(token) in revoked_values(h.file)
    new = province.post("/v1/cards/reissue", {"number": LOST[0]})
    wait_for("the list after the reissue", lambda: "revoked" in h.poll(wait=5))
    assert len(revoked_values(h.file)) == len(LOST) + 1 and token_value(token_of(new)) not in revoked_values(h.file)
    province.post("/v1/members/status", {"number": CARD, "status": "active"})
    wait_for("the list after the return", lambda: "revoked" in h.poll(wait=5))
    assert token_value(token) not in revoked_values(h.file)
    assert h.device.ask("GET", "/v1/revoked/99").status == 404
    assert h.device.ask("GET", "/v1/revoked/1/from/99").status == 404


def test_deltas_lead_from_the_last_sixteen_versions(province):
    h = settled(holder(province))
    start, old = h.version("revoked"), h.file
    for i in range(20):
        province.post("/v1/members/status", {"number": CARD, "status": "frozen" if i % 2 == 0 else "active"})
        wait_for("a new list", lambda: "revoked" in h.poll(wait=5))
    news = body(h.held["revoked"])
    assert news["version"] == start + 20 and len(news["deltas"]) <= 16 and min(d["from"] for d in news["deltas"]) >= news["version"] - 16
    assert h.file == old or revoked_values(h.file) == revoked_values(old)
    kept = sorted(int(f.name) for f in (province.service.dir / "revoked").iterdir() if f.name.isdigit())
    assert kept[-1] == news["version"] and len(kept) <= 17


def reenroll(device, key):
    a = device.ask("POST", "/.well-known/est/simplereenroll", csr_base64(key), {"Content-Type": "application/pkcs10"})
    return a, certs_of(a)[0] if a.status == 200 else None


def test_a_certificate_is_renewed_with_the_same_key_or_another_and_only_two_are_good(province):
    d = province.device(province.shop([PERCENT])[0])
    first = d
    a, cert = reenroll(d, d.key)
    assert a.status == 200 and cert.serial_number != d.cert.serial_number
    second = Device(province.service, province.root, cert, d.key)
    assert second.id == d.id and second.ask("GET", "/v1/terminal").json["terminal_id"] == d.id
    assert first.ask("GET", "/v1/terminal").status == 200  # the answer may have been lost
    key = new_key()
    third = Device(province.service, province.root, reenroll(second, key)[1], key)
    assert third.ask("GET", "/v1/terminal").status == second.ask("GET", "/v1/terminal").status == 200
    assert first.ask("GET", "/v1/terminal").json["code"] == "cert_revoked"
    shown = province.admin.ask("GET", "/v1/terminals").json["terminals"]
    assert [t["not_after_ms"] // 1000 for t in shown if t["terminal_id"] == d.id] == [calendar.timegm(third.cert.not_valid_after.timetuple())]
    der = bytearray(base64.b64decode(csr_base64(key)))
    der[-1] ^= 1
    bad = third.ask("POST", "/.well-known/est/simplereenroll", base64.b64encode(bytes(der)), {"Content-Type": "application/pkcs10"})
    assert bad.json["code"] in ("bad_signature", "bad_value")


def test_the_supervised_way_back_gives_the_same_terminal_a_new_certificate(province):
    shop, _ = province.shop([PERCENT])
    d = province.device(shop)
    code, key = province.post(f"/v1/terminals/{d.id}/renew", {}, 201)["code"], d.key
    assert province.enroll(code, new_key()).json["code"] == "invite_other"
    assert d.ask("GET", "/v1/terminal").status == 200, "another machine's try shuts nobody out"
    back = Device(province.service, province.root, certs_of(province.enroll(code, key))[0], key)
    assert back.id == d.id and back.ask("GET", "/v1/terminal").json["shop_id"] == shop
    assert d.ask("GET", "/v1/terminal").json["code"] == "cert_revoked"  # whoever had the old one is out
    assert certs_of(province.enroll(code, key))[0] == back.cert  # the answer may be lost
    assert province.enroll(code, new_key()).json["code"] == "invite_other" and back.ask("GET", "/v1/terminal").json["state"] == "active"
    acts = [e for e in province.admin.ask("GET", "/v1/audit?limit=500").json["entries"] if e["target"] == d.id]
    assert [e["act"] for e in acts].count("terminal renew refused") == 2
    assert [t["number"] for t in province.admin.ask("GET", f"/v1/terminals?shop={shop}").json["terminals"]] == [back.ask("GET", "/v1/terminal").json["number"]]
    province.post(f"/v1/terminals/{d.id}/revoke", {})
    assert province.admin.ask("POST", f"/v1/terminals/{d.id}/renew", {}).json["code"] == "wrong_state"


def test_a_journal_that_nothing_contradicts_is_one_chain(province):
    d = province.device(province.shop([PERCENT])[0])
    assert d.send([sale(province.token(CARD))]).status == 200
    chain, = province.admin.ask("GET", f"/v1/terminals/{d.id}/branches").json["branches"]
    assert chain["branch"] == 0 and chain["head"] == {"seq": 1, "hash": d.hash.hex()}
    record, = province.admin.ask("GET", f"/v1/terminals/{d.id}/records").json["records"]
    assert record["hash"] == d.hash.hex() and record["outcome"] == "counted"


def test_revocation_ends_open_connections_at_once_also_one_that_waits(province):
    shop, _ = province.shop([PERCENT])
    h, other = settled(holder(province, shop)), province.device(shop)
    idle = Device(province.service, province.root, h.device.cert, h.device.key)
    assert idle.ask("GET", "/v1/terminal").status == other.ask("GET", "/v1/terminal").status == 200
    ended = []

    def wait():
        try:
            ended.append(h.device.ask("GET", h.query(wait=50), check=False).status)
        except (OSError, http.client.HTTPException):
            ended.append(0)
    waiting = threading.Thread(target=wait)
    waiting.start()
    assert province.post(f"/v1/terminals/{h.device.id}/revoke", {}) == {"state": "revoked"}
    idle.connection.sock.settimeout(20)
    assert idle.connection.sock.recv(1) == b""  # closed by the service, nothing was asked
    waiting.join(20)
    assert ended and ended[0] in (0, 401)
    assert other.ask("GET", "/v1/terminal").status == 200
    assert Device(province.service, province.root, h.device.cert, h.device.key).ask("GET", "/v1/terminal").json["code"] == "cert_revoked"
    province.post(f"/v1/terminals/{h.device.id}/revoke", {})
    assert province.admin.ask("POST", f"/v1/terminals/{h.device.id}/resume", {}).json["code"] == "wrong_state"


def test_resume_begins_the_next_epoch(province):
    h = settled(holder(province))
    assert province.post(f"/v1/terminals/{h.device.id}/resume", {}) == {"epoch": 2}
    assert h.poll() == ["lease"] and body(h.held["lease"])["epoch"] == 2


def test_zz_the_contract_was_walked_through():
    """What this file answers for in the contract was answered well at least once by its tests (they run in order)."""
    if not CONTRACT.seen:
        pytest.skip("alone")
    assert TRUST - CONTRACT.seen == set()
