# SPDX-License-Identifier: Apache-2.0
"""Voids and returns: what goes back, once, from whatever counter, with and without the service."""
import concurrent.futures
import json
import signal
import threading

import pytest
from insider import Insider
from place import Place
from slips import path_of, public, scan
from test_offline import FAKETIME
from test_slip import sold, till
from world import MEMBERS, env, ulid, wait_for


def back(t, sale, amount=None, key=None, **more):
    body = {"reason": "退货", **more}
    if amount:
        body["amount_fen"] = amount
    verb = "return" if amount else "void"
    return t.api("POST", f"/v1/sales/{sale}/{verb}", body, {"Idempotency-Key": key or ulid()})


def one(t, world, total="100.00"):
    r = t.huika("sell", total, "--scan", world.qr(MEMBERS[0][0]), "--yes")
    assert r.code == 0, r
    t.wait_synced()
    return r.json["sale_id"]


def test_parts_come_back_and_never_more_than_was_sold(world):
    t = world.terminal()
    sale = one(t, world, "100.01")
    parts = [back(t, sale, 3333) for _ in range(3)]
    assert [p.status for p in parts] == [201] * 3, parts
    got = [p.json for p in parts]
    discount = t.api("GET", f"/v1/sales/{sale}").json["discount_fen"]
    sums = [discount * 3333 * n // 10001 for n in range(4)]
    assert [p["discount_back_fen"] for p in got] == [b - a for a, b in zip(sums, sums[1:])] and all(p["granted"] for p in got)
    assert [p["returned_fen"] for p in got] == [3333, 6666, 9999] and all(p["refund_fen"] + p["discount_back_fen"] == 3333 for p in got)
    over = back(t, sale, 3)
    assert over.status == 409 and over.json["code"] == "return_over"
    last = back(t, sale)
    assert last.status == 201 and last.json["returned_fen"] == 10001 and last.json["kind"] == "void"
    assert sum(p["discount_back_fen"] for p in [*got, last.json]) == t.api("GET", f"/v1/sales/{sale}").json["discount_fen"]
    again = back(t, sale)
    assert again.status == 409 and again.json["code"] == "return_over"
    t.wait_synced()
    listed = t.api("GET", f"/v1/sales/{sale}/voids").json["voids"]
    assert [v["outcome"] for v in listed] == ["counted"] * 4


def test_the_same_key_gives_back_once(world):
    t = world.terminal()
    sale = one(t, world)
    key = ulid()
    first = back(t, sale, 5000, key)
    assert first.status == 201 and back(t, sale, 5000, key).json["void_id"] == first.json["void_id"]
    other = back(t, sale, 4000, key)
    assert other.status == 422 and other.json["code"] == "idempotency_reuse"
    t.stop()
    t.start().wait_online()
    assert back(t, sale, 5000, key).json["void_id"] == first.json["void_id"]
    assert t.api("POST", "/v1/checkouts", {"total_fen": 100}, {"Idempotency-Key": key}).status == 422


def test_two_counters_at_once_never_give_back_more(world):
    a = world.terminal()
    b = world.terminal(shop=a.shop)
    sale = one(a, world)
    got = []
    threads = [threading.Thread(target=lambda t=t: got.append(back(t, sale, 3000).status)) for t in (a, b) * 4]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(got) == [201] * 3 + [409] * 5, got
    a.wait_synced()
    b.wait_synced()
    assert sum(v["amount_fen"] for t in (a, b) for v in t.api("GET", f"/v1/sales/{sale}/voids").json["voids"]) == 9000
    assert all(v["outcome"] == "counted" for t in (a, b) for v in t.api("GET", f"/v1/sales/{sale}/voids").json["voids"])


@pytest.mark.parametrize("verb", [6000, None])
def test_two_counters_of_a_terminal_race_while_the_service_is_silent(world, verb):
    """Neither gets an answer, so both are judged here: the second by what the first took back, not by what was there when it asked."""
    t = world.terminal()
    sale = one(t, world)
    assert back(t, sale, 1000).status == 201
    t.wait_synced()
    world.service.process.send_signal(signal.SIGSTOP)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            got = list(pool.map(lambda _: back(t, sale, verb), range(4)))
    finally:
        world.service.process.send_signal(signal.SIGCONT)
    assert sorted(r.status for r in got) == [201, 409, 409, 409], got
    assert {r.json["code"] for r in got if r.status == 409} == {"return_over"}, got
    t.wait_synced()
    voids = t.api("GET", f"/v1/sales/{sale}/voids").json["voids"]
    assert sum(v["amount_fen"] for v in voids) == (7000 if verb else 10000) and [v["outcome"] for v in voids] == ["counted"] * 2, voids


def test_offline_only_the_terminal_that_sold_takes_back(world):
    a = world.terminal()
    b = world.terminal(shop=a.shop)
    sale = one(a, world)
    world.service.stop()
    wait_for("both to be offline", lambda: not a.status["online"] and not b.status["online"])
    other = back(b, sale, 1000)
    assert other.status == 409 and other.json["code"] == "offline_elsewhere", other
    mine = back(a, sale, 4000)
    assert mine.status == 201 and not mine.json["granted"] and "联网后由工会核对" in "".join(mine.json["receipt"].split())
    assert back(a, sale, 6001).json["code"] == "return_over"
    world.service.start()
    a.wait_online()
    b.wait_online()
    a.wait_synced()
    assert back(b, sale, 6001).json["code"] == "return_over"
    assert back(b, sale, 6000).status == 201
    b.wait_synced()
    assert [v["outcome"] for v in a.api("GET", f"/v1/sales/{sale}/voids").json["voids"]] == ["counted"]


@pytest.mark.parametrize("mine", [True, False])
def test_what_was_granted_and_never_sent_is_not_given_back_twice(tmp_path, mine):
    """The service forgets a grant after fifteen minutes without a record, and grants the same again; the journal forgets nothing."""
    p = Place(tmp_path, Insider)
    try:
        world, t = p.world, p.t
        sale = one(t if mine else world.terminal(shop=t.shop), world)
        p.middle.lost = "/v1/records"
        first = back(t, sale, 6000)
        assert first.status == 201 and first.json["granted"], first
        world.service.stop()
        world.service.environ = env(LD_PRELOAD=FAKETIME, FAKETIME="+16m", FAKETIME_DONT_FAKE_MONOTONIC="1")
        world.service.start()
        t.wait_online()
        over = back(t, sale, 6000)
        assert over.status == 409 and over.json["code"] == "return_over", over
        rest = back(t, sale)
        assert rest.status == 201 and rest.json["granted"], rest
        assert (rest.json["amount_fen"], rest.json["returned_fen"]) == (4000, 10000), rest
        assert first.json["discount_back_fen"] + rest.json["discount_back_fen"] == 1200
        assert t.status["unsent"] >= 2
        p.middle.heal()
        t.wait_synced()
        assert [v["outcome"] for v in t.api("GET", f"/v1/sales/{sale}/voids").json["voids"]] == ["counted"] * 2
    finally:
        p.close()


def test_a_delisted_shop_still_takes_back(world):
    t = world.terminal()
    sale = one(t, world)
    assert world.admin("shop", "delist", t.shop, "--reason", "不履行协议").code == 0
    wait_for("the delisting", lambda: t.status["shop"]["standing"] == "delisted")
    r = t.huika("void", sale, "--reason", "除名后退货", "--cashier", "07")
    assert r.code == 0 and r.json["refund_fen"] == 8800 and r.json["cashier"] == "07", r


def test_a_void_prints_its_receipt_with_a_way_to_its_page(world, tmp_path):
    t = till(world, tmp_path)
    sale, path = sold(world, t, tmp_path)
    t.wait_synced()
    r = t.huika("return", sale["sale_id"], "25.00", "--reason", "不喜欢\x1b@<b>", json_out=False)
    assert r.code == 0 and "REFUND" in r.out.upper() and "22.00" in r.out, r
    page = t.paper.next()
    text = "\n".join(page.lines)
    assert "退货小票" in text and "22.00" in text and sale["sale_id"] in text and "<b>" in text
    t.wait_synced()
    own = public(world, path_of(world, scan(page, tmp_path)))
    assert own[0] == 200 and "工会已登记此次退货" in own[2]
    assert "已退货" in public(world, path)[2] and "25.00 元" in public(world, path)[2]


def test_no_reason_no_amount_no_such_cashier_no_such_sale(world):
    t = world.terminal()
    sale = one(t, world)
    for body, verb, code in (({}, "void", "bad_value"), ({"reason": ""}, "void", "bad_value"), ({"reason": "x"}, "return", "bad_amount"),
                             ({"reason": "x", "amount_fen": 0}, "return", "bad_amount"), ({"reason": "x" * 2001}, "void", "bad_value"),
                             ({"reason": "x", "cashier": "0\u009b7"}, "void", "bad_text"),
                             ({"reason": "x", "amount_fen": 1.5}, "return", "bad_amount")):
        r = t.api("POST", f"/v1/sales/{sale}/{verb}", body, {"Idempotency-Key": ulid()})
        assert r.status == 422 and r.json["code"] == code, (body, r)
    assert t.api("POST", f"/v1/sales/{sale}/void", {"reason": "x"}).json["code"] == "idempotency_missing"
    for argv in (["void", sale, "--reason", "x"], ["return", sale, "1.00", "--reason", "x"], ["dispute", "new", "--kind", "other", "--text", "x"]):
        r = t.huika(*argv, "--cashier", "0\x1b7")
        assert r.code == 2 and "control characters" in r.err, r
    unknown = back(t, ulid())
    assert unknown.status == 404 and unknown.json["code"] == "sale_unknown"


def test_the_day_is_closed_on_paper(world, tmp_path):
    t = till(world, tmp_path)
    sale = sold(world, t, tmp_path)[0]["sale_id"]
    sold(world, t, tmp_path)
    assert back(t, sale, 5000).status == 201
    t.paper.next()
    t.wait_synced()
    day = t.huika("day", "close").json
    assert (day["count"], day["discount_fen"], day["voids"], day["discount_back_fen"], day["refund_fen"], day["net_fen"], day["unsent"]) == \
        (2, 2400, 1, 600, 4400, 13200, 0)
    text = "\n".join(t.paper.next().lines)
    assert "日结单" in text and "132.00" in text and day["day"] in text
    assert t.huika("day", "close", "--day", "2020-01-01").json["count"] == 0
    assert t.huika("day", "close", "--day", "2020-13-01").code == 2


@pytest.mark.parametrize("path", ["/v1/sales/{}/void", "/v1/sales/{}/return"])
def test_a_void_s_id_is_no_sale_s(world, path):
    t = world.terminal()
    sale = one(t, world)
    void = back(t, sale, 100).json["void_id"]
    r = t.api("POST", path.format(void), {"reason": "x", "amount_fen": 1}, {"Idempotency-Key": ulid()})
    assert r.status == 404 and r.json["code"] == "sale_unknown", r
    assert t.api("GET", f"/v1/checkouts/{void}").status == 404
    assert json.loads(t.huika("day").out)["count"] == 1
