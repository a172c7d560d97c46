# SPDX-License-Identifier: Apache-2.0
"""An administrator delists a shop; the terminal obeys, keeps the notice, and says why. Relisting works the same way."""
import base64
import json

from world import MEMBERS, wait_for

CARD = MEMBERS[0][0]


def standing(t):
    return t.status["shop"]["standing"]


def test_delisting_reaches_the_terminal_and_survives_a_restart_without_the_service(world):
    t = world.terminal()
    qr = world.qr(CARD)
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0
    assert world.admin("shop", "delist", t.shop, "--reason", "拒绝兑现优惠").code == 0
    wait_for("the terminal to obey", lambda: standing(t) == "delisted")
    r = t.huika("sell", "10", "--scan", qr, "--yes")
    assert r.code == 1 and r.json["reason"] == "shop_delisted" and "sale_id" not in r.json, r
    shown = t.huika("sell", "10", "--scan", qr, "--yes", json_out=False)
    assert shown.code == 1 and "拒绝兑现优惠" in shown.out + shown.err + t.huika("status", json_out=False).out
    t.wait_synced()
    applied = world.admin("shop", "show", t.shop).json["terminals"][0]
    assert applied["shop_version"] == world.admin("shop", "show", t.shop).json["version"] and applied["shop_version_applied_ms"] > 0
    world.service.stop()
    t.kill()
    t.start()
    assert standing(t) == "delisted"
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["reason"] == "shop_delisted"


def test_the_notices_of_enrolment_are_reported_as_applied(world):
    t = world.terminal()
    t.wait_synced()
    shop = world.admin("shop", "show", t.shop).json
    row = shop["terminals"][0]
    assert row["shop_version"] == shop["version"] and row["behind"] == 0 and row["trust_version_applied"] >= 1
    seq = t.status["head"]["seq"]
    t.stop()
    t.start().wait_online()
    t.wait_synced()
    assert t.status["head"]["seq"] == seq + 1, "told once, not at each start"


def test_suspended_then_relisted(world):
    t = world.terminal()
    qr = world.qr(CARD)
    assert world.admin("shop", "suspend", t.shop, "--reason", "核查").code == 0
    wait_for("suspension", lambda: standing(t) == "suspended")
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["reason"] == "shop_suspended"
    assert world.admin("shop", "relist", t.shop, "--reason", "已整改").code == 0
    wait_for("relisting", lambda: standing(t) == "listed")
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0


def test_a_quote_that_is_open_when_the_delisting_arrives_cannot_be_confirmed(world):
    t = world.terminal()
    c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": world.qr(CARD)}, {"Idempotency-Key": "q"}).json
    assert c["state"] == "quoted"
    world.admin("shop", "delist", t.shop, "--reason", "测试")
    wait_for("the terminal to obey", lambda: standing(t) == "delisted")
    a = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {})
    assert a.json.get("reason") == "shop_delisted" or a.json.get("code") == "wrong_state", a
    assert t.huika("day").json["count"] == 0


def test_the_service_itself_refuses_a_delisted_shop(world):
    """A terminal that has not heard yet gets the same answer from verify: its notices are held back by stopping it early."""
    t = world.terminal()
    world.service.stop()
    world.service.start()
    world.admin("shop", "delist", t.shop, "--reason", "测试")
    r = t.huika("sell", "10", "--scan", world.qr(CARD), "--yes")
    assert r.code == 1 and r.json["reason"] == "shop_delisted", r


def test_new_terms_reach_the_terminal(world):
    t = world.terminal()
    qr = world.qr(CARD)
    version = t.status["shop"]["version"]
    world.offers(t.shop, [{"title": "五折", "kind": "percent", "rate_bp": 5000}])
    wait_for("the new terms", lambda: t.status["shop"]["version"] > version)
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["discount_fen"] == 500


def test_a_notice_changed_on_the_terminals_disk_is_not_obeyed(world):
    t = world.terminal()
    qr = world.qr(CARD)
    t.stop()
    world.admin("shop", "delist", t.shop, "--reason", "测试")
    t.start().wait_online()
    wait_for("the terminal to obey", lambda: standing(t) == "delisted")
    t.stop()
    path = t.state / "shop.json"
    envelope = json.loads(path.read_text())
    payload = base64.b64decode(envelope["payload"]).replace(b'"delisted"', b'"listed"')
    path.write_text(json.dumps({**envelope, "payload": base64.b64encode(payload).decode()}))
    world.service.stop()
    t.start()
    assert standing(t) != "listed"
    r = t.huika("sell", "10", "--scan", qr, "--yes")
    assert r.code != 0 and "sale_id" not in r.json, r
