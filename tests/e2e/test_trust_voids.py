# SPDX-License-Identifier: Apache-2.0
"""Sales taken back: never more than was sold, whichever counters ask at once; asked and recorded over real TLS by a client that shares
no code with the service."""
import concurrent.futures
import json
import secrets
import time

import pytest
from service import Device, Province, sale, ulid
from world import Service

ZHENGZHOU = "410100"
CARD = "6200000000000001"
ONCE = {"title": "每日一次", "kind": "off_over", "off_fen": 500, "over_fen": 2000, "per_card_day": 1}


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    root = tmp_path_factory.mktemp("voids")
    s = Service(root).init()
    p = Province(s.start(), root)
    try:
        p.org(ZHENGZHOU, "郑州市总工会")
        p.members([(CARD, "张建涛", ZHENGZHOU, "active")])
        yield p
    finally:
        p.close()
        assert s.stop() == 0, s.text


class Till:
    """A shop with two terminals and one sale of the first: 100.00 with 33.33 off."""

    def __init__(self, province, total=10000, discount=3333, offers=None, **more):
        self.shop, self.offers = province.shop(offers or [])
        self.a, self.b = province.device(self.shop), province.device(self.shop)
        kind, self.sold, blob = sale(province.token(CARD), self.offers[0]["id"] if offers else None, total, discount, **more)
        assert self.a.send([(kind, self.sold, blob)]).json["results"][0]["outcome"] == "counted"

    def ask(self, device, amount, kind="return", void=None, sale_id=None):
        body = {"void_id": void or ulid(), "sale_id": sale_id or self.sold["sale_id"], "kind": kind, "amount_fen": amount}
        return body["void_id"], device.ask("POST", "/v1/voids", body)

    def record(self, device, void, amount, returned, back, kind="return", granted=True, **more):
        body = {"at_ms": int(time.time() * 1000), "void_id": void, "sale_id": self.sold["sale_id"], "kind": kind, "amount_fen": amount,
                "discount_back_fen": back, "refund_fen": amount - back, "returned_fen": returned, "total_fen": self.sold["total_fen"],
                "discount_fen": self.sold["discount_fen"], "granted": granted, "slip": secrets.token_hex(32), **more}
        if device is not self.a:
            body["terminal"] = self.a.ask("GET", "/v1/terminal").json["number"]
        a = device.send([("void", body, json.dumps({"reason": "顾客退货"}, ensure_ascii=False))])
        assert a.status == 200, a
        return a.json["results"][0]["outcome"], a.json["results"][0].get("code")

    def take_back(self, device, amount, kind="return"):
        """Asked, granted, recorded: what the service said."""
        void, a = self.ask(device, amount, kind)
        assert a.json["granted"], a
        assert self.record(device, void, amount, a.json["returned_fen"], a.json["discount_back_fen"], kind) == ("counted", None)
        return a.json


def test_parts_add_up_to_the_whole_discount(province):
    t = Till(province)
    parts = [t.take_back(d, amount) for d, amount in ((t.a, 3333), (t.b, 3333), (t.a, 1))]
    assert [p["discount_back_fen"] for p in parts] == [1110, 1111, 1] and [p["returned_fen"] for p in parts] == [3333, 6666, 6667]
    last = t.take_back(t.b, 3333, "void")
    assert last["discount_back_fen"] == 3333 - 2222 and last["returned_fen"] == 10000 and last["refund_fen"] == 3333 - 1111
    assert t.ask(t.a, 1)[1].json == {"granted": False, "reason": "return_over"}


def test_what_is_not_granted(province):
    t, other = Till(province), Till(province)
    assert t.ask(t.a, 10001)[1].json["reason"] == "return_over"
    assert t.ask(t.a, 100, sale_id=other.sold["sale_id"])[1].json["reason"] == "sale_unknown"  # another shop's
    assert t.ask(t.a, 100, sale_id=ulid())[1].json["reason"] == "sale_unknown"
    old = Till(province, at_ms=int(time.time() * 1000) - 31 * 86400000)
    assert old.ask(old.a, 100)[1].json["reason"] == "return_late"


def test_a_void_takes_back_whatever_is_left(province):
    t = Till(province)
    t.take_back(t.b, 1000)
    void, a = t.ask(t.a, 10000, "void")  # this counter does not know what the other took back
    assert a.json["granted"] and a.json["returned_fen"] == 10000, a
    assert a.json["refund_fen"] + a.json["discount_back_fen"] == 9000, a
    assert t.record(t.a, void, 9000, 10000, a.json["discount_back_fen"], "void") == ("counted", None)


def test_a_question_is_answered_the_same_again_and_not_with_other_words(province):
    t = Till(province)
    void, first = t.ask(t.a, 4000)
    assert t.ask(t.a, 4000, void=void)[1].json == first.json
    again = t.ask(t.a, 4001, void=void)[1]
    assert again.status == 422 and again.json["code"] == "idempotency_reuse"
    assert t.record(t.a, void, 4000, 4000, first.json["discount_back_fen"]) == ("counted", None)
    assert t.ask(t.a, 4000, void=void)[1].json == first.json
    assert t.record(t.a, void, 4000, 4000, first.json["discount_back_fen"]) == ("held", "exists")


def test_two_counters_race_for_what_is_left(province):
    t = Till(province)
    devices = [t.a, t.b] + [Device(province.service, province.root, d.cert, d.key) for d in (t.a, t.b)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda d: t.ask(d, 10000, "void"), devices))
    granted = [void for void, a in answers if a.json["granted"]]
    assert len(granted) == 1 and all(a.json.get("reason") == "return_over" for void, a in answers if void not in granted)


def test_more_than_the_original_is_contested_and_never_summed(province):
    t = Till(province)
    assert t.record(t.a, ulid(), 6000, 6000, 1999, granted=False) == ("counted", None)
    assert t.record(t.a, ulid(), 6000, 6000, 1999, granted=False) == ("contested", "return_over")
    assert t.ask(t.a, 4001)[1].json["reason"] == "return_over" and t.ask(t.a, 4000)[1].json["granted"]


def test_without_the_service_only_the_selling_terminal_may(province):
    t = Till(province)
    assert t.record(t.b, ulid(), 1000, 1000, 333, granted=False) == ("contested", "offline_elsewhere")
    t = Till(province)
    assert t.record(t.a, ulid(), 1000, 1000, 333, granted=False) == ("counted", None)


def test_a_full_void_gives_the_use_back_once_and_a_return_never(province):
    token = province.token(CARD)

    def left(t):
        return t.a.verify(token=token).json["uses"][0]["left"]
    t = Till(province, 3000, 500, [ONCE])
    assert left(t) == 0
    t.take_back(t.a, 2999)
    assert left(t) == 0
    t.take_back(t.a, 1, "void")
    assert left(t) == 0
    t = Till(province, 3000, 500, [ONCE])
    t.take_back(t.b, 3000, "void")
    assert left(t) == 1
    kind, body, blob = sale(token, t.offers[0]["id"], 3000, 500)
    assert t.a.send([(kind, body, blob)]).json["results"][0]["outcome"] == "counted"
    assert left(t) == 0
    assert t.record(t.a, ulid(), 3000, 3000, 500, "void", granted=False) == ("contested", "return_over")
    assert left(t) == 0
    yesterday = Till(province, 3000, 500, [ONCE], at_ms=int(time.time() * 1000) - 86400000)
    yesterday.take_back(yesterday.a, 3000, "void")
    assert left(yesterday) == 1
    # voided a day later, it gave nothing back: another sale of that day is over the limit
    late = sale(token, yesterday.offers[0]["id"], 3000, 500, at_ms=yesterday.sold["at_ms"])
    assert yesterday.a.send([late]).json["results"][0]["code"] == "limit_reached"
