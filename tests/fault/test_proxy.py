# SPDX-License-Identifier: Apache-2.0
"""Somebody between terminal and service, outside TLS and inside it. Whatever they do: no sale as a member's without the service's
answer, none without it outside of a lease, nothing lost, nothing counted twice, what is refused is said, and what is held stays."""
import base64
import itertools
import json
import sqlite3

import proxy
import pytest
from world import MEMBERS, World, ulid, wait_for

CARD = MEMBERS[0][0]
ABOVE = itertools.count(1)  # a version of its own for each notice, so that no refusal is taken for another's
NOTICES = ("trust", "shop", "lease", "revoked")


class Place:
    """A world, a terminal that reaches the service through a relay, and somebody inside who may be put behind the relay."""

    def __init__(self, root):
        self.world = World(root).begin()
        self.world.policy(revoked_every_s=0, offline_per_card_day=100)
        self.relay = proxy.Relay(self.world.service.port)
        self.t = self.world.terminal(start=False)
        ini = self.t.state / "terminal.ini"
        ini.write_text(ini.read_text().replace(f":{self.world.service.port}", f":{self.relay.port}"))
        self.t.start().wait_online().wait_leased()
        self.insider = proxy.Insider(self.world.service, self.t.state)
        self.qr = self.world.qr(CARD)

    def sell(self, total="100"):
        return self.t.huika("sell", total, "--scan", self.qr, "--yes")

    def heal(self):
        self.insider.change = None
        self.relay.target = self.world.service.port
        self.relay.heal()
        self.t.wait_online().wait_synced()
        self.t.wait_leased()
        return self

    def inside(self):
        """From here on the terminal speaks to somebody inside."""
        self.relay.target = self.insider.port
        self.relay.cut()
        before = len(self.insider.asked)
        wait_for("the terminal to come", lambda: any("/v1/notices" in path for _, path in self.insider.asked[before:]))

    def notice(self, kind):
        return json.loads((self.t.state / f"{kind}.json").read_text())

    def held(self):
        """The notices and lists of the state directory, byte for byte."""
        files = [self.t.state / f"{k}.json" for k in NOTICES] + sorted(self.t.state.glob("revoked-*.bin"))
        return {f.name: f.read_bytes() for f in files}

    def sold(self):
        with sqlite3.connect(f"file:{self.t.state}/journal.db?mode=ro", uri=True) as db:
            return [json.loads(r[0]) for r in db.execute("SELECT body FROM records WHERE kind = 2 ORDER BY id")]

    def balanced(self):
        """Every sale of the journal is counted by the service, once."""
        self.t.wait_synced()
        mine, theirs = self.sold(), self.world.admin("shop", "show", self.t.shop).json
        assert theirs["sales"]["count"] == len(mine) and theirs["sales"]["total_fen"] == sum(s["total_fen"] for s in mine)
        assert sorted(s["sale_id"] for s in theirs["latest"]) == sorted(s["sale_id"] for s in mine[-20:])
        assert len({s["sale_id"] for s in mine}) == len(mine)
        assert theirs["terminals"][0]["state"] == "active"

    def close(self):
        self.insider.close()
        self.relay.close()
        self.world.end()


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory):
    p = Place(tmp_path_factory.mktemp("proxy"))
    try:
        yield p
    finally:
        p.close()


@pytest.mark.parametrize("mode", [proxy.flip, proxy.flip_upwards, proxy.truncate, proxy.lose, proxy.withhold, proxy.replay, proxy.reorder],
                         ids=lambda m: m.__name__)
def test_bytes_of_the_connection_are_tampered_with(place, mode):
    t = place.heal().t
    held = place.held()
    place.relay.changed, place.relay.mode = 0, mode
    r = place.sell()
    assert place.relay.changed > 0, "nothing was tampered with"
    if mode is proxy.replay and r.json["verdict"] == "member":
        assert r.json["name_masked"] == "*建涛", "the first copy is the service's own word"
    else:
        assert r.code == 0 and r.json["verdict"] == "provisional" and place.sold()[-1]["lease"] > 0, r
    assert place.held() == held
    wait_for("the cause", lambda: t.status["last_error"] or not t.status["online"])
    place.heal()
    assert place.sell().json["verdict"] == "member"
    place.balanced()


def test_partition(place):
    t = place.heal().t
    place.relay.partition()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    r = place.sell()
    assert r.json["verdict"] == "provisional" and r.json["provisional"]["why"].startswith("net_"), r
    place.heal()
    assert place.sell().json["verdict"] == "member"
    place.balanced()


def test_delay_is_not_a_yes_until_the_answer_is_there(place):
    t = place.heal().t
    place.relay.flowing.clear()
    c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": place.qr}, {"Idempotency-Key": ulid()}).json
    assert c["verdict"] == "provisional" and c["provisional"]["why"] == "net_timeout", c
    place.relay.heal()
    path = f"/v1/checkouts/{c['checkout_id']}"
    wait_for("the late answer", lambda: t.api("GET", path).json["verdict"] == "member")
    assert t.api("POST", path + "/confirm", {}).json["state"] == "applied"
    place.heal().balanced()


def test_half_open(place):
    place.heal().relay.half_open()
    r = place.sell()
    assert r.code == 0 and r.json["verdict"] in ("member", "provisional"), r
    place.heal()
    assert place.sell().json["verdict"] == "member"
    place.balanced()


def test_the_service_starts_again_in_the_middle_of_a_long_poll(place):
    t = place.heal().t
    place.world.service.kill()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    assert place.sell().json["verdict"] == "provisional"
    place.world.service.start()
    place.heal()
    assert place.sell().json["verdict"] == "member"
    place.balanced()


def raised(place, kind, key, **changes):
    e = place.notice(kind)
    return proxy.signed(place.world.service, key, e, version=json.loads(base64.b64decode(e["payload"]))["version"] + next(ABOVE), **changes)


def same(place, kind, key, **changes):
    return proxy.signed(place.world.service, key, place.notice(kind), **changes)


def older(place):
    old = place.notice("shop")
    version = place.t.status["shop"]["version"]
    assert place.world.offers(place.t.shop, [{"title": "八八折", "kind": "percent", "rate_bp": 1200}]).code == 0
    wait_for("the newer one", lambda: place.t.status["shop"]["version"] > version)
    wait_for("a lease for it", lambda: json.loads(base64.b64decode(place.notice("lease")["payload"]))["shop"]["version"] > version)
    place.t.wait_leased()
    return old


def damaged(place, how):
    e = raised(place, "shop", "keys/notice.key", standing="listed")
    raw = base64.b64decode(e["payload"])
    return {**e, "payload": base64.b64encode(how(raw)).decode()}


NOTICE, LEASE = "keys/notice.key", "keys/lease.key"
CHANGED = {
    "older": ("shop", "notice_older", older),
    "same version, other bytes": ("shop", "notice_equivocation", lambda p: same(p, "shop", NOTICE, reason="别的")),
    "same lease, other bytes": ("lease", "notice_equivocation", lambda p: same(p, "lease", LEASE, stop_at_ms=p.t.status["offline"]["stop_at_ms"] + 1)),
    "another shop's": ("shop", "bad_notice", lambda p: raised(p, "shop", NOTICE, shop_id=ulid())),
    "another terminal's lease": ("lease", "bad_notice", lambda p: raised(p, "lease", LEASE, terminal_id=ulid())),
    "another shop's lease": ("lease", "bad_notice", lambda p: raised(p, "lease", LEASE, shop_id=ulid())),
    "signed by the lease key": ("shop", "unknown_key", lambda p: raised(p, "shop", LEASE)),
    "lease signed by the notice key": ("lease", "unknown_key", lambda p: raised(p, "lease", NOTICE)),
    "trust signed by the notice key": ("trust", "unknown_key", lambda p: raised(p, "trust", NOTICE)),
    "flipped": ("shop", "bad_signature", lambda p: damaged(p, lambda raw: raw.replace(b"listed", b"lasted"))),
}


@pytest.mark.parametrize("which", CHANGED)
def test_a_notice_is_changed_inside(place, which):
    kind, code, make = CHANGED[which]
    t = place.heal().t
    envelope = make(place)
    held = place.held()
    place.insider.inject(envelope)
    place.inside()
    version = json.loads(base64.b64decode(envelope["payload"]))["version"]
    refused = {"version": version, "code": code}
    wait_for("the refusal in the status", lambda: refused.items() <= (t.status["notices"][kind].get("refused") or {}).items())
    assert code in t.huika("status").out
    assert f"{kind} notice {version} is refused: {code}" in t.text
    assert place.held() == held
    place.insider.change = None
    before = len(place.insider.asked)
    wait_for("a good poll after the back-off", lambda: any("/v1/notices" in path for _, path in place.insider.asked[before:]))
    assert place.sell().json["verdict"] == "member"
    place.heal().balanced()
    assert place.held() == held
