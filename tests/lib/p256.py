# SPDX-License-Identifier: Apache-2.0
"""P-256 keys made from a name, and ECDSA with nonces made from key and message: vectors come out the same each time.
For tests only: slow, and not in constant time."""
import hashlib
import hmac

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def key(name):
    scalar = int.from_bytes(hashlib.sha256(b"huika vector key " + name.encode()).digest(), "big") % (ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


def spki(k):
    public = k.public_key() if hasattr(k, "public_key") else k
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def from_spki(der):
    return serialization.load_der_public_key(der)


def key_id(k):
    return hashlib.sha256(spki(k)).hexdigest()[:16]


def sign(k, message):
    """r and s, 32 bytes each, over SHA-256."""
    d = k.private_numbers().private_value
    digest = hashlib.sha256(message).digest()
    for counter in range(256):
        nonce = int.from_bytes(hmac.new(d.to_bytes(32, "big"), digest + bytes([counter]), hashlib.sha256).digest(), "big") % ORDER
        if not nonce:
            continue
        r = ec.derive_private_key(nonce, ec.SECP256R1()).public_key().public_numbers().x % ORDER
        s = pow(nonce, -1, ORDER) * (int.from_bytes(digest, "big") + r * d) % ORDER
        if r and s:
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    raise AssertionError("no nonce")


def verify(public, message, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not 0 < r < ORDER or not 0 < s < ORDER:
        return False
    try:
        public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
