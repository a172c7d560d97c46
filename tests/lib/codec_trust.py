# SPDX-License-Identifier: Apache-2.0
"""The second codec, continued: leases, the revocation file and its deltas, answers, slips, references, and the record bodies of sales, voids
and disputes. Written from docs/protocol.md, sharing nothing with the C. Raises codec.Refused."""
import hashlib
import hmac
import re

from codec import Refused, b32, strict_json, unb32
import p256

MS_MAX = 253402300799999
INT_MAX = 2**53
FEN_MAX = 999999999
DAY_MS = 86400000


def want(good, code="bad_value"):
    if not good:
        raise Refused(code)


def whole(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_ulid(text):
    return isinstance(text, str) and re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", text) is not None


def is_hex(text, size):
    return isinstance(text, str) and re.fullmatch(f"[0-9a-fA-F]{{{2 * size}}}", text) is not None


def is_text(value, low, high):
    return isinstance(value, str) and low <= len(value.encode()) <= high and "\0" not in value


# References -----------------------------------------------------------------------------------------------------------

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(text):
    """ISO/IEC 7064, MOD 37,36, as the standard describes the hybrid systems."""
    product = 36
    for c in text:
        total = (product + ALPHABET.index(c)) % 36 or 36
        product = total * 2 % 37
    return next(c for i, c in enumerate(ALPHABET) if (product + i) % 36 == 1)


def ref_text(number, epoch, seq):
    return f"{number}-{epoch}-{seq}-{check_character(f'{number}E{epoch}S{seq}')}"


def ref_open(text):
    found = re.fullmatch(r"([1-9]\d*)[- ]([1-9]\d*)[- ]([1-9]\d*)[- ]([0-9A-Za-z])", text, re.ASCII)
    want(found)
    number, epoch, seq = (int(found[i]) for i in (1, 2, 3))
    want(number < 2**31 and epoch < 2**32 and seq <= INT_MAX)
    want(found[4].upper() == check_character(f"{number}E{epoch}S{seq}"))
    return {"number": number, "epoch": epoch, "seq": seq}


# Slips ----------------------------------------------------------------------------------------------------------------

def slip_secret(key, ulid):
    """RFC 5869 with SHA-256, one block."""
    extracted = hmac.new(b"huika-slip-v1\0", key, hashlib.sha256).digest()
    return hmac.new(extracted, ulid + b"\1", hashlib.sha256).digest()[:16]


def slip_secret_hash(secret):
    return hashlib.sha256(b"huika-slip-secret-v1\0" + secret).digest()


def slip_url(public_url, device, terminal, epoch, seq, digest, secret):
    head = b"\1" + terminal + epoch.to_bytes(4, "big") + seq.to_bytes(8, "big") + digest[:16]
    return f"{public_url.upper()}/S/{b32(head + secret + p256.sign(device, bytes(b'huika-slip-v1') + bytes(1) + head))}"


def slip_open(code, device):
    try:
        raw = unb32(code)
    except ValueError as why:
        raise Refused("bad_value") from why
    want(len(code) == 200 and len(raw) == 125 and raw[0] == 1)
    found = {"terminal": raw[1:17], "epoch": int.from_bytes(raw[17:21], "big"), "seq": int.from_bytes(raw[21:29], "big"),
             "hash": raw[29:45], "secret": raw[45:61]}
    want(found["epoch"] >= 1 and 1 <= found["seq"] <= INT_MAX)
    want(p256.verify(device, b"huika-slip-v1\0" + raw[:45], raw[61:]), "bad_signature")
    return found


# Revocation file ------------------------------------------------------------------------------------------------------

def revoked_value(token):
    return hashlib.sha256(b"huika-token-v1\0" + token).digest()[:8]


def revoked_file(values):
    values = sorted(set(values))
    return b"huika-revoked-v1".ljust(24, b"\0") + len(values).to_bytes(8, "big") + b"".join(values)


def ascending(data):
    values = [data[i:i + 8] for i in range(0, len(data), 8)]
    want(all(a < b for a, b in zip(values, values[1:])))
    return values


def revoked_open(data):
    want(len(data) >= 32 and len(data) % 8 == 0 and data[:24] == b"huika-revoked-v1".ljust(24, b"\0"))
    want(int.from_bytes(data[24:32], "big") == (len(data) - 32) // 8)
    return ascending(data[32:])


def revoked_delta(old, new):
    before, after = set(revoked_open(old)), set(revoked_open(new))
    adds, removes = sorted(after - before), sorted(before - after)
    return (b"huika-revoked-delta-v1".ljust(32, b"\0") + hashlib.sha256(old).digest() + hashlib.sha256(new).digest()
            + len(adds).to_bytes(8, "big") + len(removes).to_bytes(8, "big") + b"".join(adds) + b"".join(removes))


def revoked_apply(old, delta):
    want(len(delta) >= 112 and delta[:32] == b"huika-revoked-delta-v1".ljust(32, b"\0"))
    add_cnt, remove_cnt = int.from_bytes(delta[96:104], "big"), int.from_bytes(delta[104:112], "big")
    want(len(delta) == 112 + 8 * (add_cnt + remove_cnt))
    adds, removes = ascending(delta[112:112 + 8 * add_cnt]), ascending(delta[112 + 8 * add_cnt:])
    before = set(revoked_open(old))
    want(delta[32:64] == hashlib.sha256(old).digest())
    want(not set(adds) & set(removes) and not set(adds) & before and set(removes) <= before)
    new = revoked_file((before | set(adds)) - set(removes))
    want(hashlib.sha256(new).digest() == delta[64:96])
    return new


# What notices say -----------------------------------------------------------------------------------------------------

def pin(value):
    return isinstance(value, dict) and whole(value.get("version"), 1, INT_MAX) and is_hex(value.get("sha256"), 32)


def lease(body):
    allowance = body.get("allowance")
    bad = "bad_notice"
    want(isinstance(allowance, dict) and is_ulid(body.get("terminal_id")) and is_ulid(body.get("shop_id")), bad)
    want(whole(body.get("epoch"), 1, 2**32 - 1) and whole(body.get("issued_ms"), 0, MS_MAX) and whole(body.get("stop_at_ms"), 0, MS_MAX), bad)
    want(0 < body["stop_at_ms"] - body["issued_ms"] <= 30 * DAY_MS, bad)
    want(all(whole(allowance.get(k), 0, 10**6) for k in ("sales", "starts", "per_card_day", "keyed_sales")), bad)
    want(all(whole(allowance.get(k), 0, INT_MAX) for k in ("amount_fen", "keyed_amount_fen")), bad)
    want(all(pin(body.get(k)) for k in ("trust", "shop", "revoked")), bad)


def revoked_notice(body):
    bad = "bad_notice"
    deltas = body.get("deltas")
    want(whole(body.get("issued_ms"), 0, MS_MAX) and whole(body.get("count"), 0, 10**8) and is_hex(body.get("sha256"), 32), bad)
    want(body.get("len") == 32 + 8 * body["count"] and isinstance(deltas, list) and len(deltas) <= 16, bad)
    want(all(isinstance(d, dict) and whole(d.get("from"), 1, body["version"] - 1) and is_hex(d.get("sha256"), 32) for d in deltas), bad)
    want(all(whole(d.get("len"), 112, INT_MAX) and d["len"] % 8 == 0 for d in deltas), bad)
    want(len({d["from"] for d in deltas}) == len(deltas), bad)


def answer(body):
    bad = "bad_notice"
    want(is_ulid(body.get("terminal_id")) and is_ulid(body.get("record_id")) and whole(body.get("at_ms"), 0, MS_MAX), bad)
    want(body.get("state") in ("open", "answered", "closed", "escalated") and is_text(body.get("by"), 1, 255), bad)
    want(is_text(body.get("text"), 0, 8000) and len(body["text"]) <= 2000 and whole(body.get("erased_ms", 1), 1, MS_MAX), bad)
    try:
        ref_open(body.get("ref") or "")
    except Refused as why:
        raise Refused(bad) from why


def policy(body):
    """The members of a trust notice that came with leases."""
    bad = "bad_notice"
    url, offline, reset = body.get("public_url"), body.get("offline"), body.get("floor_reset")
    port = r"(?::[1-9]\d{0,4})?"
    want(url is None or (is_text(url, 1, 280) and re.fullmatch(rf"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?{port}", url, re.ASCII)), bad)
    want(offline is None or (isinstance(offline, dict) and all(isinstance(offline.get(k), bool) for k in ("qr", "keyed"))), bad)
    want(isinstance(body.get("issuers", []), list), bad)
    for issuer in body.get("issuers", []):
        want(re.fullmatch(r"\d{1,12}", issuer.get("prefix") or "", re.ASCII) and is_text(issuer.get("name"), 1, 96), bad)
    if reset is not None:
        want(isinstance(reset, dict) and (reset.get("floor_ms") is None or whole(reset["floor_ms"], 0, MS_MAX)), bad)
        want(isinstance(reset.get("versions") or [], list) and "trust" not in (reset.get("versions") or []), bad)
    for key in body["keys"]:
        for name in ("not_before_ms", "not_after_ms"):
            want(key.get(name) is None or whole(key[name], 0, MS_MAX), bad)


# Record bodies --------------------------------------------------------------------------------------------------------

def discount_back(discount, total, before, after):
    return discount * after // total - discount * before // total


def sale(body):
    want(all(whole(body.get(k), low, FEN_MAX) for k, low in (("total_fen", 1), ("discount_fen", 0), ("pay_fen", 0))), "bad_amount")
    want(body["discount_fen"] + body["pay_fen"] == body["total_fen"], "bad_amount")
    lines = body.get("lines") or []
    want(not lines or all(sum(line[k] for line in lines) == body[to] for k, to in (("amount_fen", "total_fen"), ("discount_fen", "discount_fen"))), "bad_amount")
    want(whole(body.get("at_ms"), 0, MS_MAX) and is_ulid(body.get("sale_id")) and is_ulid(body.get("checkout_id")) and is_hex(body.get("blob"), 32))
    want(body.get("own_price") is (body.get("offer_id") is None) and (body.get("offer_id") is None or is_ulid(body["offer_id"])))
    want(body.get("verdict") in ("member", "provisional") and (body["verdict"] == "provisional") == (body.get("lease") is not None))
    want(body.get("lease") is None or whole(body["lease"], 1, INT_MAX))
    want(body.get("by") in ("qr", "number") and body.get("input") in ("reader", "keyed", "api") and re.fullmatch(r"\d{4}", body.get("card_last4") or ""))
    want((body.get("slip") is None or is_hex(body["slip"], 32)) and whole(body.get("shop_version"), 1, INT_MAX))


def void(body):
    want(body.get("kind") in ("void", "return"))
    names = ("amount_fen", "discount_back_fen", "refund_fen", "returned_fen", "total_fen", "discount_fen")
    want(all(whole(body.get(k), 0, FEN_MAX) for k in names), "bad_amount")
    amount, back, refund, returned, total, discount = (body[k] for k in names)
    want(1 <= amount <= returned <= total and discount <= total, "bad_amount")
    want(back == discount_back(discount, total, returned - amount, returned) and refund == amount - back, "bad_amount")
    want(body["kind"] == "return" or returned == total, "bad_amount")
    want(whole(body.get("at_ms"), 0, MS_MAX) and is_ulid(body.get("void_id")) and is_ulid(body.get("sale_id")))
    want(isinstance(body.get("granted"), bool) and (body.get("terminal") is None or whole(body["terminal"], 1, 2**31 - 1)))
    want(is_hex(body.get("slip"), 32) and is_hex(body.get("blob"), 32))


def dispute(body):
    want(body.get("kind") in ("refused_valid", "rate_not_given", "amount_wrong", "card_suspect", "double_charge", "offline_contested", "other"))
    want(body.get("reporter") in ("shop", "member") and whole(body.get("at_ms"), 0, MS_MAX) and is_ulid(body.get("dispute_id")))
    want((body.get("sale_id") is None or is_ulid(body["sale_id"])) and (body.get("refusal_seq") is None or whole(body["refusal_seq"], 1, INT_MAX)))
    want(is_hex(body.get("slip"), 32) and is_hex(body.get("blob"), 32))


def clock_step(body):
    want(all(whole(body.get(k), 0, MS_MAX) for k in ("at_ms", "wall_ms", "floor_ms")) and whole(body.get("by_ms"), -MS_MAX, MS_MAX))


def started(body):
    want(whole(body.get("at_ms"), 0, MS_MAX) and is_text(body.get("version"), 1, 32))
    want(body.get("lease") is None or whole(body["lease"], 1, INT_MAX))


def blob(body):
    want((body.get("token") is None) != (body.get("sealed") is None))
    want(body.get("tag") is None or is_hex(body["tag"], 8))


def void_answer(body):
    want(isinstance(body.get("granted"), bool))
    if not body["granted"]:
        return want(is_text(body.get("reason"), 1, 64))
    names = ("returned_fen", "discount_back_fen", "refund_fen", "total_fen", "discount_fen")
    want(all(whole(body.get(k), 0, FEN_MAX) for k in names) and whole(body.get("terminal"), 1, 2**31 - 1))
    returned, back, refund, total, discount = (body[k] for k in names)
    want(1 <= back + refund <= returned <= total and discount <= total)
    return want(back == discount_back(discount, total, returned - back - refund, returned))


BODIES = {"sale": sale, "void": void, "dispute": dispute, "clock_step": clock_step, "started": started, "blob": blob, "void_answer": void_answer}


def body_open(what, text):
    try:
        body = strict_json(text)
    except ValueError as why:
        raise Refused("bad_json") from why
    BODIES[what](body)
    return body
