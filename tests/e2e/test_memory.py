# SPDX-License-Identifier: Apache-2.0
"""What the terminal's process gives away: no card number once it is done with it, nothing to another process of its own user, no core dump."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import pytest
from test_offline import OTHER, cut_off
from world import BUILD, Daemon, env, free_port, wait_for

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="looking into a process that forbids it, and becoming another user, needs root")


def traces(pid, what):
    """Where the process's writable memory holds these bytes."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            place, rights = line.split()[:2]
            begin, end = (int(x, 16) for x in place.split("-"))
            if "w" in rights:
                mem.seek(begin)
                data = mem.read(end - begin)
                found += [hex(begin + i) for i in range(len(data)) if data.startswith(what, i)] if what in data else []
    return found


@needs_root
def test_no_number_stays_in_memory_once_it_is_done_with(world):
    t = world.terminal().wait_leased()
    pid = t.process.pid

    def begin(number, key):
        c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "number": number, "luhn_ok": True}, {"Idempotency-Key": key}).json
        return c["checkout_id"], c["state"]

    assert traces(pid, t.shop.encode()), "there is something to be found"
    sold, state = begin(OTHER, "sold")
    assert state == "quoted" and traces(pid, OTHER.encode()), "it is needed until then"
    assert t.api("POST", f"/v1/checkouts/{sold}/confirm", {}).json["state"] == "applied"
    t.wait_synced()
    assert not traces(pid, OTHER.encode())
    left, _ = begin(OTHER, "left")
    assert t.api("POST", f"/v1/checkouts/{left}/cancel", {}).json["state"] == "cancelled"
    assert not traces(pid, OTHER.encode())
    assert begin("6200000000009995", "refused")[1] == "refused" and not traces(pid, b"6200000000009995")
    cut_off(world, t)
    assert begin(OTHER, "offline")[1] == "refused" and not traces(pid, OTHER.encode())


def may_read(name, pid):
    """May another process of that user read that file of this one?"""
    look = f"open('/proc/{pid}/{name}', 'rb').read(1)" if name == "environ" else f"open('/proc/{pid}/{name}', 'rb')"
    return subprocess.run([sys.executable, "-c", look], user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, check=False).returncode == 0


@needs_root
def test_nobody_of_the_same_user_looks_into_it_and_no_core_is_left():
    home = pathlib.Path(tempfile.mkdtemp(prefix="huika-memory-"))
    try:
        program = shutil.copy(BUILD / "huika-terminal", home)
        (home / "state").mkdir()
        for path in (home, home / "state"):
            os.chown(path, NOBODY, NOBODY)
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        other = subprocess.Popen([*command, "sleep", "600"])
        t = Daemon([*command, program, "run", "--sandbox", "--state", home / "state/s", "--listen", f"127.0.0.1:{free_port()}"],
                   home / "log", env(HOME=str(home))).start()
        try:
            wait_for("it to be ready", lambda: "is ready" in t.text or not t.running)
            assert t.running, t.text
            wait_for("the other to be that user", lambda: os.stat(f"/proc/{other.pid}").st_uid == NOBODY)
            assert may_read("environ", other.pid), "as a rule one may"
            assert not may_read("environ", t.process.pid) and not may_read("mem", t.process.pid)
            limits = pathlib.Path(f"/proc/{t.process.pid}/limits").read_text(encoding="ascii")
            core = next(ln for ln in limits.splitlines() if ln.startswith("Max core file size")).split()
            assert core[4:6] == ["0", "0"]
        finally:
            assert t.stop() == 0, t.text
            other.kill()
            other.wait()
    finally:
        shutil.rmtree(home)
