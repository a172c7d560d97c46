# SPDX-License-Identifier: Apache-2.0
"""A terminal's side of notices for tests, sharing no code with ours: envelopes opened and verified, the revocation file read and
patched."""
import base64
import hashlib
import json
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def kind(envelope):
    return envelope["payloadType"].split(".")[2]


def payload(envelope):
    return base64.b64decode(envelope["payload"])


def body(envelope):
    return json.loads(payload(envelope))


def sha256(envelope):
    return hashlib.sha256(payload(envelope)).hexdigest()


def envelope_id(envelope):
    """How a terminal names an envelope that it refused."""
    return hashlib.sha256(json.dumps(envelope, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()[:16]


def signed_by(envelope, spki_base64):
    """Does this key stand under it?"""
    key = serialization.load_der_public_key(base64.b64decode(spki_base64))
    raw, mime = payload(envelope), envelope["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(mime), mime, len(raw), raw)
    for s in envelope["signatures"]:
        sig = base64.b64decode(s["sig"])
        der = utils.encode_dss_signature(int.from_bytes(sig[:32], "big"), int.from_bytes(sig[32:], "big"))
        try:
            key.verify(der, pae, ec.ECDSA(hashes.SHA256()))
            return True
        except InvalidSignature:
            continue
    return False


def believed(envelope, trust):
    """Signed by a key that the trust notice allows for its kind?"""
    if kind(envelope) == "trust":
        return signed_by(envelope, body(trust)["root"]["spki"])
    return any(signed_by(envelope, k["spki"]) for k in body(trust)["keys"] if kind(envelope) in k["kinds"])


def token_value(token_base32):
    raw = base64.b32decode(token_base32)
    return struct.unpack(">Q", hashlib.sha256(b"huika-token-v1\0" + raw).digest()[:8])[0]


def revoked_values(data):
    """The values of a whole revocation file, checked for form."""
    assert data[:24] == b"huika-revoked-v1".ljust(24, b"\0")
    cnt = struct.unpack(">Q", data[24:32])[0]
    values = list(struct.unpack(f">{cnt}Q", data[32:]))
    assert values == sorted(set(values))
    return values


def revoked_patch(old, delta):
    """The file that a delta makes of an older one."""
    assert delta[:32] == b"huika-revoked-delta-v1".ljust(32, b"\0")
    assert delta[32:64] == hashlib.sha256(old).digest()
    adds, removes = struct.unpack(">QQ", delta[96:112])
    numbers = struct.unpack(f">{adds + removes}Q", delta[112:])
    have, more, less = set(revoked_values(old)), set(numbers[:adds]), set(numbers[adds:])
    assert not have & more and less <= have
    values = sorted(have - less | more)
    new = b"huika-revoked-v1".ljust(24, b"\0") + struct.pack(f">Q{len(values)}Q", len(values), *values)
    assert delta[64:96] == hashlib.sha256(new).digest()
    return new


class Holder:
    """What a device holds: it polls, verifies, keeps the newest of each kind and obeys the order of versions."""

    def __init__(self, device):
        self.device, self.held, self.file = device, {}, b""

    def version(self, of):
        return body(self.held[of])["version"] if of in self.held else 0

    def query(self, wait=0, **other):
        held = {k: self.version(k) for k in ("trust", "shop", "revoked", "lease", "answer")} | other
        return "/v1/notices?" + "&".join(f"{k}={v}" for k, v in held.items()) + f"&wait={wait}"

    def poll(self, wait=0):
        """One poll; the kinds that came."""
        a = self.device.ask("GET", self.query(wait))
        assert a.status == 200, a
        return [self.take(e) for e in a.json["notices"]]

    def take(self, envelope):
        what, new = kind(envelope), body(envelope)
        if what == "trust" and "trust" not in self.held:
            assert believed(envelope, envelope)
        else:
            assert believed(envelope, self.held["trust"]), what
        assert new["version"] > self.version(what), what
        if what == "revoked":
            self.fetch(new)
        self.held[what] = envelope
        return what

    def fetch(self, new):
        step = next((d for d in new["deltas"] if d["from"] == self.version("revoked")), None) if self.file else None
        path = f"/v1/revoked/{new['version']}"
        a = self.device.ask("GET", path + (f"/from/{step['from']}" if step else ""))
        assert a.status == 200, a
        if step:
            assert len(a.body) == step["len"] and hashlib.sha256(a.body).hexdigest() == step["sha256"]
        self.file = revoked_patch(self.file, a.body) if step else a.body
        assert len(self.file) == new["len"] and hashlib.sha256(self.file).hexdigest() == new["sha256"]
        assert len(revoked_values(self.file)) == new["count"]

    def settle(self):
        """Polls until nothing more comes; all kinds that came."""
        came = []
        while got := self.poll():
            came += got
        return came
