# SPDX-License-Identifier: Apache-2.0
"""What the pages about the board say, held against the firmware: fuses, budgets."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
ELF = os.environ.get("HUIKA_READER_ELF", str(ROOT / "build/firmware/huika-reader.elf"))


def fuses():
    got = subprocess.run(["avr-objdump", "-s", "-j", ".fuse", ELF], capture_output=True, text=True, check=True).stdout
    return bytes.fromhex(re.search(r"^ 820000 ([0-9a-f]{6}) ", got, re.M).group(1))


def test_the_board_s_page_names_the_fuses_of_the_elf():
    page = (ROOT / "hw/README.md").read_text(encoding="utf-8")
    said = [re.search(rf"^\| {name} \| [0-9A-F]{{2}} \| \*\*([0-9A-F]{{2}})\*\* \|", page, re.M).group(1) for name in ("low", "high", "extended")]
    assert bytes.fromhex("".join(said)) == fuses()


def test_the_fuses_do_what_the_page_says():
    """Data sheet 7766, tables 28-3 to 28-5: a programmed bit is 0."""
    low, high, extended = fuses()
    assert low & 0x80, "CKDIV8"
    assert low & 0x0F == 0x0E, "a crystal above 8 MHz"
    assert high & 0x40, "JTAG is off"
    assert not high & 0x08, "EESAVE"
    assert high & 0x06 == 0 and high & 0x01, "a loader of 4 KiB, start in the application"
    assert not high & 0x20, "SPIEN: or nobody gets in again"
    assert extended & 0x07 == 0 and not extended & 0x08, "4.3 V, HWB"
