#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The reader's pin map: what the netlist says of the microcontroller's pins, compared line by line with board.h and with the
committed map. Prints each difference; exit 1 if there is any.

  pinmap.py --netlist FILE --symbol FILE.sym --board board.h --map pinmap.tsv [--write]

The netlist is lepton-netlist's PCB format (a net a line: name, tab, REFDES-PIN ...); the symbol gives each pin number its name
(PD4/ICP1). A net is a signal when board.h has BOARD_<NET>_PORT and _BIT; the port pins without one, those of the programming header included, are BOARD_UNUSED_<PORT>.
--write writes the map anew, if all else is right."""
import argparse
import pathlib
import re
import sys

CHIP = "U2"
# Port pins that belong to the chip itself: programming and boot, no business of the firmware.
OTHERS = {"SCK", "MOSI", "MISO", "HWB"}
# Of them, what floats unless a programmer is plugged in.
LOOSE = {"SCK", "MOSI", "MISO"}
# What the chip can do on one pin only; the firmware relies on it (data sheet 7766, section 10.3).
FUNCTIONS = {"HEAD_T2": "ICP1", "HEAD_TX": "ICP3", "ENGINE_RX": "RXD1", "ENGINE_TX": "TXD1", "BUZZER": "OC0A"}


def read_netlist(text):
    """{net: [(refdes, pin), ...]}"""
    nets = {}
    for line in text.replace("\\\n", " ").split("\n"):
        name, _, rest = line.partition("\t")
        if name.strip():
            nets[name.strip()] = [tuple(word.rsplit("-", 1)) for word in rest.split()]
    return nets


def read_symbol(text):
    """{pin number: pin name}"""
    blocks = re.findall(r"^P [^\n]*\n\{\n(.*?)^\}", text, re.M | re.S)
    pair = [(re.search(r"^pinnumber=(.+)$", b, re.M), re.search(r"^pinlabel=(.+)$", b, re.M)) for b in blocks]
    return {number.group(1): label.group(1) for number, label in pair if number and label}


def read_board(text, bad):
    """{signal: (port, bit)}"""
    ports = dict(re.findall(r"^#define\s+BOARD_(\w+)_PORT\s+([A-F])\b", text, re.M))
    bits = dict(re.findall(r"^#define\s+BOARD_(\w+)_BIT\s+([0-7])\b", text, re.M))
    for signal in sorted(ports.keys() ^ bits.keys()):
        bad.append(f"board.h: {signal} has only one of _PORT and _BIT")
    return {signal: (ports[signal], int(bits[signal])) for signal in ports.keys() & bits.keys()}


def read_chip(nets, names, bad):
    """{net: (port, bit, pin, name)} for the nets on port pins of the chip"""
    found = {}
    for net, pins in nets.items():
        for pin in (p for ref, p in pins if ref == CHIP):
            if pin not in names:
                bad.append(f"netlist: {CHIP} has no pin {pin} ({net})")
                continue
            port = re.match(r"P([A-F])([0-7])\b", names[pin])
            if not port:
                continue
            if net in found:
                bad.append(f"netlist: {net} is on pins {found[net][2]} and {pin} of {CHIP}")
            found[net] = (port.group(1), int(port.group(2)), pin, names[pin])
    return found


def check_unused(names, chip, board, bad):
    """board.h's masks of pins to pull up are the port pins that no signal has"""
    said = {port: int(mask, 0) for port, mask in re.findall(r"^#define\s+BOARD_UNUSED_([A-F])\s+(\w+)", board, re.M)}
    pins = [re.match(r"P([A-F])([0-7])\b", name) for name in names.values()]
    taken = {(port, bit) for net, (port, bit, _, _) in chip.items() if net not in LOOSE}
    free = {(m.group(1), int(m.group(2))) for m in pins if m} - taken
    for port in sorted({p for p, _ in free} | said.keys()):
        mask = sum(1 << bit for p, bit in free if p == port)
        if said.get(port, 0) != mask:
            bad.append(f"BOARD_UNUSED_{port}: board.h has {said.get(port, 0):#04x}, the schematic leaves {mask:#04x} free")


def compare(netlist, symbol, board):
    """(map as text, differences)"""
    bad = []
    signals = read_board(board, bad)
    names = read_symbol(symbol)
    chip = read_chip(read_netlist(netlist), names, bad)
    check_unused(names, chip, board, bad)
    if not signals:
        bad.append("board.h: no signal found")
    for signal, (port, bit) in sorted(signals.items()):
        if signal not in chip:
            bad.append(f"{signal}: board.h has P{port}{bit}, the schematic has it on no port pin of {CHIP}")
        elif chip[signal][:2] != (port, bit):
            bad.append(f"{signal}: board.h has P{port}{bit}, the schematic {chip[signal][3]} (pin {chip[signal][2]})")
    for net, (port, bit, pin, name) in sorted(chip.items()):
        if net not in signals and net not in OTHERS:
            bad.append(f"{net}: on pin {pin} ({name}) of {CHIP}, and board.h does not know it")
        if net in FUNCTIONS and FUNCTIONS[net] not in name.split("/"):
            bad.append(f"{net}: needs {FUNCTIONS[net]}, pin {pin} is {name}")
    rows = ["# SPDX-License-Identifier: Apache-2.0", "# Made from the netlist by tools/pinmap.py --write. signal, port, pin of the TQFP44, its name."]
    rows += [f"{net}\tP{port}{bit}\t{pin}\t{name}" for net, (port, bit, pin, name) in sorted(chip.items())]
    return "\n".join(rows) + "\n", bad


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("netlist", "symbol", "board", "map"):
        ap.add_argument("--" + name, type=pathlib.Path, required=True)
    ap.add_argument("--write", action="store_true")
    a = ap.parse_args()
    text, bad = compare(a.netlist.read_text(), a.symbol.read_text(), a.board.read_text())
    if a.write and not bad:
        a.map.write_text(text)
    if not a.map.exists() or a.map.read_text() != text:
        bad.append(f"{a.map}: not what the netlist says (make hw-update)")
    for line in bad:
        print(line, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
