# SPDX-License-Identifier: Apache-2.0
"""A card number alone, without the service: only where the province allows it, within an allowance of its own, each card for itself,
and never readable on the disk."""
import os

import pytest
from test_offline import CARD, OTHER, cut_off, records
from world import BUILD, MEMBERS, call

LONG = MEMBERS[2][0]  # nineteen digits


def allow(world, what):
    """What the operator does, with the root key at hand."""
    world.service.stop()
    r = call(BUILD / "huika-service", "allow", world.service.dir, what, "--json")
    assert r.code == 0, r
    world.service.start()
    return r.json["trust_version"]


def key_in(t, number, total="10"):
    return t.huika("sell", total, "--number", "-", "--accept-luhn", "--yes", stdin=number + "\n")


def traces(t, number):
    """Files of the state directory that hold the number, as text or as packed digits."""
    packed = bytes.fromhex(number if len(number) % 2 == 0 else number + "f")
    return [f.name for f in t.state.rglob("*") if f.is_file() and any(n in f.read_bytes() for n in (number.encode(), packed))]


@pytest.fixture
def shop(world):
    """Cut off, where three sales by number are allowed, 50 yuan in all, one a day for each card."""
    world.policy(keyed_sales=3, keyed_amount_fen=5000, offline_per_card_day=1)
    version = allow(world, "numbers")
    t = world.terminal().wait_leased()
    assert t.status["notices"]["trust"]["version"] >= version
    qr = world.qr(MEMBERS[3][0])
    cut_off(world, t)
    return world, t, qr


def test_numbers_have_an_allowance_of_their_own_that_a_power_cut_does_not_refill(shop):
    _, t, qr = shop
    r = key_in(t, OTHER)
    assert r.code == 0 and r.json["verdict"] == "provisional" and r.json["by"] == "number", r
    assert "name_masked" not in r.json and r.json["card_last4"] == OTHER[-4:]
    for _ in range(2):
        r = key_in(t, OTHER)
        assert r.code == 1 and r.json["reason"] == "offline_card_day", "one a day for each card"
        t.kill()
        t.start()
    r = key_in(t, CARD, "40.01")
    assert r.code == 1 and r.json["reason"] == "allowance_used", "50 yuan in all"
    assert key_in(t, CARD).code == 0 and key_in(t, LONG).code == 0
    t.kill()
    t.start()
    r = key_in(t, MEMBERS[1][0], "1")
    assert r.code == 1 and r.json["reason"] == "allowance_used", "three in all"
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["verdict"] == "provisional", "QR codes go on"
    assert [s["by"] for s in records(t, "sale")] == ["number", "number", "number", "qr"]
    assert not [n for n in (OTHER, CARD, LONG) if traces(t, n)]


def test_back_online_each_number_is_opened_and_its_sale_settled(shop):
    world, t, _ = shop
    assert key_in(t, OTHER).code == 0
    good = t.huika("day").json["sales"][0]["sale_id"]
    bad = key_in(t, "6200000000000009998").json["sale_id"]
    assert not traces(t, OTHER)
    world.service.start()
    t.wait_online().wait_synced()
    assert t.api("GET", f"/v1/sales/{good}").json["outcome"] == "counted"
    lost = t.api("GET", f"/v1/sales/{bad}").json
    assert lost["outcome"] == "contested" and lost["code"] == "not_confirmed", lost
    sales = world.admin("shop", "show", t.shop).json["sales"]
    assert sales["count"] == 2 and not traces(t, OTHER)
    for f in world.service.dir.rglob("*"):
        assert not f.is_file() or OTHER.encode() not in f.read_bytes(), f


def test_the_province_takes_it_back(shop):
    world, t, qr = shop
    assert key_in(t, OTHER).code == 0
    version = allow(world, "qr")
    t.wait_online().wait_synced().wait_leased()
    assert t.status["notices"]["trust"]["version"] == version
    cut_off(world, t)
    r = key_in(t, CARD)
    assert r.code == 1 and r.json["reason"] == "offline_number", r
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0
    allow(world, "nothing")
    t.wait_online().wait_synced().wait_leased()
    cut_off(world, t)
    r = t.huika("sell", "10", "--scan", qr, "--yes")
    assert r.code == 1 and r.json["reason"] == "offline", r
    r = call(BUILD / "huika-service", "allow", world.service.dir, "everything")
    assert r.code == 2 and "nothing, qr or numbers" in r.err
    os.rename(world.service.dir / "offline", world.root / "locked-away")
    assert call(BUILD / "huika-service", "allow", world.service.dir, "qr").code == 3
