#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From the delist command to the last acknowledgement: one shop with many enrolled terminals connected over mutual TLS, beside a bare
epoll and OpenSSL broadcast of the same bytes to the same client, by turns within one run.

    delist.py [TERMINALS [ROUNDS]]"""
import base64
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
# pylint: disable=wrong-import-position
from cryptography.hazmat.primitives import serialization  # noqa: E402
from service import Province, certs_of, new_key  # noqa: E402
from world import BUILD, Service, env, free_port  # noqa: E402

BENCH = BUILD / "bench"


def enrolled(province, shop, work, count):
    """Key, certificate and id of each terminal as files."""
    for n in range(count):
        key = new_key()
        a = province.enroll(province.invite(shop), key, check=False)
        assert a.status == 200, a
        cert = certs_of(a)[0]
        (work / f"{n}.pem").write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) +
            cert.public_bytes(serialization.Encoding.PEM))
        (work / f"{n}.id").write_text(cert.subject.rfc4514_string().split("CN=")[1].split(",")[0])


class Herd:
    def __init__(self, port, ca, work, count):
        self.process = subprocess.Popen([BENCH / "herd", str(port), ca, work, str(count), "1000000"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=env())
        assert self.line() == "connected"

    def line(self):
        text = self.process.stdout.readline()
        assert text, "the herd ended"
        return text.strip()

    def round(self, version, act):
        """Everybody waits; act; the herd's line, in milliseconds."""
        self.process.stdin.write(f"poll {version}\n")
        self.process.stdin.flush()
        assert self.line() == "polling"
        time.sleep(1)  # until the last of them is held
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        act()
        numbers = [int(x) for x in self.line().split()]
        return [x / 1000 for x in numbers[:6]], numbers[6]

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    os.nice(0)
    with tempfile.TemporaryDirectory() as d:
        root = pathlib.Path(d)
        s = Service(root)
        s.argv = [a for a in s.argv if a != "--verbose"]
        s.init()
        with open(s.dir / "service.ini", "a", encoding="utf-8") as ini:
            ini.write("\n[http]\nper_address = 0\n")
        p = Province(s.start(), root)
        p.org("410100", "郑州市总工会")
        shop, _ = p.shop([{"title": "八八折", "kind": "percent", "rate_bp": 1200}])
        work = root / "herd"
        work.mkdir()
        begun = time.monotonic()
        enrolled(p, shop, work, count)
        print(f"{count} terminals enrolled in {time.monotonic() - begun:.0f} s", flush=True)
        ca = s.dir / "server-ca.crt"
        ours = Herd(s.port, ca, work, count)
        port = free_port()
        bare_server = subprocess.Popen([BENCH / "broadcast", str(port), s.dir, "330"], stdin=subprocess.PIPE, text=True, env=env())
        time.sleep(0.5)
        bare = Herd(port, ca, work, count)
        notice = root / "notice"
        got = {"huika": [], "bare": []}
        for i in range(rounds):
            version = p.admin.ask("GET", f"/v1/shops/{shop}", check=False).json["version"]
            standing = "delisted" if i % 2 == 0 else "listed"
            body = json.dumps({"standing": standing, "reason": "测试"}).encode()
            numbers, again = ours.round(version, lambda body=body: p.admin.ask(
                "POST", f"/v1/shops/{shop}/standing", body, {"Content-Type": "application/json"}, check=False))
            got["huika"].append(numbers)
            answer = newest(s, shop)
            notice.write_bytes(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n%s" %
                               (len(answer), answer))
            numbers2, _ = bare.round(version, lambda: (bare_server.stdin.write(f"{notice}\n"), bare_server.stdin.flush()))
            got["bare"].append(numbers2)
            print(f"round {i}: huika notice p50 {numbers[0]:.0f} p99 {numbers[1]:.0f}, ack p50 {numbers[3]:.0f} p99 {numbers[4]:.0f} last {numbers[5]:.0f} ms"
                  f" ({again} told to come again); bare notice p50 {numbers2[0]:.0f} p99 {numbers2[1]:.0f}, ack p50 {numbers2[3]:.0f}"
                  f" p99 {numbers2[4]:.0f} last {numbers2[5]:.0f} ms", flush=True)
        for name, rows in got.items():
            m = [statistics.median(col) for col in zip(*rows)]
            print(f"{name}: notice p50 {m[0]:.1f} p99 {m[1]:.1f} last {m[2]:.1f}; acknowledged p50 {m[3]:.1f} p99 {m[4]:.1f} last {m[5]:.1f} ms (medians)")
        applied = [t["shop_version"] for t in p.admin.ask("GET", f"/v1/shops/{shop}", check=False).json["terminals"]]
        assert len(applied) == count and len(set(applied)) == 1, set(applied)
        ours.end()
        bare.end()
        bare_server.stdin.close()
        bare_server.wait()
        p.close()
        s.stop()


def newest(service, shop):
    """The answer to a poll as the service gives it, for the bare one to send."""
    import contextlib  # pylint: disable=import-outside-toplevel
    import sqlite3  # pylint: disable=import-outside-toplevel
    from service import ulid_bytes  # pylint: disable=import-outside-toplevel
    with contextlib.closing(sqlite3.connect(f"file:{service.dir}/service.db?mode=ro", uri=True)) as db:
        text = db.execute("SELECT envelope FROM notice WHERE shop = ? ORDER BY version DESC LIMIT 1", (ulid_bytes(shop),)).fetchone()[0]
    assert base64.b64decode(json.loads(text)["payload"])
    return b'{"notices":[' + text.encode() + b"]}"


if __name__ == "__main__":
    main()
