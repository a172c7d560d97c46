# SPDX-License-Identifier: Apache-2.0
"""A card reported lost is refused at once, however busy the service is."""
import http.client
import json
import ssl
import threading

import codec
from world import MEMBERS, ulid

WORKERS = 16


def client(world, t):
    context = ssl.create_default_context(cafile=str(world.service.dir / "server-ca.crt"))
    context.load_cert_chain(t.state / "terminal.crt", t.state / "terminal.key")
    return http.client.HTTPSConnection("localhost", world.service.port, context=context, timeout=30)


def verify(connection, token):
    connection.request("POST", "/v1/verify", json.dumps({"checkout_id": ulid(), "token": token}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return json.loads(answer.read())


def test_lost_is_refused_at_once_under_full_load(world):
    t = world.terminal()
    tokens = {m[0]: codec.card_open(world.qr(m[0]))["token"] for m in MEMBERS}
    busy, probed = tokens[MEMBERS[1][0]], tokens[MEMBERS[0][0]]
    stop, wrong, counts = threading.Event(), [], [0] * WORKERS

    def work(i):
        c = client(world, t)
        while not stop.is_set():
            if verify(c, busy)["verdict"] != "member":
                wrong.append("an active card was refused")
            counts[i] += 1
        c.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(WORKERS)]
    for th in threads:
        th.start()
    try:
        probes = [client(world, t) for _ in range(8)]
        for p in probes:
            assert verify(p, probed)["verdict"] == "member"
        for _ in range(20):
            for status, verdict in (("lost", "refused"), ("active", "member")):
                assert world.admin("member", "status", MEMBERS[0][0], status).code == 0
                got = [verify(p, probed)["verdict"] for p in probes]
                assert got == [verdict] * len(probes), (status, got)
    finally:
        stop.set()
        for th in threads:
            th.join()
    assert not wrong and min(counts) > 0
