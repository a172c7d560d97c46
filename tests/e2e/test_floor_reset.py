# SPDX-License-Identifier: Apache-2.0
"""A service whose clock ran ahead takes its terminals with it: a lease of that time raised their floor, which no clock lowers again.
`huika-service floor-reset` brings them back, and versions too where they are told to forget them."""
import shutil

import pytest
from notices import body, kind
from test_offline import CARD, FAKETIME, cut_off, sell, why_not
from test_renewal import certificate
from test_renewal_lapsed import code_for
from test_trust_keys import house  # pylint: disable=unused-import
from world import BUILD, call, env, wait_for

DAY_MS = 86400000


def begin(world, environ=None):
    world.service.environ = environ or env()
    world.service.start()


def ahead_by(time):
    return env(LD_PRELOAD=FAKETIME, FAKETIME=time, FAKETIME_DONT_FAKE_MONOTONIC="1")


def command(world, *argv, code=0):
    r = call(BUILD / "huika-service", argv[0], world.service.dir, *argv[1:], "--json")
    assert r.code == code, r
    return r.json["trust_version"] if code == 0 else r


def ahead_ms(t):
    """How far the terminal's time is from this machine's clock."""
    clock = t.status["clock"]
    return clock["floor_ms"] - clock["wall_ms"]


def offer(world, t, rate_bp):
    """Another offer, so another notice and a lease that names it."""
    lease = t.status["notices"]["lease"]["version"]
    assert world.offers(t.shop, [{"title": "优惠", "kind": "percent", "rate_bp": rate_bp}]).code == 0
    wait_for("its lease", lambda: t.status["notices"]["lease"]["version"] > lease)


@pytest.fixture
def ahead(world):
    """A terminal that took a lease from a service two hundred days ahead, whose clock is right again."""
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    world.service.stop()
    begin(world, ahead_by("+200d"))
    offer(world, t, 1000)
    wait_for("the time of that lease", lambda: ahead_ms(t) > 199 * DAY_MS)
    t.wait_synced()
    world.service.stop()
    begin(world)
    t.wait_online()
    return world, t, qr


def stuck(t, qr):
    assert ahead_ms(t) > 199 * DAY_MS
    r = sell(t, qr)
    assert r.code == 3 and r.json["error"] == "clock_skew" and not r.json.get("sale_id"), r


def back(world, t, qr):
    """It sells as any other, online and cut off, and what it sold is counted."""
    wait_for("the time of now", lambda: abs(ahead_ms(t)) < DAY_MS // 24)
    t.wait_leased()
    assert t.status["offline"]["stop_at_ms"] < t.status["clock"]["wall_ms"] + 3 * DAY_MS
    r = sell(t, qr)
    assert r.code == 0 and r.json["verdict"] == "member", r
    t.wait_synced()
    cut_off(world, t)
    r = sell(t, qr)
    assert r.code == 0 and r.json["verdict"] == "provisional", r
    world.service.start()
    t.wait_online().wait_synced()
    latest = world.admin("shop", "show", t.shop).json["latest"]
    assert [s["outcome"] for s in latest] == ["counted", "counted"], latest


def test_a_terminal_that_was_taken_ahead_comes_back(ahead):
    world, t, qr = ahead
    stuck(t, qr)
    offer(world, t, 500)
    assert why_not(t) == "lease_over", "a lease of now is long over by its time"
    t.stop()
    t.start().wait_online()
    stuck(t, qr)  # neither a restart nor the clock on the wall lowers it
    world.service.stop()
    version = command(world, "floor-reset")
    begin(world)
    wait_for("the trust notice", lambda: t.status["notices"]["trust"]["version"] == version)
    back(world, t, qr)
    assert t.text.count(f"trust notice {version} resets the floor") == 1
    t.stop()
    t.start().wait_online()
    assert t.text.count("resets the floor") == 1, "once"
    assert abs(ahead_ms(t)) < DAY_MS // 24


def test_one_that_was_off_gets_the_reset_that_it_missed(ahead):
    """What was signed after it carries none."""
    world, t, qr = ahead
    stuck(t, qr)
    t.stop()
    world.service.stop()
    missed = command(world, "floor-reset")
    newest = command(world, "allow", "numbers")
    assert command(world, "rotate", "root") == newest + 1
    begin(world)
    t.start()
    wait_for("the newest trust notice", lambda: t.status["notices"]["trust"]["version"] == newest + 1)
    assert f"trust notice {missed} resets the floor" in t.text
    back(world, t, qr)


def test_every_reset_and_root_that_was_missed_comes_in_order_and_nothing_between(house):  # pylint: disable=redefined-outer-name
    h = house.holder()
    for argv in (["floor-reset"], ["allow", "numbers"], ["rotate", "root"], ["floor-reset", "--forget", "shop,answer"], ["rotate", "card"]):
        house.run(argv[0], *argv[1:])
    h.device.close()

    def trusts(**held):
        return [body(e) for e in h.device.ask("GET", h.query(**held)).json["notices"] if kind(e) == "trust"]

    came = trusts()
    assert [b["version"] for b in came] == [2, 4, 5, 6]
    assert [b.get("floor_reset") for b in came] == [
        {"floor_ms": came[0]["issued_ms"], "versions": ["lease"]}, None,
        {"floor_ms": came[2]["issued_ms"], "versions": ["lease", "shop", "answer"]}, None]
    assert [[b["version"] for b in trusts(trust=v)] for v in (2, 3, 4, 5, 6)] == [[4, 5, 6], [4, 5, 6], [5, 6], [6], []]


def test_one_whose_certificate_was_renewed_at_that_time_comes_back_under_supervision(world):
    """Not valid yet, so it is not even told of the reset: the service says why, and the way back is the one of a lapsed one."""
    t = world.terminal().wait_leased()
    qr, old = world.qr(CARD), certificate(t)
    world.service.stop()
    begin(world, ahead_by("+300d"))
    wait_for("its renewal", lambda: certificate(t) != old)
    world.service.stop()
    command(world, "floor-reset")
    begin(world)
    wait_for("the cause", lambda: t.status["notice_error"] == "cert_not_yet")
    r = sell(t, qr)
    assert r.code == 3 and r.json["error"] == "cert_not_yet" and "尚未生效" in r.json["text"]["zh"], r
    assert "not valid yet" in t.huika("sell", "10", "--scan", qr, "--yes", json_out=False).err
    code = code_for(world, t.status["terminal"]["terminal_id"])
    t.stop()
    r = call(BUILD / "huika-terminal", "enroll", "--renew", code, "--state", t.state)
    assert r.code == 0, r
    t.start().wait_online()
    back(world, t, qr)


def test_versions_are_forgotten_where_it_says_so(world):
    """A service that fell behind its terminals, by a backup: they refuse what is older, until they are told to forget."""
    t = world.terminal().wait_leased()
    t.wait_synced()
    world.service.stop()
    shutil.copytree(world.service.dir, world.root / "backup")
    begin(world)
    for standing in ("suspend", "relist", "suspend"):
        assert world.admin("shop", standing, t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey", lambda: t.status["shop"]["standing"] == "suspended")
    held = t.status["shop"]["version"]
    t.wait_synced()
    world.service.stop()
    shutil.rmtree(world.service.dir)
    shutil.copytree(world.root / "backup", world.service.dir)
    version = command(world, "floor-reset", "--forget", "shop")
    begin(world)
    wait_for("the trust notice", lambda: t.status["notices"]["trust"]["version"] == version)
    wait_for("the shop as the backup has it", lambda: (t.status["shop"] or {}).get("standing") == "listed")
    assert t.status["shop"]["version"] < held
    assert world.admin("shop", "delist", t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey again", lambda: t.status["shop"]["standing"] == "delisted")


def test_what_is_no_kind_or_has_no_root_key_or_no_room_changes_nothing(house):  # pylint: disable=redefined-outer-name
    for wrong in ("trust", "shop,", "", "shop;answer", "offers", "lease", "shop,revoked,answer,trust"):
        assert "shop, revoked and answer" in command(house, "floor-reset", "--forget", wrong, code=2).err
    (house.service.dir / "offline").rename(house.root / "vault")
    command(house, "floor-reset", code=3)
    assert house.trust() and body(house.trust())["version"] == 1
    for i in range(32):  # as many as the service holds
        assert command(house, "floor-reset", "--offline", house.root / "vault") == 2 + i
    assert "wrong_state" in command(house, "floor-reset", "--offline", house.root / "vault", code=1).err
    assert "wrong_state" in command(house, "rotate", "root", "--offline", house.root / "vault", code=1).err
    assert body(house.trust())["version"] == 33
    assert command(house, "rotate", "card", "--offline", house.root / "vault") == 34  # with the root key that it was
    house.again()  # and it starts
