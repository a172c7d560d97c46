# SPDX-License-Identifier: Apache-2.0
"""The shop prints the receipt, so it holds the member's secret, too: what it sends in the member's place silences nobody."""
import sqlite3
import urllib.parse

from slips import complain, path_of, public, scan, token
from test_dispute import admin_of, in_days
from test_public import safe
from test_slip import sold, till
from world import MEMBERS, wait_for

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def speak(world, path, page, say="more", **more):
    form = urllib.parse.urlencode({"token": token(page), "say": say, **more})
    return public(world, path + "/voice", "POST", form, FORM)


def dispute(world):
    return world.admin("dispute", "show", world.admin("dispute", "list").lines[0]["ref"]).json


def test_the_shop_posing_as_the_member_silences_nobody(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()
    assert complain(world, path, public(world, path)[2], kind="other", text="一切都好，谢谢商户")[0] == 303  # the shop, from its own copy
    ref = dispute(world)["ref"]
    assert world.admin("dispute", "answer", ref, "--text", "感谢反馈").code == 0 and world.admin("dispute", "close", ref).code == 0
    page = public(world, path)[2]
    assert "已结案" in page and "还有要说明的" in page and "不是我提交的" in page and "小票二维码页面" in page
    was = dispute(world)
    assert speak(world, path, page, kind="rate_not_given", text="没有打折，投诉也不是我写的")[0] == 303
    now = dispute(world)
    assert now["state"] == "open" and now["due_ms"] >= was["due_ms"] and now["words"][-1] == {**now["words"][-1], "act": "reopen", "admin": "slip"}
    assert [(a["from"], a["kind"], a["text"]) for a in now["accounts"]] == [("slip", "other", "一切都好，谢谢商户"), ("slip", "rate_not_given", "没有打折，投诉也不是我写的")]
    human = world.admin("dispute", "show", ref, json_out=False).out
    assert human.index("一切都好") < human.index("没有打折") and "who held it is not proved" in human and human.count("一切都好") == 1
    status, headers, page = public(world, path)
    safe(headers, page)
    assert status == 200 and "处理中" in page and "已补充说明" in page and "重新受理" in page
    assert "没有打折，" not in page and "还有要说明的" not in page and "不是我提交的" in page
    assert speak(world, path, page, kind="other", text="又一次")[0] == 303 and dispute(world)["accounts"] == now["accounts"]  # once
    assert world.admin("dispute", "answer", ref, "--text", "已责成退款").code == 0 and "已责成退款" in public(world, path)[2]


def test_it_was_not_i_can_never_be_used_up_and_is_counted(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()
    assert complain(world, path, public(world, path)[2])[0] == 303
    page = public(world, path)[2]
    assert speak(world, path, page, kind="other", text="商户写的第二份")[0] == 303
    assert world.admin("dispute", "list", "--objected").lines == []
    for _ in range(3):
        assert speak(world, path, public(world, path)[2], "not")[0] == 303
    shown = dispute(world)
    assert shown["objections"] == 1 and shown["objected_ms"] > 0 and shown["state"] == "open"  # a day is a day
    assert "持票人否认提交" in public(world, path)[2] and "不是我提交的" in public(world, path)[2]
    assert [d["ref"] for d in world.admin("dispute", "list", "--objected").lines] == [shown["ref"]]
    assert world.admin("shop", "show", t.shop).json["disputes"] == {"open": 1, "all": 1, "objected": 1}
    assert {o["org"]: o["objected"] for o in world.admin("report").json["orgs"]} == {"410000": 1, "410100": 1, "410200": 0}
    assert "not they who complained" in world.admin("dispute", "show", shown["ref"], json_out=False).out
    t.stop()
    world.service.stop()
    in_days(world, 1)
    assert speak(world, path, public(world, path)[2], "not")[0] == 303 and dispute(world)["objections"] == 2
    world.service.stop()
    in_days(world, 100)
    page = public(world, path)[2]
    assert "不是我提交的" not in page and "还有要说明的" not in page
    assert not admin_of(world, "410200") or dispute(world)["objections"] == 2


def test_a_voice_wants_the_slip_its_form_and_a_dispute(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()
    page = public(world, path)[2]
    assert speak(world, path, page, "not")[0] == 404                                           # nothing to object to
    assert complain(world, path, page)[0] == 303
    page = public(world, path)[2]
    assert public(world, path + "/voice", "GET")[0] == 404 and dispute(world)["objections"] == 0
    good = token(page)
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    for form, want in (("", 403), ("say=not", 403), (f"token={wrong}&say=not", 403), (f"token={good}&say=more&kind=card_suspect&text=x", 422),
                       (f"token={good}&say=more&text=x", 422), (f"token={good}&say=not&say=not", 403), (f"token={good}&say=notatall", 403),
                       (f"token={good}&say=more&kind=other&text=" + "%E5%AD%97" * 2001, 422), ("x" * 70000, 413)):
        assert public(world, path + "/voice", "POST", form, FORM)[0] == want, form[:60]
    now = dispute(world)
    assert now["objections"] == 0 and "accounts" not in now and "second_ms" not in now
    for method in ("PUT", "DELETE"):
        assert public(world, path + "/voice", method)[0] == 405


def test_a_sale_that_the_service_contests_leaves_the_member_a_voice(world, tmp_path):
    once = [{"title": "每日一次", "kind": "off_over", "off_fen": 500, "over_fen": 2000, "per_card_day": 1}]
    a = till(world, tmp_path, offers=once)
    b = world.terminal(shop=a.shop)
    a.wait_leased()
    b.wait_leased()
    card = world.qr(MEMBERS[0][0])
    world.service.stop()
    wait_for("both to be offline", lambda: not a.status["online"] and not b.status["online"])
    for t in (b, a):
        r = t.huika("sell", "100.00", "--scan", card, "--yes")
        assert r.code == 0 and r.json["verdict"] == "provisional", r
    path = path_of(world, scan(a.paper.next(), tmp_path))
    a.stop()
    world.service.start()
    b.wait_online().wait_synced()
    a.start().wait_online().wait_synced()
    page = public(world, path)[2]
    assert dispute(world)["channel"] == "service" and "工会系统核查" in page and "还有要说明的" in page and "不是我提交的" not in page
    assert speak(world, path, page, kind="other", text="我只用了一次")[0] == 303
    assert [(x["from"], x["text"]) for x in dispute(world)["accounts"]] == [("service", ""), ("slip", "我只用了一次")]


def test_the_holder_of_a_dispute_s_slip_may_say_that_it_is_not_theirs(world, tmp_path):
    t = till(world, tmp_path)
    made = t.huika("dispute", "new", "--kind", "other", "--by", "member", "--text", "会员说没问题").json
    path = path_of(world, scan(t.paper.next(), tmp_path))
    t.wait_synced()
    page = public(world, path)[2]
    assert "商户收银终端" in page
    assert world.admin("dispute", "close", made["ref"]).code == 0
    wait_for("the closing at the terminal", lambda: t.huika("dispute", "show", made["ref"]).json["state"] == "closed")
    assert speak(world, path, page, "not")[0] == 303 and dispute(world)["state"] == "closed"  # words alone take it up again
    assert speak(world, path, page, kind="rate_not_given", text="没有打折")[0] == 303
    wait_for("the reopening at the terminal", lambda: t.huika("dispute", "show", made["ref"]).json["state"] == "open")
    with sqlite3.connect(f"file:{world.service.dir / 'service.db'}?mode=ro", uri=True) as db:
        assert db.execute("SELECT text, second_text, objections FROM dispute").fetchone() == ("会员说没问题", "没有打折", 1)
