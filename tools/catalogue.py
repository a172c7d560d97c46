#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Chinese catalogue against the sources. Without arguments: prints each text that po/zh_CN.po lacks, leaves untranslated or
holds in vain; exit 1 if there is any. --update: brings its list of texts up to date, for a person to translate."""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PO = ROOT / "po" / "zh_CN.po"


def run(*argv):
    return subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def extract(path):
    listed = run("git", "ls-files", "-co", "--exclude-standard", "base/*.c", "proto/*.c", "client/*.c", "service/*.c").split("\n")
    run("xgettext", "--from-code=UTF-8", "-k_", "-kN_", "--sort-output", "--no-location", "-o", str(path),
        *(f for f in listed if f and (ROOT / f).is_file()))


def entries(path):
    """{msgid: msgstr} as written, quotes included."""
    block = re.compile(r'^msgid ((?:".*"\n)+)msgstr ((?:".*"\n?)+)', re.M)
    return dict(block.findall(run("msgcat", "--no-wrap", str(path))))


def main():
    with tempfile.TemporaryDirectory() as d:
        pot = pathlib.Path(d) / "huika.pot"
        extract(pot)
        if "--update" in sys.argv[1:]:
            run("msgmerge", "--quiet", "--no-fuzzy-matching", "--sort-output", "--no-location", "--no-wrap", "-o", str(PO), str(PO),
                str(pot))
            kept = run("msgattrib", "--no-obsolete", "--no-wrap", "--no-location", str(PO))
            PO.write_text(re.sub(r'"(POT-Creation-Date|Report-Msgid-Bugs-To):.*\n', "", kept), encoding="utf-8")
            return 0
        wanted, held = entries(pot), entries(PO)
    bad = [f"untranslated: {k}" for k in wanted if k not in held or held[k].strip() == '""']
    bad += [f"in no source: {k}" for k in held if k not in wanted]
    print("".join(bad), end="")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
