#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the vectors of this folder (offer.json has its own): `/usr/bin/python3 proto/vectors/make.py` writes the same files
each time. valid/ must be understood, invalid/ must be refused with the code that stands beside each case."""
import base64
import copy
import datetime
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "lib")]
import cms  # noqa: E402
import codec  # noqa: E402
import p256  # noqa: E402
import trust as trust_vectors  # noqa: E402

HOSTS = ["card.example.org", "localhost"]
DAY = "2026-03-04"
EXPIRY = datetime.date(2031, 12, 31)
TOKEN = bytes.fromhex("00112233445566778899")
TERMINAL = bytes.fromhex("0195a1b2c3d40102030405060708090a")
SALE = bytes.fromhex("0195a1b2c3d5a1a2a3a4a5a6a7a8a9aa")
OFFER = "01JPGV5GYM4D2PF3R7Q9SWXYZ1"


def b64(data):
    return base64.b64encode(data).decode()


def changed(text, at, to):
    return text[:at] + to + text[at + 1:]


def cards():
    key = p256.key("card 1")
    context = {"hosts": HOSTS, "day": DAY, "keys": [{"number": 1, "spki": b64(p256.spki(key))},
                                                   {"number": 7, "spki": b64(p256.spki(p256.key("card 7")))}]}
    good = codec.card_text("localhost", key, 1, TOKEN, 1234, EXPIRY)
    long_host = "members." + "x" * 27 + ".cn"

    def case(name, text):
        c = codec.card_open(text)
        return {"name": name, "text": text, **{k: c[k] for k in ("host", "key_number", "token", "last4", "expiry")}}
    valid = [
        case("a card", good),
        case("read in lower case", good.lower()),
        case("another host of the list", codec.card_text("CARD.example.org", key, 1, TOKEN, 0, EXPIRY)),
        case("key number 7, all bits set", codec.card_text("localhost", p256.key("card 7"), 7, b"\xff" * 10, 9999, EXPIRY)),
        case("expires today", codec.card_text("localhost", key, 1, TOKEN, 7, datetime.date.fromisoformat(DAY))),
        case("the last day that fits", codec.card_text("localhost", key, 1, TOKEN, 7, datetime.date(2199, 6, 6))),
    ]
    longest = codec.card_text(long_host, key, 1, TOKEN, 1, EXPIRY)
    body = good.index("/C/") + 3
    raw = codec.unb32(good[body:])

    def put(data):
        return good[:body] + codec.b32(data)
    invalid = [
        ("forged: another card's bytes under this signature", put(raw[:2] + b"\xee" + raw[3:]), "card_forged"),
        ("re-signed by a foreign key", codec.card_text("localhost", p256.key("foreign"), 1, TOKEN, 1234, EXPIRY), "card_forged"),
        ("key number that nobody has", codec.card_text("localhost", key, 2, TOKEN, 1234, EXPIRY), "card_forged"),
        ("key number of another key", codec.card_text("localhost", key, 7, TOKEN, 1234, EXPIRY), "card_forged"),
        ("signature of zeros", put(raw[:16] + bytes(64)), "card_forged"),
        ("later expiry written in", put(raw[:14] + b"\xff\xff" + raw[16:]), "card_forged"),
        ("foreign host, signed well", codec.card_text("evil.example", key, 1, TOKEN, 1234, EXPIRY), "card_foreign_host"),
        ("foreign host with 39 characters", longest.replace(long_host.upper(), "M" * 39), "card_foreign_host"),
        ("expired yesterday", codec.card_text("localhost", key, 1, TOKEN, 1, datetime.date(2026, 3, 3)), "card_expired"),
        ("expired on the first day", codec.card_text("localhost", key, 1, TOKEN, 1, codec.EPOCH_2020), "card_expired"),
        ("truncated by one", good[:-1], "card_malformed"),
        ("truncated to half", good[:body + 64], "card_malformed"),
        ("nothing after the path", good[:body], "card_malformed"),
        ("one too many", good + "A", "card_malformed"),
        ("a digit that base32 has not", changed(good, body + 9, "1"), "card_malformed"),
        ("padding", good + "======", "card_malformed"),
        ("white space inside", changed(good, body + 9, " "), "card_malformed"),
        ("format 2", put(b"\2" + raw[1:]), "card_malformed"),
        ("last four above 9999", put(raw[:12] + b"\x27\x10" + raw[14:]), "card_malformed"),
        ("plain http", good.replace("HTTPS", "HTTP"), "card_unknown_scan"),
        ("another path", good.replace("/C/", "/D/"), "card_unknown_scan"),
        ("a port", good.replace("LOCALHOST", "LOCALHOST:8443"), "card_unknown_scan"),
        ("user and host", good.replace("LOCALHOST", "LOCALHOST@EVIL.EXAMPLE"), "card_unknown_scan"),
        ("host of 40 characters", good.replace("LOCALHOST", "M" * 40), "card_unknown_scan"),
        ("no host", good.replace("LOCALHOST", ""), "card_unknown_scan"),
        ("cut inside the host", good[:12], "card_unknown_scan"),
        ("text before", "X" + good, "card_unknown_scan"),
        ("nothing", "", "card_unknown_scan"),
    ]
    refused = [{"name": n, "text": t, "error": e} for n, t, e in invalid]
    return {**context, "cases": valid}, {**context, "cases": refused}


def numbers():
    valid = [("6200000000000005", True), ("6200000000000006", False), ("62000000000000000", True), ("62000000000000010", False), ("620000000000000005", True), ("620000000000000001", False),
             ("620102199001011242", False),
             ("6200000000000000013", False), ("6200000000000000000", True)]
    invalid = [("", "bad_number"), ("620000000000000", "bad_number"), ("62000000000000000001", "bad_number"),
               ("62000000000000O1", "bad_number"), ("６２０００００００００００００１", "bad_number"), ("6200 0000 0000 0001", "bad_number"),
               ("11010519491231002X", "id_number"), ("11010519491231002x", "id_number"), ("440308199901101512", "id_number"),
               ("440308199901101513", "id_number"), ("620102199001011241", "id_number"),
               ("62000000000000000X", "id_number"), ("620000000000000X", "id_number"), ("6200000000000000X", "bad_number")]
    return ([{"text": t, "luhn": ok} for t, ok in valid],
            [{"text": t, "error": e} for t, e in invalid])


def tracks():
    pan = "6200000000000012345"
    valid = [("a bank card", f";{pan}=311220100001230?"), ("with its LRC", f";{pan}=311220100001230?5"),
             ("16 digits", ";6200000000000005=3112201?"), ("no expiry", f";{pan}==201000?"),
             ("neither expiry nor service code", f";{pan}===?"), ("separators in the discretionary data", f";{pan}=3112201=0=1?"),
             ("40 characters", f";{pan}=3112201" + "0" * 10 + "?7")]
    invalid = [("nothing", "", "swipe_again"), ("no start sentinel", f"{pan}=3112201?", "swipe_again"),
               ("no end sentinel", f";{pan}=31122010000", "swipe_again"), ("no separator", f";{pan}?", "swipe_again"),
               ("a bad character", f";{pan}=311220x?", "swipe_again"), ("track 1", "%B6200000000000005^LI/SI^31122010?", "swipe_again"),
               ("41 characters", f";{pan}=3112201" + "0" * 11 + "?7", "swipe_again"), ("two after the end", f";{pan}=3112201?12", "swipe_again"),
               ("an error mark", ";E?", "swipe_again"), ("20 digits", ";62000000000000123456=3112201?", "swipe_again"),
               ("a card of another kind, 13 digits", ";6200000000012=3112201?", "bad_number"), ("cut in the expiry", f";{pan}=311?", "swipe_again"),
               ("no number", ";=3112201?", "swipe_again")]
    return ([{"name": n, "track": t, "number": codec.track2(t)} for n, t in valid],
            [{"name": n, "track": t, "error": e} for n, t, e in invalid])


def scans():
    card = codec.card_text("localhost", p256.key("card 1"), 1, TOKEN, 1234, EXPIRY)
    legacy = ["https://old.example.org/m?", "HTTPS://LOCALHOST/C/OLD"]
    invite = codec.invite_text("localhost", 8443, bytes(16), bytes(16))
    cases = [
        ("a card", card, "card"), ("with an AIM identifier", "]Q1" + card, "card"), ("with line ends", card + "\r\n", "card"),
        ("AIM identifier and blanks", " ]Q3 " + card + " ", "card"), ("a card cut short", card[:-5], "card_damaged"),
        ("a card with something behind it", card + " x", "card_damaged"),
        ("an older card", "https://old.example.org/m?id=77", "legacy"), ("an older card in capitals", "HTTPS://OLD.EXAMPLE.ORG/M?ID=77", "legacy"),
        ("a legacy prefix that looks like a card", "HTTPS://LOCALHOST/C/OLD123", "legacy"),
        ("an enrolment code", invite, "enrol"), ("an enrolment code, cut", "huika1/", "enrol"),
        ("WeChat, 10", "100000000000000001", "payment"), ("WeChat, 13", "134567890123456789", "payment"), ("WeChat, 15", "150000000000000000", "payment"),
        ("WeChat with AIM identifier", "]C1134567890123456789", "payment"),
        ("Alipay, 16 digits", "2512345678901234", "payment"), ("Alipay, 18 digits", "281234567890123456", "payment"),
        ("Alipay, 24 digits", "301234567890123456789012", "payment"),
        ("UnionPay QR", "6200000000001234567", "payment"), ("a 19-digit card number is taken for UnionPay's", "6200000000000000001", "payment"),
        ("a bare card number, 16", "6200000000000005", "number"), ("a bare card number, 18", "620000000000000001", "number"),
        ("a bare card number, 17", "62000000000000001", "number"), ("18 digits from 16", "160000000000000001", "number"),
        ("17 digits from 13", "13456789012345678", "number"), ("Alipay's beginning, 15 digits", "281234567890123", "unknown"),
        ("Alipay's beginning, 25 digits", "2812345678901234567890123", "unknown"), ("19 digits from 31", "3112345678901234567", "number"),
        ("an EAN", "6901234567892", "unknown"), ("20 digits from 62", "62000000000012345678", "unknown"),
        ("a web page", "https://example.org/", "unknown"), ("WeChat's page", "weixin://wxpay/bizpayurl?pr=abc", "unknown"),
        ("nothing", "", "unknown"), ("blanks", " \t\r\n", "unknown"), ("an AIM identifier alone", "]Q1", "unknown"),
        ("Chinese", "河南省工会会员卡", "unknown"), ("fullwidth digits", "１３４５６７８９０１２３４５６７８９", "unknown"),
    ]
    return {"legacy": legacy, "cases": [{"name": n, "text": t, "kind": k} for n, t, k in cases]}


def trust_body(version, root, notice):
    def entry(key, kinds):
        return {"id": p256.key_id(key), "alg": "ecdsa-p256-sha256", "spki": b64(p256.spki(key)), "kinds": kinds}
    return {"version": version, "issued_ms": 1772582400000, "not_after_ms": 1804118400000, "root": {"spki": b64(p256.spki(root))},
            "keys": [entry(notice, ["shop", "revoked", "answer", "trust"]), entry(p256.key("lease"), ["lease", "head"]),
                     {"id": "0123456789abcdef", "alg": "sm2-sm3", "spki": "AAAA", "kinds": ["shop"]}],
            "card_keys": [{"number": 1, "spki": b64(p256.spki(p256.key("card 1")))}],
            "sealing_cert": b64(cms.certificate(p256.key("sealing"), "sealing")),
            "card_hosts": HOSTS, "legacy_prefixes": ["https://old.example.org/m?"], "later": {"unknown": True}}


SHOP = {"version": 3, "shop_id": "01JPGV5GYM0000000000000SHP", "name": "样例面馆", "category": "dining", "region": "410102",
        "org_name": "郑州市总工会（样例）", "standing": "listed", "reason": "", "since_ms": 1772582400000, "issued_ms": 1772582400000,
        "offers": [{"id": OFFER, "title": "会员八八折", "kind": "percent", "rate_bp": 1200}]}


def notices():
    root, new_root, notice = p256.key("root"), p256.key("root 2"), p256.key("notice")
    first = trust_body(1, root, notice)
    trust = codec.notice_seal("trust", first, root)
    second = trust_body(2, new_root, notice)

    def shop(**members):
        return {**copy.deepcopy(SHOP), **members}

    def sealed(body, *keys, kind="shop"):
        return codec.notice_seal(kind, body, *(keys or [notice]))

    def envelope(**members):
        return json.dumps({**json.loads(sealed(SHOP)), **members})
    delisted = shop(version=4, standing="delisted", reason="抽查不合格（样例）", offers=[])
    valid = [("the first trust notice", trust), ("a root change, signed by both", codec.notice_seal("trust", second, root, new_root)),
             ("the next trust notice", codec.notice_seal("trust", trust_body(9, root, notice), root)),
             ("a shop", sealed(SHOP)), ("a delisted shop", sealed(delisted)),
             ("a suspended shop", sealed(shop(version=2**53, standing="suspended", reason="整改"))),
             ("a stranger's signature beside ours", sealed(SHOP, p256.key("foreign"), notice)),
             ("an unknown member in the envelope", envelope(later=1))]

    def without(name):
        return sealed({k: v for k, v in SHOP.items() if k != name})

    def bad_trust(**members):
        return codec.notice_seal("trust", {**trust_body(2, root, notice), **members}, root)
    text = json.dumps(SHOP, separators=(",", ":")).encode()
    good = json.loads(sealed(SHOP))
    flipped = base64.b64decode(good["payload"]).replace(b'"listed"', b'"LISTED"').replace(b"1200", b"9200")
    signature = bytearray(base64.b64decode(good["signatures"][0]["sig"]))
    signature[40] ^= 1
    keyid = p256.key_id(notice)
    bad = "bad_notice"
    invalid = [
        ("payload changed", envelope(payload=b64(flipped)), "bad_signature"),
        ("signature changed", envelope(signatures=[{"keyid": keyid, "sig": b64(bytes(signature))}]), "bad_signature"),
        ("another kind than was signed", json.dumps({**json.loads(sealed(SHOP)), "payloadType": "application/vnd.huika.trust.v1+json"}), "unknown_key"),
        ("signed over the payload instead of PAE", envelope(signatures=[{"keyid": keyid, "sig": b64(p256.sign(notice, json.dumps(SHOP).encode()))}]), "bad_signature"),
        ("a foreign key", sealed(SHOP, p256.key("foreign")), "unknown_key"),
        ("a foreign key under our key id", envelope(signatures=[{"keyid": keyid, "sig": b64(p256.sign(p256.key("foreign"), codec.pae("shop", base64.b64decode(good["payload"]))))}]), "bad_signature"),
        ("signed by the lease key, which may not", sealed(SHOP, p256.key("lease")), "unknown_key"),
        ("signed by the root, which may not", sealed(SHOP, root), "unknown_key"),
        ("a root change, signed by the old root alone", codec.notice_seal("trust", second, root), "unknown_key"),
        ("a root change, signed by the new root alone", codec.notice_seal("trust", second, new_root), "unknown_key"),
        ("a trust notice signed by the notice key", codec.notice_seal("trust", first, notice), "unknown_key"),
        ("a kind that does not exist", sealed(SHOP, kind="lunch"), bad),
        ("version 2 of the form", envelope(payloadType="application/vnd.huika.shop.v2+json"), bad),
        ("no signature", envelope(signatures=[]), bad), ("five signatures", sealed(SHOP, *(p256.key(f"k{i}") for i in range(5))), bad),
        ("one key twice", sealed(SHOP, notice, notice), bad), ("a short signature", envelope(signatures=[{"keyid": keyid, "sig": b64(bytes(63))}]), bad),
        ("a key id of 15", envelope(signatures=[{"keyid": keyid[1:], "sig": b64(bytes(64))}]), bad),
        ("base64 with a line end", envelope(payload=good["payload"][:8] + "\n" + good["payload"][8:]), bad),
        ("base64 with bits left over", envelope(payload="e31="), bad), ("base64url", envelope(payload="e30_"), bad),
        ("payload no JSON", sealed(b"{"), bad), ("payload a list", sealed(b"[]"), bad), ("payload empty", envelope(payload=""), bad),
        ("a member twice in the payload", sealed(text.replace(b'{"version":3', b'{"version":3,"version":3')), bad),
        ("a member twice in the envelope", sealed(SHOP).replace('{"payload"', '{"payload": "e30=", "payload"', 1), bad),
        ("version 0", sealed(shop(version=0)), bad), ("version negative", sealed(shop(version=-1)), bad), ("version a text", sealed(shop(version="3")), bad),
        ("version 2^53 + 1", sealed(shop(version=2**53 + 1)), bad), ("version true", sealed(shop(version=True)), bad), ("version 3.0", sealed(text.replace(b'"version":3', b'"version":3.0')), bad),
        ("no version", without("version"), bad), ("no JSON", "notice", bad), ("nothing", "", bad), ("a list", "[]", bad),
    ]
    # These are signed as they should be, and still say what must not be obeyed.
    unfit = [("no standing", without("standing")), ("a standing that we do not know", sealed(shop(standing="cherished"))), ("standing unknown", sealed(shop(standing="unknown"))),
             ("no offers", without("offers")), ("33 offers", sealed(shop(offers=SHOP["offers"] * 33))), ("an offer without id", sealed(shop(offers=[{"title": "x", "kind": "percent", "rate_bp": 1}]))),
             ("an offer of 100.01 percent", sealed(shop(offers=[{**SHOP["offers"][0], "rate_bp": 10001}]))), ("a shop id of 25", sealed(shop(shop_id="01JPGV5GYM000000000000SHP"))),
             ("a shop id with U", sealed(shop(shop_id="01JPGV5GYM0000000000000SHU"))), ("a name of 256 bytes", sealed(shop(name="n" * 256))), ("an empty name", sealed(shop(name=""))),
             ("issued in the year 10000", sealed(shop(issued_ms=253402300800000))), ("since a fraction", sealed(shop(since_ms=1.5))),
             ("trust: no card host", bad_trust(card_hosts=[])), ("trust: a card host with a slash", bad_trust(card_hosts=["a/b"])), ("trust: a card host in capitals", bad_trust(card_hosts=["LOCALHOST"])),
             ("trust: nine card hosts", bad_trust(card_hosts=["a"] * 9)), ("trust: ends before it begins", bad_trust(not_after_ms=1)),
             ("trust: key id of another key", bad_trust(keys=[{**first["keys"][0], "id": "0" * 16}])), ("trust: a key that is none", bad_trust(keys=[{**first["keys"][0], "spki": "AAAA"}])),
             ("trust: one card key number twice", bad_trust(card_keys=first["card_keys"] * 2)), ("trust: card key 256", bad_trust(card_keys=[{**first["card_keys"][0], "number": 256}])),
             ("trust: no sealing certificate", bad_trust(sealing_cert=None)), ("trust: a sealing certificate with something behind it", bad_trust(sealing_cert=b64(cms.certificate(p256.key("sealing"), "sealing") + b"\0")))]
    signers = {"lease": p256.key("lease"), "revoked": notice, "answer": notice}
    fit, not_fit = trust_vectors.notices()
    valid += [(n, codec.notice_seal(kind, body, signers[kind])) for n, kind, body in fit]
    valid.append(("a trust notice that says all it can", codec.notice_seal("trust", {**trust_body(3, root, notice), **trust_vectors.POLICY}, root)))
    invalid += [(f"a {kind} notice signed by the {name} key", codec.notice_seal(kind, body, key), "unknown_key") for _, kind, body in (fit[0], fit[3], fit[5])
                for name, key in (("lease", p256.key("lease")), ("notice", notice), ("root", root)) if key is not signers[kind] and p256.spki(key) != p256.spki(signers[kind])]
    unfit += [(n, codec.notice_seal(kind, body, signers[kind])) for n, kind, body in not_fit]
    unfit += [(f"trust: {json.dumps(members)[:50]}", bad_trust(**members)) for members in trust_vectors.BAD_POLICY]
    unfit += [("trust: a key that ends before 1970", bad_trust(keys=[{**first["keys"][0], "not_after_ms": -1}]))]
    context = {"trust": trust, "root": b64(p256.spki(root))}
    accepted = []
    for name, t in valid:
        kind, body, payload, _ = codec.notice_open(t)
        accepted.append({"name": name, "envelope": t, "kind": kind, "version": body["version"], "hash": codec.hashlib.sha256(payload).hexdigest(),
                         **({"standing": body["standing"], "offers": len(body["offers"])} if kind == "shop" else {})})
    refused = [{"name": n, "envelope": t, "error": e} for n, t, e in invalid]
    return ({**context, "cases": accepted}, {**context, "cases": refused, "unfit": [{"name": n, "envelope": t} for n, t in unfit]})


def records():
    device, lease = p256.key("device"), p256.key("lease")
    bodies = [("started", b'{"at_ms":1772582400000,"version":"0.1.0"}'),
              ("notice_applied", b'{"at_ms":1772582400100,"notice":"shop","version":3}'), ("sale", "{\"offer_title\":\"会员八八折\"}".encode()),
              ("refusal", b'{"reason":"card_lost"}'), ("void", b"{}"), ("dispute", b"{}"), ("clock_step", b'{"x":"' + b"y" * 65000 + b'"}')]
    previous, chain = bytes(32), []
    for seq, (kind, body) in enumerate(bodies, 1):
        previous = codec.record_hash(TERMINAL, 1, seq, previous, kind, body)
        chain.append({"kind": kind, "body": body.decode(), "hash": previous.hex()})
    at_ms, seq = 1772582400321, len(bodies)
    sig = p256.sign(device, codec.head_message(TERMINAL, 1, seq, previous))
    counter = p256.sign(lease, codec.head_message(TERMINAL, 1, seq, previous, at_ms))
    head = {"epoch": 1, "seq": seq, "hash": previous.hex(), "terminal": codec.ulid(TERMINAL), "device": b64(p256.spki(device)),
            "lease": b64(p256.spki(lease)), "sig": b64(sig), "at_ms": at_ms, "countersig": b64(counter)}
    salt = bytes(range(16))
    blobs = [{"salt": salt.hex(), "blob": t, "hash": codec.blob_hash(salt, t.encode()).hex()} for t in ("", '{"token":"AAISEM2EKVTHPCEZ"}', "张" * 1000)]
    invalid = [("another terminal", {**head, "terminal": codec.ulid(SALE)}, "both"), ("another epoch", {**head, "epoch": 2}, "both"), ("another seq", {**head, "seq": seq + 1}, "both"),
               ("another hash", {**head, "hash": bytes(32).hex()}, "both"), ("another time", {**head, "at_ms": at_ms + 1}, "counter"), ("signatures exchanged", {**head, "sig": head["countersig"], "countersig": head["sig"]}, "both"),
               ("keys exchanged", {**head, "device": head["lease"], "lease": head["device"]}, "both"), ("r and s of zeros", {**head, "sig": b64(bytes(64)), "countersig": b64(bytes(64))}, "both")]
    return ({"terminal": codec.ulid(TERMINAL), "epoch": 1, "records": chain, "head": head, "blobs": blobs},
            [{"name": n, "head": h, "wrong": w} for n, h, w in invalid])


def invites():
    pin, secret = bytes(range(16)), bytes(range(240, 256))
    text = codec.invite_text("service.example.org", 8443, pin, secret)
    head, code = text.rsplit("/", 1)
    valid = [("a code", text), ("in small letters", text.lower()), ("without separators", head + "/" + code.replace("-", "")),
             ("with blanks and line ends", f"  {head}/{code.replace('-', ' ')} \r\n"), ("copied by hand, 0, 1 and 8 for O, I and B", head + "/" + code.replace("O", "0").replace("I", "1").replace("B", "8")),
             ("without a port", text.replace(":8443", "")), ("an address", codec.invite_text("192.0.2.7", 1, pin, secret)),
             ("an IPv6 address", codec.invite_text("2001:db8::7", 65535, pin, secret)), ("a host with hyphens", codec.invite_text("a-1.b--2.c", 443, pin, secret))]
    invalid = [("nothing", ""), ("another head", text.replace("HUIKA1", "HUIKA2")), ("51 characters", text[:-1]), ("53 characters", text + "A"),
               ("no slash", text.replace("/", "")), ("port 0", text.replace("8443", "0")), ("port 65536", text.replace("8443", "65536")), ("an empty port", text.replace(":8443", ":")),
               ("a port with a sign", text.replace("8443", "+443")), ("a character that base32 has not", text[:-10] + "9" + text[-9:]), ("no host", text.replace("SERVICE.EXAMPLE.ORG", "")),
               ("a host that begins with a hyphen", text.replace("SERVICE", "-SERVICE")), ("a host that ends a label with a hyphen", text.replace("SERVICE.", "SERVICE-.")),
               ("two dots", text.replace("SERVICE.", "SERVICE..")), ("a user", text.replace("SERVICE", "A@SERVICE")), ("a path", text.replace("HUIKA1/", "HUIKA1//")),
               ("a host with a blank", text.replace("SERVICE.", "SERVICE .")), ("an open bracket", codec.invite_text("2001:db8::7", 1, pin, secret).replace("]", "")),
               ("no IPv6 address", codec.invite_text("2001:db8:::7", 1, pin, secret)), ("a name in brackets", text.replace("SERVICE.EXAMPLE.ORG", "[LOCALHOST]")),
               ("IPv6 without brackets", text.replace("SERVICE.EXAMPLE.ORG", "2001:DB8::7"))]
    return ([{"name": n, "text": t, **codec.invite_open(t)} for n, t in valid], [{"name": n, "text": t} for n, t in invalid])


def seals():
    key = p256.key("sealing")
    cert = cms.certificate(key, "sealing")
    public = key.public_key()
    context = {"cert": b64(cert), "key": b64(key.private_bytes(p256.serialization.Encoding.DER, p256.serialization.PrivateFormat.PKCS8,
                                                              p256.serialization.NoEncryption())),
               "terminal": codec.ulid(TERMINAL), "sale": codec.ulid(SALE)}

    def sealed(number, terminal=TERMINAL, sale=SALE, to=public):
        return cms.seal(cert, to, cms.plaintext(terminal, sale, number), number)
    good = sealed("6200000000000005")
    valid = [{"number": n, "cms": b64(sealed(n))} for n in ("6200000000000005", "62000000000000001", "620000000000000001", "6200000000000000001")]
    foreign = p256.key("foreign").public_key()
    plain = cms.plaintext(TERMINAL, SALE, "6200000000000005")
    invalid = [("another terminal's", sealed("6200000000000005", terminal=SALE)), ("another sale's", sealed("6200000000000005", sale=TERMINAL)),
               ("sealed to another key", sealed("6200000000000005", to=foreign)), ("a flipped bit in the tag", good[:-1] + bytes([good[-1] ^ 1])),
               ("a flipped bit in the number", good[:-19] + bytes([good[-19] ^ 1]) + good[-18:]), ("cut short", good[:-3]), ("something behind it", good + b"\0"), ("nothing", b""),
               ("a number of 15", sealed("620000000000000")), ("letters", sealed("62000000000000AB")), ("another tag", cms.seal(cert, public, plain.replace(b"v1", b"v2"), "t")),
               ("longer by one", cms.seal(cert, public, plain + b" ", "l")), ("an id number's form", sealed("62000000000000000X"))]
    return {**context, "cases": valid}, {**context, "cases": [{"name": n, "cms": b64(c)} for n, c in invalid]}


def everything():
    """path below this folder -> contents."""
    out = {}
    for name, (valid, invalid) in {"card": cards(), "number": numbers(), "track2": tracks(), "notice": notices(), "record": records(),
                                   "invite": invites(), "seal": seals(), "ref": trust_vectors.refs(), "slip": trust_vectors.slips(),
                                   "revoked": trust_vectors.revoked(), "body": trust_vectors.bodies()}.items():
        out[f"valid/{name}.json"], out[f"invalid/{name}.json"] = valid, invalid
    out["valid/scan.json"] = scans()
    return {path: json.dumps(v, ensure_ascii=False, indent=1) + "\n" for path, v in out.items()}


if __name__ == "__main__":
    for path, text in everything().items():
        (HERE / path).write_text(text, encoding="utf-8")
