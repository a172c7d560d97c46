# SPDX-License-Identifier: Apache-2.0
"""The main job: a card at the counter, a verdict, a quote, a sale that stays, a receipt, the record at the service."""
import json
import sqlite3

import pytest
from world import MEMBERS, wait_for

PERCENT = {"title": "餐饮八八折", "kind": "percent", "rate_bp": 1200}
CARD = MEMBERS[0][0]


def sale_at_service(world, shop, sale_id):
    found = [s for s in world.admin("shop", "show", shop).json["latest"] if s["sale_id"] == sale_id]
    return found[0] if found else None


def test_sale_by_qr_gives_name_discount_receipt_and_record(world):
    t = world.terminal()
    r = t.huika("sell", "128.00", "--scan", world.qr(CARD), "--cashier", "07", "--yes")
    assert r.code == 0, r
    sale = r.json
    assert (sale["verdict"], sale["name_masked"], sale["card_last4"]) == ("member", "*建涛", "0001")
    assert (sale["total_fen"], sale["discount_fen"], sale["pay_fen"]) == (12800, 1536, 11264)
    assert sale["offer_title"] == "八八折"
    t.wait_synced()
    there = sale_at_service(world, t.shop, sale["sale_id"])
    assert there["discount_fen"] == 1536 and there["card_last4"] == "0001" and there["outcome"] == "counted"
    shown = world.admin("shop", "show", t.shop).json["sales"]
    assert (shown["count"], shown["total_fen"], shown["discount_fen"]) == (1, 12800, 1536)
    head = t.status["head"]
    assert head["countersigned_seq"] == head["seq"] >= 2


def test_sale_by_number_has_no_name_and_number_stays_nowhere(world):
    t = world.terminal()
    r = t.huika("sell", "50", "--number", "-", "--yes", "--accept-luhn", stdin=CARD + "\n")
    assert r.code == 0, r
    assert r.json["verdict"] == "member" and r.json["pay_fen"] == 4400
    assert r.json.get("name_masked") is None and r.json["card_last4"] == "0001"
    t.wait_synced()
    assert sale_at_service(world, t.shop, r.json["sale_id"])["outcome"] == "counted"
    world.service.stop()
    t.stop()
    for f in [*world.root.rglob("*")]:
        if f.is_file() and not f.name.startswith("members-") and f.stat().st_size:
            assert CARD.encode() not in f.read_bytes(), f


def test_receipt_in_both_languages(world):
    t = world.terminal()
    sale = t.huika("sell", "128.00", "--scan", world.qr(CARD), "--yes").json
    zh = t.api("GET", f"/v1/sales/{sale['sale_id']}/receipt?lang=zh").body.decode()
    en = t.api("GET", f"/v1/sales/{sale['sale_id']}/receipt?lang=en").body.decode()
    for text in (zh, en):
        for part in ("示例饭店", "128.00", "15.36", "112.64", "0001", "*建涛", "12351", "八八折", sale["sale_id"]):
            assert part in text, (part, text)
    assert "应付" in zh and "应付" not in en
    again = t.huika("reprint", sale["sale_id"], json_out=False)
    assert again.code == 0 and "12351" in again.out


def test_day_lists_sales_and_sums(world):
    t = world.terminal()
    ids = [t.huika("sell", a, "--scan", world.qr(CARD), "--yes").json["sale_id"] for a in ("10", "20.50", "0.01")]
    day = t.huika("day").json
    assert [s["sale_id"] for s in day["sales"]] == ids
    assert day["count"] == 3 and day["total_fen"] == 3051 and day["pay_fen"] + day["discount_fen"] == 3051
    assert t.huika("day", "1999-01-01").json["count"] == 0


def test_journal_verifies_running_and_stopped(world):
    t = world.terminal()
    t.huika("sell", "10", "--scan", world.qr(CARD), "--yes")
    t.wait_synced()
    assert t.huika("journal", "verify").code == 0
    t.stop()
    assert t.huika("journal", "verify", "--state", t.state).code == 0
    db = sqlite3.connect(t.state / "journal.db")
    body = db.execute("SELECT body FROM records WHERE body LIKE '%\"sale_id\"%'").fetchone()[0]
    text = body.decode() if isinstance(body, bytes) else body
    changed = text.replace('"pay_fen":880', '"pay_fen":580')
    assert changed != text
    db.execute("UPDATE records SET body = ? WHERE body = ?", (changed.encode() if isinstance(body, bytes) else changed, body))
    db.commit()
    db.close()
    r = t.huika("journal", "verify", "--state", t.state)
    assert r.code == 1 and "2" in r.out + r.err, r


def test_retry_with_the_same_key_is_one_sale_also_after_a_restart(world):
    t = world.terminal()
    body = {"total_fen": 12800, "scan": world.qr(CARD)}
    key = {"Idempotency-Key": "till-1/receipt-42"}
    first = t.api("POST", "/v1/checkouts?wait=10", body, key)
    assert first.status == 201 and first.json["state"] == "quoted", first
    again = t.api("POST", "/v1/checkouts?wait=10", body, key)
    assert again.json["checkout_id"] == first.json["checkout_id"]
    other = t.api("POST", "/v1/checkouts", {**body, "total_fen": 1}, key)
    assert other.status == 422 and other.json["code"] == "idempotency_reuse"
    assert t.api("POST", "/v1/checkouts", body).json["code"] == "idempotency_missing"
    confirm = f"/v1/checkouts/{first.json['checkout_id']}/confirm"
    sale = t.api("POST", confirm, {}).json
    assert sale["state"] == "applied"
    assert t.api("POST", confirm, {}).json["sale_id"] == sale["sale_id"]
    t.kill()
    t.start()
    assert t.api("POST", confirm, {}).json["sale_id"] == sale["sale_id"]
    assert t.api("POST", "/v1/checkouts?wait=10", body, key).json["sale_id"] == sale["sale_id"]
    assert t.api("POST", "/v1/checkouts", {**body, "total_fen": 1}, key).json["code"] == "idempotency_reuse"
    t.wait_online().wait_synced()
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == 1


@pytest.mark.parametrize("offer,total,discount", [
    ({"title": "满减", "kind": "off_over", "over_fen": 10000, "off_fen": 1500, "repeat": True}, "250.00", 3000),
    ({"title": "满减", "kind": "off_over", "over_fen": 10000, "off_fen": 1500}, "250.00", 1500),
    ({"title": "会员价", "kind": "fixed", "price_fen": 2500}, "40.00", 1500),
    ({**PERCENT, "cap_fen": 500}, "128.00", 500),
    ({**PERCENT, "round": "yuan"}, "128.00", 1600),
    ({**PERCENT, "min_fen": 20000}, "128.00", None),
    ({**PERCENT, "to": "2020-01-01"}, "128.00", None),
])
def test_kinds_of_offer(world, offer, total, discount):
    t = world.terminal(offers=[offer])
    r = t.huika("sell", total, "--scan", world.qr(CARD), "--yes")
    if discount is None:
        assert r.code == 1 and r.json["reason"] == "no_offer" and "sale_id" not in r.json, r
    else:
        assert r.code == 0 and r.json["discount_fen"] == discount, r


def test_lines_add_up_and_excluded_goods_do_not_count(world):
    t = world.terminal(offers=[{**PERCENT, "exclude": ["tobacco"]}])
    lines = [{"category": "food", "amount_fen": 3333}, {"category": "tobacco", "amount_fen": 5000},
             {"category": "food", "amount_fen": 6667}]
    path = world.root / "lines.json"
    path.write_text(json.dumps(lines))
    r = t.huika("sell", "150.00", "--lines", path, "--scan", world.qr(CARD), "--yes")
    assert r.code == 0 and r.json["discount_fen"] == 1200, r
    back = t.api("GET", f"/v1/sales/{r.json['sale_id']}").json
    assert [ln["discount_fen"] for ln in back["lines"]] == [400, 0, 800]


def test_best_offer_wins_and_never_worse_than_own_price(world):
    t = world.terminal(offers=[PERCENT, {"title": "满减", "kind": "off_over", "over_fen": 10000, "off_fen": 2000}])
    qr = world.qr(CARD)
    assert t.huika("sell", "100", "--scan", qr, "--yes").json["discount_fen"] == 2000
    assert t.huika("sell", "99", "--scan", qr, "--yes").json["offer_title"] == "餐饮八八折"
    r = t.huika("sell", "100", "--own-price", "70", "--scan", qr, "--yes").json
    assert r["pay_fen"] == 7000 and r["own_price"] is True


def test_limit_per_card_and_day_across_two_counters(world):
    shop = world.shop(offers=[{**PERCENT, "per_card_day": 2}])
    a, b = world.terminal(shop), world.terminal(shop)
    qr = world.qr(CARD)
    assert a.huika("sell", "10", "--scan", qr, "--yes").code == 0
    assert b.huika("sell", "10", "--scan", qr, "--yes").code == 0
    for t in (a, b):
        r = t.huika("sell", "10", "--scan", qr, "--yes")
        assert r.code == 1 and r.json["reason"] == "limit_reached", r
    assert a.huika("sell", "10", "--scan", world.qr(MEMBERS[1][0]), "--yes").code == 0


def test_two_counters_race_for_the_last_use(world):
    shop = world.shop(offers=[{**PERCENT, "per_card_day": 1}])
    counters = [world.terminal(shop), world.terminal(shop)]
    body = {"total_fen": 1000, "scan": world.qr(CARD)}
    ids = [t.api("POST", "/v1/checkouts", body, {"Idempotency-Key": "race"}).json["checkout_id"] for t in counters]
    got = [t.api("GET", f"/v1/checkouts/{i}?wait=10").json for t, i in zip(counters, ids)]
    got = [wait_for("an answer", lambda t=t, i=i: (lambda c: c["state"] != "verifying" and c)(t.api("GET", f"/v1/checkouts/{i}").json))
           for t, i in zip(counters, ids)]
    assert sorted(c["state"] for c in got) == ["quoted", "refused"], got
    loser = next(c for c in got if c["state"] == "refused")
    assert loser["reason"] == "limit_reached"
    winner = next(i for i, c in enumerate(got) if c["state"] == "quoted")
    assert counters[winner].api("POST", f"/v1/checkouts/{ids[winner]}/cancel", {}).json["state"] == "cancelled"
    r = wait_for("the use to be free again", lambda: (lambda r: r.code == 0 and r)(
        counters[1 - winner].huika("sell", "10", "--scan", body["scan"], "--yes")))
    assert r.json["verdict"] == "member"


def test_a_scan_at_the_reader_fills_the_waiting_checkout(world):
    t = world.terminal()
    c = t.api("POST", "/v1/checkouts", {"total_fen": 5000}, {"Idempotency-Key": "a"}).json
    assert c["state"] == "waiting"
    assert t.huika("simulate", "scan", world.qr(CARD)).code == 0
    c = wait_for("the quote", lambda: (lambda c: c["state"] == "quoted" and c)(t.api("GET", f"/v1/checkouts/{c['checkout_id']}").json))
    assert c["pay_fen"] == 4400 and c["name_masked"] == "*建涛"


def test_a_scan_before_the_amount(world):
    t = world.terminal()
    assert t.huika("simulate", "scan", world.qr(CARD)).code == 0
    c = wait_for("the verdict", lambda: (lambda a: a.status == 200 and a.json["state"] == "amount" and a.json)(
        t.api("GET", "/v1/checkouts/current")))
    assert c["verdict"] == "member"
    c = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/amount?wait=10", {"total_fen": 5000}).json
    assert c["state"] == "quoted" and c["pay_fen"] == 4400
    assert t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json["state"] == "applied"


def test_events_tell_of_a_sale(world):
    t = world.terminal()
    from world import UnixConnection
    stream = UnixConnection(t.socket)
    stream.request("GET", "/v1/events")
    answer = stream.getresponse()
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/event-stream")
    assert t.huika("sell", "10", "--scan", world.qr(CARD), "--yes").code == 0
    seen = ""
    while '"applied"' not in seen:
        line = answer.readline().decode()
        assert line, seen
        seen += line
    assert "event: checkout" in seen and world.qr(CARD)[-40:] not in seen
    stream.close()


@pytest.mark.parametrize("amount", ["0", "0.00", "-1", "1e18", "abc", "1.234", "10000000.00", "", "１２", "1,000"])
def test_amounts_that_are_none(world, amount):
    t = world.terminal()
    r = t.huika("sell", "--scan", world.qr(CARD), "--yes", "--", amount)
    assert r.code == 2 and r.err.strip(), r
    assert t.huika("day").json["count"] == 0


@pytest.mark.parametrize("fen", [0, -1, 10**18, 1.5, "12", None, 1000000000, True])
def test_amounts_that_are_none_at_the_api(world, fen):
    t = world.terminal()
    a = t.api("POST", "/v1/checkouts", {"total_fen": fen, "scan": world.qr(CARD)}, {"Idempotency-Key": "x"})
    assert a.status in (400, 422) and a.headers["Content-Type"].startswith("application/problem+json"), a
    assert a.json["code"] in ("bad_amount", "bad_value", "bad_json") and a.json["text"]["zh"]


def test_chinese_under_a_chinese_locale(world):
    from world import env
    t = world.terminal()
    out = t.huika("sell", "128", "--scan", world.qr(CARD), "--yes", json_out=False, environ=env(LC_ALL="zh_CN.UTF-8", LANGUAGE="zh_CN")).out
    assert "会员有效" in out and "112.64" in out, out
    out = t.huika("sell", "128", "--scan", world.qr(CARD), "--yes", json_out=False).out
    assert "会员有效" not in out.replace("八八折", "") and "112.64" in out, out
