# SPDX-License-Identifier: Apache-2.0
"""kill -9 between any two steps of a sale: strace delivers the signal at the n-th system call that leaves the process, n = 1, 2, 3 …
until a whole sale fits before it. After each: restart, retry with the same key, and count."""
import http.client
import os
import re
import signal
import subprocess

import pytest
from world import MEMBERS, wait_for

CARD = MEMBERS[0][0]
CALLS = "write,pwrite64,writev,pwritev,sendto,sendmsg,fsync,fdatasync,ftruncate,fallocate,rename,unlink"
LEAVES = (OSError, http.client.HTTPException, ValueError, KeyError)


class Killer:
    """Kills `pid` when it enters its n-th call of CALLS from now on."""

    def __init__(self, pid, n, log):
        self.log = log
        self.process = subprocess.Popen(
            ["strace", "-f", "-o", str(log), "-e", f"trace={CALLS}", "-e", f"inject={CALLS}:signal=SIGKILL:when={n}", "-p", str(pid)],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self.process.stderr.readline()
        assert b"attached" in line, line

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.process.stderr.close()


def last_call(log):
    """The system call at which the process was struck, as a set of at most one."""
    return set(re.findall(r"^\d+ +(\w+)\(", log.read_text(errors="replace"), re.MULTILINE)[-1:])


def sell(t, qr, key):
    """A sale by the counter API; True only if the terminal said that it is applied."""
    try:
        c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": qr}, {"Idempotency-Key": key}).json
        if c["state"] == "quoted":
            c = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json
        return c["sale_id"] if c["state"] == "applied" else None
    except LEAVES:
        return None


def gone(daemon, within_s=0):
    """True if it has ended; a process that was sent SIGKILL takes a moment to."""
    try:
        daemon.process.wait(within_s)
        return True
    except subprocess.TimeoutExpired:
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="attaching to a process that forbids it needs root")
def test_terminal_killed_between_any_two_steps_of_a_sale(world):
    t = world.terminal()
    qr = world.qr(CARD)
    sold, shown, struck = [], {}, set()
    for n in range(1, 200):
        key, log = f"sale-{n}", world.root / f"strace-{n}.log"
        killer = Killer(t.process.pid, n, log)
        sale = sell(t, qr, key)
        whole = sale and not gone(t)
        if whole or gone(t, 5):
            killer.end()
        if sale:
            shown[key] = sale
        if gone(t):
            struck |= last_call(log)
            t.stop()
            t.start().wait_online()
        again = wait_for("the retry", lambda k=key: sell(t, qr, k))
        assert shown.get(key, again) == again, "a sale that was shown came back as another"
        sold.append(again)
        if whole:
            break
    assert whole, "no sale ever came through"
    assert struck & {"pwrite64", "fdatasync", "fsync"} and struck & {"sendto", "sendmsg", "write", "writev"}, struck
    assert len(set(sold)) == len(sold)
    t.wait_synced()
    assert [s["sale_id"] for s in t.huika("day").json["sales"]] == sold
    sales = world.admin("shop", "show", t.shop).json["sales"]
    assert sales["count"] == len(sold) and sales["total_fen"] == 1000 * len(sold)
    assert t.huika("journal", "verify").code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="attaching to a process needs root")
def test_service_killed_between_any_two_steps_of_an_upload(world):
    t = world.terminal()
    qr = world.qr(CARD)
    kills = total = 0
    for n in range(1, 60, 2):
        killer = Killer(world.service.process.pid, n, world.root / "strace.log")
        if sell(t, qr, f"sale-{n}"):
            total += 1
        wait_for("upload or death", lambda: gone(world.service) or t.status["unsent"] == 0)
        died = gone(world.service)
        killer.end()
        if died or gone(world.service):
            kills += 1
            world.service.stop()
            world.service.start()
            t.wait_online()
        t.wait_synced()
    assert kills >= 5
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == total == t.huika("day").json["count"]
    assert t.huika("journal", "verify").code == 0
    assert t.status["head"]["countersigned_seq"] == t.status["head"]["seq"]
