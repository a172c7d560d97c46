#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads a boot's log and feeds what came out of the guest's printers ("PAPER NAME", base64, "PAPER END") to the strict interpreter. A line
"EXPECT NAME TEXT" must be on that paper, "EXPECT NAME =N TEXT" exactly N times. Exit status 1 with the reason if not."""
import base64
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "lib"))
from escpos import Garbage, Printer  # noqa: E402  pylint: disable=wrong-import-position


def papers(log):
    """What was printed, by name, as text. Questions (DLE EOT) are no printing; the interpreter sees to it that no picture holds one."""
    found = {}
    for name, data in re.findall(r"^PAPER (\S+)\n(.*?)^PAPER END$", log, re.M | re.S):
        printed = re.sub(rb"\x10\x04[\1\2\4]", b"", base64.b64decode(data))
        found[name] = Printer(384).feed(printed)
    return found


def main():
    log = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace")
    try:
        found = papers(log)
    except Garbage as e:
        return f"a printer got garbage: {e}"
    for name, count, text in re.findall(r"^EXPECT (\S+) (?:=(\d+) )?(.*)$", log, re.M):
        seen = "\n".join(found[name].lines).count(text) if name in found else 0
        if (seen != int(count)) if count else not seen:
            return f"paper {name} has {text!r} {seen} times"
    for name, p in found.items():
        print(f"paper {name}: {len(p.lines)} lines, {p.cuts} cuts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
