# SPDX-License-Identifier: Apache-2.0
"""Receipts as they come out of the printer: bytes through the strict interpreter (tests/lib/escpos.py), pictures through zbarimg.
UPDATE=1 writes docs/receipt.png anew."""
import os
import pathlib
import random
import subprocess
import unicodedata

import pytest
from PIL import Image, ImageChops
from escpos import Garbage, Printer

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("HUIKA_BUILD", ROOT / "build"))
CARD = "HTTPS://CARD.EXAMPLE.TEST/S/" + "AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU" * 6
DOTS = {"58": 384, "80": 576}
CHARSETS = ["gb18030", "gbk", "gb2312", "utf-8", "ascii"]


def receipt(printer=None, **wishes):
    """Prints a receipt on that printer (made to fit if none is given); returns the printer."""
    paper, charset = wishes.setdefault("paper", "58"), wishes.setdefault("charset", "gb18030")
    data = subprocess.run([BUILD / "print/receipt_bytes", *(f"{k}={v}" for k, v in wishes.items())], check=True,
                          stdout=subprocess.PIPE).stdout
    printer = printer or Printer(DOTS[paper], charset)
    printer.data = data
    return printer.feed(data)


def zbar(png, tmp_path):
    path = tmp_path / "paper.png"
    path.write_bytes(png)
    r = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path], stdout=subprocess.PIPE, check=False)
    return r.stdout.decode().strip()


@pytest.mark.parametrize("native", ["0", "1"])
@pytest.mark.parametrize("paper", DOTS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_phone_reads_the_code_off_the_paper(tmp_path, lang, paper, native):
    p = receipt(lang=lang, paper=paper, native=native, qr=CARD)
    assert zbar(p.png(), tmp_path) == CARD
    assert p.cuts == 1 and p.kicks == 0
    assert bool(p.codes) == (native == "1") and all(band.height <= 128 for band in p.pictures)
    title, pay = {"zh": ("工会会员优惠小票", "应付"), "en": ("UNION MEMBER RECEIPT", "To pay")}[lang]
    assert [line.strip() for line in p.lines[:2]] == ["示例面馆（花园路店）", title]
    assert p.sizes[0] == ((1, 2) if paper == "58" else (2, 2))  # as large as it fits
    total = next(i for i, line in enumerate(p.lines) if line.startswith(pay))
    assert p.lines[total].endswith(" ￥112.64") and p.sizes[total] == (2, 2) and p.sizes.count((2, 2)) == (1 if paper == "58" else 2)
    text = "\n".join(p.lines)
    for part in ("示例面馆（花园路店）", "2026-10-27 14:05:00", "128.00", "餐饮八八折", "-15.36", "**** 0007", "*建涛", "12351",
                 "01KJVX8N00ABCDEFGHJKMNPQRS"):
        assert part in text


@pytest.mark.parametrize("charset", CHARSETS)
def test_each_device_gets_its_own_encoding(charset):
    p = receipt(charset=charset)
    others = {"gb18030": ["utf-8", "ascii"], "utf-8": ["gbk", "ascii"], "ascii": []}.get(charset, ["utf-8", "ascii"])
    for other in others:
        with pytest.raises(Garbage):
            Printer(384, other).feed(p.data)
    assert ("*建涛" in "\n".join(p.lines)) == (charset != "ascii")


def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def code_of(p):
    """The bands of a drawn code, as one picture: black is 1."""
    bands = [b for b in p.pictures if b.height not in (14, 30, 54)]
    whole = Image.new("1", (p.dots, sum(b.height for b in bands)), 1)
    y = 0
    for band in bands:
        whole.paste(band, (0, y))
        y += band.height
    return ImageChops.invert(whole.convert("L"))


@pytest.mark.parametrize("paper", DOTS)
@pytest.mark.parametrize("text", [CARD, "HUIKA"])
def test_a_drawn_code_stands_in_the_middle_with_its_quiet_zone_and_wastes_no_paper(paper, text):
    picture = code_of(receipt(paper=paper, qr=text))
    left, top, right, bottom = picture.getbbox()
    corner = picture.crop((left, top, right, top + 1)).tobytes()
    module = len(corner.split(b"\0")[0]) // 7  # a finder pattern begins with seven dark modules
    assert 3 <= module <= 6 and right - left == bottom - top <= 366
    assert top >= 4 * module and picture.height - bottom >= 4 * module
    assert abs(left - (picture.width - right)) <= 1 and left >= 4 * module


def test_a_code_by_the_printer_without_room_around_it_is_garbage():
    data = receipt(native=1, qr=CARD).data
    assert Printer(384).feed(data).codes == [CARD]
    for tight in (data.replace(b"\n\x1ba\x01", b"\x1ba\x01"), data.replace(b"\x1ba\0\n", b"\x1ba\0")):
        with pytest.raises(Garbage, match="quiet zone"):
            Printer(384).feed(tight)


PAGES = {"receipt": ("工会会员优惠小票", "UNION MEMBER RECEIPT", "￥112.64"), "void": ("撤销小票", "VOID RECEIPT", "￥112.64"),
         "return": ("退货小票", "RETURN RECEIPT", "￥17.60"), "dispute": ("纠纷回执", "DISPUTE SLIP", "7-1-1206-X"),
         "day": ("日结单", "DAY SHEET", "￥5262.84"), "test": ("打印测试", "PRINTER TEST", "￥112.64")}


@pytest.mark.parametrize("lang,paper,charset", [("zh", "58", "gb18030"), ("en", "80", "utf-8"), ("zh", "80", "gbk"), ("en", "58", "ascii")])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_on_every_paper(page, lang, paper, charset, tmp_path):
    """Shop, title, the amount (of a dispute: the reference) it is about twice as large; whatever stands at the right edge stands exactly there; cut once; the drawer
    opens where money moves."""
    zh, en, amount = PAGES[page]
    p = receipt(page=page, lang=lang, paper=paper, charset=charset, drawer=1, shop="示例店", qr=CARD)
    assert p.cuts == 1 and p.kicks == (page in ("receipt", "void", "return", "test"))
    if page not in ("day", "void", "return"):
        assert zbar(p.png(), tmp_path) == ("HUIKA" if page == "test" else CARD)
    if charset == "ascii":
        return
    assert [line.strip() for line in p.lines[:2]] == ["示例店", zh if lang == "zh" else en]
    big = [i for i, size in enumerate(p.sizes) if size == (2, 2)]
    assert big[0] == 0 and [p.lines[i].split()[-1] for i in big[1:]] == ([amount] if amount else [])
    for line, (across, _) in zip(p.lines, p.sizes):
        assert columns(line) * across <= DOTS[paper] // 12
        if "  " in line.strip():
            assert columns(line) * across == DOTS[paper] // 12, line


@pytest.mark.parametrize("page", PAGES)
def test_a_copy_of_any_page_opens_no_drawer(page):
    if page != "test":
        p = receipt(page=page, copy=1, drawer=1)
        assert p.kicks == 0 and [line.strip() for line in p.lines].count("*** 副本 ***") == 2


@pytest.mark.parametrize("wishes,said", [
    ({"paper": "80", "charset": "gbk", "native": 1}, ["纸宽 80 mm", "编码 gbk", "二维码 由打印机绘制", "切刀 有", "钱箱 无"]),
    ({"lang": "en", "charset": "utf-8", "drawer": 1}, ["Paper 58 mm", "Encoding utf-8", "QR code as a picture", "Cutter yes", "Drawer yes"])])
def test_the_test_page_says_what_is_set(wishes, said):
    p = receipt(page="test", **wishes)
    lines = [" ".join(line.split()) for line in p.lines]
    assert not set(said) - set(lines), lines
    assert "123456789012345678901234567890123456789012345678"[:p.dots // 12] in lines


def test_an_amount_too_wide_to_be_large_is_still_whole():
    p = receipt(shop="一二三四五六七八九十" * 5, total=999999999)
    total = next(i for i, line in enumerate(p.lines) if line.startswith("应付"))
    assert p.lines[total].endswith(" ￥9999984.63") and p.sizes[total] == (1, 2)
    assert [columns(line) for line in p.lines[:4]] == [32, 32, 32, 4 + 14] and set(p.sizes[:4]) == {(1, 2)}


def drawn(p):
    """How many lines of text came as pictures; rules and the code are pictures, too, of other heights."""
    return sum(band.height in (30, 54) for band in p.pictures)


@pytest.mark.parametrize("name,charset,pictures", [
    ("*建涛", "gb2312", 0), ("*喆", "gb2312", 1), ("*喆", "gbk", 0), ("*喆", "utf-8", 0), ("*㛃", "gbk", 1), ("*㛃", "gb18030", 1),
    ("*𠮷", "gb18030", 1), ("阿卜杜·*", "gbk", 1), ("*ё", "gb18030", 1), ("*ž", "gbk", 1), ("*👍", "gb18030", 1)])
def test_what_the_rom_lacks_is_drawn_with_its_whole_line(name, charset, pictures):
    p = receipt(member=name, charset=charset)
    assert drawn(p) == pictures
    assert any(name in line for line in p.lines) == (not pictures)


def test_a_printer_without_chinese_gets_it_all_as_pictures(tmp_path):
    p = receipt(charset="ascii", qr=CARD)
    assert all(line.isascii() for line in p.lines) and drawn(p) > 10
    assert zbar(p.png(), tmp_path) == CARD


def test_a_system_that_knows_no_encodings_draws(tmp_path, monkeypatch):
    """As a small image without glibc's gconv modules: Chinese comes as pictures, not as question marks, and not as an error."""
    (tmp_path / "none.c").write_text("#include <iconv.h>\niconv_t iconv_open(const char *a, const char *b) "
                                     "{ (void)a; (void)b; return (iconv_t)-1; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "none.so", tmp_path / "none.c"], check=True)
    usual = receipt(qr=CARD)
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "none.so"))
    p = receipt(qr=CARD)
    assert drawn(p) > 10 > drawn(usual) and all(line.isascii() for line in p.lines)
    assert zbar(p.png(), tmp_path) == CARD


def test_a_copy_says_so_at_both_ends():
    lines = [line.strip() for line in receipt(copy=1).lines]
    assert lines.count("*** 副本 ***") == 2 and lines[0] == "*** 副本 ***"
    assert "副本" not in "".join(receipt().lines)


@pytest.mark.parametrize("paper", DOTS)
@pytest.mark.parametrize("lang,words", [
    ("zh", ["脱机核验（暂定）", "本单脱机核验，联网后由工会确认"]),
    ("en", ["offline, provisional", "Checked offline; the union confirms it when this terminal is online again."])])
def test_what_was_checked_offline_says_so(tmp_path, lang, words, paper):
    p = receipt(lang=lang, paper=paper, provisional=1, qr=CARD)
    text = " ".join(" ".join(p.lines).split())
    for w in words:
        assert w in text and w not in " ".join(" ".join(receipt(lang=lang, paper=paper).lines).split())
    assert "会员有效" not in text and "member confirmed" not in text
    assert zbar(p.png(), tmp_path) == CARD


HOSTILE = ["\x1b@", "\x1d\x56\x01", "\x10\x04\x01", "\x1bp\x01\x19\xfa", "\r\n\n\n", "\x7f", "\x1c.", "a\tb", "\u0085", "\u202e",
           "\u200b", "\x1b(k", "惠\x1d!\x11"]


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("charset", CHARSETS)
def test_text_never_commands_the_printer(evil, charset):
    kind = receipt(charset=charset, shop="示例店", offer="八八折", cashier="07")
    p = receipt(charset=charset, shop="示例" + evil + "店", offer=evil + "折", cashier=evil)
    assert (p.cuts, p.kicks) == (kind.cuts, kind.kicks)
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for line in p.lines for c in line)


@pytest.mark.parametrize("charset", CHARSETS)
def test_whatever_stands_on_it_stays_on_the_paper(charset):
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print("SEED", seed)
    r = random.Random(seed)
    for _ in range(25):
        def text(most):
            pools = ["惠卡示例店会员", "abc XYZ 09", "喆堃龘㛃", "é́üж", "👍ﾊ·￥", "𠮷🀄", "\u2028\ufeff"]
            return "".join(r.choice(r.choice(pools)) for _ in range(r.randrange(1, most)))
        receipt(charset=charset, paper=r.choice(list(DOTS)), shop=text(80), offer=text(60), member=text(12), cashier=text(30),
                lang=r.choice(["zh", "en"]), qr=r.choice(["", CARD]), native=r.randrange(2))


@pytest.mark.parametrize("name,charset", [*((f"*{c}", "gb2312") for c in "㫢㭕㹤䏃䟩䶸"), *((f"*{c}", "ascii") for c in "坛松独")])
def test_pictures_hold_no_real_time_command(name, charset):
    """Characters in whose pictures the bytes 10 04 or 10 14 would stand side by side; the interpreter fails on any."""
    assert drawn(receipt(charset=charset, member=name))


def test_a_code_too_fine_for_the_paper_is_an_error_not_a_smudge():
    r = subprocess.run([BUILD / "print/receipt_bytes", "qr=" + "a" * 1000], capture_output=True, check=False)
    assert r.returncode == 1 and r.stdout == b"" and b"too_large" in r.stderr


def test_the_picture_in_the_documents_is_what_is_printed():
    zh = receipt(qr=CARD).image()
    en = receipt(lang="en", paper="80", charset="utf-8", native=1, qr=CARD, provisional=1).image()
    sheet = Image.new("L", (zh.width + en.width + 72, max(zh.height, en.height) + 48), 224)
    sheet.paste(zh, (24, 24))
    sheet.paste(en, (zh.width + 48, 24))
    path = ROOT / "docs/receipt.png"
    if os.environ.get("UPDATE"):
        sheet.save(path, optimize=True)
    assert not ImageChops.difference(Image.open(path).convert("L"), sheet).getbbox(), "run again with UPDATE=1 and look at it"
