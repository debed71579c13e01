"""TLS for the demo: a certificate authority for this computer alone, and a certificate for localhost below it.

For software that insists on https. Whoever shall trust it is given the authority's file; nothing is installed.
"""

import os
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from billfold.apps.settings import TlsFiles
from billfold.core.keys import PrivateKey
from billfold.core.trust.build import build_leaf, build_root
from billfold.roles.parts import Clock

LIFETIME = timedelta(days=365)


def ensure(folder: Path, now: Clock) -> TlsFiles:
    """Return the demo's TLS files, made now where an earlier start left none."""
    files = TlsFiles(folder / "tls-authority.pem", folder / "tls-certificate.pem", folder / "tls-key.pem")
    if not files.key.exists():
        _make(files, now)
    return files


def _make(files: TlsFiles, now: Clock) -> None:
    root_key, key = (PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))
    begin = now().replace(microsecond=0)
    end = begin + LIFETIME
    name = "Billfold demo"
    serials = [int.from_bytes(os.urandom(19), "big") + 1 for _ in range(2)]
    root = build_root(f"{name} authority", name, root_key, serial=serials[0], not_before=begin, not_after=end)
    leaf = build_leaf(
        common_name="localhost",
        organisation=name,
        key=key.public(),
        root=root,
        root_key=root_key,
        serial=serials[1],
        not_before=begin,
        not_after=end,
        dns_names=["localhost"],
        uri_names=[],
        eku=ExtendedKeyUsageOID.SERVER_AUTH,
    )
    files.authority.write_bytes(root.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
    files.key.touch(mode=0o600)
    files.key.write_bytes(key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
