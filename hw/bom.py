#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The reader's parts list against the schematic. Prints each gap; exit 1 if there is any.

  bom.py --netlist FILE --parts FILE --csv bom.csv [--write]

The netlist is lepton-netlist's PCB format, the parts its bom2 format with value, footprint, mfr, mpn, description. Every part of
the netlist but test points (TP) and mounting holes (H) must be in the list, with maker and maker's number. --write writes
the CSV anew, if the list is whole."""
import argparse
import csv
import io
import pathlib
import re
import sys

FIELDS = ["value", "footprint", "mfr", "mpn", "description"]


def natural(ref):
    return re.sub(r"\d.*", "", ref), int(re.search(r"\d+", ref).group())


def read_parts(text, bad):
    """[[references, quantity, fields ...]] and the set of references"""
    rows, seen = [], set()
    for line in text.strip().split("\n")[1:]:
        refs, *values = line.split(":")
        if len(values) != len(FIELDS) + 1:
            bad.append(f"{refs}: an attribute holds a colon")
            continue
        refs = sorted(refs.split(","), key=natural)
        for name, value in zip(FIELDS, values):
            if not value.strip() or value == "unknown":
                bad.append(f"{' '.join(refs)}: no {name}")
        seen.update(refs)
        rows.append([" ".join(refs), str(len(refs)), *values[:-1]])
    return sorted(rows, key=lambda r: natural(r[0])), seen


def compare(netlist, parts):
    """(CSV text, gaps)"""
    bad = []
    rows, seen = read_parts(parts, bad)
    for ref in sorted(set(re.findall(r"(?<=\s)([A-Z]+\d+)-\w+", netlist)) - seen, key=natural):
        if not re.fullmatch(r"(TP|H)\d+", ref):
            bad.append(f"{ref}: in the netlist, not in the parts list")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["reference", "quantity", *FIELDS])
    writer.writerows(rows)
    if not rows:
        bad.append("no parts")
    return out.getvalue(), bad


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("netlist", "parts", "csv"):
        ap.add_argument("--" + name, type=pathlib.Path, required=True)
    ap.add_argument("--write", action="store_true")
    a = ap.parse_args()
    text, bad = compare(a.netlist.read_text(), a.parts.read_text())
    if a.write and not bad:
        a.csv.write_text(text)
    if not a.csv.exists() or a.csv.read_text() != text:
        bad.append(f"{a.csv}: not what the schematic says (make hw-update)")
    for line in bad:
        print(line, file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
