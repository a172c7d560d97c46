# SPDX-License-Identifier: Apache-2.0
"""The checks of the reader's schematic notice what they are there for: each test breaks one thing and wants it named."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "hw")]
import bom  # noqa: E402
import pinmap  # noqa: E402

SYMBOL = (ROOT / "hw/schematic/sym/atmega32u4.sym").read_text()
BOARD = (ROOT / "firmware/avr/board.h").read_text()


def backend(folder, name, *options):
    out = folder / name
    done = subprocess.run(["lepton-netlist", "-q", "-g", name, *options, "-o", str(out), "reader.sch"], cwd=folder,
                          env={**os.environ, "GUILE_AUTO_COMPILE": "0"}, capture_output=True, text=True)
    return done.returncode, out.read_text() if out.exists() else done.stderr


def parts_of(folder):
    return backend(folder, "bom2", "-O", "attribs=" + ",".join(bom.FIELDS))[1]


@pytest.fixture(scope="module")
def netlist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hw") / "schematic"
    shutil.copytree(ROOT / "hw/schematic", folder)
    code, text = backend(folder, "PCB")
    assert code == 0
    return text


@pytest.fixture
def sheet(tmp_path):
    """A copy of the schematic to break: sheet(old, new) -> its folder."""
    folder = tmp_path / "schematic"
    shutil.copytree(ROOT / "hw/schematic", folder)

    def edit(pattern="", new=""):
        text, count = re.subn(pattern, new, (folder / "reader.sch").read_text(), count=1, flags=re.M)
        assert count == 1
        (folder / "reader.sch").write_text(text)
        return folder

    return edit


def differences(netlist, board=BOARD, symbol=SYMBOL):
    return pinmap.compare(netlist, symbol, board)[1]


def test_schematic_and_firmware_agree(netlist):
    text, bad = pinmap.compare(netlist, SYMBOL, BOARD)
    assert bad == []
    assert text == (ROOT / "hw/pinmap.tsv").read_text()


@pytest.mark.parametrize("old,new,says", [
    ("BOARD_LED_RED_BIT    7", "BOARD_LED_RED_BIT 5", "LED_RED: board.h has PD5"),
    ("BOARD_HEAD_TX_PORT C", "BOARD_HEAD_TX_PORT D", "HEAD_TX: board.h has PD7"),
    ("#define BOARD_BUZZER_BIT     7\n", "", "BUZZER has only one"),
    ("#define BOARD_BUTTON", "#define BOARD_KNOB", "BUTTON: on pin 30"),
    ("#define BOARD_LED", "#define BOARD_LAMP", "LAMP_RED: board.h has PD7, the schematic has it on no"),
])
def test_a_board_h_that_differs_is_named(netlist, old, new, says):
    assert old in BOARD
    assert any(says in line for line in differences(netlist, BOARD.replace(old, new)))


def test_an_empty_board_h_is_no_agreement(netlist):
    assert "board.h: no signal found" in differences(netlist, "")


@pytest.mark.parametrize("old,new,says", [
    ("U2-26", "U2-22", "LED_GREEN: board.h has PD6, the schematic PD5 (pin 22)"),
    ("U2-25", "U2-31", "HEAD_T2: needs ICP1"),
    ("U2-32", "U9-32", "HEAD_TX: board.h has PC7, the schematic has it on no port pin"),
    ("U2-30", "U2-30 U2-31", "BUTTON is on pins 30 and 31"),
    ("U2-30", "U2-77", "U2 has no pin 77"),
    ("U2-9", "U2-9\nSTRAY\tR1-1 U2-31", "STRAY: on pin 31"),
])
def test_a_netlist_that_differs_is_named(netlist, old, new, says):
    assert re.search(rf"{old}\b", netlist)
    assert any(says in line for line in differences(re.sub(rf"{old}\b", new, netlist, count=1)))


def test_swapped_pins_of_the_symbol_are_named(netlist):
    swapped = SYMBOL.replace("PD4/ICP1", "X").replace("PD5", "PD4/ICP1").replace("X", "PD5")
    assert any(line.startswith("HEAD_T2: board.h has PD4") for line in differences(netlist, symbol=swapped))


def test_a_map_not_made_anew_fails_the_command(netlist, tmp_path):
    (tmp_path / "net").write_text(netlist)
    (tmp_path / "map").write_text((ROOT / "hw/pinmap.tsv").read_text().replace("PD7", "PD5"))
    command = [sys.executable, ROOT / "tools/pinmap.py", "--netlist", tmp_path / "net", "--symbol", ROOT / "hw/schematic/sym/atmega32u4.sym",
               "--board", ROOT / "firmware/avr/board.h", "--map", tmp_path / "map"]
    assert subprocess.run(command, capture_output=True).returncode == 1
    assert subprocess.run([*command, "--write"], capture_output=True).returncode == 0
    assert (tmp_path / "map").read_text() == (ROOT / "hw/pinmap.tsv").read_text()


def drc(folder):
    """What `make lint-hw` goes by: drc2's exit status says nothing."""
    text = backend(folder, "drc2")[1]
    return ("\nNo errors found" in text) and ("\nNo warnings found" in text), text


def test_design_rules_pass_and_notice_a_pin_left_open(sheet):
    folder = sheet("v 20", "v 20")
    assert drc(folder)[0]
    sheet(r"^C \d+ \d+ 1 \d+ 0 no-connect.sym\n", "")
    good, text = drc(folder)
    assert not good and re.search("Unconnected pin", text), text


def test_design_rules_notice_two_outputs_on_a_net(sheet):
    folder = sheet("v 20", "v 20")
    symbol = folder / "sym/resistor.sym"
    symbol.write_text(symbol.read_text().replace("pintype=pas", "pintype=out"))
    good, text = drc(folder)
    assert not good and "ERROR" in text


@pytest.mark.parametrize("pattern,new,says", [
    (r"^mpn=MCP6562-E/SN$", "mpn=", "no mpn"),
    (r"^mfr=Murata$", "maker=Murata", "no mfr"),
    (r"^mpn=MMBT2222ALT1G$", "nobom=1", "Q1: in the netlist, not in the parts list"),
])
def test_a_part_that_cannot_be_bought_is_named(sheet, netlist, pattern, new, says):
    gaps = bom.compare(netlist, parts_of(sheet(pattern, new)))[1]
    assert any(says in gap for gap in gaps), gaps


def test_the_parts_list_is_whole(sheet, netlist):
    text, gaps = bom.compare(netlist, parts_of(sheet("v 20", "v 20")))
    assert gaps == []
    assert text == (ROOT / "hw/bom.csv").read_text()
