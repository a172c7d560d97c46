# SPDX-License-Identifier: Apache-2.0
"""The certificate zoo: every certificate that must not be believed, shown to the running service and to a running terminal. Each case
differs from a good certificate in one thing; the good one is let in beside it, so that nothing passes because nothing works."""
import base64
import http.client
import secrets

import impostor
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID
from service import Client, Device, Province, certs_of, csr_base64, new_key, sale, ulid
from world import MEMBERS, ROOT, Service, wait_for

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
CARD = MEMBERS[0][0]
ROWS = [ln.split("\t") for ln in (ROOT / "proto/errors.tsv").read_text(encoding="utf-8").splitlines() if ln and ln[0] != "#"]
TEXTS = {r[0]: {"en": r[4], "zh": r[5]} for r in ROWS}
TERMINAL_ASKS, ADMIN_ASKS = ("GET", "/v1/terminal"), ("GET", "/v1/orgs")


# At the service ---------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def province(tmp_path_factory):
    root = tmp_path_factory.mktemp("zoo")
    s = Service(root).init()
    p = Province(s.start(), root)
    try:
        p.org("410100", "郑州市总工会")
        p.members([(CARD, "张建涛", "410100", "active")])
        yield p
    finally:
        p.close()
        assert s.stop() == 0, s.text


def shown(province, cert, key, more=b""):
    """A client that shows this certificate (and those of `more` behind it)."""
    path = province.root / f"zoo-{secrets.token_hex(4)}.pem"
    path.write_bytes(key + cert + more)
    return Client(province.service, path)


def authority(province, of):
    d = province.service.dir
    return impostor.load_ca(d / ("offline/server-ca.key" if of == "server" else f"{of}-ca.key"), d / f"{of}-ca.crt")


def authorities(province, by, like):
    """Key and certificate of one of ours, or of one that is not."""
    return {"foreign": impostor.foreign_ca, "itself": lambda: (None, None),
            "same name": lambda: impostor.foreign_ca(like=authority(province, like)[1])}.get(by, lambda: authority(province, by))()


def code(client, ask, status):
    """The refusal's code; its words are those of that code and no other, in both languages."""
    a = client.ask(*ask)
    client.close()
    assert a.status == status, a
    assert a.json["text"] == TEXTS[a.json["code"]]
    return a.json["code"]


CASES = {
    "expired": ("terminal", {"start": -30, "end": -1}, "cert_expired"),
    "not yet valid": ("terminal", {"start": 1, "end": 30}, "cert_not_yet"),
    "of an authority that is not ours": ("foreign", {}, "unauthorized"),
    "of an authority that only has our authority's name": ("same name", {}, "unauthorized"),
    "signed by itself": ("itself", {}, "unauthorized"),
    "for servers": ("terminal", {"usage": SERVER}, "unauthorized"),
    "for anything": ("terminal", {"usage": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}, "unauthorized"),
    "of the authority for administrators": ("admin", {}, "unauthorized"),
    "of the authority for the server": ("server", {}, "unauthorized"),
    "an authority itself, by ours": ("terminal", {"authority": True}, "unauthorized"),
    "right in everything and never issued": ("terminal", {}, "cert_revoked"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_service_lets_in_none_of_these_administrators(province, case):
    """The same, where it would be worth more: in the name of the administrator of the whole province."""
    by, how, want = CASES[case]
    other = {"terminal": "admin", "admin": "terminal"}
    ca = authorities(province, other.get(by, by), like="admin")
    me = x509.load_pem_x509_certificate((province.service.dir / "admin/admin.crt").read_bytes())
    uri = me.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.UniformResourceIdentifier)[0]
    assert uri.startswith("urn:huika:admin:") and province.admin.ask(*ADMIN_ASKS).status == 200
    cert, key = impostor.issue(*ca, **{"usage": CLIENT, **how}, uri=uri)
    for ask in (ADMIN_ASKS, TERMINAL_ASKS, ("GET", "/v1/audit")):
        assert code(shown(province, cert, key), ask, 401) == want
    assert province.admin.ask(*ADMIN_ASKS).status == 200


@pytest.mark.parametrize("case", CASES)
def test_the_service_lets_in_none_of_these(province, case):
    by, how, want = CASES[case]
    d = province.device(province.shop()[0])
    assert d.ask(*TERMINAL_ASKS).status == 200
    ca = authorities(province, by, like="terminal")
    cert, key = impostor.issue(*ca, **{"usage": CLIENT, **how}, uri=f"urn:huika:terminal:{d.id}")
    chain = ca[1].public_bytes(serialization.Encoding.PEM) if ca[1] else b""
    for more in (b"", chain):
        assert code(shown(province, cert, key, more), TERMINAL_ASKS, 401) == want
        assert code(shown(province, cert, key, more), ADMIN_ASKS, 401) == want
    assert d.ask(*TERMINAL_ASKS).status == 200


def test_the_very_same_key_with_other_dates_is_not_the_certificate_that_was_issued(province):
    """The service knows certificates by their hash, not by key or name."""
    d = province.device(province.shop()[0])
    cert, key = impostor.issue(*authority(province, "terminal"), usage=CLIENT, uri=f"urn:huika:terminal:{d.id}", key=d.key)
    assert code(shown(province, cert, key), TERMINAL_ASKS, 401) == "cert_revoked"


def test_a_terminal_cannot_issue_certificates(province):
    """A leaf that signs for another: the chain is whole, but a terminal is no authority."""
    d = province.device(province.shop()[0])
    cert, key = impostor.issue(d.key, d.cert, usage=CLIENT, uri=f"urn:huika:terminal:{ulid()}")
    more = d.cert.public_bytes(serialization.Encoding.PEM)
    assert code(shown(province, cert, key, more), TERMINAL_ASKS, 401) == "unauthorized"


def test_an_authority_itself_is_not_let_in(province):
    key, cert = authority(province, "terminal")
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    c = shown(province, cert.public_bytes(serialization.Encoding.PEM), pem)
    try:
        assert code(c, TERMINAL_ASKS, 401) == "unauthorized"
    except (OSError, http.client.HTTPException):
        pass  # its key may sign certificates and nothing else, so the handshake itself fails


def test_the_servers_own_certificate_is_no_clients(province):
    d = province.service.dir
    c = Client(province.service, d / "server.crt", d / "server.key")
    assert code(c, TERMINAL_ASKS, 401) == "unauthorized"


def test_names_are_of_one_form_only(province):
    d = province.device(province.shop()[0])
    for uri in (f"urn:huika:terminal:{d.id.lower()}", f"urn:huika:terminal:{d.id} ", f"urn:huika:terminal:{d.id}/x", "urn:huika:terminal:",
                f"urn:huika:server:{d.id}", f"https://localhost/{d.id}"):
        cert, key = impostor.issue(*authority(province, "terminal"), usage=CLIENT, uri=uri)
        assert code(shown(province, cert, key), TERMINAL_ASKS, 401) == "unauthorized", uri
    ca_key, ca = authority(province, "terminal")  # two names in one certificate: whose is it?
    key = new_key()
    names = [x509.UniformResourceIdentifier(f"urn:huika:terminal:{i}") for i in (d.id, ulid())]
    two = (x509.CertificateBuilder().subject_name(d.cert.subject).issuer_name(ca.subject).public_key(key.public_key())
           .serial_number(x509.random_serial_number()).not_valid_before(d.cert.not_valid_before).not_valid_after(d.cert.not_valid_after)
           .add_extension(x509.SubjectAlternativeName(names), False).add_extension(x509.ExtendedKeyUsage([CLIENT]), False)
           .add_extension(x509.BasicConstraints(False, None), True).sign(ca_key, hashes.SHA256()))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    assert code(shown(province, two.public_bytes(serialization.Encoding.PEM), pem), TERMINAL_ASKS, 401) == "unauthorized"


def test_roles_do_not_cross(province):
    d = province.device(province.shop()[0])
    assert d.ask(*ADMIN_ASKS).json["code"] == "forbidden"
    assert province.admin.ask(*TERMINAL_ASKS).json["code"] == "forbidden"
    assert province.admin.ask("POST", "/v1/verify", {"checkout_id": ulid(), "token": "A" * 16}).json["code"] == "forbidden"
    assert d.ask("POST", "/v1/admins", {"name": "x", "org": "410000"}).json["code"] == "forbidden"
    cert, key = impostor.issue(*authority(province, "terminal"), usage=CLIENT, uri=f"urn:huika:admin:{ulid()}")
    assert code(shown(province, cert, key), ADMIN_ASKS, 401) == "unauthorized"
    a = province.admin.ask("POST", "/.well-known/est/simplereenroll", csr_base64(new_key()), {"Content-Type": "application/pkcs10"})
    assert a.json["code"] == "forbidden"


def test_a_revoked_terminal_is_out_with_every_certificate_it_ever_had(province):
    d = province.device(province.shop()[0])
    renewed = d.ask("POST", "/.well-known/est/simplereenroll", csr_base64(d.key), {"Content-Type": "application/pkcs10"})
    again = Device(province.service, province.root, certs_of(renewed)[0], d.key)
    assert again.ask(*TERMINAL_ASKS).status == d.ask(*TERMINAL_ASKS).status == 200
    province.post(f"/v1/terminals/{d.id}/revoke", {})
    for c in (Device(province.service, province.root, d.cert, d.key), Device(province.service, province.root, again.cert, d.key)):
        assert code(c, TERMINAL_ASKS, 401) == "cert_revoked"


def test_another_shops_terminal_gets_nothing_of_this_shops(province):
    shop, offers = province.shop([{"title": "每日一次", "kind": "off_over", "off_fen": 500, "over_fen": 2000, "per_card_day": 1}])
    mine, other = province.device(shop), province.device(province.shop()[0])
    token = province.token(CARD)
    sold = sale(token, offers[0]["id"], 3000, 500)
    assert mine.send([sold]).json["results"][0]["outcome"] == "counted"
    ask = {"void_id": ulid(), "sale_id": sold[1]["sale_id"], "kind": "return", "amount_fen": 100}
    assert other.ask("POST", "/v1/voids", ask).json == {"granted": False, "reason": "sale_unknown"}
    assert mine.ask("POST", "/v1/voids", {**ask, "void_id": ulid()}).json["granted"]
    notices = other.ask("GET", "/v1/notices?trust=0&shop=0").json["notices"]
    assert not any(shop in base64.b64decode(n["payload"]).decode() for n in notices)
    assert other.ask("POST", "/v1/reserve", {"checkout_id": ulid(), "offer_id": offers[0]["id"], "token": token}).status == 404
    # a journal signed by another terminal's key
    a = mine.batch([sale(token)])
    assert other.ask("POST", "/v1/records", a).json["code"] in ("bad_signature", "chain_fork")


# At the terminal --------------------------------------------------------------------------------------------------------

@pytest.fixture
def cut_off(world):
    """A running terminal whose service is gone, so that anything may listen in its place."""
    t = world.terminal()
    assert t.huika("sell", "10", "--scan", world.qr(CARD), "--yes").code == 0
    t.wait_synced()
    world.service.stop()
    t.stop()
    t.forget_lease()
    t.start()
    return world, t


SERVERS = {
    "expired": ("ours", {"start": -30, "end": -1}, "tls_expired"),
    "not yet valid": ("ours", {"start": 2, "end": 30}, "tls_not_yet"),
    "of an authority that is not ours": ("foreign", {}, "tls_untrusted"),
    "of an authority that only has our authority's name": ("same name", {}, "tls_untrusted"),
    "signed by itself": ("itself", {}, "tls_untrusted"),
    "for another host": ("ours", {"host": "elsewhere.example"}, "tls_host"),
    "for clients": ("ours", {"usage": CLIENT}, "tls_untrusted"),
    "for no purpose that it names": ("ours", {"usage": ExtendedKeyUsageOID.CODE_SIGNING}, "tls_untrusted"),
    "of a server that is ours and no authority": ("leaf", {}, "tls_untrusted"),
    "a terminal's own, turned round": ("terminal", {"usage": SERVER}, "tls_untrusted"),
}


@pytest.mark.parametrize("case", SERVERS)
def test_a_terminal_believes_none_of_these_servers(cut_off, case):
    world, t = cut_off
    by, how, want = SERVERS[case]
    d = world.service.dir
    ours = impostor.load_ca(d / "offline" / "server-ca.key", d / "server-ca.crt")
    ca = {"ours": lambda: ours, "foreign": impostor.foreign_ca, "itself": lambda: (None, None),
          "same name": lambda: impostor.foreign_ca(like=ours[1]),
          "leaf": lambda: impostor.load_ca(d / "server.key", d / "server.crt"),
          "terminal": lambda: impostor.load_ca(d / "terminal-ca.key", d / "terminal-ca.crt")}[by]()
    cert, key = issue_for(ca, how["host"]) if "host" in how else impostor.issue(*ca, **how)
    if by == "leaf":
        cert += ca[1].public_bytes(serialization.Encoding.PEM)
    server = impostor.Impostor(world.service.port, cert, key, impostor.wrong_json, world.root)
    try:
        def told():
            r = t.huika("sell", "10", "--scan", world.qr(CARD), "--yes", timeout=60)
            assert r.code == 3 and not r.json.get("sale_id"), r
            assert r.json["text"] == TEXTS[r.json["error"]], "its own words, in both languages"
            return r.json["error"] == want
        wait_for(want, told)
        assert server.received == b""  # nothing was said to it
    finally:
        server.close()
    world.service.start()
    t.wait_online()
    assert t.huika("sell", "10", "--scan", world.qr(CARD), "--yes").code == 0


def issue_for(ca, host):
    """A server certificate for that host alone, no address beside it."""
    key = new_key()
    ca_key, ca_cert = ca
    now = ca_cert.not_valid_before
    cert = (x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(ca_cert.subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(ca_cert.not_valid_after)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
            .add_extension(x509.ExtendedKeyUsage([SERVER]), False).sign(ca_key, hashes.SHA256()))
    return cert.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
