# SPDX-License-Identifier: Apache-2.0
"""A receipt printer on paper of pixels: interprets ESC/POS strictly and draws what would come out.

    p = Printer(dots=384, charset="gb18030")
    p.feed(data)            raises Garbage at the first byte that no command of its list accounts for
    p.lines, p.sizes        the text lines, as printed, and how large each is (across, down); p.pictures: the raster bands; p.cuts, p.kicks
    p.png()                 the paper

It knows nothing of the encoder: commands are read off Epson's reference (and GB 18030, whose FS commands Chinese printers
add). It is stricter than any printer: a picture while text waits in the line buffer, a real-time command inside a picture, a
character that the ROM lacks, a line wider than the paper, a control character anywhere, anything in the four modules around
a QR code of the printer's own, which adds no quiet zone - each is a failure."""
import io

import qrcode
from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"
CELL, HIGH, PITCH = 12, 24, 30
REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")


class Garbage(AssertionError):
    """These bytes would not print as meant."""


class Printer:
    def __init__(self, dots=384, charset="gb18030", qr=True):
        self.dots, self.charset, self.has_qr = dots, charset, qr
        self.lines, self.sizes, self.pictures, self.codes, self.cuts, self.kicks = [], [], [], [], 0, 0
        self._faces = {}
        self._zones = []
        self._paper = Image.new("1", (dots, 64), 1)
        self._y = 0
        self._reset()

    def _reset(self):
        self._line, self._bold, self._center = [], False, False
        self._size = self._size_zh = (1, 1)
        self._chinese = self.charset in ("gb18030", "gbk", "gb2312")
        self._model, self._module, self._level, self._stored = None, None, None, None

    # The stream

    def feed(self, data):
        self._data, self._at = bytes(data), 0
        while self._at < len(self._data):
            self._one()
        if self._line:
            raise Garbage("the last line is never printed")
        for zone, code in self._zones:
            around = self._paper.crop(zone)
            around.paste(1, (code[0] - zone[0], code[1] - zone[1], code[2] - zone[0], code[3] - zone[1]))
            if zone[1] < 0 or zone[3] > self._y or around.getextrema() != (1, 1):
                raise Garbage("a QR code without its quiet zone")
        return self

    def _take(self, n=1):
        if self._at + n > len(self._data):
            raise Garbage(f"cut off at {self._at}: {n} more bytes were promised")
        self._at += n
        return self._data[self._at - n:self._at]

    def _byte(self):
        return self._take()[0]

    def _one(self):
        at, b = self._at, self._byte()
        if b == 0x0A:
            self._print_line()
        elif b in (0x1B, 0x1C, 0x1D):
            key = {0x1B: "ESC", 0x1C: "FS", 0x1D: "GS"}[b] + " " + chr(self._byte())
            command = self.COMMANDS.get(key)
            if not command:
                raise Garbage(f"{key!r} at {at} is no command")
            command(self)
        elif 0x20 <= b <= 0x7E:
            self._put(chr(b), 1)
        elif b >= 0x80:
            self._at = at
            self._put_wide()
        else:
            raise Garbage(f"control byte {b:02x} at {at}")

    def _put_wide(self):
        at = self._at
        if self.charset == "utf-8":
            n = 2 if self._data[at] < 0xE0 else 3 if self._data[at] < 0xF0 else 4
            try:
                c = self._take(n).decode("utf-8")
                c.encode("gbk")
            except UnicodeError as e:
                raise Garbage(f"byte {at}: {e}") from None
        elif not self._chinese:
            raise Garbage(f"byte {self._data[at]:02x} at {at}: this printer knows ASCII only")
        else:
            try:
                c = self._take(2).decode(self.charset)
            except UnicodeError as e:
                raise Garbage(f"bytes at {at}: {e}") from None
            if len(c) != 1 or 0xE000 <= ord(c) < 0xF900:
                raise Garbage(f"bytes at {at} are not one character of the ROM")
        self._put(c, 2)

    # The commands; the names are Epson's

    def _wanted(self, what, value, allowed):
        if value not in allowed:
            raise Garbage(f"{what} {value} at {self._at - 1}: allowed are {allowed}")
        return value

    def _initialise(self):
        if self._line:
            raise Garbage("ESC @ drops a line that was not printed")
        self._reset()

    def _emphasised(self):
        self._bold = self._wanted("ESC E", self._byte(), (0, 1)) == 1

    def _justification(self):
        self._empty("ESC a")
        self._center = self._wanted("ESC a", self._byte(), (0, 1)) == 1

    def _feed_lines(self):
        self._empty("ESC d")
        self._feed_dots(self._byte() * PITCH)

    def _pulse(self):
        self._wanted("ESC p", self._byte(), (0, 1))
        on, off = self._take(2)
        if not 0 < on <= off:
            raise Garbage("ESC p: the drawer's coil would burn")
        self.kicks += 1

    def _chinese_on(self):
        if self.charset not in ("gb18030", "gbk", "gb2312"):
            raise Garbage("FS & on a printer without two-byte characters")
        self._chinese = True

    def _chinese_off(self):
        self._chinese = False

    def _chinese_style(self):
        n = self._wanted("FS !", self._byte(), (0, 4, 8, 12))
        self._size_zh = (2 if n & 4 else 1, 2 if n & 8 else 1)

    def _character_size(self):
        n = self._wanted("GS !", self._byte(), (0x00, 0x01, 0x10, 0x11))
        self._size = self._size_zh = ((n >> 4) + 1, (n & 15) + 1)

    def _cut(self):
        self._empty("GS V")
        self._wanted("GS V", self._byte(), (65, 66))
        self._feed_dots(self._byte() + 4 * PITCH)
        self.cuts += 1

    def _raster(self):
        self._empty("GS v 0")
        self._wanted("GS v", self._byte(), (ord("0"),))
        self._wanted("GS v 0 mode", self._byte(), (0,))
        across, rows = int.from_bytes(self._take(2), "little"), int.from_bytes(self._take(2), "little")
        if not 0 < across <= self.dots // 8 or not 0 < rows <= 255:
            raise Garbage(f"a picture of {across} bytes by {rows} rows")
        bits = self._take(across * rows)
        for bad in REAL_TIME:
            if bad in bits:
                raise Garbage(f"{bad.hex()} inside a picture: obeyed by cheap printers")
        self._room(rows)
        band = Image.frombytes("1", (across * 8, rows), bytes(b ^ 255 for b in bits))
        self.pictures.append(band)
        self._paper.paste(band, ((self.dots - across * 8) // 2 if self._center else 0, self._y))
        self._y += rows

    def _symbol(self):
        self._wanted("GS (", self._byte(), (ord("k"),))
        parameters = self._take(int.from_bytes(self._take(2), "little"))
        if not self.has_qr or parameters[:1] != b"1":
            raise Garbage("GS ( k for a symbol that this printer does not have")
        fn, rest = chr(parameters[1]), parameters[2:]
        if fn == "A" and rest in (b"1\0", b"2\0"):
            self._model = rest[0]
        elif fn == "C" and len(rest) == 1 and 1 <= rest[0] <= 16:
            self._module = rest[0]
        elif fn == "E" and rest in (b"0", b"1", b"2", b"3"):
            self._level = rest[0] - ord("0")
        elif fn == "P" and rest[:1] == b"0" and len(rest) > 1:
            self._stored = rest[1:]
        elif fn == "Q" and rest == b"0":
            self._print_symbol()
        else:
            raise Garbage(f"GS ( k function {fn!r} with {rest!r}")

    COMMANDS = {
        "ESC @": _initialise, "ESC E": _emphasised, "ESC a": _justification, "ESC d": _feed_lines, "ESC p": _pulse,
        "FS &": _chinese_on, "FS .": _chinese_off, "FS !": _chinese_style,
        "GS !": _character_size, "GS V": _cut, "GS v": _raster, "GS (": _symbol,
    }

    # The mechanism

    def _empty(self, command):
        if self._line:
            raise Garbage(f"{command} while text waits in the line buffer")

    def _put(self, c, cells):
        size = self._size if cells == 1 else self._size_zh
        self._line.append((c, cells, size, self._bold))
        if sum(n * s[0] for _, n, s, _ in self._line) * CELL > self.dots:
            raise Garbage(f"the line {self.text()!r} is wider than the paper")

    def text(self):
        return "".join(c for c, *_ in self._line)

    def _feed_dots(self, n):
        self._room(n)
        self._y += n

    def _room(self, n):
        if self._y + n > self._paper.height:
            longer = Image.new("1", (self.dots, 2 * (self._y + n)), 1)
            longer.paste(self._paper, (0, 0))
            self._paper = longer

    def _print_line(self):
        tall = max((s[1] for _, _, s, _ in self._line), default=1)
        width = sum(n * s[0] for _, n, s, _ in self._line) * CELL
        x = (self.dots - width) // 2 if self._center else 0
        self._room(PITCH * tall)
        for c, cells, size, bold in self._line:
            glyph = self._glyph(c, cells, bold).resize((cells * CELL * size[0], HIGH * size[1]))
            self._paper.paste(0, (x, self._y + HIGH * (tall - size[1]) + (PITCH - HIGH) * tall // 2), glyph)
            x += glyph.width
        self.lines.append(self.text())
        self.sizes.append(max((s for _, _, s, _ in self._line), default=(1, 1)))
        self._y += PITCH * tall
        self._line = []

    def _glyph(self, c, cells, bold):
        """The ROM's picture of one character: black where it is set."""
        key = c, bold
        if key not in self._faces:
            image = Image.new("1", (cells * CELL, HIGH), 0)
            font = ImageFont.truetype(FONT, 24 if cells == 2 else 22, index=1)
            draw = ImageDraw.Draw(image)
            draw.fontmode = "1"
            for shift in (0, 1)[:1 + bold]:
                draw.text((cells * CELL / 2 + shift, 19), c, 1, font, anchor="ms")
            self._faces[key] = image
        return self._faces[key]

    def _print_symbol(self):
        if not self._stored or None in (self._model, self._module, self._level):
            raise Garbage("a QR code without data, model, module size or level")
        self._empty("GS ( k")
        levels = (qrcode.ERROR_CORRECT_L, qrcode.ERROR_CORRECT_M, qrcode.ERROR_CORRECT_Q, qrcode.ERROR_CORRECT_H)
        code = qrcode.QRCode(error_correction=levels[self._level], box_size=self._module, border=0)
        code.add_data(self._stored)
        code.make(fit=True)
        picture = code.make_image().convert("1")
        if picture.width > self.dots:
            raise Garbage("the QR code is wider than the paper")
        self._room(picture.height)
        x, quiet = (self.dots - picture.width) // 2 if self._center else 0, 4 * self._module
        code = (x, self._y, x + picture.width, self._y + picture.height)
        self._paper.paste(picture, code)
        self._zones.append(((max(0, code[0] - quiet), code[1] - quiet, min(self.dots, code[2] + quiet), code[3] + quiet), code))
        self._y += picture.height
        self.codes.append(self._stored.decode("ascii"))

    # What came out

    def image(self, margin=24):
        paper = Image.new("L", (self.dots + 2 * margin, self._y + 2 * margin), 255)
        paper.paste(self._paper.crop((0, 0, self.dots, self._y)), (margin, margin))
        return paper

    def png(self):
        out = io.BytesIO()
        self.image().save(out, "PNG", optimize=True)
        return out.getvalue()
