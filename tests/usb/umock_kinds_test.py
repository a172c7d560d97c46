# SPDX-License-Identifier: Apache-2.0
"""Readers of every kind on mock devices (umock_host.c --kind): the same scan event from each, whatever happens to the cable, and
nothing of a neighbour touched."""
import re
import subprocess

import pytest
from umock_test import CARD, host  # noqa: F401

# Track 2 of invented cards: 16 and 19 digits, with an LRC that fits and without.
NUMBER, LONG = "6200000000000001", "6200000000000000013"
TRACK, TRACK_LONG = f";{NUMBER}=30121010000000000?", f";{LONG}=3012101000?"
LABELS = {"keyboard-scanner": "05e0:1200", "bitmap-scanner": "05e0:1200", "wedge": "0801:0001", "msr": "0acd:0500",
          "magtek": "0801:0002", "serial": "05e0:0600", "both": "1209:0001"}
HOW = {"keyboard-scanner": "scanner hid_keyboard", "bitmap-scanner": "scanner hid_keyboard", "wedge": "card hid_keyboard",
       "msr": "card hid_msr", "magtek": "card hid_msr", "serial": "scanner cdc_acm"}
SAY = {  # how a device of the kind delivers a text, as commands of the harness
    "keyboard-scanner": lambda text: "type " + text + r"\r", "bitmap-scanner": lambda text: "type " + text + r"\r",
    "serial": lambda text: "\n".join("serial " + (text + "\r\n")[i:i + 40].replace("\r", r"\r").replace("\n", r"\n")
                                     for i in range(0, len(text) + 2, 40))}
SWIPERS = ["msr", "magtek", "wedge"]


def ready(h, kind):
    h.expect(f"^device 1-1 ready ok {LABELS[kind]} Test scanner {HOW[kind]}$")


def scan(h, kind, text=CARD):
    """Nothing frames what is typed or sent but its end, so a machine that stands still for a second may cut a scan in two: then the parts
    are the whole of it, and it is scanned again."""
    for _ in range(4):
        h.tell(SAY[kind](text))
        parts = []
        while "".join(parts) != text:
            assert text.startswith("".join(parts)), parts
            parts.append(h.expect("^scan ").split(" ")[-1])
        if len(parts) == 1:
            return
    raise AssertionError("never came whole")


def swipe(h, kind, number=NUMBER, track=TRACK):
    h.tell(("type " + track + r"\r") if kind == "wedge" else "swipe " + track)
    h.expect(f"^swipe .* {len(number)} {number}$")


def exercise(h, kind):
    if kind in SAY:
        scan(h, kind)
    else:
        swipe(h, kind)


@pytest.mark.parametrize("kind", HOW)
def test_each_kind_reads_and_gives_back(host, kind):  # noqa: F811
    h = host("--kind", kind)
    ready(h, kind)
    exercise(h, kind)
    exercise(h, kind)
    h.end()


@pytest.mark.parametrize("kind", HOW)
@pytest.mark.parametrize("fault", ["stall", "error 71", "error 84"])
def test_a_fault_loses_one_read_at_most(host, kind, fault):  # noqa: F811
    h = host("--kind", kind)
    ready(h, kind)
    for _ in range(2):
        h.tell(fault)
        exercise(h, kind)
    for _ in range(7):
        h.tell(fault)
    h.expect("^device 1-1 waiting (io|stalled)")
    ready(h, kind)
    exercise(h, kind)
    h.end()


@pytest.mark.parametrize("fault", ["stall", "error 71"])
def test_faults_with_readings_between_them_are_never_many_in_a_row(host, fault):  # noqa: F811
    h = host("--kind", "msr")
    ready(h, "msr")
    for _ in range(8):
        h.tell(fault)
        swipe(h, "msr")
    h.end()
    assert not [line for line in h.seen if " waiting " in line]


def test_a_report_padded_to_whole_packets_is_read(host):  # noqa: F811
    """229 bytes by its descriptor, 256 on the wire: asked for less, the host controller would call it too much."""
    h = host("--kind", "msr")
    ready(h, "msr")
    report = bytes([0, len(TRACK), 0]) + bytes(79) + TRACK.encode()
    h.tell("raw " + (report + bytes(256 - len(report))).hex())
    h.expect(f"^swipe .* {NUMBER}$")
    h.end()


@pytest.mark.parametrize("kind", SAY)
def test_unplugged_in_mid_scan(host, kind):  # noqa: F811
    h = host("--kind", kind)
    ready(h, kind)
    h.tell(SAY[kind]("HALF")[:-2].removesuffix("\\r"))
    h.tell("drain")
    h.tell("unplug")
    h.expect("^device 1-1 gone unplugged")
    h.tell("plug")
    ready(h, kind)
    scan(h, kind)
    h.end()
    assert any(line.startswith("dropped ") for line in h.seen) or any("HALF" in line for line in h.seen)


@pytest.mark.parametrize("kind", SWIPERS)
def test_swipes_long_bad_and_good(host, kind):  # noqa: F811
    h = host("--kind", kind)
    ready(h, kind)
    swipe(h, kind, LONG, TRACK_LONG)
    for bad in (";620000000000=3012?", f";{NUMBER}3012?", f";{NUMBER}=3012", ";E?"):
        h.tell(("type " + bad + r"\r") if kind == "wedge" else "swipe " + bad)
        h.expect("^dropped .*swipe again")
    swipe(h, kind)
    h.end()
    assert not any(NUMBER in line for line in h.seen if line.startswith("dropped"))


def test_only_the_number_of_two_tracks_survives(host):  # noqa: F811
    h = host("--kind", "wedge")
    ready(h, "wedge")
    h.tell("type %B6200000000000001^BEISPIEL/A^30121010000000000?" + TRACK + r"\r")
    h.expect(f"^swipe .* 16 {NUMBER}$")
    h.end()
    assert not any("BEISPIEL" in line or "3012" in line for line in h.seen)


def test_short_and_lying_swipe_reports(host):  # noqa: F811
    h = host("--kind", "msr")
    ready(h, "msr")
    h.tell("raw 0028")
    h.expect("^dropped .*swipe again")
    h.tell("raw 00ff00" + "00" * 79 + "3b36" + "00" * 40)
    h.expect("^dropped .*swipe again")
    h.tell("raw " + "00" * 229)
    h.tell("raw ")
    swipe(h, "msr")
    h.end()
    assert len([line for line in h.seen if line.startswith("dropped ")]) == 2


def test_a_reader_for_codes_and_cards_does_both(host):  # noqa: F811
    h = host("--kind", "both")
    h.expect("ready ok 1209:0001 Test scanner (scanner hid_pos|card hid_msr)$")
    h.expect("ready ok 1209:0001 Test scanner (scanner hid_pos|card hid_msr)$")
    h.tell("swipe " + TRACK)
    h.expect(f"^swipe .* {NUMBER}$")
    h.tell("scan " + CARD)
    h.expect("^scan .*" + CARD[-20:])
    h.tell("swipe " + TRACK)
    h.expect(f"^swipe .* {NUMBER}$")
    h.tell("unplug")
    h.expect("gone unplugged")
    h.expect("gone unplugged")
    h.tell("plug")
    h.expect("ready ok 1209:0001")
    h.expect("ready ok 1209:0001")
    h.tell("swipe " + TRACK)
    h.expect(f"^swipe .* {NUMBER}$")
    h.tell("scan " + CARD)
    h.expect("^scan .*" + CARD[-20:])
    h.end()


@pytest.mark.parametrize("end", [r"\r", r"\n", r"\r\n", r"\t", ""])
def test_whatever_ends_a_line(host, end):  # noqa: F811
    h = host("--kind", "serial")
    ready(h, "serial")
    h.tell("serial 6901234567892" + end)
    h.expect("^scan .* 13 6901234567892$")
    h.tell("serial ]Q1ABC" + end)
    h.expect(r"^scan .*\[\]Q1\] 3 ABC$")
    h.end()


@pytest.mark.parametrize("end", [r"\r", r"\t", ""])
def test_whatever_ends_typing(host, end):  # noqa: F811
    h = host("--kind", "keyboard-scanner")
    ready(h, "keyboard-scanner")
    h.tell("type Https://a.b/C?x=1&y='~'" + end)
    h.expect(r"^scan .* Https://a\.b/C\?x=1&y='~'$")
    h.end()


def test_rollover_ghosts_and_keys_held_down(host):  # noqa: F811
    h = host("--kind", "keyboard-scanner")
    ready(h, "keyboard-scanner")
    for r in ("0000040000000000", "0000040500000000", "0000050600000000", "0000010101010101", "0000050600000000",
              "0000060000000000", "0000000000000000", "0000060000000000", "0000390000000000", "0000000000000000",
              "0000040000000000", "0200050000000000", "0100060000000000", "0000280000000000"):
        h.tell("raw " + r)
    h.expect(r"^scan .* 6 abccAb$")
    h.end()


def test_ten_kilobytes_are_one_loss(host):  # noqa: F811
    h = host("--kind", "serial")
    ready(h, "serial")
    for _ in range(170):
        h.tell("serial " + "x" * 60)
    h.tell(r"serial tail\r")
    h.expect("^dropped .*more text")
    scan(h, "serial")
    h.end()
    assert len([line for line in h.seen if line.startswith(("scan ", "dropped "))]) == 2


def test_ten_kilobytes_typed_are_lost_and_nothing_else(host):  # noqa: F811
    """Six keys in each report, as fast as it goes. Where this machine stands still longer than a scanner's idle gap, the rest may pass for
    scans of its own."""
    h = host("--kind", "keyboard-scanner")
    ready(h, "keyboard-scanner")
    for i in range(1720):
        h.tell("raw 0000" + ("040506070809", "0a0b0c0d0e0f")[i % 2])
    h.tell("raw 0000280000000000")
    h.tell("raw 0000000000000000")
    h.expect("^dropped .*more text")
    h.tell(SAY["keyboard-scanner"]("END"))
    h.expect("^scan .*END$")
    scan(h, "keyboard-scanner")
    h.end()
    scans = [line for line in h.seen if line.startswith("scan ")]
    assert scans[-1].endswith(CARD) and all(len(s) < 4200 for s in scans)
    assert sum(len(s) for s in scans if re.search("[a-l]{9}$", s)) < 10 * 1024


@pytest.mark.parametrize("kind", ["keyboard-scanner", "bitmap-scanner"])
def test_reports_of_keys_that_lie_or_say_nothing(host, kind):  # noqa: F811
    """Shorter than promised, empty, longer, and with keys that do not exist: no ghost is typed, and what follows comes whole."""
    h = host("--kind", kind)
    ready(h, kind)
    for r in ("", "00", "0000", "01", "ff" * 3, "00" * 40, "0000" + "a4" * 6, "01" + "00" * 20):
        h.tell("raw " + r)
    scan(h, kind)
    h.end()
    scans = [line for line in h.seen if line.startswith("scan ")]
    assert scans[-1].endswith(" " + CARD)


def test_bytes_of_every_kind(host):  # noqa: F811
    h = host("--kind", "serial")
    ready(h, "serial")
    h.tell("raw " + "惠卡".encode().hex() + "0d")
    h.expect(r"^scan .* 6 \\xe6\\x83\\xa0\\xe5\\x8d\\xa1$")
    h.tell("raw " + "惠卡".encode("gbk").hex() + "0041000d")
    h.expect(r"^scan .* 6 .*\\x00A$")
    h.end()


def test_a_keyboard_is_named_by_the_shop(host, tmp_path):  # noqa: F811
    """The same device, with and without a line in the shop's own file: used, or left alone altogether."""
    shop = tmp_path / "devices.tsv"
    shop.write_text("05e0\t1200\tignore\t-\tOur keyboard\tthe shop\n")
    h = host("--kind", "keyboard-scanner", program_args=["--devices", shop])
    h.expect("^device 1-1 unused ignored 05e0:1200")
    h.end()
    assert "host: scanner ioctls=0 foreign=0" in h.report


def test_held_by_another_program(host):  # noqa: F811
    h = host("--kind", "serial", "--late")
    h.expect("^device 1-2 unused")
    h.tell("deny")
    h.tell("plug")
    h.expect("^device 1-1 waiting busy")
    h.tell("allow")
    ready(h, "serial")
    scan(h, "serial")
    h.end()


REQUESTS = {  # class requests, as they go out before the first read: type, request, value, index, length, data
    "honeywell": ["2109fe0300000200fe01"],  # feature report FE = 01
    "youjie": ["2109fe0300000200fe01"],
    "keyboard-scanner": ["210b010000000000", "210a000000000000"],  # report protocol, no idle reports
    "bitmap-scanner": ["210a000000000000"],
    "serial": ["2120000000000700" + "80250000000008", "2122030000000000"],
    "msr": [],
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_is_said_to_a_device_before_it_is_read(host, kind):  # noqa: F811
    h = host("--kind", kind)
    h.expect("^device 1-1 ready ok")
    h.end()
    said = [line.split()[-1] for line in h.report if line.startswith("host: scanner request ")]
    assert said == REQUESTS[kind]


@pytest.mark.parametrize("kind", ["keyboard-scanner", "serial", "honeywell"])
def test_a_device_that_refuses_to_be_set_up_is_read_all_the_same(host, kind):  # noqa: F811
    h = host("--kind", kind, "--refuse")
    h.expect("^device 1-1 ready ok")
    h.tell("scan " + CARD if kind == "honeywell" else SAY[kind](CARD))
    h.expect("^scan .*" + CARD[-20:])
    h.end()


def test_without_usbhid_a_named_scanner_types_by_the_boot_protocol(host):  # noqa: F811
    """No kernel driver, so no report descriptor: the interface says that it is a boot keyboard, and devices.tsv that it is a scanner."""
    h = host("--kind", "keyboard-scanner", "--no-hid")
    h.expect("^device 1-1 ready ok 05e0:1200")
    scan(h, "keyboard-scanner")
    h.process.stdin.close()
    assert h.process.wait(20) == 0
    assert [line.split()[-1] for line in h.report if line.startswith("host: scanner request ")] == ["210b000000000000", "210a000000000000"]


def test_an_arrival_that_is_told_twice_is_one(host):  # noqa: F811
    h = host("--kind", "serial")
    ready(h, "serial")
    for _ in range(3):
        h.tell("again")
    scan(h, "serial")
    h.tell("again")
    scan(h, "serial")
    h.end()
    assert len([line for line in h.seen if line.startswith("device 1-1 ")]) == 1
    assert len([line for line in h.seen if line.startswith("scan ")]) == 2


TWICE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libusb.h>
static libusb_hotplug_callback_fn told;
static int tell(libusb_context *c, libusb_device *d, libusb_hotplug_event e, void *u) { told(c, d, e, u); return told(c, d, e, u); }
int libusb_hotplug_register_callback(libusb_context *c, int events, int flags, int vid, int pid, int class, libusb_hotplug_callback_fn fn,
    void *user, libusb_hotplug_callback_handle *handle)
{
    int (*real)(libusb_context *, int, int, int, int, int, libusb_hotplug_callback_fn, void *, libusb_hotplug_callback_handle *) =
        dlsym(RTLD_NEXT, "libusb_hotplug_register_callback");
    told = fn;
    return real(c, events, flags, vid, pid, class, tell, user, handle);
}
"""


def test_libusb_may_tell_of_everything_twice(host, tmp_path, monkeypatch):  # noqa: F811
    """As it does when a device comes between its enumeration and its first event."""
    (tmp_path / "twice.c").write_text(TWICE)
    flags = subprocess.run(["pkg-config", "--cflags", "libusb-1.0"], capture_output=True, text=True, check=True).stdout.split()
    subprocess.run(["cc", "-shared", "-fPIC", *flags, "-o", tmp_path / "twice.so", tmp_path / "twice.c"], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(tmp_path / "twice.so"))
    h = host("--kind", "serial")
    ready(h, "serial")
    scan(h, "serial")
    h.tell("unplug")
    h.expect("^device 1-1 gone unplugged")
    h.tell("plug")
    ready(h, "serial")
    scan(h, "serial")
    h.end()
    seen = [" ".join(line.split()[:3]) for line in h.seen if re.match("device .* (ready|gone|unused)", line)]
    assert sorted(seen) == sorted(["device 1-1 ready", "device 1-1 gone", "device 1-1 ready", *(f"device 1-{n} unused" for n in range(2, 6))])


def test_a_honeywell_scans(host):  # noqa: F811
    h = host("--kind", "honeywell")
    h.expect("^device 1-1 ready ok 0c2e:0b61 Test scanner scanner hid_pos$")
    h.tell("scan " + CARD)
    h.expect(f"^scan .* {len(CARD)} ")
    h.end()


def test_descriptors_that_lie(host):  # noqa: F811
    h = host("--kind", "garbage")
    h.expect("^device 1-1 (waiting|unused) bad_descriptor")
    h.tell("unplug")
    h.expect("^device 1-1 gone unplugged")
    h.end_without_scanner()
