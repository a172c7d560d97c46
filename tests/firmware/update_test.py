# SPDX-License-Identifier: Apache-2.0
"""The updater: real signatures; a stand-in for dfu-programmer, which only shows what is called in which order."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/reader-update.py"
HEX = os.environ.get("HUIKA_READER_HEX", str(ROOT / "build/firmware/huika-reader.hex"))

FAKE = """#!/usr/bin/python3
import os, pathlib, sys
d = pathlib.Path(os.environ["FAKE_DIR"])
with (d / "calls").open("a") as f:
    f.write(" ".join(a for a in sys.argv[1:] if not a.startswith("/")) + "\\n")
flash = d / "flash"
if sys.argv[2] == "erase":
    flash.write_bytes(b"\\xff" * 0x7000)
elif sys.argv[2] == "flash":
    if os.environ.get("FAKE_FAILS") == "flash":
        sys.exit("no such thing")
    b = bytearray(flash.read_bytes())
    for line in pathlib.Path(sys.argv[3]).read_text().split():
        r = bytes.fromhex(line[1:])
        if r[3] == 0:
            b[r[1] << 8 | r[2]:][:r[0]] = b""
            at = r[1] << 8 | r[2]
            b[at:at + r[0]] = r[4:-1]
    if os.environ.get("FAKE_FAILS") == "bits":
        b[100] ^= 1
    flash.write_bytes(b)
elif sys.argv[2] == "dump":
    sys.stdout.buffer.write(flash.read_bytes())
"""


@pytest.fixture(name="desk")
def make_desk(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "keys").mkdir()
    fake = tmp_path / "bin" / "dfu-programmer"
    fake.write_text(FAKE)
    fake.chmod(0o755)
    for name in ("ours", "theirs"):
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", tmp_path / f"{name}.key"], check=True)
    subprocess.run(["openssl", "pkey", "-in", tmp_path / "ours.key", "-pubout", "-out", tmp_path / "keys/ours.pem"], check=True)
    (tmp_path / "reader.hex").write_text(pathlib.Path(HEX).read_text())
    return tmp_path


def update(desk, *args, fails=""):
    env = dict(os.environ, PATH=f"{desk}/bin:{os.environ['PATH']}", FAKE_DIR=str(desk), FAKE_FAILS=fails)
    return subprocess.run([sys.executable, TOOL, desk / "reader.hex", *args], env=env, capture_output=True,
                          text=True, check=False)


def calls(desk):
    f = desk / "calls"
    return f.read_text().splitlines() if f.exists() else []


def sign(desk, name="ours"):
    assert update(desk, "--sign", desk / f"{name}.key").returncode == 0


def test_a_signed_image_is_erased_written_read_back_and_started(desk):
    sign(desk)
    got = update(desk, "--keys", desk / "keys", "--in-loader")
    assert got.returncode == 0, got.stderr
    assert calls(desk) == ["atmega32u4 get bootloader-version --quiet", "atmega32u4 erase", "atmega32u4 flash", "atmega32u4 dump",
                           "atmega32u4 reset"]


@pytest.mark.parametrize("harm", ["unsigned", "foreign", "changed", "signature", "borrowed-id"])
def test_nothing_is_touched_without_a_good_signature(desk, harm):
    if harm != "unsigned":
        sign(desk, "theirs" if harm in ("foreign", "borrowed-id") else "ours")
    sig = desk / "reader.hex.sig"
    if harm == "changed":
        text = (desk / "reader.hex").read_text()
        (desk / "reader.hex").write_text(text.replace("\n", "\n\n", 1))
    if harm == "signature":
        name, value = sig.read_text().split()
        sig.write_text(f"{name}\n{value[:20]}{'B' if value[20] == 'A' else 'A'}{value[21:]}\n")
    if harm == "borrowed-id":
        foreign = sig.read_text().split()[1]
        sign(desk)
        sig.write_text(f"{sig.read_text().split()[0]}\n{foreign}\n")
    got = update(desk, "--keys", desk / "keys", "--in-loader")
    assert got.returncode == 1
    assert len(got.stderr.splitlines()) == 1
    assert calls(desk) == []


@pytest.mark.parametrize("line", [":020000040001F9", ":10700000000102030405060708090A0B0C0D0E0F08", ":0100000000FE", "MZ"])
def test_an_image_that_does_not_fit_the_chip_is_refused(desk, line):
    lines = (desk / "reader.hex").read_text().split()
    (desk / "reader.hex").write_text("\n".join([*lines[:-1], line, lines[-1]]) + "\n")
    assert update(desk, "--sign", desk / "ours.key").returncode == 1


@pytest.mark.parametrize("fails", ["flash", "bits"])
def test_a_failed_write_is_said_and_the_reader_not_started(desk, fails):
    sign(desk)
    got = update(desk, "--keys", desk / "keys", "--in-loader", fails=fails)
    assert got.returncode == 3
    assert "--in-loader" in got.stderr
    assert "atmega32u4 reset" not in calls(desk)
    assert calls(desk)[-1] == "atmega32u4 erase", "half an image would run"


def test_the_man_page_has_every_option():
    said = subprocess.run([sys.executable, TOOL, "--help"], capture_output=True, text=True, check=True).stdout
    page = (ROOT / "docs/man/huika-reader-update.1").read_text()
    options = set(re.findall(r"^ +(?:-\w, )?--([a-z-]+)", said, re.M))
    assert {"keys", "in-loader", "give-unit"} <= options
    assert options == set(re.findall(r"-([a-z]+(?:-[a-z]+)*)", " ".join(re.findall(r"^\.It Fl (.*)$", page, re.M))))


def test_it_is_installed(tmp_path):
    subprocess.run(["make", "-s", "install-reader-update", f"DESTDIR={tmp_path}"], cwd=ROOT, check=True)
    got = subprocess.run([tmp_path / "usr/local/bin/huika-reader-update", "--version"], capture_output=True, text=True, check=True)
    assert got.stdout.startswith("huika-reader-update ")


def test_without_a_reader_it_says_what_to_do(desk):
    sign(desk)
    got = update(desk, "--keys", desk / "keys")
    assert got.returncode == 3
    assert "plug" in got.stderr
    assert calls(desk) == []
