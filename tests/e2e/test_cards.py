# SPDX-License-Identifier: Apache-2.0
"""Cards that are refused: each with its own reason by QR, with one and the same by number; and codes that are no cards."""
import datetime
import sqlite3

import codec
import impostor
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from world import MEMBERS, wait_for

CARD = MEMBERS[0][0]
STATUSES = ["frozen", "lost", "left"]


def sell_scan(t, text):
    return t.huika("sell", "10", "--scan", text, "--yes")


@pytest.mark.parametrize("status", STATUSES)
def test_status_is_exact_by_qr_and_one_code_by_number(world, status):
    t = world.terminal()
    qr = world.qr(CARD)
    assert world.admin("member", "status", CARD, status).code == 0
    r = sell_scan(t, qr)
    assert r.code == 1 and (r.json["verdict"], r.json["reason"]) == ("refused", "card_" + status), r
    r = t.huika("sell", "10", "--number", CARD, "--accept-luhn", "--yes")
    assert r.code == 1 and r.json["reason"] == "not_confirmed" and not r.json.get("name_masked"), r
    assert world.admin("member", "status", CARD, "active").code == 0
    assert sell_scan(t, qr).code == 0


def test_unknown_by_number_looks_like_every_other_negative(world):
    t = world.terminal()
    unknown = t.huika("sell", "10", "--number", "6200000000009999", "--accept-luhn", "--yes")
    world.admin("member", "status", CARD, "lost")
    lost = t.huika("sell", "10", "--number", CARD, "--accept-luhn", "--yes")
    drop = ("checkout_id", "card_last4", "rev")
    assert {k: v for k, v in unknown.json.items() if k not in drop} == {k: v for k, v in lost.json.items() if k not in drop}


def test_reissued_card_replaces_the_old_one(world):
    t = world.terminal()
    old = world.qr(CARD)
    assert world.admin("card", "reissue", CARD).code == 0
    assert sell_scan(t, old).json["reason"] == "card_replaced"
    world._tokens.clear()
    assert world.qr(CARD) != old and sell_scan(t, world.qr(CARD)).code == 0


def card_key(world):
    return load_pem_private_key((world.service.dir / "keys" / "card-1.key").read_bytes(), None)


def test_a_well_signed_token_nobody_issued(world):
    t = world.terminal()
    text = codec.card_text("localhost", card_key(world), 1, bytes(range(10)), 1234, datetime.date(2031, 12, 31))
    assert sell_scan(t, text).json["reason"] == "card_unknown"


def forged(world, qr):
    """Name -> (text, reason): one of each way in which a QR can be wrong."""
    c = codec.card_open(qr)
    own, stranger = card_key(world), ec.generate_private_key(ec.SECP256R1())
    token, expiry = codec.unb32(c["token"]), datetime.date.fromisoformat(c["expiry"])
    flipped = qr[:40] + ("A" if qr[40] != "A" else "B") + qr[41:]
    return {
        "bit flipped": (flipped, "card_forged"),
        "signed by a stranger": (codec.card_text("localhost", stranger, 1, token, c["last4"], expiry), "card_forged"),
        "unknown key number": (codec.card_text("localhost", own, 9, token, c["last4"], expiry), "card_forged"),
        "foreign host": (codec.card_text("evil.example", own, 1, token, c["last4"], expiry), "card_foreign_host"),
        "truncated": (qr[:-20], "card_malformed"),
        "longer": (qr + "AA", "card_malformed"),
        "expired": (codec.card_text("localhost", own, 1, token, c["last4"], datetime.date(2020, 3, 1)), "card_expired"),
        "a web page": ("https://www.example.com/", "card_unknown_scan"),
        "empty frame": ("]Q1", "card_unknown_scan"),
        "a bare number": (CARD, "scanned_number"),
        "an enrolment code": ("HUIKA1/localhost:8443/" + "A" * 52, "enrol_scan"),
    }


def test_forged_and_foreign_codes_have_their_own_reasons(world):
    t = world.terminal()
    for name, (text, reason) in forged(world, world.qr(CARD)).items():
        r = sell_scan(t, text)
        assert r.code == 1 and r.json["reason"] == reason, (name, r)
        shown = t.huika("sell", "10", "--scan", text, "--yes", json_out=False)
        assert shown.code == 1 and shown.out.strip() + shown.err.strip(), name
    assert sell_scan(t, "]Q1" + world.qr(CARD) + "\r\n").code == 0


PAYMENT = {"wechat": "134567890123456789", "alipay": "281234567890123456", "alipay 24": "301234567890123456789012",
           "unionpay": "6212345678901234567"}


def verifies(world):
    return world.service.text.count("/v1/verify ")


@pytest.mark.parametrize("kind", PAYMENT)
def test_payment_codes_are_refused_and_leave_no_trace(world, kind):
    """Searched afterwards: logs, journal, databases, and whether anything was asked of the service at all."""
    digits = PAYMENT[kind]
    t = world.terminal()
    before = verifies(world)
    r = sell_scan(t, digits)
    assert r.code == 1 and r.json["reason"] == "payment_code", r
    assert digits not in r.out + r.err
    assert t.huika("simulate", "scan", digits).code in (0, 1)
    t.wait_synced()
    assert verifies(world) == before, "a payment code was sent to the service"
    db = sqlite3.connect(t.state / "journal.db")
    kinds = [row[0] for row in db.execute("SELECT body FROM records")]
    db.close()
    assert any("payment_code" in (b.decode() if isinstance(b, bytes) else b) for b in kinds), "the refusal is a record"
    t.stop()
    world.service.stop()
    for f in world.root.rglob("*"):
        if f.is_file():
            assert digits.encode() not in f.read_bytes(), f


def test_payment_codes_are_never_in_the_traffic(world):
    """All that the terminal sends, taken out of TLS by something with the service's own certificate."""
    t = world.terminal()
    qr = world.qr(CARD)
    t.wait_synced()
    world.service.stop()
    ca = impostor.load_ca(world.service.dir / "offline" / "server-ca.key", world.service.dir / "server-ca.crt")
    fake = impostor.Impostor(world.service.port, *impostor.issue(*ca), impostor.silence, world.root)
    try:
        for digits in PAYMENT.values():
            assert sell_scan(t, digits).json["reason"] == "payment_code"
            assert t.huika("simulate", "scan", digits).code in (0, 1)
        sell_scan(t, qr)
        wait_for("the card's question", lambda: codec.card_open(qr)["token"].encode() in fake.received)
        assert not [d for d in PAYMENT.values() if d.encode() in fake.received]
    finally:
        fake.close()


def test_verify_log_line_exists_at_all(world):
    """The search above counts log lines; this shows that they are written when a card is verified."""
    t = world.terminal()
    before = verifies(world)
    assert sell_scan(t, world.qr(CARD)).code == 0
    wait_for("the request to be logged", lambda: verifies(world) == before + 1)


def test_a_number_that_fails_luhn_is_asked_again_not_rejected(world):
    t = world.terminal()
    r = t.huika("sell", "10", "--number", "6200000000000004", "--yes")
    assert r.code == 1 and r.json["reason"] == "number_luhn" and "sale_id" not in r.json, r
    assert t.huika("sell", "10", "--number", "6200000000000004", "--accept-luhn", "--yes").code == 0


@pytest.mark.parametrize("number,code", [("123", "bad_number"), ("62000000000000x1", "bad_number"), ("6" * 20, "bad_number"),
                                         ("41010119900307001X", "id_number"), ("", "bad_number")])
def test_numbers_that_are_none(world, number, code):
    t = world.terminal()
    r = t.huika("sell", "10", "--number", number, "--yes")
    assert r.code == 2 or (r.code == 1 and r.json["reason"] == code), r
    a = t.api("POST", "/v1/checkouts?wait=5", {"total_fen": 1000, "number": number}, {"Idempotency-Key": "n"})
    assert a.status == 422 and a.json["code"] == code, a


def test_numbers_lock_after_too_many_misses_and_qr_goes_on(world):
    t = world.terminal()
    reasons = [t.huika("sell", "10", "--number", f"62000000000099{i:02d}", "--accept-luhn", "--yes").json["reason"] for i in range(12)]
    assert reasons[0] == "not_confirmed" and reasons[-1] == "numbers_locked", reasons
    assert t.huika("sell", "10", "--number", CARD, "--accept-luhn", "--yes").json["reason"] == "numbers_locked"
    assert sell_scan(t, world.qr(CARD)).code == 0
