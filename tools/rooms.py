#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a compiler does not check: which room may include which, which calls are banned, how long a
file may be, who carries a licence line. Prints one line per breach; exit 1 if there is any."""
import pathlib
import re
import subprocess
import sys

# room -> rooms it may include from (itself always). Longest prefix names a file's room.
MAY = {
    "base": [],
    "proto": ["base"],
    "client/core": ["proto", "base"],
    "client/ports": ["client/core", "proto", "base"],
    "client/counter": ["client/core", "proto", "base"],
    "client/print": ["client/core", "proto", "base"],
    "client/cli": ["client/core", "client/ports", "client/print", "proto", "base"],
    "client/admin": ["client/ports", "proto", "base"],
    "client/terminal": ["client/core", "client/ports", "client/counter", "client/print", "proto", "base"],
    "client": ["client/core", "client/ports", "client/counter", "client/print", "client/cli", "client/terminal", "proto", "base"],
    "service": ["proto", "base"],
    "firmware": [],
    "tests": ["base", "proto", "client/core", "client/ports", "client/counter", "client/print", "client/cli", "client/admin",
              "client/terminal", "client", "service", "firmware"],
}
EXTRA = {"firmware": {"proto/reader_report.h"}}
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|rand|srand|system|popen|"
                    r"alloca|tmpnam|mktemp|localtime|gmtime|asctime|ctime|usleep)\s*\(")
# Clocks stay out of what a simulator must be able to drive.
CLOCKS = re.compile(r"\b(clock_gettime|time\s*\(|gettimeofday|tm_wall_utc_ms|tm_mono_ms)\b")
MAX_LINES = 500


def room(path):
    return max((r for r in MAY if path == r or path.startswith(r + "/")), key=len, default=None)


def main():
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], check=True, capture_output=True, text=True).stdout
    files = [f for f in out.split("\n") if f and pathlib.Path(f).is_file()]
    bad = []
    for f in files:
        suffix = pathlib.Path(f).suffix
        if suffix not in (".c", ".h", ".py", ".sh", ".awk", ".mk", ".js", ".css"):
            continue
        lines = pathlib.Path(f).read_text(encoding="utf-8").split("\n")
        if not any("SPDX-License-Identifier: Apache-2.0" in ln for ln in lines[:3]):
            bad.append(f"{f}:1: no SPDX line")
        if len(lines) > MAX_LINES:
            bad.append(f"{f}: {len(lines)} lines; at {MAX_LINES} it is two things")
        if suffix not in (".c", ".h"):
            continue
        mine = room(f)
        for n, line in enumerate(lines, 1):
            inc = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if inc and "/" in inc.group(1):
                theirs = room(inc.group(1))
                if theirs is None:
                    bad.append(f"{f}:{n}: includes {inc.group(1)}, which is in no room")
                elif theirs != mine and theirs not in MAY.get(mine, []) and inc.group(1) not in EXTRA.get(mine, ()):
                    bad.append(f"{f}:{n}: {mine} may not include from {theirs}")
            call = BANNED.search(line)
            if call and mine != "tests" and not line.lstrip().startswith(("*", "/*", "//")):
                bad.append(f"{f}:{n}: {call.group(1)}() is banned")
            if mine in ("proto", "client/core") and CLOCKS.search(line) and not line.lstrip().startswith(("*", "/*")):
                bad.append(f"{f}:{n}: {mine} may not read a clock")
    print("\n".join(bad)) if bad else None
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
