# SPDX-License-Identifier: Apache-2.0
"""Somebody between terminal and service, outside of TLS. Whatever they do: no sale as a member's without the service's answer, none
without it outside of a lease, nothing lost, nothing counted twice, and what is held stays."""
import proxy
import pytest
from place import Place
from world import ulid, wait_for


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory):
    p = Place(tmp_path_factory.mktemp("proxy"), lambda service: proxy.Relay(service.port))
    try:
        yield p
    finally:
        p.close()


@pytest.mark.parametrize("mode", [proxy.flip, proxy.flip_upwards, proxy.truncate, proxy.lose, proxy.withhold, proxy.replay, proxy.reorder],
                         ids=lambda m: m.__name__)
def test_bytes_of_the_connection_are_tampered_with(place, mode):
    t = place.heal().t
    held = place.held()
    place.middle.changed, place.middle.mode = 0, mode
    r = place.sell()
    assert place.middle.changed > 0, "nothing was tampered with"
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
    place.middle.partition()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    r = place.sell()
    assert r.json["verdict"] == "provisional" and r.json["provisional"]["why"].startswith("net_"), r
    place.heal()
    assert place.sell().json["verdict"] == "member"
    place.balanced()


def test_delay_is_not_a_yes_until_the_answer_is_there(place):
    t = place.heal().t
    place.middle.flowing.clear()
    c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": place.qr}, {"Idempotency-Key": ulid()}).json
    assert c["verdict"] == "provisional" and c["provisional"]["why"] == "net_timeout", c
    place.middle.heal()
    path = f"/v1/checkouts/{c['checkout_id']}"
    wait_for("the late answer", lambda: t.api("GET", path).json["verdict"] == "member")
    assert t.api("POST", path + "/confirm", {}).json["state"] == "applied"
    place.heal().balanced()


def test_half_open(place):
    place.heal().middle.half_open()
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
