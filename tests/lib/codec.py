# SPDX-License-Identifier: Apache-2.0
"""The formats of docs/protocol.md a second time, written from the page and sharing nothing with the C: what the two agree on
is right, or the page is wrong. Functions return values or raise Refused with a code of errors.tsv."""
import base64
import datetime
import hashlib
import ipaddress
import json
import re

import p256

EPOCH_2020 = datetime.date(2020, 1, 1)


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def b32(data):
    return base64.b32encode(data).decode().rstrip("=")


def unb32(text):
    data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    if b32(data) != text.upper():  # bits left over must be zero
        raise ValueError(text)
    return data


def unb64(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError(text)
    return data


# Card numbers ---------------------------------------------------------------------------------------------------------

def is_identity_number(text):
    if not re.fullmatch(r"\d{17}[\dXx]", text, re.ASCII):
        return False
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]  # GB 11643
    # A mistyped one is refused as well, but for cards' own prefix
    if text.startswith("62") and "10X98765432"[sum(int(d) * w for d, w in zip(text, weights)) % 11] != text[17].upper():
        return False
    try:
        born = datetime.datetime.strptime(text[6:14], "%Y%m%d")
    except ValueError:
        return False
    return 1900 <= born.year < 2100 and int(text[:2]) in {
        *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83, 91}


def card_number(text):
    if re.fullmatch(r"(\d{15}|\d{17})[Xx]", text, re.ASCII) or is_identity_number(text):
        raise Refused("id_number")
    if not re.fullmatch(r"\d{16,19}", text, re.ASCII):
        raise Refused("bad_number")
    return text


def luhn(digits):
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def track2(text):
    found = re.fullmatch(r";(\d{1,19})=(?:\d{4}|=)(?:\d{3}|=)[0-9:;<=>]*\?.?", text, re.ASCII | re.DOTALL)
    if not found or len(text) > 40:
        raise Refused("swipe_again")
    if len(found[1]) < 16:
        raise Refused("bad_number")
    return found[1]


def mask(name):
    return "*" + name[1:] if name else ""


# Card QR --------------------------------------------------------------------------------------------------------------

def card_signed(key_number, token, last4, expiry):
    return (bytes([1, key_number]) + token + last4.to_bytes(2, "big")
            + (expiry - EPOCH_2020).days.to_bytes(2, "big"))


def card_text(host, key, key_number, token, last4, expiry):
    head = card_signed(key_number, token, last4, expiry)
    return f"HTTPS://{host.upper()}/C/{b32(head + p256.sign(key, b'huika-card-v1' + bytes(1) + head))}"


def card_open(text):
    found = re.match(r"https://([a-z0-9.-]{1,39})/c/", text, re.IGNORECASE | re.ASCII)
    if not found:
        raise Refused("card_unknown_scan")
    try:
        raw = unb32(text[found.end():])
    except ValueError as why:
        raise Refused("card_malformed") from why
    last4 = int.from_bytes(raw[12:14], "big")
    if len(raw) != 80 or raw[0] != 1 or last4 > 9999:
        raise Refused("card_malformed")
    days = int.from_bytes(raw[14:16], "big")
    return {"host": found[1].lower(), "key_number": raw[1], "token": b32(raw[2:12]), "last4": last4,
            "expiry": (EPOCH_2020 + datetime.timedelta(days=days)).isoformat(), "signed": raw[:16], "sig": raw[16:]}


def card_check(card, hosts, keys, day):
    """keys: number -> public key; day: a date in ISO form."""
    if card["host"] not in hosts:
        raise Refused("card_foreign_host")
    key = keys.get(card["key_number"])
    if not key or not p256.verify(key, b"huika-card-v1\0" + card["signed"], card["sig"]):
        raise Refused("card_forged")
    if day > card["expiry"]:
        raise Refused("card_expired")


# Scans ----------------------------------------------------------------------------------------------------------------

def classify(text, legacy=()):
    text = re.sub(r"\A\](?:[A-Za-z])[A-Za-z0-9]", "", text.strip(" \t\n\v\f\r")).strip(" \t\n\v\f\r")
    payment = [r"1[0-5]\d{16}", r"(?:2[5-9]|30)\d{14,22}", r"62\d{17}"]
    if any(re.fullmatch(p, text, re.ASCII) for p in payment):
        return "payment"
    if re.fullmatch(r"\d{16,19}", text, re.ASCII):
        return "number"
    code = ""
    try:
        card_open(text)
        return "card"
    except Refused as why:
        code = why.code
    if any(text.lower().startswith(p.lower()) for p in legacy):
        return "legacy"
    if text.upper().startswith("HUIKA1/"):
        return "enrol"
    return "card_damaged" if code == "card_malformed" else "unknown"


# Notices --------------------------------------------------------------------------------------------------------------

def pae(kind, payload):
    kind = f"application/vnd.huika.{kind}.v1+json".encode()
    return b"DSSEv1 %d %s %d " % (len(kind), kind, len(payload)) + payload


def notice_seal(kind, body, *keys):
    payload = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    signatures = [{"keyid": p256.key_id(k), "sig": base64.b64encode(p256.sign(k, pae(kind, payload))).decode()} for k in keys]
    return json.dumps({"payload": base64.b64encode(payload).decode(),
                       "payloadType": f"application/vnd.huika.{kind}.v1+json", "signatures": signatures})


def strict_json(text):
    def once(pairs):
        if len({k for k, _ in pairs}) != len(pairs):
            raise ValueError("a member twice")
        return dict(pairs)
    return json.loads(text, object_pairs_hook=once)


def notice_open(text):
    """Kind, body, payload and (key id, signature) pairs."""
    try:
        envelope = strict_json(text)
        kind = re.fullmatch(r"application/vnd\.huika\.(trust|shop|lease|revoked|answer)\.v1\+json", envelope["payloadType"])[1]
        payload = unb64(envelope["payload"])
        body = strict_json(payload)
        signatures = [(s["keyid"], unb64(s["sig"])) for s in envelope["signatures"]]
        good = (isinstance(body["version"], int) and not isinstance(body["version"], bool) and 1 <= body["version"] <= 2**53
                and 1 <= len(signatures) <= 4 and len({i for i, _ in signatures}) == len(signatures)
                and all(len(i) == 16 and len(s) == 64 for i, s in signatures))
    except (ValueError, KeyError, TypeError) as why:
        raise Refused("bad_notice") from why
    if not good:
        raise Refused("bad_notice")
    return kind, body, payload, signatures


def signed_by(kind, payload, signatures, key):
    for key_id, signature in signatures:
        if key_id == p256.key_id(key):
            if not p256.verify(key, pae(kind, payload), signature):
                raise Refused("bad_signature")
            return
    raise Refused("unknown_key")


def notice_verify(text, trust):
    """trust: the body of the trust notice in force, or a root key alone at enrolment."""
    kind, body, payload, signatures = notice_open(text)
    if kind == "trust":
        held = p256.from_spki(unb64(trust["root"]["spki"])) if isinstance(trust, dict) else trust
        signed_by(kind, payload, signatures, held)
        new = p256.from_spki(unb64(body["root"]["spki"]))
        if p256.spki(new) != p256.spki(held):
            if not isinstance(trust, dict):
                raise Refused("unknown_key")
            signed_by(kind, payload, signatures, new)
        return body
    for key in trust["keys"]:
        if kind in key["kinds"] and any(i == key["id"] for i, _ in signatures):
            signed_by(kind, payload, signatures, p256.from_spki(unb64(key["spki"])))
            return body
    raise Refused("unknown_key")


# Records --------------------------------------------------------------------------------------------------------------

KINDS = {"started": 1, "sale": 2, "refusal": 3, "notice_applied": 4, "void": 5, "dispute": 6, "clock_step": 7}


def record_hash(terminal, epoch, seq, previous, kind, body):
    return hashlib.sha256(b"huika-record-v1\0" + terminal + epoch.to_bytes(4, "big") + seq.to_bytes(8, "big") + previous
                          + bytes([KINDS[kind]]) + len(body).to_bytes(4, "big") + body).digest()


def blob_hash(salt, blob):
    return hashlib.sha256(b"huika-blob-v1\0" + salt + blob).digest()


def head_message(terminal, epoch, seq, digest, at_ms=None):
    tag = b"huika-head-v1\0" if at_ms is None else b"huika-countersign-v1\0"
    tail = b"" if at_ms is None else at_ms.to_bytes(8, "big", signed=True)
    return tag + terminal + epoch.to_bytes(4, "big") + seq.to_bytes(8, "big") + digest + tail


# Ids and invitations --------------------------------------------------------------------------------------------------

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(data):
    value = int.from_bytes(data, "big")
    return "".join(CROCKFORD[value >> shift & 31] for shift in range(125, -1, -5))


def unulid(text):
    value = 0
    for c in text:
        value = value * 32 + CROCKFORD.index(c)
    return value.to_bytes(16, "big")


def fingerprint(ca_spki, root_spki):
    return hashlib.sha256(ca_spki + root_spki).digest()[:16]


def invite_text(host, port, pin, secret):
    code = b32(pin + secret)
    host = f"[{host}]" if ":" in host else host
    return f"HUIKA1/{host.upper()}:{port}/" + "-".join(code[i:i + 4] for i in range(0, 52, 4))


def invite_open(text):
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    found = re.fullmatch(rf"\s*HUIKA1/(?:({label}(?:\.{label})*)|\[([0-9a-f:.]+)\])(?::(\d{{1,5}}))?/([a-z0-9\s-]*)", text,
                         re.IGNORECASE | re.ASCII)
    if not found:
        raise Refused("invite_unknown")
    code = re.sub(r"[\s-]", "", found[4], flags=re.ASCII).upper().translate(str.maketrans("018", "OIB"))
    port = int(found[3] or 8443)
    try:
        raw = unb32(code)
        if found[2]:
            ipaddress.IPv6Address(found[2])
    except ValueError as why:
        raise Refused("invite_unknown") from why
    if len(raw) != 32 or not 1 <= port <= 65535:
        raise Refused("invite_unknown")
    return {"host": (found[1] or found[2]).lower(), "port": port, "fingerprint": raw[:16].hex(), "secret": raw[16:].hex()}
