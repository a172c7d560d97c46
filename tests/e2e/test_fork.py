# SPDX-License-Identifier: Apache-2.0
"""A journal that was deleted, put back from a backup, or copied to another machine: found at the next start, or by the service; nothing
is sold offline with it until the terminal is resumed, and then both branches are there."""
import contextlib
import http.client
import shutil
import sqlite3

import pytest
from service import Province
from world import BUILD, MEMBERS, call, wait_for

CARD = MEMBERS[0][0]


def sell(t, qr):
    return t.huika("sell", "10", "--scan", qr, "--yes")


def forked(t):
    return t.status["upload_error"] == "chain_fork" and t.status["offline"]["why"] == "chain_fork"


def begun(t):
    """Online in its second epoch. None while the terminal begins again: its socket is away for a moment."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        s = t.status
        return s["terminal"]["epoch"] == 2 and s["online"]


def verify(t):
    return call(BUILD / "huika", "--json", "journal", "verify", "--state", t.state)


def resume(world, t):
    """What an administrator does after looking into it."""
    admin = Province(world.service, world.root)
    admin.post(f"/v1/terminals/{t.terminal_id}/resume", {})
    admin.close()


@pytest.fixture
def shop(world):
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    assert sell(t, qr).code == 0
    t.wait_synced()
    t.terminal_id = t.status["terminal"]["terminal_id"]
    return world, t, qr


def keep_journal(t, root):
    t.stop()
    kept = root / "kept"
    kept.mkdir()
    for f in t.state.glob("journal.db*"):
        shutil.copy(f, kept)
    return kept


def put_back(t, kept):
    for f in t.state.glob("journal.db*"):
        f.unlink()
    for f in kept.glob("journal.db*"):
        shutil.copy(f, t.state)


@pytest.mark.parametrize("how", ["deleted", "older"])
def test_a_journal_that_is_not_the_one_is_found_without_the_service(shop, how):
    world, t, qr = shop
    kept = keep_journal(t, world.root)
    t.start().wait_online()
    assert sell(t, qr).code == 0
    t.wait_synced()
    world.service.stop()
    t.kill()
    if how == "deleted":
        for f in t.state.glob("journal.db*"):
            f.unlink()
    else:
        put_back(t, kept)
    assert verify(t).code != 0, "head.json names a record that is not there"
    t.start()
    assert forked(t)
    r = sell(t, qr)
    assert r.code == 3 and r.json["error"] == "chain_fork", r
    t.kill()
    t.start()
    assert forked(t), "a restart does not heal it"
    world.service.start()
    t.wait_online()
    assert sell(t, qr).json["verdict"] == "member"
    assert forked(t)


def test_a_supervised_resume_begins_a_new_epoch_and_keeps_both_branches(shop):
    world, t, qr = shop
    kept = keep_journal(t, world.root)
    t.start().wait_online()
    assert sell(t, qr).code == 0
    t.wait_synced()
    t.stop()
    put_back(t, kept)
    t.start().wait_online()
    wait_for("the fork to be found", lambda: forked(t))
    assert sell(t, qr).json["verdict"] == "member"
    resume(world, t)
    wait_for("the new epoch", lambda: begun(t), deadline_s=90)
    t.wait_online().wait_synced().wait_leased()
    assert sell(t, qr).code == 0
    t.wait_synced()
    assert verify(t).code == 0, verify(t)
    with sqlite3.connect(f"file:{t.state}/journal.db?mode=ro", uri=True) as db:
        assert [r[0] for r in db.execute("SELECT DISTINCT id >> 40 FROM records ORDER BY 1")] == [1, 2]
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    assert sell(t, qr).json["verdict"] == "provisional"


def test_the_end_of_an_epoch_that_was_not_sent_yet_is_sent_after_the_resume(shop):
    """The administrator resumes a terminal that is cut off and has sold: nothing of that is lost."""
    world, t, qr = shop
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    assert sell(t, qr).json["verdict"] == "provisional"
    t.stop()
    world.service.start()
    resume(world, t)
    t.start()
    wait_for("the new epoch", lambda: begun(t), deadline_s=90)
    t.wait_online().wait_synced()
    wait_for("both sales", lambda: world.admin("shop", "show", t.shop).json["sales"]["count"] == 2)
    assert verify(t).code == 0


def test_a_copy_beside_the_original_is_a_fork_that_the_service_finds(shop):
    world, t, qr = shop
    copy = world.terminal(t.shop, start=False)
    shutil.rmtree(copy.state)
    t.stop()
    shutil.copytree(t.state, copy.state)
    (copy.state / "huika.sock").unlink(missing_ok=True)
    t.start().wait_online()
    assert sell(t, qr).code == 0
    t.wait_synced()
    copy.start().wait_online()
    sell(copy, qr)
    wait_for("the copy to be found out", lambda: forked(copy))
