# SPDX-License-Identifier: Apache-2.0
"""A complaint from the counter to the right union and back, answered; and the ways in which somebody might spoil that."""
import json
import sqlite3
import time

import pytest
from service import CONTRACT, DISPUTES, Client
from slips import complain, path_of, public, scan
from test_slip import changed, sold, till
from world import MEMBERS, call, BUILD, env, ulid, wait_for

NASTY = "<b>x</b>\x1b@\x1dV\x00".replace("\x00", "") + "\u202eevil\u200b 多收了十元\n第二行"


def admin_of(world, code):
    """An administrator of a city, with a profile."""
    r = world.admin("admin", "invite", f"{code} 管理员", "--org", code)
    assert r.code == 0, r
    profile = world.root / f"admin-{code}"
    r = call(BUILD / "huika-admin", "admin", "enroll", r.json["code"], "--profile", profile)
    assert r.code == 0, r
    return profile


def in_days(world, days):
    """The service as it will be then."""
    world.service.environ = env(LD_PRELOAD="/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", FAKETIME=f"{days:+d}d",
                                FAKETIME_DONT_FAKE_MONOTONIC="1")
    world.service.start()


def logged(t, *more, kind="amount_wrong"):
    r = t.huika("dispute", "new", "--kind", kind, *more)
    assert r.code == 0, r
    return r.json


def arrived(world, ref):
    wait_for("the dispute to arrive", lambda: world.admin("dispute", "show", ref).code == 0)
    return world.admin("dispute", "show", ref).json


def test_there_and_back_with_a_slip_that_follows_it(world, tmp_path):
    t = till(world, tmp_path)
    sale = sold(world, t, tmp_path)[0]["sale_id"]
    made = logged(t, "--sale", sale, "--by", "member", "--text", "多收了十元", "--cashier", "07")
    page = t.paper.next()
    text = "\n".join(page.lines)
    assert made["ref"] in text and "金额不符" in text and "12351" in text and "多收了十元" in text
    said = "".join(page.lines).replace(" ", "")
    assert "扫下方二维码可查看答复期限" in said and "工作日" not in said and "hotline tells by when" in " ".join(made["slip"].split()), said  # the service sets the date
    path = path_of(world, scan(page, tmp_path))
    shown = arrived(world, made["ref"])
    assert shown["org"] == "410100" and shown["state"] == "open" and shown["reporter"] == "member" and shown["channel"] == "terminal"
    assert shown["text"] == "多收了十元" and shown["sale"]["total_fen"] == 10000 and shown["record"]["kind"] == "dispute"
    assert shown["chain"]["follows"] and shown["terms"]["standing"] == "listed" and shown["terms"]["offers"][0]["title"] == "八八折"
    assert shown["terminal"]["shop_version"] == shown["terms"]["version"] and shown["due_ms"] > shown["received_ms"] + 6 * 86400000
    human = world.admin("dispute", "show", made["ref"], json_out=False).out
    assert "多收了十元" in human and "八八折" in human
    status, _, seen = public(world, path)
    assert status == 200 and "处理中" in seen and made["ref"] in seen and "郑州市总工会" in seen and "多收" not in seen
    assert public(world, changed(path, 45))[0] == 404
    r = world.admin("dispute", "answer", made["ref"], "--text", "经核实属实，\n已责成商户退款。")
    assert r.code == 0 and r.json["state"] == "answered", r
    wait_for("the answer at the terminal", lambda: t.huika("dispute", "show", made["ref"]).json.get("answer"))
    told = t.huika("dispute", "show", made["ref"].lower().replace("-", " ")).json
    assert told["state"] == "answered" and "已责成商户退款" in told["answer"]["text"] and told["answer"]["by"] == "河南省总工会"
    seen = public(world, path)[2]
    assert "已答复" in seen and "已责成商户退款" in seen
    assert world.admin("dispute", "close", made["ref"]).code == 0
    wait_for("the closing at the terminal", lambda: t.huika("dispute", "list").json["disputes"][0]["state"] == "closed")
    late = world.admin("dispute", "answer", made["ref"], "--text", "晚了")
    assert late.code != 0 and "reopen" in late.err
    assert world.admin("dispute", "reopen", made["ref"]).code == 0 and "处理中" in public(world, path)[2]
    acts = [e["act"] for e in world.admin("audit", "list").lines if e["act"].startswith("dispute")]
    assert acts == ["dispute answer", "dispute close", "dispute reopen"]


def test_every_page_comes_out_again_as_a_copy(world, tmp_path):
    t = till(world, tmp_path)
    sale = sold(world, t, tmp_path)[0]["sale_id"]
    made = logged(t, "--text", "多收了十元")
    slip = scan(t.paper.next(), tmp_path)
    back = t.huika("return", sale, "10.00", "--reason", "换货").json["void_id"]
    receipt = scan(t.paper.next(), tmp_path)
    for asked, same, head in ((made["ref"], slip, "纠纷回执"), (made["ref"].lower().replace("-", " "), slip, "纠纷回执"),
                              (made["dispute_id"], slip, "纠纷回执"), (back, receipt, "退货小票")):
        r = t.huika("reprint", asked)
        assert r.code == 0 and r.json["queued"] and r.json["text"].count("COPY") == 2, r
        page = t.paper.next()
        assert "".join(page.lines).count("副本") == 2 and any(head in line for line in page.lines), page.lines
        assert path_of(world, scan(page, tmp_path))[:99] == path_of(world, same)[:99]  # up to the signature, which differs each time
    for unknown in (ulid(), "999-1-1-T"):
        assert t.huika("reprint", unknown).code in (1, 2)
    assert t.huika("day", "close").code == 0 and any("日结单" in line for line in t.paper.next().lines)
    day = t.status["printer"]["jobs"][0]["id"]
    assert t.huika("day", "close", "--day", day).code == 0  # what the status hints at
    assert "日结单" in "".join(t.paper.next().lines)


def test_it_is_logged_offline_and_sent_later_once(world):
    t = world.terminal()
    world.service.stop()
    key = {"Idempotency-Key": ulid()}
    body = {"kind": "refused_valid", "reporter": "member", "text": NASTY}
    first = t.api("POST", "/v1/disputes", body, key)
    assert first.status == 201 and first.json["state"] == "unsent", first
    assert t.api("POST", "/v1/disputes", body, key).json["ref"] == first.json["ref"]
    assert t.api("POST", "/v1/disputes", {**body, "text": "other"}, key).json["code"] == "idempotency_reuse"
    t.kill()
    t.start()
    assert t.api("POST", "/v1/disputes", body, key).json["ref"] == first.json["ref"]
    assert [d["ref"] for d in t.api("GET", "/v1/disputes").json["disputes"]] == [first.json["ref"]]
    world.service.start()
    t.wait_online().wait_synced()
    assert len(world.admin("dispute", "list").lines) == 1
    text = world.admin("dispute", "show", first.json["ref"], json_out=False).out
    assert "多收了十元" in text and "\x1b@" not in text and "\u202e" not in text
    assert not {"\x1b", "\x1d", "\u202e", "\u200b"} & set(t.huika("dispute", "show", first.json["ref"], json_out=False).out)


def test_what_is_written_prints_harmlessly(world, tmp_path):
    t = till(world, tmp_path)
    made = t.api("POST", "/v1/disputes", {"kind": "other", "text": NASTY}, {"Idempotency-Key": ulid()})
    assert made.status == 201, made
    text = "\n".join(t.paper.next().lines)  # the interpreter fails at any byte that is no command of the page's
    assert "<b>x</b>" in text and "多收了十元" in text and "第二行" in text


def test_two_counters_get_two_references(world):
    a = world.terminal()
    b = world.terminal(shop=a.shop)
    refs = {logged(t, "--text", f"第 {i} 件")["ref"] for t in (a, b) for i in range(3)}
    assert len(refs) == 6
    for t in (a, b):
        t.wait_synced()
    assert {d["ref"] for d in world.admin("dispute", "list").lines} == refs
    assert a.huika("dispute", "show", b.huika("dispute", "list").json["disputes"][0]["ref"]).code == 1


def test_a_city_sees_its_own_and_no_other_s(world):
    here = world.terminal()
    there = world.terminal(shop=world.shop("开封店", org="410200", offers=[{"title": "九折", "kind": "percent", "rate_bp": 1000}]))
    mine, theirs = logged(here)["ref"], logged(there)["ref"]
    here.wait_synced()
    there.wait_synced()
    city = admin_of(world, "410200")
    assert [d["ref"] for d in world.admin("dispute", "list", profile=city).lines] == [theirs]
    for words in (["show", mine], ["answer", mine, "--text", "x"], ["close", mine], ["note", mine, "--text", "x"], ["reopen", mine]):
        r = world.admin("dispute", *words, profile=city)
        assert r.code != 0 and "not found" in r.err.lower(), r
    assert world.admin("dispute", "answer", theirs, "--text", "好", profile=city).code == 0
    assert len(world.admin("dispute", "list", "--org", "410100").lines) == 1


def test_overdue_goes_one_level_up_and_stays_there(world):
    t = world.terminal()
    ref = logged(t)["ref"]
    t.wait_synced()
    t.stop()
    world.service.stop()
    in_days(world, 20)
    wait_for("the escalation", lambda: world.admin("dispute", "show", ref).json["state"] == "escalated")
    city, other = admin_of(world, "410100"), admin_of(world, "410200")
    assert [(d["ref"], d["org"], d["state"]) for d in world.admin("dispute", "list", profile=city).lines] == [(ref, "410000", "escalated")]
    assert world.admin("dispute", "show", ref, profile=city).json["org"] == "410000"      # who must answer now
    assert world.admin("dispute", "answer", ref, "--text", "x", profile=city).code != 0
    assert not world.admin("dispute", "list", profile=other).lines and world.admin("dispute", "show", ref, profile=other).code != 0
    shown = world.admin("dispute", "show", ref).json
    assert shown["org"] == "410000" and shown["escalations"] == 1 and shown["words"][-1]["act"] == "escalate"
    world.service.stop()
    in_days(world, 60)
    shown = world.admin("dispute", "show", ref).json
    assert shown["escalations"] == 1 and shown["overdue"] and shown["state"] == "escalated"
    row = {o["org"]: o for o in world.admin("report", "--month", time.strftime("%Y")).json["orgs"]}["410100"]
    assert (row["disputes"], row["in_time"], row["overdue"], row["median_ms"]) == (1, 0, 1, None)


def test_a_receipt_s_dispute_and_its_answer_reach_both(world, tmp_path):
    t = till(world, tmp_path)
    sale, path = sold(world, t, tmp_path)
    t.wait_synced()
    assert complain(world, path, public(world, path)[2])[0] == 303
    listed = world.admin("dispute", "list").lines
    assert len(listed) == 1 and listed[0]["channel"] == "slip" and listed[0]["sale_id"] == sale["sale_id"]
    ref = listed[0]["ref"]
    assert world.admin("dispute", "answer", ref, "--text", "金额无误").code == 0
    assert "金额无误" in public(world, path)[2]
    assert world.admin("dispute", "note", ref, "--text", "内部：电话已核").code == 0
    assert "内部" not in public(world, path)[2] and "内部：电话已核" in world.admin("dispute", "show", ref, json_out=False).out


def test_an_org_moved_under_an_open_dispute_keeps_it_answerable(world):
    t = world.terminal()
    ref = logged(t)["ref"]
    t.wait_synced()
    world.service.stop()
    with sqlite3.connect(world.service.dir / "service.db") as db:
        db.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("DELETE FROM org WHERE code = '410100'")
    with sqlite3.connect(world.service.dir / "service.db") as db:
        db.execute("UPDATE org SET parent = (SELECT id FROM org WHERE code = '410200'), level = 3 WHERE code = '410100'")
    world.service.start()
    city = admin_of(world, "410200")
    assert world.admin("dispute", "answer", ref, "--text", "收到", profile=city).code == 0


@pytest.mark.parametrize("body", [{}, {"kind": "nothing"}, {"kind": "other", "reporter": "service"}, {"kind": "other", "text": "字" * 2001},
                                  {"kind": "other", "sale_id": "x"}, {"kind": "other", "cashier": "x" * 65}, {"kind": "other", "refusal_seq": -1}])
def test_what_is_no_complaint_is_refused(world, body):
    t = world.terminal()
    r = t.api("POST", "/v1/disputes", body, {"Idempotency-Key": ulid()})
    assert r.status == 422 and r.json["code"] == "bad_value", r
    assert t.api("POST", "/v1/disputes", {"kind": "other", "sale_id": ulid()}, {"Idempotency-Key": ulid()}).json["code"] == "sale_unknown"
    assert t.api("GET", "/v1/disputes").json["disputes"] == []


def test_the_administrator_s_side_keeps_the_contract(world):
    t = world.terminal()
    ref = logged(t, "--text", "多收")["ref"]
    t.wait_synced()
    admin = Client(world.service, world.service.dir / "admin/admin.crt", world.service.dir / "admin/admin.key")
    page = admin.ask("GET", f"/v1/disputes?state=open&org=410100&shop={t.shop}&limit=1").json
    assert [d["ref"] for d in page["disputes"]] == [ref]
    assert admin.ask("GET", f"/v1/disputes?limit=1&after={page['next']}").json == {"disputes": [], "next": None}
    assert admin.ask("GET", f"/v1/disputes/{ref}").json["text"] == "多收"
    path = f"/v1/disputes/{ref}/"
    for act, body, status, code in (("answer", {}, 422, "bad_value"), ("answer", {"text": "\x1b@"}, 422, "bad_text"), ("note", {}, 422, "bad_value"),
                                    ("answer", {"text": "字" * 2001}, 422, "bad_value"), ("reopen", {}, 409, "dispute_open"),
                                    ("answer", {"text": "好"}, 200, None), ("note", {"text": "x"}, 200, None), ("close", {"text": "y"}, 200, None),
                                    ("close", {}, 409, "dispute_closed"), ("reopen", {}, 200, None), ("erase", {"reason": "x"}, 409, "dispute_open"),
                                    ("close", {}, 200, None), ("erase", {}, 422, "bad_value"), ("erase", {"reason": "x"}, 200, None)):
        answer = admin.ask("POST", path + act, body)
        assert answer.status == status and (code is None or answer.json["code"] == code), (act, body, answer)
    for path in ("/v1/disputes/1-1-1-A", "/v1/disputes/x", f"/v1/disputes/{ref[:-1]}{'A' if ref[-1] != 'A' else 'B'}", "/v1/disputes/999-1-1-" + ref[-1]):
        assert admin.ask("GET", path).status == 404, path
    for query in ("state=unknown", "after=x", "shop=1", "limit=501", "limit=0"):
        assert admin.ask("GET", "/v1/disputes?" + query).status == 422, query
    assert admin.ask("GET", "/v1/report?org=410100").json["orgs"][0]["disputes"] == 1
    assert admin.ask("GET", f"/v1/shops/{t.shop}/evidence?blob=x").status == 422
    assert admin.ask("GET", f"/v1/shops/{ulid()}/evidence").status == 404
    assert admin.ask("GET", f"/v1/shops/{t.shop}/evidence").status == 200
    assert CONTRACT.seen >= DISPUTES
    admin.close()
