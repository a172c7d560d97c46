# SPDX-License-Identifier: Apache-2.0
"""proto/vectors through the second codec (tests/lib/codec.py, cms.py); tests/unit/vectors_test.c takes them through the C."""
import importlib.util
import json
import pathlib

import cms
import codec
import codec_trust
import p256
import pytest

VECTORS = pathlib.Path(__file__).resolve().parents[2] / "proto" / "vectors"


def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def cases(name):
    found = load(name)
    return [pytest.param(c, id=c.get("name") or c.get("text") or c.get("number")) for c in
            (found if isinstance(found, list) else found["cases"])]


def refused(code):
    return pytest.raises(codec.Refused, match=f"^{code}$")


def card_context():
    c = load("valid/card.json")
    return c["hosts"], {k["number"]: p256.from_spki(codec.unb64(k["spki"])) for k in c["keys"]}, c["day"]


def test_files_are_those_that_make_py_makes():
    spec = importlib.util.spec_from_file_location("make", VECTORS / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    made = make.everything()
    assert len(made) > 10
    for path, text in made.items():
        assert (VECTORS / path).read_text(encoding="utf-8") == text, path


@pytest.mark.parametrize("case", cases("valid/card.json"))
def test_card(case):
    card = codec.card_open(case["text"])
    codec.card_check(card, *card_context())
    assert {k: card[k] for k in case if k in card} == {k: v for k, v in case.items() if k not in ("name", "text")}


@pytest.mark.parametrize("case", cases("invalid/card.json"))
def test_card_refused(case):
    with refused(case["error"]):
        codec.card_check(codec.card_open(case["text"]), *card_context())


@pytest.mark.parametrize("case", cases("valid/number.json"))
def test_number(case):
    assert codec.card_number(case["text"]) == case["text"]
    assert codec.luhn(case["text"]) == case["luhn"]


@pytest.mark.parametrize("case", cases("invalid/number.json"))
def test_number_refused(case):
    with refused(case["error"]):
        codec.card_number(case["text"])


@pytest.mark.parametrize("case", cases("valid/track2.json"))
def test_track2(case):
    assert codec.track2(case["track"]) == case["number"]


@pytest.mark.parametrize("case", cases("invalid/track2.json"))
def test_track2_refused(case):
    with refused(case["error"]):
        codec.track2(case["track"])


@pytest.mark.parametrize("case", cases("valid/scan.json"))
def test_scan(case):
    assert codec.classify(case["text"], load("valid/scan.json")["legacy"]) == case["kind"]


def trust_in_force():
    return codec.notice_open(load("valid/notice.json")["trust"])[1]


@pytest.mark.parametrize("case", cases("valid/notice.json"))
def test_notice(case):
    kind, body, payload, _ = codec.notice_open(case["envelope"])
    codec.notice_verify(case["envelope"], trust_in_force())
    assert (kind, body["version"], codec.hashlib.sha256(payload).hexdigest()) == (case["kind"], case["version"], case["hash"])


@pytest.mark.parametrize("case", cases("invalid/notice.json"))
def test_notice_refused(case):
    with refused(case["error"]):
        codec.notice_verify(case["envelope"], trust_in_force())


def test_first_trust_notice_needs_the_pinned_root():
    found = load("valid/notice.json")
    root = p256.from_spki(codec.unb64(found["root"]))
    codec.notice_verify(found["trust"], root)
    for other in [c["envelope"] for c in found["cases"] if c["name"].startswith("a root change")]:
        with refused("unknown_key"):
            codec.notice_verify(other, root)


def test_records_chain():
    found = load("valid/record.json")
    previous, terminal = bytes(32), codec.unulid(found["terminal"])
    for seq, r in enumerate(found["records"], 1):
        previous = codec.record_hash(terminal, found["epoch"], seq, previous, r["kind"], r["body"].encode())
        assert previous.hex() == r["hash"]
    for b in found["blobs"]:
        assert codec.blob_hash(bytes.fromhex(b["salt"]), b["blob"].encode()).hex() == b["hash"]


def head_holds(head):
    terminal, digest = codec.unulid(head["terminal"]), bytes.fromhex(head["hash"])
    return (p256.verify(p256.from_spki(codec.unb64(head["device"])), codec.head_message(terminal, head["epoch"], head["seq"], digest),
                        codec.unb64(head["sig"])),
            p256.verify(p256.from_spki(codec.unb64(head["lease"])),
                        codec.head_message(terminal, head["epoch"], head["seq"], digest, head["at_ms"]), codec.unb64(head["countersig"])))


def test_head():
    assert head_holds(load("valid/record.json")["head"]) == (True, True)


@pytest.mark.parametrize("case", cases("invalid/record.json"))
def test_head_refused(case):
    assert head_holds(case["head"]) == (case["wrong"] == "counter", False)


@pytest.mark.parametrize("case", cases("valid/invite.json"))
def test_invite(case):
    found = codec.invite_open(case["text"])
    assert found == {k: v for k, v in case.items() if k not in ("name", "text")}
    again = codec.invite_text(found["host"], found["port"], bytes.fromhex(found["fingerprint"]), bytes.fromhex(found["secret"]))
    assert codec.invite_open(again) == found


@pytest.mark.parametrize("case", cases("invalid/invite.json"))
def test_invite_refused(case):
    with refused("invite_unknown"):
        codec.invite_open(case["text"])


def unseal(case):
    found = load("valid/seal.json")
    key = p256.serialization.load_der_private_key(codec.unb64(found["key"]), None)
    number = cms.unseal(key, codec.unb64(case["cms"]), codec.unulid(found["terminal"]), codec.unulid(found["sale"]))
    return codec.card_number(number)


@pytest.mark.parametrize("case", cases("valid/seal.json"))
def test_seal(case):
    assert unseal(case) == case["number"]


@pytest.mark.parametrize("case", cases("invalid/seal.json"))
def test_seal_refused(case):
    with pytest.raises(codec.Refused):
        unseal(case)


SAYS = {"trust": codec_trust.policy, "lease": codec_trust.lease, "revoked": codec_trust.revoked_notice, "answer": codec_trust.answer}


@pytest.mark.parametrize("case", [c for c in load("valid/notice.json")["cases"] if c["kind"] in SAYS], ids=lambda c: c["name"])
def test_what_notices_say(case):
    SAYS[case["kind"]](codec.notice_open(case["envelope"])[1])


@pytest.mark.parametrize("case", [c for c in load("invalid/notice.json")["unfit"] if c["name"].split(":")[0] in ("lease", "revoked", "answer")],
                         ids=lambda c: c["name"])
def test_what_notices_must_not_say(case):
    kind, body, _, _ = codec.notice_open(case["envelope"])
    with refused("bad_notice"):
        SAYS[kind](body)


def test_policies_that_are_none():
    trust = load("valid/notice.json")["cases"]
    fit = next(codec.notice_open(c["envelope"])[1] for c in trust if c["name"] == "a trust notice that says all it can")
    refused_cnt = 0
    for case in load("invalid/notice.json")["unfit"]:
        body = codec.notice_open(case["envelope"])[1]
        if case["name"].startswith("trust: {") or "before 1970" in case["name"]:
            refused_cnt += 1
            with refused("bad_notice"):
                codec_trust.policy(body)
    assert refused_cnt > 20 and fit["issuers"]


@pytest.mark.parametrize("case", cases("valid/ref.json"))
def test_ref(case):
    assert codec_trust.ref_open(case["text"]) == {k: case[k] for k in ("number", "epoch", "seq")}


def test_check_character_of_the_standard():
    assert codec_trust.check_character("A12425GABC1234002") == "M"  # the example of ISO 7064 in the GRid standard


@pytest.mark.parametrize("case", cases("invalid/ref.json"))
def test_ref_refused(case):
    with refused("bad_value"):
        codec_trust.ref_open(case["text"])


@pytest.mark.parametrize("case", cases("valid/slip.json"))
def test_slip(case):
    found = load("valid/slip.json")
    slip = codec_trust.slip_open(case["text"].rsplit("/", 1)[1], p256.from_spki(codec.unb64(found["device"])))
    assert (codec.ulid(slip["terminal"]), slip["epoch"], slip["seq"], slip["hash"].hex()) == (case["terminal"], case["epoch"], case["seq"], case["hash"])
    assert codec_trust.slip_secret(bytes.fromhex(found["key"]), codec.unulid(case["id"])) == slip["secret"]
    assert codec_trust.slip_secret_hash(slip["secret"]).hex() == case["secret_hash"]


@pytest.mark.parametrize("case", cases("invalid/slip.json"))
def test_slip_refused(case):
    with refused(case["error"]):
        codec_trust.slip_open(case["code"], p256.from_spki(codec.unb64(load("invalid/slip.json")["device"])))


def test_revocation_files_and_deltas():
    found = load("valid/revoked.json")
    files = {f["name"]: codec.unb64(f["file"]) for f in found["files"]}
    for f in found["files"]:
        assert [v.hex() for v in codec_trust.revoked_open(files[f["name"]])] == f["values"]
    for d in found["deltas"]:
        assert codec_trust.revoked_apply(files[d["from"]], codec.unb64(d["delta"])) == files[d["to"]]
    for t in found["tokens"]:
        assert codec_trust.revoked_value(codec.unb32(t["token"])).hex() == t["value"]


@pytest.mark.parametrize("case", load("invalid/revoked.json")["files"], ids=lambda c: c["name"])
def test_revocation_file_refused(case):
    with refused("bad_value"):
        codec_trust.revoked_open(codec.unb64(case["file"]))


@pytest.mark.parametrize("case", load("invalid/revoked.json")["deltas"], ids=lambda c: c["name"])
def test_revocation_delta_refused(case):
    with refused("bad_value"):
        codec_trust.revoked_apply(codec.unb64(load("invalid/revoked.json")["base"]), codec.unb64(case["delta"]))


@pytest.mark.parametrize("case", cases("valid/body.json"))
def test_body(case):
    codec_trust.body_open(case["what"], case["text"])


@pytest.mark.parametrize("case", cases("invalid/body.json"))
def test_body_refused(case):
    with refused(case["error"]):
        codec_trust.body_open(case["what"], case["text"])
