# SPDX-License-Identifier: Apache-2.0
"""kill -9 between any two steps of a sale: strace delivers the signal at the n-th system call of a kind that leaves the process,
n = 1, 2, 3 ... until a whole sale fits before it. After each: restart, retry with the same key, and count."""
import http.client
import os
import signal
import subprocess

import pytest
from world import MEMBERS, wait_for

CARD = MEMBERS[0][0]
SENDING = {"write", "writev", "sendto", "sendmsg"}
CALLS = ["pwrite64", "fdatasync", "fsync", "ftruncate", "rename", "unlink", *sorted(SENDING)]
LEAVES = (OSError, http.client.HTTPException, ValueError, KeyError)


def blows():
    """(system call, n) for n = 1, 2, 3 ... until the caller sets blows.next_call, then the next kind: strace counts each kind
    for itself."""
    for call in CALLS:
        blows.next_call = False
        for n in range(1, 100):
            yield call, n
            if blows.next_call:
                break
        assert blows.next_call, f"a hundred {call} and no end"


class Killer:
    """Kills `pid` when it enters its n-th `call` from now on."""

    def __init__(self, pid, call, n, log):
        self.log = log
        self.process = subprocess.Popen(
            ["strace", "-f", "-o", str(log), "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={n}", "-p", str(pid)],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self.process.stderr.readline()
        assert b"attached" in line, line

    def end(self):
        """Lets go, or makes sure that a struck process is really gone: strace sometimes waits for ever for a thread of one that
        it has killed, and so keeps it from its parent."""
        if self.struck:
            self.process.kill()
        elif self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        self.process.stderr.close()

    @property
    def struck(self):
        return b"killed by SIGKILL" in self.log.read_bytes()


def sell(t, qr, key):
    """A sale by the counter API; True only if the terminal said that it is applied."""
    try:
        c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": qr}, {"Idempotency-Key": key}).json
        if c["state"] == "quoted":
            c = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json
        return c["sale_id"] if c["state"] == "applied" else None
    except LEAVES:
        return None


@pytest.mark.skipif(os.geteuid() != 0, reason="attaching to a process that forbids it needs root")
def test_terminal_killed_between_any_two_steps_of_a_sale(world):
    plenty = {"offline_starts": 1000, "offline_sales": 1000, "offline_per_card_day": 1000}  # of what a slow machine may need
    t = world.policy(**plenty).terminal().wait_leased()
    qr = world.qr(CARD)
    sold, shown, struck = [], {}, set()
    for call, n in blows():
        key, log = f"sale-{call}-{n}", world.root / "strace.log"
        killer = Killer(t.process.pid, call, n, log)
        sale = sell(t, qr, key)
        if sale:
            shown[key] = sale
        else:
            wait_for("the blow", lambda k=killer: k.struck)
        killer.end()
        if killer.struck:
            struck.add(call)
            t.stop()
            t.start().wait_online()
        else:
            blows.next_call = True
        again = wait_for("the retry", lambda k=key: sell(t, qr, k))
        assert shown.get(key, again) == again, "a sale that was shown came back as another"
        sold.append(again)
    assert {"pwrite64", "fdatasync"} <= struck and struck & SENDING, struck
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
    struck, total = set(), 0
    for call, n in blows():
        killer = Killer(world.service.process.pid, call, n, world.root / "strace.log")
        sale = sell(t, qr, f"sale-{call}-{n}")
        total += 1 if sale else 0
        wait_for("upload or death", lambda k=killer: k.struck or t.status["unsent"] == 0)
        killer.end()
        if killer.struck:
            struck.add(call)
            world.service.stop()
            world.service.start()
            t.wait_online()
        else:
            blows.next_call = True
        t.wait_synced()
    assert {"pwrite64", "fdatasync"} <= struck and struck & SENDING, struck
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == total == t.huika("day").json["count"]
    assert t.huika("journal", "verify").code == 0
    assert t.status["head"]["countersigned_seq"] == t.status["head"]["seq"]
