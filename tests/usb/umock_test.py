# SPDX-License-Identifier: Apache-2.0
"""The USB bus of an unmodified program on mock devices (umock_host.c). $BUILD is where the harness and the program are;
$USB_PROGRAM names another one that prints what the bus says, as poscan.c does."""
import os
import queue
import re
import subprocess
import threading
import time

import pytest

BUILD = os.environ.get("BUILD", "build")
PROGRAM = os.environ.get("USB_PROGRAM", BUILD + "/usb/poscan")
CARD = "HTTPS://CARD.EXAMPLE.TEST/C/" + "AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU" * 4
LAYOUTS = ["aim", "plain", "shifted", "opaque-aim", "opaque-plain", "opaque-shifted"]
DEADLINE_S = 20
BYSTANDERS = ["keyboard", "mouse", "fido", "storage", "hub"]


class Host:
    """The harness with the program below it; tell() speaks to the devices, expect() waits for a line of the program."""

    def __init__(self, *options, program_args=()):
        self.process = subprocess.Popen(
            ["umockdev-wrapper", BUILD + "/usb/umock_host", *options, "--", PROGRAM, *program_args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
        self.lines, self.seen, self.report = queue.Queue(), [], []
        self.threads = [threading.Thread(target=self.pump, args=(self.process.stdout, self.lines.put)),
                        threading.Thread(target=self.pump, args=(self.process.stderr, self.report.append))]
        for t in self.threads:
            t.start()

    @staticmethod
    def pump(stream, put):
        for line in stream:
            put(line.rstrip("\n"))

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def expect(self, pattern):
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line matches {pattern!r} in {self.seen}; {self.report}") from None
            self.seen.append(line)
            if re.search(pattern, line):
                return line

    def ready(self):
        self.expect(r"^device 1-1 ready ok 1eab:0d10 Test scanner scanner hid_pos$")

    def scan(self, text):
        self.tell("scan " + text)
        self.expect(r"^scan .* " + re.escape(text) + "$")

    def end_without_scanner(self):
        self.end(given_back=False)

    def end(self, given_back=True):
        """The program ends in order, has touched nothing of others, and has given the scanner back to the kernel."""
        self.process.stdin.close()
        code = self.process.wait(DEADLINE_S)
        for t in self.threads:
            t.join()
        self.process.stdout.close()
        self.process.stderr.close()
        while not self.lines.empty():
            self.seen.append(self.lines.get())
        assert code == 0, self.report
        for name in BYSTANDERS:
            assert f"host: {name} ioctls=0 foreign=0" in self.report
        assert not given_back or "host: scanner driver=1 claimed=0" in self.report
        assert self.seen[-1] == "end"


@pytest.fixture
def host():
    hosts = []

    def start(*options, **more):
        hosts.append(Host(*options, **more))
        return hosts[-1]

    yield start
    for h in hosts:
        if h.process.poll() is None:
            h.process.kill()
            h.process.wait()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_card_comes_whole_from_each_layout(host, layout):
    h = host("--layout", layout)
    h.ready()
    h.tell("scan " + CARD)
    aim = "" if layout.endswith("plain") else "]Q1"
    h.expect(re.escape(f"scan 1eab:0d10 Test scanner [{aim}] {len(CARD)} {CARD}"))
    h.scan("6901234567892")
    h.end()


def test_others_are_seen_and_left_alone(host):
    h = host()
    h.ready()
    h.end()
    assert "device 1-2 unused keyboard 0525:a4a4 Test keyboard none" in h.seen
    assert "device 1-3 unused storage 0525:a4a5 Test storage none" in h.seen
    assert "device 1-4 unused mouse 0525:a4a6 Test mouse none" in h.seen
    assert "device 1-5 unused security_key 0525:a4a7 Test fido none" in h.seen
    assert not any("hub" in line for line in h.seen)


def test_a_scanner_plugged_in_later_is_found(host):
    h = host("--late")
    h.expect("^device 1-2 unused")
    h.tell("plug")
    h.ready()
    h.scan(CARD)
    h.end()


def test_unplugged_in_mid_scan_and_plugged_again(host):
    h = host()
    h.ready()
    h.tell("part HALF")
    h.tell("drain")
    h.tell("unplug")
    h.expect("^device 1-1 gone unplugged")
    assert any(line.startswith("dropped ") for line in h.seen)
    h.tell("plug")
    h.ready()
    h.scan(CARD)
    h.end()
    assert not any("HALF" in line for line in h.seen)


def test_a_stall_is_cleared_and_the_half_scan_dropped(host):
    h = host()
    h.ready()
    h.tell("part HALF")
    h.tell("stall")
    h.expect("^dropped .*failed or went away")  # at once, not when its rest does not come
    h.scan(CARD)
    h.end()


@pytest.mark.parametrize("errno", [71, 84, 62, 75])  # EPROTO, EILSEQ, ETIME, EOVERFLOW
def test_a_transfer_error_loses_one_scan_at_most(host, errno):
    h = host()
    h.ready()
    h.tell("part HALF")
    h.tell(f"error {errno}")
    h.expect("^dropped .*failed or went away")
    h.scan(CARD)
    h.end()


@pytest.mark.parametrize("what", ["error 71", "stall"])
def test_a_device_that_only_fails_is_opened_anew(host, what):
    h = host()
    h.ready()
    for _ in range(6):
        h.tell(what)
    h.expect("^device 1-1 waiting (io|stalled)")
    h.ready()
    h.scan(CARD)
    h.end()


def test_a_report_cut_off_is_not_a_scan(host):
    h = host()
    h.ready()
    h.tell("short 10 ABCDEFGHIJ")
    h.expect("^dropped .*cut off")
    h.tell("scan this may have been the tail of it")
    h.scan(CARD)
    h.end()


def test_reports_that_lie_or_say_nothing(host):
    h = host()
    h.ready()
    h.tell("raw ")
    h.tell("raw 02")
    h.expect("^dropped .*cut off")
    h.tell("raw 02" + "00" * 63)
    h.tell("raw 02ff" + "41" * 61 + "00")
    h.expect("^dropped .*contradicts")
    h.scan(CARD)
    h.end()
    assert len([line for line in h.seen if line.startswith("scan ")]) == 1


@pytest.mark.parametrize("text,seen", [
    ("惠卡".encode(), r"6 \\xe6\\x83\\xa0\\xe5\\x8d\\xa1"), ("惠卡".encode("gbk"), r"4 \\xbb\\xdd\\xbf\\xa8"),
    (b"A\0B\0", r"3 A\\x00B"), (b"\0" * 8, None), (b"\xff\xfe\x80", r"3 \\xff\\xfe\\x80")])
def test_bytes_of_every_kind(host, text, seen):
    """What a code holds comes as it is: in whatever encoding, with NULs; and the next code is whole."""
    h = host()
    h.ready()
    report = b"\x02" + bytes([len(text)]) + b"]Q1" + text
    h.tell("raw " + report.hex() + "00" * (64 - len(report)))
    h.scan(CARD)
    h.end()
    scans = [line for line in h.seen if line.startswith("scan ")]
    assert scans[-1].endswith(" " + CARD)
    if seen:
        assert re.search(r"\] " + seen + "$", scans[0]), scans


def test_half_a_scan_is_given_up_after_a_while(host):
    h = host()
    h.ready()
    h.tell("part HALF")
    h.expect("^dropped .*in time")
    h.scan(CARD)
    h.end()


def test_ten_kilobytes_are_one_loss_and_no_scan(host):
    h = host()
    h.ready()
    for _ in range(180):
        h.tell("part " + "x" * 56)
    h.tell("scan tail")
    h.expect("^dropped .*more text")
    h.scan(CARD)
    h.end()
    assert len([line for line in h.seen if line.startswith(("scan ", "dropped "))]) == 2


def test_a_flood_comes_in_order(host):
    h = host()
    h.ready()
    for i in range(200):
        h.tell(f"scan n{i:04}")
    h.expect("n0199$")
    h.end()
    scans = [line for line in h.seen if line.startswith("scan ")]
    assert [s[-4:] for s in scans] == [f"{i:04}" for i in range(200)]


def test_a_scanner_held_by_another_program_is_taken_when_free(host):
    h = host("--late")
    h.expect("^device 1-2 unused")
    h.tell("deny")
    h.tell("plug")
    h.expect("^device 1-1 waiting busy")
    h.tell("allow")
    h.ready()
    h.scan(CARD)
    h.end()


def test_without_a_kernel_driver_the_device_is_asked(host):
    h = host("--no-hid", "--layout", "plain")
    h.ready()
    h.scan(CARD)
    h.process.stdin.close()
    assert h.process.wait(DEADLINE_S) == 0
    assert "host: keyboard ioctls=0 foreign=0" in h.report


def test_a_senseless_descriptor_is_left_alone(host):
    h = host("--bad-desc")
    h.expect("^device 1-1 unused bad_descriptor")
    h.end()
