# SPDX-License-Identifier: Apache-2.0
"""Enrolment: a one-time code, a key that never leaves, and what happens when the code is used again."""
import contextlib
import os
import shutil
import sqlite3
import stat

from world import BUILD, MEMBERS, Terminal, call, wait_for


def test_files_are_private_and_the_key_is_made_here(world):
    t = world.terminal(start=False)
    assert stat.S_IMODE(t.state.stat().st_mode) == 0o700
    for f in t.state.iterdir():
        assert stat.S_IMODE(f.stat().st_mode) & 0o077 == 0, f
    key = (t.state / "terminal.key").read_bytes()
    world.service.stop()
    for f in world.service.dir.rglob("*"):
        if f.is_file():
            assert key not in f.read_bytes()


def test_a_code_in_any_spelling(world):
    code = world.invite(world.shop())
    head, tail = code.rsplit("/", 1)
    t = Terminal(world, "spelt")
    r = t.enroll(head + "/" + " ".join(tail.replace("-", "").lower()[i:i + 4] for i in range(0, 52, 4)))
    assert r.code == 0, r


def test_same_code_same_key_is_the_same_certificate(world):
    code = world.invite(world.shop())
    a = Terminal(world, "a")
    assert a.enroll(code).code == 0
    first = (a.state / "terminal.crt").read_text()
    again = a.enroll(code)
    assert again.code in (0, 1), again
    assert (a.state / "terminal.crt").read_text() == first
    assert len(world.admin("terminal", "list").lines) == 1


def test_same_code_another_key_suspends_both_and_tells_the_administrator(world):
    shop = world.shop(offers=[{"title": "八八折", "kind": "percent", "rate_bp": 1200}])
    code = world.invite(shop)
    a, b = Terminal(world, "a"), Terminal(world, "b")
    assert a.enroll(code).code == 0
    world.daemons.append(a)
    a.start().wait_online()
    r = b.enroll(code)
    assert r.code == 1 and "[invite_used]" in r.err, r
    assert not (b.state / "terminal.crt").exists()
    listed = world.admin("terminal", "list").lines
    assert [x["state"] for x in listed] == ["suspended"], listed
    assert "suspend" in world.admin("audit", "list").out
    r = a.huika("sell", "10", "--scan", world.qr(MEMBERS[0][0]), "--yes")
    assert r.code == 3 and not r.json.get("sale_id"), r


def test_a_long_list_of_terminals_comes_page_by_page(world):
    """A hundred to a page; what is on the second is as good as what is on the first."""
    assert Terminal(world, "a").enroll(world.invite(world.shop())).code == 0
    world.service.stop()
    with contextlib.closing(sqlite3.connect(world.service.dir / "service.db")) as db:
        columns = [r[1] for r in db.execute("PRAGMA table_info(terminal)")]
        value = {"id": "randomblob(16)", "number": "number + n"}
        db.execute("WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 249) "
                   f"INSERT INTO terminal({','.join(columns)}) SELECT {','.join(value.get(c, c) for c in columns)} FROM terminal, k")
        db.commit()
    world.service.start()
    numbers = [t["number"] for t in world.admin("terminal", "list").lines]
    assert numbers == list(range(numbers[0], numbers[0] + 250))


def test_wrong_codes_have_clear_texts(world):
    good = world.invite(world.shop())
    for bad in ("", "HUIKA1/", "HUIKA2" + good[6:], good[:-1], good + "A", "HUIKA1/bad host/" + "A" * 52, good.rsplit("/", 1)[0] + "/" + "A" * 52):
        r = Terminal(world, "x").enroll(bad)
        assert r.code in (1, 2, 3) and len(r.err.strip()) > 10, (bad, r)
        assert not (world.root / "x" / "terminal.crt").exists()
    secretless = good[:-8] + ("AAAAAAAA" if good[-8:] != "AAAAAAAA" else "BBBBBBBB")
    r = Terminal(world, "x").enroll(secretless)
    assert r.code in (1, 3) and r.err.strip(), r


def test_a_second_terminal_on_the_same_state_refuses(world):
    t = world.terminal()
    r = call(BUILD / "huika-terminal", "run", "--state", t.state, "--listen", "off", "--socket", world.root / "other.sock")
    assert r.code == 3 and "[state_locked]" in r.err, r
    assert t.huika("status").code == 0


def test_running_without_enrolment_says_what_to_do_and_sells_nothing(world):
    t = Terminal(world, "nothing")
    world.daemons.append(t)
    super(Terminal, t).start()
    wait_for("the first run", lambda: "not enrolled yet" in t.text)
    assert "huika-terminal enroll" in t.text and "page" in t.text
    r = t.huika("sell", "10.00", "--number", "6200000000000001", "--yes")
    assert r.code in (1, 3) and "enrol" in r.err and not (t.state / "journal.db").exists(), r


def test_listening_elsewhere_than_loopback_is_refused(world):
    t = world.terminal(start=False)
    for where in ("0.0.0.0:8730", "192.0.2.1:8730", "[::]:8730", "example.com:8730"):
        r = call(BUILD / "huika-terminal", "run", "--state", t.state, "--listen", where)
        assert r.code == 2 and r.err.strip(), (where, r)


def test_a_second_init_refuses_and_changes_nothing(world):
    def picture():
        return {str(p): (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() and p.suffix != ".db" else b"")
                for p in world.service.dir.rglob("*") if "service.db" not in p.name}
    before = picture()
    r = call(BUILD / "huika-service", "init", world.service.dir, "--host", "localhost")
    assert r.code != 0 and r.err.strip(), r
    assert picture() == before


def test_init_makes_private_files(world):
    for p in [world.service.dir, *world.service.dir.rglob("*")]:
        mode = stat.S_IMODE(p.stat().st_mode)
        assert mode == (0o700 if p.is_dir() else 0o600), (p, oct(mode))


def test_roles_cannot_be_crossed(world):
    """An administrator's certificate in a terminal's place and the reverse: the real programs, with swapped files."""
    t = world.terminal(start=False)
    admin = world.service.dir / "admin"
    fake = world.root / "fake-admin"
    shutil.copytree(admin, fake)
    shutil.copy(t.state / "terminal.crt", fake / "admin.crt")
    shutil.copy(t.state / "terminal.key", fake / "admin.key")
    r = world.admin("org", "list", profile=fake)
    assert r.code in (1, 3) and "certificate" in r.err.lower(), r
    shutil.copy(admin / "admin.crt", t.state / "terminal.crt")
    os.chmod(t.state / "terminal.crt", 0o600)
    (t.state / "terminal.key").unlink()
    shutil.copy(admin / "admin.key", t.state / "terminal.key")
    t.start()
    r = t.huika("sell", "10", "--scan", world.qr(MEMBERS[0][0]), "--yes")
    assert r.code == 3 and not r.json.get("sale_id"), r
    wait_for("the cause", lambda: t.status["notice_error"] == "forbidden")


def test_a_missing_file_is_named_as_such(world):
    """Used to end as "Not found; check the number or name" with exit 1, as if a member were asked for."""
    t = world.terminal(start=False)
    (t.state / "terminal.key").unlink()
    r = call(BUILD / "huika-terminal", "run", "--state", t.state, "--listen", "off")
    assert r.code == 3 and "file_missing" in r.err and "terminal.key" in r.err, r
    world.service.stop()
    (world.service.dir / "keys" / "number.hmac").unlink()
    r = call(BUILD / "huika-service", "run", world.service.dir)
    assert r.code == 3 and "file_missing" in r.err and "number.hmac" in r.err, r
