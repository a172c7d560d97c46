# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/integrating.md, as they stand there, against a sandbox."""
import re
import subprocess

import pytest
from test_page_sandbox import Sandbox
from world import ROOT, env

MANUAL = (ROOT / "docs/integrating.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    t = Sandbox(tmp_path_factory.mktemp("sandbox")).start()
    yield t
    t.stop()


def example(language):
    return re.search(rf"```{language}\n(.*?)```", MANUAL, re.S).group(1)


def environment(t):
    return env(STATE=str(t.state), URL=f"http://127.0.0.1:{t.port}", SOCKET=str(t.socket))


def run(argv, t):
    return subprocess.run(argv, capture_output=True, text=True, check=True, env=environment(t), timeout=30).stdout


def test_curl(sandbox):
    out = run(["sh", "-euc", example("sh").partition("# example: curl\n")[2]], sandbox)
    assert '"state":"applied"' in out and '"pay_fen":11264' in out
    assert run(["sh", "-euc", example("sh")], sandbox) == out, "the same key: the same sale"


def test_python(sandbox):
    out = run(["/usr/bin/python3", "-c", example("python")], sandbox)
    assert "applied" in out and "[1080, 0]" in out and "refund 880" in out, out


def test_c(sandbox, tmp_path):
    (tmp_path / "example.c").write_text(example("c"))
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-o", tmp_path / "example", tmp_path / "example.c", "-lcurl"], check=True)
    assert run([tmp_path / "example"], sandbox).strip() == "applied"


def test_nothing_was_sold_but_by_the_examples(sandbox):
    assert sandbox.huika("day").json["count"] == 4
