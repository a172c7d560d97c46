# SPDX-License-Identifier: Apache-2.0
"""The wrong world between terminal and service: each fault has its own clear text, none gives a yes, and the terminal comes back
by itself when the world is right again."""
import impostor
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from world import MEMBERS, call, env, wait_for

CARD = MEMBERS[0][0]


@pytest.fixture
def shop(world):
    """A running terminal whose service has just been taken away, and the card it would like to check."""
    t = world.terminal()
    qr = world.qr(CARD)
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0
    t.wait_synced()
    world.service.stop()
    t.stop()
    t.forget_lease()
    t.start()
    return world, t, qr


def refused_for(t, qr, code):
    r = t.huika("sell", "10", "--scan", qr, "--yes", timeout=60)
    assert r.code == 3, r
    assert r.json["state"] == "failed" and r.json["error"] == code and not r.json.get("sale_id"), r
    for locale in ("C.UTF-8", "zh_CN.UTF-8"):
        shown = t.huika("sell", "10", "--scan", qr, "--yes", json_out=False, environ=env(LC_ALL=locale, LANGUAGE=locale[:5]))
        assert shown.code == 3 and (shown.out + shown.err).strip(), shown
    assert t.huika("day").json["count"] == 1


def test_service_down_and_back(shop):
    world, t, qr = shop
    wait_for("the terminal to notice", lambda: not t.status["online"])
    refused_for(t, qr, "net_refused")
    world.service.start()
    t.wait_online()
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0
    t.wait_synced()


def own_ca(world):
    d = world.service.dir
    return impostor.load_ca(d / "offline" / "server-ca.key", d / "server-ca.crt")


def good(world):
    return impostor.issue(*own_ca(world))


BEHAVIOURS = {"slow": (impostor.silence, "net_timeout"), "cut": (impostor.half_answer, "net_cut"),
              "nonsense": (impostor.nonsense, "net_protocol"), "says yes badly": (impostor.wrong_json, "net_protocol"),
              "endless": (impostor.endless, "net_protocol")}


@pytest.mark.parametrize("how", BEHAVIOURS)
def test_service_that_answers_badly(shop, how):
    world, t, qr = shop
    behave, code = BEHAVIOURS[how]
    fake = impostor.Impostor(world.service.port, *good(world), behave, world.root)
    try:
        wait_for("the terminal to come", lambda: fake.connections > 0)
        refused_for(t, qr, code)
    finally:
        fake.close()
    world.service.start()
    t.wait_online()
    assert t.huika("sell", "10", "--scan", qr, "--yes").code == 0


CERTIFICATES = {
    "foreign CA": (lambda w: impostor.issue(*impostor.foreign_ca()), "tls_untrusted"),
    "CA of the same name": (lambda w: impostor.issue(*impostor.foreign_ca(own_ca(w)[1])), "tls_untrusted"),
    "self-signed": (lambda w: impostor.issue(None, None), "tls_untrusted"),
    "expired": (lambda w: impostor.issue(*own_ca(w), start=-30, end=-1), "tls_expired"),
    "not yet valid": (lambda w: impostor.issue(*own_ca(w), start=1, end=30), "tls_not_yet"),
    "another host": (lambda w: impostor.issue(*own_ca(w), host="other.example"), "tls_host"),
    "a client's purpose": (lambda w: impostor.issue(*own_ca(w), usage=ExtendedKeyUsageOID.CLIENT_AUTH), "tls_untrusted"),
    "issued by the terminal CA": (lambda w: impostor.issue(*impostor.load_ca(w.service.dir / "terminal-ca.key",
                                                                             w.service.dir / "terminal-ca.crt")), "tls_untrusted"),
}


@pytest.mark.parametrize("which", CERTIFICATES)
def test_service_with_a_wrong_certificate(shop, which):
    world, t, qr = shop
    make, code = CERTIFICATES[which]
    if which == "another host":
        cert = impostor.issue(*own_ca(world), host="other.example", uri="urn:none")
    else:
        cert = make(world)
    fake = impostor.Impostor(world.service.port, *cert, impostor.silence, world.root)
    try:
        refused_for(t, qr, code)
        assert b"/v1/" not in fake.received, "something was sent to a server that could not be trusted"
        assert t.status["last_error"] == code
    finally:
        fake.close()


@pytest.mark.parametrize("days,online", [(-400, False), (+400, True), (+2200, False)])
def test_wrong_clock_is_named(world, days, online):
    """Before the service's certificate, after the terminal's own, after the service's: the cause is the clock, and the text says so."""
    t = world.terminal(start=False)
    qr = world.qr(CARD)
    t.environ = env(LD_PRELOAD="/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", FAKETIME=f"{days:+d}d", FAKETIME_DONT_FAKE_MONOTONIC="1")
    t.start()
    if online:
        t.wait_online()
    else:
        wait_for("the cause", lambda: t.status["last_error"] == "clock_skew")
    r = t.huika("sell", "10", "--scan", qr, "--yes")
    assert r.code != 0 and not r.json.get("sale_id"), r
    text = r.json["text"]["en"] + r.json["text"]["zh"]
    assert "clock" in text and "时钟" in text, r


def test_enrolling_at_a_server_that_is_not_the_one_in_the_code(world):
    code = world.invite(world.shop())
    world.service.stop()
    key, cert = impostor.foreign_ca()
    fake = impostor.Impostor(world.service.port, *impostor.issue(key, cert), impostor.nonsense, world.root)
    try:
        r = call(world.service.argv[0].replace("huika-service", "huika-terminal"), "enroll", code, "--state", world.root / "t")
        assert r.code == 3 and r.err.strip(), r
        secret = code.replace("-", "")[-26:]
        assert secret.encode() not in fake.received and secret.lower().encode() not in fake.received
        assert b"Authorization" not in fake.received
    finally:
        fake.close()
    assert not (world.root / "t" / "terminal.crt").exists()
