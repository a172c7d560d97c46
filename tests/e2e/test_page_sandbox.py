# SPDX-License-Identifier: Apache-2.0
"""`huika-terminal run --sandbox`: every verdict and failure by its test card, receipts in the browser, and nothing that could be taken
for the real thing."""
import json
import pathlib
import re
import subprocess

import pytest
from api import Contract
from browser import Browser
from selenium.webdriver.common.keys import Keys
from world import BUILD, ROOT, Terminal, World, call, env, free_port, wait_for

CONTRACT = Contract(ROOT / "proto/counter-api.yaml")

# What the test cards must do, in their order: the outcome of a sale of 128.00 by scan, and by number where there is one.
OUTCOMES = ["applied"] * 4 + ["limit_reached", "printer_paper_out", "disk_full", "clock_skew", "card_lost", "card_frozen", "card_left",
                             "card_replaced", "card_expired", "card_unknown", "numbers_locked", "shop_suspended", "shop_delisted",
                             "net_timeout", "net_refused", "net_cut", "tls_expired", "too_many", "card_forged", "card_foreign_host",
                             "card_expired", "card_malformed", "payment_code", "card_legacy", "scanned_number", "card_unknown_scan", "applied"]


class Sandbox(Terminal):
    def __init__(self, root, state=True):
        super().__init__(World(root), "sandbox")
        self.argv = [str(BUILD / "huika-terminal"), "run", "--sandbox", *(["--state", str(self.state)] if state else []), "--socket",
                     str(self.socket if state else root / "huika.sock"), "--listen", f"127.0.0.1:{self.port}"]
        if not state:
            self.socket = root / "huika.sock"


@pytest.fixture
def sandbox(tmp_path):
    t = Sandbox(tmp_path).start()
    yield t
    t.stop()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.end()


def cards(t):
    a = t.api("GET", "/v1/sandbox")
    CONTRACT.check("GET", "/v1/sandbox", {}, None, a.status, a.headers, a.body)
    return a.json["cards"]


def sell(t, i, body):
    """How a sale with that card ends: a code, or applied."""
    a = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 12800, **body}, {"Idempotency-Key": f"k{i}{'number' in body}"})
    CONTRACT.check("POST", "/v1/checkouts", {"Content-Type": "application/json"}, json.dumps({"total_fen": 12800, **body}), a.status, a.headers, a.body)
    c = a.json
    assert c["sandbox"] is True
    if c["state"] != "quoted":
        return c.get("reason") or c.get("error")
    done = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {})
    return done.json.get("code") or done.json["state"]


def test_each_card_does_what_it_says(sandbox):
    got = [sell(sandbox, i, {"scan": c["scan"]}) for i, c in enumerate(cards(sandbox))]
    assert got == OUTCOMES
    by_number = {"card_lost", "card_frozen", "card_left", "card_replaced", "card_expired", "card_unknown"}
    for i, (card, outcome) in enumerate(zip(cards(sandbox), OUTCOMES)):
        if "number" in card and outcome != "net_timeout":
            assert sell(sandbox, i, {"number": card["number"]}) == ("not_confirmed" if outcome in by_number else outcome), card
    sale = sandbox.huika("day").json["sales"][0]["sale_id"]
    back = sandbox.huika("void", sale, "--reason", "试撤销").json
    assert back["sale_id"] == sale and back["granted"] is False
    assert sandbox.huika("dispute", "new", "--kind", "other", "--sale", sale, "--text", "试纠纷").code == 0
    verdicts = [s["verdict"] for s in sandbox.huika("day").json["sales"]]
    assert verdicts == ["member"] * 4 + ["provisional"] + ["member"] * 4


def test_a_card_is_the_same_everywhere_and_documented(sandbox, tmp_path):
    """A card printed from one sandbox works in the next; the manual lists each with what it does."""
    printed = cards(sandbox)[0]["scan"]
    (tmp_path / "other").mkdir()
    other = Sandbox(tmp_path / "other").start()
    try:
        assert other.huika("sell", "128", "--scan", printed, "--yes").json["state"] == "applied"
    finally:
        other.stop()
    manual = (ROOT / "docs/integrating.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \d+ \| (\d{16}|—) \|.*?`([a-z_]+)`", manual, re.M)
    assert [outcome for _, outcome in listed] == OUTCOMES
    assert [number for number, _ in listed] == [c.get("number", "—") for c in cards(sandbox)]


def test_never_confusable(sandbox, chromium):
    chromium.resize("small").open(sandbox)
    assert chromium.driver.title.startswith("【测试】")
    assert "测试" in chromium.seen(".testbar").text and chromium.all(".watermark span")
    chromium.touch(".testcard", "会员有效")
    chromium.screen("amount")
    chromium.keys("128", Keys.ENTER)
    chromium.screen("quoted")
    chromium.keys(Keys.ENTER)
    chromium.screen("applied")
    assert chromium.js("const i = document.querySelector('.slip img'); return i.decode().then(() => i.naturalWidth)") == 448
    assert not chromium.complaints()
    sale = sandbox.huika("day").json["sales"][0]["sale_id"]
    for lang, word in (("zh", "测试 无效"), ("en", "TEST - NOT VALID")):
        text = sandbox.api("GET", f"/v1/sales/{sale}/receipt?lang={lang}").body.decode()
        assert text.count(word) == 2, text
        key = {"Idempotency-Key": lang}
        pages = [sandbox.api("POST", f"/v1/sales/{sale}/return?lang={lang}", {"amount_fen": 100, "reason": "x"}, key).json["receipt"],
                 sandbox.api("POST", f"/v1/disputes?lang={lang}", {"kind": "other", "text": "x"}, {"Idempotency-Key": "d" + lang}).json["slip"],
                 sandbox.api("POST", "/v1/day/close", {}).json["sheet_" + lang]]
        assert [p.count(word) for p in pages] == [2] * 3, pages
    status = sandbox.status
    assert status["sandbox"] is True and status["printer"]["state"] == "off" and "测试" in status["shop"]["name"]
    assert sandbox.huika("status").json["sandbox"] is True


def test_the_picture_of_a_receipt_can_be_read(sandbox, tmp_path):
    sale = sandbox.huika("sell", "128", "--scan", cards(sandbox)[0]["scan"], "--yes").json["sale_id"]
    path = tmp_path / "receipt.png"
    path.write_bytes(sandbox.api("GET", f"/v1/sales/{sale}/receipt.png").body)
    out = subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, text=True, check=True).stdout
    assert out.startswith("HTTPS://SANDBOX.HUIKA.EXAMPLE/"), out


def test_it_reaches_nobody_and_leaves_nothing_behind(tmp_path):
    before = set(pathlib.Path("/tmp").glob("huika-sandbox-*"))
    t = Sandbox(tmp_path, state=False)
    t.environ = env(TMPDIR=str(tmp_path))
    t.argv = ["strace", "-D", "-f", "-e", "trace=connect", "-o", str(tmp_path / "calls"), *t.argv]
    t.start()
    for c in cards(t)[:3]:
        assert t.huika("sell", "10", "--scan", c["scan"], "--yes").code == 0
    assert t.huika("void", t.huika("day").json["sales"][0]["sale_id"], "--reason", "试撤销").code == 0
    assert list(tmp_path.glob("huika-sandbox-*"))
    assert t.stop() == 0
    assert not list(tmp_path.glob("huika-sandbox-*")) and set(pathlib.Path("/tmp").glob("huika-sandbox-*")) == before
    calls = wait_for("the end", lambda: (lambda c: "+++ exited" in c and c)((tmp_path / "calls").read_text()))
    assert "AF_INET" not in calls


def test_neither_runs_on_the_other_s_state(world, tmp_path):
    real = world.terminal(start=False)
    r = call(BUILD / "huika-terminal", "run", "--sandbox", "--state", real.state)
    assert r.code != 0 and "[sandbox]" in r.err, r
    real.start()
    (tmp_path / "s").mkdir()
    made = Sandbox(tmp_path / "s").start()
    assert made.stop() == 0
    r = call(BUILD / "huika-terminal", "run", "--state", made.state, "--listen", f"127.0.0.1:{free_port()}")
    assert r.code != 0 and "[sandbox]" in r.err, r
    made.start()
    assert made.status["sandbox"] is True
    assert made.stop() == 0


def test_a_sale_outlives_a_restart_and_real_cards_are_unknown(world, tmp_path):
    (tmp_path / "s").mkdir()
    t = Sandbox(tmp_path / "s").start()
    try:
        sale = t.huika("sell", "128", "--scan", cards(t)[0]["scan"], "--yes").json
        t.kill()
        t.start()
        assert t.api("GET", f"/v1/checkouts/{sale['checkout_id']}").json["sale_id"] == sale["sale_id"]
        r = t.huika("sell", "128", "--scan", world.qr("6200000000000001"), "--yes")
        assert r.code == 1 and r.json["reason"] == "card_foreign_host"
        assert t.huika("sell", "128", "--number", "6200000000000005", "--yes").json["reason"] == "not_confirmed"
        real = world.terminal()
        assert real.huika("sell", "128", "--scan", cards(t)[0]["scan"], "--yes").json["reason"] == "card_foreign_host"
    finally:
        t.stop()


def test_the_run_that_needs_a_state_says_so():
    r = call(BUILD / "huika-terminal", "run")
    assert r.code == 2 and "--state" in r.err, r
