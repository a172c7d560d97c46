# SPDX-License-Identifier: Apache-2.0
"""What the service makes of sales that a terminal made without it, and of journals that were copied: a client that shares no code with
it sends records over real TLS."""
import copy
import json
import secrets
import time

import pytest
from notices import Holder, body
from service import Device, Province, sale, ulid
from world import Service, wait_for

ZHENGZHOU = "410100"
CARD, OTHER, THIRD, LOST = "6200000000000001", "6200000000000002", "6200000000000003", "6200000000000004"
PERCENT = {"title": "八八折", "kind": "percent", "rate_bp": 1200}
ONCE = {"title": "每日一次", "kind": "off_over", "off_fen": 500, "over_fen": 2000, "per_card_day": 1}
HOUR = 3600000


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    root = tmp_path_factory.mktemp("settle")
    s = Service(root).init()
    with open(s.dir / "service.ini", "a", encoding="utf-8") as ini:
        ini.write("\n[policy]\nrevoked_every_s = 0\noffline_sales = 4\noffline_amount_fen = 100000\noffline_per_card_day = 2\n")
    p = Province(s.start(), root)
    try:
        p.org(ZHENGZHOU, "郑州市总工会")
        p.members([(CARD, "张建涛", ZHENGZHOU, "active"), (OTHER, "王", ZHENGZHOU, "active"), (THIRD, "赵试", ZHENGZHOU, "active"),
                   (LOST, "李试验", ZHENGZHOU, "active")])
        yield p
    finally:
        p.close()
        assert s.stop() == 0, s.text


def now_and_past():
    """This millisecond, once it is over."""
    now = int(time.time() * 1000)
    wait_for("the next millisecond", lambda: int(time.time() * 1000) > now)
    return now


class Shop:
    """A shop, one of its terminals with a lease, and sales as that terminal makes them."""

    def __init__(self, province, offers=None):
        self.province = province
        self.id, self.offers = province.shop(offers or [PERCENT])
        self.device = province.device(self.id)
        self.holder = Holder(self.device)
        wait_for("a lease", lambda: self.holder.settle() is not None and "lease" in self.holder.held)
        self.lease = body(self.holder.held["lease"])

    def made(self, card=CARD, offer=0, **more):
        """A provisional sale's record."""
        more = {"verdict": "provisional", "lease": self.lease["version"]} | more
        kind, text, blob = sale(self.province.token(card), self.offers[offer]["id"], **more)
        return kind, text, json.dumps({**json.loads(blob), "tag": secrets.token_hex(8)}, ensure_ascii=False)

    def send(self, *records):
        a = self.device.send(records)
        assert a.status == 200, a
        return [(r["outcome"], r.get("code")) for r in a.json["results"]]

    def shown(self):
        return self.province.admin.ask("GET", f"/v1/shops/{self.id}").json


def test_a_provisional_sale_within_its_lease_is_confirmed(province):
    s = Shop(province)
    assert s.send(s.made()) == [("counted", None)]
    assert s.shown()["sales"]["count"] == 1 and s.shown()["latest"][0]["outcome"] == "counted"


def test_each_reason_to_contest(province):
    s = Shop(province)
    issued, stop = s.lease["issued_ms"], s.lease["stop_at_ms"]
    assert s.send(s.made(lease=s.lease["version"] + 7)) == [("contested", "lease_unknown")]
    assert s.send(s.made(at_ms=issued - 1)) == [("contested", "clock_behind")]
    assert s.send(s.made(at_ms=stop)) == [("contested", "offline_late")]
    s = Shop(province)
    assert s.send(s.made(at_ms=s.lease["stop_at_ms"] - 1)) == [("counted", None)]
    assert s.shown()["sales"]["count"] == 1


def test_a_contested_sale_stands_and_is_disputed(province):
    s = Shop(province)
    record = s.made(at_ms=s.lease["stop_at_ms"] + HOUR)
    assert s.send(record) == [("contested", "offline_late")]
    shown = s.shown()
    assert shown["sales"]["count"] == 1 and shown["sales"]["total_fen"] == record[1]["total_fen"]
    assert shown["latest"][0]["sale_id"] == record[1]["sale_id"] and shown["latest"][0]["outcome"] == "offline_late"


def test_a_sale_while_the_shop_was_not_listed_is_contested_whatever_the_terminal_knew(province):
    s = Shop(province)
    before = now_and_past()
    province.post(f"/v1/shops/{s.id}/standing", {"standing": "delisted", "reason": "测试"})
    at = int(time.time() * 1000) + 1
    assert s.send(s.made(at_ms=at)) == [("contested", "shop_delisted")]
    assert s.send(s.made(OTHER, at_ms=before)) == [("counted", None)]
    province.post(f"/v1/shops/{s.id}/standing", {"standing": "suspended", "reason": "测试"})
    assert s.send(s.made(THIRD, at_ms=int(time.time() * 1000) + 1)) == [("contested", "shop_suspended")]
    province.post(f"/v1/shops/{s.id}/standing", {"standing": "listed", "reason": ""})
    assert s.send(s.made(THIRD, at_ms=int(time.time() * 1000) + 1)) == [("counted", None)]
    member = {"verdict": "member", "lease": None}

    def online(at_ms):
        record = s.made(at_ms=at_ms, **member)
        del record[1]["lease"]
        return record
    assert s.send(online(at)) == [("counted", None)]  # checked while it was listed: a checkout lives ten minutes


def test_the_card_counts_as_what_it_was_when_it_was_sold_to(province):
    s = Shop(province)
    sold = now_and_past()
    province.post("/v1/members/status", {"number": LOST, "status": "lost"})
    reported = int(time.time() * 1000)
    token = province.token(LOST)
    old, new = s.made(LOST, at_ms=sold), s.made(LOST, at_ms=reported + 1)
    assert s.send(old, new) == [("counted", None), ("contested", "card_lost")]
    province.post("/v1/cards/reissue", {"number": LOST})
    assert province.token(LOST) != token
    s = Shop(province)

    def by_old(at_ms):
        kind, text, blob = s.made(LOST, at_ms=at_ms)
        return kind, text, json.dumps({**json.loads(blob), "token": token})
    assert sold < s.lease["issued_ms"] and s.send(by_old(sold)) == [("contested", "clock_behind")]
    assert s.send(by_old(int(time.time() * 1000) + 1)) == [("contested", "card_replaced")]


def test_a_card_never_issued_is_contested(province):
    s = Shop(province)
    kind, text, blob = s.made()
    assert s.send((kind, text, json.dumps({**json.loads(blob), "token": "A" * 16}))) == [("contested", "card_unknown")]


def test_the_allowance_is_counted_in_sales_amount_and_per_card(province):
    s = Shop(province)
    assert s.send(s.made(CARD), s.made(CARD), s.made(CARD)) == [("counted", None), ("counted", None), ("contested", "offline_over")]
    assert s.send(s.made(OTHER), s.made(THIRD)) == [("counted", None), ("contested", "offline_over")]
    s = Shop(province)
    assert s.send(s.made(CARD, total=60000), s.made(OTHER, total=40000), s.made(THIRD, total=2000)) == [
        ("counted", None), ("counted", None), ("contested", "offline_over")]


def test_a_repeat_gets_the_first_outcome_again(province):
    s = Shop(province)
    batch = s.device.batch([s.made(at_ms=s.lease["stop_at_ms"])])
    first, again = (s.device.ask("POST", "/v1/records", batch).json for _ in range(2))
    assert first["results"] == [{"seq": 1, "outcome": "contested", "code": "offline_late"}]
    assert again["results"][0]["outcome"] == "known" and again["results"][0]["code"] == "offline_late"
    assert s.shown()["sales"]["count"] == 1


def test_over_the_limit_of_an_offer_is_contested(province):
    s = Shop(province, [ONCE])
    assert s.send(s.made(total=3000, discount=500), s.made(total=3000, discount=500)) == [("counted", None), ("contested", "limit_reached")]


def test_a_moved_clock_is_stored(province):
    s = Shop(province)
    now = int(time.time() * 1000)
    assert s.send(("clock_step", {"at_ms": now, "wall_ms": now - 9 * HOUR, "floor_ms": now, "by_ms": -9 * HOUR}, None)) == [("counted", None)]


def clone(province, device):
    """The same device from a copied disk."""
    twin = Device(province.service, province.root, device.cert, device.key)
    twin.epoch, twin.seq, twin.hash = device.epoch, device.seq, device.hash
    return twin


def test_a_copied_journal_is_a_fork_and_gets_no_lease_until_it_is_resumed(province):
    s = Shop(province)
    assert s.send(s.made(CARD)) == [("counted", None)]
    twin = clone(province, s.device)
    assert s.send(s.made(OTHER)) == [("counted", None)]
    branch = twin.batch([s.made(THIRD)])
    for _ in range(2):
        a = twin.ask("POST", "/v1/records", branch)
        assert a.status == 409 and a.json["code"] == "chain_fork"
    h = Holder(s.device)
    h.settle()
    assert "lease" not in h.held and s.device.ask("GET", "/v1/terminal").json["state"] == "forked"
    listed = province.admin.ask("GET", f"/v1/terminals?shop={s.id}").json["terminals"][0]
    assert listed["state"] == "forked" and listed["forks"] == 1
    acts = [e["act"] for e in province.admin.ask("GET", "/v1/audit?limit=500").json["entries"] if e["target"] == s.device.id]
    assert acts.count("terminal fork") == 1
    tail = s.device.batch([s.made(THIRD)])  # made before the resume, not sent yet
    assert province.post(f"/v1/terminals/{s.device.id}/resume", {}) == {"epoch": 2}
    me = s.device.ask("GET", "/v1/terminal").json
    assert me["epoch"] == 2 and me["state"] == "active" and me["head"]["seq"] == 0
    h.settle()
    assert body(h.held["lease"])["epoch"] == 2
    # what the ended epoch still holds is taken, and counted once
    a = s.device.ask("POST", "/v1/records", tail)
    assert a.status == 200 and a.json["results"][0]["outcome"] == "counted" and a.json["head"]["epoch"] == 1
    s.device.epoch, s.device.seq, s.device.hash = 2, 0, bytes(32)
    s.lease = body(h.held["lease"])
    assert s.send(s.made(OTHER)) == [("counted", None)]
    assert s.shown()["sales"]["count"] == 4
    wrong = copy.copy(s.device)
    wrong.epoch = 9
    assert wrong.ask("POST", "/v1/records", wrong.batch([s.made()])).json["code"] == "chain_fork"


def kept(province, s, what):
    a = province.admin.ask("GET", f"/v1/terminals/{s.device.id}/{what}")
    assert a.status == 200, a
    return a.json


def refused(device, batch, expected):
    a = device.ask("POST", "/v1/records", batch)
    assert a.status == 409 and a.json["code"] == "chain_fork" and a.json.get("expected") == expected, a


def step(device, batch):
    device.seq, device.hash = batch["head"]["seq"], bytes.fromhex(batch["head"]["hash"])


def test_branches_are_kept_whole_and_apart(province):
    """A copy, a copy of the copy, repeated uploads, and more than the chain itself has."""
    s = Shop(province)
    assert s.send(s.made(CARD)) == [("counted", None)]
    twin = clone(province, s.device)
    assert s.send(s.made(OTHER)) == [("counted", None)]
    first = twin.batch([s.made(THIRD), s.made(THIRD)])
    for _ in range(2):
        refused(twin, first, 4)
    step(twin, first)
    further = twin.batch([s.made(CARD), s.made(OTHER)])  # beyond what the chain has
    refused(twin, further, 6)
    third = clone(province, twin)  # after the third record
    step(twin, further)
    other = third.batch([s.made(LOST)])
    refused(third, other, 5)
    longer = twin.batch([s.made(CARD)])
    refused(twin, longer, 7)
    chain, branch, branch_of_it = kept(province, s, "branches")["branches"]
    assert (chain["branch"], chain["head"]["seq"]) == (0, 2)
    assert (branch["parent"], branch["base"], branch["head"]["seq"], branch["unsound"]) == (0, 1, 6, 0)
    assert branch["head"]["hash"] == longer["head"]["hash"]
    assert (branch_of_it["parent"], branch_of_it["base"], branch_of_it["head"]["hash"]) == (branch["branch"], 3, other["head"]["hash"])
    sent = [r["body"] for b in (first, further, longer) for r in b["records"]]
    got, after = [], 0
    while after is not None:
        page = kept(province, s, f"records?epoch=1&branch={branch['branch']}&after={after}&limit=2")
        got, after = got + page["records"], page["next"]
    assert [r["body"] for r in got] == sent and [r["seq"] for r in got] == [2, 3, 4, 5, 6] and all(r["blob"] for r in got)
    assert [r["outcome"] for r in kept(province, s, "records?epoch=1")["records"]] == ["counted", "counted"]
    assert s.shown()["sales"]["count"] == 2
    for wrong in (f"records?epoch=2&branch={branch['branch']}", "records?epoch=9"):
        assert kept(province, s, wrong)["records"] == []
    unknown = f"/v1/terminals/{ulid()}"
    assert {province.admin.ask("GET", unknown + what).status for what in ("/branches", "/records")} == {404}


def test_records_that_do_not_lead_to_the_signed_head_are_kept_as_unsound(province):
    s = Shop(province)
    assert s.send(s.made(CARD)) == [("counted", None)]
    batch = s.device.batch([s.made(OTHER), s.made(THIRD)])
    batch["records"][0]["body"] = batch["records"][0]["body"].replace('"total_fen": 10000', '"total_fen": 90000')
    for _ in range(2):
        refused(s.device, batch, 4)
    step(s.device, batch)
    refused(s.device, s.device.batch([s.made(CARD)]), 5)  # the chain goes on from what was signed
    branch = kept(province, s, "branches")["branches"][1]
    assert (branch["base"], branch["head"]["seq"], branch["unsound"]) == (1, 4, 2)
    rows = kept(province, s, f"records?branch={branch['branch']}")["records"]
    assert [r["sound"] for r in rows] == [False, False, True] and "90000" in rows[0]["body"]


def test_an_epoch_that_the_service_lost_is_not_given_twice(province):
    """The service was restored from a backup of before a resume."""
    s = Shop(province)
    s.device.epoch, s.device.seq, s.device.hash = 3, 5, bytes(31) + b"x"
    refused(s.device, s.device.batch([s.made(CARD)]), 1)
    s.device.seq, s.device.hash = 0, bytes(32)
    refused(s.device, s.device.batch([s.made(CARD)]), 2)
    assert province.post(f"/v1/terminals/{s.device.id}/resume", {}) == {"epoch": 4}


def stand(device, **more):
    """Where it stands: no records, its head."""
    return device.ask("POST", "/v1/records", {"epoch": device.epoch, "records": [], "head": device.head(device.seq, device.hash), **more})


def test_a_terminal_says_where_it_stands_and_that_it_found_a_fork(province):
    s = Shop(province)
    assert s.send(s.made(CARD)) == [("counted", None)]
    a = stand(s.device)
    assert a.status == 200 and (a.json["head"]["epoch"], a.json["head"]["seq"]) == (1, 1) and a.json["head"]["hash"] == s.device.hash.hex()
    state = lambda: s.device.ask("GET", "/v1/terminal").json["state"]
    assert stand(s.device, fork=2).status == 200 and state() == "active", "that is not the present epoch"
    assert stand(s.device, fork=1).status == 200 and state() == "forked"
    assert province.post(f"/v1/terminals/{s.device.id}/resume", {}) == {"epoch": 2}
    a = stand(s.device, fork=1)  # late
    assert (a.json["head"]["epoch"], a.json["head"]["seq"]) == (2, 0) and state() == "active"
    batch = s.device.batch([s.made(OTHER)])
    assert s.device.ask("POST", "/v1/records", {**batch, "fork": 2}).status == 422


def test_there_is_an_end_to_branches(province):
    s = Shop(province)
    assert s.send(s.made(CARD)) == [("counted", None)]
    for n in range(64):
        twin = clone(province, s.device)
        twin.seq, twin.hash = 0, bytes(32)
        refused(twin, twin.batch([s.made()]), 2)
    refused(twin, twin.batch([s.made()]), None)
    assert len(kept(province, s, "branches")["branches"]) == 65


def test_a_lease_of_an_ended_epoch_is_of_no_use_in_the_next(province):
    s = Shop(province)
    old = s.lease["version"]
    assert province.post(f"/v1/terminals/{s.device.id}/resume", {}) == {"epoch": 2}
    s.device.epoch, s.device.seq, s.device.hash = 2, 0, bytes(32)
    assert s.send(s.made(lease=old)) == [("contested", "lease_unknown")]
