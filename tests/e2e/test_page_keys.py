# SPDX-License-Identifier: Apache-2.0
"""The cashier's page without a finger on the screen: by keys alone, by a scanner alone, and what must not happen by either."""
import pytest
from selenium.webdriver.common.keys import Keys
from test_page import CARD, OTHER, chromium, command, day, scan, shop  # noqa: F401  pylint: disable=unused-import
from test_page_day import rows, sell
from world import wait_for


def test_a_whole_sale_by_the_scanner_alone(shop):
    command(shop, "1", "2", "9", "DEL", "8", "DOT", "5", "0", "OK")
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    command(shop, "BACK")
    shop.screen("idle")
    scan(shop, OTHER)
    shop.screen("amount")
    command(shop, "1", "0", "0", "OK")
    shop.screen("quoted")
    command(shop, "OK")
    shop.screen("applied")
    command(shop, "OK")
    shop.screen("idle")
    assert [s["total_fen"] for s in day(shop)["sales"]] == [10000]
    r = shop.t.huika("simulate", "scan", "HUIKA-KEY/NONSENSE")
    assert r.json["reason"] == "card_unknown_scan", "what is no command is no command"


def by_keys(page, text):
    """Tab until that is what Enter would press."""
    for _ in range(40):
        if text in page.js("return document.activeElement.innerText || ''"):
            return page.keys(Keys.ENTER)
        page.keys(Keys.TAB)
    raise AssertionError(f"no way to {text} by Tab:\n{page.text}")


def by_codes(page, text):
    """NEXT until that is what OK would press."""
    marked = lambda: page.js("const e = document.querySelector('[data-marked]'); return e ? e.innerText : ''")
    for _ in range(40):
        before = page.js("const a = window.marks = (window.marks || 0); return a")
        page.js("""if (!window.watched) { window.watched = true; window.marks = 0;
            new MutationObserver(() => { window.marks++; }).observe(document, {subtree: true, attributeFilter: ["data-marked"]}); }""")
        command(page, "NEXT")
        wait_for("a mark", lambda: page.js("return window.marks") > before)
        if text in marked():
            return command(page, "OK")
    raise AssertionError(f"no way to {text} by NEXT:\n{page.text}")


HANDS = {"keys": (by_keys, lambda page, keys: page.keys(*keys), {"day": Keys.F2, "disputes": Keys.F3, "ok": Keys.ENTER, "back": Keys.ESCAPE, "dot": "."}),
         "codes": (by_codes, lambda page, keys: command(page, *keys), {"day": "DAY", "disputes": "DISPUTES", "ok": "OK", "back": "BACK", "dot": "DOT"})}


@pytest.mark.parametrize("hand", HANDS)
def test_all_that_comes_after_a_sale(shop, hand):
    """A return, a void, the end of the day, a dispute."""
    choose, press, k = HANDS[hand]
    sell(shop, "128")
    sell(shop, "50")
    shop.t.wait_synced()
    press(shop, [k["day"]])
    shop.seen(".sale", "112.64")
    choose(shop, "112.64")
    shop.seen(".slipview")
    choose(shop, "部分退货")
    shop.seen("dialog .field")
    press(shop, ["3", "3", k["dot"], "3"])
    wait_for("the sum", lambda: rows(shop, "dialog .returnsums")["应退"] == "¥29.31")
    choose(shop, "商品问题")
    press(shop, [k["back"]])
    wait_for("the dialog to be gone", lambda: not shop.all("dialog"))
    assert "returned_fen" not in day(shop)["sales"][0]
    choose(shop, "部分退货")
    shop.seen("dialog .field")
    press(shop, ["3", "3", k["ok"]])
    shop.seen("dialog .donemark")
    assert day(shop)["sales"][0]["returned_fen"] == 3300
    press(shop, [k["ok"]])
    wait_for("the dialog to be gone", lambda: not shop.all("dialog"))
    shop.t.wait_synced()
    shop.seen(".sale", "44.00")
    choose(shop, "44.00")
    shop.seen(".slipview")
    choose(shop, "撤销")
    shop.seen("dialog .danger")
    press(shop, [k["ok"], k["ok"]])
    choose(shop, "会员卡有误")
    shop.seen("dialog .donemark")
    assert day(shop)["sales"][1]["returned_fen"] == 5000
    press(shop, [k["ok"]])
    wait_for("the dialog to be gone", lambda: not shop.all("dialog"))
    choose(shop, "日结")
    shop.seen("dialog .daysums")
    press(shop, [k["ok"]])
    shop.seen("dialog .sliptext")
    press(shop, [k["ok"]])
    wait_for("the dialog to be gone", lambda: not shop.all("dialog"))
    press(shop, [k["disputes"]])
    shop.seen(".form")
    choose(shop, "提交")
    shop.seen(".plainlist", "有效会员被拒")
    press(shop, [k["back"]])
    shop.screen("idle")


def test_a_scanned_ok_presses_what_is_looked_at_alone(shop):
    """In a void's dialog nothing, on another view nothing, in a second window nothing."""
    sell(shop, "128")
    shop.keys(Keys.F2)
    shop.touch(".sale")
    shop.touch(".slipview .danger", "撤销")
    shop.seen("dialog")
    command(shop, "OK", "BACK")
    wait_for("the dialog to be gone", lambda: not shop.all("dialog"))
    shop.keys(Keys.ESCAPE, Keys.F1)
    shop.screen("idle")
    shop.keys("20", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    command(shop, "STATUS")
    shop.seen(".cards")
    command(shop, "OK", "TILL")
    shop.screen("quoted")
    sales = day(shop)["sales"]
    assert len(sales) == 1 and "returned_fen" not in sales[0]


def test_enter_goes_on_after_a_touch(shop):
    """The field that was touched kept the focus, and Enter pressed it again."""
    shop.keys("128")
    shop.touch(".field.own")
    shop.keys("120")
    shop.touch(".field.digits")
    shop.keys(Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    assert "112.64" in shop.text
    shop.keys(Keys.ESCAPE)
    shop.screen("idle")
    shop.keys("20")
    by_keys(shop, "本店会员价")
    shop.seen(".field.own.here")
    shop.keys("10", Keys.ENTER)
    shop.screen("waiting")


def test_a_command_is_for_the_window_that_is_looked_at(shop):
    first, address = shop.driver.current_window_handle, shop.driver.current_url
    shop.driver.switch_to.new_window("window")
    shop.driver.get(address)
    shop.screen("idle")
    focused = {w: shop.driver.switch_to.window(w) or shop.js("return document.hasFocus()") for w in shop.driver.window_handles}
    assert sorted(focused.values()) == [False, True], "or this shows nothing"
    command(shop, "5")
    for window, looked_at in focused.items():
        shop.driver.switch_to.window(window)
        if looked_at:
            shop.seen(".field.digits", "5")
    for window, looked_at in focused.items():
        shop.driver.switch_to.window(window)
        assert ("5" in shop.seen(".field.digits").text) == looked_at
    shop.driver.switch_to.window(first)


def hold(page, key):
    """A finger that rests on a key: the press, and what the keyboard repeats."""
    for repeat in [False] + [True] * 8:
        page.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": 13, "text": "\r", "autoRepeat": repeat})
    page.driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": 13})


def test_a_finger_that_rests_on_enter_is_one_yes(shop):
    scan(shop)
    shop.screen("amount")
    shop.keys("128")
    hold(shop, "Enter")
    shop.screen("quoted")
    hold(shop, "Enter")
    shop.screen("applied")
    shop.keys(Keys.ENTER, Keys.F2)
    shop.touch(".sale")
    shop.seen(".slipview")
    for _ in range(20):
        if shop.js("return document.activeElement.innerText") == "撤销":
            break
        shop.keys(Keys.TAB)
    hold(shop, "Enter")
    assert "撤销这笔交易" in shop.seen("dialog").text
    assert "returned_fen" not in day(shop)["sales"][0]


def test_what_a_keyboard_scanner_types_is_taken_back(shop):
    shop.keys("12")
    burst = "".join(f"K({ord(c)});" for c in "6200000000000001")
    typed = ("const K = c => document.dispatchEvent(new KeyboardEvent('keydown', {key: String.fromCharCode(c), bubbles: true}));"
             + burst + "document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));")
    shop.js(typed)
    shop.seen(".toast", "HID POS")
    shop.screen("idle")
    assert shop.seen(".field.digits").text.endswith("12")
    shop.keys(Keys.BACKSPACE, Keys.BACKSPACE)
    sell(shop, "99999")
    shop.t.wait_synced()
    shop.keys(Keys.F2)
    shop.touch(".sale")
    shop.touch(".slipview .quiet", "部分退货")
    shop.seen("dialog .field")
    shop.keys("7")
    shop.js(typed)
    assert shop.seen("dialog .field").text.endswith("7")
    assert "returned_fen" not in day(shop)["sales"][0]
