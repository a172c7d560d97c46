# SPDX-License-Identifier: Apache-2.0
"""The cashier's page in a real browser against a real terminal and service: whole sales by touch, by keys, by scanner, and what may
come between."""
import gzip
import re

import pytest
from browser import Browser
from selenium.webdriver.common.keys import Keys
from test_offline import cut_off
from test_printer import thermal  # noqa: F401  pylint: disable=unused-import
from world import MEMBERS, ROOT, wait_for

CARD, OTHER = MEMBERS[0][0], MEMBERS[1][0]
PAGE = ROOT / "client/counter/page"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.end()


@pytest.fixture
def shop(world, chromium):
    """A terminal with its page open, and the page's complaints at the end."""
    t = world.terminal()
    chromium.resize("small").open(t)
    chromium.t, chromium.world = t, world
    yield chromium
    assert not chromium.complaints()
    for extra in chromium.driver.window_handles[1:]:
        chromium.driver.switch_to.window(extra)
        chromium.driver.close()
    chromium.driver.switch_to.window(chromium.driver.window_handles[0])


def scan(page, number=CARD):
    assert page.t.huika("simulate", "scan", page.world.qr(number)).code == 0


def day(page):
    return page.t.huika("day").json


@pytest.mark.parametrize("lang,words", [("zh", ("会员有效", "应付", "交易完成")), ("en", ("Valid member", "To pay", "Done"))])
def test_a_whole_sale_by_touch(shop, lang, words):
    shop.prefer(lang=lang)
    shop.touch_amount("128")
    shop.touch(".primary")
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    assert words[0] in shop.text and words[1] in shop.text and "112.64" in shop.text and "¥128.00" in shop.text
    assert "*建涛" in shop.text and "0001" in shop.text and CARD not in shop.driver.page_source
    assert words[0] in shop.said() and "112.64" in shop.said()
    assert day(shop)["count"] == 0
    shop.touch(".primary.big")
    shop.screen("applied")
    assert words[2] in shop.text and day(shop)["pay_fen"] == 11264
    shop.touch(".primary.big")
    shop.screen("idle")


def test_a_whole_sale_by_keys_alone_card_first(shop):
    scan(shop)
    shop.screen("amount")
    assert "会员有效" in shop.text
    shop.keys("88.5", Keys.BACKSPACE, "4", Keys.ENTER)
    shop.screen("quoted")
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    shop.keys(Keys.ENTER)
    shop.screen("idle")
    assert [s["total_fen"] for s in day(shop)["sales"]] == [8840]
    shop.keys("10", Keys.ENTER)
    shop.screen("waiting")
    shop.keys("k")
    shop.screen("number")
    shop.keys(CARD, Keys.ENTER)
    shop.seen(".field.doubt")
    shop.keys(Keys.ENTER)
    shop.screen("quoted")
    assert shop.all(".facename.none") and "*建涛" not in shop.text
    shop.keys(Keys.ESCAPE)
    shop.screen("idle")
    assert day(shop)["count"] == 1


def test_every_screen_has_a_way_back(shop):
    shop.keys("77", Keys.ESCAPE)
    assert shop.seen(".field.digits").text.endswith("0.00")
    shop.keys("77", Keys.ENTER)
    shop.screen("waiting")
    shop.keys(Keys.ESCAPE)
    shop.screen("idle")
    assert shop.seen(".field.digits").text.endswith("77"), "the amount is still there"
    shop.keys(Keys.ENTER)
    shop.screen("waiting")
    shop.touch(".quiet", "键入卡号")
    shop.screen("number")
    shop.keys(Keys.ESCAPE)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    shop.keys(Keys.ESCAPE)
    shop.screen("idle")
    for key, css in ((Keys.F2, ".day"), (Keys.F4, ".statusview")):
        shop.keys(key)
        shop.seen(css)
        shop.keys(Keys.ESCAPE)
        shop.screen("idle")
    assert day(shop)["count"] == 0


def test_nothing_is_lost_by_a_reload_at_any_step(shop):
    def reload():
        shop.driver.refresh()
        shop.seen(".shell:not(.lost)")
    shop.keys("12.5")
    reload()
    assert shop.seen(".field.digits").text.endswith("12.5")
    shop.keys(Keys.ENTER)
    shop.screen("waiting")
    reload()
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    reload()
    shop.screen("quoted")
    assert "11.00" in shop.text
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    reload()
    shop.screen("applied")
    shop.keys(Keys.ENTER)
    shop.screen("idle")
    reload()
    shop.screen("idle")
    scan(shop)
    shop.screen("amount")
    reload()
    shop.screen("amount")
    assert day(shop)["count"] == 1


def test_nothing_is_lost_by_a_restart_of_the_terminal(shop):
    def restart():
        shop.t.kill()
        shop.seen(".gone", "正在重新连接")
        shop.t.start().wait_online()
        shop.seen(".shell:not(.lost)")
    shop.keys("128", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    restart()
    shop.screen("waiting")
    assert "128.00" in shop.text and "重新扫卡" in shop.text
    scan(shop)
    shop.screen("quoted")
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    restart()
    shop.screen("applied")
    assert "112.64" in shop.text
    shop.keys(Keys.ENTER)
    shop.screen("idle")
    assert day(shop)["count"] == 1


def test_a_second_window_shows_the_same_and_sells_once(shop):
    first = shop.driver.current_window_handle
    address = shop.driver.current_url
    shop.keys("50", Keys.ENTER)
    shop.screen("waiting")
    shop.driver.switch_to.new_window("window")
    shop.driver.get(address)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    shop.driver.switch_to.window(first)
    shop.screen("quoted")
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    second = next(w for w in shop.driver.window_handles if w != first)
    shop.driver.switch_to.window(second)
    shop.screen("applied")
    shop.keys(Keys.ENTER)
    shop.screen("idle")
    assert day(shop)["count"] == 1


def test_a_result_stays_until_it_is_dismissed(shop):
    shop.keys("50", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    scan(shop, OTHER)
    shop.seen(".behind")
    shop.screen("applied")
    assert "44.00" in shop.text
    shop.keys(Keys.ENTER)
    shop.screen("amount")
    assert "0002" in shop.text
    assert day(shop)["count"] == 1


def test_a_refusal_says_why_and_what_next(shop):
    assert shop.world.admin("member", "status", CARD, "lost").code == 0
    shop.keys("50", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("refused")
    assert shop.seen(".verdict").get_attribute("data-verdict") == "refused"
    assert "挂失" in shop.text and "12351" in shop.text and "挂失" in shop.said()
    assert shop.js('return document.getElementById("alert").textContent'), "said at once"
    shop.keys(Keys.ENTER)
    shop.screen("refused")
    scan(shop, OTHER)
    shop.screen("quoted")
    assert day(shop)["count"] == 0


def test_delisted_while_the_cashier_thinks(shop):
    shop.keys("50", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    assert shop.world.admin("shop", "delist", shop.t.shop, "--reason", "测试").code == 0
    shop.screen("refused")
    assert "移出名录" in shop.text
    shop.seen(".top .chip.bad")
    shop.keys(Keys.ESCAPE, Keys.F4)
    assert "测试" in shop.seen(".cards").text
    assert day(shop)["count"] == 0


def test_the_service_is_gone(shop):
    shop.keys("50", Keys.ENTER)
    shop.screen("waiting")
    shop.world.service.stop()
    shop.seen(".pill.bad", "脱机")
    shop.keys("k")
    shop.touch_amount(MEMBERS[4][0])
    shop.keys(Keys.ENTER)
    shop.screen("refused")
    assert "仅凭卡号不能核验" in shop.text
    shop.keys(Keys.ESCAPE, Keys.F4)
    assert "检查网络" in shop.seen(".cards").text
    shop.world.service.start()
    shop.seen(".pill.good", "联机")
    assert day(shop)["count"] == 0


def test_offline_it_is_amber_and_provisional(shop):
    shop.t.wait_leased()
    qr = shop.world.qr(CARD)
    cut_off(shop.world, shop.t)
    shop.keys("128", Keys.ENTER)
    shop.screen("waiting")
    assert shop.t.huika("simulate", "scan", qr).code == 0
    shop.screen("quoted")
    assert shop.seen(".verdict").get_attribute("data-verdict") == "provisional"
    assert "脱机核验（暂定）" in shop.text and "脱机核验" in shop.said() and "0001" in shop.text
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    assert shop.seen(".verdict").get_attribute("data-verdict") == "provisional"
    shop.keys(Keys.ENTER, Keys.F4)
    assert "脱机收银" in shop.seen(".cards").text
    shop.seen(".pill.wait", "待传")


def command(page, *names):
    for name in names:
        assert page.t.huika("simulate", "scan", "HUIKA-KEY/" + name).json == {"key": name.lower()}


def test_the_shop_s_own_price_and_the_cashier_are_sent(shop):
    shop.keys(Keys.F4)
    shop.seen(".statusview input").send_keys("07")
    shop.keys(Keys.ESCAPE, Keys.F1)
    shop.keys("128")
    shop.touch(".field.own")
    assert "会员不会多付" in shop.text
    shop.keys("100", Keys.ENTER)
    shop.screen("waiting")
    shop.keys(Keys.ESCAPE)
    shop.screen("idle")
    assert shop.seen(".field.digits").text.endswith("128") and shop.seen(".field.own").text.endswith("100")
    shop.keys(Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    assert "100.00" in shop.text and "本店价更优惠" in shop.text
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    sale = day(shop)["sales"][0]
    assert (sale["pay_fen"], sale["own_price"], sale["cashier"]) == (10000, True, "07")


def test_a_scan_brings_the_till_back_but_takes_nothing_away(shop):
    shop.keys(Keys.F4)
    shop.seen(".cards")
    scan(shop)
    shop.screen("amount")
    shop.keys(Keys.ESCAPE, Keys.F3)
    shop.seen("textarea").send_keys("写到一半")
    scan(shop, OTHER)
    wait_for("the card", lambda: shop.t.api("GET", "/v1/checkouts/current").json["state"] == "amount")
    shop.driver.refresh()
    assert shop.seen("textarea").get_attribute("value") == "写到一半"
    shop.keys(Keys.F1)
    shop.screen("amount")
    assert "0002" in shop.text


def test_what_stands_in_the_way_is_said_before_an_amount_is_entered(shop):
    shop.t.wait_leased()
    shop.world.service.stop()
    assert "还可" in shop.seen(".note.wait").text
    shop.world.service.start()
    wait_for("the line", lambda: not shop.all(".note"))
    assert shop.world.admin("shop", "suspend", shop.t.shop, "--reason", "核查中").code == 0
    assert all(w in shop.seen(".barred").text for w in ("现在不能优惠", "核查中", "签约工会"))
    shop.keys("50", Keys.ENTER)
    shop.screen("refused")
    assert "扫另一张" not in shop.text and "50.00" in shop.seen(".sorry").text, "another card does not help"
    shop.touch(".sorry .primary")
    assert shop.world.admin("shop", "relist", shop.t.shop, "--reason", "好了").code == 0
    shop.seen(".invite:not(.barred)", "请扫会员卡")


def test_the_printer_is_out_of_paper(shop, thermal):
    shop.t.stop()
    shop.t.argv += ["--printer", thermal.path]
    shop.t.start().wait_online()
    shop.seen(".shell:not(.lost)")
    thermal.say(paper_out=1)
    assert shop.t.huika("print", "test").code == 0
    shop.seen(".pill.bad", "缺纸")
    shop.keys("128", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    shop.keys(Keys.ENTER)
    assert "缺纸" in shop.seen("dialog").text and day(shop)["count"] == 0
    shop.touch("dialog .primary", "重试")
    assert "缺纸" in shop.seen("dialog").text and day(shop)["count"] == 0
    shop.keys(Keys.ESCAPE)
    shop.screen("quoted")
    shop.touch(".primary.big")
    shop.touch("dialog .quiet", "不打小票")
    shop.screen("applied")
    shop.seen(".paper.bad", "未打出")
    thermal.say()
    wait_for("the printer to be ready", lambda: shop.t.status["printer"]["state"] == "ready")
    shop.touch(".quiet", "打印副本")
    shop.seen(".paper.good", "已打印")
    wait_for("the copy on paper", lambda: "副本".encode("gb18030") in thermal.data)
    assert day(shop)["count"] == 1


def test_the_files_are_light_and_ask_for_nothing_elsewhere(shop):
    files = [f for f in PAGE.iterdir() if f.is_file()]
    assert sum(len(gzip.compress(f.read_bytes(), 9)) for f in files) < 60_000
    for f in files:
        text = f.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?i)\b(https?:)?//[a-z0-9-]+\.", text) and "innerHTML" not in text, f
    loaded = shop.js('return performance.getEntriesByType("resource").map(e => e.name)')
    assert len(loaded) >= len(files) - 1 and all(u.startswith(f"http://127.0.0.1:{shop.t.port}/") for u in loaded), loaded


def test_the_page_s_headers(shop):
    for path in ("/", "/app.js", "/page.css"):
        a = shop.t.tcp("GET", path, headers={"Accept-Encoding": "gzip"}, token=False)
        assert a.status == 200 and a.headers["X-Content-Type-Options"] == "nosniff" and a.headers["Referrer-Policy"] == "no-referrer"
        policy = a.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert gzip.decompress(a.body)
        assert shop.t.tcp("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": a.headers["ETag"]}, token=False).status == 304
        assert shop.t.tcp("GET", path, headers={"Accept-Encoding": "identity"}, token=False).status == 415
        assert shop.t.tcp("POST", path, {}, token=False).status in (401, 405)
