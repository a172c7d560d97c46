# SPDX-License-Identifier: Apache-2.0
"""A terminal's first run: the enrolment code by keys on the page, or off its QR; then the till, in the same browser."""
import contextlib
import json

import pytest
from api import Contract
from browser import Browser
from selenium.webdriver.common.keys import Keys
from world import MEMBERS, ROOT, Terminal, wait_for

CONTRACT = Contract(ROOT / "proto/counter-api.yaml")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.end()


@pytest.fixture
def fresh(world):
    """A terminal that runs and is enrolled nowhere, and a code for it."""
    t = Terminal(world, "fresh")
    shop = world.shop(offers=[{"title": "八八折", "kind": "percent", "rate_bp": 1200}])
    t.code = world.invite(shop)
    world.daemons.append(t)
    super(Terminal, t).start()
    wait_for("the first run", lambda: "not enrolled yet" in t.text)
    return t


def enrolment(t):
    """None while the terminal goes over from its first run to its life."""
    with contextlib.suppress(OSError):
        return t.api("GET", "/v1/enrolment").json
    return None


def answers(t):
    with contextlib.suppress(OSError):
        return t.api("GET", "/v1/status").status == 200
    return False


def test_by_keys_on_the_page(world, fresh, chromium):
    chromium.resize("small")
    chromium.driver.get(fresh.huika("page").json["url"])
    chromium.seen(".gate input").send_keys("HUIKA1/nonsense", Keys.ENTER)
    chromium.seen(".toast", "注册码")
    box = chromium.seen(".gate input")
    box.clear()
    box.send_keys(fresh.code.lower().replace("-", " "))
    chromium.touch(".gate .primary")
    chromium.screen("idle")
    assert "示例饭店" in chromium.text
    fresh.wait_online()
    assert fresh.huika("simulate", "scan", world.qr(MEMBERS[0][0])).code == 0
    chromium.screen("amount")
    assert not chromium.complaints()


def test_by_scanning_the_code(fresh, chromium):
    chromium.driver.get(fresh.huika("page").json["url"])
    chromium.seen(".gate", "注册")
    a = fresh.api("POST", "/v1/scans", {"text": fresh.code})
    CONTRACT.check("POST", "/v1/scans", {"Content-Type": "application/json"}, json.dumps({"text": fresh.code}), a.status, a.headers, a.body)
    assert a.json["state"] == "running"
    chromium.screen("idle")


def test_by_the_command_line_beside_it(fresh, chromium):
    chromium.driver.get(fresh.huika("page").json["url"])
    chromium.seen(".gate", "注册")
    assert fresh.enroll(fresh.code).code == 0
    chromium.screen("idle")


def test_what_goes_wrong_is_said_and_can_be_tried_again(world, fresh):
    body = {"code": fresh.code}
    status = fresh.api("GET", "/v1/status")
    assert (status.status, status.json["code"]) == (404, "state_missing")
    CONTRACT.check("GET", "/v1/status", {}, None, status.status, status.headers, status.body)
    assert fresh.api("POST", "/v1/checkouts", {"total_fen": 1}, {"Idempotency-Key": "k"}).json["code"] == "state_missing"
    assert enrolment(fresh) == {"state": "wanted"}
    world.service.stop()
    a = fresh.api("POST", "/v1/enrolment", body)
    CONTRACT.check("POST", "/v1/enrolment", {"Content-Type": "application/json"}, json.dumps(body), a.status, a.headers, a.body)
    got = wait_for("the failure", lambda: (lambda e: e and e["state"] == "failed" and e)(enrolment(fresh)))
    assert got["error"] == "net_refused" and got["text"]["zh"]
    a = fresh.api("GET", "/v1/enrolment")
    CONTRACT.check("GET", "/v1/enrolment", {}, None, a.status, a.headers, a.body)
    world.service.start()
    assert fresh.api("POST", "/v1/enrolment", body).status == 202
    wait_for("the terminal", lambda: (enrolment(fresh) or {}).get("state") == "done")
    wait_for("its status", lambda: answers(fresh))
    assert fresh.code.replace("-", "")[-20:] not in fresh.text.replace("-", "")


def test_it_ends_when_told_also_while_it_enrols(world, fresh):
    world.service.stop()
    assert fresh.api("POST", "/v1/enrolment", {"code": fresh.code}).status == 202
    assert fresh.stop() == 0 and not fresh.socket.exists()
