# SPDX-License-Identifier: Apache-2.0
"""The supervised way back of a terminal whose certificate has lapsed: it is the one that it was, and nothing that it sold is lost."""
import os
import subprocess

import pytest
from test_offline import FAKETIME
from test_renewal import certificate
from world import BUILD, MEMBERS, Terminal, call, env, wait_for

LATER = {"LD_PRELOAD": FAKETIME, "FAKETIME": "+400d", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_FORCE_MONOTONIC_FIX": "0"}
KEPT = ("terminal.key", "terminal.ini", "ca.crt", "journal.db", "head.json")


def renewal(t, code, **kw):
    return call(BUILD / "huika-terminal", "--json", "enroll", "--renew", code, "--state", t.state, environ=env(**LATER), **kw)


def code_for(world, terminal):
    r = world.admin("terminal", "renew", terminal)
    assert r.code == 0, r
    return r.json["code"]


def identity(t):
    return t.status["terminal"]


def kept(t):
    return {name: (t.state / name).read_bytes() for name in KEPT if (t.state / name).exists()}


@pytest.fixture
def lapsed(world):
    """One sale that the service has, one that it has not, and then 400 days: the certificate had a year."""
    t = world.terminal().wait_leased()
    qr = world.qr(MEMBERS[0][0])
    assert t.huika("sell", "100", "--scan", qr, "--yes").code == 0
    t.wait_synced()
    world.service.stop()
    wait_for("the terminal to notice", lambda: not t.status["online"])
    assert t.huika("sell", "50", "--scan", qr, "--yes").json["verdict"] == "provisional"
    t.stop()
    world.service.environ = env(**LATER)
    world.service.start()
    t.environ = env(**LATER)
    t.start()
    return world, t


def count(world, t):
    return world.admin("shop", "show", t.shop).json["sales"]["count"]


def test_a_lapsed_terminal_is_renewed_under_supervision_and_sends_what_it_had(lapsed):
    world, t = lapsed
    wait_for("the status to say why", lambda: "cert_expired" in str(t.status))
    assert "must be renewed under supervision" in t.huika("status", json_out=False).out
    was, old = identity(t), certificate(t)
    assert t.status["unsent"] > 0 and count(world, t) == 1
    code = code_for(world, was["terminal_id"])
    r = renewal(t, code)
    assert r.code == 3 and "[state_locked]" in r.err and certificate(t) == old
    t.stop()
    before = kept(t)
    r = renewal(t, code)
    assert r.code == 0 and {k: r.json[k] for k in was} == was, r
    assert certificate(t).serial_number != old.serial_number and kept(t) == before
    first = certificate(t)
    assert renewal(t, code).code == 0 and certificate(t) == first, "the same code again gives the same certificate"
    t.start().wait_online().wait_synced()
    assert identity(t) == was
    wait_for("each sale once", lambda: count(world, t) == 2)
    assert call(BUILD / "huika", "journal", "verify", "--state", t.state).code == 0


def test_a_code_that_is_not_for_this_terminal_is_refused_and_stays_good(lapsed):
    world, t = lapsed
    t.stop()
    other = Terminal(world, "other", env(**LATER))
    assert other.enroll(world.invite(t.shop), environ=env(**LATER)).code == 0
    world.daemons.append(other)
    other.start().wait_online()
    theirs, old = identity(other)["terminal_id"], certificate(t)
    fresh, bound = world.invite(t.shop), code_for(world, theirs)
    for code in (fresh, bound):
        r = renewal(t, code)
        assert r.code == 1 and "[invite_other]" in r.err and certificate(t) == old, r
    r = renewal(t, fresh[:-1] + ("A" if fresh[-1] != "A" else "B"))
    assert r.code != 0 and "[invite_unknown]" in r.err, r
    assert other.api("GET", "/v1/status").json["online"] and len(world.admin("terminal", "list").lines) == 2
    other.stop()
    assert renewal(other, bound).code == 0, "the code is still good for the one it names"
    third = world.root / "third"
    assert call(BUILD / "huika-terminal", "enroll", fresh, "--state", third, environ=env(**LATER)).code == 0


def test_a_renewal_code_typed_into_another_machine_changes_nothing(lapsed):
    """Neither the terminal that it is for, nor the machine; and where it belongs it is still good."""
    world, t = lapsed
    terminal = identity(t)["terminal_id"]
    t.stop()
    code, fresh = code_for(world, terminal), Terminal(world, "fresh")
    for _ in range(2):
        r = fresh.enroll(code, environ=env(**LATER))
        assert r.code != 0 and "[invite_other]" in r.err, r
        assert not fresh.state.exists()
    listed = world.admin("terminal", "list").lines
    assert [(x["terminal_id"], x["state"]) for x in listed] == [(terminal, "active")]
    assert any(e["act"] == "terminal renew refused" and e["target"] == terminal for e in world.admin("audit", "list").lines)
    assert renewal(t, code).code == 0
    r = fresh.enroll(code, environ=env(**LATER))
    assert r.code != 0 and "[invite_other]" in r.err, r
    t.start().wait_online().wait_synced()
    wait_for("each sale once", lambda: count(world, t) == 2)


def test_without_a_terminal_there_is_nothing_to_renew(world, tmp_path):
    code = world.invite(world.shop())
    r = call(BUILD / "huika-terminal", "--json", "enroll", "--renew", code, "--state", tmp_path / "none")
    assert r.code != 0 and "[state_missing]" in r.err and not (tmp_path / "none").exists(), r
    for wrong in ([code, "--renew", code], []):
        assert call(BUILD / "huika-terminal", "enroll", *wrong, "--state", tmp_path / "none").code == 2


def test_a_try_that_is_killed_is_made_again_with_the_same_code(lapsed):
    """At each of its writes and calls to the network: whatever came of it, the next try with the same code succeeds."""
    world, t = lapsed
    terminal = identity(t)["terminal_id"]
    t.stop()
    before, code, died = kept(t), code_for(world, terminal), 0
    for syscall in ("connect", "sendto", "recvfrom", "write", "fsync", "rename"):
        for n in (1, 2, 3):
            done = subprocess.run(
                ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={syscall}:signal=KILL:when={n}", "-E",
                 f"LD_PRELOAD={FAKETIME}", BUILD / "huika-terminal", "enroll", "--renew", code, "--state", t.state],
                env={k: v for k, v in env(**LATER).items() if k != "LD_PRELOAD"}, check=False, capture_output=True)
            died += done.returncode in (-9, 137)
            assert kept(t) == before and certificate(t)
    assert died > 3, "some of them were killed"
    assert renewal(t, code).code == 0
    t.start().wait_online().wait_synced()
    wait_for("each sale once", lambda: count(world, t) == 2)
