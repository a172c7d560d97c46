# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every step of an enrolment: what is left is no terminal or a whole one, and the same code goes on with the same
key. Enrolment in a directory that cannot be finished leaves nothing that runs."""
import subprocess

import pytest
from world import BUILD, Terminal, call, env, wait_for

CALLS = ["write", "pwrite64", "sendto", "fsync", "rename", "link", "unlink", "mkdir"]


def killed_at(call_name, n, code, state, log):
    """Kills at the n-th such call. strace counts each kind for itself, so each is tried for itself."""
    done = subprocess.run(["strace", "-f", "-o", str(log), "-e", f"trace={call_name}", "-e",
                           f"inject={call_name}:signal=SIGKILL:when={n}", str(BUILD / "huika-terminal"), "enroll", code, "--state",
                           str(state)], env=env(), capture_output=True, timeout=60)
    return done.returncode != 0


def cut_and_repeat(world, shop, name, n):
    """False once the enrolment ends before its n-th call of that name."""
    t = Terminal(world, f"{name}-{n}")
    code = world.invite(shop)
    if not killed_at(name, n, code, t.state, world.root / "strace.log"):
        assert (t.state / "terminal.ini").exists()
        return False
    key = (t.state / "terminal.key").read_bytes() if (t.state / "terminal.key").exists() else None
    whole = (t.state / "terminal.ini").exists()
    ran = call(BUILD / "huika", "journal", "verify", "--state", t.state)
    assert whole or ran.code != 0, ran
    again = t.enroll(code)
    assert again.code == (1 if whole else 0), (name, n, again)
    assert (t.state / "terminal.ini").exists()
    assert key in (None, (t.state / "terminal.key").read_bytes()), (name, n)
    return True


@pytest.mark.parametrize("name", CALLS)
def test_killed_at_any_step_the_same_code_goes_on_with_the_same_key(world, name):
    shop, n = world.shop(), 1
    while cut_and_repeat(world, shop, name, n):
        n += 1
    assert n > 1 or name in ("pwrite64", "link", "mkdir", "unlink"), "nothing was tried"
    states = {x["state"] for x in world.admin("terminal", "list").lines}
    assert states == {"active"}, states


def test_an_unfinished_enrolment_does_not_run(world):
    t = Terminal(world, "unfinished")
    code = world.invite(world.shop())
    n = 1
    while not (t.state / "terminal.crt").exists():
        assert killed_at("fsync", n, code, t.state, world.root / "strace.log")
        n += 1
    assert not (t.state / "terminal.ini").exists()
    world.daemons.append(t)
    super(Terminal, t).start()
    wait_for("the first run", lambda: "not enrolled yet" in t.text)
    r = t.huika("sell", "10.00", "--number", "6200000000000001", "--yes")
    assert r.code in (1, 3) and "enrol" in r.err and not (t.state / "journal.db").exists(), r
