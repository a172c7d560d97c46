# SPDX-License-Identifier: Apache-2.0
"""`huika journal verify` on the journal of a real terminal: by which keys it judges, what it says of what was erased, and what it tells apart
from a change."""
import hashlib
import json
import shutil
import sqlite3

import pytest
from world import BUILD, MEMBERS, call, wait_for


def verify(t, *more):
    return call(BUILD / "huika", "--json", "journal", "verify", "--state", t.state, *more)


def rewrite(t):
    """A sale's amount changed, the whole chain computed anew from there, and the countersigned head with it."""
    with sqlite3.connect(t.state / "journal.db") as db:
        terminal, hashed = db.execute("SELECT terminal FROM owner").fetchone()[0], bytes(32)
        for row, kind, body in db.execute("SELECT id, kind, body FROM records ORDER BY id").fetchall():
            raw = (body.replace('"total_fen":1000,', '"total_fen":2000,') if kind == 2 else body).encode()
            hashed = hashlib.sha256(b"huika-record-v1\0" + terminal + (row >> 40).to_bytes(4, "big") + (row & 0xffffffffff).to_bytes(8, "big") +
                                    hashed + bytes([kind]) + len(raw).to_bytes(4, "big") + raw).digest()
            db.execute("UPDATE records SET body = ?, hash = ? WHERE id = ?", (raw.decode(), hashed, row))
        db.execute("UPDATE heads SET hash = (SELECT hash FROM records WHERE id = epoch << 40 | seq)")


@pytest.fixture
def shop(world):
    t = world.terminal().wait_leased()
    assert t.huika("sell", "10", "--scan", world.qr(MEMBERS[0][0]), "--yes").code == 0
    t.wait_synced()
    return world, t


def operate(world, *argv):
    world.service.stop()
    r = call(BUILD / "huika-service", *argv, "--json")
    assert r.code == 0, r
    world.service.start()
    return r.json


def lease_key(t):
    with sqlite3.connect(f"file:{t.state}/journal.db?mode=ro", uri=True) as db:
        return db.execute("SELECT keyid FROM heads ORDER BY epoch DESC").fetchone()[0]


def test_a_retired_key_is_no_change_of_the_journal(shop):
    """Nothing is sold meanwhile; that the notice came is a record itself, and countersigned with the new key."""
    world, t = shop
    first = lease_key(t)
    operate(world, "rotate", world.service.dir, "lease", "--after", "0")
    operate(world, "retire", world.service.dir, first)
    wait_for("the head under the new key", lambda: lease_key(t) != first)
    r = verify(t)
    assert r.code == 0 and r.json["countersigned_seq"] == t.status["head"]["countersigned_seq"] > 0, r
    assert json.loads((t.state / "head.json").read_text())["keyid"] == lease_key(t)


def test_keys_from_elsewhere_find_what_was_rewritten_with_the_keys_beside_it(shop):
    world, t = shop
    t.stop()
    real = world.root / "trust.json"
    shutil.copy(t.state / "trust.json", real)
    assert verify(t, "--trust", real).code == 0
    rewrite(t)
    (t.state / "head.json").unlink()
    faults = [f["fault"] for f in verify(t).json["faults"]]
    assert faults == ["head_signature"], faults
    (t.state / "trust.json").unlink()
    r = verify(t)
    assert r.code == 0 and not r.json["countersign_checked"] and "not checked" in call(
        BUILD / "huika", "journal", "verify", "--state", t.state).out
    r = verify(t, "--trust", real)
    assert r.code != 0 and [f["fault"] for f in r.json["faults"]] == ["head_signature"], r
    for wrong in ("/nonexistent", t.state / "ca.crt"):
        assert verify(t, "--trust", wrong).code == 3


def test_what_was_erased_is_said_and_is_no_change(shop):
    """After thirty days, by the terminal itself."""
    _, t = shop
    t.stop()
    assert verify(t).json["erased"] == 0
    with sqlite3.connect(t.state / "journal.db") as db:
        token = db.execute("SELECT blob FROM records WHERE blob IS NOT NULL").fetchone()[0]
        db.execute("UPDATE records SET blob = NULL, salt = NULL WHERE kind = 2")
    assert token
    r = verify(t)
    assert r.code == 0 and r.json["erased"] == 1, r
    said = call(BUILD / "huika", "journal", "verify", "--state", t.state).out
    assert "Personal data were erased from 1 of them" in said, said
    t.start().wait_online()
    assert t.status["upload_error"] is None
