# SPDX-License-Identifier: Apache-2.0
"""The command line against a counter that answers by script: what it asks for, what it makes of the answers, what it prints."""
import json
import os
import pty
import select
import signal
import subprocess
import termios
import threading

import pytest
from counter import APPLIED, CHECKOUT, CUT, QUOTED, SALE, counter, problem
from world import BUILD, DEADLINE_S, call, env, wait_for

NUMBER = "6200000000000018"  # passes Luhn
CONFIRM = f"POST /v1/checkouts/{CHECKOUT}/confirm"
CANCEL = f"POST /v1/checkouts/{CHECKOUT}/cancel"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "s"


def huika(c, *argv, **kw):
    return call(BUILD / "huika", "--socket", c.path, *argv, **kw)


def typed(c, keys, *argv, environ=None):
    """With a keyboard: `keys` are typed, standard input is a terminal."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, keys.encode())
        done = subprocess.run([BUILD / "huika", "--socket", c.path, *argv], stdin=theirs, capture_output=True, text=True,
                              timeout=DEADLINE_S, env=environ or env(), check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    return done


def test_sell_without_a_keyboard_applies_at_once(path):
    with counter(path) as c:
        r = huika(c, "--json", "sell", "128.00", "--scan", "TEXT", "--cashier", "07")
        assert r.code == 0 and r.json == APPLIED, r
        assert c.bodies("POST /v1/checkouts") == [{"total_fen": 12800, "cashier": "07", "scan": "TEXT", "input": "api"}]
        assert len(c.bodies(CONFIRM)) == 1 and not c.bodies(CANCEL)
        key = c.asked[0][2]["Idempotency-Key"]
        assert len(key) == 26
        huika(c, "sell", "128.00", "--scan", "TEXT")
        again = [h["Idempotency-Key"] for line, _, h in c.asked if line.startswith("POST /v1/checkouts?")]
        assert again[0] == key != again[1]


def test_people_read_verdict_and_receipt(path):
    with counter(path) as c:
        r = huika(c, "sell", "128", "--scan", "TEXT")
        assert r.code == 0 and r.err == "", r
        assert "*建涛" in r.out and "0001" in r.out and r.out.endswith("RECEIPT 112.64\n") and "\033" not in r.out


def test_number_from_standard_input_is_shown_nowhere(path):
    with counter(path) as c:
        r = huika(c, "sell", "1", "--number", "-", stdin=NUMBER + "\r\n")
        assert r.code == 0 and NUMBER not in r.out + r.err
        assert c.bodies("POST /v1/checkouts")[0]["number"] == NUMBER


@pytest.mark.parametrize("option", ["--number", "--scan"])
def test_card_on_the_command_line_does_not_stay_in_the_process_list(path, option):
    held = threading.Event()

    def hold():
        held.wait(DEADLINE_S)
        return 201, QUOTED

    with counter(path, begin=[hold]) as c:
        with subprocess.Popen([BUILD / "huika", "--socket", c.path, "sell", "10", option, NUMBER], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, env=env()) as p:
            try:
                wait_for("the request", c.lines)
                with open(f"/proc/{p.pid}/cmdline", encoding="utf-8") as f:
                    shown = f.read()
                assert "sell" in shown and NUMBER not in shown
            finally:
                held.set()
                p.wait(DEADLINE_S)
        assert list(c.bodies("POST /v1/checkouts")[0].values()).count(NUMBER) == 1


def test_luhn_without_a_keyboard_refuses(path):
    with counter(path, begin=[problem(422, "number_luhn")]) as c:
        r = huika(c, "--json", "sell", "1", "--number", NUMBER, "--yes")
        assert r.code == 1 and r.json["reason"] == "number_luhn" and r.json["verdict"] == "refused", r
        assert "sale_id" not in r.json and NUMBER not in r.out + r.err and len(c.lines()) == 1
        assert "--accept-luhn" in r.err
    with counter(path.with_name("t")) as c:
        assert huika(c, "sell", "1", "--number", NUMBER, "--accept-luhn").code == 0
        assert c.bodies("POST /v1/checkouts")[0]["luhn_ok"] is True


def echoes(tty):
    return bool(termios.tcgetattr(tty)[3] & termios.ECHO)


@pytest.mark.parametrize("end", ["typed", "interrupted"])
def test_a_number_is_typed_without_being_shown(path, end):
    ours, theirs = pty.openpty()
    with counter(path) as c, subprocess.Popen([BUILD / "huika", "--socket", c.path, "sell", "1", "--number", "-"], stdin=theirs,
                                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env()) as p:
        try:
            wait_for("the echo to be off", lambda: not echoes(theirs))
            os.write(ours, f"{NUMBER}\n\n".encode() if end == "typed" else b"620000")
            if end == "interrupted":
                p.send_signal(signal.SIGINT)
            out, err = p.communicate(timeout=DEADLINE_S)
        finally:
            p.kill()
        shown = os.read(ours, 4096) if select.select([ours], [], [], 0)[0] else b""
        assert echoes(theirs) and b"6200" not in shown and NUMBER not in out + err
        if end == "typed":
            assert p.returncode == 0 and c.bodies("POST /v1/checkouts")[0]["number"] == NUMBER
        else:
            assert p.returncode == -signal.SIGINT and not c.lines()
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("option", ["--number", "--scan"])
def test_an_empty_card_is_wrong_usage(path, option):
    with counter(path) as c:
        for argv, stdin in (((option, ""), None), ((option, "-"), "\n")):
            r = huika(c, "sell", "1", *argv, stdin=stdin)
            assert r.code == 2 and option in r.err, r
        assert not c.lines()


@pytest.mark.parametrize("again,luhn_ok", [(NUMBER, True), ("6200000000000026", None)])
def test_luhn_at_the_keyboard_asks_again(path, again, luhn_ok):
    with counter(path, begin=[problem(422, "number_luhn"), (201, QUOTED)]) as c:
        r = typed(c, f"{again}\n\n", "sell", "1", "--number", NUMBER)
        assert r.returncode == 0 and "check digit" in r.stderr, r
        first, second = c.bodies("POST /v1/checkouts")
        assert first["input"] == "keyed" and "luhn_ok" not in first
        assert second["number"] == again and second.get("luhn_ok") is luhn_ok


def test_luhn_given_up(path):
    with counter(path, begin=[problem(422, "number_luhn")]) as c:
        assert typed(c, "\n", "sell", "1", "--number", NUMBER).returncode == 1
        assert len(c.lines()) == 1


@pytest.mark.parametrize("keys,sold", [("\n", True), ("y\n", True), ("是\n", True), ("n\n", False), ("nope\n", False), ("\x04", False)])
def test_a_person_is_asked(path, keys, sold):
    with counter(path) as c:
        r = typed(c, keys, "sell", "128", "--scan", "TEXT")
        assert "112.64" in r.stdout and "15.36" in r.stdout and "[Y/n]" in r.stderr
        assert r.returncode == (0 if sold else 1), r
        assert c.bodies(CONFIRM) == ([{"pay_fen": 11264}] if sold else [])
        assert len(c.bodies(CANCEL)) == (0 if sold else 1)


def test_a_person_who_said_yes_beforehand_is_not_asked(path):
    with counter(path) as c:
        r = typed(c, "n\n", "sell", "128", "--scan", "TEXT", "--yes")
        assert r.returncode == 0 and "[Y/n]" not in r.stderr and len(c.bodies(CONFIRM)) == 1


def test_new_terms_while_the_cashier_thinks_are_asked_again(path):
    dearer = {**QUOTED, "rev": 5, "discount_fen": 0, "pay_fen": 12800}
    with counter(path, look=[dearer]) as c:
        r = typed(c, "y\nn\n", "sell", "128", "--scan", "TEXT")
        assert r.returncode == 1 and r.stderr.count("[Y/n]") == 2 and not c.bodies(CONFIRM), r
    with counter(path.with_name("t"), look=[dearer]) as c:
        assert typed(c, "y\ny\n", "sell", "128", "--scan", "TEXT").returncode == 0
        assert c.bodies(CONFIRM) == [{"pay_fen": 12800}]


def test_confirm_without_an_answer_is_said_again(path):
    with counter(path, confirm=[CUT, CUT, APPLIED]) as c:
        r = huika(c, "--json", "sell", "128", "--scan", "TEXT")
        assert r.code == 0 and r.json["sale_id"] == SALE and len(c.bodies(CONFIRM)) == 3, r


@pytest.mark.parametrize("state,code", [({"state": "refused", "verdict": "refused", "reason": "card_lost"}, 1),
                                        ({"state": "failed", "verdict": None, "error": "net_refused"}, 3),
                                        ({"state": "cancelled", "reason": "cancelled"}, 1)])
def test_what_is_no_quote_is_not_confirmed(path, state, code):
    with counter(path, begin=[(201, {**QUOTED, **state})]) as c:
        r = huika(c, "--json", "sell", "1", "--scan", "TEXT")
        assert r.code == code and {k: r.json[k] for k in state} == state and "sale_id" not in r.json, r
        assert not c.bodies(CONFIRM)
        shown = huika(c, "sell", "1", "--scan", "TEXT")
        assert shown.code == code and shown.out + shown.err


@pytest.mark.parametrize("answer,code,exit_code", [
    (problem(507, "disk_full"), "disk_full", 3), (problem(200, "shop_delisted"), "shop_delisted", 1),
    (problem(409, "wrong_state"), "wrong_state", 1), (problem(404, "not_found"), "not_found", 1),
    ({**QUOTED, "error": "io"}, "io", 3), ((200, b"<html>"), "net_protocol", 3), ((200, {"x": 1}), "net_protocol", 3),
    ((500, b"oops"), "net_protocol", 3)])
def test_a_sale_that_was_not_made(path, answer, code, exit_code):
    with counter(path, begin=[(201, {**QUOTED, "sale_id": SALE})], confirm=[answer]) as c:
        r = huika(c, "--json", "sell", "128", "--scan", "TEXT")
        assert r.code == exit_code and code in (r.json.get("error"), r.json.get("reason")), r
        assert not r.json.get("sale_id") and r.json["text"]["zh"] and r.json["state"] != "applied"
        human = huika(c, "sell", "128", "--scan", "TEXT")
        assert human.code == exit_code and "RECEIPT" not in human.out and human.out + human.err


def test_waits_for_the_reader_and_ctrl_c_cancels(path):
    waiting = {"checkout_id": CHECKOUT, "rev": 1, "state": "waiting", "verdict": None, "text": {"zh": "请扫码", "en": "Scan."}}
    held = threading.Event()

    def hold():
        held.wait(DEADLINE_S)
        return waiting

    with counter(path, begin=[(201, waiting)], look=[hold]) as c:
        with subprocess.Popen([BUILD / "huika", "--socket", c.path, "--json", "sell", "10"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env()) as p:
            try:
                wait_for("the poll", lambda: any("rev=1" in line for line in c.lines()))
                p.send_signal(signal.SIGINT)
                out, err = p.communicate(timeout=DEADLINE_S)
            finally:
                p.kill()
                held.set()
        assert p.returncode == 1 and json.loads(out)["reason"] == "cancelled" and "reader" in err, (out, err)
        assert len(c.bodies(CANCEL)) == 1 and not c.bodies(CONFIRM)


def test_a_card_at_the_reader_goes_on(path):
    waiting = {"checkout_id": CHECKOUT, "rev": 1, "state": "waiting"}
    with counter(path, begin=[(201, waiting)], look=[{**waiting, "rev": 2, "state": "verifying"}, QUOTED]) as c:
        assert huika(c, "sell", "128").code == 0
        assert [line.split("rev=")[1] for line in c.lines() if "rev=" in line] == ["1", "2"]


def coloured(c, *argv, **more):
    """Standard output is a terminal, too."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([BUILD / "huika", "--socket", c.path, *argv], stdin=subprocess.DEVNULL, stdout=theirs,
                          stderr=subprocess.DEVNULL, env=env(TERM="xterm", **more)) as p:
        os.close(theirs)
        out = b""
        try:
            while chunk := os.read(ours, 4096):
                out += chunk
        except OSError:  # the other end is closed
            pass
        p.wait(DEADLINE_S)
    os.close(ours)
    return out.decode()


def test_colours_on_a_terminal_only(path):
    refused = {**QUOTED, "state": "refused", "verdict": "refused", "reason": "card_lost"}
    with counter(path, begin=[(201, QUOTED), (201, refused), (201, QUOTED), (201, QUOTED)]) as c:
        sell = ["sell", "1", "--scan", "T"]
        assert "\033[1;32mMember confirmed\033[0m" in coloured(c, *sell)
        assert "\033[1;31mRefused\033[0m" in coloured(c, *sell)
        assert "\033" not in coloured(c, *sell, NO_COLOR="1")
        assert "\033" not in coloured(c, "--json", *sell)


def test_a_provisional_verdict_is_never_called_confirmed(path):
    quoted, applied = ({**c, "verdict": "provisional"} for c in (QUOTED, APPLIED))
    with counter(path, begin=[(201, quoted), (201, quoted)], confirm=[applied, applied]) as c:
        assert "\033[1;33mChecked offline (provisional)\033[0m" in coloured(c, "sell", "1", "--scan", "T")
        assert "confirmed" not in huika(c, "sell", "1", "--scan", "T").out


LINES = [{"category": "a", "amount_fen": 60}, {"amount_fen": 40}]


def test_lines_and_own_price_travel(path, tmp_path):
    (tmp_path / "l.json").write_text(json.dumps(LINES))
    with counter(path) as c:
        assert huika(c, "sell", "1.00", "--lines", tmp_path / "l.json", "--own-price", "0.9", "--scan", "T").code == 0
        body = c.bodies("POST /v1/checkouts")[0]
        assert body["lines"] == LINES and body["own_price_fen"] == 90


@pytest.mark.parametrize("argv", [
    ["0"], ["0.00"], ["1e18"], ["abc"], ["1.234"], ["10000000"], [""], ["--", "-1"], ["１２"], ["1", "2"], [],
    ["1", "--own-price", "1.01"], ["1", "--own-price", "x"], ["1", "--number", "1", "--scan", "2"], ["1", "--frob"], ["1", "--cashier", "x" * 65], ["1", "--cashier", "0\x1b7"],
    ["1", "--scan"], ["1", "--number", "-"], ["1", "--scan", "\udcff"]])
def test_wrong_usage_asks_the_terminal_nothing(path, argv):
    with counter(path) as c:
        r = huika(c, "sell", *argv, stdin="1" * 80 if argv[-1:] == ["-"] else "")
        assert r.code == 2 and r.err.count("\n") == 1 and not c.lines(), r


@pytest.mark.parametrize("text", ["", "{}", "[]", "[1]", "[{\"amount_fen\": 99}]", "[{\"amount_fen\": \"100\"}]",
                                  "[{\"amount_fen\": 101}, {\"amount_fen\": -1}]", "[{\"amount_fen\": 100, \"amount_fen\": 100}]"])
def test_wrong_lines(path, tmp_path, text):
    (tmp_path / "l.json").write_text(text)
    with counter(path) as c:
        r = huika(c, "sell", "1", "--lines", tmp_path / "l.json", "--scan", "T")
        assert r.code == 2 and r.err.count("\n") == 1 and not c.lines(), r


def test_no_terminal_and_a_closed_door(path, tmp_path):
    r = call(BUILD / "huika", "--socket", tmp_path / "none", "--json", "status")
    assert r.code == 3 and r.json["error"] == "not_running" and "huika-terminal" in r.err, r
    assert call(BUILD / "huika", "status", environ=env(HUIKA_SOCKET=str(tmp_path / "none"))).code == 3
    assert call(BUILD / "huika", "status", "--socket", "/" + "x" * 200).code == 2
    with counter(path) as c:
        os.chmod(c.path, 0)
        drop = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        program = os.open(BUILD / "huika", os.O_PATH)  # the tree may lie where only its owner may look
        done = subprocess.run([f"/proc/self/fd/{program}", "--socket", c.path, "status"], capture_output=True, text=True, env=env(),
                              check=False, timeout=DEADLINE_S, pass_fds=[program], **drop)
        os.close(program)
        assert done.returncode == 3 and "socket_denied" in done.stderr, done


STATUS = {"version": "0.1.0", "state": "ready", "shop": {"shop_id": SALE, "name": "示例\x1b[2J饭店", "standing": "delisted",
                                                         "reason": "拒绝兑现优惠", "version": 3},
          "terminal": {"terminal_id": SALE, "number": 7, "epoch": 1}, "online": False, "last_contact_ms": 1772596800000,
          "last_error": "tls_expired", "unsent": 2, "head": {"seq": 9, "countersigned_seq": 7}, "cert_days": 12,
          "devices": [{"label": "Acme Scanner", "used": True, "as": "scanner", "why": ""},
                      {"label": "Keyboard", "used": False, "as": "", "why": "not a scanner"}], "usb": "ok"}


def test_status_and_devices(path):
    with counter(path, lines={"GET /v1/status": [STATUS]}) as c:
        assert huika(c, "--json", "status").json == STATUS
        shown = huika(c, "status")
        for part in ("delisted", "拒绝兑现优惠", "offline", "tls_expired", "2026-03-04 12:00:00", "12 days", "2 waiting", "Acme Scanner",
                     "not a scanner"):
            assert part in shown.out, (part, shown)
        assert shown.code == 0 and "\033" not in shown.out
        assert huika(c, "--json", "devices").lines == STATUS["devices"]
        assert "Keyboard" in huika(c, "devices").out


def test_devices_in_order_and_what_to_do_about_each(path, tmp_path):
    def device(label, code="ok", **more):
        return {"label": label, "used": code == "ok", "as": "none", "how": "", "code": code, "path": "1-2", "scans": 0, "why": f"why {code}", **more}
    devices = [device("0525:a4a4 Bob's \\%s k\x1bey", "keyboard"), device("067b:2303", "serial", why="A serial port; left alone. If it is a "
               "scanner, name it in /etc/huika/devices.tsv."), device("04b8:0e1f 打印机", "printer"), device("0781:5567 Stick", "storage"),
               device("nonsense", "keyboard"), device("0acd:0500 Swipe", "io", **{"as": "card", "how": "hid_msr"}),
               device("1eab:0d10 Gun", **{"as": "scanner", "how": "hid_pos", "scans": 3, "path": "1-1.4"}),
               device("1eab:0d10 Gun", **{"as": "scanner", "how": "hid_pos", "path": "2-1"})]
    with counter(path, lines={"GET /v1/status": [STATUS | {"devices": devices}]}) as c:
        lines = [" ".join(line.split()) for line in huika(c, "devices").out.splitlines()]
        assert lines[:3] == ["Devices in use 1eab:0d10 Gun reads codes HID POS at port 1-1.4 3 read",
                             "in use 1eab:0d10 Gun reads codes HID POS at port 2-1",
                             "not usable 0acd:0500 Swipe reads card stripes HID at port 1-2 why io"]
        to_run = [line for line in lines if line.startswith("printf")]
        assert len(to_run) == 3 and not any("printf" in line for line in huika(c, "status").out.splitlines())
        table = tmp_path / "table"
        for line in to_run:
            subprocess.run(["sh", "-c", line.replace("/etc/huika/devices.tsv", str(table))], check=True)
        assert table.read_text().splitlines() == ["0525\ta4a4\thid_keyboard\t-\tBob_s __s k_ey", "067b\t2303\tcdc_acm\t-\t-",
                                                  "04b8\t0e1f\tprinter\t-\t_________"]
        zh = huika(c, "devices", environ=env(LC_ALL="zh_CN.UTF-8")).out
        assert "已读 3 次" in zh and "端口 1-1.4" in zh and "串口，不予使用。如为扫描枪" in zh


def test_status_does_not_hide_why_records_stay(path):
    """It said "3 waiting to be sent" and the service "online", for ever, when the service had refused them as a fork."""
    told = STATUS | {"online": True, "last_error": None, "upload_error": "chain_fork", "notice_error": "bad_signature"}
    with counter(path, lines={"GET /v1/status": [told]}) as c:
        shown = huika(c, "status")
        assert "[chain_fork]" in shown.out and "[bad_signature]" in shown.out, shown


def test_day(path):
    sale = {"sale_id": SALE, "at_ms": 1772596800000, "total_fen": 12800, "discount_fen": 1536, "pay_fen": 11264,
            "card_last4": "0001", "offer_title": "八八折", "own_price": False}
    day = {"day": "2026-03-04", "sales": [sale, sale], "count": 2, "total_fen": 25600, "discount_fen": 3072, "pay_fen": 22528}
    with counter(path, lines={"GET /v1/sales": [day]}) as c:
        assert huika(c, "--json", "day", "2026-03-04").json == day
        out = huika(c, "day", "2026-03-04").out
        assert "12:00:00" in out and SALE in out and "225.28" in out and "2 sales" in out
        rows = [line for line in out.splitlines() if "112.64" in line or "225.28" in line]
        assert len({line.index("2.64") if "112.64" in line else line.index("5.28") for line in rows}) == 1, out
        assert c.lines()[0] == "GET /v1/sales?day=2026-03-04"
        for bad in ("2026-02-30", "yesterday", "2026-3-4", "../status"):
            assert huika(c, "day", bad).code == 2


def test_day_tells_what_became_of_each_sale(path):
    sale = {"sale_id": SALE, "at_ms": 1772596800000, "total_fen": 12800, "discount_fen": 1536, "pay_fen": 11264, "card_last4": "0001",
            "offer_title": "八八折", "own_price": False, "verdict": "member", "outcome": "counted"}
    states = {"counted": {}, "to be sent": {"outcome": "unsent"}, "confirmed later": {"verdict": "provisional"},
              "provisional, to be sent": {"verdict": "provisional", "outcome": "unsent"}, "voided": {"returned_fen": 12800},
              "returned in part": {"returned_fen": 100}, "contested": {"outcome": "contested", "code": "card_lost", "returned_fen": 100}}
    day = {"day": "2026-03-04", "sales": [{**sale, **more} for more in states.values()]}
    with counter(path, lines={"GET /v1/sales": [day]}) as c:
        out = huika(c, "day", "2026-03-04").out
    rows = [line.split("0001")[1].split("八八折")[0].strip() for line in out.splitlines() if SALE in line]
    assert rows == list(states), out
    assert "reported lost" in out.splitlines()[-2], out


def test_reprint(path):
    with counter(path, lines={f"GET /v1/sales/{SALE}/receipt": [(200, "小票 12351\n".encode())]}) as c:
        assert huika(c, "reprint", SALE).out == "小票 12351\n"
        assert huika(c, "--json", "reprint", SALE).json == {"sale_id": SALE, "receipt": "小票 12351\n"}
        assert huika(c, "reprint", CHECKOUT).code == 1
        assert huika(c, "reprint", "../status").code == 2


def test_simulate_scan(path):
    with counter(path, lines={"POST /v1/scans": [QUOTED]}) as c:
        assert huika(c, "simulate", "scan", "TEXT").code == 0
        assert huika(c, "simulate", "scan", "-", stdin="TEXT 2\n").code == 0
        assert c.bodies("POST /v1/scans") == [{"text": "TEXT"}, {"text": "TEXT 2"}]


def test_events(path):
    stream = ("id: 1\nevent: status\ndata: {\"online\":true}\n\n: alive\n\nid: 2\r\nevent: checkout\r\n"
              "data: {\"state\":\"quoted\"}\r\n\r\nevent: odd\ndata: no json\n\n")
    with counter(path, lines={"GET /v1/events": [(200, stream.encode())]}) as c:
        r = huika(c, "--json", "events")
        assert r.lines[:2] == [{"event": "status", "id": "1", "data": {"online": True}},
                               {"event": "checkout", "id": "2", "data": {"state": "quoted"}}]
        assert r.code == 3 and "net_cut" in r.err, "the terminal ended, which is worth an error"
        assert '{"online":true}' in huika(c, "events").out


@pytest.mark.parametrize("name", ["示例\x1b[31m饭店", "a\nb", "\u202e\u200b"])
def test_texts_from_elsewhere_do_not_disturb_the_screen(path, name):
    odd = {**QUOTED, "name_masked": name, "offer_title": name}
    with counter(path, begin=[(201, odd)]) as c:
        out = typed(c, "n\n", "sell", "1", "--scan", "T").stdout
        assert not set("\x1b\u202e\u200b") & set(out) and "a\nb" not in out


def test_output_that_cannot_be_written_is_an_error(path):
    with counter(path, lines={"GET /v1/status": [STATUS]}) as c, open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([BUILD / "huika", "--socket", c.path, "status"], stdout=full, stderr=subprocess.PIPE, env=env(),
                              check=False, timeout=DEADLINE_S)
        assert done.returncode == 3
