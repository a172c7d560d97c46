# SPDX-License-Identifier: Apache-2.0
"""Each record of the journal keeps an instant that had surely passed, whatever its kind: what is left of it raises the floor again."""
import sqlite3

from world import MEMBERS


def test_a_void_and_a_dispute_keep_the_floor_as_a_sale_does(world):
    t = world.terminal().wait_leased()
    sale = t.huika("sell", "100", "--scan", world.qr(MEMBERS[0][0]), "--yes").json["sale_id"]
    assert t.huika("void", sale, "--reason", "试撤销").code == 0
    assert t.huika("dispute", "new", "--kind", "other", "--sale", sale, "--text", "试纠纷").code == 0
    with sqlite3.connect(f"file:{t.state}/journal.db?mode=ro", uri=True) as db:
        rows = db.execute("SELECT kind, floor_ms FROM records WHERE id >= (SELECT min(id) FROM records WHERE sale IS NOT NULL)").fetchall()
    assert len({kind for kind, _ in rows}) >= 3 and all(floor for _, floor in rows), rows
