# SPDX-License-Identifier: Apache-2.0
"""A client of the service that shares no code with ours: Python's TLS and HTTP, certificates made by python3-cryptography and fetched
through EST. Every exchange is held against proto/service-api.yaml."""
import base64
import hashlib
import http.client
import json
import secrets
import socket
import ssl
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import pkcs7

from api import Contract
from world import DEADLINE_S, ROOT, Answer

CONTRACT = Contract(ROOT / "proto/service-api.yaml")
# Operations that e2e/test_trust_service.py walks through; e2e/test_service_api.py does all others.
TRUST = {("GET", "/v1/revoked/{version}"), ("GET", "/v1/revoked/{version}/from/{older}"), ("POST", "/v1/terminals/{terminal}/resume"),
         ("GET", "/v1/terminals/{terminal}/branches"), ("GET", "/v1/terminals/{terminal}/records"),
         ("POST", "/v1/terminals/{terminal}/revoke"), ("POST", "/v1/terminals/{terminal}/renew"),
         ("POST", "/.well-known/est/simplereenroll")}
ADMINS = {("GET", "/v1/admins"), ("POST", "/v1/admins"), ("POST", "/v1/admins/{admin}/revoke"), ("GET", "/v1/audit/verify")}
DISPUTES = {("GET", "/v1/report"), ("GET", "/v1/shops/{shop}/evidence"), ("GET", "/v1/disputes"), ("GET", "/v1/disputes/{ref}"),
            *(("POST", "/v1/disputes/{ref}/" + act) for act in ("answer", "close", "reopen", "note", "erase"))}  # e2e/test_dispute.py
VOIDS = {("POST", "/v1/voids")}  # e2e/test_trust_voids.py
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid():
    n = int(time.time() * 1000) << 80 | secrets.randbits(80)
    return "".join(CROCKFORD[n >> 5 * i & 31] for i in reversed(range(26)))


def ulid_bytes(text):
    n = 0
    for c in text:
        n = n << 5 | CROCKFORD.index(c)
    return n.to_bytes(16, "big")


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def csr_base64(key, name="terminal"):
    """PKCS#10 in base64 with line breaks, as EST clients send it."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    der = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.DER)
    return base64.encodebytes(der)


def certs_of(answer):
    return pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.body))


def secret_of(code):
    """The one-time secret in an invitation code: the second half of its 52 characters."""
    text = code.split("/")[2].replace("-", "").upper()
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    return base64.b32encode(raw[16:]).decode().rstrip("=")


def token_of(card):
    """The token in a card's QR: bytes 2 to 11 of 80."""
    return base64.b32encode(base64.b32decode(card["qr_text"].rsplit("/", 1)[1])[2:12]).decode()


class Client:
    """One identity (or none) and one connection, kept alive."""

    def __init__(self, service, cert=None, key=None, ca=None, tls=ssl.TLSVersion.TLSv1_3):
        self.service = service
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.load_verify_locations(ca or service.dir / "server-ca.crt")
        self.context.minimum_version = self.context.maximum_version = tls
        if cert:
            self.context.load_cert_chain(cert, key)
        self.connection = None

    def connect(self):
        self.close()
        self.connection = http.client.HTTPSConnection("localhost", self.service.port, context=self.context, timeout=DEADLINE_S)
        return self.connection

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, method, path, body=None, headers=None, check=True):
        """The answer; `check` holds the exchange against the contract."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        got = self._send(method, path, body, headers)
        answer = Answer(got.status, got.headers, got.read())
        if got.will_close:
            self.close()
        if check:
            CONTRACT.check(method, path, headers, body, answer.status, answer.headers, answer.body)
        return answer

    def _send(self, method, path, body, headers):
        """A connection that the service has meanwhile closed, as it does with guests that are silent, is made again."""
        reused = self.connection is not None
        try:
            connection = self.connection or self.connect()
            connection.request(method, path, body, headers)
            return connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
            self.close()
            if not reused:
                raise
            return self._send(method, path, body, headers)

    def raw(self, data, until=b"", deadline_s=DEADLINE_S):
        """Bytes as they are over TLS; what comes back until the peer closes."""
        with socket.create_connection(("localhost", self.service.port), deadline_s) as s:
            with self.context.wrap_socket(s, server_hostname="localhost") as tls:
                tls.sendall(data)
                return drain(tls, until)


def drain(tls, until=b""):
    """All that the peer sends until it closes, or until it sent `until`."""
    got = b""
    try:
        while True:
            part = tls.recv(65536)
            got += part
            if not part or (until and until in got):
                return got
    except (ConnectionError, ssl.SSLError):
        return got


class Device(Client):
    """A terminal: its key, its certificate, its chain of records."""

    def __init__(self, service, root, cert, key):
        pem = root / f"device-{secrets.token_hex(4)}.pem"
        pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) +
                        cert.public_bytes(serialization.Encoding.PEM))
        super().__init__(service, pem)
        self.key, self.cert = key, cert
        uri = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.UniformResourceIdentifier)
        self.id = uri[0].rsplit(":", 1)[1]
        self.epoch, self.seq, self.hash = 1, 0, bytes(32)

    def verify(self, **card):
        return self.ask("POST", "/v1/verify", {"checkout_id": card.pop("checkout", None) or ulid(), **card})

    def head(self, seq, digest):
        signed = b"huika-head-v1\0" + ulid_bytes(self.id) + self.epoch.to_bytes(4, "big") + seq.to_bytes(8, "big") + digest
        r, s = utils.decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        sig = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
        return {"seq": seq, "hash": digest.hex(), "sig": sig}

    def batch(self, records):
        """records: (kind, body object, blob text or None); the batch and the head after it. Nothing is remembered."""
        kinds = {"started": 1, "sale": 2, "refusal": 3, "notice_applied": 4, "void": 5, "dispute": 6, "clock_step": 7}
        out, seq, digest = [], self.seq, self.hash
        for kind, body, blob in records:
            seq += 1
            body = dict(body)
            item = {"seq": seq, "kind": kind}
            if blob is not None:
                salt = secrets.token_bytes(16)
                body["blob"] = hashlib.sha256(b"huika-blob-v1\0" + salt + blob.encode()).hexdigest()
                item.update(salt=salt.hex(), blob=blob)
            item["body"] = json.dumps(body, ensure_ascii=False)
            raw = item["body"].encode()
            digest = hashlib.sha256(b"huika-record-v1\0" + ulid_bytes(self.id) + self.epoch.to_bytes(4, "big") + seq.to_bytes(8, "big") +
                                    digest + bytes([kinds[kind]]) + len(raw).to_bytes(4, "big") + raw).digest()
            out.append(item)
        return {"epoch": self.epoch, "records": out, "head": self.head(seq, digest)}

    def send(self, records):
        """Sends them; where they were taken, the chain goes on from there."""
        batch = self.batch(records)
        answer = self.ask("POST", "/v1/records", batch)
        if answer.status == 200:
            self.seq, self.hash = batch["head"]["seq"], bytes.fromhex(batch["head"]["hash"])
        return answer


def sale(token, offer=None, total=10000, discount=1200, checkout=None, version=2, **more):
    """A sale's record: kind, body, blob."""
    now = int(time.time() * 1000)
    terms = {"offer_id": offer, "offer_title": "八八折", "own_price": False} if offer else {"offer_title": "", "own_price": True}
    body = {"at_ms": now, "sale_id": ulid(), "checkout_id": checkout or ulid(), "total_fen": total, "discount_fen": discount,
            "pay_fen": total - discount, **terms, "shop_version": version, "verdict": "member", "by": "qr", "input": "reader",
            "card_last4": "0001", **more}
    return "sale", body, json.dumps({"token": token, "name_masked": "*建涛"}, ensure_ascii=False)


class Province:
    """A running service and its first administrator, with the steps that tests need."""

    def __init__(self, service, root):
        self.service, self.root = service, root
        self.admin = Client(service, service.dir / "admin/admin.crt", service.dir / "admin/admin.key")
        self.nobody = Client(service)

    def close(self):
        self.admin.close()
        self.nobody.close()

    def post(self, path, body, status=200):
        a = self.admin.ask("POST", path, body)
        assert a.status == status, a
        return a.json

    def org(self, code, name="示例工会", parent="410000"):
        return self.post("/v1/orgs", {"code": code, "name": name, "parent": parent}, 201)

    def members(self, rows, line=1):
        text = "".join(",".join(r) + "\n" for r in rows)
        a = self.admin.ask("POST", f"/v1/members/import?line={line}", text.encode(), {"Content-Type": "text/csv; charset=utf-8"})
        assert a.status == 200, a
        return a.json

    def token(self, number):
        return token_of(self.post("/v1/cards/print", {"number": number}))

    def shop(self, offers=None, org="410100", name="示例饭店"):
        shop = self.post("/v1/shops", {"org": org, "name": name, "category": "dining", "region": "410102"}, 201)["shop"]
        return shop, self.offers(shop, offers) if offers else []

    def offers(self, shop, offers):
        a = self.admin.ask("PUT", f"/v1/shops/{shop}/offers", offers)
        assert a.status == 200, a
        return a.json["offers"]

    def invite(self, shop):
        return self.post(f"/v1/shops/{shop}/invitations", {}, 201)["code"]

    def enroll(self, code, key, check=True):
        basic = base64.b64encode(b"invitation:" + secret_of(code).encode()).decode()
        return self.nobody.ask("POST", "/.well-known/est/simpleenroll", csr_base64(key),
                               {"Content-Type": "application/pkcs10", "Authorization": "Basic " + basic}, check)

    def device(self, shop):
        key = new_key()
        a = self.enroll(self.invite(shop), key)
        assert a.status == 200, a
        return Device(self.service, self.root, certs_of(a)[0], key)
