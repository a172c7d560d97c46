# SPDX-License-Identifier: Apache-2.0
"""The unmodified terminal on mock devices (umock_host.c), with a real service: what a scanner delivers becomes a verdict, whatever
happens to the cable, and the keyboard and the storage stick beside it are never touched."""
import subprocess

import pytest
from world import BUILD, DEADLINE_S, MEMBERS, wait_for

CARD, OTHER = MEMBERS[0], MEMBERS[3]
LAYOUTS = ["aim", "plain", "shifted", "opaque-aim", "opaque-plain", "opaque-shifted"]
SCANNER = "1eab:0d10 Test scanner"


class Plugged:
    """A terminal that sees the mock bus; tell() speaks to the scanner."""

    def __init__(self, terminal, *options):
        self.terminal = terminal
        with open(terminal.log, "ab") as log:
            self.process = subprocess.Popen(
                ["umockdev-wrapper", BUILD / "usb/umock_host", *options, "--", *terminal.argv],
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
