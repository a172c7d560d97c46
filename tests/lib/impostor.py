# SPDX-License-Identifier: Apache-2.0
"""A TLS server that stands where the service should be and misbehaves: wrong certificates, half answers, silence. With the
service's own CA key (a test has it) it can also hold certificates that are right in every way but one."""
import contextlib
import datetime
import ipaddress
import pathlib
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def issue(ca_key, ca_cert, host="localhost", start=-1, end=30, usage=ExtendedKeyUsageOID.SERVER_AUTH, uri=None, key=None, authority=None):
    """PEM certificate and key signed by the CA; dates in days from now. Without a CA: self-signed. `authority`: whether it
    may sign others, by default only what signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.utcnow()
    alt = [x509.UniformResourceIdentifier(uri)] if uri else [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(ca_cert.subject if ca_cert else name)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now + start * DAY).not_valid_after(now + end * DAY)
            .add_extension(x509.SubjectAlternativeName(alt), False)
            .add_extension(x509.ExtendedKeyUsage([usage]), False)
            .add_extension(x509.BasicConstraints(ca=ca_cert is None if authority is None else authority, path_length=None), True)
            .sign(ca_key or key, hashes.SHA256()))
    return cert.public_bytes(serialization.Encoding.PEM), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def load_ca(key_file, cert_file):
    key = serialization.load_pem_private_key(pathlib.Path(key_file).read_bytes(), None)
    return key, x509.load_pem_x509_certificate(pathlib.Path(cert_file).read_bytes())


def foreign_ca(like=None):
    """A CA of our own; with `like` it carries that CA's very name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = like.subject if like else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody Else CA")])
    now = datetime.datetime.utcnow()
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 30 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256()))
    return key, cert


class Impostor:
    """Listens on `port`; for each connection completes TLS and calls behave(tls_socket). Counts what arrived."""

    def __init__(self, port, cert, key, behave, directory):
        chain = pathlib.Path(directory) / f"impostor-{port}.pem"
        chain.write_bytes(cert + key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(chain)
        self.behave, self.connections, self.received = behave, 0, b""
        self.listener = socket.create_server(("127.0.0.1", port), reuse_port=False)
        self.open = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(raw,), daemon=True).start()

    def _one(self, raw):
        self.open.append(raw)
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            with self.context.wrap_socket(raw, server_side=True) as tls:
                self.open.append(tls)
                self.behave(self, tls)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.open:
            with contextlib.suppress(OSError):
                s.close()
        self.thread.join()


def read_request(tls):
    data = b""
    while b"\r\n\r\n" not in data:
        more = tls.recv(65536)
        if not more:
            return data
        data += more
    return data


def silence(server, tls):
    """Takes requests and never answers."""
    while True:
        data = tls.recv(65536)
        if not data:
            return
        server.received += data


def half_answer(server, tls):
    server.received += read_request(tls)
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"verdict\":\"mem")


def nonsense(server, tls):
    server.received += read_request(tls)
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n<p>hi</p>")


def wrong_json(server, tls):
    """Well-formed answers that say yes without saying it properly."""
    body = b'{"verdict":1,"card_last4":"0001"}'
    while True:
        if not read_request(tls):
            return
        tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def endless(server, tls):
    server.received += read_request(tls)
    tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        tls.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
