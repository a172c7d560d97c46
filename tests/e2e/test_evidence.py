# SPDX-License-Identifier: Apache-2.0
"""Evidence about a shop, as a third party gets it: checked with openssl, sha256sum and what every shell has, and with nothing of ours."""
import json
import re
import shutil
import subprocess
import tarfile

import pytest
from test_dispute import logged
from world import MEMBERS, wait_for


def openssl(where, *argv):
    return subprocess.run(["openssl", *argv], cwd=where, capture_output=True, text=True, check=False)


def check(where):
    return subprocess.run(["sh", "check.sh"], cwd=where, capture_output=True, text=True, check=False)


def gathered(world, t, where, *more):
    where.mkdir(exist_ok=True)
    r = world.admin("shop", "evidence", t.shop, "--out", where / "e.tar", *more)
    assert r.code == 0, r
    with tarfile.open(where / "e.tar") as tar:
        tar.extractall(where)
    return json.loads((where / "evidence.json").read_text(encoding="utf-8"))


@pytest.fixture
def archive(world, tmp_path):
    """A shop with an online dispute, a night cut off, and a terminal that never sent anything beyond its beginning."""
    t = world.terminal()
    world.terminal(shop=t.shop)
    sale = t.huika("sell", "100.00", "--scan", world.qr(MEMBERS[0][0]), "--yes").json["sale_id"]
    logged(t, "--sale", sale, "--text", "没有打折")
    t.wait_leased().wait_synced()
    card = world.qr(MEMBERS[0][0])
    world.service.stop()
    wait_for("the terminal to be offline", lambda: not t.status["online"])
    logged(t, "--text", "断网时")
    for _ in range(2):
        assert t.huika("sell", "50.00", "--scan", card, "--yes").code == 0
    world.service.start()
    t.wait_online().wait_synced()
    return t, tmp_path / "e", gathered(world, t, tmp_path / "e")


def test_each_run_of_records_leads_to_a_head_that_the_terminal_signed(archive):
    _, where, document = archive
    r = check(where)
    assert r.returncode == 0 and "ALL OF IT FITS" in r.stdout and r.stdout.count("WRONG") == 0 and "terminal: 0" in r.stdout, r
    places = [(r["terminal"], r["epoch"], r["seq"]) for r in document["records"]]
    assert places == sorted(set(places)) and len(list((where / "records").iterdir())) == len(places)
    between = [r["kind"] for r in document["records"] if r.get("between")]
    assert between == ["sale", "sale"], between                    # what was sold while cut off, up to the head of that upload
    assert sum("head" in r for r in document["records"]) == len(list((where / "heads").glob("*.head")))


def test_the_instructions_do_what_they_say(archive):
    _, where, _ = archive
    commands = re.findall(r"^  \$ (.*)$", (where / "README.txt").read_text(encoding="utf-8"), re.M)
    assert len(commands) >= 10
    r = subprocess.run(["sh", "-eu"], input="\n".join(commands) + "\n", cwd=where, capture_output=True, text=True, check=False)
    assert r.returncode == 0, r
    lines = r.stdout.splitlines()
    assert lines.count("Verified OK") == 3 and "ALL OF IT FITS / 全部相符" in lines, lines
    assert any(line == openssl_id(where) for line in lines) and any('"at_ms"' in line for line in lines), lines
    assert lines[-4:].count("1") >= 0 and [ln for ln in lines if ln.isdigit()] and all(int(ln) for ln in lines if ln.isdigit()), lines


def openssl_id(where):
    import hashlib
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", "key.pem", "-outform", "DER"], cwd=where, capture_output=True, check=True).stdout
    return hashlib.sha256(der).hexdigest()[:16]


def flip(path, at=-1):
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)


def test_whatever_is_changed_or_left_out_shows(archive, tmp_path):
    _, where, document = archive
    rec = sorted((where / "records").iterdir())
    heads = sorted((where / "heads").glob("*.head"))
    run = next(r for r in document["records"] if r.get("between"))
    name = f'{run["terminal"]}-{run["epoch"]}-{run["seq"]:010}'

    def swap_terminals(d):
        (d / "terminals/1-1.crt").write_bytes((d / "terminals/2-1.crt").read_bytes())
    spoil = {
        "the document": lambda d: (d / "evidence.json").write_text((d / "evidence.json").read_text(encoding="utf-8").replace("listed", "delisted", 1), encoding="utf-8"),
        "a body": lambda d: flip(d / "records" / rec[0].name), "what a record follows": lambda d: flip(d / "records" / rec[1].name, 50),
        "a record is left out": lambda d: (d / "records" / f"{name}.rec").unlink(), "a record too many": lambda d: shutil.copy(rec[0], d / "records/1-1-0000009999.rec"),
        "a signed head": lambda d: flip(d / "heads" / heads[0].name), "a terminal's signature": lambda d: flip(d / "heads" / (heads[0].name + ".sig")),
        "a countersignature": lambda d: flip(next((d / "heads").glob("*.counter.sig"))), "another terminal's certificate": swap_terminals,
        "another key": lambda d: shutil.copy(d / "countersign.pem", d / "key.pem")}
    for n, (what, act) in enumerate(spoil.items()):
        d = tmp_path / f"spoilt-{n}"
        shutil.copytree(where, d)
        act(d)
        r = check(d)
        assert r.returncode == 1 and "WRONG" in r.stdout and "ALL OF IT FITS" not in r.stdout, (what, r)
    d = tmp_path / "no-head"
    shutil.copytree(where, d)
    for part in (d / "heads").glob(f"{heads[-1].stem}.*"):
        part.unlink()
    r = check(d)
    assert r.returncode == 0 and "signed by the terminal: 1" in r.stdout and "ALL OF IT FITS" not in r.stdout, r  # not wrong, but said


def test_evidence_can_be_checked_by_a_third_party_and_names_nobody(world, tmp_path):
    t = world.terminal()
    sale = t.huika("sell", "100.00", "--scan", world.qr(MEMBERS[0][0]), "--yes").json["sale_id"]
    told = logged(t, "--sale", sale, "--text", "店家不给打折")["ref"]
    secret = logged(t, "--text", "会员张建涛的电话")["ref"]
    assert t.huika("return", sale, "10.00", "--reason", "内部原因").code == 0
    t.wait_synced()
    tars = [tmp_path / f"{n}.tar" for n in range(2)]
    for path in tars:
        r = world.admin("shop", "evidence", t.shop, "--out", path, "--text", told)
        assert r.code == 0, r
    cards = []
    for n, path in enumerate(tars):
        where = tmp_path / str(n)
        where.mkdir()
        with tarfile.open(path) as tar:
            tar.extractall(where)
        verify = ("dgst", "-sha256", "-verify", "key.pem", "-signature", "evidence.sig", "evidence.json")
        assert "Verified OK" in openssl(where, *verify).stdout
        text = (where / "evidence.json").read_text(encoding="utf-8")
        document = json.loads(text)
        assert "店家不给打折" in text and "电话" not in text and "内部原因" not in text and "建涛" not in text and MEMBERS[0][0] not in text
        assert {d["ref"] for d in document["disputes"]} == {told, secret} and document["notices"]
        kinds = {r["kind"] for r in document["records"]}
        assert {"void", "dispute", "sale", "notice_applied"} <= kinds, kinds
        cards += [r["card"] for r in document["records"] if "card" in r]
        (where / "evidence.json").write_text(text.replace("listed", "delisted", 1), encoding="utf-8")
        assert openssl(where, *verify).returncode != 0
    assert len(cards) == 2 and cards[0] != cards[1]
    again = world.admin("shop", "evidence", t.shop, "--out", tars[0])
    assert again.code != 0 and str(tars[0]) in again.err
    assert any(e["act"] == "shop evidence" and told in e["detail"] for e in world.admin("audit", "list").lines)
