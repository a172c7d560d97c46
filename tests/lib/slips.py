# SPDX-License-Identifier: Apache-2.0
"""Slips as somebody holds them: printed to a file, drawn, scanned off the picture, opened on the public pages."""
import http.client
import re
import ssl
import subprocess
import urllib.parse

from escpos import Printer
from world import wait_for


def public(world, path, method="GET", body=None, headers=None):
    """(status, headers, text) of the public listener; its certificate is checked against the CA that init made."""
    context = ssl.create_default_context(cafile=str(world.service.dir / "public-ca.crt"))
    c = http.client.HTTPSConnection("localhost", world.service.public_port, context=context, timeout=20)
    c.request(method, path, body, headers or {})
    r = c.getresponse()
    out = r.status, r.headers, r.read().decode()
    c.close()
    return out


CUT = b"\x1dVB\x00"


class Paper:
    """A terminal's receipt paper: what was printed since the last look."""

    def __init__(self, terminal, path):
        self.path, self.seen = path, 0
        terminal.argv += ["--printer", path]
        self.terminal = terminal

    def next(self, name="a page"):
        """The next page that comes out, drawn."""
        wait_for(name, lambda: self.path.exists() and self.path.read_bytes()[self.seen:].endswith(CUT))
        data = self.path.read_bytes()[self.seen:]
        self.seen += len(data)
        return Printer(384, "gb18030").feed(data)


def scan(printer, tmp_path):
    """The text of the one QR on a drawn page, by zbarimg; "" if there is none."""
    path = tmp_path / "page.png"
    path.write_bytes(printer.png())
    r = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path], stdout=subprocess.PIPE, check=False)
    return r.stdout.decode().strip()


def path_of(world, url):
    """The path of a slip's URL, which must lead to this world's public pages."""
    prefix = f"HTTPS://LOCALHOST:{world.service.public_port}"
    assert url.startswith(prefix + "/S/"), url[:60]
    return url[len(prefix):]


def token(page):
    return re.search(r'name="token" value="([0-9a-f]{48})"', page).group(1)


def complain(world, path, page, kind="amount_wrong", text="多收了", **more):
    form = urllib.parse.urlencode({"token": token(page), "kind": kind, "text": text, **more})
    return public(world, path + "/dispute", "POST", form, {"Content-Type": "application/x-www-form-urlencoded"})
