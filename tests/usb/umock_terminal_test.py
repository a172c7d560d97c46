# SPDX-License-Identifier: Apache-2.0
"""The unmodified terminal on mock devices (umock_host.c), with a real service: what a scanner delivers becomes a verdict, whatever
happens to the cable, and the keyboard and the storage stick beside it are never touched."""
import json
import os
import subprocess
import time

import pytest
from world import BUILD, DEADLINE_S, MEMBERS, wait_for

CARD, OTHER = MEMBERS[0], MEMBERS[3]
LAYOUTS = ["aim", "plain", "shifted", "opaque-aim", "opaque-plain", "opaque-shifted"]
SCANNER = "1eab:0d10 Test scanner"


class Plugged:
    """A terminal that sees the mock bus; tell() speaks to the scanner."""

    def __init__(self, terminal, *options, args=()):
        self.terminal = terminal
        with open(terminal.log, "ab") as log:
            self.process = subprocess.Popen(
                ["umockdev-wrapper", BUILD / "usb/umock_host", *options, "--", *terminal.argv, *args],
                stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, bufsize=1, env=terminal.environ)

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def devices(self):
        try:
            return {d["label"]: d for d in self.terminal.status["devices"]}
        except OSError:
            return {}

    def await_scanner(self, state):
        wait_for(f"the scanner to be {state}", lambda: self.devices().get(SCANNER, {}).get("state") == state)

    def verdict(self, scan, last4):
        """The verdict for a card, by its checkout at the counter."""
        def known():
            a = self.terminal.api("GET", "/v1/checkouts/current")
            return a.status == 200 and a.json.get("card_last4") == last4 and a.json["verdict"] and a.json
        self.tell("scan " + scan)
        checkout = wait_for("a verdict", known)
        assert (checkout["verdict"], checkout["by"], checkout["input"]) == ("member", "qr", "reader")
        assert self.terminal.api("POST", f"/v1/checkouts/{checkout['checkout_id']}/cancel", {}).status == 200

    def end(self):
        self.process.stdin.close()
        code = self.process.wait(DEADLINE_S)
        report = self.terminal.text
        assert code == 0, report
        for name in ("keyboard", "mouse", "fido", "storage", "hub"):
            assert f"host: {name} ioctls=0 foreign=0" in report
        assert "host: scanner driver=1 claimed=0" in report


@pytest.fixture
def plug(world):
    started = []

    def begin(*options):
        p = Plugged(world.terminal(start=False), *options)
        started.append(p)
        p.await_scanner("ready")
        p.terminal.wait_online()
        return p

    yield begin
    for p in started:
        if p.process.poll() is None:
            p.process.kill()
            p.process.wait()


@pytest.fixture
def plug_kind(world):
    """As plug, with another kind of device, and arguments for the terminal."""
    started = []

    def begin(kind, *args):
        p = Plugged(world.terminal(start=False), "--kind", kind, args=args)
        started.append(p)
        wait_for("the device to be ready", lambda: any(d["state"] == "ready" for d in p.devices().values()))
        p.terminal.wait_online()
        return p

    yield begin
    for p in started:
        if p.process.poll() is None:
            p.process.kill()
            p.process.wait()


@pytest.fixture
def plug_kind_odd(world):
    """As plug, with nothing waited for."""
    started = []

    def begin(*options):
        started.append(Plugged(world.terminal(start=False), *options))
        return started[-1]

    yield begin
    for p in started:
        if p.process.poll() is None:
            p.process.kill()
            p.process.wait()


class Listener:
    """`huika events` at that terminal."""

    def __init__(self, terminal):
        self.process = subprocess.Popen([BUILD / "huika", "--socket", terminal.socket, "--json", "events"], stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text, self.taken = b"", 0
        wait_for("events to come", self.events)

    def events(self):
        self.text += self.process.stdout.read() or b""
        return [json.loads(line) for line in self.text.split(b"\n")[:-1]]

    def await_lost(self):
        """The next one that was not taken yet."""
        self.taken += 1
        return wait_for("something to be lost", lambda: [
            e["data"] for e in self.events() if e["event"] == "scan" and e["data"]["kind"] == "lost"][self.taken - 1:])[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_card_from_each_layout_gets_its_verdict(world, plug, layout):
    p = plug("--layout", layout)
    p.verdict(world.qr(CARD[0]), CARD[0][-4:])
    p.verdict(world.qr(OTHER[0]), OTHER[0][-4:])
    assert p.devices()[SCANNER]["scans"] == 2
    p.end()


def test_neither_faults_nor_unplugging_lose_the_scanner(world, plug):
    p = plug()
    for fault in (["part HALF", "stall"], ["part HALF", "error 71"], ["error 71"] * 7, ["stall"] * 7,
                  ["short 30 ABC", "scan what may be its tail"], ["raw 02ff", "scan what may be its tail"], ["raw "],
                  ["part HALF", "drain", "unplug", "plug"], ["unplug", "plug", "drain"]):
        for line in fault:
            p.tell(line)
        p.verdict(world.qr(CARD[0]), CARD[0][-4:])
        p.verdict(world.qr(OTHER[0]), OTHER[0][-4:])
    p.tell("unplug")
    p.await_scanner("gone")
    assert p.devices()[SCANNER]["code"] == "unplugged"
    p.tell("plug")
    p.await_scanner("ready")
    assert len(p.terminal.status["devices"]) == 5  # the one that came back takes its former place
    p.verdict(world.qr(CARD[0]), CARD[0][-4:])
    p.end()
    assert "HALF" not in p.terminal.text


def test_bystanders_are_listed_with_the_reason(plug):
    p = plug()
    for label, code in (("0525:a4a4 Test keyboard", "keyboard"), ("0525:a4a5 Test storage", "storage")):
        assert (p.devices()[label]["used"], p.devices()[label]["code"]) == (False, code)
    shown = p.terminal.huika("devices", json_out=False)
    assert shown.code == 0 and "Test keyboard" in shown.out and SCANNER in shown.out
    p.end()


def current(p):
    a = p.terminal.api("GET", "/v1/checkouts/current")
    return a.json if a.status == 200 else {}


def test_a_swipe_is_a_card_number_from_the_reader(world, plug_kind):
    """By number: no name; and the record says that it came in by a reader. No Luhn is asked for: this number does not satisfy it."""
    p = plug_kind("msr")
    for card in (CARD, MEMBERS[2]):
        p.tell(f"swipe ;{card[0]}=30121010000?")
        c = wait_for("a verdict", lambda last4=card[0][-4:]: current(p).get("card_last4") == last4 and
                     current(p).get("verdict") and current(p))
        assert (c["verdict"], c["by"], c["input"]) == ("member", "number", "reader") and "name_masked" not in c
        assert p.terminal.api("POST", f"/v1/checkouts/{c['checkout_id']}/cancel", {}).status == 200
    p.tell("swipe ;E?")
    wait_for("the bad swipe to be said", lambda: "swipe again" in p.terminal.text)
    p.tell("unplug")
    wait_for("the reader to be missed", lambda: [d for d in p.terminal.status["devices"] if d["state"] == "gone" and d["as"] == "card"])
    p.tell("plug")
    wait_for("the reader to be back", lambda: [d for d in p.terminal.status["devices"] if d["state"] == "ready" and d["as"] == "card"])
    p.end()
    for card in (CARD, MEMBERS[2]):
        assert card[0] not in p.terminal.text


TRACK = f";{CARD[0]}=30121010000?"
KINDS = {  # how the card comes, and half of it; both without what ends it
    "keyboard-scanner": ("type {qr}\\r", "type HALF"), "bitmap-scanner": ("type {qr}\\r", "type HALF"),
    "serial": ("serial {qr}", "serial HALF"), "msr": ("swipe " + TRACK, None), "magtek": ("swipe " + TRACK, None),
    "wedge": ("type " + TRACK + "\\r", "type ;6200"), "honeywell": ("scan {qr}", "part HALF"), "both": ("scan {qr}", "part HALF")}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_reader_through_faults_and_pulled_cables(world, plug_kind, kind):
    """The unmodified terminal: a verdict from each kind, after stalls, protocol errors, short reports, and in spite of unplugging in
    the middle; what was half read is no card."""
    p = plug_kind(kind)
    whole, half = KINDS[kind]
    by = "number" if "swipe" in whole or kind == "wedge" else "qr"

    def tell(line):
        text = line.format(qr=world.qr(CARD[0])) if "{qr}" in line else line
        if not text.startswith("serial "):
            p.tell(text)
            return
        for at in range(7, len(text), 40):
            p.tell("serial " + text[at:at + 40])
        if "HALF" not in text:
            p.tell("serial \\r")

    def verdict():
        """Of a card that is read again until it comes through: each fault may cost one reading."""
        read_at = time.monotonic()
        tell(whole)

        def member():
            nonlocal read_at
            if time.monotonic() - read_at > 2:
                p.tell("drain")  # what was told before has been read
                tell(whole)
                read_at = time.monotonic()
            return current(p).get("verdict") == "member"  # a piece of what a fault cut is refused: no card

        wait_for("a verdict", member)
        c = current(p)
        assert (c["verdict"], c["by"], c["input"], c["card_last4"]) == ("member", by, "reader", CARD[0][-4:])
        assert p.terminal.api("POST", f"/v1/checkouts/{c['checkout_id']}/cancel", {}).status == 200

    verdict()
    for fault in ("stall", "error 71", "error 84", "raw 02", "raw "):
        if kind == "serial" and fault == "raw 02":
            fault = "raw 0d"  # there every byte is text; this one ends what never began
        p.tell(fault)
        verdict()
    for _ in range(7):
        p.tell("error 71")
    verdict()
    if half:
        tell(half)
        p.tell("drain")
    p.tell("unplug")
    wait_for("it to be missed", lambda: [d for d in p.devices().values() if (d["state"], d["code"]) == ("gone", "unplugged")])
    p.tell("plug")
    wait_for("it to be back", lambda: not [d for d in p.devices().values() if d["state"] == "gone"])
    verdict()
    p.end()
    assert CARD[0] not in p.terminal.text and "HALF" not in p.terminal.text


def test_devices_whose_descriptors_make_no_sense_are_named_and_let_be(plug_kind_odd):
    for options in (("--kind", "garbage"), ("--bad-desc",)):
        p = plug_kind_odd(*options)
        wait_for("the reason", lambda p=p: [d for d in p.devices().values() if d["code"] == "bad_descriptor" and not d["used"]])
        assert p.terminal.api("GET", "/v1/status").status == 200
        p.process.stdin.close()
        assert p.process.wait(DEADLINE_S) == 0, p.terminal.text


def test_what_was_lost_is_said_at_the_counter(world, plug_kind):
    """A bad swipe, and half a code: the cashier hears what to do, not the log alone."""
    p = plug_kind("both")
    with Listener(p.terminal) as events:
        p.tell("swipe ;E?")
        swipe = events.await_lost()
        assert swipe["code"] == "swipe_again" and "swipe again" in swipe["text"]["en"] and "再刷" in swipe["text"]["zh"]
        assert swipe["device"] == "1209:0001 Test scanner"
        p.tell("part HALF")
        code = events.await_lost()
        assert code["code"] == "scan_again" and "HALF" not in json.dumps(code)
    p.end()


def test_who_waits_for_a_card_hears_that_a_read_was_lost(world, plug_kind, tmp_path):
    p = plug_kind("both")
    heard = tmp_path / "heard"
    with heard.open("wb") as err:
        sell = subprocess.Popen([BUILD / "huika", "--socket", p.terminal.socket, "--json", "sell", "128.00", "--yes"],
                                stdout=subprocess.PIPE, stderr=err, text=True, env={**p.terminal.environ, "LC_ALL": "C.UTF-8"})
    wait_for("the order", lambda: current(p).get("state") == "waiting")
    for n in (1, 2):
        p.tell("swipe ;E?")
        wait_for("swipe again", lambda n=n: heard.read_text().count("swipe again") == n)
    p.tell("part HALF")
    wait_for("scan it again", lambda: "scan it again" in heard.read_text())
    assert (current(p)["state"], current(p)["error"]) == ("waiting", "scan_again")
    p.tell("scan " + world.qr(CARD[0]))
    out = json.loads(sell.communicate(timeout=DEADLINE_S)[0])
    assert (sell.returncode, out["state"], "error" in out) == (0, "applied", False)
    p.end()


def test_a_card_left_under_the_scanner_is_shown_once(world, plug):
    """The same code over and over neither covers the sale that it was for nor begins another; an order that waits for a card does
    take it."""
    p = plug()
    order = p.terminal.api("POST", "/v1/checkouts", {"total_fen": 10000}, headers={"Idempotency-Key": "left-1"}).json["checkout_id"]
    for _ in range(3):
        p.tell("scan " + world.qr(CARD[0]))
    wait_for("the quote", lambda: current(p).get("state") == "quoted")
    assert p.terminal.api("POST", f"/v1/checkouts/{order}/confirm", {"no_receipt": True}).json["state"] == "applied"
    before = p.devices()[SCANNER]["scans"]
    for _ in range(5):
        p.tell("scan " + world.qr(CARD[0]))
    wait_for("five scans", lambda: p.devices()[SCANNER]["scans"] == before + 5)
    assert (current(p)["checkout_id"], current(p)["state"]) == (order, "applied")
    again = p.terminal.api("POST", "/v1/checkouts", {"total_fen": 5000}, headers={"Idempotency-Key": "left-2"}).json["checkout_id"]
    p.tell("scan " + world.qr(CARD[0]))
    wait_for("the second quote", lambda: current(p).get("state") == "quoted" and current(p)["checkout_id"] == again)
    p.end()


def test_command_codes_read_by_a_scanner_are_keys(world, plug):
    """Each code of the sheet in docs/cashier.md; two digits alike are two, OK left under the scanner is one; none begins a sale."""
    p = plug()
    with Listener(p.terminal) as events:
        def keys():
            return [e["data"]["key"] for e in events.events() if e["event"] == "key"]
        want = []
        for name in (*"0123456789", "1", "1", "DOT", "DEL", "OK", "BACK"):
            p.tell("scan HUIKA-KEY/" + name)
            want.append(name.lower())
            wait_for("the key", lambda: keys() == want)
        for name in ("BACK", "BACK", "OK"):
            p.tell("scan HUIKA-KEY/" + name)
        wait_for("OK after BACK", lambda: keys()[-1] == "ok")
        assert keys() == [*want, "ok"]
    assert p.terminal.api("GET", "/v1/checkouts/current").status == 404
    p.verdict(world.qr(CARD[0]), CARD[0][-4:])
    p.end()


def test_a_flood_leaves_the_terminal_answering(world, plug):
    """While one scanner sends as fast as it can, every question at the counter is answered, and the card in the flood is found."""
    p = plug()
    done = False
    for i in range(40):
        for k in range(10):
            p.tell(f"scan {i:03}{k:02}" + "x" * 40)
        done = p.terminal.api("GET", "/v1/status").status == 200
        assert done
    p.verdict(world.qr(CARD[0]), CARD[0][-4:])
    p.end()


def test_sales_go_on_through_a_flood(world, plug):
    """A scanner gone mad: one code over and over as fast as it goes, and reports that lie. Meanwhile sales come from the POS software; each
    is applied, and counted once."""
    p = plug()
    p.tell("scan stuck trigger")
    wait_for("the first", lambda: p.devices()[SCANNER]["scans"])
    for _ in range(3):
        before = p.devices()[SCANNER]["scans"]
        for _ in range(100):
            p.tell("scan stuck trigger")
            p.tell("raw 02ff" + "41" * 61 + "00")
        sale = p.terminal.huika("sell", "128.00", "--scan", world.qr(OTHER[0]), "--yes")
        assert sale.code == 0 and (sale.json["state"], sale.json["pay_fen"]) == ("applied", 11264), sale
        assert p.devices()[SCANNER]["scans"] > before
    wait_for("the end of the flood", lambda: p.devices()[SCANNER]["scans"] == 301)
    assert p.terminal.huika("day").json["count"] == 3
    p.end()


@pytest.mark.parametrize("text", ["惠卡会员".encode(), "惠卡会员".encode("gbk"), b"A\0B", b"\xff\xfe\x80\x1b[2J", b"{\"a\":\"", b"%s%n"])
def test_no_bytes_of_a_code_harm_the_counter(world, plug, text):
    """Whatever a code holds, it is no member card; it reaches no log and no screen, and the next card has its verdict."""
    p = plug()
    report = b"\x02" + bytes([len(text)]) + b"]Q1" + text
    p.tell("raw " + report.hex() + "00" * (64 - len(report)))
    c = wait_for("a refusal", lambda: current(p).get("verdict") and current(p))
    assert (c["verdict"], c["reason"]) == ("refused", "card_unknown_scan")
    p.verdict(world.qr(CARD[0]), CARD[0][-4:])
    p.end()
    assert text not in p.terminal.log.read_bytes()


def test_watching_devices(world, plug):
    p = plug()
    command = [BUILD / "huika", "--socket", p.terminal.socket, "--json", "devices", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        first = [json.loads(watch.stdout.readline()) for _ in range(5)]
        assert {d["as"] for d in first} == {"scanner", "none"} and {d["how"] for d in first} == {"hid_pos", ""}
        p.tell("unplug")
        gone = json.loads(watch.stdout.readline())
        while gone["state"] != "gone":
            gone = json.loads(watch.stdout.readline())
        assert (gone["label"], gone["code"]) == (SCANNER, "unplugged")
        p.tell("plug")
        while json.loads(watch.stdout.readline())["state"] != "ready":
            pass
        watch.kill()
    p.end()


def test_the_shop_names_its_own_devices(world, plug_kind, tmp_path):
    """An ordinary keyboard is left alone until the shop's file names it; then what it types is a scan."""
    shop = tmp_path / "devices.tsv"
    shop.write_text("0525\ta4a4\tignore\t-\tOur keyboard\tthe shop\n")
    p = plug_kind("keyboard-scanner", "--devices", shop)
    assert p.devices()["0525:a4a4 Test keyboard"]["code"] == "ignored"
    p.tell("type " + world.qr(CARD[0]) + r"\r")
    wait_for("a verdict", lambda: current(p).get("verdict") == "member")
    p.end()
    shop.write_text("0525\ta4a4\ttyping\t-\tOur keyboard\tthe shop\n")
    done = subprocess.run([*p.terminal.argv, "--devices", shop], capture_output=True, text=True, timeout=DEADLINE_S, env=p.terminal.environ)
    assert done.returncode == 2 and "line 1" in done.stderr
