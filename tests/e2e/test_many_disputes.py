# SPDX-License-Identifier: Apache-2.0
"""Ten thousand open disputes in one list: written into a terminal's journal, uploaded, listed at both ends and counted for the public."""
import hashlib
import json
import re
import secrets
import sqlite3
import time

import codec
from service import CROCKFORD, ulid_bytes
from slips import public
from world import BUILD, call, ulid, wait_for

MANY = 10000


def ulid_text(raw):
    n = int.from_bytes(raw, "big")
    return "".join(CROCKFORD[n >> 5 * i & 31] for i in reversed(range(26)))


def nth_id(terminal, n):
    """client/core/nth.c, in another language."""
    return hashlib.sha256(b"huika-nth-v1\0dispute\0" + terminal.encode() + n.to_bytes(8, "big")).digest()[:16]


def log_many(t, terminal):
    """Disputes behind what is in the journal of a stopped terminal, as it would have logged them."""
    with sqlite3.connect(t.state / "journal.db") as db:
        last, previous = db.execute("SELECT id, hash FROM records ORDER BY id DESC LIMIT 1").fetchone()
        now = int(time.time() * 1000)
        records, ids = [], []
        for n in range(1, MANY + 1):
            salt, blob, dispute = secrets.token_bytes(16), json.dumps({"text": f"第 {n} 件"}, ensure_ascii=False).encode(), ulid()
            body = json.dumps({"at_ms": now, "dispute_id": dispute, "kind": "amount_wrong", "reporter": "member", "slip": secrets.token_hex(32),
                               "blob": codec.blob_hash(salt, blob).hex()}).encode()
            place = last + n
            previous = codec.record_hash(ulid_bytes(terminal), place >> 40, place & 0xffffffffff, previous, "dispute", body)
            nth = nth_id(terminal, n)
            records.append((place, 6, now, previous, body.decode(), blob, salt, nth, ulid_bytes(dispute)))
            ids += [(nth + b"s", place), (ulid_bytes(dispute) + b"c", place)]
        db.executemany("INSERT INTO records(id, kind, at_ms, hash, body, blob, salt, sale, checkout) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", records)
        db.executemany("INSERT INTO ids(id, record) VALUES(?, ?)", ids)
        db.execute("UPDATE owner SET indexed = ?", (last + MANY,))
    db.close()
    return MANY


def test_ten_thousand_open_disputes_in_one_list(world):
    t = world.terminal()
    t.wait_synced()
    terminal = t.api("GET", "/v1/status").json["terminal"]["terminal_id"]
    t.stop()
    log_many(t, terminal)
    t.start().wait_online()
    wait_for("all of them to be sent", lambda: t.status["unsent"] == 0, 120)
    assert t.huika("journal", "verify").json["faults"] == []
    rows = t.huika("dispute", "list").json["disputes"]
    assert len({d["ref"] for d in rows}) == MANY and [d["text"] for d in rows[:2]] == [f"第 {MANY} 件", f"第 {MANY - 1} 件"] and rows[-1]["text"] == "第 1 件"
    assert t.huika("dispute", "list", json_out=False).out.count("\n") == MANY
    assert t.huika("dispute", "show", rows[-1]["ref"]).json["text"] == "第 1 件"        # the oldest, by its place
    assert t.huika("dispute", "new", "--kind", "other").code == 0
    wait_for("one more", lambda: t.status["unsent"] == 0)
    listed = world.admin("dispute", "list", "--state", "open")
    assert listed.code == 0 and len({json.loads(ln)["ref"] for ln in listed.out.splitlines()}) == MANY + 1
    bounded = call("sh", "-c", 'ulimit -d 24576; exec "$@"', "-", BUILD / "huika-admin", "--profile", world.service.dir / "admin", "dispute", "list")
    assert bounded.code == 0, bounded                                                      # 24 MiB: a page at a time
    table = bounded.out.splitlines()
    assert len(table) == MANY + 2 and table[0].startswith("REF") and sum(ln.startswith("REF") for ln in table) == 1
    assert world.admin("dispute", "answer", rows[5000]["ref"], "--text", "好").code == 0
    assert len(world.admin("dispute", "list", "--state", "answered").lines) == 1 and len(world.admin("dispute", "list", "--org", "410200").lines) == 0
    wait_for("the public's counts", lambda: [int(n) for n in re.findall(r"<dd>(\d+)</dd>", public(world, "/")[2])] == [1, MANY, 1, 0, 1])
    assert world.admin("shop", "show", t.shop).json["disputes"] == {"open": MANY, "all": MANY + 1, "objected": 0}
    assert {o["org"]: o["disputes"] for o in world.admin("report").json["orgs"]}["410100"] == MANY + 1
