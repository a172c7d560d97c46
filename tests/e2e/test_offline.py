# SPDX-License-Identifier: Apache-2.0
"""A terminal that is cut off: what it may still sell, when that ends, and what becomes of it when the service is back."""
import json
import pathlib
import shutil
import signal
import sqlite3

import pytest
from world import MEMBERS, env, wait_for

CARD, OTHER = MEMBERS[0][0], MEMBERS[4][0]
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


@pytest.fixture
def shop(world):
    """A terminal that has just been cut off, and a card."""
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    t.wait_synced()
    cut_off(world, t)
    return world, t, qr


def cut_off(world, t):
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])


def sell(t, qr, total="128.00"):
    return t.huika("sell", total, "--scan", qr, "--yes")


def why_not(t):
    assert not t.status["offline"]["possible"]
    return t.status["offline"]["why"]


def records(t, kind):
    """Bodies of the records of that kind, as the journal holds them."""
    kinds = {"started": 1, "sale": 2, "refusal": 3, "notice_applied": 4, "clock_step": 7}
    with sqlite3.connect(f"file:{t.state}/journal.db?mode=ro", uri=True) as db:
        rows = db.execute("SELECT body FROM records WHERE kind = ? ORDER BY id", (kinds[kind],)).fetchall()
    return [json.loads(row[0]) for row in rows]


def test_cut_off_it_sells_provisionally_and_the_service_counts_it_afterwards(shop):
    world, t, qr = shop
    r = sell(t, qr)
    assert r.code == 0 and r.json["verdict"] == "provisional" and r.json["discount_fen"] == 1536, r
    assert "name_masked" not in r.json and r.json["provisional"]["why"].startswith("net_"), r
    assert "暂定" in r.json["text"]["zh"]
    assert records(t, "sale")[-1]["lease"] == t.status["notices"]["lease"]["version"]
    assert t.status["unsent"] > 0
    world.service.start()
    t.wait_online().wait_synced()
    sale = t.api("GET", f"/v1/sales/{r.json['sale_id']}").json
    assert sale["verdict"] == "provisional" and sale["outcome"] == "counted", sale
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == 1


def test_a_number_alone_is_not_enough(shop):
    _, t, _ = shop
    r = t.huika("sell", "10", "--number", OTHER, "--yes")
    assert r.code == 1 and r.json["reason"] == "offline_number", r


def test_a_card_that_was_lost_before_is_refused(world):
    t = world.policy(revoked_every_s=0).terminal().wait_leased()
    qr, other, version = world.qr(CARD), world.qr(OTHER), t.status["offline"]["revoked_version"]
    assert world.admin("member", "status", CARD, "lost").code == 0
    wait_for("the new list", lambda: t.status["offline"]["revoked_version"] > version)
    t.wait_leased()
    assert [n["version"] for n in records(t, "notice_applied") if n["notice"] == "revoked"][-1] > version
    cut_off(world, t)
    r = sell(t, qr)
    assert r.code == 1 and r.json["reason"] == "card_revoked", r
    assert sell(t, other).code == 0


def test_a_delisting_is_obeyed_after_the_cut_too(world):
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    assert world.admin("shop", "delist", t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey", lambda: t.status["shop"]["standing"] == "delisted")
    cut_off(world, t)
    assert why_not(t) == "shop_delisted"
    r = sell(t, qr)
    assert r.code == 1 and r.json["reason"] == "shop_delisted", r


def test_kill_does_not_refill_the_allowance(world):
    t = world.policy(offline_sales=3).terminal().wait_leased()
    qr, other = world.qr(CARD), world.qr(OTHER)
    cut_off(world, t)
    assert [sell(t, q).code for q in (qr, other)] == [0, 0]
    for _ in range(2):
        t.kill()
        t.start()
        assert t.status["offline"]["left_sales"] == 1
    (t.state / "offline.ini").unlink()
    t.kill()
    t.start()
    assert t.status["offline"]["left_sales"] == 1, "without offline.ini the whole epoch counts"
    assert sell(t, qr).code == 0
    t.kill()
    t.start()
    r = sell(t, other)
    assert r.code == 1 and r.json["reason"] == "allowance_used" and why_not(t) == "allowance_used", r


def test_a_card_is_told_from_others_after_a_restart(world):
    t = world.policy(offline_per_card_day=1).terminal().wait_leased()
    qr, other = world.qr(CARD), world.qr(OTHER)
    cut_off(world, t)
    assert sell(t, qr).code == 0
    assert sell(t, qr).json["reason"] == "offline_card_day"
    t.kill()
    t.start()
    assert sell(t, qr).json["reason"] == "offline_card_day"
    assert sell(t, other).code == 0


def test_starts_use_up_the_lease(world):
    t = world.policy(offline_starts=2).terminal().wait_leased()
    qr = world.qr(CARD)
    cut_off(world, t)
    for _ in range(2):
        t.kill()
        t.start()
    assert sell(t, qr).code == 0
    t.kill()
    t.start()
    assert sell(t, qr).json["reason"] == "allowance_used"


def test_limits_of_offers_are_counted_here(world):
    t = world.terminal(offers=[{"title": "限一次", "kind": "percent", "rate_bp": 5000, "per_card_day": 1},
                               {"title": "九五折", "kind": "percent", "rate_bp": 500}]).wait_leased()
    qr = world.qr(CARD)
    cut_off(world, t)
    assert sell(t, qr, "10").json["offer_title"] == "限一次"
    assert sell(t, qr, "10").json["offer_title"] == "九五折"
    t.kill()
    t.start()
    assert sell(t, qr, "10").json["offer_title"] == "九五折"


def test_a_late_answer_takes_the_place_of_the_provisional_one(world):
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    process = world.service.process
    process.send_signal(signal.SIGSTOP)
    threads = pathlib.Path(f"/proc/{process.pid}/task")
    wait_for("it to stand still", lambda: all(") T " in (t / "stat").read_text() for t in threads.iterdir()))
    try:
        c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": qr}, {"Idempotency-Key": "late"}).json
        assert c["verdict"] == "provisional" and c["provisional"]["why"] == "net_timeout", c
    finally:
        world.service.process.send_signal(signal.SIGCONT)
    c = wait_for("the answer", lambda: (k := t.api("GET", f"/v1/checkouts/{c['checkout_id']}").json)["verdict"] == "member" and k)
    assert c["name_masked"] == "*建涛" and "provisional" not in c
    c = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json
    assert c["state"] == "applied" and c["verdict"] == "member"


def test_the_service_that_comes_back_is_asked_again(shop):
    world, t, qr = shop
    c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": qr}, {"Idempotency-Key": "back"}).json
    assert c["verdict"] == "provisional", c
    world.service.start()
    wait_for("the answer", lambda: t.api("GET", f"/v1/checkouts/{c['checkout_id']}").json["verdict"] == "member")


def at(t, when):
    """The terminal's wall clock: an offset or a date, and so on from there; CLOCK_MONOTONIC and _BOOTTIME stay true."""
    t.environ = env(LD_PRELOAD=FAKETIME, FAKETIME=when, FAKETIME_DONT_FAKE_MONOTONIC="1", FAKETIME_FORCE_MONOTONIC_FIX="0")
    t.start()
    return t


def test_a_lease_that_is_over_ends_it_whatever_the_clock_says_later(shop):
    world, t, qr = shop
    t.stop()
    at(t, "+73h")
    r = sell(t, qr)
    assert r.code == 1 and r.json["reason"] == "lease_over" and why_not(t) == "lease_over", r
    t.stop()
    at(t, "+71h")
    assert sell(t, qr).code == 0, "a clock that was wrong gains and loses nothing"
    assert records(t, "sale")[-1]["at_ms"] < t.status["offline"]["stop_at_ms"]
    world.service.start()


@pytest.mark.parametrize("when", ["@1970-01-01 00:10:00", "-30d"])
def test_a_board_whose_clock_starts_in_the_past_goes_on_where_it_was(shop, when):
    _, t, qr = shop
    before = t.status["clock"]["floor_ms"]
    t.stop()
    for _ in range(3):
        at(t, when)
        s = t.status
        assert s["clock_ms"] >= before and s["clock"]["wall_ms"] < before - 86400000 * 29
        before = s["clock_ms"]
        assert t.stop() == 0
    at(t, when)
    r = sell(t, qr)
    assert r.code == 0 and records(t, "sale")[-1]["at_ms"] >= before, r
    assert len(records(t, "clock_step")) >= 1 and records(t, "clock_step")[-1]["by_ms"] < -86400000 * 29


def test_a_clock_set_to_2090_ends_it_until_it_is_right_again(shop):
    _, t, qr = shop
    t.stop()
    at(t, "@2090-01-01 00:00:00")
    assert sell(t, qr).code == 1 and why_not(t) in ("lease_over", "trust_over")
    floor = t.status["clock"]["floor_ms"]
    t.stop()
    t.environ = env()
    t.start()
    assert t.status["clock"]["floor_ms"] - floor < 600000, "the wall clock must not raise the floor"
    assert sell(t, qr).code == 0


@pytest.mark.parametrize("damage", ["cut", "older", "gone"])
def test_a_damaged_list_is_not_used_and_comes_again(shop, damage):
    world, t, qr = shop
    t.kill()
    path = next(t.state.glob("revoked-*.bin"))
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(whole[:-1] if damage == "cut" else whole[:24] + b"\0\0\0\0\0\0\0\1" + b"\0" * 8)
    t.start()
    assert sell(t, qr).json["reason"] == "offline_stale"
    world.service.start()
    t.wait_leased()
    assert path.read_bytes() == whole
    cut_off(world, t)
    assert sell(t, qr).code == 0


def test_an_older_state_of_the_shop_is_not_obeyed_after_a_delisting(world):
    """shop.json from before the delisting put back, offline.ini gone: the journal still knows."""
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    kept = world.root / "shop.json"
    shutil.copy(t.state / "shop.json", kept)
    assert world.admin("shop", "delist", t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey", lambda: t.status["shop"]["standing"] == "delisted")
    cut_off(world, t)
    for lost in ([], ["offline.ini"]):
        t.kill()
        shutil.copy(kept, t.state / "shop.json")
        for name in lost:
            (t.state / name).unlink()
        t.start()
        assert t.status["shop"]["standing"] != "listed"
        r = sell(t, qr)
        assert r.code != 0 and "sale_id" not in r.json, r
    world.service.start()
    wait_for("the delisting to come again", lambda: t.status["shop"]["standing"] == "delisted")
