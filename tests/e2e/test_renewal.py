# SPDX-License-Identifier: Apache-2.0
"""A terminal's certificate renews itself at two thirds of its life, without losing what goes on, and is used from then on."""
import time

import pytest
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


@pytest.mark.parametrize("when", ["+300d", "+400d"])
def test_a_clock_that_is_ahead_is_named_when_what_the_service_gives_looks_old(world, when):
    """The service gives a good certificate, and by this machine's clock it is old again at once."""
    t = world.terminal()
    old, made = certificate(t), time.time()
    t.stop()
    wait_for("another second: certificates know no finer time", lambda: time.time() > made + 1)
    at(t, when)
    wait_for("the status to say why", lambda: t.status["certificate"]["renew"] == "clock_skew")
    assert "The clock of this machine is wrong" in t.huika("status", json_out=False).out
    assert certificate(t) != old and "the certificate is not renewed: clock_skew" in t.text and "net_protocol" not in t.text
    t.stop()
    t.environ = env()
    t.start().wait_online()
    assert t.status["certificate"]["days"] > 360 and t.status["certificate"]["renew"] is None
