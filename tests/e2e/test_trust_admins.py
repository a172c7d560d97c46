# SPDX-License-Identifier: Apache-2.0
"""Administrators: invited, enrolled, confined to their own organisations, revoked; the audit log and what becomes of it when it is
changed. With the real programs."""
import contextlib
import sqlite3
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from service import ADMINS, CONTRACT, Client, Province, certs_of, new_key, ulid
from world import MEMBERS


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def invited(world, name="开封管理员", org="410200"):
    """The profile of a new administrator."""
    profile = world.root / f"profile-{org}-{len(list(world.root.glob('profile-*')))}"
    r = world.admin("admin", "invite", name, "--org", org)
    assert r.code == 0 and abs(r.json["expires_ms"] / 1000 - time.time() - 86400) < 120, r
    r = world.admin("admin", "enroll", r.json["code"], profile=profile)
    assert r.code == 0, r
    return profile


def test_an_administrator_is_invited_enrols_and_works(world):
    profile = invited(world)
    assert (profile.stat().st_mode & 0o777, (profile / "admin.key").stat().st_mode & 0o777) == (0o700, 0o600)
    rows = world.admin("admin", "list").lines
    assert [(r["name"], r["org"], r["state"]) for r in rows] == [("河南省总工会管理员", "410000", "active"), ("开封管理员", "410200", "active")]
    assert [o["code"] for o in world.admin("org", "list", profile=profile).lines] == ["410200"]
    assert [r["name"] for r in world.admin("admin", "list", profile=profile).lines] == ["开封管理员"]
    acts = [e["act"] for e in world.admin("audit", "list", profile=profile).lines]
    assert acts[-2:] == ["admin invite", "admin enrol"]


def test_a_code_is_for_one_key_and_a_second_one_suspends_both(world):
    code = world.admin("admin", "invite", "试管理员", "--org", "410200").json["code"]
    p = Province(world.service, world.root)
    key = new_key()
    first, again = p.enroll(code, key), p.enroll(code, key)
    assert first.status == 200 and certs_of(first) == certs_of(again)
    cert = world.root / "admin.pem"
    cert.write_bytes(certs_of(first)[0].public_bytes(serialization.Encoding.PEM) + pem(key))
    c = Client(world.service, cert)
    assert c.ask("GET", "/v1/orgs").status == 200
    assert p.enroll(code, new_key()).json["code"] == "invite_used"
    assert c.ask("GET", "/v1/orgs").json["code"] == "cert_revoked"
    assert p.enroll(code, key).json["code"] == "invite_used"
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    p.close()


def test_a_profile_is_never_overwritten_and_a_wrong_code_makes_none(world):
    profile = invited(world)
    before = {f.name: f.read_bytes() for f in profile.iterdir()}
    code = world.admin("admin", "invite", "甲", "--org", "410200").json["code"]
    r = world.admin("admin", "enroll", code, profile=profile)
    assert r.code == 1 and {f.name: f.read_bytes() for f in profile.iterdir()} == before, r
    head, tail = code.rsplit("/", 1)
    for wrong in (head + "/" + tail[:-2] + ("AA" if tail[-2:] != "AA" else "BB"), head + "/" + ("AAAA" if tail[:4] != "AAAA" else "BBBB") + tail[4:]):
        r = world.admin("admin", "enroll", wrong, profile=world.root / "none")
        assert r.code in (1, 3), r
        assert not (world.root / "none" / "profile.ini").exists()


def test_a_city_cannot_touch_another_citys_things(world):
    kaifeng = invited(world)
    foreign = world.shop(org="410100")
    t = world.terminal(foreign, start=False)
    terminal = world.admin("terminal", "list", foreign).lines[0]["terminal_id"]
    province_admin = world.admin("admin", "list").lines[0]["id"]
    for argv in (["shop", "show", foreign], ["shop", "delist", foreign, "--reason", "x"], ["offer", "list", foreign],
                 ["terminal", "invite", foreign], ["terminal", "list", foreign], ["terminal", "revoke", terminal],
                 ["terminal", "resume", terminal], ["terminal", "renew", terminal], ["admin", "revoke", province_admin],
                 ["admin", "invite", "x", "--org", "410100"], ["admin", "invite", "x", "--org", "410000"],
                 ["member", "status", MEMBERS[0][0], "lost"], ["org", "add", "410199", "x", "--parent", "410100"]):
        r = world.admin(*argv, profile=kaifeng)
        assert r.code == 1, (argv, r)
    assert world.admin("terminal", "list", foreign).lines[0]["state"] == "active" and t.state.exists()
    rows = world.root / "foreign.csv"
    rows.write_text("card_number,name,org,status\n6200000000000021,甲乙丙,410100,active\n6200000000000039,丁戊己,410200,active\n"
                    f"{MEMBERS[0][0]},张建涛,410200,left\n", encoding="utf-8")
    r = world.admin("member", "import", rows, profile=kaifeng)
    assert r.code == 1 and r.json["imported"] == 1 and r.json["rejected"] == 2, r
    assert world.admin("card", "print", MEMBERS[0][0], "--out", world.root / "still.txt").code == 0


def test_a_revoked_administrator_is_out_at_once_and_nobody_revokes_themselves(world):
    profile = invited(world, org="410000", name="副管理员")
    me, other = (r["id"] for r in world.admin("admin", "list").lines)
    connected = Client(world.service, profile / "admin.crt", profile / "admin.key")
    assert connected.ask("GET", "/v1/orgs").status == 200
    assert world.admin("admin", "revoke", me).code == 1
    assert world.admin("admin", "revoke", other).json == {"state": "revoked"}
    connected.connection.sock.settimeout(20)
    assert connected.connection.sock.recv(1) == b""
    r = world.admin("org", "list", profile=profile)
    assert r.code != 0 and "cert_revoked" in r.err, r
    assert world.admin("admin", "revoke", ulid()).code == 1


def test_a_terminal_is_revoked_from_the_command_line(world):
    t = world.terminal()
    terminal = world.admin("terminal", "list").lines[0]["terminal_id"]
    assert world.admin("terminal", "revoke", terminal).json == {"state": "revoked"}
    r = t.huika("sell", "10", "--scan", world.qr(MEMBERS[0][0]), "--yes")
    assert r.code != 0 and "sale_id" not in r.out, r
    assert world.admin("shop", "show", t.shop).json["terminals"][0]["state"] == "revoked"
    assert world.admin("terminal", "resume", terminal).code == 1


@pytest.mark.parametrize("sql, entry", [("UPDATE audit SET detail = 'x' WHERE n = 3", 3), ("DELETE FROM audit WHERE n = 2", 2),
                                        ("INSERT INTO audit SELECT 1000, at_ms, org, admin, act, target, detail, hash FROM audit WHERE n = 1", None)])
def test_a_changed_audit_log_is_named(world, sql, entry):
    whole = world.admin("audit", "verify")
    entries = world.admin("audit", "list").lines
    assert whole.code == 0 and whole.json == {"whole": True, "entries": len(entries), "hash": entries[-1]["hash"]}
    world.service.stop()
    with contextlib.closing(sqlite3.connect(world.service.dir / "service.db")) as db:
        db.execute(sql)
        db.commit()
    world.service.start()
    r = world.admin("audit", "verify")
    assert r.code == 1 and r.json["whole"] is False and r.json["n"] == (entry or len(entries) + 1), r


def test_the_contract_was_walked_through(world):
    p = Province(world.service, world.root)
    code = p.post("/v1/admins", {"name": "乙管理员", "org": "410200"}, 201)["code"]
    assert p.enroll(code, new_key()).status == 200
    admins = p.admin.ask("GET", "/v1/admins").json["admins"]
    assert p.post(f"/v1/admins/{admins[-1]['id']}/revoke", {}) == {"state": "revoked"}
    assert p.admin.ask("GET", "/v1/audit/verify").json["whole"]
    for bad in ({"name": "x"}, {"name": "", "org": "410200"}, {"name": "x" * 121, "org": "410200"}, {"name": "a\u0001", "org": "410200"}):
        assert p.admin.ask("POST", "/v1/admins", bad).status == 422
    assert ADMINS - CONTRACT.seen == set()
    p.close()
