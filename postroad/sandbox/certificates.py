"""A certificate authority of one's own, made up at start, so that TLS is real on loopback."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

_LOOPBACK = ("localhost", "127.0.0.1")
_CA_LIFE = timedelta(days=30)


class Authority:
    """Signs certificates that are good for whoever trusts this authority."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _common_name("Postroad sandbox authority")
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + _CA_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """The authority's certificate, for `ca_file`."""
        return self._certificate.public_bytes(Encoding.PEM)

    def server_context(
        self, hosts: Sequence[str] = _LOOPBACK, *, expires: timedelta = timedelta(days=1)
    ) -> ssl.SSLContext:
        """Return a server's side of TLS.

        Args:
            hosts: names and addresses that its certificate is for.
            expires: how long the certificate is good; a negative one has expired.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as directory:  # OpenSSL reads keys from files only
            file = Path(directory) / "server.pem"
            file.touch(mode=0o600)
            file.write_bytes(self.server_pem(hosts, expires=expires))
            context.load_cert_chain(file)
        return context

    def server_pem(
        self, hosts: Sequence[str] = _LOOPBACK, *, expires: timedelta = timedelta(days=1)
    ) -> bytes:
        """Return a new private key and its certificate, for servers that read files."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(key.public_key(), hosts, expires)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private + certificate.public_bytes(Encoding.PEM)

    def _sign(
        self, key: ec.EllipticCurvePublicKey, hosts: Sequence[str], expires: timedelta
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(_common_name(hosts[0]))
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + min(expires, timedelta(0)) - timedelta(days=1))
            .not_valid_after(now + expires)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(host) for host in hosts]),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
