# SPDX-License-Identifier: Apache-2.0
"""Somebody between terminal and service, inside of TLS, with the server's key. What is signed he cannot change, nor put an older one in its
place: it is refused, reported, logged, and nothing changes; and when he is gone, all is well again at once. What is not signed he can change:
docs/threat-model.md says which, and what is found out afterwards."""
import itertools
import json

import pytest
from insider import Insider, kind_of, said, signed, with_payload
from place import Place
from world import MEMBERS, env, ulid, wait_for

ABOVE = itertools.count(1)  # a version of its own for each notice, so that no refusal is taken for another's
NOTICE, LEASE = "keys/notice.key", "keys/lease.key"
PERCENT = {"title": "八八折", "kind": "percent", "rate_bp": 1200}
ONCE = {"title": "每日一次", "kind": "percent", "rate_bp": 1000, "per_card_day": 1}


@pytest.fixture(name="place", scope="module")
def _place(tmp_path_factory):
    p = Place(tmp_path_factory.mktemp("insider"), Insider)
    try:
        yield p
    finally:
        p.close()


def version(place, kind):
    return place.t.status["notices"][kind]["version"]


def set_offers(place, *offers):
    """Real news, by the real service: taken within a moment of its being let through."""
    before = version(place, "shop")
    assert place.world.offers(place.t.shop, list(offers or [PERCENT])).code == 0
    return lambda: wait_for("the shop notice", lambda: version(place, "shop") > before)


def above(place, kind, key, **changes):
    return signed(place.world.service, key, place.notice(kind), version=version(place, kind) + next(ABOVE), **changes)


def same(place, kind, key, **changes):
    return signed(place.world.service, key, place.notice(kind), **changes)


def older(place):
    place.heal()
    old = place.notice("shop")
    set_offers(place)()
    place.heal()
    return old


def answer_for(place, terminal):
    body = {"version": next(ABOVE), "terminal_id": terminal, "ref": "1-1-3-X", "record_id": ulid(), "state": "answered", "text": "示例", "at_ms": 1,
            "by": "示例工会"}
    return signed(place.world.service, NOTICE, {**place.notice("shop"), "payloadType": "application/vnd.huika.answer.v1+json"}, **body)


def far_lease(place):
    end = said(place.notice("trust"))["not_after_ms"]
    return above(place, "lease", LEASE, issued_ms=end + 1000, stop_at_ms=end + 2000)


CHANGED = {
    "older": ("notice_older", older),
    "same version, other bytes": ("notice_equivocation", lambda p: same(p, "shop", NOTICE, reason="别的")),
    "same lease, other bytes": ("notice_equivocation", lambda p: same(p, "lease", LEASE, stop_at_ms=said(p.notice("lease"))["stop_at_ms"] - 1)),
    "same trust, other bytes": ("notice_equivocation", lambda p: same(p, "trust", "offline/root.key", public_url="https://other.example")),
    "another shop's": ("bad_notice", lambda p: above(p, "shop", NOTICE, shop_id=ulid())),
    "another terminal's lease": ("bad_notice", lambda p: above(p, "lease", LEASE, terminal_id=ulid())),
    "another shop's lease": ("bad_notice", lambda p: above(p, "lease", LEASE, shop_id=ulid())),
    "another terminal's answer": ("bad_notice", lambda p: answer_for(p, ulid())),
    "a lease from beyond the trust notice": ("notice_expired", far_lease),
    "signed by the lease key": ("unknown_key", lambda p: above(p, "shop", LEASE)),
    "lease signed by the notice key": ("unknown_key", lambda p: above(p, "lease", NOTICE)),
    "trust signed by the notice key": ("unknown_key", lambda p: above(p, "trust", NOTICE)),
    "list signed by the lease key": ("unknown_key", lambda p: above(p, "revoked", LEASE)),
    "flipped": ("bad_signature", lambda p: with_payload(above(p, "shop", NOTICE), lambda raw: raw.replace(b"listed", b"lasted"))),
    "a lease stretched": ("bad_signature", lambda p: with_payload(above(p, "lease", LEASE), lambda raw: raw.replace(b'"sales":200', b'"sales":999'))),
}


@pytest.mark.parametrize("which", CHANGED)
def test_a_notice_is_changed_forged_or_replayed(place, which):
    code, make = CHANGED[which]
    t = place.t
    envelope = make(place)
    kind = kind_of(envelope)
    held = place.held()
    place.middle.inject(envelope)
    refused = {"version": said(envelope)["version"], "code": code}
    wait_for("the refusal in the status", lambda: refused.items() <= (t.status["notices"][kind].get("refused") or {}).items())
    assert code in t.huika("status").out
    assert f"{kind} notice {refused['version']} is refused: {code}" in t.text
    assert place.held() == held


GARBAGE = {
    "cut in the middle": lambda got: got[:len(got) // 2],
    "empty": lambda got: b"",
    "no list": lambda got: b'{"notices":{}}',
    "twice the same member": lambda got: b'{"notices":[],"notices":[]}',
    "too many": lambda got: json.dumps({"notices": [{}] * 65}).encode(),
    "none of ours": lambda got: json.dumps({"notices": [{"payload": "e30=", "payloadType": "text/plain", "signatures": []}]}).encode(),
}


@pytest.mark.parametrize("which", [*GARBAGE, "oversized notice", "truncated notice", "oversized answer", "less than was promised", "swallowed"])
def test_an_answer_about_notices_is_none(place, which):
    transport = {"oversized answer": "too_large", "less than was promised": "net_cut", "swallowed": "net_cut"}
    t = place.heal().t if which in transport else place.t
    held, before = place.held(), len(t.text)
    big = above(place, "shop", NOTICE, reason="长" * 90000)
    cut = with_payload(above(place, "shop", NOTICE), lambda raw: raw[:-20])
    change = {**{k: lambda got, f=f: (200, f(got)) for k, f in GARBAGE.items()},
              "oversized notice": lambda got: (200, json.dumps({"notices": [big]}).encode()),
              "truncated notice": lambda got: (200, json.dumps({"notices": [cut]}).encode()),
              "oversized answer": lambda got: (200, got + b" " * (2 << 20)),
              "less than was promised": lambda got: (200, got, len(got) + 10),
              "swallowed": lambda got: None}[which]
    place.middle.on("/v1/notices", lambda status, got: change(got))
    polls = len(place.middle.asked)
    wait_for("a second poll", lambda: sum(path.startswith("/v1/notices") for _, path in place.middle.asked[polls:]) > 1)
    wait_for("the refusal in the status", lambda: t.status["notice_error"])
    if which in transport:
        assert f"notices are not coming: {transport[which]}" in t.text[before:]
    else:
        assert f"what came for a notice is none and is refused: {t.status['notice_error']}" in t.text
        assert t.status["online"], "he answers, so he is there"
    assert place.held() == held


def test_after_all_of_that_news_come_at_once(place):
    news = set_offers(place)
    place.middle.heal()
    news()
    assert place.heal().sell().json["verdict"] == "member"
    place.balanced()


def test_bad_notices_hold_up_no_delisting(place):
    """Refused again and again, and each time another: the good one comes a moment after."""
    t = place.heal().t
    refused = []

    def spoil(e):
        refused.append(e)
        return above(place, "shop", LEASE)

    place.middle.each_notice(spoil)
    assert place.world.admin("shop", "suspend", t.shop, "--reason", "示例").code == 0
    wait_for("eight refusals", lambda: len(refused) >= 8, deadline_s=60)
    assert t.status["shop"]["standing"] == "listed"
    place.middle.heal()
    wait_for("the suspension", lambda: t.status["shop"]["standing"] == "suspended", deadline_s=15)
    assert place.sell().json["reason"] == "shop_suspended"
    assert place.world.admin("shop", "relist", t.shop, "--reason", "示例").code == 0
    wait_for("the relisting", lambda: t.status["shop"]["standing"] == "listed")


def test_a_damaged_copy_does_not_stand_in_the_way_of_the_good_one(place):
    """Its signature alone is damaged, so the payload is the very same; also in the wrong order, and twice."""
    place.heal()
    held = place.held()
    spoilt = []

    def spoil(e):
        spoilt.append(e)
        return {**e, "signatures": [{**s, "sig": s["sig"][::-1].replace("==", "") + "=="} for s in e["signatures"]]}

    place.middle.each_notice(spoil)
    news = set_offers(place)
    wait_for("two refusals", lambda: len(spoilt) >= 2)
    assert place.held() == held
    place.middle.on("/v1/notices", lambda status, got: (status, json.dumps({"notices": 2 * json.loads(got)["notices"][::-1]}).encode()))
    news()
    assert place.heal().t.status["notices"]["shop"].get("refused") is None


@pytest.fixture(name="own")
def _own(tmp_path):
    """A place for one test that leaves it in disorder."""
    p = Place(tmp_path, Insider)
    try:
        yield p
    finally:
        p.close()


def test_a_delisting_is_withheld(own):
    """As long as verdicts are the service's own, it says so itself; without them there is what the lease still allows, and not a fen after
    its end; and what was sold is contested."""
    t = own.t
    own.middle.each_notice(lambda e: e if kind_of(e) != "shop" else None)
    assert own.world.admin("shop", "suspend", t.shop, "--reason", "示例").code == 0
    r = own.sell().json
    assert r["verdict"] == "refused" and r["reason"] == "shop_suspended" and t.status["shop"]["standing"] == "listed"
    drop, lease = own.middle.change, version(own, "lease")
    own.middle.change = lambda m, path, status, got: None if path == "/v1/verify" else drop(m, path, status, got)
    assert own.sell().json["verdict"] == "provisional"
    t.wait_synced()
    assert own.world.admin("shop", "show", t.shop).json["latest"][0]["outcome"] == "shop_suspended"
    assert version(own, "lease") == lease, "no lease for who does not hold the newest"
    t.stop()
    t.environ = env(LD_PRELOAD="/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", FAKETIME="+73h", FAKETIME_DONT_FAKE_MONOTONIC="1")
    t.start().wait_online()
    r = own.sell()
    assert r.json["reason"] == "lease_over" and not r.json.get("sale_id"), r


def test_a_lease_names_a_shop_notice_that_never_came(own):
    """Signed, so it is kept; and proof that something is withheld: nothing is sold without the service until it is there."""
    t = own.t
    shop = said(own.notice("lease"))["shop"]
    own.middle.inject(above(own, "lease", LEASE, shop={"version": shop["version"] + 1, "sha256": "ab" * 32}))
    wait_for("the lease", lambda: t.status["offline"]["why"] == "offline_stale")
    own.middle.change = lambda m, path, status, got: (
        None if path == "/v1/verify" else (200, b'{"notices":[]}') if path.startswith("/v1/notices") else (status, got))
    r = own.sell()
    assert r.code == 1 and r.json["reason"] == "offline_stale" and not r.json.get("sale_id"), r
    own.heal()
    assert own.sell().json["verdict"] == "member"
    own.balanced()


FILES = {
    "cut": lambda got, other: got[:-8],
    "longer": lambda got, other: got + bytes(8),
    "another list": lambda got, other: other,
    "flipped": lambda got, other: got[:-1] + bytes([got[-1] ^ 1]),
    "empty": lambda got, other: b"",
    "none revoked": lambda got, other: b"huika-revoked-v1".ljust(32, b"\0"),
}


@pytest.mark.parametrize("which", FILES)
def test_the_list_of_revoked_cards_is_cut_or_swapped(place, which):
    """Delta and whole file: neither comes into force, half or whole; nor a lease that names it."""
    t = place.heal().t
    number = f"62000000000009{list(FILES).index(which):02}"
    held, before = place.held(), len(t.text)
    other = max(t.state.glob("revoked-*.bin")).read_bytes()
    place.middle.on("/v1/revoked/", lambda status, got: (status, FILES[which](got, other)))
    was = version(place, "revoked")
    assert place.world.members([(number, "李试验", "410100", "lost")]).code == 0
    wait_for("the refusal", lambda: "the list of revoked cards is not coming: " in t.text[before:])
    assert place.held() == held and version(place, "revoked") == was and not list(t.state.glob("*.new"))
    place.middle.heal()
    wait_for("the list", lambda: version(place, "revoked") > was)
    place.heal()


def test_a_bad_delta_costs_the_whole_file_and_no_more(place):
    t = place.heal().t
    lost = [(f"62000000000007{n:02}", "李试验", "410100", "lost") for n in range(40)]
    was = version(place, "revoked")
    assert place.world.members(lost).code == 0  # enough for a delta to be shorter than the file
    wait_for("the list", lambda: version(place, "revoked") > was)
    place.heal()
    was, before = version(place, "revoked"), len(t.text)
    place.middle.change = lambda m, path, status, got: (status, got[:-8] + bytes(8) if "/from/" in path else got)
    assert place.world.admin("member", "status", lost[0][0], "active").code == 0
    wait_for("the list", lambda: version(place, "revoked") > was)
    assert "a delta of the list of revoked cards was of no use" in t.text[before:]
    assert any("/from/" in path for _, path in place.middle.asked)
    place.heal()


def test_answers_about_records_are_swallowed(place):
    """The service has them, the terminal does not know: it sends them again, and they count once."""
    t = place.heal().t
    swallowed = []
    place.middle.on("/v1/records", lambda status, got: swallowed.append(status))
    assert place.sell().json["verdict"] == "member"
    assert place.sell("200").json["verdict"] == "member"
    wait_for("three times", lambda: len(swallowed) >= 3)
    assert t.status["unsent"] > 0 and t.status["upload_error"] == "net_cut"
    place.heal().balanced()


def head_of(got, **changes):
    a = json.loads(got)
    return {**a, "head": {**a["head"], **{k: v(a["head"][k]) for k, v in changes.items()}}}


HEADS = {
    "another hash": lambda got, old: head_of(got, hash=lambda h: h[:-1] + "0" if h[-1] != "0" else h[:-1] + "1"),
    "further than it was": lambda got, old: head_of(got, seq=lambda n: n + 1),
    "another epoch": lambda got, old: head_of(got, epoch=lambda n: n + 6),
    "another time": lambda got, old: head_of(got, at_ms=lambda n: n + 1),
    "another signature": lambda got, old: head_of(got, sig=lambda s: s[::-1].replace("==", "") + "=="),
    "the notice key's": lambda got, old: head_of(got, keyid=lambda k: k[::-1]),
    "an older one": lambda got, old: {**json.loads(got), "head": old},
}


@pytest.mark.parametrize("which", HEADS)
def test_a_countersigned_head_is_changed_or_replayed(place, which):
    t = place.heal().t
    heads = []
    place.middle.on("/v1/records", lambda status, got: (heads.append(json.loads(got)["head"]), (status, got))[1])
    assert place.sell().json["verdict"] == "member"
    t.wait_synced()
    file, head, epoch = (t.state / "head.json").read_bytes(), t.status["head"]["countersigned_seq"], t.status["terminal"]["epoch"]
    place.middle.on("/v1/records", lambda status, got: (status, json.dumps(HEADS[which](got, heads[0])).encode() if status == 200 else got))
    assert place.sell().json["verdict"] == "member"
    wait_for("the refusal", lambda: t.status["upload_error"])
    s = t.status
    assert s["unsent"] > 0 and s["head"]["countersigned_seq"] == head and s["terminal"]["epoch"] == epoch
    assert (t.state / "head.json").read_bytes() == file and f"records are not going up: {s['upload_error']}" in t.text
    place.heal().balanced()
    assert t.status["upload_error"] is None


def change_verdict(place, change):
    place.middle.on("/v1/verify", lambda status, got: (status, json.dumps(change(json.loads(got))).encode()))


def test_a_verdict_that_is_not_as_agreed_is_none(place):
    t = place.heal().t
    for change in (lambda v: {**v, "verdict": 1}, lambda v: {**v, "verdict": "yes"}, lambda v: {k: x for k, x in v.items() if k != "at_ms"},
                   lambda v: {**v, "card_last4": "12345"}, lambda v: [v]):
        before = len(t.text)
        change_verdict(place, change)
        r = place.sell().json
        assert r["verdict"] == "provisional" and r["provisional"]["why"] == "net_protocol", r
        assert "the service's answer is not as agreed" in t.text[before:]
    change_verdict(place, lambda v: {**v, "at_ms": v["at_ms"] + 3600000})
    r = place.sell()
    assert r.code == 3 and r.json["error"] == "clock_skew" and not r.json.get("sale_id"), r
    place.heal().balanced()


def test_what_a_liar_can_do_with_a_verdict(place):
    """It is not signed: a no is taken for a no, a yes for a yes. A no leaves its trace in the journal; the card itself is still checked by its
    signature, and its last four digits are its own."""
    t = place.heal().t
    sold = len(place.sold())
    change_verdict(place, lambda v: {"verdict": "refused", "at_ms": v["at_ms"], "reason": "card_lost"})
    assert place.sell().json["reason"] == "card_lost" and len(place.sold()) == sold
    number = MEMBERS[4][0]
    qr = place.world.qr(number)
    assert place.world.admin("member", "status", number, "lost").code == 0
    change_verdict(place, lambda v: {"verdict": "member", "at_ms": v["at_ms"], "card_last4": "9999", "name_masked": "*某", "uses": []})
    r = place.sell(qr=qr).json
    assert r["verdict"] == "member" and r["card_last4"] == number[-4:], r
    forged = qr[:-9] + ("A" if qr[-9] != "A" else "B") + qr[-8:]
    assert place.sell(qr=forged).json["reason"] == "card_forged"
    place.heal().balanced()


def test_a_limit_that_a_liar_lifts_is_contested_afterwards(place):
    place.heal()
    set_offers(place, ONCE)()
    place.heal()
    qr = place.world.qr(MEMBERS[3][0])
    assert place.sell(qr=qr).json["discount_fen"] > 0
    lift = json.dumps({"reserved": True, "expires_ms": 4102444800000}).encode()
    place.middle.change = lambda m, path, status, got: (
        (200, lift) if path == "/v1/reserve" else
        (status, json.dumps({**json.loads(got), "uses": [{**u, "left": 1} for u in json.loads(got).get("uses", [])]}).encode()) if path == "/v1/verify" else (status, got))
    assert place.sell(qr=qr).json["discount_fen"] > 0
    place.t.wait_synced()
    assert place.world.admin("shop", "show", place.t.shop).json["latest"][0]["outcome"] == "limit_reached"
    set_offers(place)()
    place.heal().balanced()
