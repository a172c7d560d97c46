# SPDX-License-Identifier: Apache-2.0
"""The disk under the journal is full: no sale is shown as applied, and work goes on when there is room again."""
import os
import subprocess

import pytest
from world import MEMBERS, wait_for

CARD = MEMBERS[0][0]


@pytest.fixture
def small_disk(world):
    """A terminal whose state directory is a file system of 24 MiB of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    t = world.terminal(start=False)
    aside = world.root / "aside"
    t.state.rename(aside)
    t.state.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", str(t.state)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(t.state)], check=True)
        yield t
    finally:
        t.stop()
        subprocess.run(["umount", str(t.state)], check=True)


def fill(path):
    with open(path, "wb", buffering=0) as f:
        try:
            for size in (65536, 4096, 1):
                while True:
                    try:
                        f.write(b"\0" * size)
                    except OSError:
                        break
        finally:
            pass


def test_no_sale_is_applied_on_a_full_disk(world, small_disk):
    t = small_disk
    t.start().wait_online()
    qr = world.qr(CARD)
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0
    t.wait_synced()
    fill(t.state / "filler")
    lines = [{"category": f"category-{i:022d}", "amount_fen": 1} for i in range(150)]
    applied, failed = 1, None
    for i in range(3000):
        c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 150, "scan": qr, "lines": lines}, {"Idempotency-Key": f"sale-{i}"}).json
        assert c["state"] == "quoted", c
        c = t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json
        if c.get("state") != "applied":
            failed = c
            break
        applied += 1
    assert failed, "the disk never became full"
    assert failed.get("error", failed.get("code")) == "disk_full" and not failed.get("sale_id"), failed
    for _ in range(100):  # a smaller record may still find room
        r = t.huika("sell", "10", "--scan", qr, "--yes")
        if r.code:
            break
        applied += 1
    assert r.code == 3 and "disk_full" in r.out and not r.json.get("sale_id"), r
    assert t.huika("day").json["count"] == applied
    (t.state / "filler").unlink()
    assert wait_for("room", lambda: t.huika("sell", "10", "--scan", qr, "--yes").code == 0)
    t.wait_synced()
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == applied + 1
    assert t.huika("journal", "verify").code == 0
