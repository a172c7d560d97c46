# SPDX-License-Identifier: Apache-2.0
"""The pictures of the cashiers' manual are the page as it is: each can be taken again and shows the same. HUIKA_PICTURES=1 writes
them (`make pictures`)."""
import io
import os
import re
import subprocess

import pytest
import qrcode
from browser import Browser
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat
from selenium.webdriver.common.keys import Keys
from test_offline import cut_off
from world import MEMBERS, ROOT

PICTURES = ROOT / "docs/pictures"
WRITE = bool(os.environ.get("HUIKA_PICTURES"))
COLOURS, ALIKE = 96, 6.0
COMMANDS = ["7", "8", "9", "OK", "4", "5", "6", "BACK", "1", "2", "3", "DEL", "0", "DOT", "NEXT", "TILL", "DAY", "DISPUTES", "STATUS"]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"))
    yield b
    b.end()


def keep_or_compare(name, picture):
    """Small on disk; fonts and times may differ a little, a screen may not."""
    path = PICTURES / f"{name}.png"
    small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    if WRITE:
        PICTURES.mkdir(exist_ok=True)
        small.save(path, optimize=True)
    kept = Image.open(path).convert("RGB")
    assert kept.size == picture.size, name
    rough = [i.resize((80, 48), Image.Resampling.BOX) for i in (kept, small.convert("RGB"))]
    difference = sum(ImageStat.Stat(ImageChops.difference(*rough)).mean) / 3
    assert difference < ALIKE, f"{name} shows something else ({difference:.1f}): make pictures, and look at them"
    assert path.stat().st_size < 40_000, name


def take(page, name):
    page.js("const s = new CSSStyleSheet(); s.replaceSync('*{animation:none!important}.beam{top:50%}'); document.adoptedStyleSheets = [s];"
            "return new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    keep_or_compare(name, Image.open(io.BytesIO(page.driver.get_screenshot_as_png())))


def pictures_of_what_comes_after(page, t):
    t.wait_synced()
    page.keys(Keys.F2)
    page.touch(".sale", "112.64")
    page.seen(".slipview")
    take(page, "cashier-today")
    page.touch(".slipview .quiet", "部分退货")
    page.seen("dialog .field")
    page.keys("33.3")
    take(page, "cashier-return")
    page.keys(Keys.ENTER)
    page.seen("dialog .donemark")
    page.keys(Keys.ENTER)
    page.touch(".titlerow .quiet", "日结")
    page.seen("dialog .daysums")
    take(page, "cashier-close")
    page.keys(Keys.ESCAPE, Keys.F1)
    page.screen("idle")


def test_pictures_of_the_page(world, chromium):
    t = world.terminal(world.shop("示例饭店", [{"title": "餐饮八八折", "kind": "percent", "rate_bp": 1200}])).wait_leased()
    page = chromium.resize("small").open(t)
    good, lost = world.qr(MEMBERS[0][0]), world.qr(MEMBERS[4][0])
    page.screen("idle")
    page.keys("128")
    take(page, "cashier-amount")
    page.keys(Keys.ENTER)
    page.screen("waiting")
    take(page, "cashier-scan")
    assert t.huika("simulate", "scan", good).code == 0
    page.screen("quoted")
    take(page, "cashier-member")
    page.keys(Keys.ENTER)
    page.screen("applied")
    take(page, "cashier-done")
    page.keys(Keys.ENTER)
    page.screen("idle")
    pictures_of_what_comes_after(page, t)
    assert world.admin("member", "status", MEMBERS[4][0], "lost").code == 0
    page.keys("50", Keys.ENTER)
    page.screen("waiting")
    assert t.huika("simulate", "scan", lost).code == 0
    page.screen("refused")
    take(page, "cashier-refused")
    page.keys(Keys.ESCAPE)
    page.screen("idle")
    t.wait_synced()
    cut_off(world, t)
    page.keys("50", Keys.ENTER)
    page.screen("waiting")
    assert t.huika("simulate", "scan", good).code == 0
    page.screen("quoted")
    page.js("document.querySelector('.verdict .step').textContent = document.querySelector('.verdict .step').textContent.replace(/[\\d-]+ [\\d:]+/, '2026-11-27 09:00')")
    take(page, "cashier-provisional")
    assert not page.complaints()


def sheet():
    """The command codes, for a cashier who has nothing but a scanner."""
    cell, columns = 232, 4
    rows = (len(COMMANDS) + columns - 1) // columns
    out = Image.new("RGB", (cell * columns, (cell + 36) * rows), "white")
    draw = ImageDraw.Draw(out)
    font = ImageFont.truetype("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 30)
    words = {"OK": "确认 OK", "BACK": "返回 Back", "DEL": "退格 Del", "DOT": "小数点 .", "NEXT": "下一项 Next", "TILL": "收银 Till", "DAY": "今日 Today",
             "DISPUTES": "纠纷 Disputes", "STATUS": "状态 Status"}
    for i, name in enumerate(COMMANDS):
        x, y = i % columns * cell, i // columns * (cell + 36)
        code = qrcode.QRCode(border=4, box_size=8, error_correction=qrcode.constants.ERROR_CORRECT_M)
        code.add_data("HUIKA-KEY/" + name)
        out.paste(code.make_image().convert("RGB"), (x, y))
        draw.text((x + cell / 2, y + cell + 8), words.get(name, name), fill="black", font=font, anchor="mm")
    return out


def test_the_sheet_of_command_codes(tmp_path):
    path = PICTURES / "scanner-keys.png"
    if WRITE:
        PICTURES.mkdir(exist_ok=True)
        sheet().convert("1", dither=Image.Dither.NONE).save(path, optimize=True)
    out = subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, text=True, check=True).stdout
    assert sorted(out.split()) == sorted("HUIKA-KEY/" + c for c in COMMANDS)


@pytest.mark.parametrize("manual", ["cashier.md", "cashier.en.md", "integrating.md"])
def test_what_a_manual_points_at_is_there(manual):
    text = (ROOT / "docs" / manual).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / target).exists(), target


def test_the_manuals_show_every_picture():
    for manual in ("cashier.md", "cashier.en.md"):
        shown = set(re.findall(r"pictures/([\w-]+)\.png", (ROOT / "docs" / manual).read_text(encoding="utf-8")))
        assert shown == {p.stem for p in PICTURES.glob("*.png")}, manual
