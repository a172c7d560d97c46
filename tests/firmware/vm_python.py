#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""vm_python.py TOOL.py OUT.zip: packs what of Python's own library TOOL imports, compiled, for a guest that has the interpreter and
nothing else."""
import importlib._bootstrap_external as bootstrap
import pathlib
import re
import runpy
import sys
import sysconfig
import zipfile

tool, out = sys.argv[1:]
sys.path = [p for p in sys.path if p == sysconfig.get_path("stdlib") or p.endswith("lib-dynload")]
runpy.run_path(tool)
import encodings.ascii, encodings.idna, encodings.utf_8, locale, site  # noqa: E401,E402,F401  pylint: disable=all
root = pathlib.Path(sysconfig.get_path("stdlib"))
with zipfile.ZipFile(out, "w") as z:
    for f in sorted({getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}):
        if re.search(r"\.py$", f) and root in pathlib.Path(f).parents:
            code = compile(pathlib.Path(f).read_bytes(), f, "exec", dont_inherit=True)
            z.writestr(str(pathlib.Path(f).relative_to(root)) + "c", bootstrap._code_to_timestamp_pyc(code))  # pylint: disable=protected-access
