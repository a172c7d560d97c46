# SPDX-License-Identifier: Apache-2.0
"""Sealed numbers by hand: as much DER (X.690) as CMS AuthEnvelopedData (RFC 5083, 5084, 5753) needs, both ways."""
import hashlib

import p256
from codec import Refused
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AUTH_ENVELOPED = "060b2a864886f70d0109100117"  # 1.2.840.113549.1.9.16.1.23
DATA = "06092a864886f70d010701"
AES256_GCM = "060960864801650304012e"
AES256_WRAP = "060960864801650304012d"
ECDH_SHA256_KDF = "06062b8104010b01"  # 1.3.132.1.11.1
EC_PUBLIC_KEY = "06072a8648ce3d0201"
P256 = "06082a8648ce3d030107"
ECDSA_SHA256 = "06082a8648ce3d040302"
COMMON_NAME = "0603550403"


def tlv(tag, *parts):
    body = b"".join(bytes.fromhex(p) if isinstance(p, str) else p for p in parts)
    size = bytes([len(body)]) if len(body) < 128 else (
        lambda n: bytes([0x80 | len(n)]) + n)(len(body).to_bytes((len(body).bit_length() + 7) // 8, "big"))
    return bytes([tag]) + size + body


def read(data):
    """[(tag, contents, whole)] of a series of elements."""
    out = []
    while data:
        size, at = data[1], 2
        if size & 0x80:
            at += size & 0x7F
            size = int.from_bytes(data[2:at], "big")
        if at + size > len(data):
            raise ValueError("cut short")
        out.append((data[0], data[at:at + size], data[:at + size]))
        data = data[at + size:]
    return out


def certificate(key, name):
    """A self-signed certificate, DER, the same each time."""
    algorithm = tlv(0x30, ECDSA_SHA256)
    subject = tlv(0x30, tlv(0x31, tlv(0x30, COMMON_NAME, tlv(0x0C, name.encode()))))
    validity = tlv(0x30, tlv(0x17, b"200101000000Z"), tlv(0x18, b"20991231235959Z"))
    body = tlv(0x30, tlv(0xA0, tlv(2, b"\2")), tlv(2, b"\1"), algorithm, subject, validity, subject, p256.spki(key))
    raw = p256.sign(key, body)
    number = [tlv(2, (b"\0" if n[0] & 0x80 else b"") + n) for n in (raw[:32].lstrip(b"\0"), raw[32:].lstrip(b"\0"))]
    return tlv(0x30, body, algorithm, tlv(3, b"\0", tlv(0x30, *number)))


def issuer_and_serial(cert):
    fields = read(read(read(cert)[0][1])[0][1])
    return tlv(0x30, fields[3][2], fields[1][2])


def kek(shared, wrap):
    """X9.63 KDF with SHA-256 over ECC-CMS-SharedInfo (RFC 5753 section 7.2), one round gives 256 bits."""
    info = tlv(0x30, wrap, tlv(0xA2, tlv(4, (256).to_bytes(4, "big"))))
    return hashlib.sha256(shared + (1).to_bytes(4, "big") + info).digest()


def plaintext(terminal, sale, number):
    return b"huika-number-v1\0" + terminal + sale + number.encode().ljust(19)


def seal(cert, public, plain, seed):
    """seed makes the ephemeral key, the content key and the nonce."""
    ephemeral = p256.key("ephemeral " + seed)
    cek, nonce = (hashlib.sha256(f"{what} {seed}".encode()).digest() for what in ("content", "nonce"))
    nonce = nonce[:12]
    wrap = tlv(0x30, AES256_WRAP)
    wrapped = keywrap.aes_key_wrap(kek(ephemeral.exchange(ec.ECDH(), public), wrap), cek)
    point = p256.spki(ephemeral)[-65:]
    originator = tlv(0xA0, tlv(0xA1, tlv(0x30, EC_PUBLIC_KEY, P256), tlv(3, b"\0", point)))
    recipient = tlv(0xA1, tlv(2, b"\3"), originator, tlv(0x30, ECDH_SHA256_KDF, wrap),
                    tlv(0x30, tlv(0x30, issuer_and_serial(cert), tlv(4, wrapped))))
    both = AESGCM(cek).encrypt(nonce, plain, None)
    content = tlv(0x30, DATA, tlv(0x30, AES256_GCM, tlv(0x30, tlv(4, nonce), tlv(2, b"\x10"))), tlv(0x80, both[:-16]))
    return tlv(0x30, AUTH_ENVELOPED, tlv(0xA0, tlv(0x30, tlv(2, b"\0"), tlv(0x31, recipient), content, tlv(4, both[-16:]))))


def unseal(key, cms, terminal, sale):
    """The number; anything that is not exactly as agreed is refused."""
    try:
        (_, kind), (_, explicit) = [e[:2] for e in read(read(cms)[0][1])]
        version, recipients, content, mac = read(read(explicit)[0][1])
        recipient = read(read(recipients[1])[0][1])
        originator = read(read(recipient[1][1])[0][1])
        algorithm = read(recipient[2][1])
        wrapped = read(read(recipient[3][1])[0][1])[1][1]
        content_type, cipher, text = read(content[1])
        cipher_oid, parameters = read(cipher[1])
        nonce = read(parameters[1])[0][1]
        agreed = (tlv(6, kind).hex(), version[1], algorithm[0][2].hex(), content_type[2].hex(), cipher_oid[2].hex()) == (
            AUTH_ENVELOPED, b"\0", ECDH_SHA256_KDF, DATA, AES256_GCM)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), originator[1][1][1:])
        cek = keywrap.aes_key_unwrap(kek(key.exchange(ec.ECDH(), public), algorithm[1][2]), wrapped)
        plain = AESGCM(cek).decrypt(nonce, text[1] + mac[1], None)
    except (ValueError, IndexError, InvalidTag, keywrap.InvalidUnwrap) as why:
        raise Refused("bad_value") from why
    number = plain[-19:].decode().rstrip()
    if not agreed or plain != plaintext(terminal, sale, number):
        raise Refused("bad_value")
    return number
