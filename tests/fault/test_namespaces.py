# SPDX-License-Identifier: Apache-2.0
"""Service and terminal in network namespaces of their own, two kernels' TCP between them, and a wire that fails: cut, slow, lossy, a router that
forgets. Nothing is lost, nothing counted twice, nothing sold beyond what is allowed, and what was decided meanwhile is obeyed afterwards."""
import os

import pytest
from place import Place
from wire import FarWorld, Wire
from world import wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/net/tun"), reason="needs root and tun devices")


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory):
    wire = Wire()
    p = Place(tmp_path_factory.mktemp("namespaces"), None, FarWorld(tmp_path_factory.mktemp("far"), wire))
    p.middle = wire
    try:
        yield p
    finally:
        p.close()


def stand(place, standing):
    """Decided at the far end, whether the wire is there or not."""
    act = {"suspended": "suspend", "listed": "relist"}[standing]
    assert place.world.admin("shop", act, place.t.shop, "--reason", "示例").code == 0


def obeyed(place, standing, deadline_s=30):
    wait_for(f"it to be {standing}", lambda: place.t.status["shop"]["standing"] == standing, deadline_s=deadline_s)


def test_partition(place):
    """Nobody says that the other is gone; what is decided meanwhile is obeyed when the wire is there again."""
    t = place.heal().t
    place.middle.down = True
    r = place.sell()
    assert r.json["verdict"] == "provisional" and r.json["provisional"]["why"].startswith("net_"), r
    wait_for("the terminal to notice", lambda: not t.status["online"])
    stand(place, "suspended")
    assert place.sell().json["verdict"] == "provisional", "it cannot know yet"
    place.middle.heal()
    obeyed(place, "suspended", deadline_s=60)
    assert place.sell().json["reason"] == "shop_suspended"
    t.wait_synced()
    outcomes = [s["outcome"] for s in place.world.admin("shop", "show", t.shop).json["latest"]]
    assert outcomes[:2] == ["shop_suspended", "counted"], "one before, one after the decision"
    stand(place, "listed")
    obeyed(place, "listed")
    place.heal().balanced()


@pytest.mark.parametrize("fault", [{"delay_s": 0.15}, {"loss": 0.08}, {"late": 0.3, "twice": 0.2}, {"delay_s": 0.05, "loss": 0.04, "late": 0.1, "twice": 0.1}],
                         ids=lambda f: "+".join(f))
def test_a_bad_line(place, fault):
    """Slow, lossy, or packets twice and out of order: sales are the service's word or within the lease, and a suspension comes through."""
    place.heal()
    for knob, value in fault.items():
        setattr(place.middle, knob, value)
    for _ in range(3):
        r = place.sell()
        assert r.code == 0 and r.json["verdict"] in ("member", "provisional"), r
    stand(place, "suspended")
    obeyed(place, "suspended", deadline_s=60)
    assert place.sell().code == 1
    stand(place, "listed")
    obeyed(place, "listed", deadline_s=60)
    place.heal().balanced()


def test_half_open(place):
    """A router forgot the connections: what is sent on them is dropped without a word. An idle shop hears of a suspension all the same, well
    before its long poll's end."""
    place.heal()
    place.middle.forget()
    stand(place, "suspended")
    obeyed(place, "suspended", deadline_s=45)
    stand(place, "listed")
    obeyed(place, "listed")
    place.middle.forget()
    r = place.sell()
    assert r.code == 0 and r.json["verdict"] in ("member", "provisional"), r
    wait_for("verdicts of the service again", lambda: place.sell().json["verdict"] == "member")
    place.heal().balanced()


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_the_service_starts_again_in_the_middle_of_a_long_poll(place, how):
    t = place.heal().t
    place.world.service.stop() if how == "stopped" else place.world.service.kill()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    assert place.sell().json["verdict"] == "provisional"
    place.world.service.start()
    stand(place, "suspended")
    obeyed(place, "suspended", deadline_s=60)
    stand(place, "listed")
    obeyed(place, "listed")
    place.heal().balanced()
