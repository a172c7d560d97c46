# SPDX-License-Identifier: Apache-2.0
"""Every screen of the page: contrast, sizes, targets for fingers, names for screen readers, motion."""
import pytest
from browser import Browser
from selenium.webdriver.common.keys import Keys
from test_offline import cut_off
from world import MEMBERS

CARD, OTHER = MEMBERS[0][0], MEMBERS[1][0]

# WCAG 2.1, 1.4.3: the ratio of each text to what lies behind it, of a gradient to both its ends.
CONTRAST = r"""
const rgb = c => { const m = c.match(/[\d.]+/g).map(Number); return {r: m[0], g: m[1], b: m[2], a: m.length > 3 ? m[3] : 1}; };
const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const lum = c => .2126 * linear(c.r / 255) + .7152 * linear(c.g / 255) + .0722 * linear(c.b / 255);
const over = (top, under) => ({r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1});
function behind(el) {
    const tops = [];
    for (let at = el; at; at = at.parentElement) {
        const s = getComputedStyle(at);
        const colours = s.backgroundImage.includes("gradient") ? s.backgroundImage.match(/rgba?\([^)]*\)/g).map(rgb) : [rgb(s.backgroundColor)];
        if (colours[0].a === 1)
            return colours.map(c => tops.reduceRight((under, top) => over(top, under), c));
        if (colours[0].a > 0)
            tops.push(colours[0]);
    }
    return [rgb(getComputedStyle(document.documentElement).backgroundColor)];
}
const bad = [];
let seen = 0;
for (const el of document.querySelectorAll("#app *")) {
    const own = [...el.childNodes].some(n => n.nodeType === 3 && n.data.trim()), s = getComputedStyle(el), box = el.getBoundingClientRect();
    if (!own || !box.width || s.visibility === "hidden" || el.closest(".unseen, .watermark, [aria-hidden], [inert], :disabled"))
        continue;
    let opacity = 1;
    for (let at = el; at; at = at.parentElement)
        opacity *= Number(getComputedStyle(at).opacity);
    const size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && Number(s.fontWeight) >= 700);
    seen++;
    for (const back of behind(el)) {
        const colour = rgb(s.color), text = over({...colour, a: colour.a * opacity}, back), a = lum(text), b = lum(back);
        const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
        if (ratio < (large ? 3 : 4.5))
            bad.push(`${el.tagName}.${el.className} "${el.textContent.slice(0, 20)}" ${ratio.toFixed(2)} ${s.color}`);
    }
}
return seen ? bad : ["no text at all"];
"""

FITS = r"""
const bad = [], main = document.querySelector(".main");
if (document.body.scrollWidth > innerWidth + 1 || (main && main.scrollWidth > main.clientWidth + 1))
    bad.push("wider than the screen");
for (const el of document.querySelectorAll("#app button, #app select, #app .word, #app .why, #app .step, #app .figure, #app h1, #app h2, #app dd, #app .facenumber, #app .frontnumber, #app .field .value, #app .toast, #app .hint")) {
    const b = el.getBoundingClientRect(), scrolls = el.closest(".daylist, .testcards, .statusview, .said, .sliptext");
    const holder = el.parentElement.closest("section, .pad, .deal, .side, .face, .field, .frontcard, dialog, .top") || document.body, h = holder.getBoundingClientRect();
    if (b.width && !scrolls && !el.matches(".toast") && (b.left < h.left - 2 || b.right > h.right + 2 || b.top < h.top - 2 || b.bottom > h.bottom + 2))
        bad.push(`sticks out of ${holder.className}: ${el.className} "${el.textContent.slice(0, 20)}" ${Math.round(b.left)},${Math.round(b.top)} ${Math.round(b.right)},${Math.round(b.bottom)} of ${Math.round(h.left)},${Math.round(h.top)} ${Math.round(h.right)},${Math.round(h.bottom)}`);
    if (b.width && !scrolls && (b.left < -1 || b.top < -1 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1))
        bad.push(`outside: ${el.className} "${el.textContent.slice(0, 20)}" ${Math.round(b.left)},${Math.round(b.top)} ${Math.round(b.right)},${Math.round(b.bottom)}`);
    if (el.clientWidth && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).textOverflow !== "ellipsis")
        bad.push(`cut off: ${el.className} "${el.textContent.slice(0, 20)}"`);
    if (el.tagName === "BUTTON" && b.width && !el.closest(".testcards") && (b.width < 40 || b.height < 34))
        bad.push(`small: ${el.className} ${Math.round(b.width)}x${Math.round(b.height)}`);
    if (el.tagName === "BUTTON" && !(el.getAttribute("aria-label") || el.textContent.trim()))
        bad.push(`unnamed: ${el.className}`);
}
for (const el of document.querySelectorAll("#app .tool, #app .tab span, #app .pill span, #app .chip, #app .pay dt, #app .pay dd, #app .primary, #app .titlerow h1")) {
    const texts = document.createTreeWalker(el, NodeFilter.SHOW_TEXT), range = document.createRange();
    while (texts.nextNode()) {
        range.selectNodeContents(texts.currentNode);
        if (range.getClientRects().length > 1)
            bad.push(`on two lines: ${el.className} "${el.textContent.slice(0, 20)}"`);
    }
}
return bad;
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.end()


def scan(page, t, qr):
    assert t.huika("simulate", "scan", qr).code == 0


def walk_the_till(page, t, world):
    page.screen("idle")
    yield "idle"
    page.keys("128")
    page.touch(".field.own")
    yield "own price"
    page.keys(Keys.ENTER)
    page.screen("waiting")
    yield "waiting"
    page.keys("k")
    page.screen("number")
    page.keys("6200000000000000013")
    yield "number"
    page.keys(Keys.ESCAPE)
    page.screen("waiting")
    scan(page, t, world.qr(CARD))
    page.screen("quoted")
    yield "quoted"
    page.keys(Keys.ENTER)
    page.screen("applied")
    yield "applied"
    scan(page, t, world.qr(OTHER))
    page.seen(".behind")
    yield "applied, one waits"
    page.keys(Keys.ENTER)
    page.screen("amount")
    yield "amount"
    page.keys("9999999.99", Keys.ENTER)
    page.screen("quoted")
    yield "quoted, ten million"
    page.keys(Keys.ESCAPE)
    page.screen("idle")
    scan(page, t, "134567890123456789")
    page.screen("refused")
    yield "refused"
    page.keys(Keys.ESCAPE)
    page.screen("idle")


def walk_beside_it(page, t):
    page.keys(Keys.F2)
    page.seen(".sales")
    yield "day"
    page.touch(".sale")
    page.seen(".slipview")
    yield "slip"
    page.touch(".slipview .quiet:nth-of-type(3)")
    page.seen("dialog .field")
    page.keys("999")
    page.seen("dialog .hint.bad")
    yield "return, too much"
    page.keys(*[Keys.BACKSPACE] * 3, "28")
    page.seen("dialog .primary:enabled")
    yield "return"
    page.keys(Keys.ENTER)
    page.seen("dialog .donemark")
    yield "returned"
    page.keys(Keys.ENTER)
    t.wait_synced()
    page.touch(".sale")
    page.touch(".slipview .danger")
    page.seen("dialog .danger")
    yield "void"
    page.keys(Keys.ESCAPE)
    page.touch(".titlerow .quiet")
    page.seen("dialog .daysums")
    yield "close of the day"
    page.keys(Keys.ENTER)
    page.seen("dialog .sliptext")
    yield "closed"
    page.keys(Keys.ENTER)
    page.keys(Keys.F3)
    page.seen(".form")
    yield "disputes"
    page.touch(".form .primary")
    page.seen(".plainlist .card")
    yield "a dispute, and a message"
    page.keys(Keys.F4)
    page.seen(".cards")
    yield "status"
    page.keys(Keys.F1)


def walk_in_trouble(page, t, world):
    qr, shop = world.qr(CARD), t.shop
    t.wait_synced()
    cut_off(world, t)
    page.seen(".note")
    yield "idle, offline"
    page.keys("30", Keys.ENTER)
    page.screen("waiting")
    scan(page, t, qr)
    page.screen("quoted")
    yield "provisional"
    page.keys(Keys.ENTER)
    page.screen("applied")
    yield "provisional, applied"
    page.keys(Keys.ENTER)
    t.kill()
    page.seen(".gone", "")
    yield "the terminal is gone"
    world.service.start()
    t.start().wait_online()
    page.seen(".shell:not(.lost)")
    assert world.admin("shop", "delist", shop, "--reason", "测试").code == 0
    page.seen(".barred")
    yield "idle, delisted"
    page.keys("30", Keys.ENTER)
    page.screen("refused")
    yield "refused, delisted"
    page.keys(Keys.F4)
    page.seen(".state.bad")
    yield "status, delisted"
    assert t.huika("page", "--close").code == 0
    page.seen(".gate input")
    yield "sign-in"


def walk(page, t, world):
    """Through the screens, one after the other."""
    yield from walk_the_till(page, t, world)
    yield from walk_beside_it(page, t)
    yield from walk_in_trouble(page, t, world)


@pytest.mark.parametrize("theme,lang", [("light", "zh"), ("dark", "en")])
def test_every_screen_can_be_read_and_reached(world, chromium, theme, lang):
    t = world.terminal().wait_leased()
    chromium.resize("small").open(t).prefer(theme=theme, lang=lang)
    chromium.js("const s = new CSSStyleSheet(); s.replaceSync('*{animation:none!important}'); document.adoptedStyleSheets = [s];")
    for name in walk(chromium, t, world):
        for size in ("middle", "large", "small"):
            chromium.resize(size)
            assert chromium.js(FITS) == [], (name, size)
        assert chromium.js(CONTRAST) == [], name
        assert chromium.js("return document.querySelectorAll('h1').length") == 1, name
        assert name == "the terminal is gone" or chromium.js("return document.activeElement.tagName") != "BODY", f"{name}: the focus is somewhere"


def test_motion_is_off_where_it_is_not_wanted(world, chromium):
    chromium.open(world.terminal()).screen("idle")
    moving = "return getComputedStyle(document.querySelector('.beam')).animationName"
    assert chromium.js(moving) == "beam"
    chromium.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    try:
        assert chromium.js(moving) == "none"
    finally:
        chromium.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
