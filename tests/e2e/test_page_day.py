# SPDX-License-Identifier: Apache-2.0
"""What the cashier's page does after a sale, in a real browser: the day, sales taken back whole and in part, disputes and answers."""
from selenium.webdriver.common.keys import Keys
from test_page import chromium, day, scan, shop  # noqa: F401  pylint: disable=unused-import
from test_printer import thermal  # noqa: F401  pylint: disable=unused-import
from world import wait_for


def test_a_sale_is_taken_back(shop):
    shop.keys("128", Keys.ENTER)
    shop.screen("waiting")
    scan(shop)
    shop.screen("quoted")
    shop.keys(Keys.ENTER)
    shop.screen("applied")
    shop.t.wait_synced()
    shop.keys(Keys.ENTER, Keys.F2)
    shop.touch(".sale")
    shop.touch(".slipview .danger", "撤销")
    shop.touch("dialog .danger", "金额有误")
    for _ in range(2):
        assert rows(shop, "dialog .returnsums")["应退"] == "¥112.64" and "撤销小票" in shop.seen("dialog .sliptext").text
        assert "撤销这笔交易" in shop.seen("dialog h2").text
        shop.driver.refresh()
        shop.seen("dialog .donemark")
    shop.touch("dialog .primary")
    shop.seen(".sale.gone", "0001")
    assert shop.seen(".chief").text.split() == ["净收（已退", "112.64）", "0.00"]
    sale = day(shop)["sales"][0]
    assert sale["returned_fen"] == 12800
    shop.touch(".sale")
    assert shop.seen(".slipview .danger").get_attribute("disabled") is not None, "once"


def test_a_dispute_is_logged(shop):
    shop.keys(Keys.F3)
    assert "没有纠纷" in shop.seen(".columns").text
    shop.touch("select")
    shop.js("const s = document.querySelector('select'); s.value = 'rate_not_given'; s.dispatchEvent(new Event('change'));")
    shop.seen("textarea").send_keys("会员说没有按登记的八八折优惠")
    shop.touch(".form .primary")
    shop.seen(".toast", "已登记")
    shop.seen(".plainlist", "未按登记优惠")
    ref = shop.seen(".plainlist .head b").text
    assert shop.t.huika("dispute", "show", ref).json["kind"] == "rate_not_given"
    assert shop.t.huika("dispute", "new", "--kind", "other", "--text", "第二件").code == 0
    shop.keys(Keys.F1)
    shop.screen("idle")
    shop.keys(Keys.F3)
    shop.seen(".plainlist", "第二件")


def sell(page, amount):
    page.keys(amount, Keys.ENTER)
    page.screen("waiting")
    scan(page)
    page.screen("quoted")
    page.keys(Keys.ENTER)
    page.screen("applied")
    page.keys(Keys.ENTER)
    page.screen("idle")


def rows(page, css):
    """What a list of sums says, by its labels, once it is there and full."""
    page.seen(css + ":has(dd)")
    return dict(zip([e.text for e in page.all(css + " dt")], [e.text for e in page.all(css + " dd")]))


def test_the_union_s_answer_comes_to_the_page(shop):
    """No reload, no other view in between."""
    shop.keys(Keys.F3)
    shop.seen("textarea").send_keys("会员说扫了两次")
    shop.touch(".form .primary")
    shop.seen(".plainlist", "会员说扫了两次")
    ref = shop.seen(".plainlist .head b").text
    shop.js("window.stays = true")
    shop.t.wait_synced()
    shop.seen(".plainlist .chip", "待答复")
    r = shop.world.admin("dispute", "answer", ref, "--text", "经查实，已退还 <b>5</b> 元")
    assert r.code == 0, r
    assert "经查实，已退还 <b>5</b> 元" in shop.seen(".plainlist .answer").text
    shop.seen(".plainlist .chip", "已答复")
    shop.seen(".toast", "工会答复")
    assert shop.js("return window.stays")


def test_a_part_of_a_sale_is_returned(shop):
    """By touch, then by keys; what is shown before is what is recorded after, to the fen: two returns give the discount of both."""
    sell(shop, "128")
    shop.t.wait_synced()
    shop.keys(Keys.F2)
    shop.touch(".sale")
    shop.touch(".slipview .quiet", "部分退货")
    button = lambda: shop.seen("dialog .primary")
    assert not button().is_enabled()
    for key in "128.01":
        shop.touch("dialog .key", key)
    assert "超出可退金额" in shop.seen("dialog .hint.bad").text and not button().is_enabled()
    for _ in range(6):
        shop.touch('dialog .key[data-key="erase"]')
    for key in "33.33":
        shop.touch("dialog .key", key)
    shop.touch("dialog .choice", "商品问题")
    shop.driver.refresh()
    shop.seen("dialog .field", "33.33")
    before = rows(shop, "dialog .returnsums")
    assert (before["本次退货原价"], before["收回优惠"], before["应退"]) == ("¥33.33", "−¥3.99", "¥29.34")
    assert "returned_fen" not in day(shop)["sales"][0]
    shop.touch("dialog .primary")
    shop.seen("dialog .donemark")
    assert rows(shop, "dialog .returnsums") == before and "29.34" in shop.seen("dialog .sliptext").text
    assert "33.33" in shop.text and day(shop)["sales"][0]["returned_fen"] == 3333
    shop.touch("dialog .primary")
    shop.t.wait_synced()
    shop.seen(".sale .chip", "部分退货")
    shop.touch(".sale")
    shop.touch(".slipview .quiet", "部分退货")
    shop.seen("dialog .field")
    shop.keys("94.677", Keys.BACKSPACE, "7")
    second = rows(shop, "dialog .returnsums")
    assert (second["此前已退"], second["收回优惠"], second["应退"]) == ("¥33.33", "−¥11.37", "¥83.30")
    shop.keys(Keys.ENTER)
    shop.seen("dialog .donemark")
    assert rows(shop, "dialog .returnsums") == second
    shop.keys(Keys.ESCAPE)
    shop.seen(".sale.gone", "0001")
    sums = shop.t.api("GET", "/v1/day").json
    assert (sums["voids"], sums["discount_back_fen"], sums["refund_fen"], sums["net_fen"]) == (2, 1536, 11264, 0)
    voids = shop.t.api("GET", f"/v1/sales/{day(shop)['sales'][0]['sale_id']}/voids").json["voids"]
    assert sorted(v["amount_fen"] for v in voids) == [3333, 9467] and {v["kind"] for v in voids} == {"return"}


def test_the_day_is_closed(shop, thermal):
    shop.t.stop()
    shop.t.argv += ["--printer", thermal.path]
    shop.t.start().wait_online()
    shop.seen(".shell:not(.lost)")
    sell(shop, "128")
    sell(shop, "50")
    shop.keys(Keys.F2)
    shop.seen(".sale", "44.00")
    shop.touch(".titlerow .quiet", "日结")
    shown = rows(shop, "dialog .daysums")
    assert [shown[k] for k in ("笔数", "消费合计", "优惠合计", "实收合计", "净收")] == ["2", "¥178.00", "−¥21.36", "¥156.64", "¥156.64"]
    assert "日结".encode("gb18030") not in thermal.data
    shop.touch("dialog .primary", "打印日结单")
    assert "156.64" in shop.seen("dialog .sliptext").text and rows(shop, "dialog .daysums") == shown
    wait_for("the sheet on paper", lambda: b"156.64" in thermal.data.rpartition("笔".encode("gb18030"))[2] or b"178.00" in thermal.data)
    shop.keys(Keys.ESCAPE)
    shop.seen(".daylist")
    assert not shop.all("dialog")
