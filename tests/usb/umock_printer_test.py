# SPDX-License-Identifier: Apache-2.0
"""The unmodified terminal and a USB receipt printer (umock_printer.c): receipts, trouble, cables pulled, an office printer beside."""
import subprocess

import pytest
from escpos import Printer
from world import BUILD, DEADLINE_S, MEMBERS, wait_for

CARD = MEMBERS[0]


class Plugged:
    def __init__(self, world, tmp_path):
        self.world, self.paper = world, tmp_path / "paper"
        self.terminal = world.terminal(start=False)
        with open(self.terminal.log, "ab") as log:
            self.process = subprocess.Popen(
                ["umockdev-wrapper", BUILD / "usb/umock_printer", self.paper, "--", *self.terminal.argv],
                stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, bufsize=1, env=self.terminal.environ)

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def printer(self):
        try:
            return self.terminal.status["printer"]
        except OSError:
            return {"state": "?", "jobs": []}

    def await_state(self, state):
        wait_for(f"the printer to be {state}", lambda: self.printer()["state"] == state)

    def await_job(self, name, state):
        wait_for(f"the job to be {state}",
                 lambda: next((j for j in self.printer()["jobs"] if j["id"] == name), {}).get("state") == state)

    def sell(self, *more):
        r = self.terminal.huika("sell", "128.00", "--scan", self.world.qr(CARD[0]), "--yes", *more)
        assert r.code == 0, r
        return r.json["sale_id"]

    def reprint(self, sale):
        """The copy as it is on paper."""
        size = self.paper.stat().st_size if self.paper.exists() else 0
        assert self.terminal.huika("reprint", sale).code == 0
        self.await_job(sale, "done")
        return "\n".join(Printer(384).feed(self.paper.read_bytes()[size:]).lines)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_S) == 0, self.terminal.text
        assert "host: office printer foreign=0; printer driver=1 claimed=0" in self.terminal.text


@pytest.fixture
def plugged(world, tmp_path):
    p = Plugged(world, tmp_path)
    try:
        p.await_state("ready")
        p.terminal.wait_online()
        yield p
    finally:
        if p.process.poll() is None:
            p.process.kill()
            p.process.wait()


def test_a_sale_comes_out_of_the_usb_printer_and_the_office_printer_is_left_alone(plugged):
    sale = plugged.sell()
    plugged.await_job(sale, "done")
    text = "\n".join(Printer(384).feed(plugged.paper.read_bytes()).lines)
    assert sale in text and "112.64" in text and "副本" not in text
    devices = {d["label"]: d for d in plugged.terminal.status["devices"]}
    assert devices["0416:5011 Test printer"]["as"] == "printer" and devices["0416:5011 Test printer"]["used"]
    office = devices["0416:5012 Test office"]
    assert (office["used"], office["as"], office["code"]) == (False, "none", "printer")
    plugged.end()


def test_unplugged_in_mid_print_it_is_offered_as_a_copy_and_not_sent_twice(plugged):
    plugged.tell("hold")
    sale = plugged.sell()
    plugged.await_job(sale, "printing")
    plugged.tell("unplug")
    plugged.await_job(sale, "interrupted")
    plugged.await_state("absent")
    assert f"huika reprint {sale}" in plugged.terminal.huika("status", json_out=False).out
    second = plugged.sell()  # a printer that is gone does not keep a member's discount
    plugged.await_job(second, "unprinted")
    plugged.tell("plug")
    plugged.await_state("ready")
    assert not plugged.paper.exists()
    for each in (sale, second):
        text = plugged.reprint(each)
        assert text.count("*** 副本 ***") == 2 and each in text
    assert not [j for j in plugged.printer()["jobs"] if j["state"] != "done"]
    plugged.end()


@pytest.mark.parametrize("fault", ["stall", "short 100"])
def test_a_transfer_that_fails_is_an_interrupted_receipt_and_the_printer_comes_back(plugged, fault):
    plugged.tell(fault)
    sale = plugged.sell()
    plugged.await_job(sale, "interrupted")
    plugged.await_state("ready")
    assert sale in plugged.reprint(sale)
    plugged.end()


def test_power_cycled_again_and_again_it_prints(plugged):
    for _ in range(3):
        plugged.tell("unplug")
        plugged.await_state("absent")
        plugged.tell("plug")
        plugged.await_state("ready")
        sale = plugged.sell()
        plugged.await_job(sale, "done")
    assert plugged.paper.read_bytes().count(b"\x1b@") == 3
    plugged.end()


def test_what_it_says_and_what_it_does_not_say(plugged):
    for answers, state in (("1a 32 12", "paper_out"), ("1a 16 12", "cover_open"), ("1a 12 12", "offline"), ("1a 52 12", "fault"),
                           ("12 12 1e", "ready"), ("ff ff ff", "unknown")):
        plugged.tell("answers " + answers)
        plugged.terminal.huika("print", "test")
        plugged.await_state(state)
    plugged.tell("answers 12 12 12")
    plugged.terminal.huika("print", "test")
    plugged.await_state("ready")
    plugged.tell("silent")
    plugged.terminal.huika("print", "test")
    plugged.await_state("unknown")
    sale = plugged.sell()
    plugged.await_job(sale, "done")
    plugged.end()
