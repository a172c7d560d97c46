# SPDX-License-Identifier: Apache-2.0
"""A member's phone: the QR scanned off the printed picture, the page in a real browser, the complaint sent from it."""
import pytest
from browser import Browser
from slips import complain, public, scan
from test_slip import sold, till
from world import wait_for

PHONE = (390, 844)


@pytest.fixture
def phone(tmp_path):
    b = Browser(tmp_path, "--ignore-certificate-errors", "--accept-lang=zh-CN,zh")  # the CA of init, which no phone knows; test_public.py checks it
    yield b.resize(PHONE)
    b.end()


def fits(b):
    return b.js("return document.documentElement.scrollWidth <= innerWidth")


def quiet(b):
    """Nothing was refused by the policy, nothing failed to load."""
    return [m for m in b.driver.get_log("browser") if m["level"] == "SEVERE"] == []


def test_from_the_paper_to_the_answer(world, tmp_path, phone):
    t = till(world, tmp_path)
    r = t.huika("sell", "100.00", "--scan", world.qr("6200000000000001"), "--yes")
    url = scan(t.paper.next(), tmp_path)
    t.wait_synced()
    phone.driver.get(url)
    phone.seen("h1", "优惠小票")
    assert "12.00 元" in phone.seen("main").text and fits(phone) and not phone.all("script")
    size = phone.js("return [...document.querySelectorAll('button,select,textarea')].map(e => e.getBoundingClientRect().height)")
    assert size and min(size) >= 44, size
    phone.seen(".lang").click()
    phone.seen("h1", "Discount receipt")
    assert phone.js("return document.documentElement.lang") == "en" and fits(phone)
    phone.seen("option[value=amount_wrong]").click()
    phone.seen("textarea").send_keys("<script>document.title='x'</script> too much was charged")
    phone.seen("button").click()
    phone.seen("h2", "The dispute")
    phone.seen(".wait", "being handled")
    assert not phone.all("form[action*='/dispute']") and "too much" not in phone.seen("main").text and quiet(phone)
    phone.driver.back()
    phone.driver.get(url)
    wait_for("the dispute", lambda: phone.all("h2"))
    dispute = world.admin("dispute", "list").lines
    assert len(dispute) == 1 and dispute[0]["sale_id"] == r.json["sale_id"]
    assert world.admin("dispute", "answer", dispute[0]["ref"], "--text", "已退款 <b>5</b> 元").code == 0
    phone.driver.refresh()
    phone.seen("main", "已退款 <b>5</b> 元")
    assert phone.driver.title == "优惠小票" and quiet(phone) and fits(phone)


def test_the_member_finds_that_somebody_complained_and_is_heard(world, tmp_path, phone):
    t = till(world, tmp_path)
    _, path = sold(world, t, tmp_path)
    t.wait_synced()
    assert complain(world, path, public(world, path)[2], kind="other", text="一切都好")[0] == 303
    ref = world.admin("dispute", "list").lines[0]["ref"]
    assert world.admin("dispute", "close", ref).code == 0
    phone.driver.get(f"https://localhost:{world.service.public_port}{path}")
    phone.seen(".good", "已结案")
    assert fits(phone) and len(phone.all("form")) == 2 and not phone.all("script")
    assert not [f for f in phone.all("form") if f.is_displayed()]
    for fold in phone.all("summary"):
        assert fold.rect["height"] >= 44
        fold.click()
    size = phone.js("return [...document.querySelectorAll('button,select,textarea')].map(e => e.getBoundingClientRect().height)")
    assert size and min(size) >= 44, size
    phone.seen("button.plain", "不是我提交的").click()
    phone.seen("dl", "持票人否认提交")
    phone.seen(".lang").click()
    phone.seen("h2", "The dispute")
    phone.seen("summary", "Something to add?").click()
    phone.seen("option[value=rate_not_given]").click()
    phone.seen("textarea").send_keys("no discount was given")
    phone.seen("button:not(.plain)").click()
    phone.seen(".wait", "being handled")
    assert "no discount was given" not in phone.seen("main").text and len(phone.all("form")) == 1 and quiet(phone) and fits(phone)
    shown = world.admin("dispute", "show", ref).json
    assert shown["objections"] == 1 and [a["text"] for a in shown["accounts"]] == ["一切都好", "no discount was given"]


def test_a_dispute_slip_and_a_foreign_link(world, tmp_path, phone):
    t = till(world, tmp_path)
    made = t.huika("dispute", "new", "--kind", "rate_not_given", "--by", "member", "--text", "没有打折").json
    url = scan(t.paper.next(), tmp_path)
    t.wait_synced()
    phone.driver.get(url)
    phone.seen("dd", made["ref"])
    assert "没有打折" not in phone.seen("main").text and fits(phone) and quiet(phone)
    secret = 3 + len(url) - 203 + 80
    phone.driver.get(url[:secret] + ("A" if url[secret] != "A" else "B") + url[secret + 1:])
    phone.seen("h1", "未找到")
    sold(world, t, tmp_path)
