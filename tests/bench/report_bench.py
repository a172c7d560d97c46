#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""huika-admin report over a year's 10 million sales, beside the same question asked through the sqlite3 shell.

    report_bench.py [SALES]        builds a service's database in a temporary directory; HUIKA_BUILD names the programs"""
import os
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from world import World  # noqa: E402  pylint: disable=wrong-import-position

SHOPS, DAYS, ROUNDS = 1000, 365, 15
# What store_report asks, in one shell: shops, sales, disputes, each by the org that signed. `by org` is how one would ask it; `by shop` is the
# quicker way that store_report takes (in the order of both tables, so that nothing is sorted), the harder one to stand beside.
QUESTION = """
SELECT org, sum(created_ms >= {a} AND created_ms < {b}), sum(standing = 1), sum(standing = 3 AND since_ms >= {a} AND since_ms < {b}) FROM shop GROUP BY org;
SELECT s.org, sum(d.sales), sum(d.total_fen), sum(d.discount_fen), sum(d.provisional), sum(d.keyed), sum(d.voids), sum(d.back_fen)
 FROM shop s JOIN shop_day d ON d.shop = s.id AND d.day BETWEEN {first} AND {last} GROUP BY {group};
SELECT s.org, d.received_ms, d.first_due_ms, d.answered_ms FROM dispute d JOIN shop s ON s.id = d.shop WHERE d.received_ms >= {a} AND d.received_ms < {b};
"""
GROUPS = {"by org": "s.org", "by shop": "s.id"}


def fill(db, sales, first):
    """Sales as the service would have counted them: one row each, and the day's sums beside."""
    org = [r[0] for r in db.execute("SELECT id FROM org WHERE level = 2")]
    shops = [i.to_bytes(16, "big") for i in range(1, SHOPS + 1)]
    db.executemany("INSERT INTO shop VALUES(?, ?, '示例', 'dining', '410102', 1, '', ?, 1, ?)",
                   ((s, org[i % len(org)], first * 86400000, first * 86400000) for i, s in enumerate(shops)))
    per = max(1, sales // (SHOPS * DAYS))
    n = 0
    for s in shops:
        rows = []
        for day in range(first, first + DAYS):
            for k in range(per):
                n += 1
                rows.append((n.to_bytes(16, "big"), (n + 2**100).to_bytes(16, "big"), s, day * 86400000 + k * 1000))
        db.executemany("INSERT INTO sale(id, checkout, shop, terminal, epoch, seq, at_ms, total_fen, discount_fen, pay_fen, title, own_price,"
                       " card_by, card_input, last4) VALUES(?, ?, ?, 1, 1, 1, ?, 10000, 1200, 8800, '八八折', 0, 1, 1, '0001')", rows)
        db.executemany("INSERT INTO shop_day(shop, day, sales, total_fen, discount_fen) VALUES(?, ?, ?, ?, ?)",
                       ((s, day, per, per * 10000, per * 1200) for day in range(first, first + DAYS)))
    db.commit()
    return n


def cpu(service):
    """Seconds of processor that our children and the running service have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    field = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return usage.ru_utime + usage.ru_stime + (int(field[11]) + int(field[12])) / os.sysconf("SC_CLK_TCK")


def main():
    sales = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory() as top:
        w = World(top)
        w.begin()
        w.service.stop()
        first = 20454  # 2026-01-01
        path = w.service.dir / "service.db"
        db = sqlite3.connect(path)
        db.execute("PRAGMA synchronous = OFF")
        n = fill(db, sales, first)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        w.service.start()
        a, b = (first * 86400000 - 28800000), ((first + 365) * 86400000 - 28800000)
        asked = {name: QUESTION.format(a=a, b=b, first=first, last=first + 364, group=group) for name, group in GROUPS.items()}
        took = {"ours": [], **{name: [] for name in asked}}
        used = dict.fromkeys(took, 0.0)
        for _ in range(ROUNDS):  # by turns, so that whatever else this machine does meets all of them
            begin, at = time.perf_counter(), cpu(w.service)
            r = w.admin("report", "--month", "2026")
            took["ours"].append(time.perf_counter() - begin)
            used["ours"] += cpu(w.service) - at
            assert r.code == 0 and r.json["orgs"][0]["sales"] == n, r
            for name, question in asked.items():
                begin, at = time.perf_counter(), cpu(w.service)
                subprocess.run(["sqlite3", "-readonly", path, question], check=True, stdout=subprocess.DEVNULL)
                took[name].append(time.perf_counter() - begin)
                used[name] += cpu(w.service) - at
        w.end()
        size = os.path.getsize(path) if path.exists() else 0
    print(f"report over {n} sales ({size >> 20} MB), {ROUNDS} rounds by turns: ours {statistics.median(took['ours']) * 1000:.0f} ms")
    for name in asked:
        share = used["ours"] / used[name]
        pairs = sorted(o / t for o, t in zip(took["ours"], took[name]))
        print(f"  sqlite3 shell, {name}: {statistics.median(took[name]) * 1000:.0f} ms; ratio of the medians"
              f" {statistics.median(took['ours']) / statistics.median(took[name]):.2f}, of pairs {pairs[len(pairs) // 4]:.2f} to {pairs[-1 - len(pairs) // 4]:.2f};"
              f" processor {used['ours'] / ROUNDS * 1000:.0f} against {used[name] / ROUNDS * 1000:.0f} ms, ratio {share:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
