# SPDX-License-Identifier: Apache-2.0
"""What people wrote is erased on request and after its term, at the service and at the terminal; the chain stays whole and says so."""
import contextlib
import json
import sqlite3
import tarfile

from slips import complain, path_of, public, scan
from test_dispute import admin_of, arrived, in_days, logged
from test_slip import sold, till
from world import BUILD, call, env, wait_for

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
WORDS = "会员自述的私事"


def kept(directory, words=WORDS):
    """Whether any file in there holds the words, in whatever state its pages are."""
    return any(words.encode() in p.read_bytes() for p in directory.iterdir() if p.is_file())


def verify(t):
    return call(BUILD / "huika", "--json", "journal", "verify", "--state", t.state).json


def evidence(world, t, where, *texts):
    where.mkdir()
    r = world.admin("shop", "evidence", t.shop, "--out", where / "e.tar", *(["--text", ",".join(texts)] if texts else []))
    assert r.code == 0, r
    with tarfile.open(where / "e.tar") as tar:
        tar.extractall(where)
    return json.loads((where / "evidence.json").read_text(encoding="utf-8"))


def test_on_request_it_is_gone_everywhere_and_the_chain_is_whole(world, tmp_path):
    t = till(world, tmp_path)
    ref = logged(t, "--text", WORDS)["ref"]
    other = logged(t, "--text", "另一件事")["ref"]
    assert arrived(world, ref)["text"] == WORDS and arrived(world, other)
    t.wait_synced()
    r = world.admin("dispute", "erase", ref, "--reason", "本人要求")
    assert r.code != 0 and "open" in r.err, r                                       # only what is settled
    assert world.admin("dispute", "note", ref, "--text", WORDS + "的电话").code == 0
    assert world.admin("dispute", "answer", ref, "--text", "已答复").code == 0 and world.admin("dispute", "close", ref).code == 0
    assert evidence(world, t, tmp_path / "before", ref)["disputes"][0]["text"] == WORDS
    assert world.admin("dispute", "erase", ref, "--reason", "本人要求").code == 0
    shown = world.admin("dispute", "show", ref).json
    assert shown["text"] == "" and shown["erased_ms"] > 0 and [w["text"] for w in shown["words"]] == ["", "已答复", ""]
    assert shown["chain"]["follows"] and shown["record"]["body"]["blob"]
    assert "has been erased" in world.admin("dispute", "show", ref, json_out=False).out
    wait_for("the erasure at the terminal", lambda: t.huika("dispute", "show", ref).json.get("text", "") == "")
    assert t.huika("dispute", "show", ref).json["state"] == "closed" and t.huika("dispute", "show", other).json["text"] == "另一件事"
    assert (t.huika("reprint", ref).json["text"].count(WORDS)) == 0
    document = evidence(world, t, tmp_path / "after", ref, other)
    assert [(d.get("text"), "erased_ms" in d) for d in document["disputes"]] == [(None, True), ("另一件事", False)]
    assert [r.get("erased") for r in document["records"] if r["kind"] == "dispute"] == [True, None]
    assert [(e["target"], e["detail"]) for e in world.admin("audit", "list").lines if e["act"] == "dispute erase"] == [(ref, "本人要求")]
    assert world.admin("audit", "verify").code == 0
    assert not kept(world.service.dir)                                               # also while it runs
    t.stop()
    world.service.stop()
    assert not kept(t.state) and not kept(world.service.dir) and kept(t.state, "另一件事") and kept(world.service.dir, "另一件事")
    assert verify(t)["faults"] == [] and verify(t)["erased"] == 1, verify(t)


def test_a_foreign_administrator_erases_nothing(world):
    t = world.terminal()
    ref = logged(t, "--text", WORDS)["ref"]
    t.wait_synced()
    assert world.admin("dispute", "close", ref).code == 0
    assert world.admin("dispute", "erase", ref, "--reason", "x", profile=admin_of(world, "410200")).code != 0
    assert world.admin("dispute", "erase", ref).code == 2 and world.admin("dispute", "show", ref).json["text"] == WORDS


def test_past_its_term_what_is_settled_goes_and_what_is_open_stays(world, tmp_path):
    t = till(world, tmp_path)
    sale = sold(world, t, tmp_path)[0]["sale_id"]
    receipt = sold(world, t, tmp_path)[1]
    settled, waiting = logged(t, "--text", WORDS)["ref"], logged(t, "--sale", sale, "--text", "还没有处理")["ref"]
    arrived(world, waiting)
    t.wait_synced()
    assert complain(world, receipt, public(world, receipt)[2], text=WORDS)[0] == 303
    slip = [d["ref"] for d in world.admin("dispute", "list").lines if d["channel"] == "slip"][0]
    for ref in (settled, slip):
        assert world.admin("dispute", "close", ref).code == 0
    wait_for("the closing at the terminal", lambda: t.huika("dispute", "show", settled).json["state"] == "closed")
    t.stop()

    def blobs():
        with contextlib.closing(sqlite3.connect(f"file:{world.service.dir / 'service.db'}?mode=ro", uri=True)) as db:
            return [k for k, in db.execute("SELECT kind FROM record WHERE blob IS NOT NULL ORDER BY seq")]
    world.service.stop()
    in_days(world, 29)
    assert blobs() == [2, 2, 6, 6] and world.admin("dispute", "show", settled).json["text"] == WORDS
    world.service.stop()
    in_days(world, 31)
    wait_for("the erasure", lambda: blobs() == [2, 6])                               # of the one that waits, and the sale it is about
    assert [world.admin("dispute", "show", r).json["text"] for r in (settled, slip, waiting)] == ["", "", "还没有处理"]
    acts = [e for e in world.admin("audit", "list").lines if e["act"] == "erase past term"]
    assert len(acts) == 1 and acts[0]["admin"] == "service" and acts[0]["detail"] == "blobs of 1 records, texts of 2 disputes", acts
    world.service.stop()
    assert not kept(world.service.dir) and kept(world.service.dir, "还没有处理")
    # The terminal by itself, its clock forty days on and thirty times as fast.
    t.environ = env(LD_PRELOAD=FAKETIME, FAKETIME="+40d x30")
    t.start()
    wait_for("the terminal to forget", lambda: not kept(t.state))
    assert t.huika("dispute", "show", waiting).json["text"] == "还没有处理"
    t.stop()
    assert verify(t)["faults"] == [] and verify(t)["erased"] == 3, verify(t)         # two sales, one dispute
