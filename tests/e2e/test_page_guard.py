# SPDX-License-Identifier: Apache-2.0
"""Who gets in: the page's one-time code and cookie, the token, and pages of strangers in the same browser."""
import contextlib
import http.client
import http.server
import json
import pathlib
import threading
import time

import pytest
from api import Contract
from browser import Browser
from selenium.webdriver.common.keys import Keys
from test_counter_limits import accepted
from world import DEADLINE_S, MEMBERS, ROOT, UnixConnection, wait_for

CONTRACT = Contract(ROOT / "proto/counter-api.yaml")
SAME = {"Sec-Fetch-Site": "same-origin"}


def code_of(t):
    return t.huika("page").json["url"].partition("#")[2]


def enter(t, code, **headers):
    return t.tcp("POST", "/v1/session", {"code": code}, headers, token=False)


def cookie_of(t):
    a = enter(t, code_of(t))
    assert a.status == 200, a
    return a.headers["Set-Cookie"].partition(";")[0]


def status(t, cookie, **headers):
    return t.tcp("GET", "/v1/status", headers={"Cookie": cookie, **SAME, **headers}, token=False).status


def test_a_code_lets_in_once(world):
    t = world.terminal()
    url = t.huika("page", json_out=False).out.strip()
    assert url.startswith(f"http://127.0.0.1:{t.port}/#")
    code = url.partition("#")[2]
    a = enter(t, code[:4].lower() + "-" + code[4:])
    assert a.status == 200 and a.headers["Set-Cookie"].startswith(f"huika_{t.port}=")
    for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert word in a.headers["Set-Cookie"]
    CONTRACT.check("POST", "/v1/session", {"Content-Type": "application/json"}, json.dumps({"code": code}), a.status, a.headers, a.body)
    assert enter(t, code).json["code"] == "page_code"
    for wrong in ("A" * 16, "", "A" * 15, "A" * 17, "ß", "0" * 16):
        assert enter(t, wrong).status in (401, 422), wrong
    assert code not in t.text


def test_a_code_of_many_is_forgotten(world):
    t = world.terminal()
    first, *later = [code_of(t) for _ in range(5)]
    assert enter(t, first).json["code"] == "page_code"
    assert all(enter(t, c).status == 200 for c in later)


def test_the_cookie_is_the_page_s_alone(world):
    t = world.terminal()
    cookie = cookie_of(t)
    assert status(t, cookie) == 200
    for site in ("same-site", "cross-site", "none"):
        assert status(t, cookie, **{"Sec-Fetch-Site": site}) == 401, site
    assert t.tcp("GET", "/v1/status", headers={"Cookie": cookie}, token=False).status == 401
    assert status(t, cookie, Origin="http://127.0.0.1:1") == 421
    assert status(t, cookie, Host="evil.example") == 421
    assert status(t, cookie[:-1] + ("A" if cookie[-1] != "A" else "B")) == 401
    for method, path in (("POST", "/v1/page"), ("POST", "/v1/token"), ("POST", "/v1/scans"), ("DELETE", "/v1/sessions")):
        assert t.tcp(method, path, {}, {"Cookie": cookie, **SAME}, token=False).status == 404, path
    assert cookie.partition("=")[2] not in (t.state / "page.json").read_text(), "only hashes are kept"
    assert (t.state / "page.json").stat().st_mode & 0o777 == 0o600


def test_sessions_outlive_a_restart_and_are_bounded_and_taken_back(world):
    t = world.terminal()
    cookies = [cookie_of(t) for _ in range(9)]
    assert [status(t, c) for c in cookies] == [401] + [200] * 8
    t.kill()
    t.start()
    assert [status(t, c) for c in cookies[1:]] == [200] * 8
    assert t.tcp("DELETE", "/v1/session", headers={"Cookie": cookies[1], **SAME}, token=False).status == 200
    assert status(t, cookies[1]) == 401
    waiting = code_of(t)
    assert t.huika("page", "--close").json == {"ended": 7}
    assert status(t, cookies[2]) == 401 and enter(t, waiting).status == 401
    (t.state / "page.json").write_text("{not json")
    t.stop()
    assert t.start().status["state"] == "ready"


def test_a_session_ends_when_it_is_not_used(world):
    t = world.terminal()
    cookies = {}
    for begun, seen in ((1, 8), (91, 1), (80, 6)):
        cookies[begun, seen] = cookie_of(t)
        t.stop()
        path = t.state / "page.json"
        kept = json.loads(path.read_text())
        kept[-1]["begun_ms"] -= begun * 86400000
        kept[-1]["seen_ms"] -= seen * 86400000
        path.write_text(json.dumps(kept))
        t.start()
    assert [status(t, c) for c in cookies.values()] == [401, 401, 200]


def stream(t, cookie):
    """What `cookie` hears."""
    conn = http.client.HTTPConnection("127.0.0.1", t.port, timeout=DEADLINE_S)
    conn.request("GET", "/v1/events", headers={"Cookie": cookie, **SAME})
    return conn.getresponse()


def until_its_end(answer):
    """All that a stream says until the terminal ends it; signs of life alone would go on for ever."""
    got, end = [], time.monotonic() + DEADLINE_S
    while line := answer.readline():
        got.append(line)
        assert time.monotonic() < end, "it goes on"
    return b"".join(got)


def test_a_stream_ends_with_its_session(world):
    """However it ends: by the page, by being pushed out by a ninth, by `DELETE /v1/sessions`. The others go on."""
    t = world.terminal()
    cookies = [cookie_of(t) for _ in range(2)]
    leaving, staying = (stream(t, c) for c in cookies)
    assert (leaving.status, staying.status) == (200, 200)
    assert t.tcp("DELETE", "/v1/session", headers={"Cookie": cookies[0], **SAME}, token=False).status == 200
    assert b"event: status" in until_its_end(leaving)
    assert staying.readline() == b"retry: 1000\n" and not staying.isclosed() and status(t, cookies[1]) == 200
    assert t.api("DELETE", "/v1/sessions").json["ended"] == 1
    until_its_end(staying)
    pushed = stream(t, cookie_of(t))
    for _ in range(8):
        cookie_of(t)
    until_its_end(pushed)


def test_a_stream_ends_when_its_session_runs_out(world):
    t = world.terminal()
    cookie = cookie_of(t)
    t.stop()
    path = t.state / "page.json"
    kept = json.loads(path.read_text())
    kept[0]["begun_ms"] = int((time.time() + 8 - 90 * 86400) * 1000)
    path.write_text(json.dumps(kept))
    t.start()
    heard = stream(t, cookie)
    assert heard.status == 200
    until_its_end(heard)
    assert status(t, cookie) == 401


def test_without_a_tcp_address_there_is_no_page(world):
    t = world.terminal(start=False)
    t.argv[t.argv.index("--listen") + 1] = "off"
    t.start()
    r = t.huika("page")
    assert r.code == 1 and r.json["error"] == "page_off", r


def test_the_token_can_be_changed(world):
    t = world.terminal()
    old = (t.state / "counter.token").read_text().strip()
    bearer = lambda token: t.tcp("GET", "/v1/status", headers={"Authorization": "Bearer " + token}, token=False).status
    assert bearer(old) == 200
    new = t.huika("token", "rotate", json_out=False).out.strip()
    assert new != old and len(new) == 43 and (t.state / "counter.token").read_text().strip() == new
    assert (bearer(old), bearer(new)) == (401, 200)
    t.kill()
    t.start()
    assert (bearer(old), bearer(new)) == (401, 200)
    assert new not in t.text


class Listener:
    def __init__(self, t, last=None):
        self.conn = UnixConnection(t.socket)
        self.conn.request("GET", "/v1/events", headers={"Last-Event-ID": last} if last else {})
        self.answer = self.conn.getresponse()

    def next(self):
        event, end = {}, time.monotonic() + DEADLINE_S
        while True:
            assert time.monotonic() < end, "signs of life alone"
            line = self.answer.readline().decode().rstrip("\n")
            if not line and "data" in event:
                return event
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = json.loads(value) if name == "data" else value

    def until(self, state):
        got = [self.next()]
        while got[-1]["data"].get("state") != state:
            got.append(self.next())
        return got

    def close(self):
        self.conn.close()


def test_a_listener_that_comes_back_hears_what_it_missed(world):
    t, qr = world.terminal(), world.qr(MEMBERS[0][0])
    a = Listener(t)
    assert t.api("POST", "/v1/checkouts", {"total_fen": 100}, {"Idempotency-Key": "a"}).status == 201
    last = a.until("waiting")[-1]
    while "total_fen" not in last["data"]:
        last = a.next()
    a.close()
    assert t.huika("simulate", "scan", qr).code == 0
    wait_for("the quote", lambda: t.api("GET", "/v1/checkouts/current").json["state"] == "quoted")
    b = Listener(t, last["id"])
    missed = [e for e in b.until("quoted") if e["event"] == "checkout"]
    revs = [e["data"]["rev"] for e in missed]
    assert revs == sorted(revs) and set(range(last["data"]["rev"] + 1, revs[-1] + 1)) <= set(revs)
    assert "verifying" in [e["data"]["state"] for e in missed]
    numbers = [int(e["id"].rpartition("-")[2]) for e in missed]
    assert numbers == sorted(set(numbers)) and numbers[0] > int(last["id"].rpartition("-")[2])
    end = missed[-1]["id"]
    b.close()
    ahead = Listener(t, end.partition("-")[0] + "-99999")
    assert ahead.next()["event"] == "status", "an id that was not given out yet"
    ahead.close()
    t.kill()
    t.start()
    a = Listener(t)
    while int(a.next()["id"].rpartition("-")[2]) <= int(end.rpartition("-")[2]) + 3:
        t.api("POST", "/v1/checkouts", {"total_fen": 100}, {"Idempotency-Key": str(time.monotonic())})
        c = t.api("GET", "/v1/checkouts/current").json
        t.api("POST", f"/v1/checkouts/{c['checkout_id']}/cancel", {})
    a.close()
    for stale in (end, "x", "0-1", end.partition("-")[0] + "-99999", "-", ""):
        c = Listener(t, stale)
        assert c.next()["event"] == "status", stale
        c.close()


def test_listeners_that_have_gone_stand_in_nobody_s_way(world):
    """A page loaded again and again was refused for half a minute: 16 listeners, of which 15 had gone."""
    t = world.terminal()
    for _ in range(60):
        a = Listener(t)
        assert a.answer.status == 200
        assert a.next()["event"] == "status"
        a.close()
        a.answer.close()
    there = [Listener(t) for _ in range(16)]
    assert [a.answer.status for a in there] == [200] * 16
    assert Listener(t).answer.status == 429
    for a in there:
        a.close()


def test_what_is_kept_for_listeners_is_bounded(world):
    t = world.terminal()
    a = Listener(t)
    first = a.next()["id"]
    a.close()
    for i in range(80):
        assert t.api("POST", "/v1/checkouts", {"total_fen": 100 + i}, {"Idempotency-Key": f"k{i}"}).status in (201, 429)
        c = t.api("GET", "/v1/checkouts/current").json
        t.api("POST", f"/v1/checkouts/{c['checkout_id']}/cancel", {})
    b = Listener(t, first)
    assert b.next()["event"] == "status", "too much was missed: it begins with the state of things"
    b.close()


# ---- pages of strangers ----

ATTACK = """
const target = arguments[0], done = arguments[1], got = {};
const settle = (name, p) => p.then(v => { got[name] = v; }, e => { got[name] = "refused"; });
const post = (type, credentials) => fetch(target + "/v1/checkouts", {method: "POST", mode: "no-cors", credentials, body: '{"total_fen":100}',
    headers: {"Content-Type": type, "Idempotency-Key": "evil"}});
const image = path => new Promise((yes, no) => { const i = new Image(); i.onload = () => yes("loaded"); i.onerror = no; i.src = target + path; });
const script = path => new Promise((yes, no) => { const s = document.createElement("script"); s.onload = () => yes("loaded"); s.onerror = no; s.src = target + path; document.body.append(s); });
const form = type => new Promise(yes => { const f = document.createElement("form"), i = document.createElement("input"), w = document.createElement("iframe");
    w.name = "w" + type; f.method = "post"; f.action = target + "/v1/checkouts"; f.enctype = type; f.target = w.name; i.name = '{"total_fen":100,"x":"'; i.value = '"}';
    f.append(i); document.body.append(w, f); w.onload = () => yes("sent"); f.submit(); });
const stream = new Promise((yes, no) => { const s = new EventSource(target + "/v1/events", {withCredentials: true}); s.onmessage = s.onopen = () => yes("heard"); s.onerror = no; });
const frame = new Promise(yes => { const f = document.createElement("iframe"); f.src = target + "/"; f.onload = () => yes(f.contentDocument === null ? "closed" : "open"); document.body.append(f); });
Promise.all([
    settle("read", fetch(target + "/v1/status", {credentials: "include"}).then(r => r.text())),
    settle("read page", fetch(target + "/", {credentials: "include"}).then(r => r.text())),
    settle("post json", fetch(target + "/v1/checkouts", {method: "POST", credentials: "include", body: '{"total_fen":100}', headers: {"Content-Type": "application/json", "Idempotency-Key": "evil"}}).then(r => r.text())),
    settle("post plain", post("text/plain", "include").then(() => "sent")),
    settle("session", fetch(target + "/v1/session", {method: "POST", mode: "no-cors", credentials: "include", body: '{"code":"AAAAAAAAAAAAAAAA"}'}).then(() => "sent")),
    settle("image", image("/v1/status")), settle("icon", image("/icon.svg")), settle("script", script("/dom.js")), settle("stream", stream), settle("frame", frame),
    settle("form", form("text/plain")), settle("form 2", form("application/x-www-form-urlencoded")),
]).then(() => done(got));
"""


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a stranger</title><body>")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def stranger():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    b = Browser(tmp_path_factory.mktemp("browser"), "--host-resolver-rules=MAP *.example 127.0.0.1", performance=True)
    yield b
    b.end()


def answers(b, port):
    """(method, path, status) of everything that was asked of that port, as the browser's network saw it."""
    asked, got = {}, []
    for entry in b.driver.get_log("performance"):
        m = json.loads(entry["message"])["message"]
        p = m.get("params", {})
        if m["method"] == "Network.requestWillBeSent" and f":{port}/" in p["request"]["url"]:
            asked[p["requestId"]] = (p["request"]["method"], "/" + p["request"]["url"].split("/", 3)[3])
        elif m["method"] == "Network.responseReceivedExtraInfo" and p["requestId"] in asked:
            got.append((*asked[p["requestId"]], p["statusCode"]))
    return got


@pytest.mark.parametrize("home", ["evil.example", "127.0.0.1"])
def test_a_hostile_page_gets_nothing(world, chromium, stranger, home):
    """The second one is worse: for cookies another port of this machine is the same site, so the browser sends ours along."""
    t = world.terminal()
    chromium.open(t)
    chromium.driver.get(f"http://{home}:{stranger}/")
    answers(chromium, t.port)
    got = chromium.driver.execute_async_script(ATTACK, f"http://127.0.0.1:{t.port}")
    for name in ("read", "read page", "post json", "image", "icon", "stream", "script"):
        assert got[name] == "refused", (name, got)
    assert got["frame"] == "closed", got
    seen = answers(chromium, t.port)
    assert len(seen) >= 8, seen
    assert not {path for _, path, _ in seen} & {"/app.js", "/page.css"}, "the page does not come to life in a foreign frame"
    for method, path, code in seen:
        open_to_all = method == "GET" and not path.startswith("/v1/")  # the page's files hold nothing; they are not handed out either
        assert code >= 400 or open_to_all, (method, path, code)
    assert t.api("GET", "/v1/checkouts/current").status == 404, "nothing was begun"
    assert t.huika("day").json["count"] == 0


def test_a_rebound_name_gets_nothing(world, chromium):
    """A name of the attacker that suddenly means 127.0.0.1: for the browser the terminal is now his own site."""
    t = world.terminal()
    chromium.open(t)
    answers(chromium, t.port)
    for path in ("/", "/app.js", "/v1/status", "/v1/checkouts/current"):
        chromium.driver.get(f"http://rebound.example:{t.port}{path}")
        assert "bad_host" in chromium.text, path
    got = chromium.driver.execute_async_script("""
        const done = arguments[0];
        fetch("/v1/status", {credentials: "include"}).then(r => done(r.status), () => done("refused"));""")
    assert got == "refused", "even what is refused runs under a policy that lets it ask nothing"
    assert {code for _, path, code in answers(chromium, t.port) if path != "/favicon.ico"} == {421}


def test_a_wrong_address_shows_the_way_in(world, chromium):
    t = world.terminal()
    chromium.driver.get(f"http://127.0.0.1:{t.port}/#AAAAAAAAAAAAAAAA")
    chromium.seen(".toast", "huika page")
    assert "#" not in chromium.driver.current_url, "the code does not stay in the address"
    chromium.seen(".gate input").send_keys(code_of(t))
    chromium.touch(".gate .primary")
    chromium.screen("idle")
    assert chromium.js("return document.cookie") == "", "scripts do not see the cookie"
    assert t.huika("page", "--close").code == 0
    chromium.seen(".gate", "huika page")


CROWD = """
const [port, done] = arguments;
for (let h = 0; h < 300; h++) {
    const link = Object.assign(document.createElement("link"), {rel: "preconnect", href: `http://p${h}.example:${port}`});
    document.head.append(link);
}
setTimeout(done, 0);
"""

HEAP = """
const [target, done] = arguments, body = "x".repeat(5e6);
const post = path => fetch(target + path, {method: "POST", mode: "no-cors", credentials: "include", body}).then(() => "sent", () => "cut");
Promise.all(["/v1/session", "/v1/checkouts", "/v1/status"].map(post)).then(done);
"""


@contextlib.contextmanager
def beside(b, url):
    """Another window of the same browser."""
    home = b.driver.current_window_handle
    b.driver.switch_to.new_window("window")
    b.driver.get(url)
    try:
        yield
    finally:
        b.driver.close()
        b.driver.switch_to.window(home)


def test_a_hostile_page_takes_no_connections_away(world, chromium, stranger):
    """Names cost nothing, and a browser connects to each ahead of any request: a hundred of them took all 64 for half a minute."""
    t = world.terminal()
    chromium.open(t).screen("idle")
    with beside(chromium, f"http://evil.example:{stranger}/"):
        chromium.driver.execute_async_script(CROWD, t.port)
        wait_for("as many as the browser opens", lambda: accepted(t) > 64)
        assert t.tcp("GET", "/v1/status").status == 200
    chromium.keys("5", Keys.ENTER)
    chromium.screen("waiting")


def test_a_hostile_page_fills_no_memory(world, chromium, stranger):
    t = world.terminal()
    chromium.open(t).screen("idle")
    peak = lambda: int(next(ln for ln in pathlib.Path(f"/proc/{t.process.pid}/status").read_text(encoding="ascii").splitlines() if ln.startswith("VmHWM")).split()[1])
    before = peak()
    with beside(chromium, f"http://127.0.0.1:{stranger}/"):
        chromium.driver.execute_async_script(HEAP, f"http://127.0.0.1:{t.port}")
    assert peak() - before < 2000, "kB"
    assert t.tcp("POST", "/v1/session", b" " * 70000, {"Content-Type": "application/json"}, token=False).status == 413
    chromium.keys("5", Keys.ENTER)
    chromium.screen("waiting")
