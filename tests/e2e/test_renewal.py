# SPDX-License-Identifier: Apache-2.0
"""A terminal's certificate renews itself at two thirds of its life, without losing what goes on, and is used from then on."""
from cryptography import x509
from test_offline import at
from world import MEMBERS, env, wait_for


def certificate(t):
    return x509.load_pem_x509_certificate((t.state / "terminal.crt").read_bytes())


def test_it_renews_at_two_thirds_of_its_life_and_goes_on_with_the_new_one(world):
    t = world.terminal()
    qr = world.qr(MEMBERS[0][0])
    old, days = certificate(t), t.status["certificate"]["days"]
    assert 363 <= days <= 365 and t.status["certificate"]["renew"] is None
    world.policy(certificate_s=3 * 365 * 86400)
    t.stop()
    at(t, "+240d")
    t.wait_online()
    assert certificate(t) == old, "not before it is due"
    t.stop()
    at(t, "+250d")
    wait_for("the new certificate", lambda: certificate(t) != old)
    new = certificate(t)
    assert new.public_key().public_numbers() == old.public_key().public_numbers() and new.serial_number != old.serial_number
    wait_for("the status to say so", lambda: t.status["certificate"]["days"] > 800)
    t.stop()
    t.environ = env()
    t.start().wait_online()
    assert t.huika("sell", "10", "--scan", qr, "--yes").json["verdict"] == "member"
    assert t.status["certificate"]["days"] > 1000
