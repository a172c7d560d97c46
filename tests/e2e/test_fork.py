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


def epoch_is(t, epoch):
    """Online in that epoch. None while the terminal begins again: its socket is away for a moment."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        s = t.status
        return s["terminal"]["epoch"] == epoch and s["online"]


def begun(t):
    return epoch_is(t, 2)


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
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == 2, "unsent counts what an older epoch has"
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


def state_of(t, root, name):
    """The whole directory, as a disk image would keep it. The terminal is stopped."""
    kept = root / name
    shutil.copytree(t.state, kept, ignore=shutil.ignore_patterns("huika.sock"))
    return kept


def put_back_all(t, kept):
    shutil.rmtree(t.state)
    shutil.copytree(kept, t.state)


def branches(world, t):
    return world.admin("terminal", "branches", t.terminal_id).lines


def records(world, t, epoch, branch):
    return world.admin("terminal", "records", t.terminal_id, "--epoch", epoch, "--branch", branch).lines


def in_journal(t, epoch):
    with sqlite3.connect(f"file:{t.state}/journal.db?mode=ro", uri=True) as db:
        return db.execute("SELECT id & 0xffffffffff, hex(hash), body FROM records WHERE id >> 40 = ? ORDER BY id", (epoch,)).fetchall()


def kept_apart(rows):
    return [(r["seq"], r["hash"].upper(), r["body"]) for r in rows]


def test_a_whole_branch_reaches_the_service_and_can_be_looked_at(world):
    """More records than go into one batch, made before anybody knew, and more after: from the branching on to the end."""
    world.policy(offline_sales=1000, offline_per_card_day=1000)
    t = world.terminal().wait_leased()
    qr = world.qr(CARD)
    assert sell(t, qr).code == 0
    t.wait_synced()
    t.terminal_id = t.status["terminal"]["terminal_id"]
    t.stop()
    kept = state_of(t, world.root, "image")
    t.start().wait_online()
    for _ in range(3):
        assert sell(t, qr).code == 0
    t.wait_synced()
    chain = in_journal(t, 1)
    t.stop()
    world.service.stop()
    put_back_all(t, kept)
    t.start()
    for n in range(120):
        c = t.api("POST", "/v1/checkouts?wait=10", {"total_fen": 1000, "scan": qr}, {"Idempotency-Key": f"b{n}"}).json
        assert t.api("POST", f"/v1/checkouts/{c['checkout_id']}/confirm", {}).json["state"] == "applied"
    assert t.status["unsent"] > 100
    world.service.start()
    wait_for("the fork to be found", lambda: forked(t))
    t.wait_synced()
    assert sell(t, qr).json["verdict"] == "member"
    t.wait_synced()
    main, branch = branches(world, t)
    mine = in_journal(t, 1)
    common = sum(a == b for a, b in zip(mine, chain, strict=False))
    assert main["branch"] == 0 and main["head"]["seq"] == len(chain)
    assert (branch["base"], branch["head"]["seq"], branch["unsound"]) == (common, len(mine), 0), branch
    assert kept_apart(records(world, t, 1, 0)) == chain
    assert kept_apart(records(world, t, 1, branch["branch"])) == mine[common:]
    assert all(r["sound"] and "outcome" not in r for r in records(world, t, 1, branch["branch"]))
    assert "示例" not in world.admin("terminal", "branches", t.terminal_id, json_out=False).out
    assert world.admin("terminal", "list").lines[0]["state"] == "forked"
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == 4, "nothing in a branch is counted"
    t.kill()
    t.start().wait_online()
    resume(world, t)
    wait_for("the new epoch", lambda: begun(t), deadline_s=90)
    t.wait_synced()
    assert kept_apart(records(world, t, 1, branch["branch"])) == in_journal(t, 1)[common:], "also what a start added"
    assert len(branches(world, t)) == 3 and verify(t).code == 0


def test_a_state_put_back_to_before_a_resume_does_not_join_the_new_epoch(shop):
    world, t, qr = shop
    t.stop()
    kept = state_of(t, world.root, "image")
    t.start().wait_online()
    resume(world, t)
    wait_for("the new epoch", lambda: begun(t), deadline_s=90)
    t.wait_online().wait_synced().wait_leased()
    assert sell(t, qr).code == 0
    t.wait_synced()
    later = in_journal(t, 2)
    t.stop()
    put_back_all(t, kept)
    t.start()
    wait_for("it to be found", lambda: forked(t))
    t.wait_synced()
    assert t.status["terminal"]["epoch"] == 1
    wait_for("the union to be told", lambda: world.admin("terminal", "list").lines[0]["state"] == "forked")
    assert kept_apart(records(world, t, 2, 0)) == later, "it has added nothing to the new epoch"
    acts = [e["detail"] for e in world.admin("audit", "list").lines if e["act"] == "terminal fork"]
    assert sum("not the one we have" in a for a in acts) == 1, acts
    t.kill()
    t.start()
    wait_for("a restart to find it again", lambda: t.status["online"] and forked(t))
    resume(world, t)
    wait_for("the third epoch", lambda: epoch_is(t, 3), deadline_s=90)
    t.wait_online().wait_synced().wait_leased()
    assert sell(t, qr).code == 0
    t.wait_synced()
    assert verify(t).code == 0 and world.admin("terminal", "list").lines[0]["state"] == "active"


def test_a_record_that_was_changed_before_it_was_sent_is_named_and_the_rest_still_comes(shop):
    world, t, qr = shop
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    for _ in range(2):
        assert sell(t, qr).json["verdict"] == "provisional"
    t.stop()
    with sqlite3.connect(t.state / "journal.db") as db:
        seq, body = db.execute("SELECT id & 0xffffffffff, body FROM records WHERE kind = 2 ORDER BY id DESC LIMIT 1 OFFSET 1").fetchone()
        assert db.execute("UPDATE records SET body = replace(body, '\"total_fen\":1000', '\"total_fen\":9000') WHERE body = ?", (body,)).rowcount
    r = verify(t)
    assert r.code != 0 and {"epoch": 1, "seq": seq, "fault": "altered"} in r.json["faults"], r
    world.service.start()
    t.start()
    wait_for("it to be found", lambda: forked(t))
    t.wait_synced()
    assert sell(t, qr).json["verdict"] == "member"
    t.wait_synced()
    branch = branches(world, t)[1]
    rows = records(world, t, 1, branch["branch"])
    assert branch["base"] < seq <= branch["head"]["seq"] == len(in_journal(t, 1)) and branch["unsound"] > 0, branch
    assert not next(r for r in rows if r["seq"] == seq)["sound"] and rows[-1]["sound"]
    assert [r["body"] for r in rows] == [b for _, _, b in in_journal(t, 1)[branch["base"]:]]
    assert "total_fen\":9000" in next(r for r in rows if r["seq"] == seq)["body"]
