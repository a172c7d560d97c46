# SPDX-License-Identifier: Apache-2.0
"""The QR on a receipt, from the paper to the page: what its holder sees, and what nobody else does."""
import base64
import sqlite3

from slips import Paper, complain, path_of, public, scan, token
from test_public import safe
from world import MEMBERS, wait_for

OFFER = [{"title": "八八折", "kind": "percent", "rate_bp": 1200, "cap_fen": 5000}]


def till(world, tmp_path, **kw):
    t = world.terminal(start=False, **{"offers": OFFER, **kw})
    t.paper = Paper(t, tmp_path / "paper.bin")
    return t.start().wait_online()


def sold(world, t, tmp_path, *more):
    """(sale, path of its page) of one sale, its QR read off the receipt."""
    r = t.huika("sell", "100.00", "--scan", world.qr(MEMBERS[0][0]), "--yes", *more)
    assert r.code == 0, r
    return r.json, path_of(world, scan(t.paper.next(), tmp_path))


def changed(path, at):
    """The same slip with another secret."""
    raw = bytearray(base64.b32decode(path[3:]))
    raw[at] ^= 1
    return "/S/" + base64.b32encode(raw).decode()


def test_a_receipt_leads_to_what_applied(world, tmp_path):
    t = till(world, tmp_path)
    sale, path = sold(world, t, tmp_path)
    t.wait_synced()
    status, headers, text = public(world, path)
    assert status == 200
    safe(headers, text)
    for word in ("示例饭店", "100.00 元", "12.00 元", "88.00 元", "八八折", "优惠 12.00%，最多优惠 50.00 元", "会员有效", "条款版本"):
        assert word in text, word
    for secret in (MEMBERS[0][0], MEMBERS[0][0][-4:] + "<", "建涛", world.qr(MEMBERS[0][0])[-100:], sale["sale_id"]):
        assert secret not in text, secret
    assert "confirmed" in public(world, path.lower() + "?lang=en")[2]
    assert path[4:40] not in world.service.text and "/S/" not in world.service.text
    assert sale["sale_id"] not in (t.state / "slip.key").read_bytes().hex() and (t.state / "slip.key").stat().st_mode & 0o777 == 0o600


def test_looking_changes_nothing_however_often(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()

    def picture():
        with sqlite3.connect(f"file:{world.service.dir / 'service.db'}?mode=ro", uri=True) as db:
            return db.execute("SELECT (SELECT count(*) FROM dispute), (SELECT count(*) FROM record), (SELECT count(*) FROM audit)").fetchone()
    before = picture()
    for _ in range(10):
        for method in ("GET", "HEAD"):
            assert public(world, path, method, headers={"User-Agent": "WhatsApp/2", "Purpose": "prefetch"})[0] == 200
            assert public(world, path + "/dispute", method)[0] == 404
    assert picture() == before


def test_the_secret_is_needed_and_cannot_be_tried_out(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()
    page = public(world, path)[2]
    other = public(world, changed(path, 45))          # the secret
    assert other[0] == 404 and other[2] == public(world, "/S/" + "A" * 200)[2]
    for at in (1, 20, 28, 29, 44, 61, 124):           # terminal, epoch, seq, hash, signature
        assert public(world, changed(path, at))[0] == 404, at
    assert complain(world, changed(path, 45), page)[0] == 404
    for i in range(20):
        public(world, changed(path, 46 + i % 15))
    assert public(world, path)[0] == 429              # the address has to wait, the right slip as well
    assert public(world, path + "/dispute", "POST", "token=x")[0] == 429


def test_a_receipt_that_was_not_sent_yet_says_so(world, tmp_path):
    t = till(world, tmp_path)
    sold(world, t, tmp_path)
    t.wait_synced()
    world.service.stop()
    with sqlite3.connect(world.service.dir / "service.db") as db:
        db.execute("DELETE FROM record WHERE kind = 2")
    world.service.start()
    t.huika("reprint", t.huika("day").json["sales"][0]["sale_id"])
    path = path_of(world, scan(t.paper.next(), tmp_path))
    status, _, text = public(world, path)
    assert status == 200 and "还没有联网上传" in text and "100.00" not in text
    assert public(world, changed(path, 80))[0] == 404


def test_a_member_complains_once_from_the_receipt(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()
    page = public(world, path)[2]
    status, headers, _ = complain(world, path, page, text="<script>alert(1)</script>\x1b@ \u202egnp\n第二行 & more")
    assert status == 303 and headers["Location"].startswith(path), status
    status, headers, text = public(world, path)
    assert status == 200 and "处理中" in text and "郑州市总工会" in text and "金额不符" in text and "/dispute" not in text
    assert "第二行" not in text and "alert" not in text
    safe(headers, text)
    assert complain(world, path, page, text="again")[0] == 303
    with sqlite3.connect(f"file:{world.service.dir / 'service.db'}?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*), min(channel), min(text) FROM dispute").fetchone() == \
            (1, 2, "<script>alert(1)</script>\x1b@ \u202egnp\n第二行 & more")


def test_a_form_that_is_not_ours_is_refused(world, tmp_path):
    t = till(world, tmp_path)
    path = sold(world, t, tmp_path)[1]
    t.wait_synced()
    page = public(world, path)[2]
    good = token(page)
    kinds = {"Content-Type": "application/x-www-form-urlencoded"}
    for form, want in (("", 403), (f"token={good[:-1]}0&kind=other" if good[-1] != "0" else f"token={good[:-1]}1&kind=other", 403),
                       ("token=" + "0" * 48 + "&kind=other", 403), (f"token={good}&kind=card_suspect", 422),
                       (f"token={good}&kind=nothing", 422), (f"token={good}&kind=other&text=%ff", 403),
                       (f"token={good}&kind=other&text=%4", 403), (f"token={good}&kind=other&text=%00", 403),
                       (f"token={good}&token={good}&kind=other", 403), (f"token={good}&kind=other&text=" + "%E5%AD%97" * 2001, 422),
                       (f"token={good}&kind=other&text=" + "x" * 70000, 413)):
        assert public(world, path + "/dispute", "POST", form, kinds)[0] == want, form[:80]
    assert "/dispute" in public(world, path)[2]
    assert public(world, path + "/dispute", "POST", f"token={good}&kind=other&text=" + "%E5%AD%97" * 2000, kinds)[0] == 303
    wait_for("the dispute", lambda: "处理中" in public(world, path)[2])
