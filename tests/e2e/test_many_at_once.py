# SPDX-License-Identifier: Apache-2.0
"""More than one sale at one counter."""
import json
import signal
import subprocess

from world import BUILD, MEMBERS, env, ulid, wait_for

CARD = MEMBERS[0][0]


def selling(t, *argv):
    return subprocess.Popen([BUILD / "huika", "--socket", t.socket, "--json", "sell", *argv], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env())


def begin(t, **order):
    return t.api("POST", "/v1/checkouts", order, {"Idempotency-Key": ulid()}).json


def waits_for_card(t, total_fen):
    def there():
        r = t.api("GET", "/v1/checkouts/current")
        return r.status == 200 and r.json["state"] == "waiting" and r.json.get("total_fen") == total_fen
    wait_for(f"a checkout of {total_fen} fen to wait for a card", there)


def test_who_waits_for_a_card_is_told_that_another_checkout_began(world):
    t = world.terminal()
    first = selling(t, "10.00")
    waits_for_card(t, 1000)
    second = selling(t, "20.00")
    out, _ = first.communicate(timeout=20)
    said = json.loads(out)
    assert (first.returncode, said["state"], said["reason"]) == (1, "cancelled", "replaced")
    assert "Another checkout" in said["text"]["en"] and "另一笔" in said["text"]["zh"]
    waits_for_card(t, 2000)
    assert t.huika("simulate", "scan", world.qr(CARD)).code == 0
    out, _ = second.communicate(timeout=20)
    assert second.returncode == 0 and json.loads(out)["total_fen"] == 2000


def test_a_card_in_hand_is_not_replaced(world):
    t = world.terminal()
    begun = begin(t, total_fen=1000, scan=world.qr(CARD))
    begun = t.api("GET", f"/v1/checkouts/{begun['checkout_id']}?wait=5&rev={begun['rev']}").json
    assert begun["state"] == "quoted"
    assert begin(t, total_fen=2000)["state"] == "waiting"
    assert t.api("POST", f"/v1/checkouts/{begun['checkout_id']}/confirm", {}).json["state"] == "applied"


def test_twenty_sales_at_once_are_twenty_sales(world):
    """The link has room for eight questions: the others wait for it. The service stands still until all have been asked."""
    t, count = world.terminal(), 20
    qr = world.qr(CARD)
    service = world.service.process
    service.send_signal(signal.SIGSTOP)
    try:
        begun = [begin(t, total_fen=1000 + n, scan=qr) for n in range(count)]
    finally:
        service.send_signal(signal.SIGCONT)
    for n, k in enumerate(begun):
        assert k["state"] == "verifying", k
        k = t.api("GET", f"/v1/checkouts/{k['checkout_id']}?wait=10&rev={k['rev']}").json
        assert k["state"] == "quoted", k
        assert t.api("POST", f"/v1/checkouts/{k['checkout_id']}/confirm", {}).json["state"] == "applied"
    assert sorted(s["total_fen"] for s in t.huika("day").json["sales"]) == [1000 + n for n in range(count)]
