# SPDX-License-Identifier: Apache-2.0
"""Next year's public holidays come in without a new program, and somebody hears when they are missing. Which dates are which stands in
tests/unit/workdays_test.c; here it is whatever day it is."""
import datetime

import pytest
from test_dispute import in_days, logged
from world import BUILD, call

DAY = datetime.timedelta(1)


def holidays(world, *more, json_out=True):
    return call(BUILD / "huika-service", *(["--json"] if json_out else []), "holidays", world.service.dir, *more)


def today():
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8)).date()


def due(world, ref):
    ms = world.admin("dispute", "show", ref).json["due_ms"]
    return str((datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc) + datetime.timedelta(hours=8)).replace(tzinfo=None, microsecond=0))


def test_years_are_taken_over_and_count(world, tmp_path):
    t = world.terminal()
    first = logged(t)["ref"]
    t.wait_synced()
    was = due(world, first)
    assert was == holidays(world).json["due"] + " 23:59:59"
    now = today()
    off = {now + n * DAY for n in range(1, 4)}
    want, n = now, 7
    while n:
        want += DAY
        n -= want.weekday() < 5 and want not in off
    years = tmp_path / "years.tsv"
    years.write_text("# invented\n" + "".join(f"{d}\t{d}\toff\t例\n" for d in sorted(off | {datetime.date(now.year + y, 12, 31) for y in (0, 1)})), encoding="utf-8")
    known = holidays(world).json["years"]
    r = holidays(world, years)
    assert r.code == 0 and r.json["due"] == str(want) and set(r.json["years"]) == {*known, now.year, now.year + 1}, r
    assert "Restart" in holidays(world, years, json_out=False).out
    text = (world.service.dir / "holidays.tsv").read_text(encoding="utf-8")
    assert text.count("off") == len(text.splitlines()) - 1 == len({*off, datetime.date(now.year, 12, 31), datetime.date(now.year + 1, 12, 31)})  # twice is once
    world.service.stop()
    world.service.start()
    t.wait_online()
    second = logged(t)["ref"]
    t.wait_synced()
    assert due(world, second) == f"{want} 23:59:59" and due(world, first) == was                 # what was set stays


@pytest.mark.parametrize("text", [None, "", "# none\n", "2027-01-01 2027-01-03 off\n", "2027-01-03\t2027-01-01\toff\n", "2027-01-01\t2027-01-03\tfree\n"])
def test_what_is_no_table_changes_nothing(world, tmp_path, text):
    bad = tmp_path / "bad.tsv"
    if text is not None:
        bad.write_text(text, encoding="utf-8")
    r = holidays(world, bad)
    assert r.code != 0 and "bad.tsv" in r.err and not (world.service.dir / "holidays.tsv").exists(), r


def test_a_year_that_is_missing_is_said(world):
    last = holidays(world).json["years"][-1]
    said = f"the public holidays of {last + 1} are not known"
    for day, want in ((datetime.date(last, 11, 10), False), (datetime.date(last, 11, 20), True)):
        world.service.stop()
        at = len(world.service.text)
        in_days(world, max((day - today()).days, -1))
        assert (said in world.service.text[at:]) == (want or day < today()), day
