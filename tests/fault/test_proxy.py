# SPDX-License-Identifier: Apache-2.0
"""Somebody between terminal and service, outside of TLS. Whatever they do: no sale as a member's without the service's answer, none
without it outside of a lease, nothing lost, nothing counted twice, and what is held stays."""
import json
import sqlite3

import proxy
import pytest
from world import MEMBERS, World, ulid, wait_for

CARD = MEMBERS[0][0]
NOTICES = ("trust", "shop", "lease", "revoked")


class Place:
    """A world, and a terminal that reaches the service through a relay."""

    def __init__(self, root):
        self.world = World(root).begin()
        self.world.policy(revoked_every_s=0, offline_per_card_day=100)
        self.relay = proxy.Relay(self.world.service.port)
        self.t = self.world.terminal(start=False)
        ini = self.t.state / "terminal.ini"
        ini.write_text(ini.read_text().replace(f":{self.world.service.port}", f":{self.relay.port}"))
        self.t.start().wait_online().wait_leased()
        self.qr = self.world.qr(CARD)

    def sell(self, total="100"):
        return self.t.huika("sell", total, "--scan", self.qr, "--yes")

    def heal(self):
        self.relay.heal()
        self.t.wait_online().wait_synced()
        self.t.wait_leased()
        return self

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
