# SPDX-License-Identifier: Apache-2.0
"""The unmodified terminal and a USB receipt printer (umock_printer.c): receipts, trouble, cables pulled, an office printer beside."""
import contextlib
import subprocess

import pytest
from escpos import Printer
from world import BUILD, DEADLINE_S, MEMBERS, wait_for

CARD = MEMBERS[0]


class Plugged:
    def __init__(self, world, tmp_path, *options):
        self.world, self.paper = world, tmp_path / "paper"
        self.terminal = world.terminal(start=False)
        self.start(*options)

    def start(self, *options):
        with open(self.terminal.log, "ab") as log:
            self.process = subprocess.Popen(
                ["umockdev-wrapper", BUILD / "usb/umock_printer", *options, self.paper, "--", *self.terminal.argv],
                stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, bufsize=1, env=self.terminal.environ)

    def crash(self):
        """Harness and terminal end at once: nothing is said to anybody."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        wait_for("the terminal to be dead", lambda: not self.alive())

    def alive(self):
        with contextlib.suppress(OSError):
            return bool(self.terminal.status)
        return False

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


def test_one_that_says_nothing_is_asked_for_its_ports_lines(plugged):
    """Only a trouble counts there: "in order" is also what a printer says that cannot tell."""
    plugged.tell("silent")
    for lines, state in (("38", "paper_out"), ("18", "unknown"), ("10", "fault"), ("08", "offline"), ("00", "unknown")):
        plugged.tell("lines " + lines)
        plugged.terminal.huika("print", "test")
        plugged.await_state(state)
    plugged.tell("lines 38")
    plugged.terminal.huika("print", "test")
    plugged.await_state("paper_out")
    waits = plugged.terminal.huika("sell", "128.00", "--scan", plugged.world.qr(CARD[0]), "--yes")
    assert waits.code == 3 and waits.json["error"] == "printer_paper_out", waits
    plugged.tell("lines 18")
    plugged.await_state("unknown")
    plugged.await_job(plugged.sell(), "done")
    plugged.tell("lines -")
    plugged.await_job(plugged.sell(), "done")
    plugged.end()


def quote(plugged, key):
    """An order at the counter that waits for the cashier's yes."""
    t = plugged.terminal
    order = t.api("POST", "/v1/checkouts", {"total_fen": 12800, "scan": plugged.world.qr(CARD[0])},
                  headers={"Idempotency-Key": key}).json["checkout_id"]
    wait_for("the quote", lambda: t.api("GET", f"/v1/checkouts/{order}").json["state"] == "quoted")
    return order


def test_a_roll_that_ends_while_the_cashier_looks_is_known_before_the_yes(plugged):
    """Nothing happens at the counter between quote and confirmation; the printer is asked all the same."""
    order = quote(plugged, "roll-1")
    for answers, state in (("1a 16 12", "cover_open"), ("1a 32 12", "paper_out")):  # the second is long after the card's own look
        plugged.await_state("ready")
        plugged.tell("answers " + answers)
        plugged.await_state(state)
        refused = plugged.terminal.api("POST", f"/v1/checkouts/{order}/confirm", {})
        assert (refused.status, refused.json["code"]) == (409, "printer_" + state), refused
        plugged.tell("answers 12 12 12")
    plugged.await_state("ready")
    done = plugged.terminal.api("POST", f"/v1/checkouts/{order}/confirm", {})
    assert done.json["state"] == "applied"
    plugged.await_job(done.json["sale_id"], "done")
    plugged.end()


def test_interrupted_and_started_anew_it_is_still_offered(plugged):
    """The terminal dies, as in a power cut, while a receipt goes out and another waits; what had come out before is not offered."""
    out = plugged.sell()
    plugged.await_job(out, "done")
    plugged.tell("hold")
    cut = plugged.sell()
    plugged.await_job(cut, "printing")
    waiting = plugged.sell()
    plugged.await_job(waiting, "queued")
    kept = (plugged.terminal.state / "unprinted").read_text()
    assert cut in kept and CARD[0] not in kept
    plugged.crash()
    plugged.start()
    plugged.await_state("ready")
    jobs = {j["id"]: j for j in plugged.printer()["jobs"]}
    assert {i: (j["state"], j["why"]) for i, j in jobs.items()} == {
        cut: ("interrupted", "receipt_unsure"), waiting: ("interrupted", "receipt_unsure")}
    assert f"huika reprint {cut}" in plugged.terminal.huika("status", json_out=False).out
    for sale in (cut, waiting):
        text = plugged.reprint(sale)
        assert text.count("*** 副本 ***") == 2 and sale in text
    plugged.crash()
    plugged.start()
    plugged.await_state("ready")
    assert not plugged.printer()["jobs"]
    plugged.end()


def test_a_sale_before_the_printer_is_found_again_is_offered(plugged):
    """After a restart the printer may be later than the first sale. A shop that never had one is offered nothing."""
    plugged.await_job(plugged.sell(), "done")
    plugged.crash()
    plugged.start("--unplugged")
    plugged.await_state("absent")
    plugged.terminal.wait_online()
    sale = plugged.sell()
    plugged.await_job(sale, "unprinted")
    plugged.tell("plug")
    plugged.await_state("ready")
    assert f"huika reprint {sale}" in plugged.terminal.huika("status", json_out=False).out
    text = plugged.reprint(sale)
    assert text.count("*** 副本 ***") == 2 and sale in text
    plugged.end()


def test_a_shop_that_never_had_a_printer_misses_no_receipt(world, tmp_path):
    p = Plugged(world, tmp_path, "--unplugged")
    try:
        p.await_state("absent")
        p.terminal.wait_online()
        p.sell()
        assert p.printer()["jobs"] == [] and not (p.terminal.state / "unprinted").exists()
        p.end()
    finally:
        if p.process.poll() is None:
            p.process.kill()
            p.process.wait()
