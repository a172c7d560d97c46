# SPDX-License-Identifier: Apache-2.0
"""huika-admin report: a union's month in numbers."""
import csv
import io
import sqlite3
import time

import pytest
from world import MEMBERS


def month():
    return time.strftime("%Y-%m", time.gmtime(time.time() + 8 * 3600))


def rows(world, *more):
    r = world.admin("report", *more)
    assert r.code == 0, r
    return {o["org"]: o for o in r.json["orgs"]}


def test_sales_are_those_of_the_journal_and_add_up_to_the_province(world):
    a = world.terminal()
    b = world.terminal(shop=world.shop("演示超市", org="410200", offers=[{"title": "九折", "kind": "percent", "rate_bp": 1000}]))
    for _ in range(3):
        assert a.huika("sell", "100.00", "--scan", world.qr(MEMBERS[0][0]), "--yes").code == 0
    assert b.huika("sell", "50.00", "--number", MEMBERS[1][0], "--accept-luhn", "--yes").code == 0
    a.wait_synced()
    b.wait_synced()
    told = rows(world)
    assert (told["410100"]["sales"], told["410100"]["discount_fen"], told["410100"]["keyed"]) == (3, 3600, 0)
    assert (told["410200"]["sales"], told["410200"]["total_fen"], told["410200"]["keyed"]) == (1, 5000, 1)
    top = told["410000"]
    assert top["sales"] == 4 and top["discount_fen"] == 4100 and top["joined"] == 2 and top["listed"] == 2
    with sqlite3.connect(f"file:{world.service.dir / 'service.db'}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*), sum(discount_fen), sum(card_by = 2) FROM sale").fetchone() == (4, 4100, 1)
    assert world.admin("shop", "delist", b.shop, "--reason", "失信").code == 0
    told = rows(world, "--month", month())
    assert told["410200"]["delisted"] == 1 and told["410200"]["listed"] == 0 and told["410000"]["delisted"] == 1
    assert rows(world, "--month", "2020-02")["410000"]["sales"] == 0
    assert rows(world, "--month", month()[:4])["410000"]["sales"] == 4
    assert set(rows(world, "--org", "410200")) == {"410200"}


def test_as_csv_and_as_a_table(world):
    assert world.admin("org", "add", "410181", '=HYPERLINK("x"),市', "--parent", "410100").code == 0
    r = world.admin("report", "--csv", json_out=False)
    table = list(csv.DictReader(io.StringIO(r.out)))
    assert r.code == 0 and [o["org"] for o in table] == ["410000", "410100", "410200", "410181"]
    assert table[3]["name"] == "'=HYPERLINK(\"x\"),市" and table[0]["median_ms"] == ""
    text = world.admin("report", json_out=False).out
    assert month() in text and "河南省总工会" in text


@pytest.mark.parametrize("words", [["--month", "2026-13"], ["--month", "26-01"], ["--month", "2026-1"], ["--org", "999999"],
                                   ["--org", "41 01"], ["--month", "2026&org=x"]])
def test_what_is_no_month_or_no_org_is_refused(world, words):
    r = world.admin("report", *words)
    assert r.code != 0 and r.err.strip()
