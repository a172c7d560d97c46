# SPDX-License-Identifier: Apache-2.0
"""A terminal that is cut off: what it may still sell, when that ends, and what becomes of it when the service is back."""
import sqlite3

from world import MEMBERS, wait_for

CARD, OTHER = MEMBERS[0][0], MEMBERS[4][0]


def leased(t):
    """The terminal, once it could sell offline."""
    wait_for("a lease and all that it names", lambda: t.status["offline"]["possible"])
    return t


def cut_off(world, t):
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])


def kinds(t):
    """(kind, body) of every record, as the journal holds them."""
    with sqlite3.connect(f"file:{t.state}/journal.db?mode=ro", uri=True) as db:
        return db.execute("SELECT kind, body FROM records ORDER BY id").fetchall()


def test_cut_off_it_sells_provisionally_and_the_service_counts_it_afterwards(world):
    t = leased(world.terminal())
    qr = world.qr(CARD)
    t.wait_synced()
    cut_off(world, t)
    r = t.huika("sell", "128.00", "--scan", qr, "--yes")
    assert r.code == 0, r
    assert r.json["verdict"] == "provisional" and r.json["discount_fen"] == 1536, r
    assert "name_masked" not in r.json, r
    assert t.status["unsent"] > 0
    world.service.start()
    t.wait_online().wait_synced()
    sale = t.api("GET", f"/v1/sales/{r.json['sale_id']}").json
    assert sale["verdict"] == "provisional" and sale["outcome"] == "counted", sale
    assert world.admin("shop", "show", t.shop).json["sales"]["count"] == 1
