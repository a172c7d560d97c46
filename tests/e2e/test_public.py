# SPDX-License-Identifier: Apache-2.0
"""The pages for everybody: what is there, what is not, and what no page may do."""
import http.client
import re
import socket
import ssl

import pytest


def get(world, path, method="GET", body=None, headers=None):
    """(status, headers, text) of the public listener; its certificate is checked against the CA that init made."""
    context = ssl.create_default_context(cafile=str(world.service.dir / "public-ca.crt"))
    c = http.client.HTTPSConnection("localhost", world.service.public_port, context=context, timeout=20)
    c.request(method, path, body, headers or {})
    r = c.getresponse()
    out = r.status, r.headers, r.read().decode()
    c.close()
    return out


def safe(headers, text):
    assert "default-src 'none'" in headers["Content-Security-Policy"] and "script" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "<script" not in text.lower() and not re.search(r"\son\w+=", text)
    assert not re.search(r'(?:src|href)="(?!/style\.css|/?\?lang=|/S/|tel:12351|\?lang)', text)


def test_the_front_page_has_numbers_only(world):
    world.shop("示例饭店")
    status, headers, text = get(world, "/")
    assert status == 200 and "在册商户" in text and "<dd>1</dd>" in text and "示例饭店" not in text
    safe(headers, text)
    assert "Shops on the list" in get(world, "/?lang=en")[2]
    assert "Shops on the list" in get(world, "/", headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"})[2]
    assert "在册商户" in get(world, "/", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})[2]


def test_a_card_s_link_leads_to_one_page_for_all_cards(world):
    ours = world.qr("6200000000000001")
    path = ours[ours.upper().index("/C/"):]
    status, headers, text = get(world, path)
    assert status == 200 and "会员卡" in text
    safe(headers, text)
    assert get(world, "/C/AAAA")[2] == text and get(world, path.lower())[2] == text
    assert path not in world.service.text and path[3:40] not in world.service.text


def test_what_is_no_page_is_not_found(world):
    for path in ("/v1/trust", "/healthz", "/S/", "/S/AAAA", "/S/" + "A" * 200, "/S/" + "A" * 201, "/s/" + "a" * 200, "/..%2f",
                 "/S/" + "A" * 199 + "!", "/.well-known/est/cacerts", "/S/%00", "/x" * 3000, "/x" * 20000):
        status, headers, text = get(world, path)
        assert status in (404, 414, 431), (path[:40], status)
        if status == 404:
            safe(headers, text)


def test_other_methods_change_nothing(world):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert get(world, "/", method, "x=1")[0] == 405
    assert get(world, "/S/" + "A" * 200 + "/dispute")[0] == 404
    assert get(world, "/", "HEAD")[2] == ""


def test_nobody_is_asked_for_a_certificate_and_old_tls_is_refused(world):
    context = ssl.create_default_context(cafile=str(world.service.dir / "public-ca.crt"))
    context.load_cert_chain(world.service.dir / "admin" / "admin.crt", world.service.dir / "admin" / "admin.key")
    with socket.create_connection(("localhost", world.service.public_port)) as raw, context.wrap_socket(raw, server_hostname="localhost") as s:
        s.sendall(b"GET /v1/orgs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b" 404 " in s.recv(100)
    old = ssl.create_default_context(cafile=str(world.service.dir / "public-ca.crt"))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)), socket.create_connection(("localhost", world.service.public_port)) as raw:
        old.wrap_socket(raw, server_hostname="localhost")


def test_guesses_end_for_an_address(world):
    seen = [get(world, "/S/" + "A" * 199 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i])[0] for i in range(25)]
    assert seen[:20] == [404] * 20 and seen[-1] == 429
    assert get(world, "/")[0] == 200
