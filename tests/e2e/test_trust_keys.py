# SPDX-License-Identifier: Apache-2.0
"""Keys that are rotated and retired, validity that is renewed, a service restored from a backup: terminals that were away find back."""
import base64
import contextlib
import json
import shutil
import sqlite3
import ssl
import time

import pytest
import cms
from cryptography import x509
from notices import Holder, body, kind, signed_by
from service import Province, certs_of, new_key, sale, ulid_bytes
from world import BUILD, MEMBERS, Service, call, wait_for

ZHENGZHOU = "410100"
CARD = "6200000000000001"
PERCENT = {"title": "八八折", "kind": "percent", "rate_bp": 1200}


class House(Province):
    """A service of its own that is stopped and started."""

    def __init__(self, root):
        super().__init__(Service(root).init().start(), root)
        self.org(ZHENGZHOU, "郑州市总工会")
        self.members([(CARD, "张建涛", ZHENGZHOU, "active")])

    def again(self, *argv, code=0):
        """Stops, runs one command of huika-service, starts; the command's result."""
        self.close()
        self.service.stop()
        r = call(BUILD / "huika-service", *argv, "--json") if argv else None
        assert not r or r.code == code, r
        self.service.start()
        return r.json if r and code == 0 else r

    def run(self, what, *argv, **kw):
        return self.again(what, self.service.dir, *argv, **kw)

    def trust(self):
        return json.loads((self.service.dir / "trust.json").read_text())

    def holder(self):
        h = Holder(self.device(self.shop([PERCENT])[0]))
        return settled(h)


def settled(h):
    wait_for("a lease that names what is held", lambda: h.settle() is not None and "lease" in h.held and
             all(body(h.held["lease"])[k]["version"] == h.version(k) for k in ("trust", "shop", "revoked")))
    return h


@pytest.fixture
def house(tmp_path):
    p = House(tmp_path)
    try:
        yield p
    finally:
        p.close()
        p.service.stop()


def keys_of(envelope, what):
    return [k for k in body(envelope)["keys"] if what in k["kinds"]]


def test_the_notice_key_is_announced_both_hold_and_the_old_one_is_retired(house):
    h = house.holder()
    old = keys_of(house.trust(), "shop")[0]
    made = house.run("rotate", "notice", "--after", "0")
    h.device.close()
    settled(h)
    assert [k["id"] for k in keys_of(h.held["trust"], "shop")] == [old["id"], made["key"]]
    new = next(k for k in keys_of(h.held["trust"], "shop") if k["id"] == made["key"])
    wait_for("the shop's notice by the new key", lambda: h.settle() is not None and signed_by(h.held["shop"], new["spki"]))
    wait_for("the list by the new key", lambda: h.settle() is not None and signed_by(h.held["revoked"], new["spki"]))
    house.run("retire", old["id"])
    h.device.close()
    settled(h)
    assert [k["id"] for k in keys_of(h.held["trust"], "shop")] == [made["key"]]
    assert not (house.service.dir / "keys/notice.key").exists() and (house.service.dir / "keys/retired/notice.key").exists()
    shop = body(h.held["shop"])["shop_id"]
    house.post(f"/v1/shops/{shop}/standing", {"standing": "delisted", "reason": "测试"})
    assert "shop" in h.poll() and body(h.held["shop"])["standing"] == "delisted"
    r = call(BUILD / "huika-service", "retire", house.service.dir, made["key"])
    assert r.code == 1 and "wrong_state" in r.err, r  # somebody must sign
    assert call(BUILD / "huika-service", "retire", house.service.dir, "0123456789abcdef").code == 1


def test_a_key_announced_for_later_does_not_sign_yet(house):
    h = house.holder()
    made = house.run("rotate", "notice", "--after", "24")
    h.device.close()
    settled(h)
    announced = next(k for k in body(h.held["trust"])["keys"] if k["id"] == made["key"])
    assert announced["not_before_ms"] > body(h.held["trust"])["issued_ms"] + 86000000
    assert not signed_by(h.held["shop"], announced["spki"])
    old = keys_of(h.held["trust"], "shop")[0]["id"]
    assert call(BUILD / "huika-service", "retire", house.service.dir, old).code == 1  # the new one cannot take over yet


def test_the_lease_key_signs_leases_and_heads(house):
    h = house.holder()
    old = keys_of(house.trust(), "lease")[0]
    made = house.run("rotate", "lease", "--after", "0")
    h.device.close()
    settled(h)
    new = next(k for k in keys_of(h.held["trust"], "lease") if k["id"] == made["key"])
    assert signed_by(h.held["lease"], new["spki"]) and "head" in new["kinds"]
    head = h.device.send([sale(house.token(CARD))]).json["head"]
    assert head["keyid"] == made["key"]
    house.run("retire", old["id"])
    h.device.close()
    settled(h)
    assert [k["id"] for k in keys_of(h.held["trust"], "lease")] == [made["key"]]


def test_cards_of_an_older_key_stay_good_until_it_is_retired(house):
    def key_number():
        return base64.b32decode(house.post("/v1/cards/reissue", {"number": CARD})["qr_text"].rsplit("/", 1)[1])[1]
    assert key_number() == 1
    assert house.run("rotate", "card")["key"] == "2"
    assert [k["number"] for k in body(house.trust())["card_keys"]] == [1, 2] and key_number() == 2
    house.run("retire", "2", code=1)
    house.run("retire", "1")
    assert [k["number"] for k in body(house.trust())["card_keys"]] == [2] and key_number() == 2


def sealed(house, device, cert):
    """A sale by number, sealed to that certificate; what became of it."""
    made, text, _ = sale("", by="number", input="keyed")
    public = x509.load_der_x509_certificate(cert).public_key()
    box = cms.seal(cert, public, cms.plaintext(ulid_bytes(device.id), ulid_bytes(text["sale_id"]), CARD), text["sale_id"])
    return device.send([(made, text, json.dumps({"sealed": base64.b64encode(box).decode()}))]).json["results"][0]


def test_numbers_sealed_before_a_rotation_are_still_opened(house):
    h = house.holder()
    old = base64.b64decode(body(h.held["trust"])["sealing_cert"])
    assert sealed(house, h.device, old)["outcome"] == "counted"
    house.run("rotate", "sealing")
    h.device.close()
    settled(h)
    new = base64.b64decode(body(h.held["trust"])["sealing_cert"])
    assert new != old
    assert sealed(house, h.device, old)["outcome"] == sealed(house, h.device, new)["outcome"] == "counted"


def test_a_terminal_that_missed_changes_of_the_root_gets_each_in_order(house):
    h = house.holder()
    for _ in range(2):
        house.run("rotate", "root")
    house.run("rotate", "card")
    h.device.close()
    root, came = body(h.held["trust"])["root"]["spki"], [e for e in h.device.ask("GET", h.query()).json["notices"] if kind(e) == "trust"]
    assert [body(e)["version"] for e in came] == [2, 3, 4]
    for e in came:
        assert signed_by(e, root) and signed_by(e, body(e)["root"]["spki"])
        root = body(e)["root"]["spki"]
    assert [len(e["signatures"]) for e in came] == [2, 2, 1]
    code, key = house.invite(body(h.held["shop"])["shop_id"]), new_key()
    assert certs_of(house.enroll(code, key))  # a code of now names the root of now
    assert sorted(f.name for f in (house.service.dir / "offline").glob("root*"))[-1] == "root.key"
    assert len(list((house.service.dir / "offline").glob("root-*.key"))) == 2


def test_a_real_terminal_follows_a_change_of_the_root_that_it_missed(world):
    t = world.terminal()
    t.stop()
    world.service.stop()
    for what in ("root", "root", "notice", "lease"):
        r = call(BUILD / "huika-service", "rotate", world.service.dir, what, "--after", "0")
        assert r.code == 0, r
    world.service.start()
    t.start().wait_online()
    assert world.admin("shop", "delist", t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey", lambda: t.status["shop"]["standing"] == "delisted")


def test_the_root_key_may_lie_elsewhere_and_another_one_is_refused(house):
    away = house.root / "vault"
    shutil.move(house.service.dir / "offline", away)
    assert call(BUILD / "huika-service", "rotate", house.service.dir, "card").code == 3
    assert house.run("rotate", "card", "--offline", away)["trust_version"] == 2
    other = Service(house.root / "other").init() if (house.root / "other").mkdir() is None else None
    r = call(BUILD / "huika-service", "rotate", house.service.dir, "card", "--offline", other.dir / "offline")
    assert r.code != 0 and "unknown_key" in r.err, r
    assert body(house.trust())["version"] == 2
    assert call(BUILD / "huika-service", "rotate", house.service.dir, "bank").code == 2


def test_renewal_gives_the_server_a_new_certificate_and_the_trust_notice_new_life(house):
    def served():
        return x509.load_pem_x509_certificate(ssl.get_server_certificate(("localhost", house.service.port)).encode())
    before, trust = served(), body(house.trust())
    made = house.run("renew")
    after = served()
    assert after.serial_number != before.serial_number and after.not_valid_after >= before.not_valid_after
    assert body(house.trust())["version"] == made["trust_version"] == trust["version"] + 1
    assert house.device(house.shop()[0]).ask("GET", "/v1/terminal").status == 200


def test_a_trust_notice_of_before_leases_is_completed(house):
    """As `init` of the first version made it: its keys may sign shops and heads, nothing else."""
    house.close()
    house.service.stop()
    path = house.service.dir / "trust.json"
    old = downgraded(house, json.loads(path.read_text()))
    path.write_text(json.dumps(old))
    with contextlib.closing(sqlite3.connect(house.service.dir / "service.db")) as db:
        db.execute("DELETE FROM revoked")
        db.commit()
    house.service.start()
    h = Holder(house.device(house.shop([PERCENT])[0]))
    h.settle()
    assert "lease" not in h.held and "revoked" not in h.held and "shop" in h.held
    house.run("renew")
    h.device.close()
    settled(h)
    assert keys_of(h.held["trust"], "revoked") and keys_of(h.held["trust"], "lease") and body(h.held["trust"])["public_url"].startswith("https://")


def test_what_ends_soon_is_said_long_before(house):
    assert "ends at" not in house.service.text
    house.close()
    house.service.stop()
    path = house.service.dir / "trust.json"
    path.write_text(json.dumps(downgraded(house, json.loads(path.read_text()), not_after_ms=int(time.time() * 1000) + 59 * 86400000)))
    house.service.start()
    wait_for("the warning", lambda: "the trust notice ends at" in house.service.text)
    assert "certificate ends" not in house.service.text


def downgraded(house, envelope, **more):
    """The same trust notice without what is new, signed by the root."""
    from codec import notice_seal  # pylint: disable=import-outside-toplevel
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # pylint: disable=import-outside-toplevel
    root = load_pem_private_key((house.service.dir / "offline/root.key").read_bytes(), None)
    b = {k: v for k, v in body(envelope).items() if k not in ("public_url", "offline", "issuers")} | more
    for k in b["keys"]:
        k["kinds"] = [x for x in k["kinds"] if x in ("shop", "head")]
    text = notice_seal("trust", b, root)
    return json.loads(text)


def test_after_a_backup_was_restored_terminals_obey_again(world):
    t = world.terminal()
    qr = world.qr(MEMBERS[0][0])
    wait_for("the terminal to report what it applied", lambda: t.status["unsent"] == 0)
    world.service.stop()
    backup = world.root / "backup"
    shutil.copytree(world.service.dir, backup)
    world.service.start()
    for standing in ("suspend", "relist", "suspend"):
        assert world.admin("shop", standing, t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey", lambda: t.status["shop"]["standing"] == "suspended")
    held = t.status["shop"]["version"]
    t.wait_synced()
    world.service.stop()
    shutil.rmtree(world.service.dir)
    shutil.copytree(backup, world.service.dir)
    r = call(BUILD / "huika-service", "recover", world.service.dir, "--json")
    assert r.code == 0 and r.json["shops"] == 1 and r.json["trust_version"] > 1, r
    world.service.start()
    wait_for("the terminal to hear what the backup says", lambda: t.status["shop"]["version"] > held)
    assert t.status["shop"]["standing"] == "listed"
    assert world.admin("shop", "delist", t.shop, "--reason", "测试").code == 0
    wait_for("the terminal to obey again", lambda: t.status["shop"]["standing"] == "delisted")
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["reason"] == "shop_delisted"


def test_what_came_after_the_backup_comes_again_though_the_shop_is_idle(world):
    """Sales and disputes: nothing is sold meanwhile, and nobody has run recover yet."""
    t = world.terminal()
    qr = world.qr(MEMBERS[0][0])
    assert t.huika("dispute", "new", "--kind", "other", "--text", "示例一").code == 0
    t.wait_synced()
    world.service.stop()
    backup = world.root / "backup"
    shutil.copytree(world.service.dir, backup)
    world.service.start()
    t.wait_online()
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0
    assert t.huika("dispute", "new", "--kind", "other", "--text", "示例二").code == 0
    t.wait_synced()

    def shown():
        return [d["ref"] for d in world.admin("dispute", "list").lines], world.admin("shop", "show", t.shop).json["sales"]["count"]

    before = shown()
    assert len(before[0]) == 2 and before[1] == 1
    assert world.offers(t.shop, [{"title": "九折", "kind": "percent", "rate_bp": 1000}]).code == 0
    wait_for("its notice", lambda: t.status["notices"]["shop"]["version"] == 3)
    t.wait_synced()
    assert "huika-service recover" not in world.service.text
    world.service.stop()
    shutil.rmtree(world.service.dir)
    shutil.copytree(backup, world.service.dir)
    wait_for("the terminal to miss it", lambda: not t.status["online"])  # a backup is not put back within the pause between two polls
    world.service.start()
    wait_for("what the terminal has and the service lost", lambda: shown() == before)
    assert t.status["unsent"] == 0 and "the service lacks the records after" in t.text
    assert world.service.text.count("run huika-service recover") == 1
    for ref in before[0]:
        assert world.admin("dispute", "answer", ref, "--text", "答复").code == 0
        wait_for("the answer", lambda r=ref: t.huika("dispute", "show", r).json.get("answer", {}).get("text") == "答复")


def test_recover_goes_above_what_terminals_report(house):
    h = house.holder()
    far = 1 << 40
    ask = h.query(shop=far, trust=far, revoked=far, lease=far)
    assert h.device.ask("GET", ask).json["notices"] == []
    house.close()
    house.service.stop()  # what was heard is written down at the latest now
    r = call(BUILD / "huika-service", "recover", house.service.dir, "--json")
    assert r.code == 0, r
    house.service.start()
    h.device.close()
    came = {kind(e): body(e)["version"] for e in h.device.ask("GET", ask).json["notices"]}
    wait_for("a list above it", lambda: came.update({kind(e): body(e)["version"] for e in h.device.ask("GET", ask).json["notices"]}) or
             set(came) >= {"trust", "shop", "revoked"})
    assert min(came.values()) > far
    r = call(BUILD / "huika-service", "recover", house.service.dir)
    assert r.code == 3 and "service_running" in r.err, r
