# SPDX-License-Identifier: Apache-2.0
"""README's first steps, word by word: pasted into a shell, block after block."""
import re
import subprocess

from world import BUILD, ROOT, call, env, free_port, wait_for


def blocks():
    """The steps, one text per block; what is built already is not built again."""
    part = (ROOT / "README.md").read_text(encoding="utf-8").split("## First steps by hand\n")[1].split("\n\n")[0]
    found = re.findall(r"```\n(.*?)```", part, re.S)
    assert len(found) == 3 and found[0].startswith("make\n"), part
    return [found[0].removeprefix("make\n"), *found[1:]]


def test_first_steps_by_hand(tmp_path):
    """Only directories and ports are other ones, so that it can run beside other tests."""
    said = {"service": "huika-service listens", "terminal": "huika-terminal is ready"}
    steps = [re.sub(r"/tmp/(?=[htm]\b)", f"{tmp_path}/", b).replace("build/", f"{BUILD}/") for b in blocks()]
    steps = [s.replace("--host localhost", f"--host localhost --port {free_port()} --public-port {free_port()}")
             .replace("huika-terminal run", f"huika-terminal run --listen 127.0.0.1:{free_port()}") for s in steps]
    out = tmp_path / "out"
    with open(out, "wb") as f, subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=f, stderr=f, env=env(), cwd=tmp_path) as shell:
        def text():
            return out.read_text(encoding="utf-8")

        for step, line in zip(steps, [*said.values(), None]):
            shell.stdin.write(step.encode())
            shell.stdin.flush()
            if line:
                wait_for(f"{line}, not {text()}", lambda line=line: line in text() or shell.poll() is not None)
        shell.stdin.close()
        assert shell.wait(60) == 0, text()
    for wanted in ("112.64", "delisted", "Refused  This shop was removed from the list"):
        assert wanted in text(), text()
    assert not (tmp_path / "h").exists() and not (tmp_path / "t").exists(), "README leaves nothing behind"


def test_make_install_puts_everything_where_a_package_expects_it(tmp_path):
    done = call("make", "-C", ROOT, f"BUILD={BUILD}", f"DESTDIR={tmp_path}", "PREFIX=/usr", "install")
    assert done.code == 0, done
    there = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert {f"usr/bin/{p}" for p in ("huika", "huika-admin", "huika-service", "huika-terminal")} <= there
    assert {"lib/udev/rules.d/60-huika.rules", "usr/share/huika/devices.tsv", "usr/share/locale/zh_CN/LC_MESSAGES/huika.mo",
            "usr/share/man/man1/huika.1"} <= there
    assert "用法" in call(tmp_path / "usr/bin/huika", "--help", environ=env(LC_ALL="zh_CN.UTF-8")).out, "texts are found beside the program"
