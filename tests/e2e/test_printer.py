# SPDX-License-Identifier: Apache-2.0
"""Receipts of the running terminal: to a file, to a printer on a device node (a pseudo terminal with a printer's manners), to lp."""
import os
import pty
import select
import threading
import tty

import pytest
from escpos import Printer
from world import MEMBERS, call, wait_for

CARD = MEMBERS[0]


class Thermal:
    """A printer at the other end of a device node: answers status questions, keeps the rest."""

    def __init__(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path, self.slave = os.ttyname(slave), slave
        self.answers = {1: 0x12, 2: 0x12, 4: 0x12}
        self.data, self.asked, self.silent, self.ended = b"", 0, False, False
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        kept = b""
        while not self.ended:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            kept += os.read(self.master, 65536)
            while (at := kept.find(b"\x10\x04")) >= 0 and len(kept) >= at + 3:
                self.asked += 1
                if not self.silent:
                    os.write(self.master, bytes([self.answers[kept[at + 2]]]))
                self.data, kept = self.data + kept[:at], kept[at + 3:]
            if b"\x10" not in kept[-2:]:
                self.data, kept = self.data + kept, b""

    def say(self, **bits):
        """paper_out, cover_open, offline, near_end; nothing: in order."""
        self.answers = {1: 0x1A if set(bits) & {"offline", "cover_open", "paper_out"} else 0x12,
                        2: 0x12 | (0x20 if "paper_out" in bits else 0) | (0x04 if "cover_open" in bits else 0),
                        4: 0x12 | (0x0C if "near_end" in bits else 0)}

    def end(self):
        self.ended = True
        self.thread.join()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def thermal():
    t = Thermal()
    yield t
    t.end()


def terminal(world, to, ini="", environ=None):
    t = world.terminal(start=False, environ=environ)
    if ini:
        (t.state / "shop.ini").write_text("[printer]\n" + ini + f"to = {to}\n", encoding="utf-8")
    else:
        t.argv += ["--printer", to]
    return t.start().wait_online()


def printer(t):
    return t.status["printer"]


def job(t, sale_id, state):
    wait_for(f"the job to be {state}",
             lambda: next((j for j in printer(t)["jobs"] if j["id"] == sale_id), {}).get("state") == state)


def sell(t, world, *more):
    return t.huika("sell", "128.00", "--scan", world.qr(CARD[0]), "--cashier", "07", "--yes", *more)


def test_each_sale_prints_itself_and_a_reprint_is_marked(world, tmp_path):
    paper = tmp_path / "paper.bin"
    t = terminal(world, paper, "paper = 80\ncharset = utf-8\nlang = en\ndrawer = yes\n")
    wait_for("the printer to be there", lambda: printer(t)["state"] == "unknown")
    sale = sell(t, world).json
    job(t, sale["sale_id"], "done")
    first = Printer(576, "utf-8").feed(paper.read_bytes())
    text = "\n".join(first.lines)
    assert "UNION MEMBER RECEIPT" in text and "*** COPY ***" not in text and (first.cuts, first.kicks) == (1, 1)
    assert sale["sale_id"] in text and CARD[0][-4:] in text and CARD[0] not in text
    assert (paper.stat().st_mode & 0o777) == 0o600
    size = paper.stat().st_size
    shown = t.huika("reprint", sale["sale_id"], json_out=False)
    assert shown.code == 0, shown
    wait_for("the copy", lambda: paper.stat().st_size > size)
    job(t, sale["sale_id"], "done")
    copy = Printer(576, "utf-8").feed(paper.read_bytes()[size:])
    assert [line.strip() for line in copy.lines].count("*** COPY ***") == 2 and copy.kicks == 0
    size = paper.stat().st_size
    assert t.huika("print", "test").json == {"queued": True}
    job(t, "test", "done")
    page = Printer(576, "utf-8").feed(paper.read_bytes()[size:])
    assert page.lines[1].strip() == "PRINTER TEST" and page.kicks == 1 and any(line.split() == ["Encoding", "utf-8"] for line in page.lines)


def test_a_sale_without_the_service_says_so_on_its_receipt(world, tmp_path):
    paper = tmp_path / "paper.bin"
    t = terminal(world, paper).wait_leased()
    qr = world.qr(CARD[0])
    t.wait_synced()
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    sale = t.huika("sell", "128.00", "--scan", qr, "--yes").json
    assert sale["verdict"] == "provisional", sale
    job(t, sale["sale_id"], "done")
    text = "\n".join(Printer(384).feed(paper.read_bytes()).lines)
    for words in ("脱机核验（暂定）", "本单脱机核验，联网后由工会确认"):
        assert words in text
    assert "offline, provisional" in sale["receipt"] and "member confirmed" not in sale["receipt"]
    assert "会员有效" not in text and sale["sale_id"] in text
    world.service.start()


@pytest.mark.parametrize("trouble", ["paper_out", "cover_open", "offline"])
def test_no_paper_keeps_a_sale_waiting_unless_told_to_go_on(world, thermal, trouble):
    t = terminal(world, thermal.path)
    wait_for("the printer to be ready", lambda: printer(t)["state"] == "ready")
    thermal.say(**{trouble: 1})
    assert t.huika("print", "test").code == 0
    wait_for("the trouble to be seen", lambda: printer(t)["state"] == trouble)
    refused = sell(t, world)
    assert refused.code == 3 and refused.json["error"] == f"printer_{trouble}", refused
    assert t.huika("day").json["count"] == 0
    assert ("不打小票" in printer(t)["text"]["zh"]) and thermal.path not in printer(t)["text"]["en"]
    sale = sell(t, world, "--no-receipt").json
    assert sale["state"] == "applied"
    job(t, sale["sale_id"], "unprinted")
    shown = t.huika("status", json_out=False)
    assert f"huika reprint {sale['sale_id']}" in shown.out, shown
    before = thermal.data
    thermal.say(near_end=1)
    wait_for("the printer to be ready", lambda: printer(t)["state"] == "ready" and printer(t)["near_end"])
    assert thermal.data == before  # nothing comes out by itself
    assert t.huika("reprint", sale["sale_id"], json_out=False).code == 0
    job(t, sale["sale_id"], "done")
    wait_for("the receipt on paper", lambda: thermal.data != before and thermal.data.endswith(b"\x1dVB\x00"))
    assert "*** 副本 ***" in "".join(Printer(384).feed(thermal.data[len(before):]).lines)


def test_a_printer_that_never_answers_is_unknown_and_prints(world, thermal):
    thermal.silent = True
    t = terminal(world, thermal.path)
    wait_for("the question", lambda: thermal.asked)
    sale = sell(t, world).json
    job(t, sale["sale_id"], "done")
    assert printer(t)["state"] == "unknown" and "text" not in printer(t)
    wait_for("the receipt on paper", lambda: thermal.data.endswith(b"\x1dVB\x00"))
    assert "112.64" in "\n".join(Printer(384).feed(thermal.data).lines)


def test_lp_gets_each_receipt_whole_and_its_failure_is_told(world, tmp_path):
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir()
    lp = bin_dir / "lp"
    lp.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/argv\ncat >{tmp_path}/spooled\ntest ! -e {tmp_path}/broken\n')
    lp.chmod(0o755)
    t = terminal(world, "lp:bar", environ={**os.environ, "PATH": f"{bin_dir}:{os.environ['PATH']}"})
    wait_for("the printer to be there", lambda: printer(t)["state"] == "unknown")
    sale = sell(t, world).json
    job(t, sale["sale_id"], "done")
    assert (tmp_path / "argv").read_text().split() == ["-s", "-o", "raw", "-d", "bar"]
    assert sale["sale_id"] in "\n".join(Printer(384).feed((tmp_path / "spooled").read_bytes()).lines)
    (tmp_path / "broken").touch()
    assert t.huika("reprint", sale["sale_id"]).code == 0
    job(t, sale["sale_id"], "interrupted")


@pytest.mark.parametrize("line", ["paper = 57", "charset = big5", "qr = maybe", "lang = fr", "cutter = perhaps"])
def test_a_wrong_setting_is_named(world, line):
    t = world.terminal(start=False)
    (t.state / "shop.ini").write_text(f"[printer]\n{line}\n")
    r = call(*t.argv)
    assert r.code == 2 and line.split()[0] in r.err and "shop.ini" in r.err, r


def test_the_drawer_opens_for_a_refund_but_not_for_its_copy(world, tmp_path):
    paper = tmp_path / "paper.bin"
    t = terminal(world, paper, "drawer = yes\n")
    wait_for("the printer to be there", lambda: printer(t)["state"] == "unknown")
    sale = sell(t, world).json["sale_id"]
    job(t, sale, "done")

    def printed(*argv):
        size = paper.stat().st_size
        assert t.huika(*argv).code == 0
        wait_for("the page", lambda: paper.stat().st_size > size and not [j for j in printer(t)["jobs"] if j["state"] != "done"])
        return Printer(384).feed(paper.read_bytes()[size:])

    void = printed("void", sale, "--reason", "退菜")
    assert void.lines[1].strip() == "撤销小票" and (void.cuts, void.kicks) == (1, 1)
    day = printed("day", "close")
    assert day.lines[1].strip() == "日结单" and (day.cuts, day.kicks) == (1, 0)


def test_a_shop_that_gives_its_printer_away_owes_no_receipts(world, thermal):
    """What had not come out stays noted and is offered when a printer is set again; what is sold meanwhile owes none."""
    ini = "[printer]\nto = {}\n"
    t = terminal(world, thermal.path)
    wait_for("the printer to be ready", lambda: printer(t)["state"] == "ready")
    thermal.say(paper_out=1)
    assert t.huika("print", "test").code == 0
    wait_for("no paper to be seen", lambda: printer(t)["state"] == "paper_out")
    owed = sell(t, world, "--no-receipt").json["sale_id"]
    job(t, owed, "unprinted")
    t.stop()
    del t.argv[-2:]
    (t.state / "shop.ini").write_text(ini.format("off"))
    t.start().wait_online()
    assert printer(t) == {"state": "off", "jobs": []}
    free = sell(t, world).json
    assert free["state"] == "applied" and printer(t)["jobs"] == [] and free["sale_id"] in free["receipt"]
    t.stop()
    thermal.say()
    (t.state / "shop.ini").write_text(ini.format(thermal.path))
    t.start()
    wait_for("the printer to be ready", lambda: printer(t)["state"] == "ready")
    assert [(j["id"], j["state"]) for j in printer(t)["jobs"]] == [(owed, "interrupted")]


def test_without_a_printer_nothing_is_missed(world):
    t = terminal(world, "off")
    assert printer(t) == {"state": "off", "jobs": []}
    assert sell(t, world).json["state"] == "applied"
    assert printer(t)["jobs"] == [] and t.huika("print", "test").code != 0
