# SPDX-License-Identifier: Apache-2.0
"""A use of a limited offer: held, replaced, taken, given back, run out after fifteen minutes; and many counters that want the last one
at the same moment. The running service, its clock moved where time must pass."""
import threading
import time

import pytest
from service import Device, Province, sale, ulid
from test_offline import FAKETIME
from world import Service, env

HOLD_MS = 15 * 60000
CARD = "6200000000000201"
ONCE = {"title": "每日一次", "kind": "off_over", "off_fen": 500, "over_fen": 2000, "per_card_day": 1}


class House(Province):
    def later(self, minutes, *devices):
        """The same service with its clock that much ahead; the devices, connected anew."""
        self.close()
        self.service.stop()
        self.service.environ = env(LD_PRELOAD=FAKETIME, FAKETIME=f"+{minutes}m", FAKETIME_DONT_FAKE_MONOTONIC="1")
        self.service.start()
        return [Device(self.service, self.root, d.cert, d.key) for d in devices]


@pytest.fixture
def house(tmp_path):
    p = House(Service(tmp_path).init().start(), tmp_path)
    try:
        p.org("410100", "郑州市总工会")
        p.members([(CARD, "张建涛", "410100", "active")])
        yield p
    finally:
        p.close()
        assert p.service.stop() == 0, p.service.text


def reserve(d, token, offer, checkout=None):
    a = d.ask("POST", "/v1/reserve", {"checkout_id": checkout or ulid(), "offer_id": offer, "token": token})
    assert a.status == 200, a
    return a.json


def left(d, token):
    return [u["left"] for u in d.verify(token=token).json["uses"]]


FULL = {"reserved": False, "reason": "limit_reached"}


def test_eight_counters_race_for_the_last_two_uses(house):
    token = house.token(CARD)
    shop, (offer,) = house.shop([{**ONCE, "per_card_day": 3}])
    counters = [house.device(shop) for _ in range(8)]
    assert reserve(counters[0], token, offer["id"])["reserved"]
    for d in counters:
        assert left(d, token) == [2]  # connected, and each was told that there are some
    gate, got = threading.Barrier(len(counters)), []

    def want(d):
        checkout = ulid()
        gate.wait()
        got.append((d, checkout, reserve(d, token, offer["id"], checkout)))
    threads = [threading.Thread(target=want, args=(d,)) for d in counters]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = [(d, checkout) for d, checkout, r in got if r["reserved"]]
    assert len(got) == 8 and len(won) == 2 and all(r == FULL for _, _, r in got if not r["reserved"])
    for d, checkout in won:
        assert d.send([sale(token, offer["id"], 3000, 500, checkout)]).json["results"][0]["outcome"] == "counted"
    assert left(counters[0], token) == [0]


def test_a_new_quote_replaces_what_its_checkout_held(house):
    token = house.token(CARD)
    shop, (one, two) = house.shop([ONCE, {**ONCE, "title": "另一项"}])
    a, b = house.device(shop), house.device(shop)
    checkout = ulid()
    assert reserve(a, token, one["id"], checkout)["reserved"] and left(b, token) == [0, 1]
    assert reserve(a, token, two["id"], checkout)["reserved"] and left(b, token) == [1, 0]
    assert reserve(b, token, one["id"])["reserved"] and reserve(b, token, two["id"]) == FULL
    assert reserve(a, token, one["id"], checkout) == FULL  # what it cannot have leaves it what it has
    assert left(a, token) == [0, 0]


def test_a_hold_runs_out_after_fifteen_minutes_and_no_sooner(house):
    token = house.token(CARD)
    shop, (once,) = house.shop([ONCE])
    a, b = house.device(shop), house.device(shop)
    checkout, before = ulid(), int(time.time() * 1000)
    held = reserve(a, token, once["id"], checkout)
    assert before + HOLD_MS <= held["expires_ms"] <= int(time.time() * 1000) + HOLD_MS
    a, b = house.later(10, a, b)
    assert reserve(b, token, once["id"]) == FULL and left(b, token) == [0]
    assert reserve(a, token, once["id"], checkout) == held  # asked again, it holds no longer than before
    a, b = house.later(16, a, b)
    assert left(b, token) == [1]
    mine = ulid()
    assert reserve(b, token, once["id"], mine)["reserved"]
    late = a.send([sale(token, once["id"], 3000, 500, checkout)]).json["results"][0]
    assert late["outcome"] == "contested" and late["code"] == "limit_reached", "it stands, and is contested"
    assert b.send([sale(token, once["id"], 3000, 500, mine)]).json["results"][0]["outcome"] == "counted"


def test_a_late_sale_whose_use_nobody_took_is_counted(house):
    token = house.token(CARD)
    shop, (once,) = house.shop([ONCE])
    d, checkout = house.device(shop), ulid()
    assert reserve(d, token, once["id"], checkout)["reserved"]
    d, = house.later(16, d)
    assert d.send([sale(token, once["id"], 3000, 500, checkout)]).json["results"][0]["outcome"] == "counted"
    assert left(d, token) == [0] and reserve(d, token, once["id"]) == FULL
