# SPDX-License-Identifier: Apache-2.0
"""kill -9 at each system call with which a terminal takes a new list of revoked cards: afterwards there is the old list or the new one,
whole, and the notice on disk says which."""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess

import pytest
from world import MEMBERS, wait_for

CARD, OTHER = MEMBERS[0][0], MEMBERS[4][0]
CALLS = ["write", "fsync", "rename", "unlink", "munmap"]


def held(t):
    """Version and token values of the list in force, as they lie on the disk. None: there is none."""
    notice = t.state / "revoked.json"
    if not notice.exists():
        return None
    said = json.loads(base64.b64decode(json.loads(notice.read_text())["payload"]))
    data = (t.state / f"revoked-{said['version']}.bin").read_bytes()
    assert len(data) == said["len"] and hashlib.sha256(data).hexdigest() == said["sha256"], "half applied"
    assert int.from_bytes(data[24:32], "big") == said["count"] == (len(data) - 32) // 8
    return said["version"]


def has(t, version):
    """The same of a terminal that runs: it may change between two looks."""
    with contextlib.suppress(FileNotFoundError):
        return held(t) == version
    return False


class News:
    """Cards that are lost and found again, so that there is always a newer list."""

    def __init__(self, world):
        self.world, self.lost = world, False

    def newer(self):
        self.lost, before = not self.lost, self.version()
        assert self.world.admin("member", "status", CARD, "lost" if self.lost else "active").code == 0
        wait_for("a newer list", lambda: self.version() > before)

    def version(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.world.service.dir}/service.db?mode=ro", uri=True)) as db:
            return db.execute("SELECT max(version) FROM revoked").fetchone()[0]


def blow(t, call, n, newest):
    """Starts the terminal and kills it at its n-th `call`; False: it had taken the newest list before."""
    log = t.state.parent / "strace.log"
    with open(t.log, "ab") as out:
        strace = subprocess.Popen(["strace", "-f", "-qq", "-o", log, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={n}",
                                   *t.argv], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=t.environ)
    wait_for("the blow or the list", lambda: strace.poll() is not None or has(t, newest))
    died = strace.poll() is not None
    for child in pathlib.Path(f"/proc/{strace.pid}/task/{strace.pid}/children").read_text().split() if not died else []:
        os.kill(int(child), signal.SIGKILL)
    strace.wait(30)
    return died


@pytest.mark.skipif(os.geteuid() != 0, reason="tracing a process that forbids it needs root")
@pytest.mark.parametrize("how", ["delta", "base"])
def test_a_new_list_is_there_whole_or_not_at_all(world, how):
    t = world.policy(revoked_every_s=0).terminal().wait_leased()
    t.stop()
    news, struck, before, after = News(world), {}, 0, 0
    for call in CALLS:
        for n in range(1, 100):
            was = held(t)
            if was is None or was == news.version():
                news.newer()
            if how == "base":
                for f in [t.state / "revoked.json", *t.state.glob("revoked-*.bin")]:
                    f.unlink(missing_ok=True)
                was = None
            newest = news.version()
            died = blow(t, call, n, newest)
            assert held(t) in (was, newest)
            before, after = before + (held(t) == was), after + (held(t) == newest)
            if not died:
                break
            struck[call] = n
        assert not died, f"a hundred {call} and no end"
    assert {"write", "fsync", "rename"} <= set(struck) and before > 5 and after > len(CALLS), (struck, before, after)
    if not news.lost:
        news.newer()
    qr, other = world.qr(CARD), world.qr(OTHER)
    t.start().wait_online()
    wait_for("the last list", lambda: has(t, t.status["offline"]["revoked_version"]) and has(t, news.version()))
    t.wait_leased()
    wait_for("nothing to lie about", lambda: len(list(t.state.glob("revoked*"))) == 2)
    world.service.stop()
    t.kill()
    t.start()
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["reason"] == "card_revoked"
    assert t.huika("sell", "10", "--scan", other, "--yes").json["verdict"] == "provisional"
    if how == "delta":
        assert "a delta of the list of revoked cards was of no use" not in t.text
