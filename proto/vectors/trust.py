# SPDX-License-Identifier: Apache-2.0
"""Vectors of what makes terminals work cut off, and of what is taken back and complained of; make.py writes them."""
import base64
import copy
import hashlib
import json

import codec
import codec_trust
import p256

TERMINAL = bytes.fromhex("0195a1b2c3d40102030405060708090a")
OTHER = bytes.fromhex("0195a1b2c3d5a1a2a3a4a5a6a7a8a9aa")
T, O, S = codec.ulid(TERMINAL), codec.ulid(OTHER), "01JPGV5GYM0000000000000SHP"
HASH = hashlib.sha256(b"sample").hexdigest()
AT = 1772582400000

LEASE = {"version": 5, "terminal_id": T, "shop_id": S, "epoch": 1, "issued_ms": AT, "stop_at_ms": AT + 72 * 3600000,
         "allowance": {"sales": 200, "amount_fen": 2000000, "starts": 20, "per_card_day": 3, "keyed_sales": 20, "keyed_amount_fen": 200000},
         "trust": {"version": 1, "sha256": HASH}, "shop": {"version": 3, "sha256": HASH}, "revoked": {"version": 4, "sha256": HASH}}
REVOKED = {"version": 4, "issued_ms": AT, "count": 3, "len": 56, "sha256": HASH,
           "deltas": [{"from": 3, "len": 120, "sha256": HASH}, {"from": 1, "len": 136, "sha256": HASH}]}
ANSWER = {"version": 2, "terminal_id": T, "ref": codec_trust.ref_text(7, 1, 345), "record_id": O, "state": "answered",
          "text": "已退还差额（样例）", "at_ms": AT, "by": "郑州市总工会（样例）"}


def b64(data):
    return base64.b64encode(data).decode()


def put(body, path, value):
    """A copy with one member changed, or taken out (value ...)."""
    found = copy.deepcopy(body)
    *way, last = path.split(".")
    at = found
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return found


def notices():
    """(name, kind, body) that are fit and that are not; make.py seals them with the keys that may."""
    fit = [("a lease", "lease", LEASE), ("a lease without any allowance", "lease", {**LEASE, "allowance": {k: 0 for k in LEASE["allowance"]}}),
           ("a lease of 30 days", "lease", put(LEASE, "stop_at_ms", AT + 30 * 86400000)), ("a list of revoked cards", "revoked", REVOKED),
           ("a list of none", "revoked", {**REVOKED, "count": 0, "len": 32, "deltas": []}), ("an answer", "answer", ANSWER),
           ("an answer without words", "answer", put(put(ANSWER, "text", ""), "state", "escalated")), ("an answer of 2,000 characters", "answer", put(ANSWER, "text", "会" * 2000)),
           ("an answer after erasure", "answer", put(ANSWER, "erased_ms", AT))]
    unfit = [("lease", LEASE, path, value) for path, value in (
        ("terminal_id", T[:-1]), ("terminal_id", T.lower()), ("shop_id", ...), ("epoch", 0), ("epoch", 2**32), ("epoch", "1"), ("issued_ms", AT + 72 * 3600000), ("stop_at_ms", AT),
        ("stop_at_ms", AT + 30 * 86400000 + 1), ("stop_at_ms", 253402300800000), ("allowance", ...), ("allowance", []), ("allowance.sales", ...), ("allowance.sales", -1),
        ("allowance.sales", 1000001), ("allowance.starts", 2.5), ("allowance.amount_fen", True), ("trust", ...), ("trust.version", 0), ("shop.sha256", HASH[:-2]), ("revoked.sha256", HASH[:-1] + "g"))]
    unfit += [("revoked", REVOKED, path, value) for path, value in (
        ("issued_ms", ...), ("count", 2), ("count", -1), ("len", 55), ("len", 64), ("sha256", ...), ("deltas", ...), ("deltas", {}), ("deltas", [{}]), ("deltas.0.from", 4), ("deltas.0.from", 0),
        ("deltas.0.from", 1), ("deltas.0.len", 111), ("deltas.0.len", 113), ("deltas.0.len", 0), ("deltas.0.sha256", "00"), ("deltas", REVOKED["deltas"] * 9))]
    unfit += [("answer", ANSWER, path, value) for path, value in (
        ("terminal_id", "x"), ("record_id", ...), ("ref", "7-1-346-" + ANSWER["ref"][-1]), ("ref", ""), ("ref", ...), ("state", "cherished"), ("state", ...), ("text", ...),
        ("text", "会" * 2001), ("by", ""), ("by", "n" * 256), ("at_ms", -1), ("erased_ms", 0), ("erased_ms", "x"))]
    return fit, [(f"{kind}: {path} {json.dumps(value) if value is not ... else 'missing'}"[:60], kind, put(body, path, value)) for kind, body, path, value in unfit]


# Trust notices: the members that came with leases; name, members.
POLICY = {"public_url": "https://localhost:8444", "offline": {"qr": True, "keyed": False}, "issuers": [{"prefix": "620000", "name": "样例银行"}],
          "floor_reset": {"floor_ms": AT, "versions": ["shop", "revoked", "lease", "later"]}}
BAD_POLICY = [{"public_url": u} for u in ("http://localhost", "https://", "https://A", "https://a/", "https://a:0", "https://a:", "https://-a", "https://a.", "https://" + "a" * 280, 7)]
BAD_POLICY += [{"offline": o} for o in ([], {"qr": True}, {"qr": 1, "keyed": False})]
BAD_POLICY += [{"issuers": i} for i in ({}, [{}], [{"prefix": "", "name": "x"}], [{"prefix": "62x", "name": "x"}], [{"prefix": "6" * 13, "name": "x"}], [{"prefix": "62", "name": ""}])]
BAD_POLICY += [{"floor_reset": r} for r in ([], {"floor_ms": -1}, {"versions": "shop"}, {"versions": ["trust"]})]


def refs():
    valid = [{"name": f"{n} {e} {s}", "number": n, "epoch": e, "seq": s, "text": codec_trust.ref_text(n, e, s)} for n, e, s in
             ((1, 1, 1), (7, 1, 345), (1043, 2, 98761), (2**31 - 1, 2**32 - 1, 2**53), (10, 10, 10), (99999, 12, 5))]
    good = codec_trust.ref_text(7, 1, 345)
    head, check = good[:-1], good[-1]
    valid += [{"name": "in small letters", "number": 7, "epoch": 1, "seq": 345, "text": good.lower()},
              {"name": "with spaces", "number": 7, "epoch": 1, "seq": 345, "text": good.replace("-", " ")}]
    others = [c for c in codec_trust.ALPHABET if c != check]
    invalid = [("nothing", ""), ("without a check character", head), ("without the last hyphen", head[:-1] + check), ("number 0", codec_trust.ref_text(0, 1, 1)), ("epoch 0", codec_trust.ref_text(1, 0, 1)),
               ("seq 0", codec_trust.ref_text(1, 1, 0)), ("number 2^31", codec_trust.ref_text(2**31, 1, 1)), ("epoch 2^32", codec_trust.ref_text(1, 2**32, 1)), ("seq 2^53 + 1", codec_trust.ref_text(1, 1, 2**53 + 1)),
               ("a leading zero", "0" + good), ("a sign", "+" + good), ("something behind it", good + "0"), ("a digit changed", good.replace("345", "346")), ("digits exchanged", good.replace("345", "354")),
               ("two spaces", good.replace("-", "  ")), ("dots", good.replace("-", ".")), ("20 digits", codec_trust.ref_text(1, 1, 10**20))]
    invalid += [(f"check character {c}", head + c) for c in others]
    return valid, [{"name": n, "text": t} for n, t in invalid]


def slips():
    device = p256.key("device")
    key, digest = bytes(range(32)), hashlib.sha256(b"record").digest()
    context = {"device": b64(p256.spki(device)), "key": key.hex()}
    valid = []
    for url, ulid, epoch, seq in (("https://localhost:8444", OTHER, 1, 345), ("https://huika.example.org", TERMINAL, 2**32 - 1, 2**53), ("https://a", bytes(16), 1, 1)):
        secret = codec_trust.slip_secret(key, ulid)
        text = codec_trust.slip_url(url, device, TERMINAL, epoch, seq, digest, secret)
        valid.append({"name": f"{url} {seq}", "url": url, "id": codec.ulid(ulid), "terminal": T, "epoch": epoch, "seq": seq, "hash": digest[:16].hex(), "secret": secret.hex(),
                      "secret_hash": codec_trust.slip_secret_hash(secret).hex(), "text": text})
    good = valid[0]["text"].rsplit("/", 1)[1]
    raw = codec.unb32(good)

    def code(data):
        return codec.b32(data)
    bad, wrong = "bad_value", "bad_signature"
    invalid = [("nothing", "", bad), ("one short", good[:-1], bad), ("one too many", good + "A", bad), ("a character that base32 has not", "1" + good[1:], bad), ("format 2", code(b"\2" + raw[1:]), bad),
               ("format 0", code(b"\0" + raw[1:]), bad), ("epoch 0", code(raw[:17] + bytes(4) + raw[21:]), bad), ("seq 0", code(raw[:21] + bytes(8) + raw[29:]), bad),
               ("seq 2^53 + 1", code(raw[:21] + (2**53 + 1).to_bytes(8, "big") + raw[29:]), bad), ("another terminal", code(raw[:1] + OTHER + raw[17:]), wrong), ("another epoch", code(raw[:20] + b"\7" + raw[21:]), wrong),
               ("another seq", code(raw[:28] + b"\7" + raw[29:]), wrong), ("another record", code(raw[:29] + bytes(16) + raw[45:]), wrong), ("signed by another device", code(raw[:61] + p256.sign(p256.key("foreign"), b"huika-slip-v1\0" + raw[:45])), wrong),
               ("signed without the tag", code(raw[:61] + p256.sign(device, raw[:45])), wrong), ("signed with the secret", code(raw[:61] + p256.sign(device, b"huika-slip-v1\0" + raw[:61])), wrong), ("a signature of zeros", code(raw[:61] + bytes(64)), wrong)]
    return {**context, "cases": valid}, {**context, "cases": [{"name": n, "code": c, "error": e} for n, c, e in invalid]}


def revoked():
    tokens = [hashlib.sha256(b"token %d" % i).digest()[:10] for i in range(40)]
    values = [codec_trust.revoked_value(t) for t in tokens]
    edge = [bytes(8), bytes(7) + b"\1", b"\xff" * 8]
    lists = [("none", []), ("one", values[:1]), ("some", values[:20]), ("others", values[10:30]), ("more", values), ("the ends of the range", edge), ("some and the ends", values[5:9] + edge)]
    files = [{"name": n, "file": b64(codec_trust.revoked_file(v)), "values": sorted(x.hex() for x in set(v))} for n, v in lists]
    deltas = [{"name": f"{a} to {b}", "from": a, "to": b, "delta": b64(codec_trust.revoked_delta(codec_trust.revoked_file(x), codec_trust.revoked_file(y)))} for a, x in lists for b, y in lists]
    good, old = codec_trust.revoked_file(values[:3]), codec_trust.revoked_file(values[:2])
    delta = codec_trust.revoked_delta(codec_trust.revoked_file(values[:4]), codec_trust.revoked_file(values[2:5]))
    three = sorted(values[:3])
    bad_files = [("nothing", b""), ("a header cut short", good[:31]), ("half a value", good[:-4]), ("one value less than it says", good[:-8]), ("one more", good + values[9]), ("another tag", good.replace(b"-v1", b"-v2")),
                 ("no zeros behind the tag", good[:23] + b"x" + good[24:]), ("unsorted", good[:32] + three[1] + three[0] + three[2]), ("one twice", good[:32] + three[0] + three[0] + three[2]), ("a delta", delta)]
    base = codec_trust.revoked_file(values[:4])

    def made(adds, removes, result, onto=base):
        return (b"huika-revoked-delta-v1".ljust(32, b"\0") + hashlib.sha256(onto).digest() + hashlib.sha256(result).digest() + len(adds).to_bytes(8, "big") + len(removes).to_bytes(8, "big") + b"".join(adds) + b"".join(removes))
    five = sorted(values[4:6])
    four = sorted(values[:4])
    twice = base[:24] + (5).to_bytes(8, "big") + b"".join(sorted([*four, four[1]]))  # what one makes of it who does not look
    bad_deltas = [("nothing", b""), ("a header cut short", delta[:111]), ("half a value", delta[:-4]), ("a value too many", delta + values[9]), ("another tag", delta.replace(b"-v1", b"-v2")), ("for another file", made([values[4]], [], base, old)),
                  ("another result", made([values[4]], [], old)), ("adds what is there", made([values[0]], [], base)), ("adds what is there, to have it twice", made([four[1]], [], twice)), ("removes what is not there", made([], [values[9]], base)),
                  ("adds unsorted", made(five[::-1], [], codec_trust.revoked_file(values[:6]))), ("adds one twice", made([values[4]] * 2, [], codec_trust.revoked_file(values[:5]))), ("adds and removes the same", made([values[4]], [values[4]], base)),
                  ("counts beyond the end", delta[:96] + b"\xff" * 8 + delta[104:]), ("counts that overflow", delta[:96] + (1 << 61).to_bytes(8, "big") + (0).to_bytes(8, "big") + delta[112:]), ("a base file", base)]
    return ({"tokens": [{"token": codec.b32(t), "value": v.hex()} for t, v in zip(tokens[:5], values)], "files": files, "deltas": deltas},
            {"files": [{"name": n, "file": b64(f)} for n, f in bad_files], "base": b64(base), "deltas": [{"name": n, "delta": b64(d)} for n, d in bad_deltas]})


SALE = {"at_ms": AT, "sale_id": T, "checkout_id": O, "total_fen": 12800, "discount_fen": 1536, "pay_fen": 11264, "own_price": False, "offer_id": O, "offer_title": "会员八八折", "shop_version": 3,
        "verdict": "provisional", "lease": 5, "by": "qr", "input": "reader", "card_last4": "0042", "slip": HASH, "blob": HASH}
VOID = {"at_ms": AT, "void_id": T, "sale_id": O, "kind": "return", "amount_fen": 1000, "discount_back_fen": 333, "refund_fen": 667, "returned_fen": 2000, "total_fen": 3000, "discount_fen": 1000,
        "terminal": 7, "granted": True, "cashier": "王", "slip": HASH, "blob": HASH}
DISPUTE = {"at_ms": AT, "dispute_id": T, "kind": "rate_not_given", "reporter": "member", "sale_id": O, "refusal_seq": 12, "cashier": "李", "slip": HASH, "blob": HASH}
STEP = {"at_ms": AT, "wall_ms": 5000, "floor_ms": AT, "by_ms": -AT}
ANSWERED = {"granted": True, "returned_fen": 2000, "discount_back_fen": 333, "refund_fen": 667, "total_fen": 3000, "discount_fen": 1000, "terminal": 7}
BLOB = {"token": "AAISEM2EKVTHPCEZ", "name_masked": "*建涛", "tag": "00112233445566ff"}


def bodies():
    def text(body):
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    member = put({**SALE, "verdict": "member"}, "lease", ...)
    whole = {**VOID, "kind": "void", "amount_fen": 2000, "returned_fen": 3000, "discount_back_fen": 667, "refund_fen": 1333, "granted": False}
    fit = [("sale", SALE), ("sale", member), ("sale", put(member, "slip", ...)), ("void", VOID), ("void", put(put(whole, "terminal", ...), "cashier", ...)), ("void", {**VOID, "discount_fen": 0, "discount_back_fen": 0, "refund_fen": 1000}),
           ("void", {**VOID, "discount_fen": 3000, "discount_back_fen": 1000, "refund_fen": 0}), ("dispute", DISPUTE), ("dispute", put(put(put(DISPUTE, "sale_id", ...), "refusal_seq", ...), "cashier", ...)), ("clock_step", STEP),
           ("started", {"at_ms": AT, "version": "0.1.0"}), ("started", {"at_ms": AT, "version": "0.1.0", "lease": 5}), ("blob", BLOB), ("blob", put(BLOB, "tag", ...)), ("void_answer", ANSWERED), ("void_answer", {"granted": False, "reason": "return_late"})]
    changes = [("sale", SALE, "lease", ...), ("sale", SALE, "lease", 0), ("sale", SALE, "verdict", "member"), ("sale", SALE, "verdict", "refused"), ("sale", SALE, "slip", HASH[:-2]), ("sale", SALE, "slip", 7), ("sale", SALE, "pay_fen", 11265),
               ("void", VOID, "amount_fen", 0), ("void", VOID, "amount_fen", 2001), ("void", VOID, "discount_back_fen", 334), ("void", VOID, "refund_fen", 668), ("void", VOID, "returned_fen", 3001), ("void", VOID, "discount_fen", 3001),
               ("void", VOID, "total_fen", 10**9), ("void", VOID, "kind", "void"), ("void", VOID, "kind", "sale"), ("void", VOID, "granted", 1), ("void", VOID, "terminal", 0), ("void", VOID, "terminal", 2**31), ("void", VOID, "slip", ...), ("void", VOID, "blob", ...),
               ("void", VOID, "void_id", T.lower()), ("dispute", DISPUTE, "kind", "lunch"), ("dispute", DISPUTE, "reporter", "union"), ("dispute", DISPUTE, "reporter", ...), ("dispute", DISPUTE, "sale_id", "x"), ("dispute", DISPUTE, "refusal_seq", 0),
               ("dispute", DISPUTE, "slip", ...), ("dispute", DISPUTE, "at_ms", 1.5), ("clock_step", STEP, "wall_ms", -1), ("clock_step", STEP, "by_ms", ...), ("clock_step", STEP, "floor_ms", "0"), ("started", {"at_ms": AT, "version": "1", "lease": 1}, "lease", 0),
               ("blob", BLOB, "tag", "00"), ("blob", BLOB, "token", ...), ("void_answer", ANSWERED, "discount_back_fen", 335), ("void_answer", ANSWERED, "terminal", 0), ("void_answer", ANSWERED, "granted", "yes"), ("void_answer", ANSWERED, "total_fen", 1999)]
    unfit = []
    for what, body, path, value in changes:
        made = text(put(body, path, value))
        try:
            codec_trust.body_open(what, made)
        except codec.Refused as why:
            unfit.append({"name": f"{what}: {path} {'missing' if value is ... else json.dumps(value)}", "what": what, "text": made, "error": why.code})
        else:
            raise AssertionError(made)
    return [{"name": f"{what} {i}", "what": what, "text": text(b)} for i, (what, b) in enumerate(fit)], unfit
