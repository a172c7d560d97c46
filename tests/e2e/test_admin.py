# SPDX-License-Identifier: Apache-2.0
"""What union staff do with huika-admin against a running service: lists, cards, shops, and what must not leak or be lost."""
import csv
import os
import pathlib
import pty
import socket
import stat
import subprocess

import pytest
from world import BUILD, MEMBERS, call, env, wait_for

HEAD = "card_number,name,org,status\n"


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def member_list(world, text, name="list.csv", encoding="utf-8"):
    path = world.root / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def signed(text):
    """The part of a card's QR that says which card it is: signatures are made anew, and differ."""
    return text[:len("HTTPS://LOCALHOST/C/") + 25]


def rejects(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


GOOD = ["6200000000010001,赵国强,410100,active", "6200000000010002,\"钱,\"\"小红\",410200,frozen,\"旧\n2\"",
        "6200000000000010003,孙丽,410100,lost"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("head", ["", HEAD])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_lists_of_every_kind(world, encoding, head, ends):
    text = head.replace("\n", ends) + ends.join(GOOD) + ends
    path = member_list(world, text, encoding=encoding)
    r = world.admin("member", "import", path)
    assert r.code == 0 and r.json == {"imported": 3, "changed": 0, "unchanged": 0, "rejected": 0}, r
    again = world.admin("member", "import", path)
    assert again.code == 0 and again.json == {"imported": 0, "changed": 0, "unchanged": 3, "rejected": 0}, again
    assert not (world.root / "list.rejects.csv").exists()
    r = world.admin("member", "status", "6200000000010002", "active")
    assert r.json["was"] == "frozen" and r.json["card_last4"] == "0002", r


def test_a_card_named_twice_is_rejected_and_the_list_changes_nothing_again(world):
    path = member_list(world, HEAD + GOOD[0] + "\n" + GOOD[1] + "\n"
                       + GOOD[0].replace("active", "lost") + "\n"          # 5: the same card, another status
                       + "6200000000010004,,410100,active\n"               # 6: no name
                       + "440308199901101513,钱试,410100,active\n")         # 7: an identity number with a digit mistyped
    for imported, unchanged in ((2, 0), (0, 2)):
        r = world.admin("member", "import", path)
        assert r.code == 1, r
        assert {k: r.json[k] for k in ("imported", "changed", "unchanged", "rejected")} == {
            "imported": imported, "changed": 0, "unchanged": unchanged, "rejected": 3}
        found = rejects(world.root / "list.rejects.csv")
        assert [(x["line"], x["reason"]) for x in found] == [("5", "duplicate_card"), ("6", "name_missing"), ("7", "id_number")]


def test_bad_lines_are_named_and_good_ones_kept(world):
    path = member_list(world, HEAD + GOOD[0] + "\n"                     # 2
                       + "62000000x0010009,周杰作,410100,active\n"      # 3 not a number
                       + "41010119900307001X,吴试,410100,active\n"      # 4 an identity number
                       + "6200000000010008,郑无组织,999999,active\n"    # 5 no such org
                       + "\n"
                       + "6200000000010007,王状态,410100,sleeping\n"    # 7
                       + "6200000000010006,少列\n"                      # 8
                       + "6200000000010005,\"未闭合,410100,active\n"    # 9
                       + GOOD[1] + "\n" + GOOD[2] + "\n")               # 10, 12
    r = world.admin("member", "import", path)
    out = world.root / "list.rejects.csv"
    assert r.code == 1 and (r.json["imported"], r.json["rejected"]) == (3, 6), r
    assert r.json["rejects_file"] == str(out) and mode(out) == 0o600
    found = rejects(out)
    assert [x["line"] for x in found] == ["3", "4", "5", "7", "8", "9"]
    assert {x["reason"] for x in found} >= {"bad_number", "id_number", "org_unknown", "bad_csv"}
    assert all(x["text"] for x in found) and found[2]["last4"] == "0008"
    text = out.read_text(encoding="utf-8")
    assert not any(s in text for s in ("周杰作", "吴试", "6200000000010008", "41010119900307001X", "未闭合")), text
    mended = member_list(world, HEAD + GOOD[0] + "\n")
    assert world.admin("member", "import", mended).code == 0
    assert not out.exists(), "the rejects of an earlier run would mislead"


def test_one_damaged_line_in_a_utf8_list(world):
    path = member_list(world, (HEAD + GOOD[0] + "\n").encode() + b"6200000000010044,\xd5\xc5,410100,active\n" + GOOD[2].encode())
    r = world.admin("member", "import", path)
    assert (r.code, r.json["imported"], r.json["rejected"]) == (1, 2, 1), r
    assert [(x["line"], x["reason"], x["last4"]) for x in rejects(world.root / "list.rejects.csv")] == [("3", "bad_encoding", "0044")]


def test_names_with_control_characters_are_rejected(world):
    path = member_list(world, HEAD + GOOD[0] + "\n" + "".join(
        f"620000000001001{i},\"周{c}试\",410100,active\n" for i, c in enumerate(("\x1b[2J", "\t", "\x7f", "\u009b", "\n"))) + GOOD[2])
    r = world.admin("member", "import", path)
    assert (r.code, r.json["imported"], r.json["rejected"]) == (1, 2, 5), r
    found = rejects(world.root / "list.rejects.csv")
    assert [(x["line"], x["reason"], x["last4"]) for x in found] == [(str(3 + i), "bad_text", f"001{i}") for i in range(5)]
    assert all("control character" in x["text"] for x in found), found


def test_a_long_list_of_nothing_but_bad_lines(world):
    count = 120000
    path = member_list(world, "".join(f"62000004{i:08d},试验,999999,active\n" for i in range(count)))
    r = world.admin("member", "import", path)
    assert r.code == 1 and (r.json["imported"], r.json["rejected"]) == (0, count), r
    assert [int(x["line"]) for x in rejects(world.root / "list.rejects.csv")] == list(range(1, count + 1))


def test_what_is_no_list_at_all(world):
    for data in (b"\xff\xfe6\x002\x00", b"6200000000010001,\xff\xff,410100,active\n"):
        r = world.admin("member", "import", member_list(world, data))
        assert r.code in (1, 2, 3) and "bad_encoding" in r.err and r.err.count("\n") == 1, r
    r = world.admin("member", "import", world.root / "none.csv")
    assert r.code == 3 and "path_missing" in r.err, r
    for head in ("name,card_number", "card_number;name;org;status"):
        r = world.admin("member", "import", member_list(world, head + "\n"))
        assert r.code == 2 and "bad_columns" in r.err, r


def test_columns_in_another_order_and_columns_that_are_nobodys_business(world):
    rows = [f"{g.split(',')[3]},13800000000,410100,旧,{g.split(',')[0]}" for g in (GOOD[0], GOOD[2])]
    path = member_list(world, "状态,手机,工会,姓名,卡号\n" + "\n".join(rows) + "\nactive,,410100,,6200000000010077\n", encoding="gb18030")
    r = world.admin("member", "import", path)
    assert r.code == 1 and (r.json["imported"], r.json["rejected"]) == (2, 1), r
    assert [(x["line"], x["reason"], x["last4"]) for x in rejects(world.root / "list.rejects.csv")] == [("4", "name_missing", "0077")]
    r = world.admin("card", "print", "6200000000010001", "--out", world.root / "ordered.txt")
    assert r.code == 0 and r.json["name_masked"] == "*", r


def test_many_lines_in_several_chunks_and_a_bar_on_a_terminal(world):
    count = 150000
    path = member_list(world, HEAD + "".join(f"62000001{i:08d},试验{i % 977}号,410100,active\n" for i in range(count))
                       + "x,y,410100,active\n")
    leader, follower = pty.openpty()
    child = subprocess.Popen([BUILD / "huika-admin", "--profile", world.service.dir / "admin", "member", "import", path],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=follower, env=env(TERM="xterm"))
    os.close(follower)
    shown = b""
    try:
        while chunk := os.read(leader, 65536):
            shown += chunk
    except OSError:
        pass  # the other end of the terminal was closed
    os.close(leader)
    out = child.communicate()[0].decode()
    assert child.returncode == 1 and str(count) in out, out
    assert b"#" in shown and b"%" in shown, shown
    assert rejects(world.root / "list.rejects.csv")[0]["line"] == str(count + 2)
    r = world.admin("member", "import", path)
    assert (r.json["unchanged"], r.json["imported"]) == (count, 0) and r.err == "", r


def test_an_import_that_was_cut_can_be_repeated(world):
    count = 120000
    path = member_list(world, "".join(f"62000002{i:08d},试验,410100,active\n" for i in range(count)))
    child = subprocess.Popen([BUILD / "huika-admin", "--profile", world.service.dir / "admin", "member", "import", path],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env())
    log = world.service.dir / "service.db-wal"
    wait_for("the first chunk", lambda: log.stat().st_size > 1 << 20 or child.poll() is not None)
    child.kill()
    child.wait()
    r = world.admin("member", "import", path)
    assert r.code == 0 and r.json["imported"] + r.json["unchanged"] == count, r


def test_card_files_are_private_and_never_replaced(world):
    number, out = MEMBERS[0][0], world.root / "card.txt"
    r = world.admin("card", "print", number, "--out", out)
    assert r.code == 0 and r.json["name_masked"] == "*建涛" and r.json["card_last4"] == "0001" and "qr_text" not in r.json, r
    text = out.read_text()
    assert mode(out) == 0o600 and text.startswith("HTTPS://LOCALHOST/C/"), text
    for name in ("card.png", "card.svg"):
        assert world.admin("card", "print", number, "--out", world.root / name).code == 0
        assert mode(world.root / name) == 0o600
    seen = subprocess.run(["zbarimg", "-q", "--raw", str(world.root / "card.png")], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == text.strip(), "the same to the last character, though signatures are random"
    assert world.admin("card", "print", number, "--out", out).code == 1
    assert out.read_text() == text
    r = world.admin("card", "reissue", number, "--out", out)
    assert r.code == 1, "judged before the old card is given up"
    assert world.admin("card", "print", number, "--out", world.root / "again.txt").code == 0
    assert (world.root / "again.txt").read_text() == text
    assert world.admin("card", "export", "--org", "410000", "--out", world.root / "all.csv").code == 0
    assert text.strip() in (world.root / "all.csv").read_text(encoding="utf-8")
    assert world.admin("card", "reissue", number, "--out", out, "--force").code == 0
    assert signed(out.read_text()) != signed(text) and mode(out) == 0o600
    fresh = out.read_text()
    assert world.admin("card", "print", number, "--out", out, "--force").code == 0 and out.read_text() == fresh
    assert world.admin("card", "print", number, "--out", world.root / "card.jpg").code == 2


def test_card_numbers_from_standard_input_and_wrong_ones(world):
    number = MEMBERS[0][0]
    r = world.admin("member", "status", "-", "active", stdin=f"{number[:4]} {number[4:]}\n")
    assert r.code == 0, r
    for wrong, code in (("123", "bad_number"), ("62000000000000x1", "bad_number"), ("41010119900307001X", "id_number"), ("", "bad_number")):
        r = world.admin("card", "print", "-", "--out", world.root / "x.txt", stdin=wrong + "\n")
        assert r.code == 2 and code in r.err, r
        assert not wrong or wrong not in r.err, r
    r = world.admin("card", "print", "6200000000009999", "--out", world.root / "x.txt")
    assert r.code == 1 and "6200000000009999" not in r.err and not (world.root / "x.txt").exists(), r


def test_export_pages_through_an_organisation(world):
    path = member_list(world, HEAD + "".join(f"62000003{i:08d},试验,410200,active\n" for i in range(2345)))
    assert world.admin("member", "import", path).code == 0
    out = world.root / "cards.csv"
    r = world.admin("card", "export", "--org", "410200", "--out", out)
    assert r.code == 0 and mode(out) == 0o600, r
    with open(out, encoding="utf-8", newline="") as f:
        cards = list(csv.DictReader(f))
    own = sum(1 for m in MEMBERS if m[2] == "410200")
    assert len(cards) == 2345 + own == r.json["cards"]
    assert len({c["qr_text"] for c in cards}) == len(cards)
    assert all(len(c["card_last4"]) == 4 and c["qr_text"].startswith("HTTPS://LOCALHOST/C/") for c in cards)
    assert world.admin("card", "export", "--org", "410200", "--out", out).code == 1
    assert not list(world.root.glob("*.part*"))
    r = world.admin("card", "export", "--org", "999999", "--out", world.root / "none.csv")
    assert r.code == 1 and not (world.root / "none.csv").exists(), r


def test_shops_offers_and_the_log_of_it(world):
    shop = world.shop(name="示例书店", category="leisure", offers=[{"title": "满百减十", "kind": "off_over", "off_fen": 1000, "over_fen": 10000}])
    assert [o["title"] for o in world.admin("offer", "list", shop).lines] == ["满百减十"]
    assert world.admin("shop", "suspend", shop, "--reason", "核查").json["standing"] == "suspended"
    shown = world.admin("shop", "show", shop).json
    assert (shown["name"], shown["standing"], shown["reason"]) == ("示例书店", "suspended", "核查")
    assert any(s["shop"] == shop and s["standing"] == "suspended" for s in world.admin("shop", "list").lines)
    text = world.admin("shop", "list", json_out=False).out
    assert "示例书店" in text and shop in text
    acts = [(e["act"], e["target"]) for e in world.admin("audit", "list").lines]
    assert len(acts) >= 5 and any(shop in target for _, target in acts), acts
    numbers = [e["n"] for e in world.admin("audit", "list").lines]
    assert numbers == sorted(set(numbers))
    assert [e["n"] for e in world.admin("audit", "list", "--limit", "2").lines] == numbers[:2]
    assert [e["n"] for e in world.admin("audit", "list", "--after", numbers[1]).lines][:1] == numbers[2:3]
    log = world.admin("audit", "list").out
    assert not any(m[0] in log or m[1] in log for m in MEMBERS if len(m[1]) > 1)


@pytest.mark.parametrize("offer,member", [
    ({"title": "x", "kind": "percent"}, "rate_bp"), ({"title": "x", "kind": "percent", "rate_bp": 10001}, "rate_bp"),
    ({"title": "x", "kind": "gift"}, "kind"), ({"title": "x", "kind": "percent", "rate_bp": 100, "cap": 5}, "cap"),
])
def test_wrong_offers_are_named_before_anything_is_sent(world, offer, member):
    good = {"title": "九折", "kind": "percent", "rate_bp": 1000}
    shop = world.shop(offers=[good])
    r = world.offers(shop, [good, offer])
    assert r.code == 2 and f'"{member}" (' in r.err and r.err.count("\n") == 1, r
    assert [o["title"] for o in world.admin("offer", "list", shop).lines] == ["九折"]


def test_an_offer_file_that_is_no_json_is_told_by_its_line(world):
    shop, path = world.shop(), world.root / "offer.json"
    path.write_text('{"title": "x",\n "kind": "percent",\n "rate_bp": 1200,}\n', encoding="utf-8")
    r = world.admin("offer", "set", shop, "--file", path)
    assert r.code == 2 and "line 3" in r.err and "bad_json" in r.err, r
    r = world.admin("offer", "set", shop, "--file", world.root / "none.json")
    assert r.code == 3 and "path_missing" in r.err, r


def test_all_terms_of_an_offer_are_shown(world):
    shop = world.shop(offers=[{"title": "午市", "kind": "off_over", "off_fen": 1000, "over_fen": 5000, "repeat": True, "weekdays": [1, 5],
                               "hours": ["10:00-14:00"], "include": ["热菜"], "exclude": ["酒水"], "round": "jiao"}])
    shown = world.admin("offer", "list", shop, json_out=False).out
    assert all(s in shown for s in ("off_each", "days 1 5, 10:00-14:00", "热菜, not 酒水", "jiao", "50.00")), shown
    assert "when" not in world.admin("offer", "list", shop).lines[0], "an answer to a program is as the service gave it"


def test_an_invitation_on_paper_and_as_json(world):
    shop = world.shop()
    r = world.admin("terminal", "invite", shop)
    code = r.json["code"]
    assert code.startswith("HUIKA1/") and "localhost:" in code.lower() and r.json["expires_ms"] > 0
    r = world.admin("terminal", "invite", shop, json_out=False)
    assert r.out.strip().startswith("HUIKA1/") and r.out.count("\n") == 1, "only the code, for scripts"
    assert world.admin("terminal", "invite", "01ARZ3NDEKTSV4RRFFQ69G5FAV").code == 1


def test_exit_codes_and_one_line_errors(world, tmp_path):
    def admin(*argv):
        return call(BUILD / "huika-admin", *argv)

    profile = world.service.dir / "admin"
    assert admin("--help").code == 0 and admin("--version").code == 0
    for argv in ([], ["bogus"], ["shop", "add"], ["--profile", profile, "member", "status", MEMBERS[0][0], "sleeping"],
                 ["org", "list"], ["--profile", profile, "shop", "add", "--org", "410100", "--name", "x", "--category", "bank", "--region", "410102"]):
        assert admin(*argv).code == 2, argv
    for argv in (["shop", "show", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], ["shop", "show", "../../etc"], ["card", "print", "6200000000009999", "--out", tmp_path / "a.txt"]):
        r = admin("--profile", profile, *argv)
        assert r.code == 1 and r.err.count("\n") == 1, r
    r = admin("--profile", profile, "org", "add", "410199", "", "--parent", "410100")
    assert r.code == 2 and "bad_value" in r.err, r
    r = admin("--profile", profile, "card", "print", MEMBERS[0][0], "--out", tmp_path / "none" / "a.txt")
    assert r.code == 3 and "path_missing" in r.err, r
    r = admin("org", "frob")
    assert r.code == 2 and "'org frob'" in r.err and "'org' wants" in admin("org").err, r
    assert admin("--profile", tmp_path / "none", "org", "list").code == 3
    world.service.stop()
    r = admin("--profile", profile, "org", "list")
    assert r.code == 3 and "net_refused" in r.err and r.err.count("\n") == 1, r
    zh = call(BUILD / "huika-admin", "--profile", profile, "org", "list", environ=env(LC_ALL="zh_CN.UTF-8", LANGUAGE="zh_CN"))
    assert "服务" in zh.err, zh


def test_the_tree_of_organisations(world):
    assert world.admin("org", "add", "410181", "巩义市总工会", "--parent", "410100").code == 0
    lines = world.admin("org", "list").lines
    assert {o["code"] for o in lines} >= {"410000", "410100", "410181"}
    assert world.admin("org", "add", "410182", "无上级", "--parent", "777777").code == 1
    assert world.admin("org", "add", "410181", "另一名称", "--parent", "410100").code == 1
    text = world.admin("org", "list", json_out=False).out
    assert "巩义市总工会" in text and pathlib.Path(world.service.dir).exists()


@pytest.mark.parametrize("words", [["member", "status", "6200000000000001", "lost"], ["card", "print", "6200000000000001", "--out", "x.txt"]])
def test_a_card_number_stays_out_of_the_list_of_processes(tmp_path, words):
    """It stood there, for every user of the machine, as long as the service took to answer."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        call(BUILD / "huika-service", "init", tmp_path / "service", "--host", "localhost", "--port", str(mute.getsockname()[1]))
        profile = tmp_path / "service" / "admin"
        with subprocess.Popen([BUILD / "huika-admin", "--profile", profile, *words], env=env(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as p:
            mute.settimeout(20)
            conn = mute.accept()[0]
            shown = pathlib.Path(f"/proc/{p.pid}/cmdline").read_text(encoding="utf-8")
            conn.close()
        assert words[1] in shown and "6200000000000001" not in shown
