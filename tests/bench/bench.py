#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the programs against what is physically there: both sides by turns in one run, medians of several rounds, ratios with
their targets beside them. Nothing is asserted: machines differ. BENCH_QUICK=1 is shorter; arguments choose among the items."""
import contextlib
import os
import pathlib
import random
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from world import BUILD, World, call, env, free_port, ulid, wait_for  # noqa: E402  pylint: disable=wrong-import-position

QUICK = bool(os.environ.get("BENCH_QUICK"))
ROUNDS = 3 if QUICK else 7
MEMBERS = 100_000 if QUICK else 1_000_000
IMPORTS = 1 if QUICK else 3
LOAD_S = 1 if QUICK else 3
CONNECTIONS = 64
IDLE_S = 10 if QUICK else 60
TICK = os.sysconf("SC_CLK_TCK")
BENCH = BUILD / "bench"
ROWS = []
SPREAD = "  (rounds: {:.2f} - {:.2f})"


def row(item, value, target, note=""):
    ROWS.append((item, value, target, note))
    print(f"  {item:<70}{value:>12}   {target:<12}{note}", flush=True)


def ratio(item, pairs, target, note=""):
    """Median of the rounds' ratios; each pair was measured back to back."""
    values = sorted(a / b for a, b in pairs)
    row(item, f"{statistics.median(values):.2f}", target, SPREAD.format(values[0], values[-1]) + note)


def say(text):
    print(text, flush=True)


def cpu_s(pids):
    """User and system time of processes so far, in seconds."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def cpu_ns(pid):
    """The same of one process with all its threads, in the scheduler's own nanoseconds."""
    return sum(int(t.read_text().split()[0]) for t in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


# Import ----------------------------------------------------------------------------------------------------------------

def member_file(path):
    rng = random.Random(1)  # numbers in ascending order: how lists come, and what is easiest for a plain table
    family, given = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "建涛春华试验样例明丽国强小红海燕志军雪梅"
    with open(path, "w", encoding="utf-8") as f:
        for n in range(MEMBERS):
            f.write(f"62000000{n:08d},{rng.choice(family)}{rng.choice(given)}{rng.choice(given)},"
                    f"{'410100' if n % 3 else '410200'},active\n")


# The file's columns in one table with as many keys as the service's (one by which rows lie, one more unique index), and the
# same way to disk.
PLAIN = """PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE card(card_number TEXT PRIMARY KEY, name TEXT NOT NULL, org TEXT NOT NULL, status TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX card_name ON card(name, card_number);"""
# The service's own table, filled through a view, for .import gives a row only what the file has.
SAME = """PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; {schema};
CREATE VIEW list AS SELECT '' AS card_number, '' AS name, '' AS org, '' AS status;
CREATE TRIGGER list_in INSTEAD OF INSERT ON list BEGIN INSERT INTO card(token, number, last4, status, listed, org, expiry, hmac_key,
name) VALUES(randomblob(10), CAST(NEW.card_number AS BLOB), CAST(substr(NEW.card_number, -4) AS INTEGER), 1, 1,
CAST(NEW.org AS INTEGER), 4000, 1, '*' || substr(NEW.name, 2)); END;"""


def sqlite_import(work, name, script, table, members):
    db = work / f"{name}.db"
    for old in work.glob(f"{name}.db*"):
        old.unlink()
    subprocess.run(["sqlite3", db], input=script, text=True, check=True, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    subprocess.run(["sqlite3", db, ".mode csv", f".import {members} {table}"], check=True)
    return time.monotonic() - began


def card_schema(db):
    with contextlib.closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as d:
        return ";".join(r[0] for r in d.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'card' AND sql IS NOT NULL "
                                                "ORDER BY type = 'index'"))


def bench_import(work, members):
    """Returns a world that has all members."""
    plain, same, world = [], [], None
    for i in range(IMPORTS):
        if world:
            world.end()
            shutil.rmtree(world.root)
        world = begin(work / f"world-{i}")
        began = time.monotonic()
        r = call(BUILD / "huika-admin", "--profile", world.service.dir / "admin", "--json", "member", "import", members, timeout=600)
        took = time.monotonic() - began
        assert r.code == 0 and r.json["imported"] == MEMBERS, r
        if wanted("import"):
            plain.append((took, sqlite_import(work, "plain", PLAIN, "card", members)))
            if not same:
                script = SAME.format(schema=card_schema(world.service.dir / "service.db"))
                same.append((took, sqlite_import(work, "same", script, "list", members)))
        else:
            break
    if wanted("import"):
        row(f"import: {MEMBERS:,} members, seconds", f"{statistics.median(t for t, _ in plain):.2f}", "")
        ratio("import: huika-admin / sqlite3 .import, the file's columns", plain, "<= 2.5")
        ratio("import: huika-admin / sqlite3 .import, the service's table", same, "<= 2.5")
    return world


def begin(root):
    root.mkdir()
    world = World(root)
    world.service.argv = [a for a in world.service.argv if a != "--verbose"]  # tests read every request in the log
    world.service.init().start()
    for code, name in (("410100", "郑州市总工会"), ("410200", "开封市总工会"), ("410300", "洛阳市总工会")):
        assert world.admin("org", "add", code, name, "--parent", "410000").code == 0
    return world


# Service ---------------------------------------------------------------------------------------------------------------

def tokens(world, count):
    with contextlib.closing(sqlite3.connect(f"file:{world.service.dir / 'service.db'}?mode=ro", uri=True)) as db:
        return [r[0] for r in db.execute("SELECT token FROM card ORDER BY number LIMIT ?", (count,))]


def base32(data):
    import base64
    return base64.b32encode(data).decode().rstrip("=")


def verify_bodies(world, path):
    with open(path, "w", encoding="ascii") as f:
        for token in tokens(world, min(MEMBERS, 200_000)):
            f.write(f'{{"checkout_id":"{ulid()}","token":"{base32(token)}"}}\n')


NGINX = """daemon off; worker_processes 2; pid {dir}/nginx.pid; error_log {dir}/nginx.log;{user}
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_timeout 600s; keepalive_requests 1000000000; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p;
fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
server {{ listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.3; ssl_certificate {svc}/server.crt; ssl_certificate_key {svc}/server.key;
ssl_client_certificate {svc}/terminal-ca.crt; ssl_verify_client on; ssl_session_tickets off;
location / {{ default_type application/json; return 200 '{answer}'; }} }} }}
"""
ANSWER = '{"verdict":"member","at_ms":1767225600000,"card_last4":"0001","name_masked":"*建涛","uses":[]}'


class Server:
    """Something that listens, and the load on it."""

    def __init__(self, name, port, pids, ctx):
        self.name, self.port, self.pids, self.ctx = name, port, pids, ctx
        self.client, self.rates, self.latency = None, [], []

    def connect(self, state, bodies):
        self.client = subprocess.Popen([BENCH / "load", str(self.port), state / "ca.crt", state / "terminal.crt", state / "terminal.key",
                                        str(CONNECTIONS), bodies], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ctx.callback(self.client.wait)
        self.ctx.callback(self.client.stdin.close)
        assert self.client.stdout.readline() == "ready\n", self.name

    def load(self, seconds, count=True):
        before = cpu_s(self.pids())
        self.client.stdin.write(f"{seconds}\n")
        self.client.stdin.flush()
        done, members, _, median, p99 = (int(x) for x in self.client.stdout.readline().split())
        used = cpu_s(self.pids()) - before
        assert members == done, f"{self.name}: {done - members} of {done} answers did not say member"
        if count:
            self.rates.append(done / used)
            self.latency.append((median, p99))


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def start(argv, ctx, port, **kw):
    p = subprocess.Popen([str(a) for a in argv], env=env(), **kw)
    ctx.callback(p.wait)
    ctx.callback(p.stdin.close if p.stdin else p.terminate)
    wait_for(f"{argv[0]} to listen", lambda: listens(port) or p.poll() is not None)
    assert p.poll() is None, argv[0]
    return p


def children(pid):
    return [pid, *map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def start_nginx(work, world, ctx):
    port, conf = free_port(), work / "nginx.conf"
    conf.write_text(NGINX.format(dir=work, port=port, svc=world.service.dir, answer=ANSWER, user=" user root;" if os.getuid() == 0 else ""))
    p = start(["nginx", "-p", work, "-c", conf], ctx, port, stderr=subprocess.DEVNULL)
    return Server("nginx", port, lambda: children(p.pid), ctx)


def start_constant(world, ctx):
    port = free_port()
    p = start([BENCH / "constant", port, world.service.dir, ANSWER], ctx, port, stdin=subprocess.PIPE)
    return Server("constant", port, lambda: [p.pid], ctx)


def bench_service(work, world, state):
    bodies = work / "bodies"
    verify_bodies(world, bodies)
    with contextlib.ExitStack() as ctx:
        service = Server("service", world.service.port, lambda: [world.service.process.pid], ctx)
        nginx, constant = start_nginx(work, world, ctx), start_constant(world, ctx)
        all_of_them = [service, nginx, constant]
        for s in all_of_them:
            s.connect(state, bodies)
            s.load(1, count=False)
        for _ in range(ROUNDS):
            for s in all_of_them:
                s.load(LOAD_S)
        for s in all_of_them:
            row(f"service: {s.name}, requests per CPU second", f"{statistics.median(s.rates):,.0f}", "",
                f"  median {statistics.median(m for m, _ in s.latency) / 1e6:.2f} ms, p99 {statistics.median(p for _, p in s.latency) / 1e6:.2f} ms")
        ratio("service: verify / nginx return 200", list(zip(service.rates, nginx.rates)), ">= 0.55")
        ratio("service: verify / libmicrohttpd with a constant", list(zip(service.rates, constant.rates)), ">= 0.75")


# Verdict, terminal, journal --------------------------------------------------------------------------------------------

def bench_verdict(work, world, state):
    members = work / "few.csv"
    members.write_text("".join(f"62000009{i:08d},试验,410300,active\n" for i in range(1000)), encoding="utf-8")
    assert world.admin("member", "import", members).code == 0
    cards = work / "cards.csv"
    r = world.admin("card", "export", "--org", "410300", "--out", cards)
    assert r.code == 0, r
    texts = [line.split(",")[1] for line in cards.read_text(encoding="utf-8").split("\n")[1:] if line]
    (work / "cards").write_text("\n".join(t.strip() for t in texts) + "\n", encoding="ascii")
    pid = world.service.process.pid
    # A shop's service is another machine. On one, the scheduler may run it on the client's own core, where nothing that the
    # client does while it waits can overlap with the answer: both are measured.
    cpus = sorted(os.sched_getaffinity(0))
    # With a real-time priority other work on the machine takes no core from either, and none stands where the kernel would have
    # put them: what is left is theirs.
    for where, ours, theirs, first in (("own cores", cpus[:1], cpus[-1:], False), ("any core", cpus, cpus, False),
                                       ("own cores, real time", cpus[:1], cpus[-1:], True), ("any core, real time", cpus, cpus, True)):
        place(pid, theirs)
        if not prefer(pid, first):
            say(f"  verdict, {where}: not permitted here")
            continue
        argv = [*(["chrt", "-f", "1"] if first else []), "taskset", "-c", ",".join(map(str, ours)), BENCH / "verdict_bench", str(world.service.port), state, work / "cards",
                str(6 * ROUNDS), "100"]
        out = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        rounds = [[int(x) for x in line.split()] for line in out.splitlines()]
        for at, pace in ((0, "one at a time"), (5, "back to back")):
            us = [statistics.median(r[at + i] for r in rounds) / 1000 for i in range(5)]
            row(f"verdict, {where}, {pace}: bare OpenSSL, microseconds", f"{us[0]:.0f}", "")
            for i, name in enumerate(("libcurl alone", "link_request", "scan to verdict"), 1):
                ratio(f"verdict, {where}, {pace}: {name}", [(r[at + i], r[at]) for r in rounds], "<= 1.35" if i > 1 else "",
                      f"  {us[i]:.0f} microseconds")
            ratio(f"verdict, {where}, {pace}: bare OpenSSL and the signature", [(r[at + 4], r[at]) for r in rounds], "")
            ratio(f"verdict, {where}, {pace}: link_request / libcurl alone", [(r[at + 2], r[at + 1]) for r in rounds], "")
    place(pid, cpus)
    prefer(pid, False)


def place(pid, cpus):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cpus)


def prefer(pid, first):
    """Before everything else on the machine (SCHED_FIFO), or as ever. False: not permitted."""
    how = ["-f", "-a", "-p", "1"] if first else ["-o", "-a", "-p", "0"]
    return subprocess.run(["chrt", *how, str(pid)], check=False, capture_output=True).returncode == 0


def start_to_ready_ms(terminal, work):
    path = work / "ready.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(path))
        s.settimeout(30)
        began = time.monotonic()
        p = subprocess.Popen(terminal.argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=env(NOTIFY_SOCKET=str(path)))
        while b"READY=1" not in s.recv(4096):
            pass
        took = (time.monotonic() - began) * 1000
        p.terminate()
        p.wait()
    path.unlink()
    return took


def smaps(pid):
    """KiB: written pages, which are nobody else's; with pages of files that no other process happens to map now; resident."""
    found = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split(":")
        found[name] = int(value.split()[0])
    return found["Private_Dirty"], found["Private_Dirty"] + found["Private_Clean"], found["Rss"]


@contextlib.contextmanager
def loaded(world, state):
    """The same libraries and a warm connection, and nothing else."""
    body = f'{{"checkout_id":"{ulid()}","token":"{base32(tokens(world, 1)[0])}"}}'
    argv = [BENCH / "loaded", str(world.service.port), state / "ca.crt", state / "terminal.crt", state / "terminal.key", body]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        assert p.stdout.readline() == "ready\n"
        yield p.pid
        p.stdin.close()


def switches(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(ln.split()[1]) for ln in lines if ln.startswith("voluntary_ctxt"))


def bench_terminal(work, world, terminal):
    terminal.stop()
    os.sync()  # the pages of a program that was just built would count as written
    ms = [start_to_ready_ms(terminal, work) for _ in range(5 if QUICK else 15)]
    terminal.start().wait_online()
    for _ in range(20):
        assert terminal.huika("sell", "12.80", "--scan", terminal.card, "--yes").code == 0
    terminal.wait_synced()
    pid = terminal.process.pid
    row("terminal: start to ready, ms", f"{statistics.median(ms):.1f}", "<= 50", f"  ({min(ms):.1f} - {max(ms):.1f})")
    ours = smaps(pid)
    terminal.stop()  # what both map would count for neither
    with loaded(world, terminal.state) as other:
        bare = smaps(other)
    pid = terminal.start().wait_online().process.pid
    for i, (name, target) in enumerate((("private memory, written pages", "<= 4"), ("private memory, all private pages", "<= 4"),
                                        ("resident memory", "<= 20"))):
        row(f"terminal: {name}, MiB", f"{ours[i] / 1024:.1f}", target, f"  bare process with the same libraries: {bare[i] / 1024:.1f}")
    before, woken = cpu_ns(pid), switches(pid)
    time.sleep(IDLE_S)
    row(f"terminal: CPU over {IDLE_S} idle seconds, ms", f"{(cpu_ns(pid) - before) / 1e6:.1f}", "next to none",
        f"  woken {switches(pid) - woken} times")


def bench_journal(work):
    directory = work / "journal"
    directory.mkdir()
    # Many short rounds: a disk that others use has its moods, and both sides of a round should meet the same one.
    out = subprocess.run([BENCH / "journal_bench", directory, str(20 * ROUNDS), "200", "10"], check=True, capture_output=True,
                         text=True).stdout
    rounds = [[float(x) for x in line.split()] for line in out.splitlines()]
    for i, name in enumerate(("fdatasync, preallocated", "journal, one by one", "journal, ten at once")):
        row(f"journal: {name}, records a second", f"{statistics.median(r[i] for r in rounds):,.0f}", "")
    ratio("journal: one by one / fdatasync", [(r[1], r[0]) for r in rounds], ">= 0.75")
    ratio("journal: ten at once / fdatasync", [(r[2], r[0]) for r in rounds], "> 1")


ITEMS = ("revoked", "offline", "readers", "receipts", "page", "journal", "import", "service", "verdict", "terminal")


def instructions(*argv):
    """As callgrind counts them."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *argv], check=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def bench_readers():
    """From the report's arrival to the scan event: a card's QR of 156 characters, or one swipe."""
    program, few, many = BENCH / "readers_bench", 100, 1100
    for item, what in (("scanner", "HID POS, three reports"), ("keyboard", "typed, 314 reports"), ("serial", "serial, three packets"),
                       ("card", "swipe, one report"), ("descriptor", "a scanner's report descriptor")):
        ns = int(call(program, item, "20000").out)
        each = (instructions(program, item, str(many)) - instructions(program, item, str(few))) // (many - few)
        row(f"readers: {what}", f"{ns / 1000:.2f} us", "", f"  ({each} instructions)")


def bench_revoked():
    """Is this card on the list of revoked ones? A mapped file of a million; half of those asked for are on it."""
    rounds = [[float(v) for v in call(BENCH / "revoked_bench", "1000000", "1000000").out.split()] for _ in range(ROUNDS)]
    row("revoked: look-up among a million, from the token on", f"{statistics.median(r[0] for r in rounds):.0f} ns", "< 2000 ns")
    ratio("revoked: look-up / bsearch over the same bytes", [(r[1], r[2]) for r in rounds], "<= 1.0")
    row("revoked: reading a file of a million through", f"{statistics.median(r[3] for r in rounds):.1f} ms", "")
    row("revoked: the next one by a delta of a hundred", f"{statistics.median(r[4] for r in rounds):.1f} ms", "")


def bench_offline():
    """From the scanned text to a provisional verdict with its quote, beside the one ECDSA verification that it cannot do without."""
    rounds = [[float(v) for v in call(BENCH / "offline_bench", "2000", "1000000").out.split()] for _ in range(ROUNDS)]
    ratio("offline: verdict / bare ECDSA verification", [(r[0], r[1]) for r in rounds], "<= 1.2")


def seconds(*argv):
    began = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def bench_receipts():
    """A sale's receipt from its fields to the printer's bytes; what starting the program costs falls out of the difference."""
    program, url = BUILD / "print/receipt_bytes", "qr=HTTPS://CARD.EXAMPLE.TEST/S/" + "AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU" * 6
    few, many = 20, 220
    for what, *wishes in (("58 mm, text, the printer's own QR", url, "native=1"), ("58 mm, text, drawn QR", url),
                          ("80 mm, text, drawn QR", url, "paper=80"), ("58 mm, all of it drawn", url, "charset=ascii")):
        each = (instructions(program, *wishes, f"repeat={many}") - instructions(program, *wishes, f"repeat={few}")) // (many - few)
        pairs = [(seconds(program, *wishes, "repeat=2020"), seconds(program, *wishes, "repeat=20")) for _ in range(ROUNDS)]
        us = statistics.median((a - b) / 2000 * 1e6 for a, b in pairs)
        size = len(subprocess.run([program, *wishes], check=True, stdout=subprocess.PIPE).stdout)
        row(f"receipts: {what}", f"{us:.0f} us", "", f"  ({each} instructions, {size} bytes)")


def measure_page(work, world):
    """Imported here: the other items need no browser."""
    from page_bench import bench_page  # pylint: disable=import-outside-toplevel
    number = "6200000000000005"
    assert world.members([(number, "李试验", "410100")]).code == 0
    terminal = world.terminal()
    terminal.card = world.qr(number)
    weight = bench_page(work, terminal, 5 if QUICK else 15, row)
    # Published: github.com/lnbits/lnbits 7d98c6b (20 March 2026), lnbits/static/bundle.min.js, bundle-components.min.js and
    # bundle.min.css, which every page of it loads, the counter of github.com/lnbits/tpos (templates/tpos/tpos.html) among them; gzip -9.
    row("page: the same of LNbits TPoS, its three bundles alone, kB", "653.9", "", f"  (ours is {weight / 653_926:.3f} of it)")


def wanted(item):
    return not sys.argv[1:] or item in sys.argv[1:]


def main():
    if set(sys.argv[1:]) - set(ITEMS):
        sys.exit("items: " + " ".join(ITEMS))
    with tempfile.TemporaryDirectory(prefix="huika-bench-") as name, contextlib.ExitStack() as ctx:
        work = pathlib.Path(name)
        say(f"\n  {'':<70}{'measured':>12}   target")
        if wanted("revoked"):
            bench_revoked()
        if wanted("offline"):
            bench_offline()
        if wanted("readers"):
            bench_readers()
        if wanted("receipts"):
            bench_receipts()
        if wanted("page"):
            world = begin(work / "page")
            ctx.callback(world.end)
            measure_page(work, world)
        if wanted("journal"):
            bench_journal(work)
        if any(wanted(i) for i in ITEMS[5:]):
            members = work / "members.csv"
            member_file(members)
            world = bench_import(work, members)
            ctx.callback(world.end)
            terminal = world.terminal()
            terminal.card = world.qr("6200000000000000")
            if wanted("service"):
                bench_service(work, world, terminal.state)
            if wanted("verdict"):
                bench_verdict(work, world, terminal.state)
            if wanted("terminal"):
                bench_terminal(work, world, terminal)
    say("")


if __name__ == "__main__":
    main()
