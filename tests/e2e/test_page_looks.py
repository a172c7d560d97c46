# SPDX-License-Identifier: Apache-2.0
"""Every screen of the page: contrast, sizes, targets for fingers, names for screen readers, motion."""
import pytest
from browser import Browser
from selenium.webdriver.common.keys import Keys
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
    if (!own || !box.width || s.visibility === "hidden" || el.closest(".unseen, .watermark, [aria-hidden], :disabled"))
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
for (const el of document.querySelectorAll("#app button, #app .word, #app .why, #app .figure, #app h1, #app .facenumber")) {
    const b = el.getBoundingClientRect(), scrolls = el.closest(".daylist, .testcards, .statusview, .columns, .sliptext");
    if (b.width && !scrolls && (b.left < -1 || b.top < -1 || b.right > innerWidth + 1 || b.bottom > innerHeight + 1))
        bad.push(`outside: ${el.className} "${el.textContent.slice(0, 20)}" ${Math.round(b.left)},${Math.round(b.top)} ${Math.round(b.right)},${Math.round(b.bottom)}`);
    if (el.tagName === "BUTTON" && b.width && !el.closest(".testcards") && (b.width < 40 || b.height < 34))
        bad.push(`small: ${el.className} ${Math.round(b.width)}x${Math.round(b.height)}`);
    if (el.tagName === "BUTTON" && !(el.getAttribute("aria-label") || el.textContent.trim()))
        bad.push(`unnamed: ${el.className}`);
}
return bad;
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.end()


def walk(page, t, world):
    """Through the screens, one after the other."""
    page.screen("idle")
    yield "idle"
    page.keys("128", Keys.ENTER)
    page.screen("waiting")
    yield "waiting"
    page.keys("k")
    page.screen("number")
    yield "number"
    page.keys(Keys.ESCAPE)
    page.screen("waiting")
    assert t.huika("simulate", "scan", world.qr(CARD)).code == 0
    page.screen("quoted")
    yield "quoted"
    page.keys(Keys.ENTER)
    page.screen("applied")
    yield "applied"
    page.keys(Keys.ENTER)
    page.screen("idle")
    assert t.huika("simulate", "scan", world.qr(OTHER)).code == 0
    page.screen("amount")
    yield "amount"
    page.keys(Keys.ESCAPE)
    page.screen("idle")
    assert t.huika("simulate", "scan", "134567890123456789").code == 0
    page.screen("refused")
    yield "refused"
    page.keys(Keys.ESCAPE, Keys.F2)
    page.seen(".sales")
    yield "day"
    page.touch(".sale")
    page.seen(".slipview")
    yield "slip"
    page.keys(Keys.F4)
    page.seen(".cards")
    yield "status"


@pytest.mark.parametrize("theme,lang", [("light", "zh"), ("dark", "en")])
def test_every_screen_can_be_read_and_reached(world, chromium, theme, lang):
    t = world.terminal()
    chromium.resize("small").open(t).prefer(theme=theme, lang=lang)
    chromium.js("const s = new CSSStyleSheet(); s.replaceSync('*{animation:none!important}'); document.adoptedStyleSheets = [s];")
    for name in walk(chromium, t, world):
        for size in ("middle", "large", "small"):
            chromium.resize(size)
            assert chromium.js(FITS) == [], (name, size)
        assert chromium.js(CONTRAST) == [], name
        assert chromium.js("return document.querySelectorAll('h1').length") == 1, name
        assert chromium.js("return document.activeElement.tagName") != "BODY", f"{name}: the focus is somewhere"


def test_motion_is_off_where_it_is_not_wanted(world, chromium):
    chromium.open(world.terminal()).screen("idle")
    moving = "return getComputedStyle(document.querySelector('.beam')).animationName"
    assert chromium.js(moving) == "beam"
    chromium.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    try:
        assert chromium.js(moving) == "none"
    finally:
        chromium.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
